"""A shopper: who asks, what they did, and what is known of their tastes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

import msgspec

from search.settings.personal import Consent
from search.types.arrays import Scores
from search.types.expected import Shown
from search.types.repeats import Purchases
from search.types.tastes import NOTHING_STATED, StatedTastes

EventType = Literal[
    "impression", "click", "view", "hover", "wishlist", "cart", "remove", "purchase", "return", "like", "dislike"
]
#: Why something came back; "size" says nothing of tastes.
ReturnReason = Literal["size", "defect", "other"]
Personalize = Literal["off", "session", "full"]
#: Has somebody bought here before: never, once, a few times, or five times and more?
Lifecycle = Literal["new", "first", "returning", "regular"]


class Event(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One thing that a shopper did. `time` is seconds since 1970, UTC; `position` counts from 1.

    `consent` is the leave that it was told with; it holds no id beyond that. `query` is what was searched for;
    `context`: what was kept of where the visit came from and on what, such as {"device": "mobile"}; `reason`: why
    something came back.
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
    context: dict[str, str] = {}
    reason: ReturnReason | None = None

    def within(self, consent: Consent) -> Event | None:
        """The event with the ids that the shopper allows to keep; None where nothing may be kept.

        >>> Event(event_id="e", type="view", product_id="P1", time=0, shopper="anna", device="d").within("account")
        Event(event_id='e', type='view', product_id='P1', time=0, shopper='anna', ...context={}, reason=None)
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
#: Attributes that tastes are learned for in every shop; it may name more (`search/rerank/weights.py`). "category" is
#: learned over the whole shop, the others per product type.
TASTES = ("brand", "gender", "price_band", "category", "color")


class Traits(msgspec.Struct, frozen=True):
    """What an event says about tastes: the product's type and, per attribute, its values with their shares.

    The shares of an attribute add up to 1: two colours count half each, a price band spreads over its
    neighbours. They are logged with the event, so that a replay needs no catalogue. `item` is the product's id,
    whatever variant of it the event is about; "" in logs from before it was kept. `gains`: of a choice, what the
    long-term profile was worth in predicting it, nats (`search/rerank/validation.py`): attribute, "repeat", and "" for
    all together. `spared`: what of a loss the past is not charged with, because the visit has cost it enough. `trust`:
    attribute -> how much of the event counts as this person's usual way, 0..1; the rest is set aside. 1 of others.
    Of a purchase or a return `size` is that of the variant, "" where nobody tells, and `reason` why it came back.
    `shown`: attribute -> value -> its share of the attention in the list that it came from
    (`search/rerank/exposure.py`); without an attribute whose list nobody knows.
    """

    product_type: str
    values: dict[str, dict[str, float]]
    item: str = ""
    gains: dict[str, float] = {}
    trust: dict[str, float] = {}
    spared: dict[str, float] = {}
    size: str = ""
    reason: str = ""
    shown: dict[str, dict[str, float]] = {}

    @property
    def charged(self) -> dict[str, float]:
        """The gains as the past is charged with them."""
        return {name: gain + self.spared.get(name, 0.0) for name, gain in self.gains.items()}


@dataclass(frozen=True, slots=True, eq=False)
class Taste:
    """Decayed counts of one attribute: `observed` value -> type -> events; `events` type -> events (N); `shown` type ->
    value -> how many of those were to be expected of it, by the lists that they came from."""

    observed: Mapping[str, Mapping[str, float]]
    events: Mapping[str, float]
    shown: Shown = field(default_factory=dict)


class Counted(Protocol):
    """Counters as of their origin, read-only: what a profile keeps of events."""

    @property
    def observed(self) -> Mapping[str, Mapping[str, Mapping[str, float]]]:
        """Attribute -> value -> product type -> count."""

    @property
    def events(self) -> Mapping[str, Mapping[str, float]]:
        """Attribute -> product type -> count (N)."""

    @property
    def shown(self) -> Mapping[str, Shown]:
        """Attribute -> product type -> value -> what was to be expected of it, by lists."""


#: Product type -> item -> size -> (purchases kept, their decayed sum).
SizesKept = Mapping[str, Mapping[str, Mapping[str, tuple[float, float]]]]
#: Counters, and what time makes of them.
Decayed = tuple[Counted, float]


@dataclass(frozen=True, slots=True, eq=False)
class Affinities:
    """What is known of a shopper's tastes at one moment, as sufficient statistics per attribute.

    `past` and `visit`: the counters behind `tastes`, and what time makes of each; they stay the same object while
    nothing comes in, so that what was worked out from them can be kept. Without them `tastes` is all there is.
    `gates`: attribute, "repeat", or "" for all -> how far the long-term profile has proven itself, 0..1; 1 of others.

    `long_term` in 0..1 is the share with which the long-term profile counts beside the session (ρ).
    `session_values` are the attribute values seen in this session, for reasons that say "today". `version` says which
    state of the profiles it is. `purchases` of the past; None where nothing was bought, or the past may not be used.
    `stated` is what they say themselves. `start`: attribute -> lifts of the catalogue's values from which observation
    starts, by the groups that they are like; an attribute without one starts at 1. `crm`: the same, by what the shop's
    customer system says. `sizes` that were bought and kept; none where the past may not be used.
    """

    tastes: Mapping[str, Taste]
    long_term: float = 1.0
    session_values: frozenset[tuple[str, str]] = frozenset()
    version: ProfileVersion = (0, 0)
    purchases: Purchases | None = None
    stated: StatedTastes = NOTHING_STATED
    past: tuple[Decayed, ...] = ()
    visit: tuple[Decayed, ...] = ()
    gates: Mapping[str, float] = field(default_factory=dict)
    start: Mapping[str, Scores] = field(default_factory=dict)
    crm: Mapping[str, Scores] = field(default_factory=dict)
    sizes: SizesKept = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """True where nothing is known: the anonymous ranking."""
        return self.stated.is_empty and self.purchases is None and not self.start and not self.has_counts

    @property
    def has_counts(self) -> bool:
        """True where something was counted of any attribute."""
        return any(self._counts)

    @property
    def sources(self) -> tuple[Decayed, ...]:
        """All counters behind the tastes."""
        return (*self.past, *self.visit)

    def gate(self, attribute: str) -> float:
        """How far the long-term profile may speak of an attribute, or of "repeat" purchase, 0..1.

        >>> Affinities({}, gates={"brand": 0.5, "": 0.5}).gate("brand")
        0.25
        """
        return self.gates.get(attribute, 1.0) * self.gates.get("", 1.0)

    @property
    def observed(self) -> frozenset[str]:
        """The attributes of which something was observed."""
        if self.sources:
            return frozenset(name for counted, _ in self.sources for name in counted.observed)
        return frozenset(self.tastes)

    @property
    def _counts(self) -> Iterator[Mapping[str, float]]:
        """What was counted of each attribute, by type."""
        if self.sources:
            return (types for counted, _ in self.sources for types in counted.events.values())
        return (taste.events for taste in self.tastes.values())


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
