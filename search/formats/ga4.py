"""Google Analytics 4, as its Measurement Protocol sends it: one client, several events, each with its items.

Source: developers.google.com/analytics/devguides/collection/protocol/ga4/reference
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from search.formats.reading import Told, derived_id, mapping, moment, number, text, whole
from search.types import EventType

NAMES: Mapping[str, EventType] = {
    "view_item_list": "impression",
    "select_item": "click",
    "view_item": "view",
    "add_to_wishlist": "wishlist",
    "add_to_cart": "cart",
    "remove_from_cart": "remove",
    "purchase": "purchase",
    "refund": "return",
}
#: One transaction is bought, and refunded, once, however often and whenever that is told.
ONCE = ("purchase", "refund")


def read(body: Mapping[str, Any], told: Told, prefix: str = "") -> None:
    """One call of the Measurement Protocol; unknown names and items without an id are set aside."""
    events = body.get("events")
    for at, event in enumerate(events if isinstance(events, list) else []):
        event, place = mapping(event), f"{prefix}events[{at}]"
        name = event.get("name")
        if not isinstance(name, str) or name not in NAMES:
            told.set_aside(f"{place}.name", name, "no event about a product that is counted (docs/events.md)")
            continue
        items = mapping(event.get("params")).get("items")
        if not isinstance(items, list) or not items:
            told.set_aside(f"{place}.params.items", name, "no items: without a product there is nothing to learn")
            continue
        for row, item in enumerate(items):
            told.add(f"{place}.params.items[{row}]", name, _fields(body, event, mapping(item), row))


def _fields(body: Mapping[str, Any], event: Mapping[str, Any], item: Mapping[str, Any], row: int) -> dict[str, Any]:
    params, name = mapping(event.get("params")), event["name"]
    device, session = text(body.get("client_id")), text(params.get("session_id"))
    micros = number(event.get("timestamp_micros")) or number(body.get("timestamp_micros"))
    time = None if micros is None else moment(micros / 1e6)
    index, price = number(item.get("index")), number(item.get("price"))
    return {
        "event_id": _event_id(body, event, item, row, time),
        "type": NAMES[name],
        "product_id": text(item.get("item_id")),
        "time": time,
        "shopper": text(body.get("user_id")),
        "device": device,
        # GA4 numbers the visits of one client; another client's may bear the same number
        "session": f"{device}.{session}" if device and session else session,
        "query_id": text(params.get("query_id")),
        "position": None if index is None else whole(index + 1),  # GA4 counts from 0
        "price": price,
        "quantity": whole(item.get("quantity")),
        "consent": _consent(mapping(body.get("consent"))),
    }


def _event_id(
    body: Mapping[str, Any], event: Mapping[str, Any], item: Mapping[str, Any], row: int, time: str | None
) -> str:
    params, name = mapping(event.get("params")), event["name"]
    given, transaction = text(params.get("event_id")), text(params.get("transaction_id"))
    if given:
        return f"{given}-{row}" if row else given
    if name in ONCE and transaction:
        return derived_id("ga4", [name, transaction, text(item.get("item_id")), row], time="")
    who = [text(body.get(key)) for key in ("client_id", "user_id")]
    return derived_id("ga4", [name, *who, text(params.get("session_id")), text(item.get("item_id")), row], time)


def _consent(said: Mapping[str, Any]) -> str | None:
    """Whoever denies personalised advertising is not made more of than a stranger here either."""
    return "none" if said.get("ad_personalization") == "DENIED" else None
