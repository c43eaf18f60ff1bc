"""A ranking to what people read: products in their language and today's price, highlights, facets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np

from search.answer.highlight import Marker
from search.index.columns import Columns, KeywordColumn
from search.index.fields import in_language
from search.messages import (
    ContextInfo,
    CorrectedQuery,
    CorrectionInfo,
    Facet,
    FacetValue,
    ProposedQuery,
    QueryInfo,
    RelaxedInfo,
    SynonymUsed,
    UnderstoodInfo,
)
from search.types import Correction, Product, Query, Rows, Stated, Variant
from search.understand.context import Entry
from search.understand.filters import written

FACET_VALUES = 100
#: Fields in which the query's words are marked.
HIGHLIGHTED = ("title", "brand", "description", "mpn", "gtin")


def query_info(
    query: Query, labels: Mapping[str, Mapping[str, Mapping[str, str]]], entry: Entry | None = None
) -> QueryInfo:
    """How the query was read, and what led to it.

    Args:
        labels: language -> field -> value -> what people of the language read.
    """
    corrected = proposed = None
    if query.corrections:
        corrected = CorrectedQuery(query.text, query.original, _listed(query.corrections))
    if query.proposals:
        proposed = ProposedQuery(query.proposed_text, _listed(query.proposals))
    understood = _all_understood(query.stated, labels.get(query.language, {}))
    context = None
    used = [SynonymUsed(item.words, list(item.finds), item.kind) for item in query.synonyms]
    if entry is not None:
        led = entry.query
        context = ContextInfo(
            led.text, led.language, _all_understood(entry.stated, labels.get(led.language, {})), led.words
        )
    relaxed = [RelaxedInfo(step.step, step.text, list(step.dropped)) for step in query.relaxed]
    return QueryInfo(query.text, query.language, understood, corrected, query.words, proposed, used, context, relaxed)


def _all_understood(stated: Sequence[Stated], labels: Mapping[str, Mapping[str, str]]) -> list[UnderstoodInfo]:
    return [_understood(item, labels.get(item.attribute, {})) for item in stated]


def _understood(item: Stated, labels: Mapping[str, str]) -> UnderstoodInfo:
    """One statement, with its filter where it is one, in the filter language."""
    clauses = [written(clause) for _, clause in item.wanted] if item.effect in ("limit", "exclude") else []
    sign = "NOT " if item.effect == "exclude" else ""
    told = " AND ".join(f"{sign}{clause}" for clause in clauses) or None
    label = labels.get(item.value)
    return UnderstoodInfo(item.attribute, item.value, item.text, item.effect, told, label)


def _listed(corrections: Sequence[Correction]) -> list[CorrectionInfo]:
    return [CorrectionInfo(item.original, item.corrected, item.distance) for item in corrections]


def is_on_sale(product: Product, day: date) -> bool:
    """True where the sale price holds on that day."""
    if product.sale_price_cents is None:
        return False
    return (product.sale_from or date.min) <= day <= (product.sale_until or date.max)


def present(product: Product, language: str, day: date, branch: str | None, fields: Sequence[str]) -> dict[str, Any]:
    """One product as the API shows it: texts and labels in one language, prices of the day, stock.

    `fields` keeps only those; all if empty.
    """
    on_sale = is_on_sale(product, day)
    labels = product.labels.get(language, {})
    stock = _stock(product.variants)
    shown: dict[str, Any] = {
        "id": product.id,
        "title": in_language(product.title, language),
        "description": in_language(product.description, language),
        "brand": product.brand,
        "category": [labels.get("category", {}).get(path, path) for path in map(" > ".join, product.categories)],
        "product_type": labels.get("product_type", {}).get(product.product_type or "", product.product_type),
        "price": _units(product.sale_price_cents if on_sale else product.price_cents),
        "list_price": _units(product.price_cents) if on_sale else None,
        "sale_until": product.sale_until.isoformat() if on_sale and product.sale_until else None,
        "currency": product.currency,
        "released": product.released.isoformat() if product.released else None,
        "mpn": product.mpn,
        "gtin": product.gtin,
        "image": product.image,
        "url": product.url,
        "stock": stock or None,
        "branch_stock": stock.get(branch) if branch else None,
        "attributes": {name: _labelled(value, labels.get(name, {})) for name, value in product.attributes.items()},
        "variants": [_variant(variant, on_sale) for variant in product.variants],
    }
    return {
        name: value for name, value in shown.items() if value not in (None, "", []) and (not fields or name in fields)
    }


def _units(cents: int | None) -> float | None:
    return None if cents is None else cents / 100


def _labelled(value: Any, labels: dict[str, str]) -> Any:
    return [labels.get(word, word) for word in value] if isinstance(value, list) else value


def _stock(variants: Sequence[Variant]) -> dict[str, int]:
    total: dict[str, int] = {}
    for variant in variants:
        for branch, pieces in variant.stock.items():
            total[branch] = total.get(branch, 0) + pieces
    return total


def _variant(variant: Variant, on_sale: bool) -> dict[str, Any]:
    price = variant.sale_price_cents if on_sale and variant.sale_price_cents is not None else variant.price_cents
    shown = {
        "id": variant.id,
        "size": variant.size,
        "color": variant.color,
        "price": _units(price),
        "stock": variant.stock or None,
    }
    return {name: value for name, value in shown.items() if value is not None}


def highlights(shown: dict[str, Any], marker: Marker) -> dict[str, list[tuple[int, int]]]:
    """Field -> (start, end) of what the query found, in code points of the shown text, in order, without overlaps.

    See `search/answer/highlight.py` for what is marked.
    """
    return marker.marks({name: text for name in HIGHLIGHTED if isinstance(text := shown.get(name), str)})


def facet(columns: Columns, name: str, rows: Rows, labels: dict[str, str]) -> Facet:
    """Counts of one field over products `rows` (m,), ascending: the most frequent values first, ties by value.

    Raises:
        UnknownField: the catalogue has no such field.
    """
    column = columns.column(name, "facet")
    if isinstance(column, KeywordColumn):
        counts, having = column.counts(rows)
        codes = np.flatnonzero(counts)  # ascending, as the values are
        order = codes[np.argsort(-counts[codes], kind="stable")[:FACET_VALUES]]
        names = [column.values[code] for code in order.tolist()]
        return Facet(list(map(FacetValue, names, counts[order].tolist(), map(labels.get, names))), having)
    numbers = column.numbers[column.places(rows)]
    if not len(numbers):
        return Facet([], 0)
    return Facet([], len(numbers), float(numbers.min()), float(numbers.max()))
