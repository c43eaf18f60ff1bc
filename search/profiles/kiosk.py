"""Kiosks: sessions that live in memory and are forgotten. Nothing here ever reaches the disk."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from search.profiles.stated import NOTHING, Change, revised
from search.profiles.statistics import Kind, Statistics, combine
from search.types import (
    Affinities,
    Appended,
    Event,
    Identity,
    Personalize,
    ProfileVersion,
    Searched,
    StatedTastes,
    Traits,
)

MAX_SESSIONS = 10_000
#: States of a visit that a cursor can go back to.
PAST_STATES = 64
#: Ids that a session remembers to recognise repeated events.
MAX_EVENT_IDS = 1_000
#: Searches that a session remembers, until something is done after them and since.
MAX_SEARCHES = 200


@dataclass(slots=True)
class _Session:
    """One visit; changed only under the store's lock."""

    touched: float
    statistics: Statistics | None = None
    event_ids: dict[str, None] = field(default_factory=dict)
    past: deque[Statistics] = field(default_factory=lambda: deque(maxlen=PAST_STATES))
    stated: StatedTastes = NOTHING
    asked: dict[str, str] = field(default_factory=dict)
    searched: deque[Searched] = field(default_factory=lambda: deque(maxlen=MAX_SEARCHES))

    def at(self, count: int) -> Statistics | None:
        """The visit when it held so many events; None where it held none, or that is too long ago."""
        states = (*self.past, self.statistics)
        return next((state for state in states if state is not None and state.count == count), None)


class KioskStore:
    """ProfileStore for kiosks: one session each, wiped after `idle_seconds` without a touch, or by `forget`.

    `clock` is injected (monotonic seconds) so that forgetting can be tested without waiting.
    """

    def __init__(self, kinds: Mapping[str, Kind], idle_seconds: float, clock: Callable[[], float]):
        self._kinds = kinds
        self._idle = idle_seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._sessions: dict[str, _Session] = {}

    def append(self, events: Sequence[tuple[Event, Traits | None]]) -> Appended:
        """Fold a batch into the kiosk's sessions; a repeated event_id within a session changes nothing.

        Events without a session are counted and dropped: nobody knows when their visit ends.
        """
        accepted = unknown = 0
        with self._lock:
            self._sweep()
            for event, traits in events:
                session = self._touch(event.session) if event.session else _Session(0.0)
                if event.event_id in session.event_ids:
                    continue
                accepted += 1
                unknown += traits is None
                session.event_ids[event.event_id] = None
                if len(session.event_ids) > MAX_EVENT_IDS:
                    del session.event_ids[next(iter(session.event_ids))]
                if event.query:
                    session.searched.appendleft(Searched(event.query, event.time, event.query_id))
                if traits is not None:
                    if session.statistics is not None:
                        session.past.append(session.statistics)
                    session.statistics = self._kinds["session"].fold(session.statistics, event.type, traits, event.time)
            self._limit()
        return Appended(accepted, len(events) - accepted, unknown)

    def _limit(self) -> None:
        while len(self._sessions) > MAX_SESSIONS:
            del self._sessions[next(iter(self._sessions))]

    def _touch(self, name: str) -> _Session:
        """The session, made if new, moved behind the others: the idle ones stand first."""
        session = self._sessions.pop(name, None) or _Session(0.0)
        session.touched = self._clock()
        self._sessions[name] = session
        return session

    def affinities(
        self, identity: Identity, scope: Personalize, now: float, version: ProfileVersion | None = None
    ) -> Affinities:
        """This session's tastes; the long-term profile is never read at a kiosk."""
        with self._lock:
            self._sweep()
            is_known = identity.session in self._sessions
            session = self._touch(identity.session) if identity.session and is_known else _Session(0.0)
            found = session.statistics if version is None else session.at(version[1])
            known = combine(self._kinds, None, found if scope != "off" else None, now)
            return known if scope == "off" else replace(known, stated=session.stated)

    def last_visit(self, identity: Identity, now: float) -> float | None:
        """None: nobody has been at a kiosk before."""
        return None

    def remember(self, session: str, query_id: str, text: str) -> None:
        """Know, within a visit, what was searched for when events come back with its id."""
        with self._lock:
            self._sweep()
            asked = self._touch(session).asked
            asked[query_id] = text
            if len(asked) > MAX_SEARCHES:
                del asked[next(iter(asked))]
            self._limit()

    def text_of(self, session: str | None, query_id: str | None) -> str | None:
        """What a visit's search was for; None where nobody knows it any more."""
        with self._lock:
            self._sweep()
            visit = self._sessions.get(session or "")
            return None if visit is None else visit.asked.get(query_id or "")

    def searched(self, identity: Identity, scope: Personalize) -> list[Searched]:
        """What was searched for in this visit, the newest first."""
        with self._lock:
            self._sweep()
            visit = self._sessions.get(identity.session or "")
            return [] if visit is None or scope == "off" else list(visit.searched)

    def forget_query(self, session: str, text: str) -> int:
        """Take one query's words out of a visit; how many events held them."""
        with self._lock:
            self._sweep()
            visit = self._sessions.get(session)
            if visit is None:
                return 0
            visit.asked = {id: asked for id, asked in visit.asked.items() if asked != text}
            left = [one for one in visit.searched if one.text != text]
            gone = len(visit.searched) - len(left)
            visit.searched.clear()
            visit.searched.extend(left)
            return gone

    def state(self, session: str, change: Change) -> StatedTastes:
        """Change what a visit states; the statement. It is forgotten with the visit."""
        with self._lock:
            self._sweep()
            visit = self._touch(session)
            visit.stated = revised(visit.stated, change)
            self._limit()
            return visit.stated

    def stated(self, session: str) -> StatedTastes:
        """What a visit states; reading does not keep it alive."""
        with self._lock:
            self._sweep()
            return self._sessions[session].stated if session in self._sessions else NOTHING

    def forget(self, session: str) -> bool:
        """Wipe a session at once ("Neu starten"); True if there was one."""
        with self._lock:
            return self._sessions.pop(session, None) is not None

    def sweep(self) -> None:
        """Drop the sessions that have idled too long, also when no kiosk asks any more."""
        with self._lock:
            self._sweep()

    def __len__(self) -> int:
        with self._lock:
            self._sweep()
            return len(self._sessions)

    def _sweep(self) -> None:
        oldest_allowed = self._clock() - self._idle
        while self._sessions:
            name, session = next(iter(self._sessions.items()))
            if session.touched > oldest_allowed:
                return
            del self._sessions[name]
