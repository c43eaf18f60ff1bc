"""Qdrant Edge: a server's segments in the process. Words are sparse vectors of BM25 weights, worked out beforehand."""

from __future__ import annotations

from typing import Any

import numpy as np

from eval.bench.peers.catalogue import Catalogue
from eval.bench.peers.engine import Engine
from eval.bench.peers.exact import DEPTH, RANK_OFFSET, Statistics, count
from search.types import Vectors

BLOCK, EFFORT, INDEXED_FROM = 2000, 64, 1000


class QdrantEdge(Engine):
    """HNSW (M 16, efConstruct 100, ef 64) and sparse vectors in one query, fused by reciprocal rank in it."""

    kind = "hybrid"

    def build(self, catalogue: Catalogue) -> None:
        """Insert all points and optimise."""
        import qdrant_edge as qdrant

        self._qdrant, self._words = qdrant, {word: number for number, word in enumerate(catalogue.words)}
        graph = qdrant.HnswIndexConfig(16, 100, INDEXED_FROM, 2)
        dense = qdrant.EdgeVectorParams(catalogue.workload.dimension, qdrant.Distance.Dot, hnsw_config=graph)
        config = qdrant.EdgeConfig(
            vectors={"v": dense},
            sparse_vectors={"s": qdrant.EdgeSparseVectorParams()},
            optimizers=qdrant.EdgeOptimizersConfig(indexing_threshold=INDEXED_FROM),
        )
        self._shard = qdrant.EdgeShard.create(str(self.folder), config)
        sparse = _by_product(count(catalogue))
        for start in range(0, catalogue.size, BLOCK):
            rows = range(start, min(start + BLOCK, catalogue.size))
            vectors = catalogue.vectors[start : rows.stop].tolist()
            points = [
                qdrant.Point(row, {"v": v, "s": qdrant.SparseVector(*sparse(row))}, {})
                for row, v in zip(rows, vectors, strict=True)
            ]
            self._shard.update(qdrant.UpdateOperation.upsert_points(points))
        self._shard.flush()
        self._shard.optimize()

    def query(self, text: str, vector: Vectors, k: int) -> list[int]:
        """One query with two legs."""
        api = self._qdrant
        numbers = [self._words[word] for word in text.split()]
        words = api.Query.Nearest(api.SparseVector(numbers, [1.0] * len(numbers)), using="s")
        near = api.Query.Nearest(vector.tolist(), using="v")
        legs = [
            api.Prefetch(limit=DEPTH, query=near, params=api.SearchParams(hnsw_ef=EFFORT)),
            api.Prefetch(limit=DEPTH, query=words),
        ]
        rrf: Any = getattr(api.Fusion, "RRF", None) or api.Fusion.Rrf
        found = self._shard.query(api.QueryRequest(prefetches=legs, query=rrf(RANK_OFFSET), limit=k))
        return [point.id for point in found]


def _by_product(statistics: Statistics) -> Any:
    """Row -> its word numbers and their weights."""
    terms = np.repeat(np.arange(len(statistics.offsets) - 1), np.diff(statistics.offsets))
    order = np.argsort(statistics.rows, kind="stable")
    terms, weights = terms[order], statistics.weights[order]
    starts = np.searchsorted(statistics.rows[order], np.arange(statistics.size + 1)).tolist()

    def of(row: int) -> tuple[list[int], list[float]]:
        run = slice(starts[row], starts[row + 1])
        return terms[run].tolist(), weights[run].tolist()

    return of
