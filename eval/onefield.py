"""What everybody compares with: BM25 over one text a product, Snowball stems, nothing understood.

score(q, d) = Σ over the query's words of idf(t) · f·(k1 + 1) / (f + k1·(1 − b + b·|d| / mean |d|)), k1 = 1.5, b = 0.75

The text is all that the index searches (title, brand, category, description, attributes, codes), one after another.
Ties by row, which is by id.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from eval.stages import Ask
from search.index.fields import searched_texts
from search.index.postings import Postings, build_postings, weigh
from search.index.snapshot import Snapshot
from search.messages import MAX_REACH
from search.text import analyze, query_terms

K1, B = 1.5, 0.75
FIELD = "text"


@dataclass(frozen=True, slots=True, eq=False)
class OneField:
    """The texts of an index's products in one language, as one field."""

    language: str
    postings: Postings
    ids: list[str]

    def rank(self, ask: Ask) -> list[str]:
        """The products that hold a word of the query, best first; of a pool all, those without one last."""
        scores = self.postings.score(query_terms(ask.text, self.language)).bm25
        rows = np.flatnonzero(scores > 0) if ask.pool is None else ask.pool
        order = np.lexsort((rows, -np.round(scores[rows], 9)))
        return [self.ids[row] for row in rows[order][:MAX_REACH].tolist()]

    def run(self, asks: Sequence[Ask]) -> dict[str, list[str]]:
        """Query id -> product ids, best first."""
        return {ask.id: self.rank(ask) for ask in asks}


def one_field(snapshot: Snapshot, language: str) -> OneField:
    """Read all products of an index as one text each."""
    products = list(snapshot.documents)
    texts = (" ".join(searched_texts(product, language).values()) for product in products)
    documents = [{FIELD: analyze(text, language)} for text in texts]
    postings = build_postings(weigh(documents, {FIELD: 1.0}, B), K1)
    return OneField(language, postings, [product.id for product in products])
