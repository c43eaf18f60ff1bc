"""The dense index: FAISS over the products' vectors. Exact; filters act before the top k is taken."""

from __future__ import annotations

from pathlib import Path

import faiss
import numpy as np

from search.types import Candidates, Mask, Rows, Scores, Vectors

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
        # (n, dimension) float32, a view on the memory that FAISS holds
        self._vectors = faiss.rev_swig_ptr(index.get_xb(), index.ntotal * index.d).reshape(index.ntotal, index.d)

    def __len__(self) -> int:
        return int(self._index.ntotal)

    def retrieve(self, vector: Vectors, depth: int, mask: Mask | None = None) -> Candidates:
        """The `depth` nearest rows inside the mask, best first, ties by row.

        Args:
            vector: (dimension,) float32, length 1.
            mask: (n,) rows that may be found; None for all.
        """
        depth = min(depth, len(self) if mask is None else int(mask.sum()))
        if not depth:
            return Candidates.none()
        cosines, rows = self._index.search(vector[None, :], depth, params=_inside(mask))
        return _best_first(rows[0], cosines[0])

    def within(self, vector: Vectors, least: float, mask: Mask | None = None) -> Candidates:
        """All rows inside the mask whose cosine is at least `least`, best first, ties by row.

        What is found in a mask is what is found without one, inside the mask: no depth cuts it off.
        """
        _, cosines, rows = self._index.range_search(vector[None, :], least, params=_inside(mask))
        return _best_first(rows, cosines)

    def cosines(self, vector: Vectors, rows: Rows) -> Scores:
        """(n,) cosine of each of the given rows. For many, all are computed: cheaper than gathering."""
        if 4 * len(rows) > len(self):
            return rounded(self._vectors @ vector)[rows]
        return rounded(self._vectors[rows] @ vector)


def _inside(mask: Mask | None) -> faiss.SearchParameters | None:
    """FAISS's form of a mask: rows are left out before they are compared."""
    if mask is None:
        return None
    bits = np.packbits(mask, bitorder="little")
    return faiss.SearchParameters(sel=faiss.IDSelectorBitmap(bits))  # type: ignore[call-arg, arg-type]


def _best_first(rows: np.ndarray, cosines: np.ndarray) -> Candidates:
    scores = rounded(cosines)
    order = np.lexsort((rows, -scores))
    return Candidates(rows[order].astype(np.int32), scores[order])


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
