"""Where tastes must be silent: narrow queries, and what the query or the shopper says."""

from __future__ import annotations

import math

import numpy as np
import pytest

from search.messages import SearchRequest
from search.rerank.gates import query_gate, shares_shown
from search.rerank.personal import QUERY_STATES, SWITCHED_OFF, blocked_attributes
from search.types import Identity, Stated

CLOSE = 1.0


def gate(relevance: list[float], tier: float = CLOSE) -> float:
    return query_gate(shares_shown(np.array(relevance), temperature=0.1), np.full(len(relevance), tier))


@pytest.mark.parametrize(
    ("equally_good", "wanted"),
    [(1, 0.0), (2, 0.0), (20, 1.0), (100, 1.0), (6, (math.log(6) - math.log(2)) / (math.log(20) - math.log(2)))],
)
def test_the_gate_opens_between_a_choice_of_two_and_a_choice_of_twenty(equally_good: int, wanted: float):
    assert gate([0.8] * equally_good) == pytest.approx(wanted)


def test_much_worse_products_do_not_make_a_query_broad():
    assert gate([1.0, 1.0, *[0.1] * 50]) < 0.02


def test_only_the_best_hundred_count():
    assert gate([0.5] * 100) == gate([0.5] * 100 + [0.1] * 5000) == 1.0


def test_the_order_of_the_products_does_not_matter():
    mixed = [0.2, 0.9, 0.5, 0.7, 0.71]
    assert gate(mixed) == pytest.approx(gate(sorted(mixed)), abs=1e-12)


def test_the_entropy_is_the_one_of_a_softmax():
    weights = [math.exp(r / 0.1) for r in (0.9, 0.8, 0.8, 0.6)]
    shares = [weight / sum(weights) for weight in weights]
    entropy = -sum(share * math.log(share) for share in shares)
    assert gate([0.9, 0.8, 0.8, 0.6]) == pytest.approx((entropy - math.log(2)) / math.log(10))


def test_an_exact_product_shuts_the_gate():
    assert gate([0.9] * 50, tier=0.0) == 0.0
    assert query_gate(np.full(50, 1 / 50), np.array([0.0] + [1.0] * 49)) == 0.0


def test_no_results_shut_the_gate():
    assert gate([]) == 0.0


def test_stated_and_switched_off_attributes_are_blocked_with_their_reason():
    stated = [Stated("gender", "herren", "herren"), Stated("price_band", "", "bis 50 €")]
    assert blocked_attributes(stated, ["color", "gender"]) == {
        "gender": QUERY_STATES,
        "price_band": QUERY_STATES,
        "color": SWITCHED_OFF,
    }


# --- through a whole search ---


@pytest.fixture
def anna(service):
    """A service that knows a shopper of blue women's things by Esprit."""
    from search.messages import EventIn

    bought = ("shorts-women-black", "shirt-women-white", "skirt-women-green", "shorts-women-sale", "shorts-women-blue")
    for number, product in enumerate(bought):
        service.record([EventIn(event_id=f"e{number}", type="purchase", product_id=product, shopper="anna")])()
    return service


def contributions(service, q: str, **request) -> dict[str, float]:
    """Attribute -> the most that it adds to or takes from any hit."""
    search = SearchRequest(q=q, per_page=50, explain=True, **request)
    terms = [term for hit in service.search(search, Identity("anna")).hits for term in hit.explain.personal.terms]
    return {
        name: max(abs(term.contribution) for term in terms if term.attribute == name)
        for name in sorted({term.attribute for term in terms})
    }


def test_a_broad_query_lets_every_taste_speak(anna):
    assert all(value > 0 for value in contributions(anna, "").values())


def test_what_all_results_share_says_nothing(anna):
    assert contributions(anna, "shorts", filter="category:Damen AND product_type:Shorts")["gender"] == pytest.approx(
        0, abs=1e-12
    )


@pytest.mark.parametrize(
    ("q", "silent"),
    [
        ("herren shorts", "gender"),
        ("men shorts", "gender"),
        ("shorts bis 50 €", "price_band"),
        ("günstige shorts", "price_band"),
        ("cheap shorts", "price_band"),
        ("blaue shorts", "color"),
        ("adidas shorts", "brand"),
    ],
)
def test_what_the_query_states_is_never_overruled(anna, q: str, silent: str):
    spoke = contributions(anna, q)
    assert spoke.pop(silent) == 0.0
    assert any(spoke.values())


@pytest.mark.parametrize("q", ["shorts geschenk", "shorts für meine frau", "shorts für kinder", "gift shorts"])
def test_a_gift_silences_the_shoppers_own_gender_and_brands(anna, q: str):
    spoke = contributions(anna, q)
    assert spoke["gender"] == spoke["brand"] == 0.0


def test_a_shopper_of_womens_things_who_asks_for_mens_gets_mens(anna):
    hits = anna.search(SearchRequest(q="herren shorts", explain=True), Identity("anna")).hits
    anonymous = anna.search(SearchRequest(q="herren shorts", personalize="off"), Identity()).hits
    assert hits[0].id.startswith("shorts-men")
    assert sum(hit.id.startswith("shorts-men") for hit in hits[:3]) == sum(
        hit.id.startswith("shorts-men") for hit in anonymous[:3]
    )


def test_a_taste_that_was_switched_off_is_silent_and_says_so(anna):
    assert contributions(anna, "shorts", without_tastes=["brand", "color"])["brand"] == 0.0
    search = SearchRequest(q="shorts", explain=True, without_tastes=["brand"])
    terms = anna.search(search, Identity("anna")).hits[0].explain.personal.terms
    assert {term.blocked for term in terms if term.attribute == "brand"} == {SWITCHED_OFF}
    assert {term.gate for term in terms if term.attribute == "brand"} == {0.0}


def test_a_product_that_is_asked_for_by_name_or_number_comes_without_tastes(anna):
    for q in ("Laufschuhe Pegasus 41", "FD2722-001", "4006381333931"):
        answer = anna.search(SearchRequest(q=q, explain=True), Identity("anna"))
        assert answer.hits[0].explain.tier == "exact"
        assert answer.hits[0].explain.personal.query_gate == 0.0
        assert not any(hit.reasons for hit in answer.hits)
