"""Changes of single products, as they are asked for and answered."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct


class ProductChanged(Struct, frozen=True):
    """A change that is durable and live. `change` counts all changes of the shop."""

    id: str
    change: int


class RejectedRow(Struct, frozen=True):
    """A row that became no product. `line` counts from 1, of an array the objects in it."""

    line: int
    field: str
    reason: str


class ProductsAccepted(Struct, frozen=True):
    """What became of many rows: how many there were, how many products are live now, and what was rejected; the first
    hundred of those word for word. `change`: the number of the last change."""

    rows: int
    accepted: int
    rejected: int
    rejections: list[RejectedRow]
    change: int


class ProductsRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """How many products are taken."""

    all_or_nothing: Annotated[bool, Meta(description="Take none where one is rejected.")] = False
