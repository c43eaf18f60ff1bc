"""A kiosk forgets: after a while, when asked to, and on the disk it never knew anything."""

from __future__ import annotations

from pathlib import Path

import pytest
import structlog
from starlette.testclient import TestClient

from search.app import create_app
from search.messages import EventIn, SearchRequest
from search.profiles import kiosk as kiosk_module
from search.profiles.kiosk import KioskStore
from search.profiles.statistics import LONG_TERM_WEIGHTS, SESSION_WEIGHTS, Kind
from search.service import Service
from search.types import Appended, Identity
from tests.profiles.events import DAY, NOW, event, traits
from tests.stand_ins import Clock

KINDS = {"shopper": Kind(LONG_TERM_WEIGHTS, 180 * DAY), "session": Kind(SESSION_WEIGHTS, 1200.0)}
IDLE = 45.0


@pytest.fixture
def clock() -> Clock:
    return Clock(1000.0)


@pytest.fixture
def kiosk(clock: Clock) -> KioskStore:
    return KioskStore(KINDS, IDLE, clock)


def known(kiosk: KioskStore, session: str | None = "k", scope="full"):
    return kiosk.affinities(Identity(None, session, "kiosk"), scope, NOW)


def look(kiosk: KioskStore, id: str, session: str | None = "k", shopper: str | None = None) -> Appended:
    return kiosk.append([(event(id, "view", shopper, session), traits())])


def test_a_kiosk_knows_its_visit_at_once(kiosk):
    look(kiosk, "a")
    assert known(kiosk).tastes["brand"].observed == {"Adidas": {"Shorts": 1.0}}
    assert known(kiosk).long_term == 0.0
    assert ("brand", "Adidas") in known(kiosk).session_values
    assert known(kiosk, "other").is_empty
    assert known(kiosk, scope="off").is_empty


def test_it_forgets_after_a_while_without_a_touch(kiosk, clock):
    look(kiosk, "a")
    clock.advance(IDLE - 0.001)
    assert len(kiosk) == 1
    clock.advance(0.001)
    assert len(kiosk) == 0
    assert known(kiosk).is_empty


def test_every_touch_gives_it_time_again(kiosk, clock):
    look(kiosk, "a")
    for number in range(10):
        clock.advance(IDLE - 1)
        if number % 2:
            look(kiosk, f"b{number}")
        else:
            assert not known(kiosk).is_empty  # a search is a touch too
    clock.advance(IDLE)
    assert known(kiosk).is_empty


def test_visits_are_forgotten_each_in_its_own_time(kiosk, clock):
    look(kiosk, "a", "one")
    clock.advance(30)
    look(kiosk, "b", "two")
    clock.advance(20)
    assert known(kiosk, "one").is_empty
    assert not known(kiosk, "two").is_empty


def test_it_forgets_at_once_when_asked_to(kiosk):
    look(kiosk, "a")
    assert kiosk.forget("k") is True
    assert known(kiosk).is_empty
    assert kiosk.forget("k") is False


def test_the_next_visit_under_the_same_name_starts_anew(kiosk, clock):
    look(kiosk, "a")
    clock.advance(IDLE)
    assert look(kiosk, "a") == Appended(1, 0, 0)
    assert known(kiosk).tastes["brand"].events == {"Shorts": 1.0}


def test_a_shopper_is_never_known_at_a_kiosk(kiosk):
    look(kiosk, "a", session="k", shopper="anna")
    assert kiosk.affinities(Identity("anna", None, "kiosk"), "full", NOW).is_empty


def test_without_a_visit_nothing_is_kept(kiosk):
    assert look(kiosk, "a", session=None) == Appended(1, 0, 0)
    assert len(kiosk) == 0
    assert known(kiosk, None).is_empty
    assert known(kiosk, "").is_empty


