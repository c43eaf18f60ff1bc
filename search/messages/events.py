"""What shoppers did, and what is known of them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from search.messages.requests import Id, Touchpoint
from search.messages.stated import Statement
from search.messages.style import Leaning
from search.types import Event, EventType


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
    query_id: Id | None = None
    position: Annotated[int, Meta(ge=1, description="Rank of the hit, from 1.")] | None = None
    price: Annotated[float, Meta(ge=0, le=1e9, description="Paid for one, in the product's currency.")] | None = None
    quantity: Annotated[int, Meta(ge=1, le=100_000)] = 1
    dwell_ms: Annotated[int, Meta(ge=0, le=86_400_000)] | None = None
    touchpoint: Touchpoint = "web"


def as_event(told: EventIn, time: float) -> Event:
    """An event as it is kept, with its price in cents.

    Args:
        time: when it happened, seconds since 1970.
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


class EventsAccepted(Struct, frozen=True):
    """What became of the events. Those about unknown products are kept aside, and counted."""

    accepted: int
    duplicates: int
    unknown_products: int


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


class ProfileInfo(Struct, frozen=True):
    """What is known of a shopper or session: what follows from events, what they state themselves, and what their
    style test says."""

    id: str
    events: int
    tastes: list[TasteInfo]
    stated: Statement = Statement()
    leanings: list[Leaning] = []


class Erased(Struct, frozen=True):
    """A receipt: what was removed, and when. `stated` counts the values, sizes and switches that were stated."""

    id: str
    events: int
    time: str
    stated: int = 0
