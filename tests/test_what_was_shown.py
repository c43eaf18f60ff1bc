"""What was shown is what is to be expected: over HTTP, from a search to the profile, the export and the erasing."""

from __future__ import annotations

import uuid

import pytest
from starlette.testclient import TestClient

from search.app import create_app
from search.index.build import build_snapshot
from search.profiles import eventlog
from search.settings import Settings
from search.types import Product
from tests.mission.checks import search
from tests.stand_ins import PATIENT, StubEncoder, open_service

#: Words that find nearly only Adidas, or four brands alike; the rest of the shop has Adidas hardly at all.
ONE_BRAND, MIXED = "Sonnenschein", "Regenbogen"
BRANDS = ("Adidas", "Nike", "Puma", "Esprit")


def short(word: str, brand: str, at: int) -> Product:
    return Product(
        id=f"{word}-{at:02}",
        title={"de": f"Shorts {word} {at}"},
        brand=brand,
        categories=(("Mode", "Shorts"),),
        product_type="Shorts",
        price_cents=1000 + 100 * at,
        currency="EUR",
    )


@pytest.fixture
def client(tmp_path):
    products = [short(ONE_BRAND, "Nike" if at == 11 else "Adidas", at) for at in range(12)]
    products += [short(MIXED, BRANDS[at % 4], at) for at in range(12)]
    products += [short("Alltag", f"Marke {at}", at) for at in range(40)]
    build_snapshot(products, tmp_path, Settings(), StubEncoder())
    service = open_service(tmp_path, PATIENT)
    with TestClient(create_app(lambda: service), base_url="http://127.0.0.1") as entered:
        yield entered
    service.close()


def choose_adidas(client, q: str, count: int = 6, named: bool = True, **who) -> None:
    """Search, and put what is by Adidas into the cart, as it is shown."""
    for at in range(count):
        answer = search(client, q=q, per_page=24)
        shown = [hit["id"] for hit in answer["hits"] if hit["product"]["brand"] == "Adidas"]
        event = {"event_id": uuid.uuid4().hex, "type": "cart", "product_id": shown[at % len(shown)], **who}
        event |= {"query_id": answer["query_id"]} if named else {}
        assert client.post("/v1/events", json=event).status_code == 202


def taste(client, id: str, value: str = "Adidas") -> dict:
    tastes = client.get(f"/v1/profiles/{id}").json()["tastes"]
    return next(found for found in tastes if (found["attribute"], found["value"]) == ("brand", value))


def test_who_is_shown_hardly_anything_else_has_no_taste_for_it(client):
    brands = [hit["product"]["brand"] for hit in search(client, q=ONE_BRAND)["hits"]]
    assert brands.count("Adidas") == 11 and len(brands) == 12
    choose_adidas(client, ONE_BRAND, shopper="anna")
    choose_adidas(client, MIXED, shopper="bernd")
    choose_adidas(client, ONE_BRAND, named=False, shopper="cem")
    assert taste(client, "anna")["lift"] < 1.1
    assert taste(client, "anna")["evidence"].startswith("6.0 events, 5.")
    assert taste(client, "bernd")["lift"] > 1.6
    assert taste(client, "cem")["lift"] > 1.6, "nobody knows what was shown: compared with what the shop has"


def test_the_order_and_its_explanation_go_by_it_too(client):
    choose_adidas(client, ONE_BRAND, shopper="anna")
    choose_adidas(client, MIXED, shopper="bernd")

    def told(shopper: str) -> dict:
        hits = search(client, q="Shorts", explain="true", shopper=shopper)["hits"]
        terms = (term for hit in hits for term in hit["explain"]["personal"]["terms"])
        return next(term for term in terms if (term["attribute"], term["value"]) == ("brand", "Adidas"))

    assert told("anna")["lift"] < 1.1 < 1.6 < told("bernd")["lift"]
    assert told("anna")["evidence"].startswith("6.0 events, 5.")


@pytest.mark.parametrize("more", [{}, {"touchpoint": "kiosk"}])
def test_a_visit_counts_likewise_at_a_kiosk_too(client, more):
    def lift(session: str) -> float:
        hits = search(client, q="Shorts", explain="true", session=session, **more)["hits"]
        terms = (term for hit in hits for term in hit["explain"]["personal"]["terms"])
        return next(term["lift"] for term in terms if (term["attribute"], term["value"]) == ("brand", "Adidas"))

    choose_adidas(client, ONE_BRAND, session="one", **more)
    choose_adidas(client, MIXED, session="mixed", **more)
    assert lift("one") < 1.2 < 1.8 < lift("mixed")


def test_what_query_or_filter_name_was_a_choice_already(client):
    for shopper, asked in (("anna", {"q": "Adidas Shorts"}), ("bernd", {"q": "Shorts", "filter": "brand:Adidas"})):
        for _ in range(4):
            answer = search(client, **asked)
            event = {"type": "cart", "product_id": answer["hits"][0]["id"], "shopper": shopper}
            event |= {"event_id": uuid.uuid4().hex, "query_id": answer["query_id"]}
            client.post("/v1/events", json=event)
        assert taste(client, shopper)["lift"] > 1.5


def test_a_list_that_does_not_hold_the_product_or_nothing_else_tells_nothing(client):
    other, alone = search(client, q=MIXED), search(client, q=f"{ONE_BRAND}-03", per_page=1)
    for answer in (other, alone):
        event = {"type": "cart", "product_id": f"{ONE_BRAND}-03", "shopper": "anna", "query_id": answer["query_id"]}
        client.post("/v1/events", json={"event_id": uuid.uuid4().hex, **event})
    export = client.get("/v1/profiles/anna/export").json()
    assert [event["traits"]["shown"] for event in export["events"]] == [{}, {}]


def test_the_export_tells_it_and_erasing_leaves_no_trace(client):
    choose_adidas(client, MIXED, count=2, shopper="anna", session="s")
    export = client.get("/v1/profiles/anna/export").json()
    shown = export["events"][0]["traits"]["shown"]["brand"]
    assert set(shown) == set(BRANDS)
    assert sum(shown.values()) == pytest.approx(1.0, abs=1e-3)
    of_anna = next(one["counters"] for one in export["counters"] if one["source"] == "shopper")
    assert set(of_anna["shown"]["brand"]["Shorts"]) == set(BRANDS)
    assert client.delete("/v1/profiles/anna").status_code == 200
    assert client.get("/v1/profiles/anna/export").json()["counters"] == []
    state = client.app.state.service.home / "state"
    assert not any(b"Puma" in path.read_bytes() for path in state.glob("tresen.db*")), "only what was shown named Puma"


def test_the_log_alone_rebuilds_what_was_counted_bit_for_bit(client):
    choose_adidas(client, ONE_BRAND, shopper="anna", session="s")
    choose_adidas(client, MIXED, shopper="anna", session="s")
    store = client.app.state.service.store
    with store._engine.connect() as connection:
        rebuilt = eventlog.rebuilt(connection, store._counting)
    assert rebuilt
    for (kind, id), statistics in rebuilt.items():
        assert statistics.shown
        assert store.statistics(kind, id) == statistics
