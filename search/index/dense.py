"""The dense index: FAISS over the products' vectors, exact, memory-mapped; of large catalogues `compressed.py`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import faiss
import numpy as np

from search.types import Mask, Rows, Scores, Vectors

FILE = "vectors.faiss"
#: Products, evenly over the catalogue, by which a query's noise is measured.
SAMPLE = 2048


class Cosines(Protocol):
    """The cosines of one query with products."""

    @property
    def noise(self) -> float:
        """What unrelated products have with the query (`DenseIndex.noise_of`)."""

    @property
    def most(self) -> int:
        """Rows that it is cheap to ask for at once."""

    @property
    def best(self) -> float:
        """The greatest; −1 without products."""

    def at(self, rows: Rows) -> Scores:
        """(m,) those of rows (m,)."""

    def above(self, least: float) -> Rows:
        """Rows, ascending, whose cosine is at least that."""

    def within(self, mask: Mask | None) -> Cosines:
        """The same for whoever looks inside a mask (n,) only."""


class VectorIndex(Protocol):
    """The vectors of a snapshot's products."""

    noise: float

    def __len__(self) -> int: ...

    def vectors(self) -> Vectors:
        """(n, dimension) float32, a copy."""

    def score(self, vector: Vectors) -> Cosines:
        """The cosines of one query's vector (dimension,) float32, length 1."""


@dataclass(frozen=True, slots=True, eq=False)
class Exhaustive:
    """All of them: `all` (n,)."""

    all: Scores
    noise: float

    @property
    def most(self) -> int:
        """All of them."""
        return len(self.all)

    @property
    def best(self) -> float:
        """The greatest; −1 without products."""
        return float(self.all.max(initial=-1.0))

    def at(self, rows: Rows) -> Scores:
        """(m,) those of rows (m,)."""
        return self.all[rows]

    def above(self, least: float) -> Rows:
        """Rows, ascending, whose cosine is at least that."""
        return np.flatnonzero(self.all >= least).astype(np.int32)

    def within(self, mask: Mask | None) -> Cosines:
        """The same: none is left out."""
        return self


class DenseIndex:
    """Inner products of unit vectors (cosines), exact (IndexFlatIP).

    `noise` is the cosine of two products that have nothing to do with each other, the median over random
    pairs: what an unrelated product looks like to this encoder. It is the most that a query's noise can be.
    """

    def __init__(self, index: faiss.IndexFlatIP, noise: float):
        self.noise = noise
        self._index = index

    def __len__(self) -> int:
        return int(self._index.ntotal)

    def vectors(self) -> Vectors:
        """(n, dimension) float32, a copy."""
        return self._index.reconstruct_n(0, len(self))

    def cosines(self, vector: Vectors) -> Scores:
        """(n,) cosine of every product with a query's vector (dimension,) float32, length 1.

        One pass of FAISS's own kernel over its own memory, on the calling thread: 5 ms for 70,787 × 512. All of
        them and not a top k, so that a filter laid over them afterwards loses nothing. (numpy on the same memory
        takes 27 ms: a mapped file's vectors begin at an odd address.)
        """
        found = np.empty(len(self), np.float32)
        query = np.ascontiguousarray(vector, np.float32)
        pointers = faiss.swig_ptr(found), faiss.swig_ptr(query), self._index.get_xb()
        faiss.fvec_inner_products_ny(*pointers, self._index.d, len(self))  # type: ignore[attr-defined]
        return rounded(found)

    def score(self, vector: Vectors) -> Cosines:
        """The cosines of one query's vector (dimension,) float32, length 1."""
        cosines = self.cosines(vector)
        return Exhaustive(cosines, self.noise_of(cosines))

    def noise_of(self, cosines: Scores) -> float:
        """The zero of a query's calibrated cosines: what unrelated products have with it, at most `noise`.

        Most products have nothing to do with a query, so it is the median over products. A short query is less like
        any product than products are like each other (0.25 between products of the demo shop, -0.09 to "laptop"), and
        encoders differ in how much; with this zero one threshold parts what is sold from what is not for each of them.
        Where a query is about most of a shop ("Schuhe" in a shop of shoes) `noise` is the zero.
        """
        step = max(len(cosines) // SAMPLE, 1)
        return min(self.noise, float(np.median(cosines[::step]))) if len(cosines) else self.noise


def rounded(scores: np.ndarray) -> Scores:
    """Float64 to 1e-6: batched and single searches differ in their last bits, rankings must not."""
    return scores.astype(np.float64).round(6)


def measure_noise(vectors: Vectors, seed: int = 0, pairs: int = 20_000) -> float:
    """Median cosine of random pairs of products; 0 for fewer than two products."""
    if len(vectors) < 2:
        return 0.0
    random = np.random.default_rng(seed)
    left, right = random.integers(0, len(vectors), (2, pairs))
    apart = left != right
    return float(np.median(np.einsum("ij,ij->i", vectors[left[apart]], vectors[right[apart]])))


def build_dense(vectors: Vectors) -> DenseIndex:
    """An index over (n, dimension) float32 unit vectors, in row order."""
    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(np.ascontiguousarray(vectors, np.float32))
    return DenseIndex(index, measure_noise(vectors))


def save_dense(index: DenseIndex, folder: Path) -> None:
    """Write FAISS's own file."""
    faiss.write_index(index._index, str(folder / FILE))


def load_dense(folder: Path, noise: float) -> DenseIndex:
    """Read a FAISS file, memory-mapped. FAISS loads damaged files in silence: check checksums first."""
    return DenseIndex(faiss.read_index(str(folder / FILE), faiss.IO_FLAG_MMAP_IFC), noise)  # type: ignore[arg-type]
