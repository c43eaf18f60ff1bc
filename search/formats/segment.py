"""Segment's Spec, its e-commerce events: a `track` call, or a batch of calls.

Source: segment.com/docs/connections/spec/ecommerce/v2
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from search.formats.reading import Told, derived_id, mapping, number, text, whole
from search.types import EventType

NAMES: Mapping[str, EventType] = {
    "Product List Viewed": "impression",
    "Product Clicked": "click",
    "Product Viewed": "view",
    "Product Added to Wishlist": "wishlist",
    "Product Removed from Wishlist": "remove",
    "Wishlist Product Added to Cart": "cart",
    "Product Added": "cart",
    "Product Removed": "remove",
    "Order Completed": "purchase",
    "Order Refunded": "return",
    "Order Cancelled": "return",
}
#: An order is completed, refunded and cancelled once.
ONCE = ("Order Completed", "Order Refunded", "Order Cancelled")
CALLS = ("track", "identify", "page", "screen", "group", "alias")


def read(body: Mapping[str, Any], told: Told, prefix: str = "") -> None:
    """One call, or a batch of calls; other calls than `track` and unknown names are set aside."""
    batch = body.get("batch")
    for at, call in enumerate(batch) if isinstance(batch, list) else [(None, body)]:
        _read_call(mapping(call), prefix if at is None else f"{prefix}batch[{at}].", told)


def _read_call(call: Mapping[str, Any], place: str, told: Told) -> None:
    if call.get("type", "track") != "track":
        told.set_aside(f"{place}type", call.get("type"), "only 'track' is counted (docs/events.md)")
        return
    name, properties = call.get("event"), mapping(call.get("properties"))
    if not isinstance(name, str) or name not in NAMES:
        told.set_aside(f"{place}event", name, "no event about a product that is counted (docs/events.md)")
        return
    products = properties.get("products")
    if isinstance(products, list):
        for row, product in enumerate(products):
            told.add(f"{place}properties.products[{row}]", name, _fields(call, name, mapping(product), row))
    else:
        told.add(f"{place}properties", name, _fields(call, name, properties, 0))


def _fields(call: Mapping[str, Any], name: str, product: Mapping[str, Any], row: int) -> dict[str, Any]:
    properties, context = mapping(call.get("properties")), mapping(call.get("context"))
    time = next((text(call[key]) for key in ("timestamp", "originalTimestamp", "sentAt") if call.get(key)), None)
    session = (context.get("sessionId"), context.get("session_id"), properties.get("session_id"))
    id = text(product.get("product_id")) or text(product.get("sku"))
    return {
        "event_id": _event_id(call, name, id, row, time),
        "type": NAMES[name],
        "product_id": id,
        "time": time,
        "shopper": text(call.get("userId")),
        "device": text(call.get("anonymousId")),
        "session": next((text(one) for one in session if text(one)), None),
        "query_id": text(properties.get("query_id")),
        "position": whole(product.get("position")),
        "price": number(product.get("price")),
        "quantity": whole(product.get("quantity")),
    }


def _event_id(call: Mapping[str, Any], name: str, product: str | None, row: int, time: str | None) -> str:
    given, order = text(call.get("messageId")), text(mapping(call.get("properties")).get("order_id"))
    if given:
        return f"{given}-{row}" if row else given
    if name in ONCE and order:
        return derived_id("segment", [name, order, product, row], time="")
    return derived_id("segment", [name, text(call.get("userId")), text(call.get("anonymousId")), product, row], time)
