"""Everybody's long-term profile, person by person: linked accounts as one, without the tastes that were switched off.

Only what was told with consent "account" or "full" bears a shopper's id, so nobody else is among them.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import sqlalchemy as sa

from search.profiles.eventlog import statistics_from
from search.profiles.sources import merged
from search.profiles.stated import STATED
from search.profiles.statistics import Kind, Statistics
from search.profiles.tables import LINKS, PROFILES
from search.types import StatedTastes


def each_person(connection: sa.Connection, kind: Kind) -> Iterator[tuple[str, Statistics]]:
    """Id and counters of each person: of several accounts the first id, and the sum of their counters."""
    first, off = _first_accounts(connection), _switched_off(connection)
    several: dict[str, list[Statistics]] = {}
    rows = sa.select(PROFILES.c.id, PROFILES.c.statistics).where(PROFILES.c.kind == "shopper").order_by(PROFILES.c.id)
    for id, blob in connection.execute(rows):
        statistics = _without(statistics_from(blob), off.get(id, ()))
        if id in first:
            several.setdefault(first[id], []).append(statistics)
        else:
            yield id, statistics
    for id, parts in several.items():
        together = merged(kind, parts)
        if together is not None:
            yield id, together


def _first_accounts(connection: sa.Connection) -> dict[str, str]:
    """Each linked account -> the first one, by name, of the same person."""
    linked = sa.select(LINKS.c.shopper, LINKS.c.id).where(LINKS.c.source == "shopper", LINKS.c.undone.is_(None))
    groups: dict[str, set[str]] = {}
    for one, other in connection.execute(linked):
        together = groups.get(one, {one}) | groups.get(other, {other})
        groups.update(dict.fromkeys(together, together))
    return {name: min(together) for name, together in groups.items()}


def _switched_off(connection: sa.Connection) -> dict[str, list[str]]:
    """Who switched tastes off, and which: these must not teach others either."""
    rows = connection.execute(sa.select(STATED.c.id, STATED.c.statement))
    found = ((id, msgspec.msgpack.decode(blob, type=StatedTastes).off) for id, blob in rows)
    return {id: off for id, off in found if off}


def _without(statistics: Statistics, off: list[str] | tuple[()]) -> Statistics:
    if not off:
        return statistics
    kept = [name for name in statistics.observed if name not in off]
    return msgspec.structs.replace(
        statistics,
        observed={name: statistics.observed[name] for name in kept},
        events={name: statistics.events[name] for name in kept},
        shown={name: statistics.shown[name] for name in kept if name in statistics.shown},
    )
