"""A shopper: who asks, what they did, and what is known of their tastes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import msgspec

from search.settings.personal import Consent
from search.types.repeats import Purchases
from search.types.tastes import NOTHING_STATED, StatedTastes

EventType = Literal[
    "impression", "click", "view", "hover", "wishlist", "cart", "remove", "purchase", "return", "like", "dislike"
]
Personalize = Literal["off", "session", "full"]


class Event(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One thing that a shopper did. `time` is seconds since 1970, UTC; `position` counts from 1.

    `consent` is the leave that it was told with; it holds no id beyond that. `query` is what was searched for.
    """

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
    device: str | None = None
    consent: Consent = "account"
    query: str | None = None

    def within(self, consent: Consent) -> Event | None:
        """The event with the ids that the shopper allows to keep; None where nothing may be kept.

        >>> Event(event_id="e", type="view", product_id="P1", time=0, shopper="anna", device="d").within("account")
        Event(event_id='e', type='view', product_id='P1', time=0, shopper='anna', ...consent='account', query=None)
        """
        if consent == "none":
            return None
        shopper = self.shopper if consent in ("account", "full") else None
        device = self.device if consent == "full" else None
        return msgspec.structs.replace(self, shopper=shopper, device=device, consent=consent)


#: How many events the shopper's and the session's profile hold: events only come, so it names a state of both. A third
#: number, where there is one, says which sources they are summed over.
ProfileVersion = tuple[int, ...]
#: What can be linked to a shopper: another account of theirs, a device, a visit.
Source = Literal["shopper", "device", "session"]
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
    `stated` is what they say themselves.
    """

    tastes: Mapping[str, Taste]
    long_term: float = 1.0
    session_values: frozenset[tuple[str, str]] = frozenset()
    version: ProfileVersion = (0, 0)
    purchases: Purchases | None = None
    stated: StatedTastes = NOTHING_STATED

    @property
    def is_empty(self) -> bool:
        """True where nothing is known: the anonymous ranking."""
        known = self.purchases is not None or any(taste.events for taste in self.tastes.values())
        return self.stated.is_empty and not known


@dataclass(frozen=True, slots=True)
class Identity:
    """Who asks, as far as the request's leave goes. Without shopper, session and device: nobody known.

    `linked`: what was linked to the shopper may be read too.
    """

    shopper: str | None = None
    session: str | None = None
    touchpoint: str = "web"
    device: str | None = None
    linked: bool = False

    def within(self, consent: Consent) -> Identity:
        """What the ranker may be told of who asks: a smaller identity the less the shopper allows.

        >>> Identity("anna", "tuesday", device="tablet").within("session")
        Identity(shopper=None, session='tuesday', touchpoint='web', device=None, linked=False)
        """
        return Identity(
            shopper=self.shopper if consent in ("account", "full") else None,
            session=self.session if consent != "none" else None,
            touchpoint=self.touchpoint,
            device=self.device if consent == "full" else None,
            linked=consent == "full",
        )

    @property
    def is_kiosk(self) -> bool:
        """A kiosk's sessions live in memory only."""
        return self.touchpoint == "kiosk"


@dataclass(frozen=True, slots=True)
class Link:
    """That another account, a device or a visit is a shopper's; `since` in seconds since 1970."""

    number: int
    shopper: str
    source: Source
    id: str
    since: float


@dataclass(frozen=True, slots=True)
class Appended:
    """What became of a batch of events: stored, known already, and about products nobody knows."""

    accepted: int
    duplicates: int
    unknown_products: int
