"""What somebody searched for, read from the log and taken out of it.

The words stand beside the events that followed the search. Taking them out leaves the events, which taught what they
taught without them: no profile changes.

A query counts Σ over its searches of 2^(−age / h), h = 14 days: what is repeated before what was once, what is new
before what is old. All events of one search (`query_id`) are one; without an id, those within half an hour.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec
import sqlalchemy as sa

from search.profiles.eventlog import event_from
from search.profiles.exporting import theirs_of
from search.profiles.sources import View, logged
from search.profiles.tables import EVENTS
from search.types import OwnQuery, Searched

DAY_SECONDS = 86_400.0
HALF_LIFE_SECONDS = 14 * DAY_SECONDS
#: Events without the id of a search are one search within so long.
SAME_SECONDS = 1_800.0
#: So many of the last events of a source are looked at: an answer while somebody types cannot read years.
MOST_EVENTS = 200


def own_queries(searched: Iterable[Searched], now: float) -> list[OwnQuery]:
    """Queries with how often and when they were searched for, what counts most first; ties by recency, then text.

    Args:
        now: seconds since 1970.

    >>> found = own_queries([Searched("rock", 50.0, "b"), Searched("rock", 40.0, "b"), Searched("hut", 60.0)], 60.0)
    >>> [(query.text, query.searches, query.last) for query in found]
    [('hut', 1, 60.0), ('rock', 1, 50.0)]
    """
    by_text: dict[str, list[Searched]] = {}
    for one in sorted(searched, key=lambda one: (one.time, one.query_id or "")):
        by_text.setdefault(one.text, []).append(one)
    found = [_own_query(text, those, now) for text, those in by_text.items()]
    return sorted(found, key=lambda query: (-round(query.weight, 6), -query.last, query.text))


def _own_query(text: str, searched: Sequence[Searched], now: float) -> OwnQuery:
    """`searched` of one text, the oldest first."""
    times, known = list[float](), set[str]()
    for one in searched:
        is_same = one.query_id in known if one.query_id else bool(times) and one.time - times[-1] <= SAME_SECONDS
        if is_same:
            times[-1] = one.time
        else:
            times.append(one.time)
        known |= {one.query_id} if one.query_id else set()
    weight = sum(2.0 ** (-max(0.0, now - time) / HALF_LIFE_SECONDS) for time in times)
    return OwnQuery(text, len(times), searched[-1].time, weight)


def searched_in(connection: sa.Connection, views: Iterable[View]) -> list[Searched]:
    """What was searched for in the last events of each source of some views, the newest first.

    Source by source, so that each is read along its own index: one OR over all reads the whole log where somebody was
    long away (16 ms of 100,000 events).
    """
    sources = {key for view in views for key in view.sources}
    found = [one for key in sorted(sources) for one in _searched(connection, logged(key), MOST_EVENTS)]
    return sorted(found, key=lambda one: -one.time)


def searched_under(connection: sa.Connection, id: str) -> list[Searched]:
    """All that was searched for under an id, and by the shopper of that name with what is linked to them."""
    return _searched(connection, theirs_of(connection, id), None)


def _searched(connection: sa.Connection, whose: sa.ColumnElement[bool], most: int | None) -> list[Searched]:
    rows = sa.select(EVENTS.c.event).where(whose).order_by(EVENTS.c.number.desc()).limit(most)
    events = map(event_from, connection.execute(rows).scalars())
    return [Searched(event.query, event.time, event.query_id) for event in events if event.query]


def forget_query(connection: sa.Connection, id: str, text: str, session: str | None = None) -> list[str | None]:
    """Take one query's words out of somebody's events; the ids of the searches, one for each event that held them.

    Args:
        id: shopper, visit or device.
        text: as it is logged.
        session: a visit of theirs, in which they may not have been signed in yet.
    """
    whose = theirs_of(connection, id)
    if session is not None:
        not_others = sa.or_(EVENTS.c.shopper.is_(None), EVENTS.c.shopper == id)
        whose = sa.or_(whose, sa.and_(EVENTS.c.session == session, not_others))
    rows = connection.execute(sa.select(EVENTS.c.number, EVENTS.c.event).where(whose)).all()
    held = [(number, event) for number, event in ((row[0], event_from(row[1])) for row in rows) if event.query == text]
    for number, event in held:
        blob = msgspec.msgpack.encode(msgspec.structs.replace(event, query=None))
        connection.execute(EVENTS.update().where(EVENTS.c.number == number).values(event=blob))
    return [event.query_id for _, event in held]
