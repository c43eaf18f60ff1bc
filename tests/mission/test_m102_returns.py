"""M102: what came back is a signal: of tastes, unless it did not fit; and sizes that are kept are one's own."""

from __future__ import annotations

import itertools
from datetime import timedelta

import pytest
from starlette.testclient import TestClient

from search.app import create_app
from search.index.build import build_snapshot
from search.settings import Settings
from search.types import Product, Variant
from tests.mission.checks import search
from tests.stand_ins import NOW, StubEncoder, open_service

BRANDS = ("Nordkai", "Solvik", "Elbe")
GUESSED = {
    "de": "Nicht in der Größe verfügbar, die du sonst behältst",
    "en": "Not available in the size that you usually keep",
}
NUMBERS = itertools.count()


def shop() -> list[Product]:
    """Pumps in 36 to 40 of which every fourth is sold out in 38; and shirts in S to L."""
    return [
        Product(
            id=f"{kind}-{number:02}".lower(),
            title={"de": f"{kind} Modell", "en": f"{kind} model"},
            brand=BRANDS[number % 3],
            product_type=kind,
            categories=((kind,),),
            variants=tuple(
                Variant(
                    id=f"{kind}-{number:02}/{size}".lower(),
                    size=size,
                    stock={"online": 0 if size == "38" and number % 4 == 3 else 5},
                )
                for size in sizes
            ),
        )
        for kind, sizes in (("Pumps", ("36", "37", "38", "39", "40")), ("Shirt", ("S", "M", "L")))
        for number in range(16)
    ]


@pytest.fixture
def client(tmp_path):
    """A client of the shop."""
    settings = Settings().but(server={"deadline_ms": 60_000.0})
    build_snapshot(shop(), tmp_path, settings, StubEncoder())
    service = open_service(tmp_path, settings)
    with TestClient(create_app(lambda: service), base_url="http://127.0.0.1") as entered:
        entered.service = service
        yield entered


def event(product: str, type: str = "purchase", shopper: str = "mia", days: float = 40, **more) -> dict:
    time = (NOW - timedelta(days=days)).isoformat()
    return {
        "event_id": f"e{next(NUMBERS)}",
        "type": type,
        "product_id": product,
        "shopper": shopper,
        "time": time,
    } | more


def tell(client, *events: dict) -> None:
    answer = client.post("/v1/events", json=list(events))
    assert answer.status_code == 202, answer.text


def buy(client, *products: str, **more) -> None:
    tell(client, *(event(product, **more) for product in products))


def labels(client, language: str = "de", **more) -> dict[str, str]:
    """Hits that are labelled as not to be had in the shopper's size."""
    answer = search(client, **{"q": "Pumps", "lang": language, "shopper": "mia", **more})
    return {hit["id"]: hit["wrong_size"] for hit in answer["hits"] if hit.get("wrong_size")}


def brand_lift(client, brand: str = "Nordkai") -> float:
    tastes = client.get("/v1/profiles/mia").json()["tastes"]
    return next((taste["lift"] for taste in tastes if (taste["attribute"], taste["value"]) == ("brand", brand)), 1.0)


SOLD_OUT = {f"pumps-{number:02}" for number in (3, 7, 11, 15)}


# --- returns -------------------------------------------------------------------------------------


def test_m102_what_comes_back_takes_most_of_the_taste_with_it(client):
    buy(client, "pumps-00/38", "pumps-06/38")
    before = brand_lift(client)
    tell(client, event("pumps-00/38", "return", days=30), event("pumps-06/38", "return", days=30, reason="other"))
    assert 1.0 <= brand_lift(client) < before


def test_m102_what_did_not_fit_says_nothing_of_the_taste(client):
    buy(client, "pumps-00/38", "pumps-06/38")
    before = client.get("/v1/profiles/mia").json()
    tell(client, event("pumps-00/38", "return", days=30, reason="size"))
    after = client.get("/v1/profiles/mia").json()
    assert after["tastes"] == before["tastes"]
    assert after["events"] == before["events"] + 1


def test_m102_a_reason_is_checked_and_exported(client):
    wrong = client.post("/v1/events", json=event("pumps-00/38", "purchase", reason="size"))
    unknown = client.post("/v1/events", json=event("pumps-00/38", "return", reason="ugly"))
    assert (wrong.status_code, wrong.json()["place"]) == (400, "reason")
    assert "only a 'return' has a reason" in wrong.json()["detail"]
    assert unknown.status_code == 400 and "reason" in unknown.json()["place"]
    tell(client, event("pumps-00/38", "return", reason="size"))
    assert client.get("/v1/profiles/mia/export").json()["events"][0]["event"]["reason"] == "size"
    schema = client.get("/openapi.json").json()["components"]["schemas"]["EventIn"]["properties"]["reason"]
    assert "size" in str(schema)


# --- sizes ---------------------------------------------------------------------------------------


