"""A catalogue: products, their variants, and the rows of a feed that became none."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import msgspec

AttributeValue = list[str] | float


class Variant(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One buyable form of a product: a size, a colour, with its own stock.

    `stock` maps a branch ("mitte", "online", …) to pieces; an absent branch says nothing.
    `price_cents` and `sale_price_cents` are set only where they differ from the product's.
    """

    id: str
    size: str | None = None
    color: str | None = None
    gtin: str | None = None
    mpn: str | None = None
    price_cents: int | None = None
    sale_price_cents: int | None = None
    stock: dict[str, int] = msgspec.field(default_factory=dict)
    attributes: dict[str, AttributeValue] = msgspec.field(default_factory=dict)


class Product(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One product of the shop, its variants grouped under it.

    Texts map a language ("de") to a text. `categories` are paths, root first. Prices are hundredths of
    `currency`, whatever its own minor unit; a sale price holds from `sale_from` to `sale_until`, both
    days included. `margin` counts in the order alone: no answer shows it. `labels` maps language → field → value →
    what people of that language read (`{"en": {"color": {"schwarz": "black"}}}`; categories as "Damen > Hosen").
    """

    id: str
    title: dict[str, str]
    description: dict[str, str] = msgspec.field(default_factory=dict)
    brand: str | None = None
    categories: tuple[tuple[str, ...], ...] = ()
    product_type: str | None = None
    price_cents: int | None = None
    currency: str | None = None
    sale_price_cents: int | None = None
    sale_from: date | None = None
    sale_until: date | None = None
    released: date | None = None
    popularity: float | None = None
    margin: float | None = None
    mpn: str | None = None
    gtin: str | None = None
    image: str | None = None
    url: str | None = None
    attributes: dict[str, AttributeValue] = msgspec.field(default_factory=dict)
    labels: dict[str, dict[str, dict[str, str]]] = msgspec.field(default_factory=dict)
    variants: tuple[Variant, ...] = ()


@dataclass(frozen=True, slots=True)
class Rejected:
    """A feed's row that did not become a product. `line` counts from 1, header included."""

    line: int
    field: str
    reason: str
