"""rank-bm25 as it is: the definition of our lexical score, and a loop over every product for every word."""

from __future__ import annotations

import numpy as np

from eval.bench.peers.catalogue import Catalogue
from eval.bench.peers.engine import Engine
from eval.bench.peers.exact import K1, B
from search.types import Vectors


class RankBM25(Engine):
    """BM25Okapi."""

    kind = "lexical"

    def build(self, catalogue: Catalogue) -> None:
        """Count words."""
        from rank_bm25 import BM25Okapi

        self._index = BM25Okapi([catalogue.terms(row) for row in range(catalogue.size)], k1=K1, b=B)

    def query(self, text: str, vector: Vectors, k: int) -> list[int]:
        """Its scores, of which the best are taken; what holds no word is no answer."""
        scores = self._index.get_scores(text.split())
        best = np.argpartition(-scores, k - 1)[:k]
        best = best[np.argsort(-scores[best], kind="stable")]
        return best[scores[best] > 0].tolist()
