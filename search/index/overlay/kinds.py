"""What a changed product is, by the kinds that its generation learned: they stay until the next one is built."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import replace
from itertools import pairwise

import numpy as np

from search.index.kind_rows import KindRows, likeliness, nearness
from search.index.kinds import Kinds, Pairs, heads_of, pairs_of
from search.index.naming import attribute_words, phrases, title_of, type_heads
from search.index.wording import Phrases
from search.text import stem
from search.types import Product, Scores, Vectors


class KindReader:
    """Reads products as the generation's own were read: by the words that it took for kinds, brands and values."""

    def __init__(self, kinds: Kinds, language: str):
        self._kinds, self._language = kinds, language
        self._codes = {term: code for code, term in enumerate(kinds.terms)}
        self._passed, self._values = frozenset(kinds.learned.passed), frozenset(kinds.learned.values)
        self._sure = np.array(kinds.learned.sure or np.ones(len(kinds)))
        self._usual = np.array(kinds.learned.usual or np.ones(len(kinds)))

    def read(self, products: Sequence[Product], vectors: Sequence[Vectors | None], noise: float) -> list[list[int]]:
        """The codes of each product's kinds, the surest first.

        Args:
            vectors: (dimension,) of each product; None without an encoder.
            noise: cosine of two products that have nothing to do with each other.
        """
        types = [[[stem(word, self._language)] for word in type_heads(one, self._language)] for one in products]
        typed = self._pairs(types, np.ones(len(self._codes)))
        titled = self._placed(self._pairs([self._named(one) for one in products], self._sure), vectors, noise)
        offsets, heads = heads_of(typed, titled, len(products))
        return [heads[start:end].tolist() for start, end in pairwise(offsets.tolist())]

    def _named(self, product: Product) -> list[list[str]]:
        """Of each phrase of a title the words that may be what it names."""
        own = {stem(word, self._language) for name, word in attribute_words(product, self._language) if name == "brand"}
        named = phrases(title_of(product, self._language))
        return [self._ends([stem(word, self._language) for word in words], own) for words in named]

    def _pairs(self, named: Sequence[list[list[str]]], sure: Scores) -> Pairs:
        """The kinds that the phrases of products name."""
        of = [(place, terms) for place, lists in enumerate(named) for terms in lists]
        told = [
            (self._codes[term], at, place)
            for at, (place, terms) in enumerate(of)
            for term in terms
            if term in self._codes
        ]
        kinds, phrase, rows = np.array(told, np.int64).reshape(-1, 3).T
        every = np.arange(len(self._codes), dtype=np.int32)
        return pairs_of(Phrases(kinds, phrase, rows.astype(np.int32)), every, sure)

    def _placed(self, titled: Pairs, vectors: Sequence[Vectors | None], noise: float) -> Pairs:
        """The same, surer of a kind that a product is near to the middle of."""
        centres = self._kinds.centres
        own = {place: one for place, one in enumerate(vectors) if one is not None and len(one) == centres.shape[1]}
        if not own or not len(titled.rows):
            return titled
        place_of = np.full(len(vectors), -1)
        place_of[list(own)] = np.arange(len(own))
        at = np.flatnonzero(place_of[titled.rows] >= 0)
        kinds, scores = titled.kinds[at], titled.scores.copy()
        cosines = np.einsum("ij,ij->i", centres[kinds], np.stack(list(own.values()))[place_of[titled.rows[at]]]).astype(
            np.float64
        )
        scores[at] *= likeliness(nearness(cosines, noise), self._usual[kinds])
        return replace(titled, scores=scores)

    def _ends(self, phrase: list[str], own: set[str]) -> list[str]:
        """The words that may be what a phrase names (`kinds.Wording`); a brand that is new is one, too."""
        found = []
        for term in reversed(phrase):
            corrected = self._kinds.corrected.get(term)
            is_new = term not in self._codes and term not in self._values
            if len(term) < 2 or (corrected is None and (term in self._passed or (is_new and term in own))):
                continue
            if corrected is None:
                found.append(term)
            elif corrected >= 0:
                found.append(self._kinds.terms[corrected])
            if corrected is not None or term not in self._values:
                break
        return found


def with_kinds(kinds: Kinds, after: Mapping[int, list[int]], size: int) -> Kinds:
    """Kinds in which some products are something else; nothing where one is gone.

    Args:
        after: row -> the codes of its kinds, the surest first.
        size: rows that there are then.
    """
    if size == len(kinds.offsets) - 1 and all(_held(kinds, row) == codes for row, codes in after.items()):
        return kinds
    counts = np.zeros(size, np.int64)
    counts[: len(kinds.offsets) - 1] = np.diff(kinds.offsets)
    changed = np.zeros(size, bool)
    changed[list(after)] = True
    rows = np.repeat(np.arange(size), counts)
    kept = ~changed[rows]
    new_rows = np.array([row for row in sorted(after) for _ in after[row]], np.int64)
    new = np.array([code for row in sorted(after) for code in after[row]], np.int32)
    at = np.searchsorted(rows[kept], new_rows)
    counts[list(after)] = [len(codes) for codes in after.values()]
    offsets = np.zeros(size + 1, np.int64)
    np.cumsum(counts, out=offsets[1:])
    heads = np.insert(kinds.heads[kept], at, new).astype(np.int32)
    found = copy(kinds)
    for name, value in (("offsets", offsets), ("heads", heads), ("of_rows", KindRows(offsets, heads, len(kinds)))):
        object.__setattr__(found, name, value)
    return found


def _held(kinds: Kinds, row: int) -> list[int]:
    return kinds.heads[kinds.offsets[row] : kinds.offsets[row + 1]].tolist()
