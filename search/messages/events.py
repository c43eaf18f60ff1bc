"""What shoppers did, and what is known of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from search.messages.links import LinkInfo
from search.messages.requests import Id, Touchpoint, VisitContext
from search.messages.stated import Statement
from search.messages.style import Leaning
from search.messages.traits import TraitInfo
from search.types import Consent, Event, EventType, Lifecycle, ReturnReason


class EventIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One thing that a shopper did. The same event_id again changes nothing."""

    event_id: Id
    type: EventType
    product_id: Id
    time: (
        Annotated[str, Meta(description="ISO 8601 with a time zone, such as 2026-11-01T12:00:00Z; now if absent.")]
        | None
    ) = None
    shopper: Id | None = None
    session: Id | None = None
    device: (
        Annotated[Id, Meta(description="The browser or app, whoever uses it. Kept with consent 'full' only.")] | None
    ) = None
    consent: (
        Annotated[Consent, Meta(description="What the shopper allows; with 'none' the event is counted and dropped.")]
        | None
    ) = None
    query_id: Id | None = None
    query: (
        Annotated[str, Meta(max_length=256, description="What was searched for, where this server did not answer it.")]
        | None
    ) = None
    position: Annotated[int, Meta(ge=1, description="Rank of the hit, from 1.")] | None = None
    price: Annotated[float, Meta(ge=0, le=1e9, description="Paid for one, in the product's currency.")] | None = None
    quantity: Annotated[int, Meta(ge=1, le=100_000)] = 1
    dwell_ms: Annotated[int, Meta(ge=0, le=86_400_000)] | None = None
    touchpoint: Touchpoint = "web"
    context: (
        Annotated[
            VisitContext, Meta(description="Where the visit comes from and on what; that of the search if absent.")
        ]
        | None
    ) = None
    reason: (
        Annotated[
            ReturnReason,
            Meta(description="Why it came back; 'size' says nothing of tastes, only that the size did not fit."),
        ]
        | None
    ) = None


def as_event(told: EventIn, time: float, query: str | None = None, context: Mapping[str, str] | None = None) -> Event:
    """An event as it is kept, with its price in cents.

    Args:
        time: when it happened, seconds since 1970.
        query: what was searched for, as it may be kept.
        context: where the visit came from, as it may be kept.
    """
    return Event(
        event_id=told.event_id,
        type=told.type,
        product_id=told.product_id,
        time=time,
        shopper=told.shopper,
        session=told.session,
        query_id=told.query_id,
        position=told.position,
        price_cents=None if told.price is None else round(told.price * 100),
        quantity=told.quantity,
        dwell_ms=told.dwell_ms,
        touchpoint=told.touchpoint,
        device=told.device,
        query=query,
        context=dict(context or {}),
        reason=told.reason,
    )


def parse_moment(text: str) -> float | None:
    """ISO 8601 with a time zone -> seconds since 1970; None for anything else.

    >>> parse_moment("1970-01-01T00:01:00Z"), parse_moment("1970-01-01T00:01:00"), parse_moment("noon")
    (60.0, None, None)
    """
    try:
        moment = datetime.fromisoformat(text)
        return moment.timestamp() if moment.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None


class SetAside(Struct, frozen=True):
    """Part of a body in another tool's format that was not counted: where it stands, what it is called, why."""

    place: str
    name: str
    reason: str


class EventsAccepted(Struct, frozen=True, omit_defaults=True):
    """What became of the events. Those about unknown products are kept aside, and counted.

    `without_consent` were told with consent 'none', and `too_late` happened longer ago than events are kept: nothing of
    them was stored. `set_aside` is how much of another tool's format was not counted, `aside` the first hundred of it.
    """

    accepted: int
    duplicates: int
    unknown_products: int
    without_consent: int = 0
    too_late: int = 0
    set_aside: int = 0
    aside: list[SetAside] = []


class TasteInfo(Struct, frozen=True):
    """One taste as a person reads it: how much more than expected, on what evidence."""

    attribute: str
    value: str
    label: str
    lift: float
    evidence: str
    observed: float
    expected: float
    last_seen: str


class OwnQueryInfo(Struct, frozen=True):
    """A query of somebody's own, as it is kept with what they did after it."""

    text: str
    searches: int
    last: str


class QueryForgotten(Struct, frozen=True):
    """A receipt: the words were taken out of so many events."""

    id: str
    query: str
    events: int


class KeptSizeInfo(Struct, frozen=True):
    """A size that follows from what a person bought and kept: of `kept` purchases of the type so large a `share`."""

    product_type: str
    label: str
    size: str
    kept: int
    share: float


class ProfileInfo(Struct, frozen=True):
    """What is known of a shopper, session or device: what follows from events, what they state themselves, and what
    their style test says; `traits`: what the shop's customer systems say; `queries`: what they searched for and is
    offered to them again; `purchases`: on how many occasions they bought what they kept, and the `lifecycle` that
    follows: "new", "first", "returning" (2 to 4), "regular" (from 5). Of a shopper with all that is linked to them.
    `kept_sizes` count where no size is stated; to correct one, state it.
    """

    id: str
    events: int
    tastes: list[TasteInfo]
    links: list[LinkInfo] = []
    stated: Statement = Statement()
    leanings: list[Leaning] = []
    traits: list[TraitInfo] = []
    queries: list[OwnQueryInfo] = []
    purchases: int = 0
    lifecycle: Lifecycle = "new"
    kept_sizes: list[KeptSizeInfo] = []


class Erased(Struct, frozen=True):
    """A receipt: what was removed, and when; and the links that went, with what only this shopper was linked to.

    `stated` counts the values, sizes and switches that were stated.
    """

    id: str
    events: int
    time: str
    links: list[LinkInfo] = []
    stated: int = 0
