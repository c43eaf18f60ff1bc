"""The order of the stages, the deadline, and the trace.

understand → retrieve → fuse → anonymous order → personal order → page. A pipeline is bound to one snapshot;
whoever handles a request takes the current pipeline once, so that a swap in the middle does no harm.
Trouble in a stage degrades the answer and says so; it never fails a search.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cached_property, lru_cache

import numpy as np

from search.answer import facet, highlights, present, query_info
from search.cursor import Cursor
from search.errors import BadRequest, TresenError
from search.index.columns import Columns
from search.index.fields import code_key
from search.index.snapshot import Snapshot
from search.messages import MAX_QUERY_CHARACTERS, MAX_QUERY_WORDS, MAX_REACH, Facet, Hit, SearchAnswer, SearchRequest
from search.reading import read_lexicon, reader_of
from search.relax import read, relax
from search.rerank.explain import explain, hit_terms, reason
from search.rerank.personal import Personalized, blocked_attributes, personalize
from search.rerank.policies import anonymous, business_terms
from search.rerank.stated import FIT, degrees, restriction, stated_term
from search.rerank.traits import Catalogue, read_catalogue
from search.retrieval import CandidateSet, Retrieval
from search.settings import Settings
from search.spelling.corrector import SymSpellCorrector
from search.text import normalized_length
from search.types import (
    Affinities,
    Candidates,
    Encoder,
    Identity,
    ProfileStore,
    Query,
    Ranking,
    Rows,
    Scores,
    Traits,
    Vectors,
)
from search.understand.filters import parse_filter
from search.understand.intents import Reader
from search.understand.lexicon import Lexicon
from search.understand.query import Understanding

NOBODY = Affinities({}, 0.0)
CACHED_QUERY_VECTORS = 4096
#: sort -> column and direction
SORTS = {
    "price:asc": ("price", 1),
    "price:desc": ("price", -1),
    "newest": ("released", -1),
    "popularity": ("popularity", -1),
}


@dataclass(slots=True)
class Trace:
    """What happened to one query: each stage's result and time, for eval and for `explain`."""

    query: Query
    stages: dict[str, Candidates | Ranking] = field(default_factory=dict)
    times_ms: dict[str, float] = field(default_factory=dict)
    degraded: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True, eq=False)
class Ranked:
    """All that an answer is written from."""

    trace: Trace
    candidates: CandidateSet
    affinities: Affinities
    result: Personalized
    unfiltered: int | None = None


class Stopwatch:
    """Times of the stages, in milliseconds, and the deadline that they share."""

    def __init__(self, deadline_ms: float):
        self._last = self._started = time.perf_counter()
        self._deadline = self._started + deadline_ms / 1000
        self.times_ms: dict[str, float] = {}

    def done(self, stage: str) -> None:
        """The stage is over."""
        now = time.perf_counter()
        self.times_ms[stage] = (now - self._last) * 1000
        self._last = now

    @property
    def late(self) -> bool:
        """True after the deadline: leave out what can be left out."""
        return time.perf_counter() > self._deadline

    @property
    def total_ms(self) -> float:
        """Since the start."""
        return (time.perf_counter() - self._started) * 1000


