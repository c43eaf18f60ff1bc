"""The log of events read again: profiles folded anew, as they are now or as they once were.

A profile is its checkpoint, which holds the events whose time in the log is over, and then the log since, in its order.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import msgspec
import sqlalchemy as sa

from search.profiles.sources import Key, View, logged, sources_of
from search.profiles.statistics import Kind, Statistics
from search.profiles.tables import CHECKPOINTS, EVENTS
from search.types import Event, Traits

_STATISTICS = msgspec.msgpack.Decoder(Statistics)
_EVENT = msgspec.msgpack.Decoder(Event)
_TRAITS = msgspec.msgpack.Decoder(Traits)
Counting = Mapping[str, Kind]
Told = tuple[Event, Traits]


def statistics_from(blob: bytes) -> Statistics:
    """Counters as they are stored."""
    return _STATISTICS.decode(blob)


def event_from(blob: bytes) -> Event:
    """An event as it is logged."""
    return _EVENT.decode(blob)


def traits_from(blob: bytes) -> Traits:
    """What an event was taken to say about tastes, as it is logged."""
    return _TRAITS.decode(blob)


def teaching(connection: sa.Connection, of: sa.ColumnElement[bool], most: int | None = None) -> Iterator[Told]:
    """The logged events that say something about tastes, in the order in which they came in."""
    query = sa.select(EVENTS.c.event, EVENTS.c.traits).where(of, EVENTS.c.traits.is_not(None))
    for blob, traits in connection.execute(query.order_by(EVENTS.c.number).limit(most)):
        yield _EVENT.decode(blob), _TRAITS.decode(traits)


def checkpoint(connection: sa.Connection, key: Key) -> Statistics | None:
    """What a source's pruned events have left behind; None where none was pruned."""
    found = sa.and_(CHECKPOINTS.c.kind == key[0], CHECKPOINTS.c.id == key[1])
    blob = None if key[0] == "part" else connection.execute(sa.select(CHECKPOINTS.c.statistics).where(found)).scalar()
    return None if blob is None else _STATISTICS.decode(blob)


def refolded(connection: sa.Connection, key: Key, counting: Counting) -> Statistics | None:
    """One source, folded anew."""
    return _fold(counting[key[0]], checkpoint(connection, key), teaching(connection, logged(key)))


def rebuilt(connection: sa.Connection, counting: Counting) -> dict[Key, Statistics]:
    """Every source, folded anew: what the stored ones must equal."""
    held = connection.execute(sa.select(CHECKPOINTS.c.kind, CHECKPOINTS.c.id, CHECKPOINTS.c.statistics))
    profiles: dict[Key, Statistics] = {(kind, id): _STATISTICS.decode(blob) for kind, id, blob in held}
    for event, traits in teaching(connection, sa.true()):
        for key in sources_of(event):
            profiles[key] = counting[key[0]].fold(profiles.get(key), event.type, traits, event.time)
    return profiles


def first(connection: sa.Connection, view: View, count: int, counting: Counting) -> list[Statistics] | None:
    """The sources of a view as they were when they held so many events together; None where that is pruned."""
    began = {key: checkpoint(connection, key) for key in view.sources}
    left = count - sum(held.count for held in began.values() if held)
    if left < 0:
        return None
    came: dict[Key, list[Told]] = {key: [] for key in view.sources}
    for event, traits in teaching(connection, sa.or_(*map(logged, view.sources)), left):
        for key in _counted_in(event, view):
            came[key].append((event, traits))
    states = (_fold(counting[key[0]], began[key], told) for key, told in came.items())
    return [state for state in states if state is not None]


def _counted_in(event: Event, view: View) -> Iterable[Key]:
    """A part of a visit stands alone in its view, and whatever was asked for is its own."""
    return view.sources if view.sources[0][0] == "part" else (key for key in sources_of(event) if key in view.sources)


def _fold(kind: Kind, since: Statistics | None, told: Iterable[Told]) -> Statistics | None:
    return kind.fold_all(since, ((event.type, traits, event.time) for event, traits in told))
