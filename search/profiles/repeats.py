"""When do people buy again? Learned from the purchases of all shoppers, per product type, shrunk to "as always".

A shopper's purchases of a type within an hour of each other are one occasion. Of the type, per interval Δt since the
occasion before (`REPEAT_EDGES`), against the rate λ at which those who buy it buy it, over all their time:

    r_all    = (O + κ)         / (X · λ + κ)              O: occasions that followed another, X: days under way
    r(Δt)    = (O(Δt) + κ·r_all) / (X(Δt) · λ + κ)        so a durable falls at once, a consumable dips and rises

Of the same item, per Δt since it was last bought, against what its own lift expects of the occasion, which knows how
often it was bought, but not when (n_i: decayed count, p_i: share of the item in its type):

    L_i      = (n_i + κ_i) / (Σ n · p_i + κ_i)            e_i = p_i·L_i / max(1, Σ_bought p·L + 1 − Σ_bought p)
    r_i(Δt)  = (K(Δt) + κ · r_shop(Δt)) / (Σ e_i(Δt) + κ)  K: bought again; r_shop: the same of all types, shrunk to 1

`repeats` = O / (O + last occasions + κ) tells consumables from durables. Without purchases every ratio is 1.
"""

from __future__ import annotations

import zlib
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import numpy as np

from search.durable import replace_file
from search.settings import Personal
from search.types import Event, Hazards, Scores, Traits, TypeRepeats
from search.types.repeats import DAY_SECONDS, REPEAT_EDGES

#: Purchases within this time of each other are one occasion: an order, a visit to the shop.
OCCASION_SECONDS = 3_600.0
#: A sample of shoppers, drawn by a hash of their ids, with about so many purchases is enough.
MOST_PURCHASES = 200_000
BINS = len(REPEAT_EDGES) - 1

#: Shopper -> product type -> (time, item), by time.
Histories = Mapping[str, Mapping[str, list[tuple[float, str]]]]


@dataclass(slots=True)
class _Counts:
    """One type's sums: occasions after another and days under way per interval, occasions, days, last occasions; of
    items, bought again and expected per interval."""

    again: Scores = field(default_factory=lambda: np.zeros(BINS))
    under_way: Scores = field(default_factory=lambda: np.zeros(BINS))
    occasions: int = 0
    days: float = 0.0
    last: int = 0
    items: list[float] = field(default_factory=lambda: [0.0] * BINS)
    expected: list[float] = field(default_factory=lambda: [0.0] * BINS)


def interval_of(days: float) -> int:
    """Which interval of `REPEAT_EDGES` a time since a purchase lies in; the last one is open.

    >>> interval_of(0.0), interval_of(1.0), interval_of(1e6)
    (0, 1, 18)
    """
    return min(max(bisect_right(REPEAT_EDGES, days) - 1, 0), BINS - 1)


def histories_of(logged: Iterable[tuple[Event, Traits]]) -> Histories:
    """What each shopper bought, from a log; a sample of the shoppers where it is long."""
    bought: dict[str, dict[str, list[tuple[float, str]]]] = {}
    for event, traits in logged:
        if event.type == "purchase" and event.shopper and traits.item:
            kinds = bought.setdefault(event.shopper, {})
            kinds.setdefault(traits.product_type, []).append((event.time, traits.item))
    return sampled(bought)


def sampled(bought: Histories) -> Histories:
    """A sample of shoppers with about `MOST_PURCHASES`, drawn by a hash of their ids; their purchases by time."""
    sizes = {shopper: sum(map(len, kinds.values())) for shopper, kinds in bought.items()}
    kept: dict[str, dict[str, list[tuple[float, str]]]] = {}
    left = MOST_PURCHASES
    for shopper in sorted(bought, key=lambda id: (zlib.crc32(id.encode()), id)):
        if left <= 0:
            break
        kept[shopper] = {kind: sorted(items) for kind, items in bought[shopper].items()}
        left -= sizes[shopper]
    return kept


