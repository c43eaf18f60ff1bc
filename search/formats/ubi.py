"""OpenSearch User Behavior Insights: one action about one object, after one query.

Source: docs.opensearch.org/latest/search-plugins/ubi/schemas and github.com/o19s/ubi (schema 1.3)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from search.formats.reading import Told, derived_id, mapping, moment, number, text, whole
from search.types import EventType

#: UBI leaves the names of actions to the shop; these are its documents' and the usual ones.
NAMES: Mapping[str, EventType] = {
    "impression": "impression",
    "product_impression": "impression",
    "click": "click",
    "item_click": "click",
    "product_click": "click",
    "click_through": "click",
    "view": "view",
    "item_view": "view",
    "product_view": "view",
    "view_item": "view",
    "hover": "hover",
    "item_hover": "hover",
    "product_hover": "hover",
    "wishlist": "wishlist",
    "add_to_wishlist": "wishlist",
    "cart": "cart",
    "add_to_cart": "cart",
    "remove": "remove",
    "remove_from_cart": "remove",
    "purchase": "purchase",
    "buy": "purchase",
    "return": "return",
    "refund": "return",
    "like": "like",
    "thumbs_up": "like",
    "dislike": "dislike",
    "thumbs_down": "dislike",
}


def read(body: Mapping[str, Any], told: Told, prefix: str = "") -> None:
    """One event; an action that is not known is set aside."""
    name = body.get("action_name")
    if not isinstance(name, str) or name.casefold() not in NAMES:
        told.set_aside(f"{prefix}action_name", name, "no action about a product that is counted (docs/events.md)")
        return
    told.add(f"{prefix}event_attributes.object.object_id", name, _fields(body, name.casefold()))


def _fields(body: Mapping[str, Any], name: str) -> dict[str, Any]:
    attributes = mapping(body.get("event_attributes"))
    thing, position = mapping(attributes.get("object")), mapping(attributes.get("position"))
    time, product = _time(body.get("timestamp")), text(thing.get("object_id"))
    device, query = text(body.get("client_id")), text(body.get("query_id"))
    session = text(body.get("session_id")) or text(attributes.get("session_id"))
    shopper = text(body.get("user_id")) or text(attributes.get("user_id"))
    same = [name, shopper, device, session, query, product]
    return {
        "event_id": text(body.get("event_id")) or derived_id("ubi", same, time),
        "type": NAMES[name],
        "product_id": product,
        "time": time,
        "shopper": shopper,
        "device": device,
        "session": session,
        "query_id": query,
        "position": whole(position.get("ordinal")),
        "price": number(mapping(thing.get("object_detail")).get("price")),
        "quantity": whole(attributes.get("quantity")),
    }


def _time(said: object) -> str | None:
    """ISO 8601, or milliseconds since 1970."""
    if isinstance(said, str) and not said.isdecimal():
        return said
    milliseconds = number(said)
    return None if milliseconds is None else moment(milliseconds / 1000)
