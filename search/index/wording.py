"""Which words end the phrases that name products, and how often they stand anywhere in titles: counted chunk by chunk,
read as one when the whole catalogue is known.
"""

from __future__ import annotations

import re
from array import array
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property

import msgspec
import numpy as np
from numpy.typing import NDArray

from search.index.naming import attribute_words, capitalized, numbered, phrases, series, title_of, type_heads
from search.index.tokens import Numbers
from search.text import stem
from search.types import Mask, Product, Rows

#: Attributes of colour, in the languages of feeds.
_COLOR = re.compile("colou?r|farbe", re.I)
#: A word is a colour where such an attribute gives it to this share of the products whose titles hold it …
LEAST_COLOR = 0.1
#: … a brand or an attribute's value from this share on.
LEAST_GIVEN = 0.3
#: A word names a series where a code follows it in this share of the titles that hold it.
LEAST_SERIES = 0.3
#: A size or a class ("LSF 50", "size 6") where a number follows it in this share of them and most name a kind besides.
LEAST_NUMBERED = 0.7
#: What is counted of a stem, in products: written with a capital letter, before a code, before a number, and given as
#: a brand, a colour or another attribute.
COUNTED = ("capitals", "series", "numbered", "brand", "color", "other")


class Titles(msgspec.Struct, frozen=True):
    """What the titles of n products say in one language.

    `words` (w,) folded and their stems' numbers `stem_of` (w,) among `stems` (s,); `written` (w,) how often each word
    stands in a phrase. The phrases of all products, one after the other: `phrases` (t,) stems, `ends` (p,) where each
    phrase ends, `of` (p,) its product. `types` (m,) stems of the heads of the feed's types, `typed` (m,) their
    products. `counts` (COUNTED, s).
    """

    words: list[str]
    stems: list[str]
    stem_of: np.ndarray
    written: np.ndarray
    phrases: np.ndarray
    ends: np.ndarray
    of: np.ndarray
    types: np.ndarray
    typed: np.ndarray
    counts: np.ndarray


def read_titles(products: Sequence[Product], language: str) -> Titles:
    """Count what the titles of some products say."""
    reader = _Reader(language)
    for place, product in enumerate(products):
        reader.read(place, product)
    return reader.titles()


class _StemNumbers(dict[str, int]):
    """Folded word -> the number of its stem."""

    def __init__(self, language: str, stems: Numbers):
        super().__init__()
        self._language, self._numbers = language, stems

    def __missing__(self, word: str) -> int:
        number = self[word] = self._numbers[stem(word, self._language)]
        return number


class _Reader:
    def __init__(self, language: str):
        self._language = language
        self._stems = Numbers()
        self._stem_of = _StemNumbers(language, self._stems)
        self._written: Counter[str] = Counter()
        self._phrases, self._ends, self._of = array("i"), array("q"), array("i")
        self._types, self._typed = array("i"), array("i")
        self._counts: dict[str, dict[str, int]] = {name: defaultdict(int) for name in COUNTED}

    def read(self, place: int, product: Product) -> None:
        """One product more."""
        start, title = len(self._phrases), title_of(product, self._language)
        for phrase in phrases(title):
            self._written.update(phrase)
            self._phrases.extend(map(self._stem_of.__getitem__, phrase))
            self._ends.append(len(self._phrases))
            self._of.append(place)
        present = set(self._phrases[start:])
        for head in type_heads(product, self._language):
            self._written[head] += 1
            self._types.append(self._stem_of[head])
            self._typed.append(place)
        for word in capitalized(title):
            self._counts["capitals"][self._term(word)] += 1
        for name, word in set(attribute_words(product, self._language)):
            if self._stems.get(term := self._term(word)) in present:
                kind = "brand" if name == "brand" else "color" if _COLOR.search(name) else "other"
                self._counts[kind][term] += 1
        for name, words in (("series", series(title)), ("numbered", numbered(title))):
            for term in {self._term(word) for word in words}:
                if self._stems.get(term) in present:
                    self._counts[name][term] += 1

    def _term(self, word: str) -> str:
        return stem(word, self._language)

    def titles(self) -> Titles:
        """All that was read; other titles may have in phrases what these only write with a capital letter."""
        for term in self._counts["capitals"]:
            self._stems[term]
        counts = [[self._counts[name].get(term, 0) for term in self._stems] for name in COUNTED]
        return Titles(
            list(self._written),
            list(self._stems),
            np.array([self._stem_of[word] for word in self._written], np.int32),
            np.array(list(self._written.values()), np.int64),
            np.array(self._phrases, np.int32),
            np.array(self._ends, np.int64),
            np.array(self._of, np.int32),
            np.array(self._types, np.int32),
            np.array(self._typed, np.int32),
            np.array(counts, np.int64).reshape(len(COUNTED), -1),
        )


