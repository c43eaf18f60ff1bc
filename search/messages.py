"""What is asked and what is answered: the shapes that the API, the command line and the pages share.

The OpenAPI document is generated from these.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from search.types import Effect, Event, EventType, Personalize

MAX_QUERY_CHARACTERS = 256
MAX_QUERY_WORDS = 32
MAX_REACH = 1000
MAX_FACETS = 20
MAX_SEARCHES = 50

Sort = Literal["relevance", "price:asc", "price:desc", "newest", "popularity"]
Touchpoint = Literal["web", "kiosk"]
Taste = Literal["brand", "gender", "price_band", "category", "color"]
Id = Annotated[str, Meta(min_length=1, max_length=256)]


class Context(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the shopper comes from. Accepted and kept for ranking that learns from it."""

    referrer_query: (
        Annotated[str, Meta(max_length=MAX_QUERY_CHARACTERS, description="What the shopper typed elsewhere.")] | None
    ) = None
    referrer: Annotated[str, Meta(max_length=2048, description="The page that led here.")] | None = None
    application: Annotated[str, Meta(max_length=256, description="What the product is needed for.")] | None = None


class SearchRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One search. Every field may also be a query parameter of GET /v1/search."""

    q: Annotated[str, Meta(description="What the shopper typed; empty to browse by filters.")] = ""
    filter: Annotated[str, Meta(description="brand:Adidas,Puma AND price:20..50 AND NOT color:rot")] = ""
    facet: Annotated[
        list[str], Meta(description="Fields to count values of; repeat the parameter.", max_length=MAX_FACETS)
    ] = []
    sort: Annotated[Sort, Meta(description="Order of the hits; only 'relevance' is personal.")] = "relevance"
    page: Annotated[int, Meta(ge=1, le=MAX_REACH, description="From 1.")] = 1
    per_page: Annotated[int, Meta(ge=0, le=100, description="Hits a page.")] = 20
    lang: (
        Annotated[str, Meta(pattern="^[a-z]{2}$", description="Language of the query and the answer; found if absent.")]
        | None
    ) = None
    branch: Annotated[str, Meta(max_length=64, description="The shop's branch whose stock counts.")] | None = None
    shopper: Annotated[Id, Meta(description="Who asks. Without keys only on loopback.")] | None = None
    session: Annotated[Id, Meta(description="This visit.")] | None = None
    touchpoint: Annotated[Touchpoint, Meta(description="Where the search box stands; a kiosk remembers nothing.")] = (
        "web"
    )
    personalize: Annotated[
        Personalize, Meta(description="What may be used: nothing, this session, or the past too.")
    ] = "full"
    strength: Annotated[
        int, Meta(ge=0, le=100, description="The dial of the personal order; 0 is the anonymous one.")
    ] = 100
    without_tastes: Annotated[list[Taste], Meta(description="Tastes that the shopper switched off.")] = []
    without_understood: Annotated[
        list[Annotated[str, Meta(max_length=128)]],
        Meta(description="Attributes of query.understood that the shopper switched off.", max_length=32),
    ] = []
    correct: Annotated[bool, Meta(description="Read misspelt words as the nearest known ones.")] = True
    explain: Annotated[bool, Meta(description="Say how each hit got its place.")] = False
    fields: Annotated[list[str], Meta(description="Fields of a product to return; all if absent.", max_length=64)] = []
    cursor: Annotated[str, Meta(max_length=512, description="Where the last answer said to go on.")] | None = None
    context: Annotated[Context, Meta(description="Where the shopper comes from.")] = Context()


class MultiSearchRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """Several searches in one call, answered in order."""

    searches: Annotated[list[SearchRequest], Meta(min_length=1, max_length=MAX_SEARCHES)]


class CorrectionInfo(Struct, frozen=True):
    """A word that was read as another."""

    original: str
    corrected: str
    distance: int


class CorrectedQuery(Struct, frozen=True):
    """What was searched for instead, and what was typed: offer it again with correct=false."""

    text: str
    original: str
    words: list[CorrectionInfo]


class ProposedQuery(Struct, frozen=True):
    """What may have been meant ("Meintest du …"): too unsure to be searched for unasked."""

    text: str
    words: list[CorrectionInfo]


class UnderstoodInfo(Struct, frozen=True, omit_defaults=True):
    """Something that the query says about an attribute. An empty value: something, but not which.

    `effect`: "prefer" puts what fits first, "limit" and "exclude" leave the others out, by `filter`; "silence" keeps
    the shopper's own taste quiet; "off" was switched off by `without_understood`. `label` is the value as people of
    the query's language read it.
    """

    attribute: str
    value: str
    text: str
    effect: Effect
    filter: str | None = None
    label: str | None = None


class QueryInfo(Struct, frozen=True):
    """How the query was read. `searched` is what of it is searched for as words."""

    text: str
    language: str
    understood: list[UnderstoodInfo]
    corrected: CorrectedQuery | None = None
    searched: str = ""
    proposed: ProposedQuery | None = None


class Reason(Struct, frozen=True, omit_defaults=True):
    """Why a hit moved for this shopper, in a sentence; `switch_off` is the taste to leave out next time."""

    text: str
    moved: int
    switch_off: Taste | None = None


class ExplainTerm(Struct, frozen=True, omit_defaults=True):
    """One taste's share in a hit's score, in log-odds. An attribute that the query states is blocked.

    contribution = strength · query_gate · gate · weight · (x − x_shown) · scaled_by, where x is the clipped log of the
    lift and x_shown its mean over what the query shows: what all results share moves none of them.
    """

    attribute: str
    value: str
    lift: float
    level: str
    evidence: str
    x: float
    x_shown: float
    weight: float
    gate: float
    contribution: float
    blocked: str | None = None


class ExplainPersonal(Struct, frozen=True):
    """The personal part: the gate of the query, the sum of its terms and of `yields`, the bound.

    `yields` (≤ 0) is what tastes gave up, because the product would have passed one that fits the query better.
    """

    query_gate: float
    sum: float
    cap: float
    scaled_by: float
    terms: list[ExplainTerm]
    yields: float = 0.0


class ExplainBusiness(Struct, frozen=True):
    """A declared term of the shop, in log-odds."""

    name: str
    contribution: float


class ExplainKind(Struct, frozen=True):
    """What the product is, the surest first, and which kinds of product the query wants, 0..1."""

    product: list[str]
    wanted: dict[str, float]


class ExplainStated(Struct, frozen=True):
    """How well a hit fits what the query states of an attribute: 1 it does, 0 it contradicts, 0.5 it does not say."""

    attribute: str
    degree: float
    contribution: float


class Explanation(Struct, frozen=True):
    """How a hit got its place: relevance log_odds + stated + business + size + personal.sum + repeat = final."""

    id: str
    rank: int
    rank_anonymous: int
    held_by: str | None
    tier: str
    relevance: dict[str, float]
    stated: list[ExplainStated]
    business: list[ExplainBusiness]
    size: float
    personal: ExplainPersonal
    repeat: float
    final: float
    because: str | None
    kind: ExplainKind | None = None


class Hit(Struct, frozen=True, omit_defaults=True):
    """One result. `rank` from 1 over all pages, `rank_anonymous` what a stranger would see; `score` is R, 0..1;
    highlights are offsets in code points."""

    id: str
    rank: int
    rank_anonymous: int
    score: float
    product: dict[str, Any]
    highlights: dict[str, list[tuple[int, int]]]
    reasons: list[Reason]
    explain: Explanation | None = None


class FacetValue(Struct, frozen=True, omit_defaults=True):
    """A value and how many results have it; `label` is what people of the answer's language read."""

    value: str
    count: int
    label: str | None = None


