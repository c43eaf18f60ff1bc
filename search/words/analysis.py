"""Which terms a text is found by, beside its words: one reading for the catalogue and for the query.

A product's text is indexed by its words (`search.text`) and, with less weight, by the parts of its compounds; a query's
word is sought by itself and, where it is a compound, by its parts together, the head (the last part) mandatory. So
"Terrassenschrauben" is found by "schraube", and "damenlaufschuhe" finds "Laufschuhe für Damen", but no "Damenjacke".
A word whose umlauts are written as in the query comes before the same term written otherwise ("Büch": Bücher, Buch).
A number and its unit are one measure (`search.words.measures`) beside their words in a product, and in place of them in
a query: "0,5 l" finds "500 ml" too, and "500" alone is not half of it. A word of a query may have the shop's own
synonyms (`search.words.synonyms`), each as good as the word itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from operator import itemgetter
from typing import NamedTuple, Protocol

from search.text import STOP_WORDS, Word, as_written, clean, folded, spellings, stem, words
from search.types import Instead, Sought
from search.words.codes import MARK as CODE
from search.words.codes import Code, code_terms, codes_in, may_hold_codes
from search.words.compounds import Splitter
from search.words.measures import MARK as MEASURED
from search.words.measures import Measure, measures
from search.words.synonyms import Thesaurus

SPELLED = "~"
#: A measure counts as many words as it has, a number and a unit: with the weight of one word the right sizes came
#: later (drugstore-de-hard, lexical MRR@10 0.691 against 0.702 without measures).
MEASURE = 2.0
#: A beginning of a code stands for this many codes at most.
MOST_CODES = 50


class Token(NamedTuple):
    """What a token stands for in one language: the folded word ("" of a measure and of a code), the term, and the terms
    for how its umlauts are written."""

    word: str
    term: str
    spelled: tuple[str, ...]


def tokens(text: str, language: str) -> list[str]:
    """What a product's text is indexed by: its words as written, in order, then its measures and its codes, marked.

    >>> tokens("Rote Schuhe FD2722-001, 500 ml", "de")
    ['Rote', 'Schuhe', 'FD2722', '001', '500', 'ml', '=500ml', '#fd2722001']
    """
    text = clean(text)
    found = as_written(text)
    if may_hold_codes(text):
        found += [term for measure in measures(text, language) for term in measure.terms]
        found += code_terms(text)
    return found


@lru_cache(maxsize=20_000)
def read_token(token: str, language: str) -> Token:
    """What a token stands for. Known of the tokens read last: a catalogue's words come again and again.

    >>> read_token("Bücher", "de"), read_token("=500ml", "de")
    (Token(word='bücher', term='buch', spelled=('~buch:ü', '~buch:ue')), Token(word='', term='=500ml', spelled=()))
    """
    if is_marked(token):
        return Token("", token, ())
    word = folded(token)
    term = stem(word, language)
    return Token(word, term, spelled_terms(token, term, language))


@lru_cache(maxsize=50_000)
def _held(written: str, language: str) -> frozenset[str]:
    return frozenset([stem(folded(written), language)])


def is_marked(token: str) -> bool:
    """True for a measure and for a code: a token that is a term as it stands."""
    return token[0] in (MEASURED, CODE)


def is_code_token(token: str) -> bool:
    """True for a code, which stands beside its words and adds nothing to the length of a text."""
    return token[0] == CODE


def spelled_terms(written: str, term: str, language: str) -> tuple[str, ...]:
    """Terms for the way in which a German word's umlauts are written, the way itself first."""
    if language != "de":
        return ()
    return tuple(f"{SPELLED}{term}:{way}" for way in spellings(written))


class Codes(Protocol):
    """The catalogue's terms, for what may be a code."""

    def document_frequency(self, term: str) -> int:
        """Products that hold the term; 0 if none."""

    def starting_with(self, prefix: str, most: int) -> tuple[str, ...]:
        """Terms that begin with the prefix, by letter, at most so many."""


