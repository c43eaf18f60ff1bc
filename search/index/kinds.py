"""What each product *is*, learned from the shop's own data when building: laptop, bag, toner.

A product's kinds are the words that end its naming phrases (`search/index/naming.py`), and before them the head of
the feed's product type or category where there is one. A word is a kind where it ends phrases often enough among its
mentions, and where the products that it names are alike in the embedding: "black" ends as many phrases as "notebook"
does, but black things have nothing else in common. Colours and brands are passed over. Of several words the product
is that whose products it is most like. A merchandiser's corrections ("word = kind"; "word =" for no kind at all) come
first.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import msgspec
import numpy as np
from numpy.typing import NDArray

from search.index.kind_rows import KindRows, likeliness, nearness
from search.index.naming import attribute_words, capitalized, numbered_words, series_words, title_phrases, type_heads
from search.text import stem
from search.types import Encoder, Product, Rows, Scores, Vectors

#: A word is a kind if it ends the phrases of this many products …
LEAST_PRODUCTS = 4
#: … in this share of its mentions …
LEAST_SHARE = 0.08
#: … and in this share where the feed says for most products what they are …
LEAST_SHARE_TYPED = 0.5
#: … which are alike: the calibrated mean cosine between them. Colours and pack sizes have less.
LEAST_ALIKE = 0.1
#: From here on products are as alike as those of one kind mostly are.
ALIKE = 0.4
#: A type that the feed gives to this many products is a kind.
LEAST_TYPED = 2
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
#: Products by which a word's likeness is measured.
SAMPLE = 200
#: Rounds in which products choose the kind that they are most like, and kinds move to the middle of theirs.
ROUNDS = 3
#: Letters of the shortest first and last part of a compound.
LEAST_FIRST_PART = 3
LEAST_PART = 4
#: Kinds of one product that are kept, and the share of the surest one's score that they need.
MOST_HEADS = 3
LEAST_OF_BEST = 0.3


class Learned(msgspec.Struct, frozen=True):
    """What reading one more title needs of what all of them taught: how sure each kind's word is one (k,), how like the
    middle of its kind a product of it usually is (k,), and the stems that are brands or colours, or other values."""

    sure: list[float] = []
    usual: list[float] = []
    passed: list[str] = []
    values: list[str] = []


@dataclass(frozen=True, slots=True, eq=False)
class Kinds:
    """The kinds of a catalogue in one language, the most frequent first, and those of each product.

    `labels` (k,) are written as most titles do, `terms` (k,) are their stems. The kinds of product r, the surest
    first, are heads[offsets[r] : offsets[r + 1]]. `names` (k, dimension) are the labels' vectors, `centres`
    (k, dimension) those of the middle of their products, all of length 1; (k, 0) without an encoder. `scale` holds
    three median cosines: of two kinds' names, of a name and another kind's centre, of a name and its own centre.
    `corrected` maps a stem to the kind that a merchandiser gave it, -1 for none; `endings` a stem to the kinds that it
    is or, as the last part of a compound, ends. `learned` is empty in snapshots of before.
    """

    labels: list[str]
    terms: list[str]
    offsets: NDArray[np.int64]
    heads: NDArray[np.int32]
    names: Vectors
    centres: Vectors
    scale: tuple[float, float, float] = (0.0, 0.0, 1.0)
    corrected: Mapping[str, int] = field(default_factory=dict)
    learned: Learned = field(default_factory=Learned)
    endings: Mapping[str, list[int]] = field(init=False, repr=False)
    of_rows: KindRows = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "of_rows", KindRows(self.offsets, self.heads, len(self.labels)))
        endings: dict[str, list[int]] = {}
        for code, term in enumerate(self.terms):
            for at in (0, *range(LEAST_FIRST_PART, len(term) - LEAST_PART + 1)):
                endings.setdefault(term[at:], []).append(code)
        object.__setattr__(self, "endings", endings)

    def __len__(self) -> int:
        return len(self.labels)

    def of_row(self, row: int) -> list[str]:
        """What one product is, the surest first."""
        return [self.labels[kind] for kind in self.heads[self.offsets[row] : self.offsets[row + 1]]]


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """(row, kind) pairs (m,), ascending by row, with a score each: candidates for what a product is.

    Of those of one phrase (m,) only the best names it.
    """

    rows: Rows
    kinds: NDArray[np.int32]
    phrases: NDArray[np.int32]
    scores: Scores


class Wording:
    """Which words end the naming phrases of one language's titles, and how often they stand anywhere in them.

    `alike` tells of rows how alike their products are.
    """

    def __init__(
        self,
        products: Sequence[Product],
        language: str,
        corrections: Mapping[str, str],
        alike: Callable[[Sequence[int]], float],
    ):
        self.language = language
        self._alike = alike
        self._likeness: dict[str, float] = {}
        self.written: dict[str, Counter[str]] = defaultdict(Counter)
        self.mentioned: dict[str, list[int]] = defaultdict(list)
        self.capitals: Counter[str] = Counter()
        self.before_codes: Counter[str] = Counter()
        self.before_numbers: Counter[str] = Counter()
        self._given: dict[str, Counter[str]] = {"brand": Counter(), "color": Counter(), "other": Counter()}
        self._reads = {stem(word, language): self._stem_of(kind) for word, kind in corrections.items()}
        phrases = [[self._stems(words) for words in title_phrases(product, language)] for product in products]
        for row, product in enumerate(products):
            self._count(row, product, phrases[row])
        self.ends = [self._ends_of(of) for of in phrases]
        self.types = [[[term] for term in self._stems(type_heads(product, language))] for product in products]

    def passed(self) -> list[str]:
        """The stems that are brands or colours, ascending."""
        return sorted(term for term, rows in self.mentioned.items() if rows and self._is_like(term))

    def values(self) -> list[str]:
        """The stems that are values of other attributes, ascending."""
        return sorted(term for term, rows in self.mentioned.items() if rows and self._is_value(term))

    @property
    def corrected(self) -> dict[str, str]:
        """Stem -> the stem of the kind that a merchandiser gave it, "" for none."""
        return self._reads

    def _stem_of(self, kind: str) -> str:
        """A corrected kind's stem: that of its last word, "" for none."""
        return "".join(self._stems(kind.casefold().split()[-1:]))

    def _stems(self, words: Iterable[str]) -> list[str]:
        stems = []
        for word in words:
            term = stem(word, self.language)
            self.written[term][word] += 1
            stems.append(term)
        return stems

    def _count(self, row: int, product: Product, phrases: list[list[str]]) -> None:
        present = {term for phrase in phrases for term in phrase}
        for name, word in set(attribute_words(product, self.language)):
            term = stem(word, self.language)
            if term in present:
                self._given["brand" if name == "brand" else "color" if _COLOR.search(name) else "other"][term] += 1
        self.capitals.update(stem(word, self.language) for word in capitalized(product, self.language))
        self.before_codes.update({stem(word, self.language) for word in series_words(product, self.language)} & present)
        self.before_numbers.update(
            {stem(word, self.language) for word in numbered_words(product, self.language)} & present
        )
        for term in present:
            self.mentioned[term].append(row)

    def _ends_of(self, phrases: list[list[str]]) -> list[list[str]]:
        """Of each phrase the words that may be what it names: its last that is no colour and no brand; where that is a
        value of an attribute ("notebook case **sleeve**") the ones before it as well, up to one that is none."""
        found = []
        for phrase in phrases:
            ends: list[str] = []
            for term in reversed(phrase):
                if len(term) < 2 or self._is_like(term):
                    continue
                ends += [read] if (read := self._reads.get(term, term)) else []
                if not self._is_value(term):
                    break
            if ends:
                found.append(ends)
        return found

    def _is_like(self, term: str) -> bool:
        """A brand or a colour."""
        brand, color, _ = self._shares(term)
        return term not in self._reads and (brand > LEAST_GIVEN or color > LEAST_COLOR)

    def _is_value(self, term: str) -> bool:
        return term not in self._reads and self._shares(term)[2] > LEAST_GIVEN

    def _shares(self, term: str) -> tuple[float, ...]:
        """Of the products whose titles hold a word: where it is their brand, a colour, another attribute's value."""
        return tuple(of[term] / len(self.mentioned[term]) for of in self._given.values())

    def likeness(self, term: str) -> float:
        """How alike the products are whose titles hold a word: 0 unrelated, 1 the same."""
        if term not in self._likeness:
            self._likeness[term] = self._alike(self.mentioned[term])
        return self._likeness[term]

    def is_noun(self, term: str) -> bool:
        """False for a series of products ("Photosmart M525") and for a German word that titles mostly write small."""
        if self.before_codes[term] > LEAST_SERIES * len(self.mentioned[term]):
            return False
        return self.language != "de" or self.capitals[term] >= 0.5 * len(self.mentioned[term])

    def is_numbered(self, term: str) -> bool:
        """True for a word that a number mostly follows."""
        return self.before_numbers[term] > LEAST_NUMBERED * len(self.mentioned[term])

    def label(self, term: str) -> str:
        """A stem as it is most often written."""
        written = self.written.get(term)
        return max(written, key=lambda word: (written[word], word)) if written else term