class Facet(Struct, frozen=True, omit_defaults=True):
    """Counts of a field over the results; numbers have their least and greatest."""

    values: list[FacetValue]
    count: int
    min: float | None = None
    max: float | None = None


class SearchAnswer(Struct, frozen=True):
    """The answer to one search."""

    query_id: str
    query: QueryInfo
    total: int
    hits: list[Hit]
    facets: dict[str, Facet]
    degraded: list[str]
    took_ms: float
    cursor: str | None


class MultiSearchAnswer(Struct, frozen=True):
    """The answers, in the order of the searches."""

    answers: list[SearchAnswer]


class Suggestion(Struct, frozen=True, omit_defaults=True):
    """One line under the search box; `filter` leads to a category's or brand's page."""

    kind: Literal["product", "category", "brand"]
    text: str
    count: int
    id: str | None = None
    filter: str | None = None
    corrected: bool = False


class SuggestAnswer(Struct, frozen=True):
    """What to offer while the shopper types."""

    suggestions: list[Suggestion]
    took_ms: float


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
    """What is known of a shopper or session."""

    id: str
    events: int
    tastes: list[TasteInfo]


class Erased(Struct, frozen=True):
    """A receipt: what was removed, and when."""

    id: str
    events: int
    time: str


class Health(Struct, frozen=True, omit_defaults=True):
    """How the server is."""

    status: str
    snapshot: int | None = None
    products: int | None = None
    model: str | None = None
    branches: list[str] = []
    languages: list[str] = []


class Problem(Struct, frozen=True, omit_defaults=True):
    """RFC 9457 problem details; `place` names the parameter, field or line."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    place: str | None = None
    instance: str | None = None


def to_json(value: Any) -> bytes:
    """Any of these as JSON."""
    return msgspec.json.encode(value)
