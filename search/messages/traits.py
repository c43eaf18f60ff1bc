"""What a shop's customer system (CRM, CDP) says of a shopper, as it is sent and told."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from search.messages.requests import Id
from search.types import Consent

MAX_TRAITS, MAX_VALUES = 100, 50
Name = Annotated[str, Meta(min_length=1, max_length=64)]
Value = Annotated[str, Meta(min_length=1, max_length=256)]
Named = Annotated[
    dict[Name, Annotated[list[Value], Meta(max_length=MAX_VALUES)]],
    Meta(
        max_length=MAX_TRAITS,
        description="Name -> values: brand, size, any taste of the shop; or any name.",
    ),
]


class TraitsIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All that one system says of a shopper, in place of what it said before; nothing takes it back."""

    source: Annotated[str, Meta(min_length=1, max_length=64, description="The system that says so.")]
    traits: Named
    date: Annotated[str, Meta(pattern=r"^\d{4}-\d\d-\d\d$", description="As of which day; today if absent.")] | None = (
        None
    )
    consent: Annotated[Consent, Meta(description="What the shopper allows; below account nothing is kept.")] | None = (
        None
    )


class ShopperTraitsIn(TraitsIn, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The same, with whom it is about: a line of an import."""

    id: Id


class TraitInfo(Struct, frozen=True):
    """A trait: since when who says so. `counts`: it names values that this catalogue has, so that it counts in the
    order, after what the shopper says and before what is only guessed; other traits are kept."""

    name: str
    values: list[str]
    source: str
    date: str
    counts: bool


class TraitsStored(Struct, frozen=True):
    """What is kept now. `without_consent`: how many were sent without leave, of which nothing is kept."""

    traits: list[TraitInfo]
    without_consent: int = 0


class TraitsImported(Struct, frozen=True):
    """How many shoppers' traits were kept, and how many were sent without leave."""

    stored: int
    without_consent: int
