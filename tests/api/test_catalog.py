"""The generations of the catalogue over HTTP and in the terminal: told, swapped, put back while people search."""

from __future__ import annotations

import threading

import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

from search.app import create_app
from search.cli import app
from search.index.build import build_snapshot
from search.index.generations import rollback
from search.index.snapshot import current_number, snapshots_folder
from search.settings import Settings
from tests.stand_ins import StubEncoder, shop_products


def index(home, products=None):
    """Index as the next generation."""
    return build_snapshot(shop_products() if products is None else products, home, Settings(), StubEncoder()).number


@pytest.fixture
def grown(open_shop):
    """A service over three generations; the second has one product less. The first was loaded, the third is current."""
    service = open_shop(server={"watch_seconds": 3600.0})
    index(service.home, [product for product in shop_products() if product.id != "kettle"])
    index(service.home)
    return service


@pytest.fixture
def client(grown):
    with TestClient(create_app(lambda: grown), base_url="http://127.0.0.1") as entered:
        yield entered


def catalog(client) -> dict:
    answer = client.get("/v1/catalog")
    assert answer.status_code == 200, answer.text
    return answer.json()


def sells_kettles(client) -> bool:
    return client.get("/v1/products/kettle").status_code == 200


def test_the_generations_are_told_the_newest_first(client):
    told = catalog(client)
    assert (told["serving"], told["current"], told["previous"]) == (1, 3, 2)
    assert [one["number"] for one in told["generations"]] == [3, 2, 1]
    assert told["generations"][0]["products"] == len(shop_products())
    assert all(one["created"] and one["bytes"] > 1000 and one["model"] == "stub" for one in told["generations"])


def test_a_new_generation_is_swapped_in_at_once(client):
    answer = client.post("/v1/catalog/swap")
    assert answer.json()["serving"] == answer.json()["current"] == 3
    assert client.get("/readyz").json()["snapshot"] == 3
    assert client.post("/v1/catalog/swap").json() == answer.json()


def test_a_rollback_serves_the_generation_before_and_then_the_one_before_that(client):
    client.post("/v1/catalog/swap")
    assert sells_kettles(client)
    assert client.post("/v1/catalog/rollback").json()["serving"] == 2
    assert not sells_kettles(client)
    assert client.post("/v1/catalog/rollback", json={}).json()["serving"] == 1
    assert sells_kettles(client)
    last = client.post("/v1/catalog/rollback")
    assert last.status_code == 404 and "Kept are: 1, 2, 3." in last.json()["detail"]
    assert client.post("/v1/catalog/rollback", json={"to": 3}).json()["serving"] == 3


def test_searches_go_on_while_generations_change(client):
    failed, stop = [], threading.Event()

    def ask():
        while not stop.is_set():
            answer = client.get("/v1/search", params={"q": "Shorts", "per_page": 3})
            if answer.status_code != 200 or not answer.json()["hits"]:
                failed.append(answer.text)

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for to in (3, 2, 1, 3, 2):
        assert client.post("/v1/catalog/rollback", json={"to": to}).json()["serving"] == to
    stop.set()
    for thread in threads:
        thread.join()
    assert not failed


@pytest.mark.parametrize("to", [0, -1, 10**12, "two", None])
def test_what_is_no_generation_is_refused(client, to):
    answer = client.post("/v1/catalog/rollback", json={"to": to, "x": 1} if to is None else {"to": to})
    assert answer.status_code == 400
    assert catalog(client)["current"] == 3


def test_a_generation_that_is_not_kept_names_those_that_are(client):
    answer = client.post("/v1/catalog/rollback", json={"to": 99})
    assert (answer.status_code, answer.json()["place"]) == (404, "to")
    assert "Kept are: 1, 2, 3." in answer.json()["detail"]


def damage(home, number):
    file = next(path for path in snapshots_folder(home).joinpath(str(number)).iterdir() if path.name != "manifest.json")
    file.write_bytes(b"damaged")


def test_a_damaged_generation_is_never_put_back(grown, client):
    damage(grown.home, 2)
    answer = client.post("/v1/catalog/rollback", json={"to": 2})
    assert answer.status_code == 400 and "Generation 2 cannot serve" in answer.json()["detail"]
    assert current_number(grown.home) == 3 and catalog(client)["serving"] == 1


def test_a_damaged_new_generation_is_not_swapped_in(grown, client):
    damage(grown.home, 3)
    answer = client.post("/v1/catalog/swap")
    assert answer.status_code == 400 and "Generation 1 goes on serving." in answer.json()["detail"]
    assert client.get("/v1/search", params={"q": "Shorts"}).json()["hits"]


def test_a_manifest_that_cannot_be_read_is_told(grown, client):
    (snapshots_folder(grown.home) / "2" / "manifest.json").write_text("{")
    told = catalog(client)
    assert "cannot be read" in told["generations"][1]["trouble"] and told["previous"] == 1


def test_pages_of_other_sites_put_nothing_back(client):
    for path in ("rollback", "swap"):
        assert client.post(f"/v1/catalog/{path}", headers={"origin": "https://evil.example"}).status_code == 403
    assert catalog(client)["serving"] == 1


def test_what_was_put_back_survives_the_next_import_and_a_restart(grown, open_shop):
    rollback(grown.home, 2)
    assert index(grown.home) == 4
    assert (snapshots_folder(grown.home) / "2").is_dir(), "three generations are kept"
    rollback(grown.home)
    assert current_number(grown.home) == 3


def test_the_terminal_rolls_back(grown):
    told = CliRunner().invoke(app, ["rollback", str(grown.home)])
    assert told.exit_code == 0 and "Generation 2 serves" in told.output
    assert grown.is_outdated(), "a running server notices"
    told = CliRunner().invoke(app, ["rollback", str(grown.home), "--to", "1", "--json"])
    assert '"current": 1' in told.output
    assert CliRunner().invoke(app, ["rollback", str(grown.home)]).exit_code == 1
