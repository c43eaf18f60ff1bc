"""How a hit got its place, for a shopper and for an engineer."""

from __future__ import annotations

from msgspec import Struct

from search.messages.requests import Taste


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


class ExplainContext(Struct, frozen=True):
    """How well a hit goes with what the shopper typed elsewhere: a part of it (an attribute, or "words"), 0..1."""

    part: str
    degree: float
    contribution: float


class Explanation(Struct, frozen=True):
    """How a hit got its place.

    relevance log_odds + stated + context + business + size + personal.sum + repeat = final
    """

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
    context: list[ExplainContext] = []
