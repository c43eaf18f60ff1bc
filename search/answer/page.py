"""The part of a ranking that is shown: hits with highlights, reasons and explanations, and the counts beside them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property

from msgspec.structs import replace

from search.answer.explain_words import Account
from search.answer.highlight import Marker
from search.answer.texts import HIGHLIGHTED, facet, highlights, present
from search.index.columns import Columns
from search.index.snapshot import Snapshot
from search.messages import ExplainRepeat, ExplainTerm, Explanation, Facet, Hit, Reason, SearchRequest
from search.personal.news import is_new
from search.rerank.buttons import Buttons
from search.rerank.explain import context_reason, explain, hit_terms, reason, size_label
from search.rerank.in_season import season_reason
from search.rerank.left_out import without_sentence
from search.rerank.personal import Term
from search.rerank.repeat import explain_repeat, repeat_reason
from search.rerank.traits import Catalogue
from search.settings import Settings
from search.trace import Ranked
from search.types import Ranking


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

    @cached_property
    def marker(self) -> Marker | None:
        """Marks what the query seeks; None without a query."""
        query = self.ranked.trace.query
        return None if query.is_empty else Marker(query, self.snapshot.analyzer(self.language))

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
        reasons = self._reasons(position, product.id, before, terms)
        return Hit(
            id=product.id,
            rank=position + 1,
            rank_anonymous=before,
            score=float(ranking.features["R"][position]),
            product=shown,
            highlights={} if self.marker is None else highlights(shown, self.marker),
            reasons=reasons,
            wrong_size=self._wrong_size(position),
            new_since_last_visit=is_new(product.released, self.ranked.trace.new_from, self.today),
            explain=self._explained(position, product.id, terms, reasons) if self.request.explain else None,
        )

    def _wrong_size(self, position: int) -> str | None:
        """The label of a hit that is not to be had in the shopper's size."""
        ranking = self.ranked.result.ranking
        column = ranking.features.get("wrong_size")
        kind = self.catalogue.type_names[self.catalogue.types[ranking.rows[position]]]
        is_wrong = column is not None and bool(column[position])
        return size_label(is_wrong, kind in self.ranked.stage.guessed, self.language)

    def _reasons(self, position: int, id: str, before: int, terms: list[Term]) -> list[Reason]:
        """Why it moved for this shopper, and whether what they typed elsewhere, or the season, moved it for all."""
        labels, ranked = self.snapshot.labels.get(self.language, {}), self.ranked
        moved = None
        if before != position + 1:
            wrong = self._wrong_size(position)
            buttons = Buttons.beside(self.request, id)
            moved = self._repeat_reason(position, before, terms) or reason(
                terms, position + 1, before, ranked.affinities, self.language, labels, wrong, buttons
            )
        led = None
        if ranked.trace.entry is not None:
            features = {name: float(column[position]) for name, column in ranked.result.ranking.features.items()}
            led = context_reason(features, ranked.trace.entry.query.text, self.language)
        base, alike = ranked.trace.stages["anonymous"], self.request.sort == "relevance"
        seasonal = season_reason(base, before - 1, self.language) if alike and isinstance(base, Ranking) else None
        return [item for item in (moved, led, seasonal) if item is not None]

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
        account, terms_without = self.account, self._left_out(position, row, told.personal.terms)
        return replace(
            told,
            personal=replace(told.personal, terms=terms_without),
            lexical=account.lexical(row, written),
            dense=account.dense(row),
            fusion=account.fusion(row),
            repeat_from=self._repeat(position),
        )

    def _left_out(self, position: int, row: int, terms: list[ExplainTerm]) -> list[ExplainTerm]:
        """Each term that may speak, with the rank that the hit would have without it."""
        labels, told = self.snapshot.labels.get(self.language, {}), []
        for term in terms:
            if term.blocked is None:
                rank = self.ranked.stage.ranks_without(term.attribute)[row]
                value = labels.get(term.attribute, {}).get(term.value, term.value).split(" > ")[-1]
                sentence = without_sentence(term.attribute, value, position + 1, rank, self.language)
                term = replace(term, rank_without=rank, without=sentence)
            told.append(term)
        return told