def learn_kinds(
    products: Sequence[Product],
    language: str,
    vectors: Vectors | None = None,
    noise: float = 0.0,
    encoder: Encoder | None = None,
    corrections: Mapping[str, str] | None = None,
) -> Kinds:
    """The kinds of a catalogue in one language, and of each product.

    Args:
        vectors: (n, dimension) of the products, None without an encoder; then only words tell.
        noise: cosine of two products that have nothing to do with each other.
        corrections: word -> kind, "" for no kind; read in every title and every query.
    """
    alike = partial(_alike, vectors=vectors, noise=noise)
    wording = Wording(products, language, corrections or {}, alike)
    sure = _sureness(wording)
    frequency = Counter(term for phrases in (*wording.ends, *wording.types) for ends in phrases for term in ends)
    terms = sorted(sure, key=lambda term: (-frequency[term], term))
    codes = {term: code for code, term in enumerate(terms)}
    typed = pairs_of(wording.types, codes, np.ones(len(terms)))
    titled = pairs_of(wording.ends, codes, np.array([sure[term] for term in terms]))
    centres, usual = np.empty((len(terms), 0), np.float32), np.ones(len(terms))
    if vectors is not None:
        titled, centres, usual = _settle(titled, typed, vectors, noise, len(terms))
    offsets, heads = heads_of(typed, titled, len(products))
    labels = [wording.label(term) for term in terms]
    names = encoder.encode_query(labels) if encoder is not None and labels else np.empty((len(terms), 0), np.float32)
    corrected = {word: codes.get(kind, -1) for word, kind in wording.corrected.items()}
    learned = Learned([sure[term] for term in terms], usual.tolist(), wording.passed(), wording.values())
    return Kinds(labels, terms, offsets, heads, names, centres, _scale(names, centres), corrected, learned)


