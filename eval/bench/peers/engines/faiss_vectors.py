"""faiss: exact, lists of bytes (IVF-SQ8), and a graph (HNSW), one thread a query."""

from __future__ import annotations

from typing import Any

import numpy as np

from eval.bench.peers.catalogue import Catalogue
from eval.bench.peers.engine import Engine
from search.types import Vectors

BLOCK, BUILD_THREADS = 50_000, 2
#: A list for so many products, the square root of their number times four; k-means sees 39 of each list at most.
LISTS, TRAINED = 4, 39


class FaissExact(Engine):
    """IndexFlatIP."""

    kind = "dense"

    def build(self, catalogue: Catalogue) -> None:
        """Add all vectors and write the file."""
        import faiss

        faiss.omp_set_num_threads(BUILD_THREADS)
        self._index: Any = self._empty(catalogue)
        for start in range(0, catalogue.size, BLOCK):
            self._index.add(np.asarray(catalogue.vectors[start : start + BLOCK]))
        faiss.omp_set_num_threads(1)
        faiss.write_index(self._index, str(self.folder / "vectors.faiss"))

    def _empty(self, catalogue: Catalogue) -> Any:
        import faiss

        return faiss.IndexFlatIP(catalogue.workload.dimension)

    def query(self, text: str, vector: Vectors, k: int) -> list[int]:
        """Its top k."""
        found = self._index.search(vector[None], k)[1][0]
        return found[found >= 0].tolist()


class FaissIvf(FaissExact):
    """IVF with scalar quantisation to a byte; its knob is the number of lists that are read."""

    efforts = (1, 2, 4, 8, 16, 32, 64, 128, 256)

    def _empty(self, catalogue: Catalogue) -> Any:
        import faiss

        lists = max(int(LISTS * catalogue.size**0.5), 1)
        metric = faiss.METRIC_INNER_PRODUCT
        index: Any = faiss.index_factory(catalogue.workload.dimension, f"IVF{lists},SQ8", metric)
        index.cp.niter = 8
        index.train(np.asarray(catalogue.vectors[: lists * TRAINED]))
        return index

    def set_effort(self, effort: int) -> None:
        """Lists that are read."""
        self._index.nprobe = effort


class FaissHnsw(FaissExact):
    """HNSW over whole vectors (M 16, efConstruction 100); its knob is efSearch."""

    efforts = (16, 32, 64, 128, 256, 512)

    def _empty(self, catalogue: Catalogue) -> Any:
        import faiss

        index = faiss.IndexHNSWFlat(catalogue.workload.dimension, 16, faiss.METRIC_INNER_PRODUCT)
        index.hnsw.efConstruction = 100
        return index

    def set_effort(self, effort: int) -> None:
        """Candidates that are kept on the way."""
        self._index.hnsw.efSearch = effort
