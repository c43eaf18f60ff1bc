"""M56: what has come into the shop since somebody was last here: a badge on every hit, and a list of its own."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from starlette.testclient import TestClient

from search.app import create_app
from tests.mission.checks import ids, search
from tests.stand_ins import NOW, Clock

LAST = datetime(2026, 5, 9, 18, tzinfo=UTC)


@pytest.fixture
def client(open_shop):
    clock = Clock()
    service = open_shop(now=clock, server={"deadline_ms": 60_000.0})
    with TestClient(create_app(lambda: service), base_url="http://127.0.0.1") as entered:
        entered.clock = clock
        yield entered


def visit(client, time: datetime = LAST, product: str = "toaster", **who) -> None:
    event = {"event_id": uuid.uuid4().hex, "type": "view", "product_id": product, "time": time.isoformat()}
    assert client.post("/v1/events", json={**event, **who}).status_code == 202


def new_in(answer: dict) -> set[str]:
    return {hit["id"] for hit in answer["hits"] if hit.get("new_since_last_visit")}


def released(answer: dict) -> dict[str, str]:
    return {hit["id"]: hit["product"].get("released", "") for hit in answer["hits"]}


def test_m56_what_came_since_the_last_visit_has_a_badge_and_a_list(client):
    visit(client, shopper="anna", session="may")
    visit(client, NOW - timedelta(minutes=3), shopper="anna", session="today")
    answer = search(client, shopper="anna", session="today", per_page=100)
    wanted = {id for id, day in released(answer).items() if "2026-05-10" <= day <= "2026-06-15"}
    assert new_in(answer) == wanted
    assert 0 < len(wanted) < len(answer["hits"]) / 2
    listed = search(client, shopper="anna", session="today", per_page=100, new_since_last_visit="true", sort="newest")
    assert set(ids(listed)) == wanted == new_in(listed)
    assert listed["total"] == len(wanted)
    days = [released(listed)[id] for id in ids(listed)]
    assert days == sorted(days, reverse=True)


def test_m56_the_badge_stays_through_a_visit_and_goes_with_the_next(client):
    visit(client, shopper="anna")
    first = new_in(search(client, shopper="anna", per_page=100))
    visit(client, NOW, shopper="anna")
    client.clock.advance(20 * 60)
    assert new_in(search(client, shopper="anna", per_page=100)) == first != set()
    client.clock.advance(86_400)
    assert new_in(search(client, shopper="anna", per_page=100)) == set()


@pytest.mark.parametrize(
    "less",
    [{"consent": "none"}, {"consent": "session"}, {"personalize": "off"}, {"personalize": "session"}, {"strength": 0}]
    + [{"touchpoint": "kiosk"}],
)
def test_m56_it_needs_leave_and_without_it_nothing_is_new(client, less):
    before = search(client, per_page=100, **less)
    visit(client, shopper="anna")
    after = search(client, shopper="anna", session="s", per_page=100, **less)
    assert [{**hit} for hit in after["hits"]] == before["hits"]
    assert search(client, shopper="anna", session="s", new_since_last_visit="true", **less)["total"] == 0


def test_m56_strangers_and_who_is_here_for_the_first_time_see_no_badge_and_an_empty_list(client):
    visit(client, NOW, shopper="new")
    for who in ({}, {"shopper": "nobody"}, {"shopper": "new"}):
        answer = search(client, per_page=100, **who)
        assert all("new_since_last_visit" not in hit for hit in answer["hits"])
        assert search(client, new_since_last_visit="true", q="Shorts", **who)["hits"] == []


def test_m56_it_narrows_a_search_and_goes_with_filters_and_facets(client):
    visit(client, datetime(2026, 4, 1, tzinfo=UTC), shopper="anna")
    wide = search(client, q="Shorts", shopper="anna", per_page=100)
    narrow = search(client, q="Shorts", shopper="anna", new_since_last_visit="true", facet="brand", per_page=100)
    assert set(ids(narrow)) == new_in(wide) != set()
    brand = narrow["facets"]["brand"]["values"][0]
    one = search(client, q="Shorts", shopper="anna", new_since_last_visit="true", filter=f"brand:{brand['value']}")
    assert one["total"] == brand["count"]


def test_m56_who_is_erased_was_never_here(client):
    visit(client, shopper="anna")
    assert new_in(search(client, shopper="anna", per_page=100))
    assert client.delete("/v1/profiles/anna").status_code == 200
    assert not new_in(search(client, shopper="anna", per_page=100))
