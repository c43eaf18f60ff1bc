"""Where a text holds what a query seeks: the places to mark, in code points of the text as it is shown.

The text is read as the index reads it (`search/words/analysis.py`): composed, without invisible characters, as words,
parts of compounds, measures and codes. Each reading is a term with its place, and those that the query seeks are
marked: a stem in any inflection and umlaut spelling as its word, a synonym as the words that stand for it, a part as
that part of the compound (the whole word where nobody can tell where the part begins), "500 ml" for "0,5 l", a code
with its separators.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass

from search.text import INVISIBLE, as_written, stem, words
from search.types import Query, Sought
from search.words.analysis import Analyzer
from search.words.codes import MARK as CODE
from search.words.codes import codes_in
from search.words.compounds import Splitter
from search.words.measures import MARK as MEASURE
from search.words.measures import measures

Span = tuple[int, int]
#: A part that is shorter than this is not looked for inside a word; it could stand anywhere.
SHORTEST_STRETCH = 3


@dataclass(frozen=True, slots=True)
class Carried:
    """A term that a text holds, where, and how: as a "word", a "part" of one, a "measure" or a "code"."""

    term: str
    how: str
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class _Read:
    """A text as it is read, and where each of its characters stands in the text as it is shown."""

    text: str
    starts: Sequence[int]
    ends: Sequence[int]

    def shown(self, start: int, end: int) -> Span:
        return self.starts[start], self.ends[end - 1]


@dataclass(frozen=True, slots=True)
class _Wanted:
    """Terms that are looked for, and whether measures and codes are among them."""

    terms: Set[str]
    measures: bool
    codes: bool

    @classmethod
    def of(cls, terms: Set[str]) -> _Wanted:
        begins = {term[:1] for term in terms}
        return cls(terms, MEASURE in begins, CODE in begins)


def carried(text: str, analyzer: Analyzer, wanted: _Wanted | None = None) -> Iterator[Carried]:
    """All terms that a text holds, with their places in it; only those that are wanted, if that is given.

    >>> analyzer = Analyzer("de", Splitter({"lauf": 9, "schuhe": 40}))
    >>> [(item.term, item.how, item.start, item.end) for item in carried("Laufschuhe, 0,5 l", analyzer)][:3]
    [('laufschuh', 'word', 0, 10), ('lauf', 'part', 0, 4), ('schuh', 'part', 4, 10)]
    """
    for term, how, start, end in _terms(read := _read(text), analyzer, wanted):
        if wanted is not None and term not in wanted.terms:
            continue
        first, last = read.shown(start, end)
        yield Carried(term, how, first, last, text[first:last])


def _terms(read: _Read, analyzer: Analyzer, wanted: _Wanted | None) -> Iterator[tuple[str, str, int, int]]:
    terms, kept = None if wanted is None else wanted.terms, None
    if terms is not None:
        kept = {written for written in set(as_written(read.text)) if not terms.isdisjoint(analyzer.held(written))}
    for text, term, start, end in words(read.text, analyzer.language, kept) if kept is None or kept else ():
        if terms is None or term in terms:
            yield term, "word", start, end
        parts = analyzer.parts(text)
        if not parts or (terms is not None and terms.isdisjoint(parts)):
            continue
        for part, first, last in _parts(read.text[start:end], analyzer):
            yield part, "part", start + first, start + last
    if wanted is None or wanted.measures:
        for measure in measures(read.text, analyzer.language):
            yield from ((term, "measure", measure.start, measure.end) for term in measure.terms)
    if wanted is None or wanted.codes:
        for code in codes_in(read.text):
            yield CODE + code.key, "code", code.start, code.end


def _read(text: str) -> _Read:
    """The text composed (NFC) and without invisible characters, character by character with its marks."""
    if unicodedata.is_normalized("NFC", text) and not INVISIBLE.search(text):
        return _Read(text, range(len(text)), range(1, len(text) + 1))
    composed: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for start, end in _clusters(text):
        for character in unicodedata.normalize("NFC", text[start:end]):
            if not INVISIBLE.match(character):
                composed.append(character)
                starts.append(start)
                ends.append(end)
    return _Read("".join(composed), starts, ends)


def _clusters(text: str) -> Iterator[Span]:
    """Characters with the combining marks that follow them."""
    start = 0
    for at in range(1, len(text) + 1):
        if at == len(text) or unicodedata.combining(text[at]) == 0:
            yield start, at
            start = at


def _parts(written: str, analyzer: Analyzer) -> Iterator[tuple[str, int, int]]:
    """Terms of a compound's parts and their parts, with places in the word as it is read."""
    splitter = analyzer.splitter
    if splitter is None:
        return
    folded, place = _folded(written)
    for part, start, end in _located(folded, 0, splitter):
        yield stem(part, analyzer.language), place[start], place[end]


