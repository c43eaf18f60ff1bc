"""The anonymous order of one request: what the query states, and the shop's declared terms, beside relevance.

The same for everybody: no identity comes here, and no profile.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

import numpy as np

from search.candidates import CandidateSet
from search.index.columns import Columns, NumberColumn
from search.index.snapshot import Snapshot
from search.learned.contexts import told_context
from search.learned.everybody import CLICKED, Everybody
from search.messages import MAX_REACH, Context, SearchRequest
from search.rerank.context import GAINED, PART, TERM, WORDS, context_term, gained, word_degrees
from search.rerank.policies import anonymous, at_hand, business_terms, in_reach, is_sold_out, ranks, ranks_within, span
from search.rerank.season import LEARNED, NAMED, SEASON, declared_degree, is_overruled, season_term
from search.rerank.stated import FIT, degrees, stated_term
from search.rerank.traits import types_of
from search.retrieval import Retrieval
from search.settings import Settings
from search.sorts import sorted_by
from search.trace import Trace
from search.types import Mask, Query, Ranking, Rows, Scores, Vectors
from search.understand.context import Entry

#: What is added to A of the features that everybody's choices and the season have; the others tell where it comes from.
LEARNED_TERMS = (CLICKED, SEASON)


@dataclass(frozen=True, eq=False)
class Declared:
    """What a catalogue's columns declare of its products; worked out once for a snapshot.

    `columns` are those without prices of the day.
    """

    columns: Columns
    _stocked: dict[str | None, Scores] = field(default_factory=dict)
    _sold_out: dict[str | None, Mask] = field(default_factory=dict)
    _season: dict[date, Scores] = field(default_factory=dict)

    @cached_property
    def popularity(self) -> Scores:
        """(n,) rank by popularity, 0 least … 1 most; 0 where unknown."""
        return ranks(self.columns.number("popularity"), self.columns.size)

    def season(self, day: date) -> Scores:
        """(n,) how well the season that the feed names goes with a day, −1 … 1; 0 where it names none."""
        if day not in self._season:
            self._season.clear()
            self._season[day] = self._season_of(day)
        return self._season[day]

    def _season_of(self, day: date) -> Scores:
        column = self.columns.keyword("season")
        if column is None:
            return np.zeros(self.columns.size)
        degrees = np.array([declared_degree(value, day) for value in column.values])
        sums = np.bincount(column.rows, degrees[column.codes], self.columns.size)
        return sums / np.maximum(np.bincount(column.rows, minlength=self.columns.size), 1)

    @cached_property
    def margin(self) -> Scores:
        """(n,) rank by the shop's margin, 0 least … 1 most; 0 where unknown."""
        return ranks(self.columns.number("_margin"), self.columns.size)

    def stocked(self, branch: str | None) -> Scores:
        """(n,) rank by pieces in stock among products of the type, in the branch if one is given, 0 least … 1 most."""
        if branch not in self._stocked:
            self._stocked[branch] = ranks_within(self._stock(branch), types_of(self.columns)[1])
        return self._stocked[branch]

    def at_hand(self, branch: str | None) -> Scores:
        """(n,) how soon it can be had: 1 now, in the branch if one is given, 0.5 elsewhere, 0 nowhere."""
        return at_hand(self._stock(branch), self._stock(None), self.columns.size)

    def _stock(self, branch: str | None) -> NumberColumn | None:
        return self.columns.number(f"stock.{branch}" if branch else "stock")

    def sold_out(self, branch: str | None) -> Mask:
        """(n,) nothing is in stock, in the branch if one is given."""
        if branch not in self._sold_out:
            self._sold_out[branch] = is_sold_out(self._stock(branch), self.columns.size)
        return self._sold_out[branch]


