"""A shop's own synonyms: what shoppers call a thing, and what the catalogue calls it.

    handy = smartphone = mobiltelefon      two-way: a query for one finds the others too
    pyjama, schlafi => schlafanzug         one-way: a query for the left finds the right too
    hausschuh -> pantoffel                 replacement: the left is searched as the right only
    en: trainers = sneakers                for queries in one language; without it for all
    # a comment, also behind an entry

Both sides are read like every text, by stems and folded umlauts, so "Pyjamas" is meant too; a side may have several
words ("t shirt = shirt"), which then have to stand next to each other in this order. Synonyms are not chained: with
"a = b" and "b = c" a query for a does not find c. A replacement is read first, as if its right side had been typed, but
is not replaced again.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from search.text import clean, words
from search.types import Instead, SynonymKind, UsedSynonym

SIGNS: dict[str, SynonymKind] = {"=>": "one-way", "->": "replacement", "=": "two-way"}
_SIGN = re.compile("=>|->|=")
_LANGUAGE = re.compile(r"^([a-z]{2}):\s*(.*)$", re.IGNORECASE)
#: Of a side, an entry, and a list: what fits on a page, in a query, and in a person's head.
MOST_CHARACTERS, MOST_WORDS, MOST_SIDES, MOST_ENTRIES = 100, 8, 50, 10_000
SHORTEST_PLURAL = 4
MOST_READINGS = 8
ADVICE = "Write: a = b, or a => b (a finds b too), or a -> b (a is searched as b only)."


@dataclass(frozen=True, slots=True, order=True)
class Synonym:
    """One entry: `words` as typed; what they find too (two-way: each other; replacement: instead); a language or all.

    >>> Synonym("one-way", ("pyjama",), ("schlafanzug",)).line
    'pyjama => schlafanzug'
    """

    kind: SynonymKind
    words: tuple[str, ...]
    finds: tuple[str, ...] = ()
    language: str | None = None

    @property
    def line(self) -> str:
        """The entry as it stands in a file; two entries that mean the same have the same."""
        prefix = f"{self.language}: " if self.language else ""
        if self.kind == "two-way":
            return prefix + " = ".join(self.words)
        sign = next(sign for sign, kind in SIGNS.items() if kind == self.kind)
        return f"{prefix}{', '.join(self.words)} {sign} {', '.join(self.finds)}"

    @property
    def id(self) -> str:
        """Twelve hexadecimal digits, made from the line."""
        return hashlib.sha256(self.line.encode()).hexdigest()[:12]


def make_synonym(
    kind: SynonymKind, sides: Sequence[str], finds: Sequence[str] = (), language: str | None = None
) -> Synonym:
    """An entry, checked and in its one form: clean, in lower case, each side once, in order.

    Raises:
        ValueError: it is no synonym; the message says why.
    """
    left, right = _sides(sides), _sides(finds)
    if kind == "two-way" and (len(left) < 2 or right):
        raise ValueError("A two-way synonym has two sides or more, all of them in its words")
    if kind != "two-way" and not (left and right):
        raise ValueError(f"A {kind} synonym has words and what they find")
    if kind == "replacement" and len(right) > 1:
        raise ValueError("A replacement has one right side")
    if both := set(left) & set(right):
        raise ValueError(f"'{min(both)}' stands on both sides")
    return Synonym(kind, left, right, language)


def _sides(texts: Sequence[str]) -> tuple[str, ...]:
    sides = sorted({side for text in texts if (side := clean(text).casefold())})
    if len(sides) > MOST_SIDES:
        raise ValueError(f"An entry has at most {MOST_SIDES} sides")
    for side in sides:
        count = sum(1 for _ in words(side, ""))
        if not count:
            raise ValueError(f"'{side}' has no letters and no digits")
        if count > MOST_WORDS or len(side) > MOST_CHARACTERS:
            raise ValueError(f"'{side[:30]}…' is longer than {MOST_WORDS} words or {MOST_CHARACTERS} characters")
        if _SIGN.search(side) or set(side) & {"#", ","} or _LANGUAGE.match(side):
            raise ValueError(f"'{side}' holds a sign of the list (= => -> , # or de:)")
    return tuple(sides)


def read_synonyms(text: str) -> list[Synonym]:
    """A list of synonyms, one a line, each once.

    Raises:
        ValueError: a line that is none; the message names it.

    >>> [entry.line for entry in read_synonyms("Handy = Smartphone  # they say so\\nen: Pyjamas => nightwear")]
    ['handy = smartphone', 'en: pyjamas => nightwear']
    """
    found: dict[Synonym, None] = {}
    for number, line in enumerate(text.splitlines(), 1):
        line = clean(line.partition("#")[0])
        if line:
            try:
                found[read_synonym(line)] = None
            except ValueError as error:
                raise ValueError(f"Line {number}, '{line}': {error}.") from error
    if len(found) > MOST_ENTRIES:
        raise ValueError(f"It has more than {MOST_ENTRIES:,} entries.")
    return list(found)


def read_synonym(line: str) -> Synonym:
    """One entry, as it stands in a file.

    Raises:
        ValueError: it is none; the message says why.
    """
    prefixed = _LANGUAGE.match(line)
    language, entry = (prefixed[1].lower(), prefixed[2]) if prefixed else (None, line)
    signs = set(_SIGN.findall(entry))
    if len(signs) != 1:
        raise ValueError(f"this is no synonym. {ADVICE.rstrip('.')}")
    [sign] = signs
    kind, (left, *others) = SIGNS[sign], _SIGN.split(entry)
    if kind == "two-way":
        return make_synonym(kind, [left, *others], (), language)
    if len(others) != 1:
        raise ValueError(f"it has '{sign}' more than once. {ADVICE.rstrip('.')}")
    return make_synonym(kind, left.split(","), others[0].split(","), language)


@dataclass(frozen=True, slots=True)
class Rule:
    """What one side of an entry finds: `terms` as they stand in a query, `of` as listed, `finds` texts."""

    terms: tuple[str, ...]
    of: str
    finds: tuple[str, ...]
    kind: SynonymKind


def _singular(term: str, language: str) -> str:
    """German makes the plural of foreign words with an s, which its stemmer leaves behind vowels: Handys, Sofas."""
    foreign = language == "de" and len(term) > SHORTEST_PLURAL and term[-1] == "s" and term[-2] in "aeiouy"
    return term[:-1] if foreign else term


class Thesaurus:
    """A shop's synonyms as queries in one language are read by them. The order of the entries does not matter.

    >>> thesaurus = Thesaurus(read_synonyms("t shirt = shirt"), "de")
    >>> [(start, end, rule.finds) for start, end, rule in thesaurus.rules_in(["rot", "t", "shirt"])]
    [(1, 3, ('shirt',)), (2, 3, ('t shirt',))]
    """

    def __init__(self, synonyms: Iterable[Synonym], language: str):
        self.language = language
        #: Right sides, read; filled by the analysis that the thesaurus belongs to.
        self.read: dict[str, tuple] = {}
        self._rules: dict[str, list[Rule]] = {}
        self._replacements: dict[str, list[Rule]] = {}
        for entry in sorted(set(synonyms), key=lambda entry: entry.line):
            if entry.language in (None, language):
                for rule in self._rules_of(entry):
                    kept = self._replacements if rule.kind == "replacement" else self._rules
                    kept.setdefault(rule.terms[0], []).append(rule)

    def _rules_of(self, entry: Synonym) -> Iterator[Rule]:
        for side in entry.words:
            finds = entry.finds or tuple(other for other in entry.words if other != side)
            terms = tuple(_singular(term, self.language) for term in self.terms(side))
            yield Rule(terms, side, finds, entry.kind)

    def terms(self, text: str) -> tuple[str, ...]:
        """The terms of a side, as they stand."""
        return tuple(word.term for word in words(text, self.language))

    def __bool__(self) -> bool:
        return bool(self._rules or self._replacements)

    def rules_in(self, terms: Sequence[str]) -> Iterator[tuple[int, int, Rule]]:
        """(first, behind the last, rule) of every one- or two-way entry that stands in a query's terms."""
        return self._standing(self._rules, terms)

    def _standing(self, rules: dict[str, list[Rule]], terms: Sequence[str]) -> Iterator[tuple[int, int, Rule]]:
        singular = tuple(_singular(term, self.language) for term in terms)
        for start, term in enumerate(singular):
            for rule in rules.get(term, ()):
                end = start + len(rule.terms)
                if singular[start:end] == rule.terms:
                    yield start, end, rule

    def knows(self, term: str) -> bool:
        """True for a term with which some entry begins."""
        term = _singular(term, self.language)
        return term in self._rules or term in self._replacements

    def sides(self) -> dict[str, tuple[str, ...]]:
        """Each left side, as listed, and what it finds or is replaced by."""
        rules = (rule for table in (self._rules, self._replacements) for of in table.values() for rule in of)
        return {rule.of: rule.finds for rule in rules}

    def words_in(self, text: str) -> frozenset[str]:
        """The folded words of a text that an entry's side holds there: they were meant, whatever the catalogue has."""
        found = list(words(text, self.language))
        terms = [word.term for word in found]
        places = (*self._standing(self._rules, terms), *self._standing(self._replacements, terms))
        return frozenset(word.text for start, end, _ in places for word in found[start:end])

    def readings(self, text: str) -> tuple[str, ...]:
        """A text with one of its synonyms in place of what is typed, each, at most `MOST_READINGS`.

        >>> Thesaurus(read_synonyms("sweater => jumper"), "en").readings("red sweater")
        ('red jumper',)
        """
        found = list(words(text, self.language))
        places = self._standing(self._rules, [word.term for word in found])
        read = (
            text[: found[start].start] + side + text[found[end - 1].end :]
            for start, end, rule in places
            for side in rule.finds
        )
        return tuple(islice(dict.fromkeys(read), MOST_READINGS))

    def replaced(self, text: str) -> tuple[str, tuple[UsedSynonym, ...]]:
        """A text with its replacements in their places, from the left, the longest first, and which they were.

        >>> Thesaurus(read_synonyms("hausschuh -> pantoffel"), "de").replaced("Hausschuhe rot")[0]
        'pantoffel rot'
        """
        if not self._replacements:
            return text, ()
        found = list(words(text, self.language))
        places = self._standing(self._replacements, [word.term for word in found])
        used, written, done, behind = [], [], 0, 0
        for start, end, rule in sorted(places, key=lambda place: (place[0], -place[1])):
            if start < behind:
                continue
            written += [text[done : found[start].start], rule.finds[0]]
            done, behind = found[end - 1].end, end
            used.append(UsedSynonym(rule.of, rule.finds, "replacement"))
        return "".join([*written, text[done:]]), tuple(dict.fromkeys(used))


def used_synonyms(insteads: Iterable[Instead]) -> tuple[UsedSynonym, ...]:
    """The shop's synonyms that a query's words were found by, each left side once."""
    finds: dict[tuple[str, SynonymKind], dict[str, None]] = {}
    for item in insteads:
        if item.kind != "translation":
            finds.setdefault((item.of, item.kind), {})[item.text] = None
    return tuple(UsedSynonym(of, tuple(texts), kind) for (of, kind), texts in finds.items())