def _located(word: str, at: int, splitter: Splitter) -> Iterator[tuple[str, int, int]]:
    """(part, start, end) in folded characters; a part that cannot be found stands for the whole word."""
    parts = splitter.split(word)
    places = _places(word, parts)
    for part, (start, end) in zip(parts, places, strict=True):
        yield part, at + start, at + end
        if part == word or not splitter.split(part):
            continue
        if word[start:end] == part:
            yield from _located(part, at + start, splitter)
        else:
            yield from ((leaf, at + start, at + end) for leaf in splitter.leaves(part))


def _places(word: str, parts: Sequence[str]) -> list[Span]:
    """Where the parts stand, one after the other; the whole word for those that nobody can find."""
    found: list[Span] = []
    at = 0
    for number, part in enumerate(parts):
        last = number == len(parts) - 1
        start, length = _stretch(word, at, part, last)
        if length < min(SHORTEST_STRETCH, len(part)):
            found.append((0, len(word)))
            continue
        end = len(word) if last else start + length
        found.append((start, end))
        at = end
    return found


def _stretch(word: str, at: int, part: str, last: bool) -> Span:
    """(start, length) of what a word has of a part from a place on, as much of it as possible.

    The head stands at the end: of several places the last counts; any other part begins as near as possible.
    """
    if last and word.endswith(part) and len(word) - len(part) >= at:
        return len(word) - len(part), len(part)
    lengths = [(start, _common(word[start:], part)) for start in range(at, len(word))]
    if not lengths:
        return at, 0
    return max(lengths, key=lambda pair: (pair[1], pair[0] if last else -pair[0]))


def _common(text: str, other: str) -> int:
    return next((at for at, (a, b) in enumerate(zip(text, other, strict=False)) if a != b), min(len(text), len(other)))


def _folded(written: str) -> tuple[str, list[int]]:
    """A word as it is split, and for each of its borders the place in the word as written: ß is two letters here."""
    folded, borders = "", [0]
    for at, character in enumerate(written):
        letters = character.casefold()
        folded += letters
        borders += [at] * (len(letters) - 1) + [at + 1]
    return folded, borders


def sought_terms(query: Query) -> set[str]:
    """All terms that may stand for a word of the query."""
    return {*query.terms, *(term for item in query.sought for term in item.all_terms())}


class Marker:
    """Finds what one query seeks in texts of one language."""

    def __init__(self, query: Query, analyzer: Analyzer):
        self._sought, self._analyzer = query.sought, analyzer
        self._every = _Wanted.of(sought_terms(query))
        self._phrases = {instead.phrase for item in query.sought for instead in item.insteads() if instead.phrase}

    def marks(self, texts: Mapping[str, str]) -> dict[str, list[Span]]:
        """Name -> places to mark in each text, in order, without overlaps; texts without any are left out.

        Where one of the texts has the word, the measure or the code itself, its parts are not marked by themselves:
        "Jack" is no part of a winter jacket (Winterjacke), and "l" is no half litre.
        """
        only = None if self._phrases else self._every  # whether words stand together, only all of them tell
        read = {name: list(carried(text, self._analyzer, only)) for name, text in texts.items()}
        held = {item.term for items in read.values() for item in items}
        wanted = {term for item in self._sought for term in _wanted(item, held)} if self._sought else self._every.terms
        places = {
            name: merged(
                [*((item.start, item.end) for item in items if item.term in wanted), *_together(items, self._phrases)]
            )
            for name, items in read.items()
            if items
        }
        return {name: spans for name, spans in places.items() if spans}


def _wanted(item: Sought, held: Collection[str]) -> Iterable[str]:
    whole = list(item.whole_terms())
    return whole if any(term in held for term in whole) else item.all_terms()


def _together(items: Iterable[Carried], phrases: Collection[tuple[str, ...]]) -> Iterator[Span]:
    """Places where the words of a synonym stand next to each other."""
    found = [item for item in items if item.how == "word"]
    for phrase in phrases:
        for at in range(len(found) - len(phrase) + 1):
            run = found[at : at + len(phrase)]
            if tuple(item.term for item in run) == phrase:
                yield from ((item.start, item.end) for item in run)


def merged(spans: Iterable[Span]) -> list[Span]:
    """Places in order, those that overlap or touch as one.

    >>> merged([(4, 10), (0, 4), (12, 15), (13, 14)])
    [(0, 10), (12, 15)]
    """
    found: list[Span] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], end)
        else:
            found.append((start, end))
    return found
