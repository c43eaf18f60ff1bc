"""Which counters an event belongs to, and how the counters of several sources read as one profile.

Every event is counted in one long-term source, the surest that it names: the shopper, else the device, else the visit.
And it is counted in the short-term profile of its visit. Nothing is ever counted in another source because somebody
found out later whose it was: sources are summed when they are read, so a merge changes no counter, and undoing it gives
both back bit for bit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec
import sqlalchemy as sa

from search.profiles import lists
from search.profiles.sizes import add as add_sizes
from search.profiles.statistics import Kind, Statistics
from search.profiles.tables import EVENTS
from search.types import Event, Source

#: ("shopper" | "device" | "visit", id): long-term counters of one source. ("session", id): a visit's short-term ones;
#: ("part", id, shopper or ""): the share that one of several people has in a visit, folded from the log.
Key = tuple[str, ...]
LONG_TERM = ("shopper", "device", "visit")


@dataclass(frozen=True, slots=True)
class View:
    """Sources that are read as one profile. `mark` is another number whenever they are others; 0: nothing is summed."""

    sources: tuple[Key, ...] = ()
    mark: int = 0


def counting(kinds: Mapping[str, Kind]) -> dict[str, Kind]:
    """How each sort of source counts: long-term as a shopper, or as a session."""
    return {**dict.fromkeys(LONG_TERM, kinds["shopper"]), **dict.fromkeys(("session", "part"), kinds["session"])}


def sources_of(event: Event) -> list[Key]:
    """The counters that an event is folded into.

    >>> sources_of(Event(event_id="e", type="view", product_id="P1", time=0, session="s", device="d"))
    [('device', 'd'), ('session', 's')]
    """
    named = (("shopper", event.shopper), ("device", event.device), ("visit", event.session))
    surest = next(((kind, id) for kind, id in named if id), None)
    visit = ("session", event.session) if event.session else None
    return [key for key in (surest, visit) if key]


def source_key(source: Source, id: str) -> Key:
    """The long-term counters behind a linked id."""
    return ("visit" if source == "session" else source, id)


def logged(key: Key) -> sa.ColumnElement[bool]:
    """The events in the log that are counted in a source."""
    kind, id, nobody = key[0], key[1], EVENTS.c.shopper.is_(None)
    if kind == "shopper":
        return EVENTS.c.shopper == id
    if kind == "device":
        return sa.and_(EVENTS.c.device == id, nobody)
    if kind == "visit":
        return sa.and_(EVENTS.c.session == id, EVENTS.c.device.is_(None), nobody)
    whose = EVENTS.c.session == id
    return whose if kind == "session" else sa.and_(whose, EVENTS.c.shopper == key[2] if key[2] else nobody)


def merged(kind: Kind, parts: Sequence[Statistics]) -> Statistics | None:
    """Several sources' counters as one: O(v) = Σ O_i(v) · 2^((t0_i − t0)/h), t0 the latest origin; N likewise.

    One source is handed on as it is. The order of the sources decides the last bits of the sums, so keep it.

    Args:
        kind: how all of them count.

    Returns:
        None without any.
    """
    if len(parts) <= 1:
        return parts[0] if parts else None
    total = Statistics(t0=max(part.t0 for part in parts))
    for part in parts:
        _add(total, part, 2.0 ** max(-1000.0, (part.t0 - total.t0) / kind.half_life_s))
    gains: dict[str, tuple[float, float]] = {}
    for part in parts:
        for name, (worth, time) in part.gains.items():
            gains = kind.credit.added(gains, {name: worth}, time)
    aside = merged(kind, [part.aside for part in parts if part.aside is not None])
    count = sum(part.count for part in parts)
    return msgspec.structs.replace(total, count=count, gains=gains, aside=aside)


def _add(into: Statistics, part: Statistics, factor: float) -> None:
    """Write a source's counters, as of the sum's origin, into a sum that nobody else holds."""
    for attribute, types in part.events.items():
        _sum(into.events.setdefault(attribute, {}), types, factor)
    for attribute, values in part.observed.items():
        counts = into.observed.setdefault(attribute, {})
        for value, types in values.items():
            _sum(counts.setdefault(value, {}), types, factor)
    for attribute, times in part.last_seen.items():
        seen = into.last_seen.setdefault(attribute, {})
        for value, time in times.items():
            seen[value] = max(time, seen.get(value, time))
    for kind, items in part.bought.items():
        bought = into.bought.setdefault(kind, {})
        for item, (count, last) in items.items():
            before, latest = bought.get(item, (0.0, last))
            bought[item] = (before + count * factor, max(last, latest))
    add_sizes(into.sizes, part.sizes, factor)
    lists.add(into.shown, part.shown, factor)


def _sum(into: dict[str, float], counts: Mapping[str, float], factor: float) -> None:
    for name, count in counts.items():
        into[name] = into.get(name, 0.0) + count * factor
