"""A shopper: who asks, what they did, and what is known of their tastes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import msgspec

from search.types.repeats import Purchases

EventType = Literal[
    "impression", "click", "view", "hover", "wishlist", "cart", "remove", "purchase", "return", "like", "dislike"
]
Personalize = Literal["off", "session", "full"]


class Event(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One thing that a shopper did. `time` is seconds since 1970, UTC; `position` counts from 1."""

    event_id: str
    type: EventType
    product_id: str
    time: float
    shopper: str | None = None
    session: str | None = None
    query_id: str | None = None
    position: int | None = None
    price_cents: int | None = None
    quantity: int = 1
    dwell_ms: int | None = None
    touchpoint: str = "web"


#: How many events the shopper's and the session's profile hold: events only come, so it names a state of both.
ProfileVersion = tuple[int, int]
#: Attributes that tastes are learned for. "category" is learned over the whole shop, the others per product type.
TASTES = ("brand", "gender", "price_band", "category", "color")


class Traits(msgspec.Struct, frozen=True):
    """What an event says about tastes: the product's type and, per attribute, its values with their shares.

    The shares of an attribute add up to 1: two colours count half each, a price band spreads over its
    neighbours. They are logged with the event, so that a replay needs no catalogue. `item` is the product's id,
    whatever variant of it the event is about; "" in logs from before it was kept.
    """

    product_type: str
    values: dict[str, dict[str, float]]
    item: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Taste:
    """Decayed counts of one attribute: `observed` value -> type -> events; `events` type -> events (N)."""

    observed: Mapping[str, Mapping[str, float]]
    events: Mapping[str, float]


@dataclass(frozen=True, slots=True, eq=False)
class Affinities:
    """What is known of a shopper's tastes at one moment, as sufficient statistics per attribute.

    `long_term` in 0..1 is the share with which the long-term profile counts beside the session (ρ).
    `session_values` are the attribute values seen in this session, for reasons that say "today". `version` says which
    state of the profiles it is. `purchases` of the past; None where nothing was bought, or the past may not be used.
    """

    tastes: Mapping[str, Taste]
    long_term: float = 1.0
    session_values: frozenset[tuple[str, str]] = frozenset()
    version: ProfileVersion = (0, 0)
    purchases: Purchases | None = None

    @property
    def is_empty(self) -> bool:
        """True where nothing is known: the anonymous ranking."""
        return self.purchases is None and not any(taste.events for taste in self.tastes.values())


@dataclass(frozen=True, slots=True)
class Identity:
    """Who asks, as far as the request's leave goes. Without shopper and session: nobody known."""

    shopper: str | None = None
    session: str | None = None
    touchpoint: str = "web"

    @property
    def is_kiosk(self) -> bool:
        """A kiosk's sessions live in memory only."""
        return self.touchpoint == "kiosk"


@dataclass(frozen=True, slots=True)
class Appended:
    """What became of a batch of events: stored, known already, and about products nobody knows."""

    accepted: int
    duplicates: int
    unknown_products: int
