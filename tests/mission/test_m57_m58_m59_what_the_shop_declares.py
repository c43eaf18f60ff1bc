"""M57, M58, M59: stock, bestsellers, margin: terms that the shop declares, bounded, told, the same for everybody."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from search.app import create_app
from search.index.build import build_snapshot
from search.settings import Settings
from search.types import Product, Variant
from tests.mission.checks import ids, search
from tests.stand_ins import Clock, StubEncoder, open_service


def product(id: str, kind: str, pieces: dict[str, int], popularity: float, margin: float | None) -> Product:
    return Product(
        id=id,
        title={"de": f"{kind} Nordkai"},
        product_type=kind,
        popularity=popularity,
        margin=margin,
        variants=(Variant(id=f"{id}/1", stock=pieces),),
    )


SOLD = [
    product("full", "Lampe", {"mitte": 1, "online": 80}, 10, 5.0),
    product("half", "Lampe", {"mitte": 9, "online": 20}, 20, 35.0),
    product("last", "Lampe", {"mitte": 0, "online": 2}, 90, 60.0),
    product("gone", "Lampe", {"mitte": 0, "online": 0}, 95, 70.0),
    product("nappies", "Windeln", {"mitte": 900, "online": 9_000}, 50, None),
]


@pytest.fixture
def opened(tmp_path):
    """opened(business settings) -> a client of that shop."""
    entered = []

    def enter(**business) -> TestClient:
        home = tmp_path / f"shop-{len(entered)}"
        settings = Settings().but(server={"deadline_ms": 60_000.0}, business=business)
        build_snapshot(SOLD, home, settings, StubEncoder())
        service = open_service(home, settings, now=Clock())
        entered.append(TestClient(create_app(lambda: service), base_url="http://127.0.0.1").__enter__())
        return entered[-1]

    yield enter
    for client in entered:
        client.__exit__(None, None, None)


def test_m57_m58_a_bestseller_comes_first_and_what_is_sold_out_last(opened):
    assert ids(search(opened(), q="Lampe")) == ["last", "half", "full", "gone"]
    assert ids(search(opened(sold_out=0.0), q="Lampe"))[0] == "gone"
    assert ids(search(opened(bestseller=0.0), q="Lampe"))[0] == "full"


def test_m58_high_stock_comes_forward_where_the_shop_wants_it_in_the_branch_that_is_asked(opened):
    client = opened(high_stock=0.5)
    assert ids(search(client, q="Lampe")) == ["full", "half", "last", "gone"]
    assert ids(search(client, q="Lampe", branch="mitte"))[0] == "half"
    told = search(client, q="Lampe", explain="true")["hits"][0]["explain"]["business"]
    assert {"name": "high_stock", "contribution": 0.5} in told
    assert ids(search(opened(), q="Lampe"))[0] == "last"


def test_m58_stock_is_compared_with_that_of_its_like(opened):
    hits = search(opened(high_stock=0.5), explain="true")["hits"]
    of = {hit["id"]: {term["name"]: term["contribution"] for term in hit["explain"]["business"]} for hit in hits}
    assert "high_stock" not in of["nappies"]
    assert of["full"]["high_stock"] == 0.5


def test_m59_among_equally_good_ones_the_margin_decides_and_across_tiers_it_does_not(opened):
    client = opened(margin=1.0, bestseller=0.0)
    assert ids(search(client, q="Lampe"))[0] == "last"
    assert ids(search(opened(bestseller=0.0), q="Lampe"))[0] == "full"
    answer = search(opened(margin=2.0), q="Windeln Nordkai", explain="true")
    assert ids(answer)[0] == "nappies"
    tiers = [("exact", "close", "rest").index(hit["explain"]["tier"]) for hit in answer["hits"]]
    assert tiers == sorted(tiers)


def test_m59_the_margin_itself_is_no_answer_filter_or_facet(opened):
    client = opened(margin=1.0)
    assert all("margin" not in hit["product"] for hit in search(client)["hits"])
    assert "margin" not in client.get("/v1/products/last").json()
    for more in ({"filter": "_margin:50.."}, {"facet": "_margin"}, {"filter": "margin:50.."}, {"facet": "margin"}):
        answer = client.get("/v1/search", params=more)
        assert answer.status_code == 400
        assert "margin" not in answer.json()["detail"].partition("Known fields")[2]
