"""M95 several devices of one person, M96 several persons on one device, M97 one view of merged profiles: over HTTP.

The feature's switch is the link, and the shopper's leave: without either each list is what it was before.
"""

from __future__ import annotations

from itertools import count

import pytest
from starlette.testclient import TestClient

from tests.mission.test_m93_consent import everywhere

WOMENS = ("shorts-women-blue", "skirt-women-green", "pumps-women-black")
MENS = ("shorts-men-green", "shirt-men-white", "shirt-men-black", "shoes-men-blue")
NUMBERS = count()


@pytest.fixture
def service(open_shop):
    """However busy the machine: an answer that came too late is no answer to compare."""
    return open_shop(server={"deadline_ms": 60_000.0})


def tell(client: TestClient, *products: str, type: str = "purchase", **ids: str) -> None:
    """Events with full leave."""
    events = [
        {"event_id": f"e{next(NUMBERS)}", "type": type, "product_id": id, "consent": "full", **ids} for id in products
    ]
    assert client.post("/v1/events", json=events).json()["accepted"] == len(products)


def hits(client: TestClient, consent: str = "full", **ids: str) -> list:
    """What a search for shorts answers, the numbers of its explanation among it."""
    found = client.get("/v1/search", params={"q": "shorts", "explain": True, "consent": consent, **ids})
    assert found.status_code == 200, found.text
    return found.json()["hits"]


def lean(found: list) -> float:
    """How many places women's shorts stand before men's, on average; 0 or less where men's come first."""
    ranks = {kind: [hit["rank"] for hit in found if f"-{kind}-" in hit["id"]] for kind in ("women", "men")}
    return sum(ranks["men"]) / len(ranks["men"]) - sum(ranks["women"]) / len(ranks["women"])


def link(client: TestClient, whose: str, **what: str) -> dict:
    answer = client.post(f"/v1/profiles/{whose}/links", json=what)
    assert answer.status_code == 200, answer.text
    return answer.json()


def undo(client: TestClient, made: dict) -> None:
    assert client.delete(f"/v1/profiles/{made['shopper']}/links/{made['number']}").status_code == 200


def test_m95_what_was_done_before_signing_in_counts_after_it_and_can_be_taken_back(client):
    stranger = hits(client)
    tell(client, *WOMENS, device="phone", session="monday")
    assert lean(hits(client, device="phone")) > 1
    before = hits(client, shopper="anna")
    assert before == stranger, "nobody has said yet that the phone is Anna's"
    made = link(client, "anna", device="phone")
    assert made == {**made, "shopper": "anna", "source": "device", "id": "phone"}
    merged = hits(client, shopper="anna")
    assert lean(merged) > 1
    assert hits(client, consent="account", shopper="anna") == stranger, "only where she allows it"
    undo(client, made)
    assert hits(client, shopper="anna") == before
    assert lean(hits(client, device="phone")) > 1, "the phone keeps what it had"


def test_m95_one_account_on_several_devices_is_one_profile(client):
    tell(client, *WOMENS, shopper="anna", device="phone")
    assert hits(client, shopper="anna", device="laptop") == hits(client, shopper="anna", device="phone")
    assert lean(hits(client, shopper="anna", device="laptop")) > 1


def test_m95_two_anonymous_devices_come_together_in_the_account(client):
    tell(client, *WOMENS[:1], device="phone")
    tell(client, *WOMENS[1:], device="laptop")
    for device in ("phone", "laptop"):
        link(client, "anna", device=device)
    profile = client.get("/v1/profiles/anna").json()
    assert profile["events"] == 3
    assert [(one["source"], one["id"]) for one in profile["links"]] == [("device", "phone"), ("device", "laptop")]


def test_m95_within_a_visit_signing_in_needs_no_link(client):
    tell(client, *WOMENS, type="view", session="monday")
    assert lean(hits(client, consent="account", shopper="anna", session="monday")) > 1
    assert hits(client, shopper="anna", session="tuesday") == hits(client)


def test_m95_a_visit_without_a_device_can_be_linked(client):
    tell(client, *WOMENS, session="monday")
    stranger = hits(client, shopper="anna", session="friday")
    made = link(client, "anna", session="monday")
    assert lean(hits(client, shopper="anna", session="friday")) > 1
    undo(client, made)
    assert hits(client, shopper="anna", session="friday") == stranger


