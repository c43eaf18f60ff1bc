"""One row to a product, and the rows of one group to a product with variants. No file, no state."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar

from msgspec.structs import replace

import catalog.values as values
from catalog.columns import ATTRIBUTE_FIELDS, Columns, Target
from catalog.rows import Fields
from catalog.values import Unreadable, is_empty, text, texts
from search.types import AttributeValue, Product, Variant

Labels = dict[str, dict[str, dict[str, str]]]
T = TypeVar("T")

#: Between the levels of a category path where it is one text.
JOIN = " > "


@dataclass(slots=True)
class _Cells:
    """A row's values by what they are for; `known` and `labels` are not read yet."""

    known: dict[str, Any] = field(default_factory=dict)
    title: dict[str, str] = field(default_factory=dict)
    description: dict[str, str] = field(default_factory=dict)
    stock: dict[str, int] = field(default_factory=dict)
    attributes: dict[str, AttributeValue] = field(default_factory=dict)
    labels: list[tuple[str, str, Any]] = field(default_factory=list)


class RowReader:
    """Reads the rows of one feed. `cells`: values are CSV cells, which are all texts."""

    def __init__(self, columns: Columns, cells: bool):
        self.columns = columns
        self.cells = cells
        self.language = columns.mapping.language
        self.english = self.language == "en"
        self.separators = columns.mapping.separators if cells else {}

    def product(self, row: Fields) -> Product:
        """The row as a product of its own, size and stock in its only variant; `Unreadable` if it is bad.

        The title may be missing, and there may be a sale price without a price: a row of a group
        inherits both. `complete` settles them.
        """
        try:
            return self._product(row)
        except RecursionError:
            raise Unreadable("row", "nested too deeply") from None

    def _product(self, row: Fields) -> Product:
        cells = self._sort(row)
        known, attributes = cells.known, cells.attributes
        name = values.identifier(known.get("id", ""))
        if "group" in known:
            values.identifier(known["group"], "group")
        for attribute in ATTRIBUTE_FIELDS & known.keys():
            attributes[attribute] = self._well_known(attribute, known[attribute])
        size = _only(attributes.get("size"))
        if size is not None:
            del attributes["size"]
        price, sale_price, currency = self._prices(known)
        sale_from, sale_until = _sale_days(known)
        categories, product_type = _kind(known)
        product = Product(
            id=name,
            title=cells.title,
            description=cells.description,
            brand=_text(known, "brand"),
            categories=categories,
            product_type=product_type,
            price_cents=price,
            currency=currency,
            sale_price_cents=sale_price,
            sale_from=sale_from,
            sale_until=sale_until,
            released=values.day(known["released"], "released") if "released" in known else None,
            popularity=self._number(known, "popularity"),
            margin=self._number(known, "margin"),
            mpn=_text(known, "mpn"),
            gtin=_text(known, "gtin"),
            image=_text(known, "image"),
            url=_text(known, "url"),
            attributes=attributes,
            variants=(Variant(id=name, size=size, stock=cells.stock),) if size or cells.stock else (),
        )
        labels = self._labels(product, known, cells)
        return replace(product, labels=labels) if labels else product

    # -- a row's values by what they are for --------------------------------------------------

    def _sort(self, row: Fields) -> _Cells:
        cells = _Cells()
        nested: list[tuple[str, Fields]] = []
        for column, value in row.items():
            if is_empty(value):
                continue
            target = self.columns[column]
            if target.kind == "attribute" and isinstance(value, dict):
                nested.append((column, value))
            else:
                self._put(cells, target, column, value)
        for column, inner in nested:  # afterwards, because a column of its own goes first
            self._put_nested(cells, column, inner)
        self._put_stock(cells)
        return cells

    def _put(self, cells: _Cells, target: Target, column: str, value: Any) -> None:
        kind, name = target.kind, target.name
        if kind == "field":
            cells.known[name] = value
        elif kind == "attribute":
            read = values.attribute(value, self.cells, self.english, self.separators.get(name))
            if read != []:
                cells.attributes[name] = read
        elif kind == "text":
            by_language = value if isinstance(value, dict) else {target.language: value}
            told = {language: words for language, said in by_language.items() if (words := text(said))}
            (cells.title if name == "title" else cells.description).update(told)
        elif kind == "label":
            cells.labels.append((target.language, name, value))
        elif kind == "stock":
            cells.stock[name] = values.pieces(value, column)

    def _put_nested(self, cells: _Cells, column: str, inner: Fields) -> None:
        """What stands in an object: fields where they read as such and are still missing, or attributes."""
        for key, value in inner.items():
            if is_empty(value):
                continue
            target = self.columns.nested(column, key)
            if target.kind == "field" and target.name in cells.known:
                target = Target("attribute", f"feed_{target.name}")
            elif target.kind == "field" and not isinstance(value, str | list):
                target = self.columns.nested_attribute(column, key)
            self._put(cells, target, key, value)

    def _put_stock(self, cells: _Cells) -> None:
        known = cells.known
        if "stock" in known:
            cells.stock.update(values.stock(known["stock"]))
        if "availability" in known:
            available = values.availability(known["availability"])
            if available is None:
                cells.attributes["availability"] = texts(known["availability"])
            elif not cells.stock:
                cells.stock["online"] = available

    # -- reading them -------------------------------------------------------------------------

    def _well_known(self, name: str, value: Any) -> list[str]:
        found = texts(value, self.separators.get(name))
        return list(dict.fromkeys(map(values.gender, found))) if name == "gender" else found

    def _prices(self, known: Fields) -> tuple[int | None, int | None, str | None]:
        price, currency = self._price(known, "price")
        sale_price, sale_currency = self._price(known, "sale_price")
        if price is not None and sale_price is not None:
            if sale_price > price:
                raise Unreadable("sale_price", "above the price", known["sale_price"])
            if currency and sale_currency and currency != sale_currency:
                raise Unreadable("sale_price", "in another currency than the price", known["sale_price"])
        code = currency or sale_currency
        if code is None and "currency" in known:
            code = values.currency(text(known["currency"]))
        priced = price is not None or sale_price is not None
        return price, sale_price, code or (self.columns.mapping.currency if priced else None)

    def _price(self, known: Fields, name: str) -> tuple[int | None, str | None]:
        return values.price(known[name], name, self.english) if name in known else (None, None)

    def _number(self, known: Fields, name: str) -> float | None:
        return values.finite(known[name], name, self.english) if name in known else None

    # -- labels -------------------------------------------------------------------------------

    def _labels(self, product: Product, known: Fields, cells: _Cells) -> Labels:
        """Other languages' words for the row's values. What labels nothing stays an attribute."""
        labels: Labels = {}
        for language, name, value in cells.labels:
            keys = _labelled(product, name)
            if name == "category":
                words = [JOIN.join(path) for path in values.paths(value)]
            else:
                words = texts(value, self.separators.get(name))
            if keys and len(keys) == len(words):
                labels.setdefault(language, {}).setdefault(name, {}).update(zip(keys, words, strict=True))
            elif words:
                cells.attributes[f"{name}_{language}"] = words
        if labels and product.categories and "product_type" not in known:
            _label_product_type(product, labels)
        if "gender" in known and self.language != "de":
            said = texts(known["gender"], self.separators.get("gender"))
            words_of = {values.gender(word): word for word in said if values.gender(word) != word.lower()}
            if words_of:
                labels.setdefault(self.language, {})["gender"] = words_of
        return labels