def test_m102_three_kept_purchases_in_one_size_make_it_ones_own(client):
    buy(client, "pumps-00/38", "pumps-01/38")
    assert labels(client) == {}
    buy(client, "pumps-02/38")
    for language, text in GUESSED.items():
        assert labels(client, language) == dict.fromkeys(SOLD_OUT, text)
    hits = search(client, q="Pumps", shopper="mia", explain="true")["hits"]
    for hit in hits:
        assert hit["explain"]["size"] == (-2.0 if hit["id"] in SOLD_OUT else 0.0)
    assert all("38" not in reason["text"] for hit in hits for reason in hit["reasons"])
    assert client.get("/v1/profiles/mia").json()["kept_sizes"] == [
        {"product_type": "Pumps", "label": "Pumps", "size": "38", "kept": 3, "share": 1.0}
    ]


@pytest.mark.parametrize("reason", [None, "size", "defect"])
def test_m102_a_purchase_that_came_back_does_not_count_for_the_size(client, reason):
    buy(client, "pumps-00/38", "pumps-01/38", "pumps-02/38")
    tell(client, event("pumps-01/38", "return", days=30, **({"reason": reason} if reason else {})))
    assert labels(client) == {}
    assert client.get("/v1/profiles/mia").json()["kept_sizes"] == []


def test_m102_of_two_sizes_that_were_ordered_the_one_that_stayed_counts(client):
    for number in range(3):
        buy(client, f"pumps-0{number}/38", f"pumps-0{number}/39")
    assert labels(client) == {}
    tell(client, *(event(f"pumps-0{number}/39", "return", days=30, reason="size") for number in range(3)))
    assert set(labels(client)) == SOLD_OUT


def test_m102_a_return_that_names_the_product_only_takes_its_sizes_away(client):
    buy(client, "pumps-00/38", "pumps-01/38", "pumps-02/38", "pumps-04/38")
    tell(client, event("pumps-00", "return", days=30, reason="size"))
    assert client.get("/v1/profiles/mia").json()["kept_sizes"][0]["kept"] == 3


def test_m102_less_than_four_in_five_is_no_size(client):
    buy(client, "pumps-00/38", "pumps-01/38", "pumps-02/38", "pumps-04/39")
    assert labels(client) == {}
    buy(client, "pumps-05/38")
    assert set(labels(client)) == SOLD_OUT


def test_m102_a_size_counts_for_its_kind_of_thing_only(client):
    buy(client, "shirt-00/m", "shirt-01/m", "shirt-02/m")
    assert labels(client) == {}


def test_m102_what_is_stated_beats_what_was_kept(client):
    buy(client, "pumps-00/38", "pumps-01/38", "pumps-02/38")
    for stated in ({"size": "39"}, {"size": "39", "product_type": "Pumps"}):
        assert client.put("/v1/profiles/mia", json={"sizes": [stated]}).status_code == 200
        assert labels(client) == {}
    assert client.put("/v1/profiles/mia", json={"sizes": [{"size": "38"}]}).status_code == 200
    assert set(labels(client).values()) == {"Nicht in deiner Größe verfügbar"}


def test_m102_it_is_silent_where_the_shopper_or_the_query_says_so(client):
    buy(client, "pumps-00/38", "pumps-01/38", "pumps-02/38")
    for more in (
        {"without_tastes": "size"},
        {"personalize": "session", "session": "s"},
        {"consent": "none"},
        {"level": "segment"},
        {"q": "Pumps Größe 39"},
        {"q": "Pumps Geschenk"},
    ):
        assert labels(client, **more) == {}, more
    assert client.post("/v1/profiles/mia/tastes", json={"do": "off", "attribute": "size"}).status_code == 200
    assert labels(client) == {}


def test_m102_linked_sources_add_up_and_come_apart_again(client):
    buy(client, "pumps-00/38", "pumps-01/38")
    buy(client, "pumps-02/38", shopper="mia-old")
    assert labels(client) == {}
    link = client.post("/v1/profiles/mia/links", json={"shopper": "mia-old"})
    assert link.status_code in (200, 201), link.text
    assert set(labels(client, consent="full")) == SOLD_OUT
    assert client.delete(f"/v1/profiles/mia/links/{link.json()['number']}").status_code == 200
    assert labels(client, consent="full") == {}


def test_m102_a_replay_of_the_log_rebuilds_the_sizes_bit_for_bit(client):
    buy(client, "pumps-00/38", "pumps-01/38", "pumps-02/38", "shirt-00/m")
    tell(client, event("pumps-00/38", "return", days=3, reason="size"), event("shirt-00", "return", days=2))
    store = client.service.store
    rebuilt = store.rebuilt()
    assert rebuilt == {key: store.known_as("mia")[0][1] for key in rebuilt}


def test_m102_an_erased_shopper_has_no_size(client):
    buy(client, "pumps-00/38", "pumps-01/38", "pumps-02/38")
    assert client.delete("/v1/profiles/mia").status_code == 200
    assert labels(client) == {}
    assert client.get("/v1/profiles/mia").json()["kept_sizes"] == []
