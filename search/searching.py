"""Who answers a search: the search processes, where there are any (`server.workers`), else this one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from search.answered import Answered
from search.changelog import ChangeLog
from search.messages import SearchAnswer, SearchRequest
from search.opening import EncoderLoader, Generation, Opening
from search.personal.searches import OwnSearches
from search.settings import Settings
from search.types import Identity, ProfileStore
from search.workers.messages import KeptTold, Search, Standing, Taught
from search.workers.pool import Workers


class Searching:
    """The searches of one service; what was searched for is remembered here, whoever answers. Close it.

    Args:
        serving: tells the generation that serves.
        opening: opened it.
        log: the changes of products.
        store_of: whether it is a kiosk that asks -> where its shopper is known.
    """

    def __init__(
        self,
        serving: Callable[[], Generation],
        opening: Opening,
        log: ChangeLog,
        store_of: Callable[[bool], ProfileStore],
        remembered: OwnSearches,
        now: Callable[[], float],
    ):
        self._serving, self._opening, self._log = serving, opening, log
        self._store_for, self._remembered, self._now = store_of, remembered, now
        self.workers: Workers | None = None

    def start(self, home: Path, settings: Settings, load_encoder: EncoderLoader) -> None:
        """Have searches answered by processes of their own, as soon as they are ready."""
        if settings.server.workers and self.workers is None:
            standing = lambda: self.standing(self._serving())  # noqa: E731
            self.workers = Workers(settings.server.workers, home, settings, load_encoder, self._log, standing)

    def close(self) -> None:
        """End the processes."""
        if self.workers is not None:
            self.workers.close()

    def search(self, request: SearchRequest, identity: Identity) -> SearchAnswer:
        """Answer one search in this process."""
        answer = self._serving().search(request, self._store_of(identity), identity)
        self._remembered.remember(request, answer.query_id, answer.query.text)
        return answer

    def answer(self, request: SearchRequest, identity: Identity, deadline_ms: float) -> Answered:
        """Answer one search, written, if possible within a time."""
        generation, store = self._serving(), self._store_of(identity)
        answered = self._by_workers(generation, Search(request, identity, self._now(), deadline_ms), store)
        if answered is None:
            answered = Answered.of(generation.search(request, store, identity, deadline_ms))
        self._remembered.remember(request, answered.query_id, answered.text)
        return answered

    def _by_workers(self, generation: Generation, search: Search, store: ProfileStore) -> Answered | None:
        if self.workers is None:
            return None
        done = self.workers.search(self.standing(generation), search, store)
        if done is None or done.answer is None:
            return None
        if done.shown is not None:
            generation.pipeline.shown.put(done.answer.query_id, done.shown)
        return done.answer

    def _store_of(self, identity: Identity) -> ProfileStore:
        return self._store_for(identity.is_kiosk)

    def standing(self, generation: Generation) -> Standing:
        """By what a generation answers at this moment."""
        of = self._opening
        return Standing.of(
            generation,
            Taught(of.buying.hazards, of.trending.trends, of.segmenting.segments, of.weights.learned),
        )

    def prepare(self, opened: Generation) -> None:
        """Have the processes open what is about to serve, so that no search waits for it."""
        if self.workers is not None:
            self.workers.prepare(self.standing(opened))

    def follow(self) -> None:
        """Have them told soon which products changed."""
        if self.workers is not None:
            self.workers.follow()

    @property
    def processes(self) -> int:
        """How many search processes answer now."""
        return self.workers.serving if self.workers is not None else 0

    @property
    def kept(self) -> list[KeptTold]:
        """What is kept of frequent queries, in each process."""
        return [self._serving().pipeline.heads.told(), *(self.workers.kept if self.workers is not None else ())]
