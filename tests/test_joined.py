"""English words written as one or as two are found both ways, by what the catalogue itself writes."""

import pytest

from search.index.build import build_snapshot
from search.index.snapshot import load_snapshot
from search.messages import SearchRequest
from search.pipeline import Pipeline
from search.relax import Asked
from search.settings import Settings
from search.types import Product
from tests.stand_ins import Clock

TITLES = [
    "Phillips Screwdriver",
    "Flat Screw Driver",
    "Torx Screw Driver",
    "Mini Screw Driver",
    "Drywall Screw",
    "Impact Driver",
    "Bathtub white",
    "Blue Carpet",
    "Car Mat",
    "Car Polish",
    "Car Charger",
    "Pet Bed",
    "Pet Collar",
    "Pet Bowl for the Car",
]


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    home = tmp_path_factory.mktemp("tools")
    products = [Product(id=title, title={"en": title}) for title in TITLES]
    build_snapshot(products, home, Settings().but(analysis={"languages": ("en",)}), None)
    return Pipeline(load_snapshot(home), None, Settings().but(analysis={"languages": ("en",)}), Clock())


def found(shop, q):
    return [hit.id for hit in shop.search(SearchRequest(q=q)).hits]


def test_two_words_find_the_product_that_writes_them_as_one(shop):
    assert "Phillips Screwdriver" in found(shop, "screw driver")[:4]
    assert found(shop, "bath tub") == ["Bathtub white"]
    assert found(shop, "phillips screw-driver")[0] == "Phillips Screwdriver"


def test_one_word_finds_the_products_that_write_it_as_two_after_those_that_write_it_so(shop):
    assert found(shop, "screwdriver")[0] == "Phillips Screwdriver"
    assert set(found(shop, "screwdriver")) == {title for title in TITLES if "river" in title and "Screw" in title}


def test_halves_that_only_spell_a_word_are_none(shop):
    assert found(shop, "carpet") == ["Blue Carpet"]
    [carpet] = shop.read(Asked("carpet")).sought
    assert carpet.parts == ()


def test_words_with_something_between_them_are_not_joined(shop):
    assert all(not item.others for item in shop.read(Asked("screw / driver")).sought)
    assert [item.others for item in shop.read(Asked("screw driver")).sought] == [("screwdriv",), ("screwdriv",)]
