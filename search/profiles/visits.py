"""When was somebody here before this visit? Read from the log, with the leave that the request gives.

A visit ends with half an hour without an event, as web analytics count them; what bears the id of the visit that asks
belongs to it for half a day, however long somebody read in between. Where the log no longer holds an earlier event, the
newest one that was pruned counts.
"""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from search.profiles import eventlog
from search.profiles.sources import View, logged
from search.profiles.tables import EVENTS

GAP_SECONDS = 1_800.0
#: A visit's id belongs to one visit for so long; some shops give browsers an id for years.
LONGEST_VISIT_SECONDS = 43_200.0
#: So many of the last events are looked at, first the fewer; a visit of more is looked at no further.
FIRST_EVENTS, MOST_EVENTS = 20, 200


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


def last_visit(connection: sa.Connection, view: View, session: str | None, now: float) -> float | None:
    """When somebody's last visit ended.

    Args:
        view: the sources that are theirs.
        session: the visit that asks; None where its id does not tell visits apart.
    """
    for most in (FIRST_EVENTS, MOST_EVENTS):
        events = _newest(connection, view, most)
        if (found := end_of_last(events, session, now)) is not None or len(events) < most:
            break
    if found is None and len(events) < MOST_EVENTS:
        pruned = [eventlog.checkpoint(connection, key) for key in view.sources]
        events += [(held.newest, None) for held in pruned if held is not None and held.newest]
        found = end_of_last(events, session, now)
    return found


def _newest(connection: sa.Connection, view: View, most: int) -> list[tuple[float, str | None]]:
    """Time and session of the last events that came in."""
    query = sa.select(EVENTS.c.event).where(sa.or_(*map(logged, view.sources)))
    blobs = connection.execute(query.order_by(EVENTS.c.number.desc()).limit(most)).scalars()
    return [(event.time, event.session) for event in map(eventlog.event_from, blobs)]
