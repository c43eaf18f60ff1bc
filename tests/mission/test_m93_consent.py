"""M93, data protection kept: consent is the limit of what is read and stored, whatever else a request asks for.

1. The ranker is handed only the layers that the level allows: a spy notes every read.
2. Withdrawal works on the next call.
3. With consent 'none' the answer is the one for nobody, in every field but ids and times.
4. With consent 'none' nothing is stored: not on the disk, not in logs, not in metrics, not in memory.
5. `personalize` and `strength` are wishes: they can ask for less than consent allows, never for more.
"""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest
import sqlalchemy as sa
import structlog
from starlette.testclient import TestClient

from search.app import create_app

LEVELS = ("none", "session", "account", "full")
#: What each level may read of somebody who names all three ids.
READS = {
    "none": set(),
    "session": {"canary-visit"},
    "account": {"canary-visit", "canary-anna"},
    "full": {"canary-visit", "canary-anna"},
}
IDS = {"shopper": "canary-anna", "session": "canary-visit", "device": "canary-tablet"}
WOMENS = ("shorts-women-blue", "skirt-women-green", "pumps-women-black")


@pytest.fixture
def service(open_shop):
    """However busy the machine: an answer that came too late is no answer to compare."""
    return open_shop(server={"deadline_ms": 60_000.0})


class Spy:
    """Stands before the profile store, and its database: notes whom it is asked for, and every id looked up."""

    def __init__(self, store):
        self.store = store
        self.asked: list = []
        self.read: set[str] = set()
        sa.event.listen(store._engine, "before_cursor_execute", self._note)

    def _note(self, connection, cursor, statement, parameters, *_):
        self.read |= {str(value) for value in (parameters or ()) if "canary" in str(value)}

    def affinities(self, identity, *args):
        self.asked.append(identity)
        return self.store.affinities(identity, *args)

    def forget_what_is_cached(self):
        self.store._cache.clear()
        self.read.clear()
        self.asked.clear()

    def __getattr__(self, name):
        return getattr(self.store, name)


def tell(client: TestClient, *products: str, type: str = "purchase", prefix: str = "canary-e", **ids: str) -> dict:
    """Events about products; the answer."""
    events = [
        {"event_id": f"{prefix}-{number}", "type": type, "product_id": id, **ids} for number, id in enumerate(products)
    ]
    answer = client.post("/v1/events", json=events)
    assert answer.status_code == 202, answer.text
    return answer.json()


def ask(client: TestClient, **more) -> dict:
    """A search for shorts, without the fields that differ from call to call."""
    answer = client.get("/v1/search", params={"q": "shorts", "per_page": 4, "explain": True, **more})
    assert answer.status_code == 200, answer.text
    return {name: value for name, value in answer.json().items() if name not in ("query_id", "took_ms")}


def known(client: TestClient) -> None:
    """Anna, known by her account, her visit and her tablet."""
    tell(client, *WOMENS, prefix="canary-a", shopper="canary-anna", session="canary-visit", consent="full")
    tell(client, *WOMENS, prefix="canary-d", device="canary-tablet", consent="full")


@pytest.mark.parametrize("level", LEVELS)
def test_m93_the_ranker_is_handed_only_what_the_level_allows(service, client, level):
    known(client)
    spy = service.store = Spy(service.store)
    spy.forget_what_is_cached()
    ask(client, **IDS, consent=level, personalize="full", strength=100)
    assert spy.read == READS[level]
    (asked,) = spy.asked
    assert asked.shopper == (IDS["shopper"] if level in ("account", "full") else None)
    assert asked.session == (IDS["session"] if level != "none" else None)
    assert asked.device == (IDS["device"] if level == "full" else None)
    assert asked.linked == (level == "full")


def test_m93_a_wish_can_ask_for_less_than_consent_and_never_for_more(service, client):
    known(client)
    spy = service.store = Spy(service.store)
    for level, personalize in product(LEVELS, ("off", "session", "full")):
        spy.forget_what_is_cached()
        ask(client, **IDS, consent=level, personalize=personalize)
        wished = {"off": set(), "session": {"canary-visit"}, "full": set(IDS.values())}[personalize]
        assert spy.read == READS[level] & wished, (level, personalize)


@pytest.mark.parametrize("wish", [{}, {"strength": 100, "personalize": "full"}, {"sort": "price:asc"}, {"groups": 2}])
def test_m93_consent_none_is_the_answer_for_nobody_byte_for_byte(client, wish):
    nobody = ask(client, **wish)
    known(client)
    told = ask(client, **IDS, consent="none", **wish)
    personal = ask(client, **IDS, consent="full", **wish)
    cursors = [answer.pop("cursor") is not None for answer in (nobody, told)]
    assert told == nobody and cursors[0] == cursors[1]
    if "sort" not in wish:
        assert personal["hits"] != nobody["hits"], "the test shows nothing where nothing would be personal anyhow"


