"""Buying again: what one shopper bought and when, and what all shoppers' purchases say about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import msgspec

#: Bounds of the intervals Δt since a purchase, in days: 0–1, then half-octaves up to a year and a half.
REPEAT_EDGES = (0.0, *(2.0 ** (half / 2) for half in range(19)))
DAY_SECONDS = 86_400.0
#: A purchase that was sent back (four fifths of it subtracted) counts no more as one.
KEPT = 0.5


@dataclass(frozen=True, slots=True)
class Bought:
    """An item that a shopper bought: decayed number of purchases, and days since the last one."""

    count: float
    days: float


@dataclass(frozen=True, slots=True, eq=False)
class Purchases:
    """What a shopper bought, as of `now` (seconds since 1970).

    `counts`: product type -> item -> (sum of forward-decayed purchases, time of the last one); they are worth `factor`
    now, and halve every `half_life_s` seconds.
    """

    counts: Mapping[str, Mapping[str, tuple[float, float]]]
    factor: float
    half_life_s: float
    now: float

    def of(self, product_type: str) -> dict[str, Bought]:
        """The items of a type that were bought and kept; what was sent back is none."""
        found = {}
        for item, (count, last) in self.counts.get(product_type, {}).items():
            left = count * self.factor
            age = max(0.0, self.now - last)
            if last > 0 and left * 2.0 ** min(1000.0, age / self.half_life_s) >= KEPT:
                found[item] = Bought(left, age / DAY_SECONDS)
        return found


class TypeRepeats(msgspec.Struct, frozen=True):
    """How the purchases of one product type repeat.

    `type_ratio`, `item_ratio`: per interval of `REPEAT_EDGES`, the hazard of buying in the type, or the same item,
    again: relative to the base, 1 where nothing is known. `repeats`: share of purchases that another one of the type
    followed, shrunk to 0. `interval_days`: median time between two purchases of the type; 0 without any.
    """

    type_ratio: list[float]
    item_ratio: list[float]
    repeats: float
    interval_days: float


class Hazards(msgspec.Struct, frozen=True):
    """What a shop's log says, by product type: about buying again, and of how much use tastes are.

    A type without purchases has no `types`, one without a choice no `gates`: it is open. `learned`: when, seconds since
    1970; 0: never.
    """

    types: dict[str, TypeRepeats] = {}
    gates: dict[str, float] = {}
    learned: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Repeats:
    """Hazards, and where an item stands in the catalogue (None: it is not sold any more)."""

    hazards: Hazards
    row_of: Callable[[str], int | None]
