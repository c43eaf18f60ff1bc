"""The event log, read: each event about a known product with its traits, in the order in which they were stored."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import sqlalchemy as sa

from search.profiles.tables import EVENTS
from search.types import Event, Traits

_EVENT = msgspec.msgpack.Decoder(Event)
_TRAITS = msgspec.msgpack.Decoder(Traits)


def logged(
    connection: sa.Connection, of: sa.ColumnElement[bool], most: int | None = None
) -> Iterator[tuple[Event, Traits]]:
    """The first `most` events that a condition chooses; all without."""
    query = sa.select(EVENTS.c.event, EVENTS.c.traits).where(of, EVENTS.c.traits.is_not(None))
    for blob, traits in connection.execute(query.order_by(EVENTS.c.number).limit(most)):
        yield _EVENT.decode(blob), _TRAITS.decode(traits)
