"""Changes of single products, between one import of the feed and the next."""

from __future__ import annotations

from datetime import date
from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from search.types.products import AttributeValue, Product, Variant


class Unfit(ValueError):
    """A change that does not fit the product. `field` names what does not."""

    def __init__(self, field: str, reason: str):
        super().__init__(reason)
        self.field = field


class Patch(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What shall be otherwise of a product (RFC 7396): what is UNSET stays, None goes.

    `stock`: variant's id -> branch -> pieces; "" is the product's only variant. `title`, `description` and `attributes`
    name what changes in them. `variants`: all of them, in place of those before.
    """

    title: dict[str, str | None] = {}
    description: dict[str, str | None] = {}
    brand: str | UnsetType | None = UNSET
    categories: tuple[tuple[str, ...], ...] | UnsetType = UNSET
    product_type: str | UnsetType | None = UNSET
    price_cents: int | UnsetType | None = UNSET
    currency: str | UnsetType | None = UNSET
    sale_price_cents: int | UnsetType | None = UNSET
    sale_from: date | UnsetType | None = UNSET
    sale_until: date | UnsetType | None = UNSET
    released: date | UnsetType | None = UNSET
    popularity: float | UnsetType | None = UNSET
    margin: float | UnsetType | None = UNSET
    mpn: str | UnsetType | None = UNSET
    gtin: str | UnsetType | None = UNSET
    image: str | UnsetType | None = UNSET
    url: str | UnsetType | None = UNSET
    attributes: dict[str, AttributeValue | None] = {}
    labels: dict[str, dict[str, dict[str, str]]] = {}
    stock: dict[str, dict[str, int | None]] = {}
    prices: dict[str, tuple[int | None, int | None]] = {}
    variants: tuple[Variant, ...] | UnsetType = UNSET


#: Fields whose value is taken as it is.
_WHOLE = (
    *("brand", "categories", "product_type", "price_cents", "currency", "sale_price_cents", "sale_from", "sale_until"),
    *("released", "popularity", "margin", "mpn", "gtin", "image", "url", "variants"),
)


class Changed(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One change: a whole product, a part of one, or its end. `number` counts all changes of a shop from 1.

    `dropped` is no change of a product: from here on the generation of that number stands without those before.
    """

    number: int = 0
    kind: Literal["put", "patch", "delete", "drop"] = "put"
    id: str = ""
    product: Product | None = None
    patch: Patch | None = None
    generation: int = 0


def patched(product: Product, patch: Patch) -> Product:
    """The product with the patch applied.

    Raises:
        Unfit: a variant that it does not have, a sale price above the price, no title left.

    >>> patched(Product(id="1", title={"de": "Hose"}, price_cents=500), Patch(price_cents=400)).price_cents
    400
    """
    whole = {name: value for name in _WHOLE if (value := getattr(patch, name)) is not UNSET}
    found = replace(product, **whole)
    for name in ("title", "description", "attributes"):
        if edits := getattr(patch, name):
            found = replace(found, **{name: _merged(getattr(found, name), edits)})
    if patch.labels:
        found = replace(found, labels=_labelled(found.labels, patch.labels))
    if patch.stock or patch.prices:
        found = _with_variants(found, patch)
    if not found.title:
        raise Unfit("title", "no title")
    _check_prices(found)
    return found


def _merged(before: dict, edits: dict) -> dict:
    return {name: value for name, value in {**before, **edits}.items() if value is not None}


def _labelled(before: dict, edits: dict) -> dict:
    found = {language: dict(fields) for language, fields in before.items()}
    for language, fields in edits.items():
        for name, values in fields.items():
            into = found.setdefault(language, {})
            into[name] = {**into.get(name, {}), **values}
    return found


def _check_prices(product: Product) -> None:
    price, sale = product.price_cents, product.sale_price_cents
    if sale is not None and (price is None or sale > price):
        raise Unfit("sale_price", "above the price" if price is not None else "without a price")
    if product.sale_from and product.sale_until and product.sale_until < product.sale_from:
        raise Unfit("sale_price_effective_date", "ends before it begins")


def _with_variants(product: Product, patch: Patch) -> Product:
    variants = list(product.variants)
    for id in {**patch.stock, **patch.prices}:
        at = _place(product, variants, id)
        stock = _merged(variants[at].stock, patch.stock.get(id, {}))
        prices = patch.prices.get(id)
        own = dict(zip(("price_cents", "sale_price_cents"), prices, strict=True)) if prices else {}
        variants[at] = replace(variants[at], stock=stock, **own)
    return replace(product, variants=tuple(variants))


def _place(product: Product, variants: list[Variant], id: str) -> int:
    """Where the variant stands; a product without any gets the one that it is itself."""
    if not id and not variants:
        variants.append(Variant(id=product.id))
    if not id and len(variants) == 1:
        return 0
    ids = [variant.id for variant in variants]
    if id not in ids:
        reason = f"no variant {id!r}" if id else "several variants"
        raise Unfit("variants" if id else "stock", f"{reason}; there are: {', '.join(ids[:10])}")
    return ids.index(id)
