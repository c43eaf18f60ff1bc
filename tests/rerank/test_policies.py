"""The anonymous order: tiers, the shop's declared terms, and the rank that personal places are counted from."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.index.columns import NumberColumn
from search.rerank.policies import anonymous, business_terms, ranks_within, tiers
from search.settings import Business, Personal
from search.types import Ranking
from tests.rerank.random_shops import frozen


def ranking_of(relevance: list[float]) -> Ranking:
    r = np.array(relevance, np.float64)
    return frozen(Ranking(np.arange(len(r), dtype=np.int32), r, {"R": r}))


def order(
    relevance: list[float], exact: Sequence[int] = (), personal: Personal = Personal(), **terms: list
) -> list[int]:
    """Rows in anonymous order."""
    matches = np.isin(np.arange(len(relevance)), exact)
    columns = {name: np.array(values, np.float64) for name, values in terms.items()}
    return anonymous(ranking_of(relevance), matches, columns, personal).rows.tolist()


def test_tiers_are_exact_matches_then_what_is_close_to_the_best_then_the_rest():
    relevance, exact = np.array([0.8, 0.4, 0.39, 0.1]), np.array([False, False, False, True])
    assert tiers(relevance, exact, 0.5).tolist() == [1, 1, 2, 0]
    assert tiers(relevance, exact, 0.0).tolist() == [1, 1, 1, 0]
    assert tiers(np.empty(0), np.empty(0, bool), 0.5).tolist() == []


def test_an_exact_match_stands_first_whatever_its_score():
    assert order([0.9, 0.8, 0.5], exact=[2]) == [2, 0, 1]


def test_a_bestseller_passes_what_is_hardly_better_and_nothing_else():
    popularity = [0.0, 0.2]
    assert order([0.51, 0.50], bestseller=popularity) == [1, 0]
    assert order([0.53, 0.50], bestseller=popularity) == [0, 1]


def test_no_declared_term_lifts_a_product_into_a_better_tier():
    assert order([1.0, 0.49], bestseller=[0.0, 2.0], personal=Personal(temperature=1.0)) == [0, 1]


def test_ties_go_to_the_lower_row():
    assert order([0.5, 0.5, 0.5 + 1e-9]) == [0, 1, 2]


unit = st.lists(st.floats(0, 1), min_size=0, max_size=20)


@given(unit, st.floats(0, 2), st.floats(0, 4))
def test_declared_terms_stay_within_their_bounds(popularity: list[float], most: float, taken: float):
    sold_out = np.array([share > 0.5 for share in popularity], bool)
    terms = business_terms(np.array(popularity), sold_out, Business(bestseller=most, sold_out=taken))
    assert ((terms["bestseller"] >= 0) & (terms["bestseller"] <= most)).all()
    assert set(np.abs(terms["sold_out"])) <= {0.0, taken}
    assert (terms["sold_out"] <= 0).all()
    assert not terms["sold_out"][~sold_out].any()


def test_an_unheard_of_popularity_counts_as_the_most_or_the_least():
    terms = business_terms(np.array([-3.0, 7.0]), np.array([False, False]), Business(bestseller=0.2))
    assert terms["bestseller"].tolist() == [0.0, 0.2]


def test_terms_that_are_turned_off_change_nothing():
    terms = business_terms(np.array([1.0, 0.0]), np.array([False, True]), Business(bestseller=0.0, sold_out=0.0))
    assert not any(column.any() for column in terms.values())


def test_a_rank_within_a_group_compares_with_the_likes_of_it_and_ties_share_it():
    stock = NumberColumn(np.array([0, 1, 2, 3, 5], np.int32), np.array([9.0, 600.0, 3.0, 3.0, 300.0]))
    groups = np.array([0, 1, 0, 0, 0, 1, 2], np.int32)
    assert ranks_within(stock, groups).tolist() == [1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0]
    assert not ranks_within(None, groups).any()


def test_stock_and_margin_count_only_where_the_shop_wants_them():
    settings = Business(high_stock=0.3, margin=0.4)
    none = business_terms(np.zeros(2), np.zeros(2, bool), settings)
    both = business_terms(np.zeros(2), np.zeros(2, bool), settings, np.array([1.0, 0.5]), np.array([0.0, 7.0]))
    assert {"high_stock", "margin"}.isdisjoint(none)
    assert both["high_stock"].tolist() == [0.3, 0.15]
    assert both["margin"].tolist() == [0.0, 0.4]


@given(st.integers(0, 2**32 - 1), st.integers(0, 40))
def test_the_anonymous_order_is_a_reordering_that_leaves_its_input_alone(seed: int, size: int):
    rng = Random(seed)
    base = ranking_of([rng.choice([0.2, 0.5, rng.random()]) for _ in range(size)])
    exact = np.array([rng.random() < 0.1 for _ in range(size)], bool)
    terms = {"bestseller": np.array([0.2 * rng.random() for _ in range(size)])}
    ranked, again = (anonymous(base, exact, terms, Personal()) for _ in range(2))
    assert sorted(ranked.rows.tolist()) == base.rows.tolist()
    assert ranked.rows.tolist() == again.rows.tolist()
    assert ranked.features["rank_anonymous"].tolist() == list(range(1, size + 1))
    keys = list(zip(ranked.features["tier"], -np.round(ranked.scores, 6), ranked.rows, strict=True))
    assert keys == sorted(keys)
    wanted = ranked.features["R"] / 0.1 + ranked.features["bestseller"]
    assert ranked.features["A"] == pytest.approx(wanted)