def _sureness(wording: Wording) -> dict[str, float]:
    """Stem -> how sure it is a kind, 0..1: share of its mentions that end a phrase × how alike its products are."""
    ends = Counter(term for phrases in wording.ends for term in {phrase[0] for phrase in phrases})
    typed = Counter(term for phrases in wording.types for term in {phrase[0] for phrase in phrases})
    sure = {term: 1.0 for term, count in typed.items() if count >= LEAST_TYPED}
    named = set(wording.corrected.values())
    told = sum(bool(of) for of in wording.types) > 0.5 * len(wording.types)
    least = LEAST_SHARE_TYPED if told else LEAST_SHARE
    for term, count in ends.items():
        share = min(count / (len(wording.mentioned[term]) + 1), 1.0)
        if term in named:
            sure[term] = 1.0
        elif term not in sure and count >= LEAST_PRODUCTS and share >= least and wording.is_noun(term):
            likeness = wording.likeness(term)
            if likeness >= LEAST_ALIKE:
                sure[term] = share * min(likeness / ALIKE, 1.0)
    named |= {term for term, count in typed.items() if count >= LEAST_TYPED}
    measures = _measures(sure.keys() - named, sure, wording)
    return {term: sure[term] for term in sure if term not in measures}


def _measures(terms: Iterable[str], sure: Iterable[str], wording: Wording) -> set[str]:
    """Sizes and classes: a number mostly follows them, and most products that have one are called something else."""
    numbered = {term for term in terms if wording.is_numbered(term)}
    others = {row for term in sure if term not in numbered for row in wording.mentioned[term]}
    others |= {row for row, types in enumerate(wording.types) if types}
    shares = {term: len(others.intersection(rows := wording.mentioned[term])) / len(rows) for term in numbered}
    return {term for term, share in shares.items() if share > 0.5}


def _alike(rows: Sequence[int], vectors: Vectors | None, noise: float) -> float:
    """Mean cosine between products, 0 for unrelated ones, 1 for the same; 1 without vectors."""
    if vectors is None:
        return 1.0
    chosen = np.array(rows)[np.linspace(0, len(rows) - 1, min(len(rows), SAMPLE)).astype(int)]
    count = len(chosen)
    if count < 2:
        return 0.0
    total = vectors[chosen].astype(np.float64).sum(axis=0)
    return float(((total @ total - count) / (count * (count - 1)) - noise) / max(1 - noise, 1e-6))


