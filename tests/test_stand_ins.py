"""The stand-ins stand: the catalogue is what its description says, and the fixtures open."""

import json
import urllib.request

import numpy as np
import pytest

from search.messages import SearchRequest
from search.types import Identity
from tests.stand_ins import StubEncoder, shop_products


def test_the_shop_has_36_products_with_different_ids():
    products = shop_products()
    assert len({product.id for product in products}) == len(products) == 36


def test_words_that_look_alike_are_near():
    shirt, shrit, toaster = StubEncoder().encode_query(["shirt", "shirts", "Toaster"])
    assert shirt @ shrit > 0.5 > shirt @ toaster
    assert np.allclose(np.linalg.norm([shirt, shrit, toaster], axis=1), 1)


def test_a_service_answers(service):
    answer = service.search(SearchRequest(q="Pumps"), Identity())
    assert answer.hits[0].id == "pumps-women-black"
    assert answer.degraded == []


def test_the_client_answers(client):
    assert client.get("/v1/search", params={"q": "Pumps"}).json()["hits"][0]["id"] == "pumps-women-black"


@pytest.mark.model
def test_the_demo_server_is_served_and_ready(demo_server):
    with urllib.request.urlopen(f"{demo_server.url}/v1/search?q=Pumps") as answer:
        assert json.load(answer)["total"] > 0
    assert (demo_server.home / "demo.json").is_file()
