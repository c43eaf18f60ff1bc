"""The vectors of changed products beside those of a generation: exact, whatever form those have."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from search.index.dense import Cosines, DenseIndex, Exhaustive, VectorIndex, rounded
from search.types import Mask, Rows, Scores, Vectors

#: Less than any cosine: what is gone is near to nothing.
NOWHERE = -2.0


class ChangedVectors:
    """A generation's vectors with some rows replaced; `noise` stays the generation's.

    Args:
        rows: (m,) those that are not the generation's, ascending.
        vectors: (m, dimension) theirs, of length 1; zeros where a product is gone.
        gone: (m,) which of them hold no product.
        size: rows in all.
    """

    def __init__(self, base: VectorIndex, rows: Rows, vectors: Vectors, gone: Mask, size: int):
        self.noise = base.noise
        self.base, self.rows, self._vectors, self.gone, self._size = base, rows, vectors, gone, size

    def __len__(self) -> int:
        return self._size

    def vectors(self) -> Vectors:
        """(n, dimension) float32, a copy; zeros where a product is gone."""
        found = np.zeros((self._size, self._vectors.shape[1]), np.float32)
        found[: len(self.base)] = self.base.vectors()
        found[self.rows] = self._vectors
        return found

    def of(self, vector: Vectors) -> Scores:
        """(m,) the cosines of the changed rows with a query's vector."""
        return np.where(self.gone, NOWHERE, rounded(self._vectors @ vector.astype(np.float32)))

    def score(self, vector: Vectors) -> Cosines:
        """The cosines of one query's vector (dimension,) float32, length 1."""
        if not isinstance(self.base, DenseIndex):
            return ChangedCosines(self, self.base.score(vector), self.of(vector))
        cosines = np.full(self._size, NOWHERE)
        cosines[: len(self.base)] = self.base.cosines(vector)
        cosines[self.rows] = self.of(vector)
        live = cosines[self._live] if self.gone.any() else cosines
        return Exhaustive(cosines, self.base.noise_of(live))

    @cached_property
    def _live(self) -> Mask:
        live = np.ones(self._size, bool)
        live[self.rows[self.gone]] = False
        return live

    @cached_property
    def changed(self) -> Mask:
        """(n,) the rows that are not the generation's."""
        changed = np.zeros(self._size, bool)
        changed[self.rows] = True
        return changed

    def with_rows(self, after: dict[int, Vectors | None], size: int) -> ChangedVectors:
        """The same after some rows changed; None for one that is gone."""
        rows = np.union1d(self.rows, np.array(sorted(after), np.int32)).astype(np.int32)
        vectors, gone = np.zeros((len(rows), self._vectors.shape[1]), np.float32), np.zeros(len(rows), bool)
        known = np.searchsorted(rows, self.rows)
        vectors[known], gone[known] = self._vectors, self.gone
        for row, vector in after.items():
            at = int(np.searchsorted(rows, row))
            gone[at] = vector is None
            vectors[at] = 0.0 if vector is None else vector
        return ChangedVectors(self.base, rows, vectors, gone, size)


class ChangedCosines:
    """The cosines of one query with a compressed generation's products and the changed ones."""

    def __init__(self, index: ChangedVectors, base: Cosines, own: Scores):
        self._index, self._base, self._own = index, base, own

    @property
    def noise(self) -> float:
        """What unrelated products have with the query: of so many, those that changed tell nothing."""
        return self._base.noise

    @property
    def most(self) -> int:
        """Rows that it is cheap to ask for at once."""
        return self._base.most

    @cached_property
    def best(self) -> float:
        """The greatest; −1 without products."""
        near = self._unchanged(self._base.above(-1.0))
        known = float(self._base.at(near).max(initial=-1.0))
        return max(known, float(self._own.max(initial=-1.0)))

    def _unchanged(self, rows: Rows) -> Rows:
        return rows[~self._index.changed[rows]]

    def at(self, rows: Rows) -> Scores:
        """(m,) those of rows (m,)."""
        changed = self._index.changed[rows]
        found = np.empty(len(rows))
        found[~changed] = self._base.at(rows[~changed])
        found[changed] = self._own[np.searchsorted(self._index.rows, rows[changed])]
        return found

    def above(self, least: float) -> Rows:
        """Rows, ascending, whose cosine is at least that, among the nearest and the changed ones."""
        own = self._index.rows[self._own >= max(least, -1.0)]
        return np.union1d(self._unchanged(self._base.above(least)), own).astype(np.int32)

    def within(self, mask: Mask | None) -> ChangedCosines:
        """The same for whoever looks inside a mask (n,) only."""
        if mask is None:
            return self
        inside = mask[: len(self._index.base)] & ~self._index.changed[: len(self._index.base)]
        return ChangedCosines(self._index, self._base.within(inside), self._own)


def changeable_vectors(index: VectorIndex, dimension: int) -> ChangedVectors:
    """Vectors that know what changed in them."""
    if isinstance(index, ChangedVectors):
        return index
    nothing = np.empty(0, np.int32), np.empty((0, dimension), np.float32), np.empty(0, bool)
    return ChangedVectors(index, *nothing, len(index))
