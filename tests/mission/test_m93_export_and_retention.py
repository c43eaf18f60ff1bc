"""M93: all that is stored of a person in one call, and nothing for longer than it may be; over HTTP."""

from __future__ import annotations

import time

import pytest
import structlog
from starlette.testclient import TestClient

from search.app import create_app
from tests.mission.test_m93_consent import everywhere
from tests.mission.test_m95_m96_m97_whose_profile import WOMENS, hits, lean, link, tell, undo
from tests.stand_ins import Clock


def export(client: TestClient, id: str) -> dict:
    answer = client.get(f"/v1/profiles/{id}/export")
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_m93_an_export_holds_all_that_is_stored_of_a_person(client):
    tell(client, *WOMENS, shopper="anna", session="monday", device="phone")
    tell(client, *WOMENS[:2], device="tablet", session="before")
    tell(client, "kettle", shopper="bernd", device="phone")
    tell(client, "no-such-product", shopper="anna")
    link(client, "anna", device="tablet")
    undo(client, link(client, "anna", session="mistaken"))
    told = export(client, "anna")
    assert told["profile"] == client.get("/v1/profiles/anna").json()
    products = [one["event"]["product_id"] for one in told["events"]]
    assert products == [*WOMENS, *WOMENS[:2], "no-such-product"]
    assert told["events"][0]["event"]["session"] == "monday" and told["events"][0]["event"]["consent"] == "full"
    assert told["events"][0]["traits"]["values"]["gender"] == {"damen": 1.0}
    assert told["events"][-1]["traits"] is None
    assert {(one["source"], one["id"]) for one in told["counters"]} == {
        ("shopper", "anna"), ("device", "tablet"), ("session", "monday"), ("session", "before"),
    }  # fmt: skip
    assert [(one["id"], one["undone"] is None) for one in told["links"]] == [("tablet", True), ("mistaken", False)]
    assert "bernd" not in repr(told)


def test_m93_what_is_exported_is_what_erasing_removes(service, client):
    tell(client, *WOMENS, shopper="canary-anna", session="canary-visit", device="canary-phone")
    tell(client, *WOMENS, device="canary-tablet")
    link(client, "canary-anna", device="canary-tablet")
    told = export(client, "canary-anna")
    receipt = client.delete("/v1/profiles/canary-anna").json()
    assert receipt["events"] == len(told["events"]) == 6
    assert b"canary" not in everywhere(service.home)
    nothing = export(client, "canary-anna")
    assert nothing["events"] == nothing["counters"] == nothing["links"] == []


def test_m93_a_visit_that_somebody_else_used_too_is_not_told_as_counters(client):
    tell(client, *WOMENS, shopper="anna", session="shared")
    tell(client, "kettle", shopper="bernd", session="shared")
    assert [one["source"] for one in export(client, "anna")["counters"]] == ["shopper"]


@pytest.mark.parametrize("id", ["nobody", "a" * 2000, "%00", "%F0%9F%A6%86", "..%2F"])
def test_m93_an_export_of_an_unknown_id_is_empty(client, id):
    answer = client.get(f"/v1/profiles/{id}/export")
    assert answer.status_code in (200, 404)
    if answer.status_code == 200:
        assert answer.json()["events"] == []


def test_m93_events_leave_after_their_time_and_the_taste_stays(open_shop):
    clock = Clock()
    service = open_shop(now=clock, server={"watch_seconds": 0.02}, privacy={"retention_days": 30})
    with TestClient(create_app(lambda: service), base_url="http://127.0.0.1") as client:
        stranger = lean(hits(client))
        tell(client, *WOMENS, shopper="anna", session="canary-visit")
        before = service.store.statistics("shopper", "anna")
        clock.advance(31 * 86_400)
        service._pruned = None  # a day has passed
        with structlog.testing.capture_logs() as logs:
            deadline = time.monotonic() + 10
            while not any(one["event"] == "events pruned" for one in logs) and time.monotonic() < deadline:
                time.sleep(0.02)
        assert [one["events"] for one in logs if one["event"] == "events pruned"] == [3]
        assert export(client, "anna")["events"] == []
        assert b"canary-visit" not in everywhere(service.home)
        assert service.store.statistics("shopper", "anna") == before
        assert lean(hits(client, shopper="anna")) > stranger
        receipt = client.delete("/v1/profiles/anna").json()
        assert receipt["events"] == 0
        assert hits(client, shopper="anna") == hits(client)


def test_m93_pruning_is_due_at_the_start_and_once_a_day(open_shop):
    monotonic = Clock(1000.0)
    service = open_shop(monotonic=monotonic)
    assert service.is_prune_due
    service.prune()
    assert not service.is_prune_due
    monotonic.advance(86_399)
    assert not service.is_prune_due
    monotonic.advance(1)
    assert service.is_prune_due
