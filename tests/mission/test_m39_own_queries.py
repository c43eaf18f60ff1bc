"""M39: a shopper is offered their own searches again while they type, within their leave; one click removes one."""

from __future__ import annotations

import uuid

import pytest
from starlette.testclient import TestClient

from search.app import create_app
from tests.mission.checks import search
from tests.mission.test_m93_consent import everywhere
from tests.stand_ins import Clock

DAY = 86_400.0
PRODUCT = "shorts-girls-red"


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def opened(open_shop, clock):
    """opened(personal={…}) -> a client of a shop of its own, whose clock the test moves."""
    entered = []

    def enter(**sections) -> TestClient:
        service = open_shop(now=clock, monotonic=clock, server={"deadline_ms": 60_000.0}, **sections)
        entered.append(TestClient(create_app(lambda: service), base_url="http://127.0.0.1").__enter__())
        return entered[-1]

    yield enter
    for client in entered:
        client.__exit__(None, None, None)


@pytest.fixture
def client(opened):
    return opened()


def look_for(client, *queries: str, told_by_search: bool = True, **who) -> None:
    """Somebody searches, and clicks on what they find."""
    for q in queries:
        event = {"event_id": uuid.uuid4().hex, "type": "click", "product_id": PRODUCT, **who}
        event |= {"query_id": search(client, q=q, **who)["query_id"]} if told_by_search else {"query": q}
        assert client.post("/v1/events", json=event).status_code == 202


def offered(client, q: str = "", **who) -> list[dict]:
    answer = client.get("/v1/suggest", params={"q": q, "lang": "de", **who})
    assert answer.status_code == 200, answer.text
    return answer.json()["suggestions"]


def own(client, q: str = "", **who) -> list[str]:
    return [line["text"] for line in offered(client, q, **who) if line["kind"] == "query"]


def test_m39_ones_own_searches_come_first_labelled_while_one_types(client):
    look_for(client, "Rote Shorts", "Kleid", "Shorts Mädchen", shopper="anna", session="s1")
    lines = offered(client, "sho", shopper="anna", session="s1")
    assert [line["kind"] for line in lines[:2]] == ["query", "query"]
    assert {line["text"] for line in lines[:2]} == {"rote shorts", "shorts mädchen"}
    assert all(line["own"] and line["count"] == 1 for line in lines[:2])
    without = [line for line in lines if line["kind"] != "query"]
    assert without == offered(client, "sho")[: len(without)] and without
    assert own(client, "rot sho", shopper="anna") == ["rote shorts"]


def test_m39_repeated_and_recent_searches_come_before_others(client, clock):
    look_for(client, "shorts blau", shopper="anna")
    clock.advance(30 * DAY)
    look_for(client, "shorts rot", "shorts rot", "shorts weiß", shopper="anna")
    assert own(client, "shorts", shopper="anna") == ["shorts rot", "shorts weiß", "shorts blau"]
    assert offered(client, "shorts", shopper="anna")[0]["count"] == 2


def test_m39_an_empty_box_offers_the_last_ones_the_newest_first(client, clock):
    for q in ("kleid", "shorts", "kleid", "rock"):
        look_for(client, q, shopper="anna")
        clock.advance(60)
    assert own(client, "", shopper="anna") == ["rock", "kleid", "shorts"]
    assert offered(client, "") == []


def test_m39_several_clicks_after_one_search_are_one_search(client):
    answer = search(client, q="Shorts", shopper="anna")
    for hit in answer["hits"][:3]:
        event = {"event_id": uuid.uuid4().hex, "type": "click", "product_id": hit["id"], "shopper": "anna"}
        client.post("/v1/events", json={**event, "query_id": answer["query_id"]})
    assert offered(client, "", shopper="anna")[0]["count"] == 1


def test_m39_nobody_else_is_offered_them(client):
    look_for(client, "geschenk für eva", shopper="anna", session="shared")
    anybody = {"q": "ges"}
    for who in ({}, {"shopper": "bernd"}, {"session": "shared"}, {"shopper": "bernd", "session": "shared"}):
        assert own(client, **anybody, **who) == []
    assert own(client, **anybody, shopper="anna", session="shared") == ["geschenk für eva"]


@pytest.mark.parametrize(
    ("more", "seen"),
    [
        ({"consent": "none"}, []),
        ({"consent": "session"}, ["today"]),
        ({"consent": "account"}, ["signed in", "today"]),
        ({"consent": "full"}, ["signed in", "today"]),
        ({"personalize": "off"}, []),
        ({"personalize": "session"}, ["today"]),
    ],
)
def test_m39_only_what_the_leave_goes_for_is_offered(client, more, seen):
    look_for(client, "signed in", told_by_search=False, shopper="anna")
    look_for(client, "today", told_by_search=False, session="visit")
    assert sorted(own(client, shopper="anna", session="visit", device="phone", **more)) == sorted(seen)
    if not seen:
        assert offered(client, "sho", shopper="anna", session="visit", **more) == offered(client, "sho")


def test_m39_what_was_done_on_a_device_is_offered_there_with_full_leave_only(client):
    look_for(client, "heimlich", told_by_search=False, device="tablet", consent="full")
    assert own(client, device="tablet", consent="full") == ["heimlich"]
    assert own(client, device="tablet") == own(client, device="tablet", consent="session", session="s") == []


