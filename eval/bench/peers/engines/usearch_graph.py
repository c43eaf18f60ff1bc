"""usearch: HNSW with kernels of its own."""

from __future__ import annotations

import numpy as np

from eval.bench.peers.catalogue import Catalogue
from eval.bench.peers.engine import Engine
from search.types import Vectors

BLOCK, BUILD_THREADS = 50_000, 2


class Usearch(Engine):
    """Whole vectors (connectivity 16, expansion 100 when adding); its knob is the expansion of a search."""

    kind = "dense"
    efforts = (16, 32, 64, 128, 256, 512)

    def build(self, catalogue: Catalogue) -> None:
        """Add all vectors and write the file."""
        from usearch.index import Index

        self._index = Index(
            ndim=catalogue.workload.dimension, metric="ip", dtype="f32", connectivity=16, expansion_add=100
        )
        for start in range(0, catalogue.size, BLOCK):
            block = np.asarray(catalogue.vectors[start : start + BLOCK])
            self._index.add(np.arange(start, start + len(block)), block, threads=BUILD_THREADS)
        self._index.save(str(self.folder / "graph.usearch"))

    def set_effort(self, effort: int) -> None:
        """Candidates that are kept on the way."""
        self._index.expansion_search = effort

    def query(self, text: str, vector: Vectors, k: int) -> list[int]:
        """Its top k."""
        return self._index.search(vector, k, threads=1).keys.tolist()
