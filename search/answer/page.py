"""The part of a ranking that is shown: hits with highlights, reasons and explanations, and the counts beside them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
from msgspec.structs import replace

from search.answer.explain_words import Account
from search.answer.texts import HIGHLIGHTED, facet, highlights, present
from search.index.columns import Columns
from search.index.snapshot import Snapshot
from search.messages import ExplainRepeat, Explanation, Facet, Hit, Reason, SearchRequest
from search.rerank.explain import context_reason, explain, hit_terms, reason
from search.rerank.personal import Term
from search.rerank.repeat import explain_repeat, repeat_reason
from search.rerank.traits import Catalogue
from search.settings import Settings
from search.trace import Ranked
from search.types import Ranking

#: sort -> column and direction
SORTS = {
    "price:asc": ("price", 1),
    "price:desc": ("price", -1),
    "newest": ("released", -1),
    "popularity": ("popularity", -1),
}


@dataclass(frozen=True, eq=False)
class Page:
    """Writes one request's hits in one language. `columns` and `today` are those of the ranking."""

    snapshot: Snapshot
    columns: Columns
    catalogue: Catalogue
    settings: Settings
    today: date
    request: SearchRequest
    ranked: Ranked
    language: str

    @cached_property
    def account(self) -> Account:
        """Explains the relevance of the hits."""
        return Account(self.snapshot, self.ranked.candidates.retrieval, self.settings)

    def facet(self, name: str) -> Facet:
        """Counts of one field over the results.

        Raises:
            UnknownField: the catalogue has no such field.
        """
        self.columns.column(name, "facet")
        labels = self.snapshot.labels.get(self.language, {}).get(name, {})
        return facet(self.columns, name, self.ranked.candidates.under_facet(name), labels)

    def hit(self, position: int) -> Hit:
        """The result at a position, from 0."""
        ranking = self.ranked.result.ranking
        product = self.snapshot.documents.product(int(ranking.rows[position]))
        shown = present(product, self.language, self.today, self.request.branch, self.request.fields)
        before = int(ranking.features["rank_anonymous"][position])
        terms: list[Term] = []
        if self.request.explain or before != position + 1:
            terms = hit_terms(
                self.ranked.result, position, self.catalogue, self.settings.personal, self.request.strength / 100
            )
        reasons = self._reasons(position, before, terms)
        return Hit(
            id=product.id,
            rank=position + 1,
            rank_anonymous=before,
            score=float(ranking.features["R"][position]),
            product=shown,
            highlights=highlights(shown, self.ranked.trace.query, self.snapshot.analyzer(self.language)),
            reasons=reasons,
            explain=self._explained(position, product.id, terms, reasons) if self.request.explain else None,
        )

    def _reasons(self, position: int, before: int, terms: list[Term]) -> list[Reason]:
        """Why it moved for this shopper, and whether what they typed elsewhere put it up."""
        labels, ranked = self.snapshot.labels.get(self.language, {}), self.ranked
        moved = None
        if before != position + 1:
            moved = self._repeat_reason(position, before, terms) or reason(
                terms, position + 1, before, ranked.affinities, self.language, labels
            )
        led = None
        if ranked.trace.entry is not None:
            features = {name: float(column[position]) for name, column in ranked.result.ranking.features.items()}
            led = context_reason(features, ranked.trace.entry.query.text, self.language)
        return [item for item in (moved, led) if item is not None]

    def _repeat(self, position: int) -> ExplainRepeat | None:
        """Where the repeat term of a hit comes from."""
        known, result = self.ranked.affinities.purchases, self.ranked.result
        row = int(result.ranking.rows[position])
        return None if known is None else explain_repeat(result.repeat, row, self.catalogue, known)

    def _repeat_reason(self, position: int, before: int, terms: list[Term]) -> Reason | None:
        """That it was bought, where this moved it further than any taste."""
        features = self.ranked.result.ranking.features
        repeat = float(features["repeat"][position]) if "repeat" in features else 0.0
        told = self._repeat(position) if repeat else None
        if told is None or any(abs(term.contribution) >= abs(repeat) for term in terms):
            return None
        return repeat_reason(told, repeat, before - position - 1, self.language)

    def _explained(self, position: int, id: str, terms: list[Term], reasons: list[Reason]) -> Explanation:
        retrieval, row = self.ranked.candidates.retrieval, int(self.ranked.result.ranking.rows[position])
        because = reasons[0].text if reasons else None
        kind, boost = retrieval.explain_kind(row), self.settings.understanding.boost
        settings = self.settings.personal
        told = explain(self.ranked.result, position, id, terms, settings, because, retrieval.weight, kind, boost)
        written = present(self.snapshot.documents.product(row), retrieval.query.language, self.today, None, HIGHLIGHTED)
        account = self.account
        return replace(
            told,
            lexical=account.lexical(row, written),
            dense=account.dense(row),
            fusion=account.fusion(row),
            repeat_from=self._repeat(position),
        )


def sorted_by(ranking: Ranking, columns: Columns, sort: str) -> Ranking:
    """The candidates by a column's numbers; those without one last; ties by row."""
    name, direction = SORTS[sort]
    column = columns.number(name)
    keys = column.dense(columns.size)[ranking.rows] * direction if column is not None else np.zeros(len(ranking))
    return ranking.take(np.lexsort((ranking.rows, np.nan_to_num(keys, nan=np.inf))))
