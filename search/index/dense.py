"""The dense index: FAISS over the products' vectors, exact, memory-mapped."""

from __future__ import annotations

from pathlib import Path

import faiss
import numpy as np

from search.types import Candidates, Rows, Scores, Vectors

FILE = "vectors.faiss"

# One thread a search: several searches run side by side, and sharing one costs more than it brings.
faiss.omp_set_num_threads(1)


class DenseIndex:
    """Inner products of unit vectors (cosines), exact (IndexFlatIP).

    `noise` is the cosine of two products that have nothing to do with each other, the median over random
    pairs: what an unrelated product looks like to this encoder. It is the zero of a calibrated cosine.
    """

    def __init__(self, index: faiss.IndexFlatIP, noise: float):
        self.noise = noise
        self._index = index
        # (n, 4 · dimension) bytes, a view on the memory that FAISS holds. As bytes, because a mapped file's vectors
        # begin at an odd address, and numpy reads odd floats one by one: six times slower.
        values = faiss.rev_swig_ptr(index.get_xb(), index.ntotal * index.d)
        self._bytes = values.view(np.uint8).reshape(index.ntotal, 4 * index.d)

    def __len__(self) -> int:
        return int(self._index.ntotal)

    def within(self, vector: Vectors, least: float) -> Candidates:
        """All rows whose cosine is at least `least`, best first, ties by row.

        No depth cuts them off, so a filter can be laid over them afterwards and loses nothing.

        Args:
            vector: (dimension,) float32, length 1.
            least: cosine, −1..1.
        """
        _, cosines, rows = self._index.range_search(vector[None, :], least)
        scores = rounded(cosines)
        order = np.lexsort((rows, -scores))
        return Candidates(rows[order].astype(np.int32), scores[order])

    def cosines(self, vector: Vectors, rows: Rows) -> Scores:
        """(n,) cosine of each of the given rows."""
        return rounded(self._bytes[rows].view(np.float32) @ vector)


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
