"""A part of a product, told as a feed would tell it, to what shall be otherwise (RFC 7396).

    {"price": "39,99 EUR", "sale_price": null, "stock": {"mitte": 3}, "variants": {"sku-1": {"stock": {"west": 0}}}}

Keys are read as a feed's columns are, null takes a value away, what is not named stays. `variants` is an object by id
for what changes of some, or an array of all of them.
"""

from __future__ import annotations

from typing import Any

import msgspec

from catalog.columns import Columns, Mapping
from catalog.products import RowReader, combine, inherited
from catalog.rows import Fields
from catalog.values import Unreadable, identifier, is_empty, pieces
from search.types import Patch, Product, Variant

#: A product's fields that a feed's field fills; the others are called alike.
_FILLED: dict[str, tuple[str, ...]] = {
    "category": ("categories",),
    "price": ("price_cents",),
    "sale_price": ("sale_price_cents",),
    "sale_price_effective_date": ("sale_from", "sale_until"),
}
_TAKEN_ALIKE = (
    *("brand", "product_type", "currency", "released", "popularity", "margin", "mpn", "gtin", "image", "url"),
)
_OF_VARIANTS = frozenset({"stock", "price", "sale_price"})


class PatchReader:
    """Reads patches by a shop's mapping."""

    def __init__(self, mapping: Mapping):
        self._mapping = mapping

    def read(self, row: Fields, product: Product) -> Patch:
        """What a patch of a product says.

        Raises:
            Unreadable: a value that cannot be read, or a field that cannot be patched; it names the field.
        """
        columns = Columns(self._mapping, [key for key in row if key != "variants"])
        found = _Found(RowReader(columns, cells=False), product)
        for key, value in row.items():
            if key == "variants":
                found.take_variants(value)
            else:
                found.take(key, value)
        return found.patch()


