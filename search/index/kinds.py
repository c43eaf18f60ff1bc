"""What each product *is*, learned from the shop's own data when building: laptop, bag, toner.

A product's kinds are the words that end its naming phrases (`search/index/naming.py`), and before them the head of
the feed's product type or category where there is one. A word is a kind where it ends phrases often enough among its
mentions, and where the products that it names are alike in the embedding: "black" ends as many phrases as "notebook"
does, but black things have nothing else in common. Colours and brands are passed over. Of several words the product
is that whose products it is most like. A merchandiser's corrections ("word = kind"; "word =" for no kind at all) come
first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import msgspec
import numpy as np
from numpy.typing import NDArray

from search.index.kind_rows import KindRows, likeliness, nearness
from search.index.wording import Phrases, Wording, read_titles
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
#: Products by which a word's likeness is measured.
SAMPLE = 200
#: Rounds in which products choose the kind that they are most like, and kinds move to the middle of theirs.
ROUNDS = 3
#: Letters of the shortest first and last part of a compound.
LEAST_FIRST_PART = 3
LEAST_PART = 4
#: Vectors that are read from their file at once.
BLOCK = 50_000
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
    phrases: NDArray[np.int64]
    scores: Scores


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
    size = len(products)
    titles = [(read_titles(products, language), np.arange(size, dtype=np.int32))]
    wording = Wording(titles, language, corrections or {}, alike_by(vectors, noise))
    return kinds_of(wording, size, vectors, noise, encoder)


def kinds_of(
    wording: Wording, size: int, vectors: Vectors | None = None, noise: float = 0.0, encoder: Encoder | None = None
) -> Kinds:
    """The kinds of a catalogue of `size` products, whose titles were read; as `learn_kinds`."""
    sure = _sureness(wording, size)
    told = [wording.ends.words, wording.types.words]
    frequency = np.bincount(np.concatenate(told), minlength=len(wording.terms)).tolist()
    numbers = sorted(sure, key=lambda term: (-frequency[term], wording.terms[term]))
    code = np.full(len(wording.terms), -1, np.int32)
    code[numbers] = np.arange(len(numbers))
    typed = pairs_of(wording.types, code, np.ones(len(numbers)))
    titled = pairs_of(wording.ends, code, np.array([sure[term] for term in numbers]))
    centres, usual = np.empty((len(numbers), 0), np.float32), np.ones(len(numbers))
    if vectors is not None:
        titled, centres, usual = _settle(titled, typed, vectors, noise, len(numbers))
    offsets, heads = heads_of(typed, titled, size)
    labels = [wording.label(term) for term in numbers]
    names = encoder.encode_query(labels) if encoder is not None and labels else np.empty((len(labels), 0), np.float32)
    codes = {wording.terms[term]: place for place, term in enumerate(numbers)}
    corrected = {word: codes.get(kind, -1) for word, kind in wording.corrected.items()}
    learned = Learned([sure[term] for term in numbers], usual.tolist(), *wording.passed_and_values())
    return Kinds(labels, list(codes), offsets, heads, names, centres, _scale(names, centres), corrected, learned)


def _sureness(wording: Wording, size: int) -> dict[int, float]:
    """Stem -> how sure it is a kind, 0..1: share of its mentions that end a phrase × how alike its products are."""
    ends, typed = (phrases.products_first(len(wording.terms)) for phrases in (wording.ends, wording.types))
    given = set(np.flatnonzero(typed >= LEAST_TYPED).tolist())
    sure = dict.fromkeys(given, 1.0)
    named = {wording.number[kind] for kind in wording.corrected.values() if kind}
    told = len(np.unique(wording.types.rows)) > 0.5 * size
    least = LEAST_SHARE_TYPED if told else LEAST_SHARE
    shares = np.minimum(ends / (wording.mentions + 1), 1.0)
    for term in np.flatnonzero(ends).tolist():
        if term in named:
            sure[term] = 1.0
        elif term not in sure and ends[term] >= LEAST_PRODUCTS and shares[term] >= least and wording.is_noun(term):
            likeness = wording.likeness(term)
            if likeness >= LEAST_ALIKE:
                sure[term] = float(shares[term]) * min(likeness / ALIKE, 1.0)
    measures = _measures(sure.keys() - named - given, sure, wording, size)
    return {term: sure[term] for term in sure if term not in measures}


def _measures(terms: Iterable[int], sure: Iterable[int], wording: Wording, size: int) -> set[int]:
    """Sizes and classes: a number mostly follows them, and most products that have one are called something else."""
    numbered = {term for term in terms if wording.is_numbered(term)}
    others = np.zeros(size, bool)
    for term in sure:
        if term not in numbered:
            others[wording.mentioned(term)] = True
    others[wording.types.rows] = True
    return {term for term in numbered if others[wording.mentioned(term)].mean() > 0.5}


def alike_by(vectors: Vectors | None, noise: float) -> Callable[[Rows], float]:
    """How alike the products of rows are: mean cosine between them, 0 for unrelated ones, 1 for the same; always 1
    without vectors."""
    return partial(_alike, vectors=vectors, noise=noise)


def _alike(rows: Rows, vectors: Vectors | None, noise: float) -> float:
    if vectors is None:
        return 1.0
    chosen = rows[np.linspace(0, len(rows) - 1, min(len(rows), SAMPLE)).astype(int)]
    count = len(chosen)
    if count < 2:
        return 0.0
    total = vectors[chosen].astype(np.float64).sum(axis=0)
    return float(((total @ total - count) / (count * (count - 1)) - noise) / max(1 - noise, 1e-6))


def pairs_of(of: Phrases, code: NDArray[np.int32], sure: Scores) -> Pairs:
    """The kinds that phrases may name, each once in a phrase, in the order of its words."""
    kept = code[of.words] >= 0
    rows, kinds, phrases = of.rows[kept], code[of.words[kept]], of.phrase[kept]
    once = np.sort(np.unique(phrases.astype(np.int64) * max(len(sure), 1) + kinds, return_index=True)[1])
    kinds = kinds[once]
    return Pairs(rows[once], kinds, phrases[once], sure[kinds])


def _settle(titled: Pairs, typed: Pairs, vectors: Vectors, noise: float, size: int) -> tuple[Pairs, Vectors, Scores]:
    """Let each product choose the word whose products it is most like, a few times over; the scores, the centres, and
    how near to them their products usually are."""
    first = np.zeros(len(titled.rows), bool)
    first[np.unique(titled.phrases, return_index=True)[1]] = True
    weights, scores, usual = np.where(first, titled.scores, 0.0), titled.scores, np.ones(size)
    for _ in range(ROUNDS):
        centres = _centres(titled, weights, typed, vectors, size)
        cosine = _cosines(centres, vectors, titled)
        near = nearness(cosine, noise)
        usual = np.bincount(titled.kinds, weights * near, size) / np.maximum(
            np.bincount(titled.kinds, weights, size), 1e-9
        )
        scores = titled.scores * likeliness(near, usual[titled.kinds])
        best = np.zeros(len(vectors))
        np.maximum.at(best, titled.rows, scores)
        weights = np.where(scores >= best[titled.rows], 1.0, 0.1 * scores / np.maximum(best[titled.rows], 1e-9))
    return Pairs(titled.rows, titled.kinds, titled.phrases, scores), centres, usual


def _cosines(centres: Vectors, vectors: Vectors, pairs: Pairs) -> Scores:
    """(m,) of each pair, between the kind's centre and the product: the vectors may lie in a file."""
    found = np.empty(len(pairs.rows))
    for start in range(0, len(found), BLOCK):
        part = slice(start, start + BLOCK)
        found[part] = np.einsum("ij,ij->i", centres[pairs.kinds[part]], vectors[pairs.rows[part]])
    return found


def _centres(titled: Pairs, weights: Scores, typed: Pairs, vectors: Vectors, size: int) -> Vectors:
    rows = np.concatenate([titled.rows, typed.rows])
    kinds = np.concatenate([titled.kinds, typed.kinds])
    weights = np.concatenate([weights, typed.scores])
    order = np.argsort(kinds, kind="stable")
    centres = np.zeros((size, vectors.shape[1]), np.float32)
    bounds = np.searchsorted(kinds[order], np.arange(size + 1))
    for kind in range(size):
        for start in range(int(bounds[kind]), int(bounds[kind + 1]), BLOCK):
            part = order[start : min(start + BLOCK, int(bounds[kind + 1]))]
            centres[kind] += weights[part] @ vectors[rows[part]]
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
