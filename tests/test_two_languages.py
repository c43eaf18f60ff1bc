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
        yield product(f"hood-{number}", f"Alto Kapuzenpullover {whom} {number}", f"Alto hoodie for {for_whom} {number}")
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


@pytest.mark.parametrize(("q", "german"), [("hoodie kinder", range(4)), ("hoodie herren", range(4, 8))])
def test_hoodie_finds_what_german_texts_call_a_kapuzenpullover_first_and_says_so(shop, q, german):
    answer = search(shop, q)
    assert answer.query.language == "de"
    assert {hit.id for hit in answer.hits[:4]} == {f"hood-{number}" for number in german}
    [step] = answer.query.relaxed
    assert (step.step, step.dropped, step.text) == ("translation", ["hoodie"], "kapuzenpullover")
    assert answer.query.synonyms == [], "nobody has listed it"


def test_a_german_word_among_english_ones_finds_what_it_is_called_in_english(shop):
    answer = search(shop, "regenjacke for men with hood")
    assert answer.query.language == "en"
    assert kinds(answer) >= {"coat"}
    assert answer.hits[0].id.startswith("coat")


def test_words_that_the_querys_language_holds_are_not_translated(shop):
    assert search(shop, "kapuzenpullover kinder").query.relaxed == []
    assert search(shop, "kapuzenpullover kids").query.relaxed == [], "whom it is for is understood in any language"


def test_the_explanation_of_a_translated_word_adds_up(shop):
    for hit in search(shop, "hoodie kinder", explain=True).hits:
        lexical = hit.explain.lexical
        assert sum(word.score for word in lexical.words) == pytest.approx(lexical.bm25)
        share = lexical.found + lexical.kind_found
        raised = (lexical.bm25 + lexical.kind_gain) / lexical.best
        raised *= 1 + lexical.adjacent_weight * lexical.adjacent
        assert raised * (1 - lexical.coverage + lexical.coverage * share) == pytest.approx(lexical.lexical, abs=1e-5)