def test_m96_a_switcher_on_one_device_bleeds_nothing(client):
    """Anna, Bernd and a guest on one tablet, in one visit, one after the other, and back again."""
    guest = hits(client)
    tell(client, *WOMENS, shopper="anna", device="tablet", session="evening")
    first = hits(client, shopper="bernd", device="tablet", session="evening")
    assert first == guest, "Bernd has not done anything yet"
    tell(client, *MENS, shopper="bernd", device="tablet", session="evening")
    annas = hits(client, shopper="anna", device="tablet", session="evening")
    bernds = hits(client, shopper="bernd", device="tablet", session="evening")
    assert lean(annas) > lean(guest) + 0.5 > lean(guest) > lean(bernds) + 0.5
    assert hits(client, device="tablet", session="evening") == guest
    assert hits(client, device="tablet", session="next") == guest
    tell(client, *MENS, shopper="bernd", device="tablet", session="evening", type="cart")
    assert lean(hits(client, shopper="anna", device="tablet", session="evening")) > 1


def test_m96_a_shared_device_that_both_linked_keeps_them_apart(client):
    stranger = lean(hits(client))
    tell(client, *WOMENS, shopper="anna")
    tell(client, *MENS, shopper="bernd")
    tell(client, "kettle", device="tablet")
    for person in ("anna", "bernd"):
        link(client, person, device="tablet")
    annas, bernds = (lean(hits(client, shopper=person)) for person in ("anna", "bernd"))
    assert annas > stranger + 0.5 > stranger > bernds + 0.5
    assert {client.get(f"/v1/profiles/{id}").json()["events"] for id in ("anna", "bernd")} == {4, 5}
    assert client.get("/v1/profiles/tablet").json()["events"] == 1


def test_m97_accounts_of_one_person_read_as_one_and_part_again(client):
    tell(client, *WOMENS, shopper="anna-mail")
    alone = hits(client, shopper="anna-shop")
    made = link(client, "anna-shop", shopper="anna-mail")
    assert lean(hits(client, shopper="anna-shop")) > 1
    shop, mail = (client.get(f"/v1/profiles/{id}").json() for id in ("anna-shop", "anna-mail"))
    assert shop["tastes"] == mail["tastes"] and shop["events"] == mail["events"] == 3
    undo(client, made)
    assert hits(client, shopper="anna-shop") == alone
    nothing = client.get("/v1/profiles/nobody").json()
    assert nothing["events"] == 0 and not nothing["tastes"] and not nothing["links"]
    assert client.get("/v1/profiles/anna-shop").json() == {**nothing, "id": "anna-shop"}


def test_m95_erasing_a_person_leaves_no_byte_of_their_devices_and_accounts(service, client):
    tell(client, *WOMENS, device="canary-phone", session="canary-visit")
    tell(client, *WOMENS, shopper="canary-mail")
    for what in ({"device": "canary-phone"}, {"shopper": "canary-mail"}):
        link(client, "canary-anna", **what)
    assert b"canary-mail" in everywhere(service.home)
    receipt = client.delete("/v1/profiles/canary-anna").json()
    assert receipt["events"] == 6
    assert [one["id"] for one in receipt["links"]] == ["canary-phone", "canary-mail"]
    assert b"canary" not in everywhere(service.home)


@pytest.mark.parametrize(
    "body", [{}, {"device": "a", "session": "b"}, {"tablet": "a"}, {"device": ""}, {"shopper": "anna"}, []]
)
def test_a_link_that_makes_no_sense_is_refused_with_its_place(client, body):
    answer = client.post("/v1/profiles/anna/links", json=body)
    assert answer.status_code == 400, answer.text
    assert answer.json()["place"]


@pytest.mark.parametrize("number", ["1", "x", "-1", "9" * 30, "²"])
def test_a_link_that_is_not_there_cannot_be_undone(client, number):
    answer = client.delete(f"/v1/profiles/anna/links/{number}")
    assert answer.status_code == 404
    assert "lists the links" in answer.json()["detail"]


def test_a_cursor_goes_on_in_the_merged_order_and_tells_when_it_was_parted(client):
    tell(client, *WOMENS, device="phone")
    made = link(client, "anna", device="phone")
    asked = {"q": "shorts", "shopper": "anna", "consent": "full"}
    whole = [hit["id"] for hit in client.get("/v1/search", params=asked).json()["hits"]]
    first = client.get("/v1/search", params={**asked, "per_page": 3}).json()
    tell(client, *MENS, device="phone")
    second = client.get("/v1/search", params={**asked, "cursor": first["cursor"]}).json()
    assert [hit["id"] for hit in first["hits"] + second["hits"]] == whole and second["degraded"] == []
    undo(client, made)
    assert "profile_changed" in client.get("/v1/search", params={**asked, "cursor": first["cursor"]}).json()["degraded"]
