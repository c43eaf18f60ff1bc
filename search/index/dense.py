"""The dense index: FAISS over the products' vectors, exact, memory-mapped."""

from __future__ import annotations

from pathlib import Path

import faiss
import numpy as np

from search.types import Scores, Vectors

FILE = "vectors.faiss"


class DenseIndex:
    """Inner products of unit vectors (cosines), exact (IndexFlatIP).

    `noise` is the cosine of two products that have nothing to do with each other, the median over random
    pairs: what an unrelated product looks like to this encoder. It is the zero of a calibrated cosine.
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
