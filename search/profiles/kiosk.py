"""Kiosks: sessions that live in memory and are forgotten. Nothing here ever reaches the disk."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence

from search.profiles.statistics import Kind, Statistics
from search.profiles.store import combine
from search.types import Affinities, Appended, Event, Identity, Personalize, Traits

MAX_SESSIONS = 10_000


class KioskStore:
    """ProfileStore for kiosks: one session each, wiped after `idle_seconds` without a touch, or by `forget`.

    `clock` is injected (monotonic seconds) so that forgetting can be tested without waiting.
    """

    def __init__(self, kinds: Mapping[str, Kind], idle_seconds: float, clock: Callable[[], float]):
        self._kinds = kinds
        self._idle = idle_seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._sessions: dict[str, tuple[float, Statistics | None, frozenset[str]]] = {}

    def append(self, events: Sequence[tuple[Event, Traits | None]]) -> Appended:
        """Fold a batch into the kiosk's sessions; a repeated event_id within a session changes nothing."""
        accepted = unknown = 0
        with self._lock:
            self._sweep()
            for event, traits in events:
                session = event.session or ""
                _, statistics, seen = self._sessions.pop(session, (0.0, None, frozenset()))
                if event.event_id not in seen:
                    accepted += 1
                    unknown += traits is None
                    if traits is not None:
                        statistics = self._kinds["session"].fold(statistics, event.type, traits, event.time)
                self._sessions[session] = (self._clock(), statistics, seen | {event.event_id})
            while len(self._sessions) > MAX_SESSIONS:
                del self._sessions[next(iter(self._sessions))]
        return Appended(accepted, len(events) - accepted, unknown)

    def affinities(self, identity: Identity, scope: Personalize, now: float) -> Affinities:
        """This session's tastes; the long-term profile is never read at a kiosk."""
        with self._lock:
            self._sweep()
            session = identity.session or ""
            found = self._sessions.pop(session, None)
            if found is not None:
                self._sessions[session] = (self._clock(), found[1], found[2])
            return combine(self._kinds, None, found[1] if found and scope != "off" else None, now)

    def forget(self, session: str) -> bool:
        """Wipe a session at once ("Neu starten"); True if there was one."""
        with self._lock:
            return self._sessions.pop(session, None) is not None

    def __len__(self) -> int:
        with self._lock:
            self._sweep()
            return len(self._sessions)

    def _sweep(self) -> None:
        # sessions are re-inserted when touched, so the idle ones stand first
        oldest_allowed = self._clock() - self._idle
        while self._sessions:
            session, (touched, _, _) = next(iter(self._sessions.items()))
            if touched > oldest_allowed:
                return
            del self._sessions[session]
