"""A shop in German and English: in whichever language a query is read, nothing that it means is lost."""

import pytest

from search.index.build import build_snapshot
from search.index.snapshot import load_snapshot
from search.messages import SearchRequest
from search.pipeline import Pipeline
from search.settings import Settings
from search.types import Product
from tests.stand_ins import Clock


def product(id, german, english):
    return Product(id=id, title={"de": german, "en": english})


def goods():
    """Six Pumps, nine pump sprays; hoodies and rain jackets, four each for children and for men."""
    for number, color in enumerate(["rot", "blau", "grün", "gelb", "weiß", "grau"]):
        yield product(f"pumps-{number}", f"Dora Pumps {color}", f"Dora court shoes no {number}")
    for number in range(9):
        yield product(f"spray-{number}", f"Brise Zerstäuber {number}", f"Brise pump spray with jumps {number}")
    for number in range(8):
        whom, for_whom = ("Kinder", "kids") if number < 4 else ("Herren", "men")
        yield product(
            f"hoodie-{number}", f"Alto Kapuzenpullover {whom} {number}", f"Alto hoodie for {for_whom} {number}"
        )
        yield product(f"coat-{number}", f"Alto Regenjacke {whom} {number}", f"Alto rain jacket for {for_whom} {number}")


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    home = tmp_path_factory.mktemp("languages")
    build_snapshot(list(goods()), home, Settings(), None)
    return Pipeline(load_snapshot(home), None, Settings(), Clock())


def search(shop, q, **options):
    return shop.search(SearchRequest(q=q, per_page=50, **options))


def kinds(answer):
    return {hit.id.split("-")[0] for hit in answer.hits}


def test_puumps_means_the_pumps_although_it_is_written_like_an_english_word(shop):
    assert shop.understanding.detect("puumps") == "en"
    answer = search(shop, "puumps")
    assert (answer.query.language, kinds(answer), answer.total) == ("de", {"pumps"}, 6)
    assert [step.step for step in answer.query.relaxed] == ["correction"]
