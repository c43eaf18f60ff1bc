"""Measures and codes find products however they are written, and are never corrected."""

import pytest

from search.index.build import build_snapshot
from search.index.snapshot import load_snapshot
from search.messages import SearchRequest
from search.pipeline import Pipeline
from search.settings import Settings
from search.types import Product

TITLES = {
    "cola-half": "Cola 0,5 l",
    "cola-big": "Cola 1.500 ml",
    "cola-pack": "Cola 6 x 1,5 l",
    "tv-55": 'Fernseher 55"',
    "tv-65": "Fernseher 65 Zoll",
}


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    home = tmp_path_factory.mktemp("measures")
    products = [Product(id=id, title={"de": title}) for id, title in TITLES.items()]
    products.append(Product(id="shoe", title={"de": "Laufschuh Pegasus"}, mpn="FD2722-001", gtin="4006381333931"))
    products.append(Product(id="other", title={"de": "Laufschuh Vomero"}, mpn="FD2733-001"))
    build_snapshot(products, home, Settings(), None)
    return Pipeline(load_snapshot(home), None, Settings())


def found(pipeline, text):
    return [hit.id for hit in pipeline.search(SearchRequest(q=text)).hits]


@pytest.mark.parametrize("text", ["cola 1,5 l", "cola 1500ml", "cola 1.500 ml", "Cola 1,5 Liter", "cola 150cl"])
def test_a_measure_finds_every_way_to_write_it(index, text):
    assert set(found(index, text)[:2]) == {"cola-big", "cola-pack"}


@pytest.mark.parametrize("text", ["fernseher 55 zoll", 'fernseher 55"', "fernseher 55 inch", "55-zoll-fernseher"])
def test_inches_are_inches(index, text):
    assert found(index, text)[0] == "tv-55"


@pytest.mark.parametrize(
    "text",
    [
        "FD2722001",
        "fd2722-001",
        "FD 2722-001",
        "nike FD 2722-001",
        "pegasus fd2722001",
        "FD2722",
        "fd272",
        "4006381333931",
    ],
)
def test_a_code_finds_its_product(index, text):
    assert found(index, text)[0] == "shoe"


def test_a_beginning_of_several_codes_finds_them_all(index):
    assert set(found(index, "FD27")) == set()
    assert found(index, "FD273") == ["other"]


@pytest.mark.parametrize("text", ["FD2723001", "FD2723-002", "4006381333932", "cola 1501 ml"])
def test_numbers_are_never_corrected(index, text):
    answer = index.search(SearchRequest(q=text))
    assert answer.query.corrected is None
    assert "shoe" not in [hit.id for hit in answer.hits]