@dataclass(frozen=True, eq=False)
class AnonymousStage:
    """Orders the candidates of one request. `columns` hold the prices of the day; `vector_of` embeds a query."""

    snapshot: Snapshot
    columns: Columns
    declared: Declared
    settings: Settings
    vector_of: Callable[[Query], Vectors | None]
    today: date
    everybody: Everybody | None = None

    def order(self, candidates: CandidateSet, request: SearchRequest, trace: Trace) -> Ranking:
        """The candidates in anonymous order."""
        ranking, most, best = self._in_reach(candidates.results, request, trace)
        personal = self.settings.personal
        fits = degrees(trace.query.stated, self.columns, ranking.rows)
        stated = stated_term(fits, self.settings.understanding.boost, len(ranking))
        ranking = ranking.with_features(**{FIT + name: degree for name, degree in fits.items()})
        found = {**self._chosen(ranking.rows, trace.query, request.context), **self._season(ranking.rows, trace.query)}
        ranking = ranking.with_features(**{name: column for name, column in found.items() if name not in LEARNED_TERMS})
        exact = np.isin(ranking.rows, candidates.retrieval.exact)
        terms = self._business(ranking.rows, request)
        terms |= {name: column for name, column in found.items() if name in LEARNED_TERMS}
        if trace.entry is None:
            return anonymous(ranking, exact, terms, personal, stated, most, best)
        parts = self._context_parts(trace.entry, ranking.rows)
        terms[TERM] = context_term(parts, self.settings.understanding.context_boost, len(ranking))
        ranking = ranking.with_features(**{PART + name: degree for name, degree in parts.items()})
        ranked = anonymous(ranking, exact, terms, personal, stated, most, best)
        return ranked.with_features(**{GAINED: gained(ranked)})

    def _in_reach(
        self, ranking: Ranking, request: SearchRequest, trace: Trace
    ) -> tuple[Ranking, int | None, float | None]:
        """Without those that no page can show, where that is told by R, or by the number that is sorted by; how many of
        the best are wanted (None: all); and the best R, where it may not be among them any more."""
        personal, is_plain = self.settings.personal, not trace.query.stated and trace.entry is None
        if trace.whole or (request.sort != "relevance" and not is_plain):
            return ranking, None, None
        if request.sort != "relevance":
            best = float(ranking.features["R"].max(initial=0.0))
            return sorted_by(ranking, self.columns, request.sort, MAX_REACH), None, best
        most = MAX_REACH + personal.places  # whoever is further down climbs into no page
        if is_plain:
            apart = span(self.settings.business, request.urgent)
            ranking = in_reach(ranking, most, apart, personal.temperature)
        return ranking, most, None

    def _chosen(self, rows: Rows, query: Query, context: Context) -> dict[str, Scores]:
        """What everybody chooses, as a term, and where it comes from; {} where nobody knows."""
        told = told_context(context, context.referrer)
        return {} if self.everybody is None else self.everybody.clicked(query.text, rows, told)

    def _season(self, rows: Rows, query: Query) -> dict[str, Scores]:
        """The season as a term, and where it comes from; {} where nobody knows, or the query knows better."""
        bound = self.settings.business.season
        if not bound or is_overruled(query.stated):
            return {}
        learned = np.zeros(len(rows)) if self.everybody is None else self.everybody.season(self.today, rows)
        named = self.declared.season(self.today)[rows]
        if not (learned.any() or named.any()):
            return {}
        return {SEASON: season_term(learned, named, bound), LEARNED: learned, NAMED: named}

    def _business(self, rows: Rows, request: SearchRequest) -> dict[str, Scores]:
        """The shop's declared terms."""
        declared, business, branch = self.declared, self.settings.business, request.branch
        stocked = declared.stocked(branch)[rows] if business.high_stock else None
        margin = declared.margin[rows] if business.margin else None
        terms = business_terms(declared.popularity[rows], declared.sold_out(branch)[rows], business, stocked, margin)
        if request.urgent:
            terms["urgent"] = business.urgent * (declared.at_hand(branch)[rows] - 1)
        return terms

    def _context_parts(self, entry: Entry, rows: Rows) -> dict[str, Scores]:
        """How well the candidates go with what was typed elsewhere: each attribute that it states, and its words."""
        parts = degrees(entry.stated, self.columns, rows)
        if not entry.query.is_empty:
            retrieval = Retrieval(self.snapshot, entry.query, self.vector_of(entry.query), self.settings)
            if (words := word_degrees(retrieval.relevance_of(rows))) is not None:
                parts[WORDS] = words
        return parts