class Pipeline:
    """One snapshot, ready to answer. `now` is injected (seconds since 1970) for tests and replays."""

    def __init__(
        self, snapshot: Snapshot, encoder: Encoder | None, settings: Settings, now: Callable[[], float] = time.time
    ):
        self.snapshot = snapshot
        self.settings = settings
        self.now = now
        self._encoder = encoder
        self._encode = lru_cache(CACHED_QUERY_VECTORS)(self._encode_query)
        spelling = settings.spelling
        counts = snapshot.words.counts
        corrector = SymSpellCorrector(counts, spelling.max_edits, spelling.beta) if spelling.enabled else None
        self.understanding = Understanding(
            snapshot.postings, self.lexicon, corrector, spelling, self._is_code, snapshot.analyzers, self.reader
        )

    # --- what the snapshot holds, seen from the stages ---

    @cached_property
    def lexicon(self) -> Lexicon:
        """What queries can state about this catalogue's products."""
        return read_lexicon(self.snapshot, self.settings.understanding.enabled)

    @cached_property
    def reader(self) -> Reader:
        """Reads what queries state, over this catalogue's fields."""
        return reader_of(self.snapshot, self.lexicon, self.settings.understanding)

    def _is_code(self, text: str) -> bool:
        """True where a product has the text as its id, model number or EAN."""
        return code_key(text) in self.snapshot.exact

    @property
    def today(self) -> date:
        """The day (UTC) whose prices hold."""
        return datetime.fromtimestamp(self.now(), UTC).date()

    @property
    def columns(self) -> Columns:
        """The columns with today's prices."""
        return self.snapshot.columns(self.today)

    @property
    def catalogue(self) -> Catalogue:
        """The tastes' view of the products."""
        return read_catalogue(self.snapshot.base_columns)

    @cached_property
    def popularity(self) -> Scores:
        """(n,) rank by popularity, 0 least … 1 most; 0 where unknown."""
        column = self.snapshot.base_columns.number("popularity")
        rank = np.zeros(len(self.snapshot))
        if column is not None and len(column.rows):
            order = np.searchsorted(np.sort(column.numbers), column.numbers)
            rank[column.rows] = order / max(len(column.numbers) - 1, 1)
        return rank

    def _sold_out(self, branch: str | None) -> np.ndarray:
        """(n,) bool: nothing in stock, in the branch if one is given; an unknown stock is not sold out."""
        column = self.snapshot.base_columns.number(f"stock.{branch}" if branch else "stock")
        sold_out = np.zeros(len(self.snapshot), bool)
        if column is not None:
            sold_out[column.rows[column.numbers <= 0]] = True
        return sold_out

    def traits(self, product_id: str) -> Traits | None:
        """What an event about a product says about tastes; None for an unknown product."""
        row = self.snapshot.documents.row_of(product_id)
        return None if row is None else self.catalogue.traits(row)

    # --- a search ---

    def search(
        self, request: SearchRequest, store: ProfileStore | None = None, identity: Identity = Identity()
    ) -> SearchAnswer:
        """Answer one search.

        Args:
            store: where the shopper's tastes are; None for nobody known.
            identity: who asks, as far as the request's leave goes.

        Raises:
            BadRequest, BadFilter, UnknownField: something in the request does not fit; `place` names it.
        """
        watch = Stopwatch(self.settings.server.deadline_ms)
        page, stale = self._page_of(request)
        ranked = self._rank(request, store, identity, watch, reach=page * request.per_page)
        if stale:
            ranked.trace.degraded.append("snapshot_changed")
        total = len(ranked.result.ranking)
        first = (page - 1) * request.per_page
        last = min(first + request.per_page, total)
        language = request.lang or ranked.trace.query.language
        more = request.per_page > 0 and last < min(total, MAX_REACH)
        return SearchAnswer(
            query_id=uuid.uuid4().hex,
            query=query_info(ranked.trace.query, self.snapshot.labels),
            total=total,
            hits=[self._hit(request, ranked, position, language) for position in range(first, last)],
            facets={name: self._facet(ranked.candidates, name, language) for name in request.facet},
            degraded=ranked.trace.degraded,
            took_ms=round(watch.total_ms, 3),
            cursor=Cursor(self.snapshot.number, page + 1).encode() if more else None,
            unfiltered=ranked.unfiltered,
        )

    def trace(
        self,
        request: SearchRequest,
        store: ProfileStore | None = None,
        identity: Identity = Identity(),
        pool: Rows | None = None,
    ) -> Trace:
        """Only the stages of a search, for eval: the same code that serves.

        Args:
            pool: rank these rows (unique, ascending) instead of what is found: a judged pool.
        """
        return self._rank(request, store, identity, Stopwatch(float("inf")), MAX_REACH, pool).trace

    def _page_of(self, request: SearchRequest) -> tuple[int, bool]:
        page, stale = request.page, False
        if request.cursor:
            cursor = Cursor.decode(request.cursor)
            page, stale = cursor.page, cursor.snapshot != self.snapshot.number
        if page * request.per_page > MAX_REACH:
            raise BadRequest(
                f"Only the first {MAX_REACH} results can be paged through. Narrow the search with a filter.", "page"
            )
        return page, stale

    def _rank(
        self,
        request: SearchRequest,
        store: ProfileStore | None,
        identity: Identity,
        watch: Stopwatch,
        reach: int,
        pool: Rows | None = None,
    ) -> Ranked:
        query = self._understand(request)
        tree, ruled = parse_filter(request.filter), restriction(query.stated, self.columns)
        trace = Trace(query, times_ms=watch.times_ms)
        watch.done("understand")
        vector = self._vector(query, trace, watch)
        watch.done("encode")
        retrieval = Retrieval(self.snapshot, query, vector, self.settings)
        candidates, unfiltered = CandidateSet(retrieval, tree, self.columns, pool, ruled), None
        if watch.late:
            trace.degraded.append("relax")
        else:
            relaxed = relax(query, candidates, self.columns, self.settings.relax)
            query, candidates, unfiltered = relaxed.query, relaxed.candidates, relaxed.unfiltered
            trace.query = query
        found = candidates.found
        trace.stages.update(lexical=found.lexical, dense=found.dense, fused=found.fused)
        watch.done("retrieve")
        base = self._anonymous(candidates, request.branch, query)
        trace.stages["anonymous"] = base
        watch.done("anonymous")
        affinities = self._affinities(request, store, identity, trace, watch)
        result = self._personal(request, query, base, affinities, reach)
        trace.stages["personal"] = result.ranking
        watch.done("personal")
        return Ranked(trace, candidates, affinities, result, unfiltered)

    def _understand(self, request: SearchRequest) -> Query:
        if request.lang and request.lang not in self.snapshot.languages:
            known = ", ".join(self.snapshot.languages)
            raise BadRequest(f"This catalogue has no texts in '{request.lang}'. Known languages: {known}.", "lang")
        if request.branch and request.branch not in self.snapshot.branches:
            known = ", ".join(self.snapshot.branches) or "none, the feed tells no stock"
            raise BadRequest(f"No branch '{request.branch}'. Known branches: {known}.", "branch")
        if normalized_length(request.q) > MAX_QUERY_CHARACTERS:
            raise BadRequest(f"The query is longer than {MAX_QUERY_CHARACTERS} characters. Shorten it.", "q")
        query = self.read(request.q, request.lang, request.correct, request.without_understood)
        if len(query.terms) > MAX_QUERY_WORDS:
            raise BadRequest(f"The query has more than {MAX_QUERY_WORDS} words. Shorten it.", "q")
        return query

    def read(self, text: str, language: str | None = None, correct: bool = True, off: Collection[str] = ()) -> Query:
        """What is searched for: understood, and read again where a word finds too little."""
        return read(self.understanding, self.settings.relax, text, language, correct, off)

    def vector(self, text: str) -> Vectors | None:
        """A query text's vector (dimension,), None without an encoder."""
        return None if self._encoder is None or self.snapshot.dense is None else self._encode(text)

    def _encode_query(self, text: str) -> Vectors:
        assert self._encoder is not None
        return self._encoder.encode_query([text])[0]

    def _vector(self, query: Query, trace: Trace, watch: Stopwatch) -> Vectors | None:
        """The query's vector; None, and a word in `degraded`, where there is no encoder or no time."""
        if query.is_empty or self.snapshot.dense is None:
            return None
        if self._encoder is None or watch.late:
            trace.degraded.append("dense")
            return None
        try:
            return self._encode(query.words)
        except (RuntimeError, ValueError):  # what torch and tokenizers raise
            trace.degraded.append("dense")
            return None

    def _anonymous(self, candidates: CandidateSet, branch: str | None, query: Query) -> Ranking:
        ranking = candidates.ranking
        fits = degrees(query.stated, self.columns, ranking.rows)
        stated = stated_term(fits, self.settings.understanding.boost, len(ranking))
        ranking = ranking.with_features(**{FIT + name: degree for name, degree in fits.items()})
        exact = np.isin(ranking.rows, candidates.retrieval.exact)
        popularity, sold_out = self.popularity[ranking.rows], self._sold_out(branch)[ranking.rows]
        terms = business_terms(popularity, sold_out, self.settings.business)
        return anonymous(ranking, exact, terms, self.settings.personal, stated)

    def _affinities(
        self, request: SearchRequest, store: ProfileStore | None, identity: Identity, trace: Trace, watch: Stopwatch
    ) -> Affinities:
        if store is None or request.personalize == "off" or request.strength == 0 or request.sort != "relevance":
            return NOBODY
        if watch.late:
            trace.degraded.append("personal")
            return NOBODY
        try:
            return store.affinities(identity, request.personalize, self.now())
        except TresenError:
            trace.degraded.append("profile")
            return NOBODY

    def _personal(
        self, request: SearchRequest, query: Query, base: Ranking, affinities: Affinities, reach: int
    ) -> Personalized:
        if request.sort != "relevance":
            base = _sorted_by(base, self.columns, request.sort)
            ranks = np.arange(1.0, len(base) + 1)  # nobody sees another order here
            return Personalized(base.with_features(p=np.zeros(len(base)), rank_anonymous=ranks), 0.0, {}, {}, {})
        blocked = blocked_attributes(query.stated, request.without_tastes)
        strength = request.strength / 100
        return personalize(base, affinities, self.catalogue, blocked, self.settings.personal, strength, reach)

    # --- the page ---

    def _facet(self, candidates: CandidateSet, name: str, language: str) -> Facet:
        columns = self.columns
        columns.column(name, "facet")
        labels = self.snapshot.labels.get(language, {}).get(name, {})
        return facet(columns, name, candidates.under_facet(name), labels)

    def _hit(self, request: SearchRequest, ranked: Ranked, position: int, language: str) -> Hit:
        ranking, settings = ranked.result.ranking, self.settings.personal
        product = self.snapshot.documents.product(int(ranking.rows[position]))
        shown = present(product, language, self.today, request.branch, request.fields)
        rank, terms, why = position + 1, [], None
        before = int(ranking.features["rank_anonymous"][position])
        if request.explain or before != rank:
            terms = hit_terms(ranked.result, position, self.catalogue, settings, request.strength / 100)
        if before != rank:
            why = reason(
                terms, position + 1, before, ranked.affinities, language, self.snapshot.labels.get(language, {})
            )
        explained = None
        if request.explain:
            retrieval, because = ranked.candidates.retrieval, why.text if why else None
            kind, boost = retrieval.explain_kind(int(ranking.rows[position])), self.settings.understanding.boost
            explained = explain(
                ranked.result, position, product.id, terms, settings, because, retrieval.weight, kind, boost
            )
        return Hit(
            id=product.id,
            rank=rank,
            rank_anonymous=before,
            score=float(ranking.features["R"][position]),
            product=shown,
            highlights=highlights(shown, ranked.trace.query, self.snapshot.analyzer(language)),
            reasons=[why] if why else [],
            explain=explained,
        )


def _sorted_by(ranking: Ranking, columns: Columns, sort: str) -> Ranking:
    """The candidates by a column's numbers; those without one last; ties by row."""
    name, direction = SORTS[sort]
    column = columns.number(name)
    keys = column.dense(columns.size)[ranking.rows] * direction if column is not None else np.zeros(len(ranking))
    return ranking.take(np.lexsort((ranking.rows, np.nan_to_num(keys, nan=np.inf))))
