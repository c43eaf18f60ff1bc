"""What both doors open onto: the current pipeline, the state, and the swap of one generation for the next.

HTTP (`search.app`) and the command line (`search.cli`) do the same things through it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from search.answered import Answered
from search.changelog import ChangeLog
from search.embed import load_encoder
from search.errors import BadInput, BadRequest, BadSnapshot
from search.index.snapshot import Snapshot, current_number, load_snapshot, load_whole_snapshot
from search.lists.curator import Curator
from search.lists.files import ListFiles, Lists, Stamp
from search.live import Live, caught_up
from search.merging import Merge, Merging, merge_apart
from search.messages import (
    Erased,
    EventIn,
    EventsAccepted,
    Export,
    LinkIn,
    LinkInfo,
    ProfileInfo,
    ProposalList,
    SearchAnswer,
    SearchRequest,
    Suggestion,
    Touchpoint,
)
from search.opening import EncoderLoader, Generation, Opening
from search.personal.crm import told_traits
from search.personal.exporting import as_export
from search.personal.linking import link_info, wanted_link
from search.personal.own_size import size_named, told_sizes
from search.personal.recording import receipt, sort_out
from search.personal.searches import OwnSearches, own_query_info
from search.personal.statements import told_statement
from search.personal.style import told_leanings
from search.personal.tastes import told_tastes
from search.personal.validating import Validator
from search.profiles.kiosk import KioskStore
from search.profiles.lifecycle import lifecycle_of
from search.profiles.opening import open_store
from search.profiles.stated import Change
from search.proposals import Progress, cached_proposals
from search.searching import Searching
from search.settings import Settings
from search.types import Appended, Changed, Consent, Identity, ProductReader, StatedTastes

DAY_SECONDS = 86_400.0
#: Makes a reader of products for what a generation was read from, and its languages.
ReaderOf = Callable[[Mapping[str, Any], tuple[str, ...]], ProductReader]


class Service:
    """A shop's index directory, open for use. Close it, or use it as a context manager.

    Args:
        home: the index directory.
        load_encoder: name -> encoder; replaced by tests.
        now: seconds since 1970.
        monotonic: seconds, for what kiosks forget.
        reader: reads products that are sent; without one none can be.
        merge: builds the next generation of what changed.
    """

    def __init__(
        self,
        home: Path,
        settings: Settings,
        load_encoder: EncoderLoader = load_encoder,
        now: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
        reader: ReaderOf | None = None,
        merge: Merge = merge_apart,
    ):
        self.home = home
        self.settings = settings
        self.now = now
        self._monotonic = monotonic
        self._pruned: float | None = None
        self._load_encoder = load_encoder
        self.opening = Opening(home, settings, load_encoder, now)
        self._refused: int | None = None
        self._swapping, self._refreshing = threading.Lock(), threading.Lock()
        self._proposing = threading.Lock()
        self.files = ListFiles(home, settings.analysis)
        self.curator = Curator(self.files, self.reread_lists)
        self._refused_lists: Stamp | None = None
        self.buying, self.trending = self.opening.buying, self.opening.trending
        self.segmenting, self.weights = self.opening.segmenting, self.opening.weights
        self.generation: Generation
        indexed = lambda: self.generation.pipeline.indexed  # noqa: E731
        self.live = Live(ChangeLog(home), settings.changes, indexed, self.opening.encode, self._follow)
        self.merging = Merging(home, settings, self.live, indexed, self.refresh, merge)
        self.reader = reader
        self.generation = self._open(load_whole_snapshot(home), self.files.read())
        # a damaged CURRENT is not tried again until it names another generation
        self._refused = current_number(home) if self.is_outdated() else None
        self.store = open_store(home, settings)
        self.validator = self.store.weigh = Validator(lambda: self.generation.pipeline, self.store.kinds)
        self.kiosks = KioskStore(self.store.kinds, settings.personal.kiosk_idle_seconds, monotonic)
        self.searches = OwnSearches(self.store, self.kiosks, settings, now)
        stores = lambda is_kiosk: self.kiosks if is_kiosk else self.store  # noqa: E731
        serving = lambda: self.generation  # noqa: E731
        self.searching = Searching(serving, self.opening, self.live.log, stores, self.searches, now)
        if not (self.buying.hazards.learned and self.trending.trends.learned):
            self.learn_repeats()
        if not self.segmenting.segments.learned:
            self.learn_segments()

    def prepare(self) -> None:
        """Work out what the first search would wait for; a server that is up already does so behind."""
        self.generation.prepare()

    def start_workers(self) -> None:
        """Have searches answered by processes of their own, as soon as they are ready (`server.workers`)."""
        self.searching.start(self.home, self.settings, self._load_encoder)

    def __enter__(self) -> Service:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Write what waits and let go of the files."""
        self.searching.close()
        self.merging.close()
        self.live.close()
        self.store.close()

    # --- generations ---

    def _open(self, snapshot: Snapshot, lists: Lists) -> Generation:
        return self.opening.open(snapshot, lists, self._caught_up(snapshot))

    def _caught_up(self, snapshot: Snapshot) -> Snapshot:
        """A snapshot with the changes that count over it; itself where it has them all."""
        changes, last = self.live.log.since(snapshot.changes), self.live.log.last
        return caught_up(snapshot, changes, last, self.opening.encode(snapshot)) if changes else snapshot

    def _follow(self, indexed: Snapshot) -> None:
        """Serve changed products of the generation that serves; searches that run finish on the old ones."""
        with self._swapping:
            self.generation = self.opening.follow(self.generation, indexed)
        self.searching.follow()
        self.merging.look()

    @property
    def snapshot(self) -> Snapshot:
        """The snapshot that serves."""
        return self.generation.pipeline.snapshot

    def is_outdated(self) -> bool:
        """True once CURRENT names another generation."""
        return current_number(self.home) not in (None, self.snapshot.number, self._refused)

    def refresh(self) -> int:
        """Load what CURRENT names and serve it from now on; requests that run finish on the old one.

        Raises:
            BadSnapshot: the new generation is damaged; the old one goes on serving.
        """
        with self._refreshing:
            number = current_number(self.home)
            if number == self.snapshot.number:
                return number
            try:
                opened = self._open(load_snapshot(self.home, number), self.generation.pipeline.lists)
            except BadSnapshot:
                self._refused = number
                raise
            opened.prepare()
            self.searching.prepare(opened)
            with self.live.changing, self._swapping:
                if self.live.log.last > opened.pipeline.indexed.changes:  # products changed meanwhile
                    opened = self.opening.follow(opened, self._caught_up(opened.pipeline.indexed))
                now = self.generation.pipeline.lists  # they may have been edited, too, and weights learned
                pipeline = opened.pipeline if opened.pipeline.lists is now else opened.pipeline.edited(now)
                self.generation = replace(opened, pipeline=self.weights.given_to(pipeline))
            return self.snapshot.number

    def drop_changes(self, number: int) -> None:
        """Have no change of products before now count over a generation; if it serves, at once.

        Raises:
            StoreUnavailable: that cannot be kept.
        """
        with self.live.changing:
            self.live.log.append([Changed(kind="drop", generation=number)])
            if number == self.snapshot.number:
                opened = self._open(load_snapshot(self.home, number), self.generation.pipeline.lists)
                self.searching.prepare(opened)
                with self._swapping:
                    self.generation = opened

    @property
    def has_outdated_lists(self) -> bool:
        """True once somebody has edited the synonyms or splits, by hand or by another process."""
        return self.files.stamp() not in (self.generation.pipeline.lists.stamp, self._refused_lists)

    def reread_lists(self) -> None:
        """Search by the lists as they are now; searches that run finish by the old ones.

        Raises:
            BadInput: a list that cannot be read; the old ones go on counting.
        """
        with self._swapping:
            try:
                lists = self.files.read()
            except BadInput:
                self._refused_lists = self.files.stamp()
                raise
            self.generation = replace(self.generation, pipeline=self.generation.pipeline.edited(lists))

    def reread_weights(self) -> None:
        """Rank by the weights that were learned last, or by the settings'; searches that run finish by the old ones."""
        with self._swapping:
            self.weights.read()
            self.generation = replace(self.generation, pipeline=self.weights.given_to(self.generation.pipeline))

    def learn_repeats(self) -> None:
        """Learn from the log when people buy again and what everybody chooses, and rank by it from now on."""
        for learned in (self.buying, self.trending):
            learned.learn(self.store, self.generation.pipeline)
            learned.hand_to(self.generation.pipeline)  # it may have been swapped meanwhile

    def learn_segments(self) -> None:
        """Learn from the profiles which groups shoppers fall into, and rank by them from now on."""
        self.segmenting.learn(self.store, self.generation.pipeline)
        self.segmenting.hand_to(self.generation.pipeline)

    @property
    def falls_back(self) -> bool:
        """True while another generation than CURRENT serves, because that one is damaged."""
        return self._refused is not None and self._refused == current_number(self.home)

    # --- what can be asked ---

    def search(self, request: SearchRequest, identity: Identity) -> SearchAnswer:
        """Answer one search for this shopper."""
        return self.searching.search(request, identity)

    def answer(self, request: SearchRequest, identity: Identity, waited_ms: float = 0.0) -> Answered:
        """The same, written: by a search process, if there is one. What it has waited already is part of its time."""
        return self.searching.answer(request, identity, self.settings.server.deadline_ms - waited_ms)

    def suggest(self, text: str, language: str | None, most: int) -> list[Suggestion]:
        """Lines to offer under a half-typed query."""
        return self.generation.suggest(text, language, most)

    def proposals(
        self, language: str | None, most: int, on_progress: Progress = lambda step, done, total: None
    ) -> ProposalList:
        """Words of the catalogue that may be synonyms, but those that are; none without an encoder.

        Worked out once for each snapshot; whoever asks meanwhile waits.
        """
        pipeline, language = self.generation.pipeline, language or self.snapshot.languages[0]
        if language not in pipeline.snapshot.languages:
            known = ", ".join(pipeline.snapshot.languages)
            raise BadRequest(f"This catalogue has no texts in '{language}'. Known: {known}.", "lang")
        encoder = self.opening.encoder(pipeline.snapshot.manifest)
        with self._proposing:
            found = cached_proposals(pipeline.snapshot, language, encoder, on_progress) if encoder else []
        sides = [{*entry.words, *entry.finds} for entry in pipeline.lists.all_synonyms]
        new = [item for item in found if not any(side.issuperset(item.words) for side in sides)]
        return ProposalList(pipeline.snapshot.number, new[:most])

    def product(self, id: str, language: str | None, branch: str | None) -> dict:
        """One product as it is shown.

        Raises:
            NotFound: no product and no variant has that id.
        """
        return self.generation.product(id, language, branch)

    def record(
        self, events: Sequence[EventIn], consent: Consent | None = None, history: bool = False
    ) -> Callable[[], EventsAccepted]:
        """Hand events to the stores; call the result to wait until they are durable.

        Kiosks' events never reach the disk, and nothing is kept of those without consent.

        Args:
            consent: of events that say nothing of it; the setting's if None.
            history: the shop's own past, told once: nothing in it is too late.

        Raises:
            BadRequest: a time that cannot be read.
        """
        privacy, now = self.settings.privacy, self.now()
        since = float("-inf") if history else now - privacy.retention_days * DAY_SECONDS
        traits = self.generation.pipeline.traits
        incoming = sort_out(
            events,
            consent or privacy.default_consent,
            since,
            now,
            traits,
            self.searches.query_of,
            self.searches.context_of,
            partial(size_named, self.snapshot),
        )
        writing = self.store.submit(incoming.lasting) if incoming.lasting else None
        there = self.kiosks.append(
            [(event, told and self.validator.with_shown(event, told)) for event, told in incoming.kiosk]
        )
        return lambda: receipt(incoming, there, writing.result() if writing else Appended(0, 0, 0))

    # --- what is known of a person ---

    def profile(self, id: str, language: str | None = None) -> ProfileInfo:
        """A shopper's or session's tastes in readable form, the strongest first; empty where nothing is known.

        Values are the catalogue's own, labels what people of the language read.
        """
        labels = self.snapshot.labels.get(language or self.snapshot.languages[0], {})
        known = self.store.known_as(id)
        now, pipeline = self.now(), self.generation.pipeline
        told = (told_tastes(pipeline, self.store.kinds, kind, statistics, labels, now) for kind, statistics in known)
        tastes = [taste for those in told for taste in those]
        strongest = sorted(tastes, key=lambda taste: (taste.attribute, -taste.lift, taste.value))
        links = [link_info(link) for link in self.store.links(id)]
        events, stated = sum(statistics.count for _, statistics in known), self.stated(id)
        said, leanings = told_statement(stated, labels), told_leanings(stated, labels)
        crm = told_traits(stated, self.generation.pipeline.catalogue, self.snapshot.labels)
        queries = [own_query_info(query) for query in self.searches.of(id)]
        bought = self.store.occasions(id, now)
        sizes = [size for _, statistics in known for size in told_sizes(statistics.sizes, labels)]
        whole = queries, bought, lifecycle_of(bought), sizes
        return ProfileInfo(id, events, strongest, links, said, leanings, crm, *whole)

    def stated(self, id: str, touchpoint: Touchpoint = "web") -> StatedTastes:
        """What a shopper or session states themselves; at a kiosk, what its session does."""
        return self.kiosks.stated(id) if touchpoint == "kiosk" else self.store.stated.of(id)

    def state(self, id: str, change: Change, touchpoint: Touchpoint = "web") -> StatedTastes:
        """Change what they state, durably but for kiosks; it counts in the very next search."""
        return self.kiosks.state(id, change) if touchpoint == "kiosk" else self.store.state(id, change).result()

    def erase(self, id: str) -> Erased:
        """Forget a shopper, session or device everywhere, and say what was removed (`search.profiles.erasing`)."""
        stated = self.kiosks.stated(id).count + self.store.stated.of(id).count
        self.kiosks.forget(id)
        links = [link_info(link) for link in self.store.links(id)]
        removed = self.store.erase(id).result()
        self.validator.forget(id)
        self.buying.forget()
        self.segmenting.forget()
        return Erased(id, removed, datetime.fromtimestamp(self.now(), UTC).isoformat(timespec="seconds"), links, stated)

    def export(self, id: str) -> Export:
        """All that is stored of a shopper, with what is linked to them, or under the id of a visit or a device."""
        return as_export(self.store.stored(id), self.profile(id), self.now())

    @property
    def is_prune_due(self) -> bool:
        """True at the start and once a day: events whose time is over have to leave the log."""
        return self._pruned is None or self._monotonic() - self._pruned >= DAY_SECONDS

    def prune(self) -> int:
        """Take events that are older than the retention time out of the log; how many."""
        self._pruned = self._monotonic()
        return self.store.prune(self.now() - self.settings.privacy.retention_days * DAY_SECONDS)

    def link(self, shopper: str, link: LinkIn) -> LinkInfo:
        """Count another account, a device or a visit with a shopper, from the next search on.

        Raises:
            BadRequest: not one thing, the shopper themself, or too many.
        """
        source, id = wanted_link(link)
        return link_info(self.store.link(shopper, source, id, self.now()).result())

    def unlink(self, shopper: str, number: int) -> LinkInfo:
        """Undo a link.

        Raises:
            NotFound: the shopper has no such link.
        """
        return link_info(self.store.unlink(shopper, number, self.now()).result())
