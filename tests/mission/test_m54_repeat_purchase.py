"""M54: after a garden shed no more sheds; hand cream again when the tube is empty. Learned, told, and within bounds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from starlette.testclient import TestClient

from search.app import create_app
from tests.mission.checks import ids, search
from tests.stand_ins import NOW

DURABLE, CONSUMABLE = "laptop-office", "cream"


def purchase(shopper: str, product: str, days_ago: float) -> dict:
    moment = NOW - timedelta(days=days_ago)
    return {
        "event_id": f"{shopper}-{product}-{days_ago:.3f}",
        "type": "purchase",
        "product_id": product,
        "shopper": shopper,
        "time": moment.isoformat(),
    }


def past() -> list[dict]:
    """150 people, each with one laptop in a year, and hand cream every 30 days."""
    rng = Random(0)
    events = []
    for number in range(150):
        events.append(purchase(f"p{number}", rng.choice(["laptop-eco", DURABLE]), rng.uniform(100, 390)))
        events += [purchase(f"p{number}", CONSUMABLE, 30 * month + rng.uniform(5, 12)) for month in range(12)]
    return events


@pytest.fixture(scope="module")
def lived() -> list[dict]:
    return past()


@pytest.fixture
def told(open_shop, lived):
    """told(personal settings) -> a client of a shop with that past, which has learned from it."""
    opened = []

    def opened_shop(**personal) -> TestClient:
        # what 150 people bought would stand first for everybody: here it is about what one person is shown
        service = open_shop(personal=personal, business={"clicked": 0.0})
        client = TestClient(create_app(lambda: service), base_url="http://127.0.0.1")
        opened.append(client.__enter__())
        mine = [purchase("new-laptop", DURABLE, 1), purchase("due", CONSUMABLE, 60), purchase("due", CONSUMABLE, 30)]
        mine.append(purchase("supplied", CONSUMABLE, 3))
        for at in range(0, len(events := [*lived, *mine]), 500):
            assert client.post("/v1/events", json=events[at : at + 500]).status_code == 202
        service.learn_repeats()
        return client

    yield opened_shop
    for client in opened:
        client.__exit__(None, None, None)


def repeats(client: TestClient, shopper: str | None, **more) -> dict[str, float]:
    """id -> what repeat purchase adds, over the whole shop."""
    answer = search(client, shopper=shopper, explain="true", **more)
    for hit in answer["hits"]:
        account = hit["explain"]
        parts = [account["relevance"]["log_odds"], account["size"], account["personal"]["sum"], account["repeat"]]
        parts += [part["contribution"] for part in (*account["stated"], *account["context"], *account["business"])]
        assert abs(sum(parts) - account["final"]) < 1e-9
    return {hit["id"]: hit["explain"]["repeat"] for hit in answer["hits"]}


def test_m54_no_second_laptop_and_no_alternative_to_it_just_after_the_first(told):
    client = told()
    found = repeats(client, "new-laptop")
    laptops = {id: value for id, value in found.items() if id.startswith("laptop")}
    assert len(laptops) == 5
    assert max(laptops.values()) < 0 < min(value for id, value in found.items() if id not in laptops)
    before, after = ids(search(client)), ids(search(client, shopper="new-laptop"))
    assert sum(map(after.index, laptops)) > sum(map(before.index, laptops))
    assert set(before) == set(after)


def test_m54_a_consumable_rises_when_it_is_due_and_says_so(told):
    client = told()
    due, supplied = repeats(client, "due")[CONSUMABLE], repeats(client, "supplied")[CONSUMABLE]
    assert due > 0 > supplied
    answer = search(client, shopper="due", explain="true", lang="de")
    hit = next(hit for hit in answer["hits"] if hit["id"] == CONSUMABLE)
    assert hit["rank"] < hit["rank_anonymous"]
    assert hit["reasons"][0]["text"] == "Könnte bald wieder fällig sein"
    assert hit["reasons"][0]["switch_off"] == "repeat"
    told_from = hit["explain"]["repeat_from"]
    assert told_from["level"] == "item"
    assert told_from["days"] == pytest.approx(30)
    assert told_from["interval_days"] == pytest.approx(30, abs=6)
    assert told_from["last_bought"] == (NOW - timedelta(days=30)).astimezone(UTC).isoformat(timespec="seconds")
    assert not repeats(client, "due", without_tastes="repeat")[CONSUMABLE]


def test_m54_it_needs_leave_for_the_past_and_is_dialled_and_bounded(told):
    client = told(repeat_bound=0.3)
    stranger = ids(search(client))
    for more in ({"personalize": "session"}, {"personalize": "off"}, {"strength": 0}, {"touchpoint": "kiosk"}):
        answer = search(client, shopper="due", session="visit", explain="true", **more)
        assert not any(hit["explain"]["repeat"] for hit in answer["hits"])
        assert ids(answer) == stranger
    full, half = repeats(client, "due"), repeats(client, "due", strength=50)
    assert full[CONSUMABLE] == pytest.approx(0.3)
    assert half[CONSUMABLE] == pytest.approx(0.15)


def test_m54_fails_when_it_is_switched_off(told):
    with pytest.raises(AssertionError):
        test_m54_no_second_laptop_and_no_alternative_to_it_just_after_the_first(lambda: told(repeat_bound=0.0))
    with pytest.raises(AssertionError):
        test_m54_a_consumable_rises_when_it_is_due_and_says_so(lambda: told(repeat_bound=0.0))


def test_m54_what_was_learned_outlives_the_server_and_forgets_who_is_erased(open_shop, lived):
    service = open_shop()
    assert service.buying.hazards.types == {}
    with TestClient(create_app(lambda: service), base_url="http://127.0.0.1") as client:
        assert client.post("/v1/events", json=lived[:400]).status_code == 202
        service.learn_repeats()
        learned = service.buying.hazards
        assert learned.types
        assert not service.buying.is_due
        assert client.delete("/v1/profiles/p0").status_code == 200
        assert service.buying.is_due
        service.learn_repeats()
        assert service.buying.hazards != learned
    kept = (service.home / "state" / "repeats.json").read_bytes()
    assert b"p1" not in kept
    assert datetime.fromtimestamp(service.buying.hazards.learned, UTC) == NOW
