"""All that is stored of a shopper, a visit or a device, read for the person themself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import sqlalchemy as sa

from search.profiles.eventlog import event_from, statistics_from, traits_from
from search.profiles.links import people_of, view_of
from search.profiles.sources import Key, logged, sources_of
from search.profiles.stated import statement_of
from search.profiles.statistics import Statistics
from search.profiles.tables import EVENTS, LINKS, PROFILES
from search.types import Event, StatedTastes, Traits


@dataclass(frozen=True, slots=True)
class Stored:
    """Events with what each says about tastes, in the order in which they came in; the counters; rows of links; and
    what was stated, by id.

    Links: (number, shopper, source, id, since, undone or None), those that were undone too.
    """

    events: list[tuple[Event, Traits | None]]
    counters: list[tuple[Key, Statistics]]
    links: list[tuple]
    statements: dict[str, StatedTastes]


def theirs_of(connection: sa.Connection, id: str) -> sa.ColumnElement[bool]:
    """The events that bear an id, or are the shopper's of that name by a link."""
    named = (EVENTS.c.shopper == id, EVENTS.c.session == id, EVENTS.c.device == id)
    return sa.or_(*named, *(logged(key) for key in view_of(connection, id).sources))


def stored_of(connection: sa.Connection, id: str) -> Stored:
    """What is stored under an id, and of the shopper of that name with all that is linked to them.

    The short-term counters of a visit that others have used are theirs as well, and left out.
    """
    people, sources = people_of(connection, id), view_of(connection, id).sources
    theirs = theirs_of(connection, id)
    rows = connection.execute(sa.select(EVENTS.c.event, EVENTS.c.traits).where(theirs).order_by(EVENTS.c.number))
    events = [(event_from(blob), None if said is None else traits_from(said)) for blob, said in rows]
    keys = {*sources, ("device", id), ("visit", id), ("session", id)}
    keys |= {key for event, _ in events for key in sources_of(event) if key[0] == "session"}
    own = sorted(key for key in keys if key[0] != "session" or _is_own(connection, key, people, id))
    counters = [(key, statistics) for key in own if (statistics := _counters(connection, key)) is not None]
    touching = sa.or_(LINKS.c.shopper.in_(people), LINKS.c.id.in_([id, *people]))
    links = connection.execute(sa.select(LINKS).where(touching).order_by(LINKS.c.number))
    told = {name: statement_of(connection, name) for name in sorted({id, *people, *(key[1] for key in own)})}
    said = {name: statement for name, statement in told.items() if not statement.is_empty}
    return Stored(events, counters, [tuple(row) for row in links], said)


def _counters(connection: sa.Connection, key: Key) -> Statistics | None:
    found = sa.select(PROFILES.c.statistics).where(PROFILES.c.kind == key[0], PROFILES.c.id == key[1])
    blob = connection.execute(found).scalar()
    return None if blob is None else statistics_from(blob)


def _is_own(connection: sa.Connection, key: Key, people: set[str], id: str) -> bool:
    whose = sa.select(EVENTS.c.shopper).where(logged(key), EVENTS.c.shopper.is_not(None)).distinct()
    return key[1] == id or people >= set(connection.execute(whose).scalars())


def iso(seconds: float) -> str:
    """Seconds since 1970 as ISO 8601 in UTC; the nearest end of the calendar where it lies outside.

    >>> iso(0.5), iso(-1e15)
    ('1970-01-01T00:00:00+00:00', '0001-01-01T00:00:00+00:00')
    """
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
    except (ValueError, OverflowError, OSError):
        end = datetime.max if seconds > 0 else datetime.min
        return end.replace(tzinfo=UTC).isoformat(timespec="seconds")
