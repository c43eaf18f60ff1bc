"""The order of the stages, the deadline, and the trace.

understand → retrieve → fuse → anonymous order → personal order → page. A pipeline is bound to one snapshot;
whoever handles a request takes the current pipeline once, so that a swap in the middle does no harm.
Trouble in a stage degrades the answer and says so; it never fails a search.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import replace
from datetime import date
from functools import cached_property, partial

import numpy as np

from search.anonymous import AnonymousStage, Declared
from search.answer.groups import Found, fill, filter_of, themes
from search.answer.page import Page
from search.answer.texts import query_info
from search.candidates import CandidateSet
from search.cursor import Cursor, day_of, next_cursor, place_of
from search.errors import TresenError
from search.heads import Heads
from search.index.columns import Columns
from search.index.live import with_lists
from search.index.snapshot import Snapshot, home_of
from search.learned.everybody import Everybody
from search.limits import check_branch, check_country, check_language, check_length, check_words
from search.lists.files import ListFiles, Lists
from search.messages import MAX_REACH, Group, Hit, SearchAnswer, SearchRequest
from search.personal.catalogue import catalogue_of
from search.personal.levels import allowed, known_of, level_told
from search.personal.named import check_all_named
from search.personal.news import new_from, only_new
from search.personal.shown import ShownLists
from search.personal.stage import PersonalStage, stage_of
from search.reading import codes_of, read_lexicon, reader_of
from search.relax import Asked, readings, relax
from search.rerank.fuse import calibrate_cosine
from search.rerank.segments import Cohorts
from search.rerank.stated import restriction
from search.rerank.traits import Catalogue
from search.retrieval import Retrieval
from search.settings import Settings
from search.spelling.corrector import KEPT_IN, SymSpellCorrector
from search.stopwatch import Stopwatch
from search.trace import Ranked, Trace
from search.translation import Translator
from search.types import (
    Affinities,
    Encoder,
    Identity,
    ProfileStore,
    Query,
    Ranking,
    Repeats,
    Rows,
    Traits,
    Vectors,
)
from search.understand.context import Entry, read_entry
from search.understand.filters import parse_filter
from search.understand.intents import Reader
from search.understand.language import Languages
from search.understand.lexicon import Lexicon
from search.understand.query import Understanding


class Pipeline:
    """One snapshot, ready to answer. `now` is injected (seconds since 1970) for tests and replays.

    `lists` are the shop's synonyms and splits; read from the index directory if absent.

    Raises:
        BadInput: a list that cannot be read.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        encoder: Encoder | None,
        settings: Settings,
        now: Callable[[], float] = time.time,
        lists: Lists | None = None,
    ):
        self.lists = ListFiles(home_of(snapshot), settings.analysis).read() if lists is None else lists
        self._mark = self.lists.mark
        self.indexed = snapshot  # without the shop's live lists
        self.snapshot = snapshot = with_lists(snapshot, self.lists)
        self.settings, self.now, self.shown = settings, now, ShownLists()
        self.repeats: Repeats | None = None  # whoever knows the shop's purchases sets it
        self.everybody: Everybody | None = None  # and whoever knows what all its shoppers choose
        self.cohorts: Cohorts | None = None  # and whoever knows its shoppers' groups
        self._encoder = encoder
        self.heads = Heads(int(settings.server.cache_mb * 2**20))
        spelling, counts = settings.spelling, snapshot.words.counts
        kept = home_of(snapshot) / KEPT_IN
        corrector = SymSpellCorrector(counts, spelling.max_edits, spelling.beta, kept) if spelling.enabled else None
        self.understanding = Understanding(
            snapshot.postings,
            self.lexicon,
            corrector,
            spelling,
            codes_of(snapshot),
            snapshot.analyzers,
            self.reader,
            Languages(snapshot.spoken) if snapshot.spoken else None,
            snapshot.kinds,
            Translator(snapshot),
        )

    def edited(self, lists: Lists) -> Pipeline:
        """The same with other lists; whoever has this one goes on with the old ones."""
        other = copy(self)
        other.lists, other._mark, read = lists, lists.mark, with_lists(self.indexed, lists)
        other.heads = self.heads.reread()
        other.snapshot, asked = read, replace(self.understanding, translate=Translator(read))
        other.understanding = replace(asked, vocabularies=read.postings, analyzers=read.analyzers)
        return other

    # --- what the snapshot holds, seen from the stages ---

    @cached_property
    def lexicon(self) -> Lexicon:
        """What queries can state about this catalogue's products."""
        return read_lexicon(self.snapshot, self.settings.understanding.enabled)

    @cached_property
    def reader(self) -> Reader:
        """Reads what queries state, over this catalogue's fields."""
        return reader_of(self.snapshot, self.lexicon, self.settings.understanding)

    @property
    def today(self) -> date:
        """The day (UTC) whose prices hold."""
        return day_of(self.now())

    @property
    def columns(self) -> Columns:
        """The columns with today's prices."""
        return self.heads.filtering(self.snapshot.columns(self.today))

    @property
    def catalogue(self) -> Catalogue:
        """The tastes' view of the products."""
        return catalogue_of(self.snapshot, self.settings.personal, self.today)

    @cached_property
    def declared(self) -> Declared:
        """What the catalogue declares of its products for everybody's order."""
        return Declared(self.snapshot.base_columns)

    def traits(self, product_id: str) -> Traits | None:
        """What an event about a product says about tastes; None for an unknown product."""
        row = self.snapshot.documents.row_of(product_id)
        return None if row is None else self.catalogue.traits(row, self.snapshot.documents.id_of(row))

    # --- a search ---

    def search(
        self,
        request: SearchRequest,
        store: ProfileStore | None = None,
        identity: Identity = Identity(),
        deadline_ms: float | None = None,
    ) -> SearchAnswer:
        """Answer one search.

        Args:
            store: where the shopper's tastes are; None for nobody known.
            identity: who asks, as far as the request's leave goes.
            deadline_ms: what it may take; None: as long as any (`server.deadline_ms`).

        Raises:
            BadRequest, BadFilter, UnknownField: something in the request does not fit; `place` names it.
        """
        watch = Stopwatch(self.settings.server.deadline_ms if deadline_ms is None else deadline_ms)
        first, pinned = place_of(request)
        ranked = self._rank(request, store, identity, watch, reach=first + request.per_page, pinned=pinned)
        trace = ranked.trace
        if pinned is not None:
            version, revision = ranked.affinities.version, ranked.affinities.stated.revision
            changed = pinned.moved_on(self.snapshot.number, version, self.today, trace.degraded, self._mark, revision)
            trace.degraded += [name for name in changed if name != "prices_changed" or "_sale_price" in self.columns]
        total = len(ranked.candidates.results)
        last = min(first + request.per_page, total, MAX_REACH)
        language = request.lang or trace.query.language
        more = request.per_page > 0 and last < min(total, MAX_REACH)
        known = ranked.affinities
        held = self.snapshot.number, last, trace.moment, known.version, trace.degraded, self._mark
        following = next_cursor(*held, known.stated.revision)
        shown = self.page(request, ranked, language)
        hits = [shown.hit(position) for position in range(first, last)]
        groups = self._groups(request, ranked, hits, language, store, identity, watch) if request.groups else []
        return SearchAnswer(
            query_id=self.shown.keep(ranked.result.ranking, first, last, ranked.said),
            query=query_info(trace.query, self.snapshot.labels, trace.entry),
            total=total,
            hits=hits,
            facets={name: shown.facet(name) for name in request.facet},
            degraded=list(dict.fromkeys(trace.degraded)),
            took_ms=round(watch.total_ms, 3),
            cursor=following.encode() if more else None,
            groups=groups,
            unfiltered=ranked.unfiltered,
            level=level_told(known),
        )

    def _groups(
        self,
        request: SearchRequest,
        ranked: Ranked,
        hits: Sequence[Hit],
        language: str,
        store: ProfileStore | None,
        identity: Identity,
        watch: Stopwatch,
    ) -> list[Group]:
        """More of what the search is about, ranked by the same stages (`search/answer/groups.py`)."""
        trace, labels = ranked.trace, self.snapshot.labels
        base, names = trace.stages["anonymous"], {name for fields in labels.values() for name in fields}
        assert isinstance(base, Ranking)
        offered = themes(trace.query, base, self.columns, names or None, self.settings.personal.temperature)
        ruled = restriction(trace.query.stated, self.columns)

        def run(asked: SearchRequest) -> Found | None:
            if watch.late_for("groups"):
                trace.degraded.append("groups")
                return None
            found = self._rank(asked, store, identity, Stopwatch(watch.left_ms), reach=asked.per_page)
            return found.result.ranking.rows, self.page(asked, found, language).hit

        filters = ((theme, filter_of(theme, request.filter, ruled)) for theme in offered)
        taken, own = {hit.id for hit in hits}, ranked.result.ranking.rows
        return fill(request, filters, taken, own, labels.get(language, {}), language, run)

    def page(self, request: SearchRequest, ranked: Ranked, language: str) -> Page:
        """Writes the hits of a ranking."""
        return Page(self.snapshot, self.columns, self.catalogue, self.settings, self.today, request, ranked, language)

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
        ranked = self._rank(request, store, identity, Stopwatch(float("inf")), MAX_REACH, pool, whole=True)
        found = ranked.candidates.found
        ranked.trace.stages.update(lexical=found.lexical, dense=found.dense, fused=found.fused)
        return ranked.trace

    def _rank(
        self,
        request: SearchRequest,
        store: ProfileStore | None,
        identity: Identity,
        watch: Stopwatch,
        reach: int,
        pool: Rows | None = None,
        pinned: Cursor | None = None,
        whole: bool = False,
    ) -> Ranked:
        asked = Asked(request.q, request.lang, request.correct, frozenset(request.without_understood), request.branch)
        seen_before = asked in self.heads.queries
        query = self._understand(request, asked)
        tree, ruled = parse_filter(request.filter), restriction(query.stated, self.columns)
        moment = self.now() if pinned is None else pinned.moment
        trace = Trace(query, moment, watch.times_ms, entry=self._entry(request, query), pinned=pinned, whole=whole)
        trace.new_from = self._new_from(request, store, identity, trace)
        tree = only_new(tree, trace.new_from, self.today) if request.new_since_last_visit else tree
        watch.done("understand")
        known = self.snapshot, self.settings
        held = None if trace.left_out("dense") else self.heads.retrieval(asked, query, *known)
        vector = None if held else self._vector(query, trace, watch)
        watch.done("encode")
        retrieval = held or Retrieval(self.snapshot, query, vector, self.settings)
        candidates, unfiltered = CandidateSet(retrieval, tree, self.columns, pool, ruled), None
        if watch.late_for("relax") or trace.left_out("relax"):
            trace.degraded.append("relax")
        else:
            relaxed = relax(query, candidates, self.columns, self.settings.relax)
            query, candidates, unfiltered = relaxed.query, relaxed.candidates, relaxed.unfiltered
            trace.query = query
        if seen_before and not held and "dense" not in trace.degraded:
            self.heads.remember(asked, retrieval)
        watch.done("retrieve")
        base = self._anonymous(trace, watch).order(candidates, request, trace)
        trace.stages["anonymous"] = base
        watch.done("anonymous")
        whose = request, store, identity, self.settings, trace, watch
        affinities = known_of(*whose, self.catalogue, self.cohorts, self.snapshot.labels)
        stage = self._stage(request, trace, base, affinities, reach)
        result = stage.kept(trace.degraded)
        trace.stages["personal"] = result.ranking
        watch.done("personal")
        return Ranked(trace, candidates, affinities, result, stage, unfiltered)

    def _understand(self, request: SearchRequest, asked: Asked) -> Query:
        check_language(request.lang, self.snapshot.languages)
        check_branch(request.branch, self.snapshot.branches)
        check_country(request.context.country, "context.country")
        check_length(request.q, "q")
        check_all_named(request.without_tastes, self.settings.personal, "without_tastes")
        query = self.heads.query(asked, self.read)
        check_words(query, "q")
        return query

    def readings(self, asked: Asked) -> list[Query]:
        """As what it may be searched for: `search.relax.readings`."""
        return readings(self.understanding, self.settings.relax, asked)

    def read(self, asked: Asked) -> Query:
        """What is searched for: understood, and read again where a word finds too little and means nothing here."""
        again, *typed = self.readings(asked)
        if not typed:
            return again
        needed = max(self.settings.relax.meant, self._nearness(again.words))
        return typed[0] if self._nearness(typed[0].words) >= min(needed, self.settings.relax.sold) else again

    def _nearness(self, text: str) -> float:
        """The best calibrated cosine that a text has with any product; 0 where nobody can tell."""
        try:
            vector, dense = self.vector(text), self.snapshot.dense
        except (RuntimeError, ValueError):  # what torch and tokenizers raise
            return 0.0
        if vector is None or dense is None:
            return 0.0
        cosines = dense.score(vector)
        return float(calibrate_cosine(np.array(cosines.best), cosines.noise))

    def _entry(self, request: SearchRequest, query: Query) -> Entry | None:
        """What the shopper typed elsewhere, understood; None without it."""
        text = request.context.referrer_query
        if not text:
            return None
        check_length(text, "context.referrer_query")
        entry = read_entry(text, query, self.understanding, request.without_understood)
        if entry is not None:
            check_words(entry.query, "context.referrer_query")
        return entry

    def vector(self, text: str) -> Vectors | None:
        """A query text's vector (dimension,), None without an encoder."""
        if self._encoder is None or self.snapshot.dense is None:
            return None
        kept = self.heads.vectors
        found = kept.get(text)
        return kept.put(text, self._encoder.encode_query([text])[0]) if found is None else found

    def _vector(self, query: Query, trace: Trace, watch: Stopwatch) -> Vectors | None:
        """The query's vector; None, and a word in `degraded`, where there is no encoder or no time."""
        if query.is_empty or self.snapshot.dense is None:
            return None
        if self._encoder is None or watch.late_for("dense") or trace.left_out("dense"):
            trace.degraded.append("dense")
            return None
        try:
            return self.vector(query.words)
        except (RuntimeError, ValueError):  # what torch and tokenizers raise
            trace.degraded.append("dense")
            return None

    def _anonymous(self, trace: Trace, watch: Stopwatch) -> AnonymousStage:
        vector_of = partial(self._vector, trace=trace, watch=watch)
        known = self.snapshot, self.columns, self.declared, self.settings
        return AnonymousStage(*known, vector_of, self.today, self.everybody)

    def _new_from(
        self, request: SearchRequest, store: ProfileStore | None, identity: Identity, trace: Trace
    ) -> date | None:
        """Since when there may be something that the shopper has not seen."""
        try:
            return new_from(
                request, store, allowed(request, identity, self.settings), trace.moment, self.snapshot.base_columns
            )
        except TresenError:
            trace.degraded.append("profile")
            return None

    def _stage(
        self, request: SearchRequest, trace: Trace, base: Ranking, affinities: Affinities, reach: int
    ) -> PersonalStage:
        # what was asked for a moment ago says more than what is inferred
        stated = (*trace.query.stated, *(trace.entry.stated if trace.entry else ()))
        known = self.snapshot, self.columns, self.catalogue, self.settings.personal
        return stage_of(request, stated, base, affinities, *known, reach, self.repeats)
