"""What products that changed hold of the terms, beside the postings of a generation.

Writing it costs what the changed products' own words cost. A term's entries, its document frequency and its idf are put
together when somebody asks for the term, and kept: most terms are never asked for.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable, Mapping
from functools import cached_property
from heapq import merge
from itertools import islice, takewhile

import numpy as np
from numpy.typing import NDArray

from search.types import Mask, Rows

#: Rows of one term, ascending, and its saturated frequency in each.
Run = tuple[Rows, NDArray[np.float32]]
Held = Mapping[str, Mapping[int, float]]


class Delta:
    """Never changed once it is made; `with_rows` makes the next one.

    Args:
        lost: (rows of the generation,) those whose entries do not count any more.
        held: term -> row -> its saturated frequency there, in the rows that were read anew.
        terms: row -> the terms that it holds now.
    """

    def __init__(self, lost: Mask, held: Held | None = None, terms: Mapping[int, Collection[str]] | None = None):
        self._lost = lost
        self._held = held or {}
        self._terms = terms or {}
        self._runs: dict[str, Run] = {}
        self._mean: float | None = None

    @property
    def entries(self) -> int:
        """Pairs of a term and a row that are held."""
        return sum(map(len, self._terms.values()))

    def with_rows(self, fresh: Mapping[int, Mapping[str, float]]) -> Delta:
        """The same after some rows were read anew.

        Args:
            fresh: row -> term -> saturated frequency, new rows too; nothing of one that is gone.
        """
        old = [row for row in fresh if row < len(self._lost)]
        lost = self._lost
        if not lost[old].all():
            lost = lost.copy()
            lost[old] = True
        held, terms = dict(self._held), {**self._terms, **{row: tuple(weights) for row, weights in fresh.items()}}
        touched: dict[str, dict[int, float]] = {}
        for row, weights in fresh.items():
            for term in (*self._terms.get(row, ()), *weights):
                if term not in touched:
                    touched[term] = dict(held.get(term, {}))
            for term in self._terms.get(row, ()):
                touched[term].pop(row, None)
            for term, value in weights.items():
                touched[term][row] = value
        held.update(touched)
        for term in [term for term, found in touched.items() if not found]:
            del held[term]
        return Delta(lost, held, terms)

    def run(self, term: str, base: Run) -> Run:
        """A term's entries: those of the generation that still count, and the new ones."""
        known = self._runs.get(term)
        if known is None:
            known = self._runs[term] = self._run(term, base)
        return known

    def _run(self, term: str, base: Run) -> Run:
        rows, saturated = base
        lost = self._lost[rows]
        if lost.any():
            rows, saturated = rows[~lost], saturated[~lost]
        fresh = self._held.get(term)
        if not fresh:
            return rows, saturated
        new = np.array(sorted(fresh), np.int32)
        values = np.array([fresh[row] for row in new.tolist()], np.float32)
        at = np.searchsorted(rows, new)
        return np.insert(rows, at, new).astype(np.int32, copy=False), np.insert(saturated, at, values)

    def mean_idf(self, products: int, offsets: NDArray[np.int64], rows: Rows, place_of: Mapping[str, int]) -> float:
        """The mean over the terms that some product holds, each as `raw_idf` has it; worked out once.

        Args:
            products: how many there are now.
            offsets: (terms + 1,) where the generation's terms begin in `rows`.
            place_of: term -> its place among them.
        """
        if self._mean is None:
            counts = np.diff(offsets)
            if len(counts) and self._lost.any():
                counts -= np.add.reduceat(self._lost[rows].astype(np.int64), offsets[:-1])
            new = [len(found) for term, found in self._held.items() if term not in place_of]
            for term, found in self._held.items():
                if term in place_of:
                    counts[place_of[term]] += len(found)
            counts = np.append(counts, np.array(new, np.int64))
            self._mean = float(raw_idf(products, counts[counts > 0]).mean()) if counts.any() else 0.0
        return self._mean

    @cached_property
    def _ordered(self) -> list[str]:
        return sorted(self._held)

    def starting_with(self, prefix: str, others: Iterable[str]) -> Iterable[str]:
        """Terms that begin with the prefix, those of the generation too, in order; each once."""
        start = bisect_left(self._ordered, prefix)
        mine = takewhile(lambda term: term.startswith(prefix), islice(self._ordered, start, None))
        return dict.fromkeys(merge(mine, others))


def raw_idf(products: int, holding: NDArray[np.int64]) -> NDArray[np.float64]:
    """(m,) rank-bm25's idf of terms that so many products hold; below zero where more than half do."""
    return np.log(products - holding + 0.5) - np.log(holding + 0.5)