class Phrases(msgspec.Struct, frozen=True):
    """Naming phrases: `words` (t,) stems of all, one phrase after the other, the likeliest kind first; `phrase` (t,)
    ascending numbers of the phrases, `rows` (t,) their products, ascending."""

    words: np.ndarray
    phrase: np.ndarray
    rows: np.ndarray

    @property
    def first(self) -> Mask:
        """(t,) the first words of phrases."""
        return np.append(True, self.phrase[1:] != self.phrase[:-1]) if len(self.phrase) else np.empty(0, bool)

    def products_first(self, size: int) -> NDArray[np.int64]:
        """(size,) of each stem: products with a phrase whose first word it is."""
        first = self.first
        pairs = np.sort(self.rows[first].astype(np.int64) * size + self.words[first])
        return np.bincount(pairs[_changes(pairs)] % max(size, 1), minlength=size)


def _changes(ascending: np.ndarray) -> Mask:
    return np.append(True, ascending[1:] != ascending[:-1]) if len(ascending) else np.empty(0, bool)


class Wording:
    """The titles of a whole catalogue in one language.

    Args:
        chunks: what was counted, and the rows of each chunk's products.
        corrections: word -> kind, "" for no kind.
        alike: how alike the products of some rows are, 0..1.
    """

    def __init__(
        self,
        chunks: Sequence[tuple[Titles, Rows]],
        language: str,
        corrections: Mapping[str, str],
        alike: Callable[[Rows], float],
    ):
        self.language = language
        self._alike = alike
        self._likeness: dict[int, float] = {}
        numbers = Numbers()
        of = [np.array([numbers[term] for term in titles.stems], np.int32) for titles, _ in chunks]
        #: stem -> the stem of the kind that a merchandiser gave it, "" for none.
        self.corrected = {stem(word, language): _stem_of(kind, language) for word, kind in corrections.items()}
        for term in (*self.corrected, *filter(None, self.corrected.values())):
            numbers[term]
        #: (s,) stems; all below is by their numbers.
        self.terms = list(numbers)
        self.number = dict(numbers)
        self._count(chunks, of)
        for kind in filter(None, corrections.values()):
            self._written[numbers[_stem_of(kind, language)]][_last_of(kind)] += 1
        self._lay_out(chunks, of)

    def _count(self, chunks: Sequence[tuple[Titles, Rows]], of: Sequence[NDArray[np.int32]]) -> None:
        counts = np.zeros((len(COUNTED), len(self.terms)), np.int64)
        self._written: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        for (titles, _), stems in zip(chunks, of, strict=True):
            counts[:, stems] += titles.counts
            for word, term, times in zip(
                titles.words, stems[titles.stem_of].tolist(), titles.written.tolist(), strict=True
            ):
                self._written[term][word] += times
        self._counts = dict(zip(COUNTED, counts, strict=True))

    def _lay_out(self, chunks: Sequence[tuple[Titles, Rows]], of: Sequence[NDArray[np.int32]]) -> None:
        """All phrases and types as one, by row."""
        words, phrase, rows, types, typed = [], [], [], [], []
        before = 0
        for (titles, row_of), stems in zip(chunks, of, strict=True):
            lengths = np.diff(titles.ends, prepend=0)
            number = np.repeat(np.arange(len(lengths)), lengths)
            words.append(stems[titles.phrases])
            phrase.append(number + before)
            rows.append(row_of[titles.of[number]])
            types.append(stems[titles.types])
            typed.append(row_of[titles.typed])
            before += len(lengths)
        self._phrases = Phrases(*_by_row(*map(_joined, (words, phrase, rows))))
        order = np.argsort(_joined(typed), kind="stable")
        self.types = Phrases(_joined(types)[order], np.arange(len(order)), _joined(typed)[order])

    @cached_property
    def _mentions(self) -> tuple[Rows, NDArray[np.int64]]:
        """Rows whose titles hold a stem, stem by stem, and where each stem's end."""
        held = self._phrases.words.astype(np.int64) << 32 | self._phrases.rows
        held.sort()
        held = held[_changes(held)]
        ends = np.cumsum(np.bincount(held >> 32, minlength=len(self.terms)))
        return (held & 0xFFFFFFFF).astype(np.int32), ends

    def mentioned(self, term: int) -> Rows:
        """Rows, ascending, whose titles hold a stem."""
        rows, ends = self._mentions
        return rows[ends[term - 1] if term else 0 : ends[term]]

    @cached_property
    def mentions(self) -> NDArray[np.int64]:
        """(s,) products whose titles hold each stem."""
        return np.diff(self._mentions[1], prepend=0)

    @cached_property
    def ends(self) -> Phrases:
        """Of each phrase the words that may be what it names: its last that is no colour and no brand; where that is a
        value of an attribute ("notebook case **sleeve**") the ones before it as well, up to one that is none."""
        read, _ = self._readings
        passed_over = self._is_like | np.array([len(term) < 2 for term in self.terms], bool)
        value = self._is_value
        words, phrase, rows = (of[::-1] for of in msgspec.structs.astuple(self._phrases))
        kept = ~passed_over[words]
        words, phrase, rows = words[kept], phrase[kept], rows[kept]
        stops = np.cumsum(~value[words]) - ~value[words]
        kept = stops == stops[_firsts(phrase)]
        words, phrase, rows = read[words[kept]], phrase[kept], rows[kept]
        kept = words >= 0
        order = np.argsort(phrase[kept], kind="stable")
        return Phrases(words[kept][order], phrase[kept][order], rows[kept][order])

    @property
    def _readings(self) -> tuple[NDArray[np.int32], Mask]:
        """(s,) what each stem is read as, −1 for no kind; (s,) which a merchandiser gave."""
        read, given = np.arange(len(self.terms), dtype=np.int32), np.zeros(len(self.terms), bool)
        for term, kind in self.corrected.items():
            read[self.number[term]] = self.number[kind] if kind else -1
            given[self.number[term]] = True
        return read, given

    def _given(self, name: str) -> NDArray[np.float64]:
        """(s,) share of the products whose titles hold a stem in which it is their brand, a colour, or another
        attribute's value."""
        return self._counts[name] / np.maximum(self.mentions, 1)

    @cached_property
    def _is_like(self) -> Mask:
        """(s,) a brand or a colour."""
        return ~self._readings[1] & ((self._given("brand") > LEAST_GIVEN) | (self._given("color") > LEAST_COLOR))

    @cached_property
    def _is_value(self) -> Mask:
        """(s,) a value of another attribute."""
        return ~self._readings[1] & (self._given("other") > LEAST_GIVEN)

    def passed_and_values(self) -> tuple[list[str], list[str]]:
        """The stems that are brands or colours, and those that are values of other attributes, ascending."""
        held = self.mentions > 0
        passed, values = (np.flatnonzero(mask & held).tolist() for mask in (self._is_like, self._is_value))
        return sorted(self.terms[term] for term in passed), sorted(self.terms[term] for term in values)

    def likeness(self, term: int) -> float:
        """How alike the products are whose titles hold a stem: 0 unrelated, 1 the same."""
        if term not in self._likeness:
            self._likeness[term] = self._alike(self.mentioned(term))
        return self._likeness[term]

    def is_noun(self, term: int) -> bool:
        """False for a series of products ("Photosmart M525") and for a German word that titles mostly write small."""
        if self._counts["series"][term] > LEAST_SERIES * self.mentions[term]:
            return False
        return self.language != "de" or bool(self._counts["capitals"][term] >= 0.5 * self.mentions[term])

    def is_numbered(self, term: int) -> bool:
        """True for a word that a number mostly follows."""
        return bool(self._counts["numbered"][term] > LEAST_NUMBERED * self.mentions[term])

    def label(self, term: int) -> str:
        """A stem as it is most often written."""
        written = self._written.get(term)
        return max(written, key=lambda word: (written[word], word)) if written else self.terms[term]


def _last_of(kind: str) -> str:
    return "".join(kind.casefold().split()[-1:])


def _stem_of(kind: str, language: str) -> str:
    """A corrected kind's stem: that of its last word, "" for none."""
    return stem(_last_of(kind), language)


def _joined(parts: Sequence[np.ndarray]) -> np.ndarray:
    return np.concatenate(parts) if parts else np.empty(0, np.int32)


def _by_row(words: np.ndarray, phrase: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, ...]:
    """In the order of rows, phrases and the words in them as they were; phrases numbered anew."""
    order = np.argsort(rows, kind="stable")
    words, phrase, rows = words[order], phrase[order], rows[order]
    return words, np.cumsum(_changes(phrase)) - 1 if len(phrase) else phrase, rows


def _firsts(runs: np.ndarray) -> NDArray[np.intp]:
    """(t,) where the run of equal numbers that each stands in begins.

    >>> _firsts(np.array([7, 7, 3, 3, 3])).tolist()
    [0, 0, 2, 2, 2]
    """
    starts = np.flatnonzero(_changes(runs))
    return np.repeat(starts, np.diff(np.append(starts, len(runs))))