class _Found:
    """What was found so far of one patch."""

    def __init__(self, reader: RowReader, product: Product):
        self._reader, self._product = reader, product
        self._whole: dict[str, Any] = {}
        self._merged: dict[str, dict] = {"title": {}, "description": {}, "attributes": {}, "stock": {}, "prices": {}}
        self._labels: dict[str, dict[str, dict[str, str]]] = {}

    def patch(self) -> Patch:
        """All of it."""
        told: dict[str, Any] = {**self._whole, **self._merged, "labels": self._labels}
        return Patch(**told)

    def take(self, key: str, value: Any) -> None:
        """One field."""
        target = self._reader.columns[key]
        kind, name = target.kind, target.name
        if kind == "ignored":
            return
        if kind == "field" and name == "id":
            if identifier(value) != self._product.id:
                raise Unreadable("id", "not that of the product", value)
        elif kind == "field" and name in ("group", "size"):
            raise Unreadable(name, "cannot be patched: send the product's variants")
        elif kind == "stock" or name in ("stock", "availability"):
            self._take_stock(key, name, kind, value)
        elif kind == "text":
            self._take_text(name, target.language, key, value)
        elif kind == "field" and name not in (*_FILLED, *_TAKEN_ALIKE):
            self._take_attribute(name, key, value)
        elif kind == "field":
            self._take_field(name, key, value)
        elif kind == "label":
            self._take_label(key, value)
        elif isinstance(value, dict):
            for inner, said in value.items():
                nested = self._reader.columns.nested(key, inner)
                self._take_attribute(nested.name, key, {inner: said}, said)
        else:
            self._take_attribute(name, key, value)

    def _read(self, key: str, value: Any) -> Product:
        return self._reader.product({**self._named(), key: value})

    def _named(self) -> Fields:
        """What a row has to have to be one; under a column that the mapping knows."""
        return {self._reader.columns.column_of("id") or "id": self._product.id}

    def _take_field(self, name: str, key: str, value: Any) -> None:
        fields = _FILLED.get(name, (name,))
        if is_empty(value):
            self._whole |= {field: () if field == "categories" else None for field in fields}
            return
        read = self._read(key, value)
        self._whole |= {field: getattr(read, field) for field in fields}
        if name in ("category", "product_type") and not {"categories", "product_type"} <= self._whole.keys():
            if read.categories:
                self._whole.setdefault("categories", read.categories)
            self._whole.setdefault("product_type", read.product_type)
        if name in ("price", "sale_price") and read.currency and isinstance(value, str):
            self._take_currency(read.currency)

    def _take_currency(self, currency: str) -> None:
        known = self._product.currency
        if known and currency != known:
            raise Unreadable("currency", "not that of the product", currency)
        self._whole["currency"] = currency

    def _take_text(self, name: str, language: str, key: str, value: Any) -> None:
        said = value if isinstance(value, dict) else {language: value}
        read = self._read(key, {lang: text for lang, text in said.items() if not is_empty(text)})
        into = self._merged[name]
        into |= {lang: None for lang, text in said.items() if is_empty(text)}
        into |= getattr(read, name)

    def _take_attribute(self, name: str, key: str, value: Any, said: Any = ...) -> None:
        if is_empty(value if said is ... else said):
            self._merged["attributes"][name] = None
        else:
            self._merged["attributes"] |= self._read(key, value).attributes

    def _take_label(self, key: str, value: Any) -> None:
        """A label is that of the product's own values, so both are read together."""
        if is_empty(value):
            raise Unreadable(key, "cannot be taken away: send the product anew")
        target = self._reader.columns[key]
        own: dict[str, Any] = {
            "category": [list(path) for path in self._product.categories],
            "brand": self._product.brand,
        }
        own |= {"product_type": self._product.product_type, **self._product.attributes}
        if (known := own.get(target.name)) in (None, []):
            raise Unreadable(key, f"the product has no {target.name}")
        column = self._reader.columns.column_of(target.name) or target.name
        self._labels = self._reader.product({**self._named(), column: known, key: value}).labels

    def _take_stock(self, key: str, name: str, kind: str, value: Any) -> None:
        into = self._merged["stock"].setdefault("", {})
        if kind == "stock":
            into[name] = None if value is None else pieces(value, key)
        elif value is None:
            into |= dict.fromkeys({branch for variant in self._product.variants for branch in variant.stock})
        else:
            into |= self._branches(key, value)

    def _branches(self, key: str, value: Any) -> dict[str, int | None]:
        if not isinstance(value, dict):
            read = self._read(key, value)
            return dict(read.variants[0].stock) if read.variants else {}
        return {branch: None if count is None else pieces(count, f"stock.{branch}") for branch, count in value.items()}

    # --- variants ---

    def take_variants(self, value: Any) -> None:
        """What changes of some variants, by id, or all of them anew."""
        if isinstance(value, list):
            self._whole["variants"] = self._all_variants(value)
        elif isinstance(value, dict):
            for id, said in value.items():
                self._take_variant(id, said)
        else:
            raise Unreadable("variants", "neither an object by id nor an array", value)

    def _take_variant(self, id: str, said: Any) -> None:
        own = next((variant for variant in self._product.variants if variant.id == id), None)
        if own is None:
            raise Unreadable("variants", "no such variant", id)
        if not isinstance(said, dict):
            raise Unreadable("variants", "cannot be taken away by itself: send the array of those that stay", id)
        if other := next((key for key in said if key not in _OF_VARIANTS), None):
            told = f"only {', '.join(sorted(_OF_VARIANTS))} of a variant can be patched; send the array of all"
            raise Unreadable(f"variants.{id}.{other}", told)
        if "stock" in said:
            stock = said["stock"]
            gone = dict.fromkeys(own.stock) if stock is None else self._branches("stock", stock)
            self._merged["stock"][id] = gone
        if {"price", "sale_price"} & said.keys():
            prices = [own.price_cents, own.sale_price_cents]
            for at, name in enumerate(("price", "sale_price")):
                if name in said:
                    empty = is_empty(said[name])
                    prices[at] = None if empty else getattr(self._read(name, said[name]), f"{name}_cents")
            if prices[0] is not None and prices[1] is not None and prices[1] > prices[0]:
                raise Unreadable(f"variants.{id}.sale_price", "above the price")
            self._merged["prices"][id] = tuple(prices)

    def _all_variants(self, rows: list[Any]) -> tuple[Variant, ...]:
        outer = msgspec.structs.replace(self._product, variants=())
        members = []
        for row in rows:
            if not isinstance(row, dict):
                raise Unreadable("variants", "not a JSON object", row)
            member = RowReader(Columns(self._reader.columns.mapping, row), cells=False).product(row)
            members.append(inherited(member, outer))
        if len({member.id for member in members}) < len(members):
            raise Unreadable("variants", "two with one id")
        return combine(self._product.id, [outer, *members], members).variants if members else ()
