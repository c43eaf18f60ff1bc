"""Erasing: whatever is stored of a shopper, a visit or a device, and their share in what others have.

What a shopper's profile is summed over goes with it: their other accounts, and what was done signed out on linked
devices and visits. A device or visit that somebody else is linked to as well stays with them; only the link goes.
"""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from search.profiles.eventlog import Counting, refolded
from search.profiles.links import people_of, view_of
from search.profiles.sources import LONG_TERM, Key, logged, sources_of
from search.profiles.stated import forget
from search.profiles.statistics import Statistics
from search.profiles.tables import CHECKPOINTS, EVENTS, LINKS
from search.types import Event


@dataclass(frozen=True, slots=True)
class Erased:
    """What was removed, every profile that is another one now (None: none is left), and the ids that are forgotten."""

    events: int
    rows: int
    profiles: dict[Key, Statistics | None]
    names: frozenset[str]


def erase(connection: sa.Connection, id: str, counting: Counting) -> Erased:
    """Delete all that bears an id, or is linked to the shopper of that name; fold anew what others share in it.

    An erased shopper's sessions must not keep what they learned from them, nor the other way round.
    """
    linked = _linked(connection, id)
    named = [EVENTS.c.shopper == id, EVENTS.c.session == id, EVENTS.c.device == id]
    theirs = sa.or_(*named, *(logged(key) for key in sorted(linked)))
    met = _met(connection, theirs)
    events = connection.execute(EVENTS.delete().where(theirs)).rowcount
    gone = linked | {(kind, id) for kind in (*LONG_TERM, "session")}
    forgotten = gone | {key for key in met if key[0] == "session"}
    rows = sum(connection.execute(CHECKPOINTS.delete().where(_is(key))).rowcount for key in forgotten)
    people = [name for kind, name in gone if kind == "shopper"]
    theirs = sa.or_(LINKS.c.shopper.in_([id, *people]), LINKS.c.id.in_([id, *people]))
    rows += connection.execute(LINKS.delete().where(theirs)).rowcount
    names = frozenset({id, *(name for _, name in gone)})
    rows += forget(connection, names)
    changed = {key: refolded(connection, key, counting) for key in sorted(met | gone)}
    return Erased(events, rows, changed, names)


def _linked(connection: sa.Connection, shopper: str) -> set[Key]:
    """What goes along with a shopper: all that their profile is summed over, but what others are linked to too."""
    people = people_of(connection, shopper)
    others = sa.select(LINKS.c.source, LINKS.c.id).where(LINKS.c.undone.is_(None), LINKS.c.shopper.not_in(people))
    shared = {("visit" if source == "session" else source, id) for source, id in connection.execute(others)}
    return {key for key in view_of(connection, shopper).sources if key not in shared}


def _met(connection: sa.Connection, theirs: sa.ColumnElement[bool]) -> set[Key]:
    """The sources that the events are counted in."""
    columns = (EVENTS.c.shopper, EVENTS.c.session, EVENTS.c.device)
    found: set[Key] = set()
    for shopper, session, device in connection.execute(sa.select(*columns).where(theirs).distinct()):
        event = Event(event_id="", type="view", product_id="", time=0, shopper=shopper, session=session, device=device)
        found |= set(sources_of(event))
    return found


def _is(key: Key) -> sa.ColumnElement[bool]:
    return sa.and_(CHECKPOINTS.c.kind == key[0], CHECKPOINTS.c.id == key[1])
