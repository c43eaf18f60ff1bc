"""Retention: events leave the log when their time is over, and what they taught stays as a checkpoint.

The log is pruned from its beginning, up to the first event that may stay: so a profile is its checkpoint and then the
log since, in the order in which everything was folded at first, and is rebuilt bit for bit. An event that came in late
waits for those that came in before it, at most as long again. A visit's own profile ends with its last event.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec
import sqlalchemy as sa

from search.profiles.eventlog import Counting, checkpoint, event_from, traits_from
from search.profiles.sources import Key, logged, sources_of
from search.profiles.statistics import Statistics
from search.profiles.tables import CHECKPOINTS, EVENTS, LINKS

#: Events that one transaction takes out, so that nobody waits long for the writer.
PORTION = 2_000


@dataclass(slots=True)
class Pruned:
    """How many events have left, and which profiles ended with them."""

    events: int = 0
    ended: set[Key] = field(default_factory=set)


def prune(connection: sa.Connection, before: float, counting: Counting) -> Pruned:
    """Take a portion of the events that happened before a moment (seconds since 1970) out of the log."""
    pruned, last = Pruned(), 0
    held: dict[Key, Statistics | None] = {}
    query = sa.select(EVENTS.c.number, EVENTS.c.event, EVENTS.c.traits).order_by(EVENTS.c.number).limit(PORTION)
    for number, blob, said in connection.execute(query).all():
        event = event_from(blob)
        if event.time >= before:
            break
        pruned.events, last = pruned.events + 1, number
        for key in sources_of(event) if said is not None else ():
            old = held[key] if key in held else checkpoint(connection, key)
            held[key] = counting[key[0]].fold(old, event.type, traits_from(said), event.time)
    if pruned.events:
        connection.execute(EVENTS.delete().where(EVENTS.c.number <= last))
        pruned.ended = {key for key in held if _ends(connection, key)}
        _save(connection, {key: None if key in pruned.ended else statistics for key, statistics in held.items()})
    return pruned


def _ends(connection: sa.Connection, key: Key) -> bool:
    """A visit is over once nothing of it is left in the log; its long-term counters stay if somebody linked it."""
    if key[0] not in ("session", "visit"):
        return False
    rest = connection.execute(sa.select(EVENTS.c.number).where(logged(key), EVENTS.c.traits.is_not(None)).limit(1))
    if rest.first() is not None:
        return False
    linked = sa.select(LINKS.c.number).where(
        LINKS.c.source == "session", LINKS.c.id == key[1], LINKS.c.undone.is_(None)
    )
    return key[0] == "session" or connection.execute(linked.limit(1)).first() is None


def _save(connection: sa.Connection, held: dict[Key, Statistics | None]) -> None:
    for (kind, id), statistics in held.items():
        connection.execute(CHECKPOINTS.delete().where(CHECKPOINTS.c.kind == kind, CHECKPOINTS.c.id == id))
        if statistics is not None:
            row = {"kind": kind, "id": id, "statistics": msgspec.msgpack.encode(statistics)}
            connection.execute(CHECKPOINTS.insert(), row)
