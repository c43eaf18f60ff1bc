"""M34: what everybody clicks and buys for a query comes forward for all, within bounds, and nobody alone does it."""

from __future__ import annotations

import uuid

import msgspec
import pytest
from starlette.testclient import TestClient

from search.app import create_app
from search.types import Trends
from tests.mission.checks import ids, search

CHOSEN = "shorts-girls-red"


@pytest.fixture
def opened(open_shop):
    """opened(business settings) -> a client of a shop of its own."""
    entered = []

    def enter(**business) -> TestClient:
        service = open_shop(server={"deadline_ms": 60_000.0}, business=business)
        client = TestClient(create_app(lambda: service), base_url="http://127.0.0.1")
        entered.append(client.__enter__())
        return client

    yield enter
    for client in entered:
        client.__exit__(None, None, None)


def choose(client, people: int, product: str = CHOSEN, q: str = "Shorts", type: str = "cart", **more) -> None:
    """People search, and choose a product from what they are shown."""
    for number in range(people):
        answer = search(client, q=q, **more)
        place = next((hit["rank"] for hit in answer["hits"] if hit["id"] == product), None)
        event = {"event_id": uuid.uuid4().hex, "type": type, "product_id": product, "shopper": f"person{number}"}
        event |= {"query_id": answer["query_id"], "position": place}
        assert client.post("/v1/events", json={**event, **more}).status_code == 202
    client.app.state.service.learn_repeats()


def terms(answer: dict, id: str = CHOSEN) -> dict[str, dict]:
    hit = next(hit for hit in answer["hits"] if hit["id"] == id)
    return {term["name"]: term for term in hit["explain"]["business"]}


def place_of(answer: dict, id: str = CHOSEN) -> int:
    return ids(answer).index(id) + 1


def comparable(answer: dict) -> dict:
    return {name: value for name, value in answer.items() if name not in ("took_ms", "query_id", "cursor")}


def test_m34_what_everybody_chose_for_a_query_comes_forward_for_everybody_and_says_why(opened):
    client = opened(clicked=1.0)
    before = search(client, q="Shorts")
    choose(client, 12)
    after = search(client, q="Shorts", explain="true")
    assert place_of(after) < place_of(before)
    assert set(ids(after)) == set(ids(before))
    told = terms(after)["clicked"]
    assert 0 < told["contribution"] <= 1.0
    assert "choices by 12 people for this query" in told["evidence"]
    same = search(client, q="shorts", explain="true", shopper="somebody-new", session="s")
    assert ids(same) == ids(after)


def test_m34_every_account_adds_up_and_stays_within_the_bound(opened):
    client = opened()
    choose(client, 30, type="purchase")
    for hit in search(client, q="Shorts", explain="true")["hits"]:
        account = hit["explain"]
        parts = [account["relevance"]["log_odds"], *(part["contribution"] for part in account["business"])]
        parts += [part["contribution"] for part in account["stated"]]
        assert abs(sum(parts) - account["final"]) < 1e-9
        assert all(term["contribution"] <= 0.5 for term in account["business"] if term["name"] == "clicked")


def test_m34_other_queries_learn_from_the_product_type_only(opened):
    client = opened(clicked=1.0)
    choose(client, 12)
    evidence = terms(search(client, q="Kindershorts", explain="true"))["clicked"]["evidence"]
    assert evidence.endswith("of this product type")
    laptops = search(client, q="Laptop", explain="true")["hits"]
    assert not any(term["name"] == "clicked" for hit in laptops for term in hit["explain"]["business"])


def test_m34_four_people_and_one_person_a_hundred_times_change_nothing(opened):
    client = opened(clicked=1.0)
    before = comparable(search(client, q="Shorts", explain="true"))
    choose(client, 4)
    for _ in range(100):
        event = {"event_id": uuid.uuid4().hex, "type": "click", "product_id": CHOSEN, "shopper": "person1"}
        client.post("/v1/events", json={**event, "query": "Shorts", "position": 10})
    client.app.state.service.learn_repeats()
    assert comparable(search(client, q="Shorts", explain="true")) == before


def test_m34_relevance_stays_first_no_tier_is_crossed(opened):
    client = opened(clicked=2.0)
    before = {hit["id"]: hit["explain"]["tier"] for hit in search(client, q="Laufschuhe", explain="true")["hits"]}
    last = list(before)[-1]
    choose(client, 20, product=last, q="Laufschuhe", type="purchase")
    after = search(client, q="Laufschuhe", explain="true")
    order = [("exact", "close", "rest").index(hit["explain"]["tier"]) for hit in after["hits"]]
    assert order == sorted(order)
    assert {hit["id"]: hit["explain"]["tier"] for hit in after["hits"]} == before


def test_m34_it_fails_when_it_is_switched_off(opened):
    with pytest.raises(AssertionError):
        test_m34_what_everybody_chose_for_a_query_comes_forward_for_everybody_and_says_why(
            lambda **_: opened(clicked=0.0)
        )


@pytest.mark.parametrize("more", [{"consent": "none"}, {"touchpoint": "kiosk", "session": "k"}])
def test_m34_nothing_is_learned_without_leave_or_at_a_kiosk(opened, more):
    client = opened(clicked=1.0)
    before = comparable(search(client, q="Shorts", explain="true"))
    choose(client, 12, **more)
    assert comparable(search(client, q="Shorts", explain="true")) == before
    assert client.app.state.service.trending.trends.types == {}


def test_m34_what_is_kept_names_nobody_outlives_the_server_and_forgets_who_is_erased(opened):
    client = opened()
    service = client.app.state.service
    choose(client, 5)
    kept = (service.home / "state" / "trends.json").read_bytes()
    assert b"person" not in kept
    assert msgspec.json.decode(kept, type=Trends) == service.trending.trends
    assert service.trending.trends.queries.keys() == {"short"}
    assert client.delete("/v1/profiles/person0").status_code == 200
    assert service.buying.is_due
    service.learn_repeats()
    assert service.trending.trends.queries == {}


def test_m34_words_that_tell_who_somebody_is_are_not_kept_and_the_others_are_exported(opened):
    client = opened()
    choose(client, 1, q="Shorts Lilli")
    choose(client, 1, q="Shorts anna@shop.example")
    events = client.get("/v1/profiles/person0/export").json()["events"]
    assert [event["event"].get("query") for event in events] == ["shorts lilli", None]


def test_m34_a_shop_may_keep_no_words_at_all(open_shop):
    service = open_shop(privacy={"keep_queries": False})
    with TestClient(create_app(lambda: service), base_url="http://127.0.0.1") as client:
        choose(client, 6)
        event = {"event_id": "q", "type": "click", "product_id": CHOSEN, "shopper": "p", "query": "Shorts"}
        assert client.post("/v1/events", json=event).status_code == 202
        assert service.trending.trends.queries == {}
        assert service.trending.trends.types
        assert all("query" not in event["event"] for event in client.get("/v1/profiles/p/export").json()["events"])