def test_m93_a_cursor_of_somebody_who_refused_says_nothing_of_them(client):
    known(client)
    first = ask(client, **IDS, consent="none")
    second = ask(client, **IDS, consent="none", cursor=first["cursor"])
    stranger = ask(client, cursor=ask(client)["cursor"])
    assert second["hits"] == stranger["hits"] and second["degraded"] == stranger["degraded"] == []


@pytest.mark.parametrize("lower", ["none", "session", "account"])
def test_m93_withdrawal_works_on_the_next_call(service, client, lower):
    nobody = [hit["id"] for hit in ask(client)["hits"]]
    known(client)
    assert [hit["id"] for hit in ask(client, **IDS, consent="full")["hits"]] != nobody
    spy = service.store = Spy(service.store)
    withdrawn = ask(client, **IDS, consent=lower)
    assert spy.asked[-1].linked is False and spy.asked[-1].device is None
    if lower == "none":
        assert [hit["id"] for hit in withdrawn["hits"]] == nobody
    assert [hit["id"] for hit in ask(client, **IDS, consent="full")["hits"]] != nobody, "and so does giving it again"


# --- events ---


def everywhere(home: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(home.rglob("*")) if path.is_file())


@pytest.mark.parametrize("touchpoint", ["web", "kiosk"])
def test_m93_an_event_with_consent_none_is_counted_and_nothing_of_it_is_left(open_shop, touchpoint):
    service = open_shop()
    with (
        structlog.testing.capture_logs() as logs,
        TestClient(create_app(lambda: service), base_url="http://127.0.0.1") as client,
    ):
        told = tell(client, "kettle", "canary-product", consent="none", touchpoint=touchpoint, **IDS)
        assert told == {"accepted": 0, "duplicates": 0, "unknown_products": 0, "without_consent": 2}
        ask(client, **IDS, consent="none", touchpoint=touchpoint)
        metrics = client.get("/metrics").text
        assert 'tresen_events_total{outcome="without_consent"} 2.0' in metrics
        assert "canary" not in repr(logs) + metrics
        assert len(service.kiosks) == 0
        assert b"canary" not in everywhere(service.home)
        # told again with leave, the same event is new: it was not remembered
        assert tell(client, "kettle", consent="session", session="canary-visit")["accepted"] == 1
        assert b"canary-visit" in everywhere(service.home), "the search finds what is there"


@pytest.mark.parametrize(
    ("level", "kept"),
    [("session", {"visit"}), ("account", {"visit", "anna"}), ("full", {"visit", "anna", "tablet"})],
)
def test_m93_an_event_is_stored_with_the_ids_that_the_level_allows(open_shop, level, kept):
    service = open_shop()
    with TestClient(create_app(lambda: service), base_url="http://127.0.0.1") as client:
        tell(client, "kettle", prefix="e", consent=level, **IDS)
        found = everywhere(service.home)
    assert {name for name in ("visit", "anna", "tablet") if f"canary-{name}".encode() in found} == kept


def test_m93_a_kiosk_that_may_not_know_a_visit_does_not(service, client):
    tell(client, *WOMENS, type="view", touchpoint="kiosk", **IDS, consent="session")
    assert len(service.kiosks) == 1
    stranger = ask(client, touchpoint="kiosk")
    stranger.pop("cursor")
    refused = ask(client, touchpoint="kiosk", consent="none", **IDS)
    refused.pop("cursor")
    assert refused == stranger
    assert ask(client, touchpoint="kiosk", consent="session", **IDS)["hits"] != stranger["hits"]


# --- what holds where nobody says anything ---


def test_m93_without_the_parameter_account_and_visit_count_and_devices_do_not(service, client):
    known(client)
    spy = service.store = Spy(service.store)
    ask(client, **IDS)
    assert (spy.asked[-1].shopper, spy.asked[-1].session, spy.asked[-1].device) == ("canary-anna", "canary-visit", None)


@pytest.mark.parametrize(("default", "counted"), [("none", "without_consent"), ("session", "accepted")])
def test_m93_a_shop_sets_what_silence_means(open_shop, default, counted):
    service = open_shop(privacy={"default_consent": default})
    with TestClient(create_app(lambda: service), base_url="http://127.0.0.1") as client:
        assert tell(client, "kettle", **IDS)[counted] == 1
        spy = service.store = Spy(service.store)
        spy.forget_what_is_cached()
        ask(client, **IDS)
        assert spy.read == READS[default]
        ask(client, **IDS, consent="account")
        assert spy.read == READS["account"]


def test_m93_a_level_that_does_not_exist_is_refused_by_name(client):
    for answer in (
        client.get("/v1/search", params={"q": "shorts", "consent": "everything"}),
        client.post("/v1/events", json={"event_id": "e", "type": "view", "product_id": "p", "consent": "everything"}),
    ):
        assert answer.status_code == 400
        assert answer.json()["place"] == "consent"
        assert "account, full, none, session" in answer.json()["detail"]