def _only(value: AttributeValue | None) -> str | None:
    return value[0] if isinstance(value, list) and len(value) == 1 else None


def _text(known: Fields, name: str) -> str | None:
    value = known.get(name)
    return None if value is None else (text(value[0] if isinstance(value, list) else value) or None)


def _sale_days(known: Fields) -> tuple[date | None, date | None]:
    name = "sale_price_effective_date"
    first, last = values.period(known[name], name) if name in known else (None, None)
    if first and last and last < first:
        raise Unreadable(name, "ends before it begins", known[name])
    return first, last


def _kind(known: Fields) -> tuple[tuple[tuple[str, ...], ...], str | None]:
    """Categories and product type; either stands in for the other (Google's product_type is a path)."""
    categories = values.paths(known["category"]) if "category" in known else ()
    types = values.paths(known["product_type"]) if "product_type" in known else ()
    if not categories and types and len(types[0]) > 1:
        categories = types
    named = types or categories
    return categories, named[0][-1] if named else None


def _labelled(product: Product, name: str) -> list[str]:
    """A field's values, as labels are keyed."""
    if name == "category":
        return [JOIN.join(path) for path in product.categories]
    if name in ("brand", "product_type"):
        value = product.brand if name == "brand" else product.product_type
        return [value] if value else []
    if name == "size" and product.variants and product.variants[0].size:
        return [product.variants[0].size]
    found = product.attributes.get(name)
    return found if isinstance(found, list) else []


def _label_product_type(product: Product, labels: Labels) -> None:
    """A product type taken from the category has the category's label, cut in the same place."""
    path = product.categories[0]
    for by_field in labels.values():
        label = by_field.get("category", {}).get(JOIN.join(path), "").split(JOIN)
        if len(label) == len(path) and "product_type" not in by_field:
            by_field["product_type"] = {path[-1]: label[-1]}


