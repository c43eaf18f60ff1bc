"""Groups of shoppers with like tastes, and who is like whom: for the shop, never for a shopper."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

Language = Annotated[str, Meta(pattern="^[a-z]{2}$", description="Language of the names; the leading one if absent.")]


class SegmentTrait(Struct, frozen=True):
    """A value that a group chooses so many times as often (`lift`) as everybody; `people` of the group did."""

    attribute: str
    value: str
    label: str
    lift: float
    people: int


class SegmentInfo(Struct, frozen=True):
    """A group: named by its traits; how many people, their share of all who taught, and how distinct it is (−1..1: how
    much nearer its people are to each other than to the next group)."""

    name: str
    people: int
    share: float
    distinct: float
    traits: list[SegmentTrait]


class SegmentList(Struct, frozen=True):
    """The groups, the largest first. `people`: who taught; `gain`: what so many groups tell of the next event of people
    who did not teach, in nats; `learned`: when, null: never; `note`: why there are none."""

    segments: list[SegmentInfo]
    people: int
    gain: dict[int, float]
    learned: str | None
    note: str | None = None


class SegmentsRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """How groups are told."""

    lang: Language | None = None


class SimilarRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many like a shopper, and whether by name."""

    people: Annotated[
        Literal[20, 50, 100, 200, 500],
        Meta(description="The nearest so many people. Two answers differ by 30 people or more, so none tells of one."),
    ] = 50
    ids: Annotated[bool, Meta(description="Name them. Only where the shop allows it: privacy.look_alike_ids.")] = False
    lang: Language | None = None


class SimilarShoppers(Struct, frozen=True, omit_defaults=True):
    """The people most like a shopper: how many, the least similarity among them (cosine of their log lifts, −1..1), and
    what they have in common.

    `ids`: the nearest first, where asked for and allowed; `note`: why there is nothing.
    """

    id: str
    people: int
    similarity: float | None
    traits: list[SegmentTrait]
    ids: list[str] | None = None
    note: str | None = None
