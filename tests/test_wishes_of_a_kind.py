"""A query that names a kind and says which of it comes first: all of the kind is found, and nothing else that is so."""

import pytest

from search.index.build import build_snapshot
from search.index.snapshot import load_snapshot
from search.messages import SearchRequest
from search.pipeline import Pipeline
from search.settings import Settings
from search.types import Product
from tests.stand_ins import Clock

#: From the lightest to the heaviest; "sixth" has 2 kg.
LAPTOPS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth")
COLORS = ("rot", "schwarz", "weiß", "grün")


def product(id, title, kind, price_cents, **told):
    return Product(id=id, title={"de": title}, product_type=kind, price_cents=price_cents, attributes=told)


def goods():
    """Pumps and lamps in four colours, suitcases of 35 to 104 litres, laptops of 1 to 3 kg, dog food of 2 kg."""
    for number in range(12):
        color = COLORS[number % 4]
        yield product(f"pumps-{number}", f"Dora Pumps {color}", "Pumps", 2000 + number, color=[color])
        yield product(f"lamp-{number}", f"Lux LED-Lampe {color}", "LED-Lampe", 2000 + number, color=[color])
    for litres in (35, 38, 40, 62, 66, 68, 95, 98, 104):
        size = "S" if litres < 50 else "M" if litres < 80 else "L"
        yield product(
            f"case-{litres}", f"Kranich Koffer {litres} l", "Koffer", 9000, volume_l=float(litres), size=[size]
        )
    for number, name in enumerate(LAPTOPS):
        title, kilos = "Fjord Laptop in Silber, 14 Zoll, 16 GB RAM, 512 GB SSD, 65 W", round(1.0 + 0.2 * number, 2)
        yield product(f"laptop-{name}", title, "Laptop", 90000, weight_kg=kilos)
    for taste in ("Lachs", "Huhn"):
        yield product(f"food-{taste}", f"Hundefutter {taste} 2 kg", "Hundefutter", 800, weight_kg=2.0)


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    home = tmp_path_factory.mktemp("kinds")
    build_snapshot(list(goods()), home, Settings(), None)
    return Pipeline(load_snapshot(home), None, Settings(), Clock())


def search(shop, q, **options):
    return shop.search(SearchRequest(q=q, per_page=50, **options))


def ids(answer):
    return [hit.id for hit in answer.hits]


def test_laptop_2_kg_finds_all_laptops_the_nearest_first_and_no_dog_food(shop):
    found = ids(search(shop, "laptop 2 kg"))
    assert set(found) == {f"laptop-{name}" for name in LAPTOPS}
    assert found[0] == "laptop-sixth"
    assert set(found[:3]) == {"laptop-fifth", "laptop-sixth", "laptop-seventh"}


def test_suitcases_of_40_l_come_by_their_litres_and_none_is_missing(shop):
    answer = search(shop, "Koffer 40 l")
    assert [item.attribute for item in answer.query.understood] == ["product_type", "volume_l"]
    assert ids(answer)[0] == "case-40"
    assert set(ids(answer)[:3]) == {"case-35", "case-38", "case-40"}
    assert len(ids(answer)) == 9


def test_red_pumps_finds_pumps_and_no_red_lamps(shop):
    answer = search(shop, "rote Pumps unter 80 €", facet=["product_type", "color"])
    assert {id.split("-")[0] for id in ids(answer)} == {"pumps"}
    assert {id.split("-")[1] for id in ids(answer)[:3]} == {"0", "4", "8"}
    assert answer.total == len(ids(answer)) == 12
    assert [(one.value, one.count) for one in answer.facets["product_type"].values] == [("Pumps", 12)]
    pages = [ids(shop.search(SearchRequest(q="rote Pumps unter 80 €", per_page=5, page=page))) for page in (1, 2, 3)]
    assert [id for page in pages for id in page] == ids(answer)


def test_a_wish_without_a_kind_finds_whatever_is_so(shop):
    assert {id.split("-")[0] for id in ids(search(shop, "rot"))} == {"pumps", "lamp"}


def test_words_that_are_switched_off_are_words_again(shop):
    found = ids(search(shop, "rote Pumps", without_understood=["product_type", "color"]))
    assert {"pumps-0", "lamp-0"} <= set(found)