def learn_hazards(
    histories: Histories, share_of: Callable[[str], float | None], now: float, settings: Personal
) -> Hazards:
    """What purchases say about buying again.

    Args:
        share_of: item -> its share in its product type, 0..1; None for one that is not sold: it is left out.
        now: until when the shoppers were watched, seconds since 1970.
    """
    counts: dict[str, _Counts] = {}
    for kinds in histories.values():
        first = min(items[0][0] for items in kinds.values())
        for kind, items in kinds.items():
            into = counts.setdefault(kind, _Counts())
            into.days += max(now - first, 0.0) / DAY_SECONDS
            occasions = list(_occasions(items))
            _count_type(into, [time for time, _ in occasions], now)
            _count_items(into, occasions, share_of, settings)
    return _ratios(counts, settings.kappa_repeat)


def _occasions(items: list[tuple[float, str]]) -> Iterator[tuple[float, set[str]]]:
    start, together = items[0][0], set[str]()
    for time, item in items:
        if time - start > OCCASION_SECONDS:
            yield start, together
            start, together = time, set()
        together.add(item)
    yield start, together


def _count_type(into: _Counts, times: list[float], now: float) -> None:
    edges = np.array(REPEAT_EDGES)
    widths = np.append(np.diff(edges)[:-1], np.inf)
    gaps = np.diff(np.append(times, max(now, times[-1]))) / DAY_SECONDS
    into.under_way += np.clip(gaps[:, None] - edges[:-1], 0.0, widths).sum(0)
    for gap in gaps[:-1].tolist():
        into.again[interval_of(gap)] += 1
    into.occasions += len(times)
    into.last += 1


def _count_items(
    into: _Counts,
    occasions: list[tuple[float, set[str]]],
    share_of: Callable[[str], float | None],
    settings: Personal,
) -> None:
    half_life, kappa = settings.half_life_days * DAY_SECONDS, settings.kappa_item
    held: dict[str, tuple[float, float, float]] = {}  # item -> decayed count, last time, share
    total, before = 0.0, occasions[0][0]
    for time, items in occasions:
        fading = 2.0 ** (-(time - before) / half_life)
        total, before = total * fading, time
        held = {item: (count * fading, last, share) for item, (count, last, share) in held.items()}
        expected = {i: p * (n + kappa) / (total * p + kappa) for i, (n, _, p) in held.items()}
        most = max(1.0, sum(expected.values()) + 1.0 - sum(p for _, _, p in held.values()))
        for item, share in expected.items():
            at = interval_of((time - held[item][1]) / DAY_SECONDS)
            into.expected[at] += share / most
            into.items[at] += item in items
        for item in sorted(items):
            share = held[item][2] if item in held else share_of(item)
            if share is not None:
                held[item] = (held[item][0] + 1.0 if item in held else 1.0, time, share)
                total += 1.0


def _ratios(counts: Mapping[str, _Counts], kappa: float) -> Hazards:
    again = sum((np.array(of.items) for of in counts.values()), np.zeros(BINS))
    expected = sum((np.array(of.expected) for of in counts.values()), np.zeros(BINS))
    shop = (again + kappa) / (expected + kappa)
    found = {}
    for kind, of in sorted(counts.items()):
        due = of.under_way * (of.occasions / of.days if of.days > 0 else 0.0)
        ratio = (of.again.sum() + kappa) / (due.sum() + kappa)
        found[kind] = TypeRepeats(
            type_ratio=((of.again + kappa * ratio) / (due + kappa)).tolist(),
            item_ratio=((np.array(of.items) + kappa * shop) / (np.array(of.expected) + kappa)).tolist(),
            repeats=float(of.again.sum() / (of.again.sum() + of.last + kappa)),
            interval_days=_median(of.again),
        )
    return Hazards(found)


def _median(again: Scores) -> float:
    """The median time between two occasions, in days: within its interval, in proportion; 0 without any."""
    total = float(again.sum())
    if not total:
        return 0.0
    below = np.concatenate([[0.0], np.cumsum(again)]) / total
    return float(np.interp(0.5, below, REPEAT_EDGES))


# --- on disk ---


def read_hazards(path: Path) -> Hazards:
    """What was learned last; nothing where there is no such file, or none that can be read: it is learned anew."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Hazards)
    except (OSError, msgspec.MsgspecError):
        return Hazards()


def write_hazards(path: Path, hazards: Hazards) -> None:
    """Keep it."""
    replace_file(path, msgspec.json.encode(hazards))
