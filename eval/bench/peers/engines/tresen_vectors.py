"""Our dense leg alone: `search.index.dense`."""

from __future__ import annotations

import numpy as np

from eval.bench.peers.catalogue import Catalogue
from eval.bench.peers.engine import Engine
from search.index.dense import build_dense
from search.types import Vectors


class TresenVectors(Engine):
    """The cosine of every product, and the best of them."""

    kind = "dense"

    def build(self, catalogue: Catalogue) -> None:
        """Lay out the vectors."""
        self._index = build_dense(np.asarray(catalogue.vectors))

    def query(self, text: str, vector: Vectors, k: int) -> list[int]:
        """The best cosines."""
        cosines = self._index.cosines(vector)
        best = np.argpartition(-cosines, k - 1)[:k]
        return best[np.argsort(-cosines[best], kind="stable")].tolist()
