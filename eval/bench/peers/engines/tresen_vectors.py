"""Our dense leg alone: `search.index.dense`, of large catalogues `search.index.compressed`."""

from __future__ import annotations

import numpy as np

from eval.bench.peers.catalogue import Catalogue
from eval.bench.peers.engine import Engine
from search.index.compressed import build_compressed
from search.index.dense import VectorIndex, build_dense
from search.settings import Dense
from search.types import Vectors


class TresenVectors(Engine):
    """The cosine of every product, of large catalogues of the nearest ones, and the best of them."""

    kind = "dense"

    def build(self, catalogue: Catalogue) -> None:
        """Lay out the vectors."""
        self._index: VectorIndex
        vectors, most = np.asarray(catalogue.vectors), Dense().exhaustive
        self._index = build_compressed(vectors) if len(vectors) > most else build_dense(vectors)

    def query(self, text: str, vector: Vectors, k: int) -> list[int]:
        """The best cosines."""
        cosines = self._index.score(vector)
        rows = cosines.above(-1.0)
        near = cosines.at(rows)
        best = np.argpartition(-near, k - 1)[:k]
        return rows[best[np.argsort(-near[best], kind="stable")]].tolist()
