"""What was understood does to the answer what the answer says: the hand-written shop, through the whole pipeline."""

from __future__ import annotations

import pytest

from search.messages import SearchRequest
from search.pipeline import Pipeline
from search.settings import Settings
from search.types import Clause
from search.understand.filters import parse_filter, written
from tests.stand_ins import Clock, StubEncoder


@pytest.fixture
def ask(pipeline):
    return lambda q, **more: pipeline.search(SearchRequest(q=q, per_page=100, explain=True, **more))


def understood(answer, attribute):
    return [item for item in answer.query.understood if item.attribute == attribute]


def test_a_price_stated_as_a_limit_leaves_out_what_costs_more(ask):
    every, limited = ask("shorts"), ask("shorts unter 30 euro")
    cheap = {hit.id for hit in every.hits if hit.product["price"] <= 30}
    assert 0 < len(cheap) < every.total
    assert {hit.id for hit in limited.hits} == cheap
    [price] = understood(limited, "price")
    assert (price.effect, price.filter) == ("limit", "price:..30")
    assert limited.query.searched == "shorts"


def test_a_limit_holds_for_the_facet_of_prices_too(ask):
    assert ask("shorts unter 30 euro", facet=["price"]).facets["price"].max <= 30


def test_a_limit_without_anything_else_browses(ask):
    answer = ask("unter 30 euro")
    assert answer.total == ask("", filter="price:..30").total > 0


def test_a_negation_leaves_out(ask):
    answer = ask("shorts nicht schwarz")
    [color] = understood(answer, "color")
    assert color.effect == "exclude"
    assert color.filter.startswith("NOT color:")
    assert (
        {hit.id for hit in answer.hits}
        == {hit.id for hit in ask("shorts", filter="NOT color:schwarz").hits}
        != {hit.id for hit in ask("shorts").hits}
    )


def test_what_is_switched_off_has_no_effect_and_can_be_switched_on_again(ask):
    answer = ask("shorts unter 30 euro", without_understood=["price"])
    assert [item.effect for item in understood(answer, "price")] == ["off"]
    assert max(hit.product["price"] for hit in answer.hits) > 30
    assert answer.query.searched == "shorts unter 30 euro"


@pytest.fixture
def ask_by_words(pipeline):
    settings = Settings().but(fusion={"lexical_weight": 1.0})
    by_words = Pipeline(pipeline.snapshot, StubEncoder(), settings, Clock())
    return lambda q, **more: by_words.search(SearchRequest(q=q, per_page=100, explain=True, **more))


def test_a_wish_hides_nothing_of_the_kind_and_is_accounted_for(ask_by_words):
    ask = ask_by_words
    wished = ask("schwarze shorts")
    found = {hit.id for hit in wished.hits}
    assert found >= {hit.id for hit in ask("shorts").hits if hit.id.startswith("shorts")}
    off = ask("schwarze shorts", without_understood=["color", "product_type", "category"])
    assert {hit.id for hit in off.hits} - found == {"laptop-eco", "laptop-gamer"}, "black things are found by the word"
    degrees = [{term.attribute: term for term in hit.explain.stated} for hit in wished.hits]
    assert {terms["color"].degree for terms in degrees} >= {0.0, 1.0}
    weights = {"product_type": 4.0, "category": 4.0}
    assert all(
        term.contribution == weights.get(name, 2.0) * (term.degree - 1)
        for terms in degrees
        for name, term in terms.items()
    )


def test_the_whole_name_of_a_product_is_a_name(ask, pipeline):
    name = next(title for product in pipeline.snapshot.documents for title in product.title.values() if " " in title)
    assert ask(name).query.searched == name


@pytest.mark.parametrize(
    "clause",
    [
        Clause("price", high="50"),
        Clause("price", low="5", high="9.5"),
        Clause("color", values=("rot", 'dunkel "rot"', "a,b")),
    ],
)
def test_a_filter_that_is_told_can_be_asked(clause):
    assert parse_filter(written(clause)) == clause


# --- queries that only state what is wanted ---


@pytest.mark.parametrize(
    "q", ["für Männer", "hochwertig", "premium", "günstig", "L", "Gr. L", "für meine Frau", "something for men"]
)
def test_a_query_that_only_states_what_is_wanted_browses_what_fits_first(ask, q):
    answer, every = ask(q), ask("")
    assert answer.query.searched == ""
    assert answer.total == every.total
    degrees = [sum(term.degree for term in hit.explain.stated) for hit in answer.hits]
    assert degrees[0] == max(degrees)


def test_browsing_keeps_a_limit(ask):
    answer = ask("für Männer unter 50 euro")
    assert {hit.id for hit in answer.hits} == {hit.id for hit in ask("", filter="price:..50").hits}
    assert answer.total > 0


def test_a_limit_that_nothing_keeps_is_relaxed_where_nothing_else_was_asked_too(ask):
    answer = ask("unter 0,01 €")
    assert answer.total > 0
    assert [step.step for step in answer.query.relaxed] == ["limits"]


def test_names_stay_words_while_a_product_holds_them(ask):
    assert ask("schwarz").query.searched == "schwarz"
    assert ask("schwarz").total < ask("").total


def test_what_says_a_price_only_is_no_word_that_products_must_hold(ask):
    assert ask("hochwertige shorts").query.searched == "shorts"
    assert ask("hochwertige shorts", without_understood=["price"]).query.searched == "hochwertige shorts"
