"""When was somebody here before this visit? Read from the log, with the leave that the request gives.

A visit ends with half an hour without an event, as web analytics count them; what bears the id of the visit that asks
belongs to it for half a day, however long somebody read in between. Where the log no longer holds an earlier event, the
newest one that was pruned counts.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import sqlalchemy as sa

from search.profiles import eventlog
from search.profiles.sources import Key, View, logged
from search.profiles.tables import EVENTS

GAP_SECONDS = 1_800.0
#: A visit's id belongs to one visit for so long; some shops give browsers an id for years.
LONGEST_VISIT_SECONDS = 43_200.0
#: So many of the last events are looked at, first the fewer; a visit of more is looked at no further.
FIRST_EVENTS, MOST_EVENTS = 20, 200
#: People of whom it is known without asking the disk.
CACHED = 10_000


def end_of_last(events: Iterable[tuple[float, str | None]], session: str | None, now: float) -> float | None:
    """When the visit before this one ended, seconds since 1970; None where there was none.

    Args:
        events: time and session of each; later ones than `now` do not count.
        session: the visit that asks.

    >>> end_of_last([(0.0, "a"), (100.0, "a"), (90_000.0, "b"), (93_000.0, "b")], "b", 95_000.0)
    100.0
    """
    before = now
    for time, of in sorted((event for event in events if event[0] <= now), reverse=True):
        own = session is not None and of == session and now - time <= LONGEST_VISIT_SECONDS
        if not own and before - time > GAP_SECONDS:
            return time
        before = time
    return None


@dataclass(frozen=True, slots=True)
class LastEvents:
    """Time and session of the last events of somebody, the newest first as they came in.

    `asked` is how many were asked for; where there are fewer, they are all, and `pruned` are the times of what the log
    no longer holds.
    """

    events: tuple[tuple[float, str | None], ...]
    asked: int
    pruned: tuple[float, ...] = ()

    def tells(self, most: int) -> bool:
        """Whether it has so many, if there are."""
        return self.asked >= most or len(self.events) < self.asked


class VisitBook:
    """When people were here last, known of those who asked lately until more of them comes in.

    Args:
        reading: runs a function over a connection.
    """

    def __init__(self, reading: Callable[[Callable[[sa.Connection], LastEvents]], LastEvents]):
        self._reading = reading
        self._lock = threading.Lock()
        self._known: dict[View, LastEvents] = {}
        self._of: dict[Key, set[View]] = {}
        self._published = 0

    def last_visit(self, view: View, session: str | None, now: float) -> float | None:
        """When somebody's last visit ended.

        Args:
            view: the sources that are theirs.
            session: the visit that asks; None where its id does not tell visits apart.
        """
        for most in (FIRST_EVENTS, MOST_EVENTS):
            held = self._last_events(view, most)
            events = held.events[:most]
            if (found := end_of_last(events, session, now)) is not None or len(events) < most:
                break
        if found is None and len(events) < MOST_EVENTS:
            found = end_of_last([*events, *((time, None) for time in held.pruned)], session, now)
        return found

    def _last_events(self, view: View, most: int) -> LastEvents:
        with self._lock:
            known, published = self._known.get(view), self._published
        if known is not None and known.tells(most):
            return known
        found = self._reading(lambda connection: _read(connection, view, most))
        with self._lock:
            if published == self._published:  # else somebody else was faster, and this may be stale
                self._keep(view, found)
        return found

    def _keep(self, view: View, found: LastEvents) -> None:
        self._known.pop(view, None)
        self._known[view] = found
        for key in view.sources:
            self._of.setdefault(key, set()).add(view)
        while len(self._known) > CACHED:
            self._forget(next(iter(self._known)))

    def _forget(self, view: View) -> None:
        self._known.pop(view, None)
        for key in view.sources:
            if views := self._of.get(key):
                views.discard(view)
                if not views:
                    del self._of[key]

    def published(self, came: Iterable[Key], erased: bool) -> None:
        """Know no more of whom events came in; of nobody, where some were erased."""
        with self._lock:
            self._published += 1
            if erased:
                self._known.clear()
                self._of.clear()
            for key in came:
                for view in list(self._of.get(key, ())):
                    self._forget(view)


def _read(connection: sa.Connection, view: View, most: int) -> LastEvents:
    query = sa.select(EVENTS.c.event).where(sa.or_(*map(logged, view.sources)))
    blobs = connection.execute(query.order_by(EVENTS.c.number.desc()).limit(most)).scalars()
    events = tuple((event.time, event.session) for event in map(eventlog.event_from, blobs))
    if len(events) >= most:
        return LastEvents(events, most)
    pruned = [eventlog.checkpoint(connection, key) for key in view.sources]
    return LastEvents(events, most, tuple(held.newest for held in pruned if held is not None and held.newest))