def test_a_repeated_event_changes_nothing(kiosk):
    assert look(kiosk, "a") == Appended(1, 0, 0)
    assert look(kiosk, "a") == Appended(0, 1, 0)
    assert kiosk.append([(event("b", session="k"), None)]) == Appended(1, 0, 1)
    assert known(kiosk).tastes["brand"].events == {"Shorts": 1.0}


def test_it_holds_no_more_visits_and_event_ids_than_it_may(kiosk, monkeypatch):
    monkeypatch.setattr(kiosk_module, "MAX_SESSIONS", 3)
    monkeypatch.setattr(kiosk_module, "MAX_EVENT_IDS", 10)
    for number in range(30):
        look(kiosk, f"e{number}", f"k{number}")
        look(kiosk, f"f{number}", "k29")
    assert len(kiosk) == 3
    assert not known(kiosk, "k29").is_empty
    assert known(kiosk, "k5").is_empty
    assert all(len(session.event_ids) <= 10 for session in kiosk._sessions.values())


# --- in the server ---

SESSION, EVENT, QUERY = "canary-session", "canary-event", "canary-query"


def everything_on_disk(home: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(home.rglob("*")) if path.is_file())


def use(service: Service) -> None:
    """A visit at a kiosk, and one in the web beside it."""
    told = [
        EventIn(event_id=f"{EVENT}-{number}", type="view", product_id=product, session=SESSION, touchpoint="kiosk")
        for number, product in enumerate(["shorts-women-black", "pumps-women-black", "canary-product"])
    ]
    assert service.record(told)().accepted == 3
    service.record([EventIn(event_id="web-event", type="view", product_id="kettle", session="web-session")])()
    service.search(SearchRequest(q=QUERY), Identity(None, SESSION, "kiosk"))


def test_nothing_of_a_kiosk_ever_reaches_the_disk(open_shop):
    service = open_shop()
    use(service)
    for _ in ("open", "closed"):
        found = everything_on_disk(service.home)
        assert b"web-session" in found  # the search finds what is there
        assert b"web-event" in found
        assert b"canary" not in found
        service.close()


def test_the_next_shopper_at_a_kiosk_sees_what_a_stranger_sees(open_shop):
    idle, request = Clock(0.0), SearchRequest(q="shorts", touchpoint="kiosk", session=SESSION)
    service = open_shop(monotonic=idle)

    def seen() -> list[str]:
        return [hit.id for hit in service.search(request, Identity(None, SESSION, "kiosk")).hits]

    stranger = seen()
    use(service)
    assert seen() != stranger
    idle.advance(44.0)
    assert seen() != stranger
    idle.advance(45.0)
    assert seen() == stranger
    use(service)
    assert seen() != stranger
    service.erase(SESSION)  # "Neu starten"
    assert seen() == stranger


def test_a_visit_at_a_kiosk_is_unknown_in_the_web_and_in_what_is_told_of_a_person(open_shop):
    service = open_shop()
    use(service)
    assert service.store.affinities(Identity(None, SESSION), "full", service.now()).is_empty
    assert service.profile(SESSION).events == 0


def test_neither_logs_nor_metrics_name_a_kiosks_visit(open_shop):
    service = open_shop()
    with (
        structlog.testing.capture_logs() as logs,
        TestClient(create_app(lambda: service), base_url="http://127.0.0.1") as client,
    ):
        event = {"event_id": EVENT, "type": "view", "product_id": "kettle", "session": SESSION, "touchpoint": "kiosk"}
        assert client.post("/v1/events", json=event).status_code == 202
        found = client.get("/v1/search", params={"q": QUERY, "session": SESSION, "touchpoint": "kiosk"})
        assert found.status_code == 200
        assert client.delete(f"/v1/sessions/{SESSION}").status_code == 200
        metrics = client.get("/metrics").text
    assert len(logs) >= 3
    assert "canary" not in repr(logs) + metrics
    assert b"canary" not in everything_on_disk(service.home)