def pairs_of(of: Sequence[Sequence[Sequence[str]]], codes: Mapping[str, int], sure: Scores) -> Pairs:
    """The kinds that the ends of products' phrases name: (products) of (phrases) of ends, the likeliest first."""
    found, number = [], 0
    for row, phrases in enumerate(of):
        for phrase in phrases:
            found += [(row, codes[term], number) for term in dict.fromkeys(phrase) if term in codes]
            number += 1
    pairs = np.array(found, np.int32).reshape(-1, 3)
    return Pairs(pairs[:, 0], pairs[:, 1], pairs[:, 2], sure[pairs[:, 1]])


def _settle(titled: Pairs, typed: Pairs, vectors: Vectors, noise: float, size: int) -> tuple[Pairs, Vectors, Scores]:
    """Let each product choose the word whose products it is most like, a few times over; the scores, the centres, and
    how near to them their products usually are."""
    first = np.zeros(len(titled.rows), bool)
    first[np.unique(titled.phrases, return_index=True)[1]] = True
    weights, scores, usual = np.where(first, titled.scores, 0.0), titled.scores, np.ones(size)
    for _ in range(ROUNDS):
        centres = _centres(titled, weights, typed, vectors, size)
        cosine = np.einsum("ij,ij->i", centres[titled.kinds], vectors[titled.rows])
        near = nearness(cosine, noise)
        usual = np.bincount(titled.kinds, weights * near, size) / np.maximum(
            np.bincount(titled.kinds, weights, size), 1e-9
        )
        scores = titled.scores * likeliness(near, usual[titled.kinds])
        best = np.zeros(len(vectors))
        np.maximum.at(best, titled.rows, scores)
        weights = np.where(scores >= best[titled.rows], 1.0, 0.1 * scores / np.maximum(best[titled.rows], 1e-9))
    return Pairs(titled.rows, titled.kinds, titled.phrases, scores), centres, usual


def _centres(titled: Pairs, weights: Scores, typed: Pairs, vectors: Vectors, size: int) -> Vectors:
    rows = np.concatenate([titled.rows, typed.rows])
    kinds = np.concatenate([titled.kinds, typed.kinds])
    weights = np.concatenate([weights, typed.scores])
    order = np.argsort(kinds, kind="stable")
    centres = np.zeros((size, vectors.shape[1]), np.float32)
    bounds = np.searchsorted(kinds[order], np.arange(size + 1))
    for kind in range(size):
        part = order[bounds[kind] : bounds[kind + 1]]
        centres[kind] = weights[part] @ vectors[rows[part]]
    return centres / np.maximum(np.linalg.norm(centres, axis=1, keepdims=True), 1e-9)


def heads_of(typed: Pairs, titled: Pairs, size: int) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Each product's kinds: the feed's first, then the title's, the surest first."""
    best = np.zeros(size)
    np.maximum.at(best, titled.rows, titled.scores)
    named = np.zeros(int(titled.phrases.max(initial=0)) + 1)
    np.maximum.at(named, titled.phrases, titled.scores)
    strong = (titled.scores >= LEAST_OF_BEST * best[titled.rows]) & (titled.scores >= named[titled.phrases])
    found: list[list[int]] = [[] for _ in range(size)]
    for row, kind in zip(typed.rows.tolist(), typed.kinds.tolist(), strict=True):
        found[row].append(kind)
    order = np.lexsort((titled.kinds, -titled.scores, titled.rows))
    for at in order[strong[order]].tolist():
        of, kind = found[titled.rows[at]], int(titled.kinds[at])
        if kind not in of and len(of) < MOST_HEADS:
            of.append(kind)
    offsets = np.zeros(size + 1, np.int64)
    np.cumsum([len(of) for of in found], out=offsets[1:])
    return offsets, np.array([kind for of in found for kind in of], np.int32)


def _scale(names: Vectors, centres: Vectors) -> tuple[float, float, float]:
    """Median cosines: of two names, of a name and another's centre, of a name and its own."""
    if len(names) < 2 or not names.shape[1] or not centres.shape[1]:
        return (0.0, 0.0, 1.0)
    apart = ~np.eye(len(names), dtype=bool)
    across = names @ centres.T
    return (
        float(np.median((names @ names.T)[apart])),
        float(np.median(across[apart])),
        float(np.median(np.diag(across))),
    )