@dataclass(frozen=True, slots=True, eq=False)
class Analyzer:
    """Reads texts of one language against one catalogue: without a splitter no word has parts, without its terms
    no word of a query is a code, without a thesaurus none has synonyms."""

    language: str
    splitter: Splitter | None = None
    vocabulary: Codes | None = None
    thesaurus: Thesaurus | None = None

    def terms(self, text: str) -> tuple[list[str], list[str]]:
        """A text's words as terms, in order, then its measures; and the terms of its compounds' parts and codes.

        >>> Analyzer("de", Splitter({"lauf": 9, "schuh": 40})).terms("Rote Laufschuhe")
        (['rot', 'laufschuh'], ['lauf', 'schuh'])
        """
        terms: list[str] = []
        beside: list[str] = []
        for token in tokens(text, self.language):
            if is_code_token(token):
                beside.append(token)
                continue
            word, term, spelled = read_token(token, self.language)
            terms.append(term)
            beside += (*self.parts(word), *spelled)
        return terms, beside

    def _spelled(self, word: Word, text: str) -> tuple[str, ...]:
        return spelled_terms(text[word.start : word.end], word.term, self.language)

    def parts(self, word: str) -> tuple[str, ...]:
        """Terms of a folded word's parts and their parts, each once; () where it is no compound."""
        return () if self.splitter is None else self.splitter.part_terms(word, self.language)

    def held(self, written: str) -> frozenset[str]:
        """Terms that a word holds, as it is written: its own and those of its parts. Known of the words read last."""
        if self.splitter is None:
            return _held(written, self.language)
        return self.splitter.held(written, self.language)

    def sought(self, text: str) -> list[Sought]:
        """What a query searches for: measures and words without stop words, unless it has nothing else; each once.

        >>> [word] = Analyzer("de", Splitter({"lauf": 9, "schuh": 40})).sought("Laufschuhe")
        >>> word.term, [part.term for part in word.parts]
        ('laufschuh', ['lauf', 'schuh'])
        """
        text = clean(text)
        found = list(words(text, self.language))
        stop = STOP_WORDS.get(self.language, frozenset())
        kept = [word for word in found if word.text not in stop] or found
        items = [(word.start, replace(self._sought(word), spelled=self._spelled(word, text))) for word in kept]
        if self.thesaurus:
            instead = self._insteads([word.term for word in found])
            at = {word.start: place for place, word in enumerate(found)}
            items = [(start, replace(item, synonyms=instead.get(at[start], ()))) for start, item in items]
        for measure in measures(text, self.language):
            items = _replace(items, measure.start, measure.end, partial(_measure, measure))
        taken = 0
        for code in sorted(codes_in(text), key=lambda code: (code.start, -code.end)):
            if code.start >= taken and (known := self._known_codes(code)):
                items, taken = _replace(items, code.start, code.end, partial(_code, known)), code.end
        items.sort(key=itemgetter(0))
        return list({item.term: item for _, item in reversed(items)}.values())[::-1]

    def _known_codes(self, code: Code) -> tuple[str, ...]:
        """The catalogue's codes that equal what is written, or else begin so, if it is written in one piece."""
        if self.vocabulary is None:
            return ()
        term = CODE + code.key
        if self.vocabulary.document_frequency(term):
            return (term,)
        return self.vocabulary.starting_with(term, MOST_CODES) if code.joined else ()

    def _sought(self, word: Word | str) -> Sought:
        written = word if isinstance(word, str) else word.text
        parts = self.splitter.split(written) if self.splitter else ()
        term = stem(written, self.language)
        synonyms = self._insteads([term]).get(0, ()) if isinstance(word, str) else ()
        return Sought(term, tuple(self._sought(part) for part in parts if part != written), synonyms=synonyms)

    def _insteads(self, terms: Sequence[str]) -> dict[int, tuple[Instead, ...]]:
        """Place of a word -> what may stand for it: of an entry of several words for each of them, so that its other
        side counts as all of them."""
        found: dict[int, tuple[Instead, ...]] = {}
        for start, end, rule in self.thesaurus.rules_in(terms) if self.thesaurus else ():
            others = (self._instead(text) for text in rule.finds)
            own = tuple(terms[start:end])
            read = tuple(
                replace(item, of=rule.of, kind=rule.kind)
                for item in others
                if (item.phrase or tuple(word.term for word in item.words)) != own
            )
            for place in range(start, end):
                found[place] = found.get(place, ()) + read
        return found

    def _instead(self, text: str) -> Instead:
        """The other side of an entry, read as a query is; its own synonyms are not asked."""
        assert self.thesaurus is not None
        if text not in self.thesaurus.read:
            terms, side = self.thesaurus.terms(text), replace(self, thesaurus=None).sought(text)
            plain = len(terms) > 1 and all(item.term in terms for item in side)  # not a measure, nor a code
            self.thesaurus.read[text] = (tuple(side), terms if plain else ())
        side, phrase = self.thesaurus.read[text]
        return Instead(side, phrase, text=text)


Placed = tuple[int, Sought]


def _replace(items: list[Placed], start: int, end: int, by: Callable[[Sequence[Sought]], Sought]) -> list[Placed]:
    """What stands from start to end becomes one; nothing where that is no word of its own any more."""
    inside = [item for at, item in items if start <= at < end]
    if not inside:
        return items
    return [(at, item) for at, item in items if not start <= at < end] + [(start, by(inside))]


def _code(terms: tuple[str, ...], inside: Sequence[Sought]) -> Sought:
    return Sought(terms[0], tuple(inside), terms[1:])


def _measure(measure: Measure, inside: Sequence[Sought]) -> Sought:
    """A measure, for which its words may stand, the number being the last of them."""
    parts = tuple(inside[::-1])
    for term in reversed(measure.terms):
        parts = (Sought(term, parts, weight=MEASURE),)
    return parts[0]
