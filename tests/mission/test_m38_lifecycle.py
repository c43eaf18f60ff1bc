"""M38: whether somebody buys for the first or already for the fifth time: from what they kept, and told to them."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

import pytest
from starlette.testclient import TestClient

from search.app import create_app
from tests.stand_ins import Clock

DAY = 86_400.0


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def client(open_shop, clock):
    service = open_shop(
        now=clock, server={"deadline_ms": 60_000.0, "watch_seconds": 3600.0}, privacy={"retention_days": 30}
    )
    with TestClient(create_app(lambda: service), base_url="http://127.0.0.1") as entered:
        yield entered


def tell(client, type: str, *products: str, **more) -> None:
    for product in products:
        event = {"event_id": uuid.uuid4().hex, "type": type, "product_id": product, "shopper": "anna", **more}
        assert client.post("/v1/events", json=event).status_code == 202


def state(client, id: str = "anna") -> tuple[int, str]:
    told = client.get(f"/v1/profiles/{id}").json()
    return told["purchases"], told["lifecycle"]


def test_m38_first_purchase_fifth_purchase_and_those_between(client, clock):
    assert state(client) == (0, "new")
    told = []
    for _ in range(5):
        tell(client, "purchase", "kettle", "shorts-girls-red")
        told.append(state(client))
        clock.advance(3 * DAY)
    assert told == [(1, "first"), (2, "returning"), (3, "returning"), (4, "returning"), (5, "regular")]


def test_m38_looking_and_putting_into_the_cart_is_no_purchase(client):
    tell(client, "view", "kettle")
    tell(client, "cart", "kettle")
    assert state(client) == (0, "new")


def test_m38_what_was_sent_back_was_not_bought(client, clock):
    tell(client, "purchase", "kettle", "shorts-girls-red")
    clock.advance(DAY)
    tell(client, "return", "kettle")
    assert state(client) == (1, "first")
    tell(client, "return", "shorts-girls-red")
    assert state(client) == (0, "new")


def test_m38_history_that_is_told_in_one_go_counts_by_its_times(client, clock):
    for days in range(5):
        time = datetime.fromtimestamp(clock() - days * DAY, UTC).isoformat()
        tell(client, "purchase", "kettle", time=time)
    assert state(client) == (5, "regular")


def test_m38_it_outlives_the_log(client, clock):
    for product in ("kettle", "shorts-girls-red"):
        tell(client, "purchase", product)
        clock.advance(2 * DAY)
    clock.advance(40 * DAY)
    assert client.app.state.service.prune() == 2
    assert client.get("/v1/profiles/anna/export").json()["events"] == []
    assert state(client) == (2, "returning")
    tell(client, "purchase", "kettle")
    assert state(client) == (3, "returning")


def test_m38_it_is_the_persons_linked_devices_too_and_nobody_elses(client):
    tell(client, "purchase", "kettle", shopper=None, device="tablet", consent="full")
    assert state(client, "tablet") == (1, "first")
    assert state(client) == (0, "new")
    client.post("/v1/profiles/anna/links", json={"device": "tablet"})
    assert state(client) == (1, "first")
    assert state(client, "bernd") == (0, "new")


def test_m38_without_leave_nothing_is_counted(client):
    tell(client, "purchase", "kettle", consent="none")
    assert state(client) == (0, "new")


def test_m38_it_is_exported_and_erased_with_the_person(client):
    tell(client, "purchase", "kettle")
    profile = client.get("/v1/profiles/anna/export").json()["profile"]
    assert (profile["purchases"], profile["lifecycle"]) == (1, "first")
    client.delete("/v1/profiles/anna")
    assert state(client) == (0, "new")
