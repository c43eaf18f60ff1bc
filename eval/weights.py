"""Is the weight of the legs, found per query, better than any fixed one?

Every query is retrieved once; then the same two calibrated legs are fused with each weight. With `pool` only the judged
products of a query are ranked: for catalogues of which few products were judged, as home-en.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from eval.judged.qrels import Qrels, Queries
from eval.measures import means, per_query
from search.rerank.fuse import fuse
from search.retrieval import Retrieval

if TYPE_CHECKING:
    from search.pipeline import Pipeline
    from search.types import Rows

FIXED = (0.0, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
PER_QUERY = "per query"
DEPTH = 100


def poolable(qrels: Qrels, least: int = 5) -> Qrels:
    """The queries with at least so many judged products, of differing gain: what a pool can be ranked for.

    >>> sorted(poolable({"a": {"p": 0, "q": 3}, "b": {"p": 1, "q": 1}}, least=2))
    ['a']
    """
    return {id: judged for id, judged in qrels.items() if len(judged) >= least and len(set(judged.values())) > 1}


def compare_weights(
    pipeline: Pipeline, queries: Queries, qrels: Qrels, language: str | None, pool: bool, on_done: Callable[[], None]
) -> dict[str, dict[str, float]]:
    """Weight ("per query", "0.40", …) -> metric -> mean.

    Args:
        queries, qrels: the judged queries to ask.
        pool: rank the judged products of a query only.
    """
    runs: dict[str, dict[str, list[str]]] = {name: {} for name in (PER_QUERY, *(f"{w:.2f}" for w in FIXED))}
    for id, text in queries.items():
        query = pipeline.understanding.understand(text, language)
        retrieval = Retrieval(pipeline.snapshot, query, pipeline.vector(query.text), pipeline.settings)
        rows = _pool(pipeline, qrels[id]) if pool else np.arange(len(pipeline.snapshot), dtype=np.int32)
        for name, run in runs.items():
            weight = retrieval.weight if name == PER_QUERY else float(name)
            run[id] = _ranked(pipeline, retrieval, rows, weight)
        on_done()
    return {name: means(per_query(qrels, run)) for name, run in runs.items()}


def _pool(pipeline: Pipeline, judged: Mapping[str, int]) -> Rows:
    found = (pipeline.snapshot.documents.row_of(product) for product in judged)
    return np.array(sorted(row for row in found if row is not None), np.int32)


def _ranked(pipeline: Pipeline, retrieval: Retrieval, rows: Rows, weight: float) -> list[str]:
    relevance = fuse(retrieval.lexical[rows], retrieval.dense[rows], weight)
    best = rows[np.lexsort((rows, -relevance))[:DEPTH]]
    return [pipeline.snapshot.documents.product(int(row)).id for row in best]
