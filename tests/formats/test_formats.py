"""Events as other tools name them: what they become, what is set aside, and when two are the same."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from search.formats import ga4, segment, ubi
from search.formats.detect import format_of, read_foreign
from tests.conftest import ROOT

TIME = 1_780_000_000
ITEM = {"item_id": "shirt", "index": 2, "price": 19.99, "quantity": 3}


def of_ga4(name: str = "view_item", items: object = (ITEM,), call: Mapping = {}, **params) -> dict:
    items = list(items) if isinstance(items, tuple) else items
    event = {"name": name, "params": {"session_id": 77, "items": items, **params}}
    return {"client_id": "c.1", "timestamp_micros": TIME * 10**6, "events": [event], **call}


def of_segment(event: str = "Product Viewed", call: Mapping = {}, **properties) -> dict:
    told = {"product_id": "shirt", "price": 19.99, "quantity": 3, "position": 3, **properties}
    return {
        "type": "track",
        "event": event,
        "messageId": "m1",
        "userId": "anna",
        "anonymousId": "c.1",
        "context": {"sessionId": "77"},
        "timestamp": "2026-05-28T20:26:40Z",
        "properties": told,
        **call,
    }


def of_ubi(action_name: str = "click", attributes: Mapping = {}, **call) -> dict:
    thing = {"object_id": "shirt", "object_id_field": "id", "object_detail": {"price": 19.99}}
    told = {"object": thing, "position": {"ordinal": 3}, "quantity": 3, **attributes}
    ids = {"client_id": "c.1", "user_id": "anna", "session_id": "77", "query_id": "q1"}
    return {"action_name": action_name, **ids, "timestamp": TIME * 1000, "event_attributes": told, **call}


FORMATS = {"ga4": (ga4, of_ga4), "segment": (segment, of_segment), "ubi": (ubi, of_ubi)}


def events(body: object, format: str | None = None) -> list:
    return read_foreign(body, format or format_of(body)).events


@pytest.mark.parametrize("format", FORMATS)
def test_every_name_of_the_table_becomes_its_event(format):
    module, make = FORMATS[format]
    for name, type in module.NAMES.items():
        (event,) = events(make(name))
        assert (event.type, event.product_id, event.position, event.price, event.quantity) == (
            type,
            "shirt",
            3,
            19.99,
            3,
        )
        assert event.time is not None and event.time.startswith("2026-05-28T20:26:40")
        assert event.device == "c.1"
        assert event.session == ("c.1.77" if format == "ga4" else "77")


def test_the_table_in_the_docs_names_exactly_what_is_counted():
    rows = [
        line.split("|")[1:-1] for line in (ROOT / "docs" / "events.md").read_text().splitlines() if line.count("|") == 5
    ]
    table = {row[0].strip(): [set(re.findall(r"`([^`]+)`", cell)) for cell in row[1:]] for row in rows}
    for column, (module, _) in enumerate(FORMATS.values()):
        for type in {*module.NAMES.values(), "hover", "like"}:
            wanted = {name for name, meant in module.NAMES.items() if meant == type}
            assert table[type][column] == wanted, (type, column)


def test_people_are_read_where_each_tool_keeps_them():
    (google,) = events(of_ga4(call={"user_id": "anna"}))
    assert google.shopper == "anna"
    assert events(of_ga4())[0].shopper is None
    assert events(of_segment())[0].shopper == events(of_ubi())[0].shopper == "anna"
    assert events(of_ubi())[0].query_id == "q1"


def test_several_products_are_several_events_with_ids_of_their_own():
    two = [{"item_id": "a"}, {"item_id": "b"}, {"item_id": "a"}]
    assert [event.product_id for event in events(of_ga4(items=two))] == ["a", "b", "a"]
    order = of_segment("Order Completed", products=[{"product_id": "a"}, {"sku": "b"}])
    assert [(event.product_id, event.event_id) for event in events(order)] == [("a", "m1"), ("b", "m1-1")]
    assert len({event.event_id for event in events(of_ga4(items=two))}) == 3


def test_a_list_and_a_batch_are_read_in_order():
    assert [event.product_id for event in events([of_ubi(), of_ubi()])] == ["shirt", "shirt"]
    batch = {
        "batch": [of_segment(), of_segment(call={"messageId": "m2"}), {"type": "page"}],
        "sentAt": "2026-05-28T20:00:00Z",
    }
    told = read_foreign(batch, "segment")
    assert [event.event_id for event in told.events] == ["m1", "m2"]
    assert [(one.place, one.name) for one in told.aside] == [("batch[2].type", "page")]


@pytest.mark.parametrize(
    ("body", "place", "reason"),
    [
        (of_ga4("scroll"), "events[0].name", "no event about a product"),
        (of_ga4("begin_checkout"), "events[0].name", "no event about a product"),
        (of_ga4(items=[]), "events[0].params.items", "no items"),
        (of_ga4(items={}), "events[0].params.items", "no items"),
        (of_ga4(items=[ITEM, {"item_name": "x"}]), "events[0].params.items[1]", "missing"),
        (of_ga4(items=[{"item_id": {}}]), "events[0].params.items[0]", "missing"),
        (of_ga4(items=[{"item_id": "x" * 300}]), "events[0].params.items[0]", "of length <= 256"),
        (of_ga4(items=[{"item_id": "x", "price": -1}]), "events[0].params.items[0]", "price: Expected"),
        (of_segment("Video Played"), "event", "no event about a product"),
        (of_segment(call={"type": "identify"}), "type", "only 'track'"),
        (of_segment(product_id=None), "properties", "missing"),
        (of_segment(call={"timestamp": "yesterday"}), "properties", "ISO 8601"),
        ([of_ubi(), of_ubi("dance")], "[1].action_name", "no action about a product"),
        (of_ubi(attributes={"object": "shirt"}), "event_attributes.object.object_id", "missing"),
    ],
    ids=str,
)  # fmt: skip
def test_what_is_not_counted_is_set_aside_with_its_place_and_the_rest_is_counted(body, place, reason):
    told = read_foreign(body, format_of(body))
    (aside,) = told.aside
    assert aside.place == place
    assert reason in aside.reason
    assert all(event.product_id == "shirt" for event in told.events)


# --- when two are the same ---


@pytest.mark.parametrize("format", FORMATS)
def test_the_same_event_told_again_has_the_same_id_and_another_time_another(format):
    make = FORMATS[format][1]
    without = {"segment": {"messageId": None}}.get(format, {})
    later = {"ga4": {"timestamp_micros": TIME * 10**6 + 1}, "ubi": {"timestamp": TIME * 1000 + 1}}.get(
        format, {"timestamp": "2026-05-28T20:26:41Z"}
    )
    one, again, other = (
        events(make(**body) if format == "ubi" else make(call=body))[0].event_id
        for body in (without, without, {**without, **later})
    )
    assert one == again != other


def test_a_purchase_is_the_same_by_its_transaction_however_late_it_is_told_again():
    first, again, other = (
        events(of_ga4("purchase", call={"timestamp_micros": micros}, transaction_id=transaction))[0].event_id
        for micros, transaction in ((1, "T1"), (2, "T1"), (1, "T2"))
    )
    assert first == again != other
    assert events(of_ga4("refund", transaction_id="T1"))[0].event_id != first
    orders = [of_segment("Order Completed", call={"messageId": None, "timestamp": at}, order_id="O1") for at in ("2026-05-01T00:00:00Z", None)]  # fmt: skip # noqa: E501
    assert len({events(order)[0].event_id for order in orders}) == 1


def test_without_a_time_nobody_can_tell_and_each_one_counts():
    bodies = [of_ga4(call={"timestamp_micros": None}) for _ in range(2)]
    assert len({events(body)[0].event_id for body in bodies}) == 2


def test_an_id_that_was_given_is_kept():
    assert events(of_ga4(event_id="mine"))[0].event_id == "mine"
    assert events(of_ubi(event_id="mine"))[0].event_id == "mine"


def test_whoever_denies_personal_advertising_is_taken_at_their_word():
    assert events(of_ga4(call={"consent": {"ad_personalization": "DENIED"}}))[0].consent == "none"
    assert events(of_ga4(call={"consent": {"ad_personalization": "GRANTED"}}))[0].consent is None


# --- anything at all ---

ODD = st.sampled_from(["nan", "1e999", "-1", "purchase"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8) | ODD,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip


@given(data=st.data(), format=st.sampled_from(sorted(FORMATS)))
@hypothesis_settings(max_examples=300)
def test_no_value_in_any_place_is_too_much(data, format):
    """A valid body with anything at all in one of its places is read, or set aside."""
    module, make = FORMATS[format]
    body = make(data.draw(st.sampled_from(sorted(module.NAMES))))
    at = body
    for _ in range(data.draw(st.integers(0, 4))):
        inside = [
            child for child in (at.values() if isinstance(at, dict) else at) if isinstance(child, dict | list) and child
        ]
        if not inside:
            break
        at = data.draw(st.sampled_from(inside))
    place = data.draw(st.sampled_from(sorted(at) if isinstance(at, dict) else range(len(at))))
    at[place] = data.draw(JSON)
    told = read_foreign(body, format)
    assert len(told.events) + len(told.aside) <= 4
