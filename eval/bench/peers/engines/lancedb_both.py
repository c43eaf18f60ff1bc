"""LanceDB: words and vectors as indexes over columns on disk."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from eval.bench.peers.catalogue import Catalogue
from eval.bench.peers.engine import Engine
from eval.bench.peers.exact import RANK_OFFSET
from search.types import Vectors

BLOCK, PER_PARTITION, EFFORT, PROBES = 20_000, 100_000, 64, 4


class LanceDb(Engine):
    """IVF-HNSW-SQ (M 16, efConstruction 100, ef 64) and its full-text index, fused by its own reranker."""

    kind = "hybrid"

    def build(self, catalogue: Catalogue) -> None:
        """Write the table and both indexes."""
        import lancedb
        from lancedb.index import FTS, IvfHnswSq
        from lancedb.rerankers import RRFReranker

        blocks = _blocks(catalogue)
        first = next(blocks)
        self._table = lancedb.connect(str(self.folder)).create_table("products", first)
        for block in blocks:
            self._table.add(block)
        plain = {"stem": False, "remove_stop_words": False, "ascii_folding": False, "lower_case": False}
        words = FTS(base_tokenizer="whitespace", with_position=False, **plain)
        partitions = max(1, catalogue.size // PER_PARTITION)
        graph = IvfHnswSq(distance_type="dot", num_partitions=partitions, m=16, ef_construction=100)
        self._table.create_index("t", config=words)
        self._table.create_index("vector", config=graph)
        self._reranker = RRFReranker(RANK_OFFSET)

    def query(self, text: str, vector: Vectors, k: int) -> list[int]:
        """Its hybrid query."""
        asked = self._table.search(query_type="hybrid", vector_column_name="vector").vector(vector).text(text)
        tuned = asked.distance_type("dot").nprobes(PROBES).ef(EFFORT).rerank(self._reranker)
        return [found["id"] for found in tuned.select(["id"]).limit(k).to_list()]


def _blocks(catalogue: Catalogue) -> Iterator[Any]:
    import pyarrow as pa

    for start in range(0, catalogue.size, BLOCK):
        rows = range(start, min(start + BLOCK, catalogue.size))
        flat = pa.array(np.asarray(catalogue.vectors[start : rows.stop]).ravel())
        texts = [" ".join(catalogue.terms(row)) for row in rows]
        vectors = pa.FixedSizeListArray.from_arrays(flat, catalogue.workload.dimension)
        yield pa.table({"id": pa.array(list(rows)), "t": pa.array(texts), "vector": vectors})
