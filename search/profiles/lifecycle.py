"""Is it somebody's first purchase or their fifth? Counted from what was bought and kept.

Purchases within an hour are one occasion, as for buying again (`search/profiles/repeats.py`). What was sent back was
not bought: a return takes the last purchase of its item away, and an occasion of which nothing is left does not count.
Of what has left the log each item's last purchase is known, so a long past counts as at least so many occasions.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import sqlalchemy as sa

from search.profiles.eventlog import checkpoint, event_from, traits_from
from search.profiles.links import view_of
from search.profiles.repeats import OCCASION_SECONDS
from search.profiles.sources import Key, logged
from search.profiles.statistics import Kind
from search.profiles.tables import EVENTS
from search.types import Lifecycle

#: The least occasions of each state; the fifth purchase makes a regular.
STATES: tuple[tuple[int, Lifecycle], ...] = ((5, "regular"), (2, "returning"), (1, "first"), (0, "new"))


class Change(NamedTuple):
    """An item was bought, or (`is_return`) sent back; `time` in seconds since 1970."""

    time: float
    item: str
    is_return: bool


def lifecycle_of(occasions: int) -> Lifecycle:
    """The state of somebody who bought on so many occasions.

    >>> [lifecycle_of(occasions) for occasions in (0, 1, 2, 4, 5, 50)]
    ['new', 'first', 'returning', 'returning', 'regular', 'regular']
    """
    return next(state for least, state in STATES if occasions >= least)


def count_occasions(changes: Iterable[Change]) -> int:
    """On how many occasions something was bought that was kept.

    >>> count_occasions([Change(0, "a", False), Change(60, "b", False), Change(90_000, "a", False)])
    2
    >>> count_occasions([Change(0, "a", False), Change(60, "b", False), Change(99, "a", True), Change(100, "b", True)])
    0
    """
    kept: dict[str, list[float]] = {}
    for time, item, is_return in sorted(changes):
        times = kept.setdefault(item, [])
        if not is_return:
            times.append(time)
        elif times:
            times.pop()
    found, began = 0, float("-inf")
    for time in sorted(time for times in kept.values() for time in times):
        if time - began > OCCASION_SECONDS:
            found, began = found + 1, time
    return found


def occasions_of(connection: sa.Connection, id: str, kind: Kind, now: float) -> int:
    """On how many occasions somebody bought: a shopper with all that is linked to them, a device, or a visit.

    Args:
        kind: how long-term counters count.
        now: seconds since 1970.
    """
    keys = (*view_of(connection, id).sources, ("device", id), ("visit", id))
    return count_occasions([*_pruned(connection, keys, kind, now), *_logged(connection, keys)])


def _logged(connection: sa.Connection, keys: Sequence[Key]) -> Iterable[Change]:
    rows = sa.select(EVENTS.c.event, EVENTS.c.traits).where(sa.or_(*map(logged, keys))).order_by(EVENTS.c.number)
    for blob, said in connection.execute(rows):
        event = event_from(blob)
        if event.type in ("purchase", "return"):
            item = traits_from(said).item if said is not None else ""
            yield Change(event.time, item or event.product_id, event.type == "return")


def _pruned(connection: sa.Connection, keys: Sequence[Key], kind: Kind, now: float) -> Iterable[Change]:
    """What checkpoints still know: the last purchase of each item that was kept."""
    for key in keys:
        held = checkpoint(connection, key)
        purchases = None if held is None else kind.purchases(held, now)
        if held is None or purchases is None:
            continue
        for product_type, items in held.bought.items():
            for item in purchases.of(product_type):
                yield Change(items[item][1], item, False)