# --- groups --------------------------------------------------------------------------------------


def complete(product: Product) -> Product:
    """The product if it has a title; a sale price without a price is its price."""
    if not product.title:
        raise Unreadable("title", "no title")
    return _priced(product)


def _priced(row: Product) -> Product:
    if row.price_cents is not None or row.sale_price_cents is None:
        return row
    return replace(row, price_cents=row.sale_price_cents, sale_price_cents=None)


def inherited(row: Product, first: Product) -> Product:
    """The row with the prices of the group's first row where it has none; `Unreadable` if they disagree."""
    if row.currency and first.currency and row.currency != first.currency:
        raise Unreadable("currency", "not that of its group", row.currency)
    if row.price_cents is not None or first.price_cents is None:
        return _priced(row)
    sale_price = first.sale_price_cents if row.sale_price_cents is None else row.sale_price_cents
    if sale_price is not None and sale_price > first.price_cents:
        raise Unreadable("sale_price", "above the price", row.sale_price_cents)
    return replace(row, price_cents=first.price_cents, sale_price_cents=sale_price)


def combine(group: str, rows: Sequence[Product], members: Sequence[Product]) -> Product:
    """One product of a group's rows.

    Texts, brand, category and the like come from the first row that has them. What all members share
    is the product's, what differs is each variant's. The product's price is the lowest.

    Args:
        group: the product's id.
        rows: all rows, a parent first if there is one.
        members: the rows that can be bought, at least one, with inherited prices.
    """
    names = dict.fromkeys(name for member in members for name in member.attributes)
    shared: dict[str, AttributeValue] = {}
    for name in names:
        value = _common([member.attributes.get(name) for member in members])
        if value is not None:
            shared[name] = value
    parents = {n: v for n, v in rows[0].attributes.items() if n not in names}
    price = min((m.price_cents for m in members if m.price_cents is not None), default=None)
    sales = [m.sale_price_cents for m in members if m.sale_price_cents is not None]
    sale_price = min(sales) if len(sales) == len(members) else None
    product = Product(
        id=group,
        title=_merged([row.title for row in rows]),
        description=_merged([row.description for row in rows]),
        brand=_first(row.brand for row in rows),
        categories=next((row.categories for row in rows if row.categories), ()),
        product_type=_first(row.product_type for row in rows),
        price_cents=price,
        currency=_first(row.currency for row in rows),
        sale_price_cents=sale_price,
        sale_from=_first(row.sale_from for row in rows),
        sale_until=_first(row.sale_until for row in rows),
        released=_first(row.released for row in rows),
        popularity=_first(row.popularity for row in rows),
        margin=_first(row.margin for row in rows),
        mpn=_common([m.mpn for m in members]) if any(m.mpn for m in members) else rows[0].mpn,
        gtin=_common([m.gtin for m in members]) if any(m.gtin for m in members) else rows[0].gtin,
        image=_first(row.image for row in rows),
        url=_first(row.url for row in rows),
        attributes=parents | shared,
        labels=_merged_labels([row.labels for row in rows]),
    )
    return replace(product, variants=tuple(_variant(member, product) for member in members))


def _variant(member: Product, product: Product) -> Variant:
    """What a row says beyond its product."""
    own = {name: value for name, value in member.attributes.items() if name not in product.attributes}
    color = _only(own.get("color"))
    if color is not None:
        del own["color"]
    price, sale_price = member.price_cents, member.sale_price_cents
    return Variant(
        id=member.id,
        size=member.variants[0].size if member.variants else None,
        color=color,
        gtin=member.gtin if product.gtin is None else None,
        mpn=member.mpn if product.mpn is None else None,
        price_cents=price if price != product.price_cents else None,
        sale_price_cents=sale_price if sale_price != product.sale_price_cents else None,
        stock=member.variants[0].stock if member.variants else {},
        attributes=own,
    )


def _common(found: Sequence[Any]) -> Any:
    """The value that all have; None if one differs or has none."""
    return found[0] if all(value == found[0] for value in found) else None


def _first(found: Iterable[T | None]) -> T | None:
    return next((value for value in found if value is not None), None)


def _merged(found: Sequence[dict[str, str]]) -> dict[str, str]:
    """All languages, each from the first row that has it."""
    return {language: words for texts_of in reversed(found) for language, words in texts_of.items()}


def _merged_labels(found: Iterable[Labels]) -> Labels:
    merged: Labels = {}
    for labels in found:
        for language, by_field in labels.items():
            for name, words in by_field.items():
                merged.setdefault(language, {}).setdefault(name, {}).update(words)
    return merged
