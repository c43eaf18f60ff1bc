"""Our lexical leg alone: `search.index.postings`, one field."""

from __future__ import annotations

from eval.bench.peers.catalogue import Catalogue
from eval.bench.peers.engine import Engine
from eval.bench.peers.exact import K1, B
from search.index.postings import build_postings, weigh
from search.rerank.fuse import best_rows
from search.types import Vectors


class TresenPostings(Engine):
    """BM25 of every product that holds a word of the query."""

    kind = "lexical"

    def build(self, catalogue: Catalogue) -> None:
        """Lay out the postings."""
        documents = [{"title": catalogue.terms(row)} for row in range(catalogue.size)]
        self._postings = build_postings(weigh(documents, {"title": 1.0}, B), K1)

    def query(self, text: str, vector: Vectors, k: int) -> list[int]:
        """The best of the touched products."""
        touched = self._postings.touch(text.split())
        return touched.reached.rows[best_rows(touched.bm25, k)].tolist()
