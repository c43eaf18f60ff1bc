"""zvec: vectors (HNSW), words and columns in one embedded engine; its two answers are fused here, by rank."""

from __future__ import annotations

from eval.bench.peers.catalogue import Catalogue
from eval.bench.peers.engine import Engine
from eval.bench.peers.exact import DEPTH, fuse
from search.types import Vectors

BLOCK, EFFORT = 1000, 64


class Zvec(Engine):
    """HNSW (M 16, efConstruction 100, ef 64) over inner products beside its word index."""

    kind = "hybrid"

    def build(self, catalogue: Catalogue) -> None:
        """Insert everything and optimise."""
        import zvec

        self._zvec = zvec
        zvec.init(query_threads=1, optimize_threads=2)
        graph = zvec.HnswIndexParam(metric_type=zvec.MetricType.IP, m=16, ef_construction=100)
        dimension = catalogue.workload.dimension
        schema = zvec.CollectionSchema(
            "products",
            fields=[
                zvec.FieldSchema("group", zvec.DataType.INT64, index_param=zvec.InvertIndexParam()),
                zvec.FieldSchema("t", zvec.DataType.STRING, index_param=zvec.FtsIndexParam("whitespace", [])),
            ],
            vectors=[zvec.VectorSchema("v", zvec.DataType.VECTOR_FP32, dimension, graph)],
        )
        self._products = zvec.create_and_open(str(self.folder / "products"), schema)
        texts = catalogue.texts()
        for start in range(0, catalogue.size, BLOCK):
            rows = range(start, min(start + BLOCK, catalogue.size))
            vectors, groups = catalogue.vectors[start : rows.stop].tolist(), catalogue.group[start : rows.stop].tolist()
            columns = zip(rows, vectors, groups, texts)  # noqa: B905 (texts go on in the next block)
            self._products.insert(
                [zvec.Doc(str(row), vectors={"v": v}, fields={"group": group, "t": t}) for row, v, group, t in columns]
            )
        self._products.flush()
        self._products.optimize()

    def query(self, text: str, vector: Vectors, k: int) -> list[int]:
        """The first fifty by words and by vectors, fused by reciprocal rank."""
        api = self._zvec
        words = api.Query("t", fts=api.Fts(match_string=text))
        near = api.Query("v", vector=vector.tolist(), param=api.HnswQueryParam(ef=EFFORT))
        legs = (self._products.query(leg, topk=DEPTH, output_fields=[]) for leg in (words, near))
        return fuse([[int(hit.id) for hit in leg] for leg in legs], k)