def test_m39_without_leave_the_words_are_not_kept(client):
    look_for(client, "geheim", shopper="anna", session="s", consent="none")
    look_for(client, "geheim", told_by_search=False, shopper="anna", session="s", consent="none")
    assert own(client, shopper="anna", session="s") == []
    assert b"geheim" not in everywhere(client.app.state.service.home)


def test_m39_one_click_removes_one_and_its_words_leave_the_disk(client):
    service = client.app.state.service
    look_for(client, "canary words", told_by_search=False, session="visit")
    look_for(client, "canary words", told_by_search=False, shopper="anna", session="visit")
    look_for(client, "shorts", shopper="anna", session="visit")
    before = service.store.statistics("shopper", "anna")
    line = next(line for line in offered(client, "can", shopper="anna", session="visit") if line["own"])
    assert b"canary words" in everywhere(service.home)
    receipt = client.delete(line["remove"])
    assert receipt.json() == {"id": "anna", "query": "canary words", "events": 2}
    assert own(client, shopper="anna", session="visit") == ["shorts"]
    assert b"canary words" not in everywhere(service.home)
    assert service.store.statistics("shopper", "anna") == before == service.store.rebuilt()["shopper", "anna"]
    assert service.buying.is_due
    assert client.delete(line["remove"]).json()["events"] == 0


def test_m39_a_click_on_an_old_page_does_not_bring_a_removed_search_back(client):
    answer = search(client, q="Shorts", shopper="anna")
    event = {"type": "click", "product_id": PRODUCT, "shopper": "anna", "query_id": answer["query_id"]}
    client.post("/v1/events", json={**event, "event_id": "1"})
    client.delete(offered(client, "", shopper="anna")[0]["remove"])
    client.post("/v1/events", json={**event, "event_id": "2"})
    assert own(client, shopper="anna") == []


def test_m39_removing_somebodys_search_leaves_everybody_elses(client):
    for shopper in ("anna", "bernd"):
        look_for(client, "shorts", shopper=shopper, session="shared")
    assert client.delete("/v1/profiles/anna/queries", params={"q": "Shorts", "session": "shared"}).json()["events"] == 1
    assert own(client, shopper="bernd", session="shared") == ["shorts"]


def test_m39_a_removal_without_words_says_what_to_send(client):
    answer = client.delete("/v1/profiles/anna/queries")
    assert answer.status_code == 400
    assert answer.json()["place"] == "q"


def test_m39_a_kiosk_offers_them_within_its_session_only(client, clock):
    kiosk = {"touchpoint": "kiosk", "session": "k1"}
    look_for(client, "canary hose", **kiosk)
    assert own(client, "can", **kiosk) == ["canary hose"]
    assert own(client, "can", touchpoint="kiosk", session="k2") == own(client, "can", session="k1") == []
    assert b"canary" not in everywhere(client.app.state.service.home)
    line = offered(client, "can", **kiosk)[0]
    assert client.delete(line["remove"]).json()["events"] == 1
    assert own(client, "can", **kiosk) == []
    look_for(client, "canary hose", **kiosk)
    clock.advance(46)
    assert own(client, "can", **kiosk) == []
    look_for(client, "canary hose", **kiosk)
    client.delete("/v1/sessions/k1")
    assert own(client, "can", **kiosk) == []


def test_m39_a_kiosks_searches_are_not_remembered_without_leave(client):
    look_for(client, "hose", touchpoint="kiosk", session="k1", consent="none")
    assert own(client, touchpoint="kiosk", session="k1") == []


def test_m39_they_are_told_exported_and_erased_with_the_person(client):
    look_for(client, "shorts", "shorts", "kleid", shopper="anna")
    told = client.get("/v1/profiles/anna").json()["queries"]
    assert [(query["text"], query["searches"]) for query in told] == [("shorts", 2), ("kleid", 1)]
    assert client.get("/v1/profiles/anna/export").json()["profile"]["queries"] == told
    client.delete("/v1/profiles/anna")
    assert client.get("/v1/profiles/anna").json()["queries"] == own(client, shopper="anna") == []


def test_m39_a_shopper_switches_them_off_and_on(client):
    look_for(client, "shorts", shopper="anna", session="s")
    act = {"attribute": "queries"}
    undo = client.post("/v1/profiles/anna/tastes", json={"do": "off", **act}).json()["undo"][0]
    assert own(client, shopper="anna", session="s") == []
    client.post("/v1/profiles/anna/tastes", json=undo)
    assert own(client, shopper="anna", session="s") == ["shorts"]


@pytest.mark.parametrize(
    "sections",
    [
        {"personal": {"own_queries": 0}},
        {"privacy": {"keep_queries": False}},
        {"personal": {"levels": ("web=segment",)}},
    ],
)
def test_m39_a_shop_switches_them_off(opened, sections):
    client = opened(**sections)
    look_for(client, "shorts", shopper="anna")
    assert own(client, shopper="anna") == []


def test_m39_where_the_log_cannot_be_read_the_rest_is_offered_and_the_answer_says_so(client, monkeypatch):
    from search.errors import StoreUnavailable

    def broken(*_):
        raise StoreUnavailable("no disk")

    monkeypatch.setattr(client.app.state.service.store, "searched", broken)
    answer = client.get("/v1/suggest", params={"q": "sho", "shopper": "anna"}).json()
    assert answer["degraded"] == ["profile"] and answer["suggestions"]


def test_m39_it_fails_when_it_is_switched_off(opened):
    with pytest.raises(AssertionError):
        test_m39_ones_own_searches_come_first_labelled_while_one_types(opened(personal={"own_queries": 0}))
