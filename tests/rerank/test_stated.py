"""What a query states comes first, hides nothing but by a limit or a negation, and is not overruled by a taste."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.index.columns import ColumnsBuilder
from search.rerank.personal import QUERY_STATES, blocked_attributes, personalize
from search.rerank.policies import anonymous
from search.rerank.stated import FIT, degrees, restriction, stated_term, yielding
from search.settings import Personal
from search.types import And, Clause, Not, Ranking, Stated
from tests.rerank.random_shops import random_case

seeds = st.integers(0, 2**32 - 1)
ROWS = np.arange(4, dtype=np.int32)


@pytest.fixture
def columns():
    """Red, dark red, blue, and one without a colour; the first two reduced."""
    builder = ColumnsBuilder()
    for row, color in enumerate(["rot", "dunkelrot", "blau"]):
        builder.keyword("color", row, color)
        builder.number("price", row, 10.0 * (row + 1))
    builder.number("discount", 0, 20)
    return builder.freeze(4)


def red(effect="prefer"):
    wanted = ((1.0, Clause("color", values=("rot",))), (0.7, Clause("color", values=("dunkelrot",))))
    return Stated("color", "rot", "rot", effect, wanted)


def test_what_fits_nearly_fits_less_and_what_is_silent_fits_by_half(columns):
    assert degrees([red()], columns, ROWS)["color"].tolist() == [1.0, 0.7, 0.0, 0.5]


def test_of_several_statements_about_one_attribute_the_best_counts(columns):
    blue = Stated("color", "blau", "blau", "prefer", ((1.0, Clause("color", values=("blau",))),))
    assert degrees([red(), blue], columns, ROWS)["color"].tolist() == [1.0, 0.7, 1.0, 0.5]


def test_what_has_no_discount_is_not_reduced(columns):
    sale = Stated("price", "sale", "sale", "prefer", ((1.0, Clause("discount", low="1")),))
    assert degrees([sale], columns, ROWS)["price"].tolist() == [1.0, 0.0, 0.0, 0.0]


@pytest.mark.parametrize("effect", ["limit", "exclude", "silence", "off"])
def test_only_wishes_have_degrees(columns, effect):
    assert degrees([red(effect)], columns, ROWS) == {}


def test_a_field_that_the_catalogue_lacks_says_nothing(columns):
    unknown = Stated("hood", "ja", "ja", "prefer", ((1.0, Clause("hood", values=("ja",))),))
    limit = Stated("weight", "..5", "..5", "limit", ((1.0, Clause("weight", high="5")),))
    assert degrees([unknown], columns, ROWS) == {}
    assert restriction([limit], columns) == And(())


def test_limits_and_negations_are_filters(columns):
    limit = Stated("price", "..20", "bis 20", "limit", ((1.0, Clause("price", high="20")),))
    filters = restriction([limit, red("exclude"), red()], columns)
    assert filters.parts[0] == Clause("price", high="20")
    assert filters.parts[1] == Not(Clause("color", values=("rot",)))
    assert columns.mask(filters).tolist() == [False, False, False, False]


def test_each_contradiction_costs_as_much():
    fits = {"color": np.array([1.0, 0.0, 0.0]), "size": np.array([1.0, 1.0, 0.0])}
    assert stated_term(fits, 2.0, 3).tolist() == [0.0, -2.0, -4.0]


def test_what_contradicts_comes_after_what_fits_and_is_still_there():
    relevance = np.array([0.6, 0.58, 0.5])
    ranking = Ranking(np.arange(3, dtype=np.int32), relevance, {"R": relevance})
    exact = np.zeros(3, bool)
    order = anonymous(ranking, exact, {}, Personal(), np.array([-2.5, 0.0, -1.0])).rows.tolist()
    assert order == [1, 2, 0]
    assert anonymous(ranking, exact, {}, Personal()).rows.tolist() == [0, 1, 2]


# --- and the shopper's taste ---


def stating(case, seed):
    """The case's ranking with degrees of two stated attributes."""
    rng = Random(seed)
    fits = {
        FIT + name: np.array([rng.choice([0.0, 0.5, 0.7, 1.0]) for _ in range(len(case.base))], np.float64)
        for name in ("color", "size")
    }
    return case.base.with_features(**fits)


@given(seeds, st.integers(1, 60))
def test_no_taste_lifts_a_product_over_one_that_fits_a_stated_thing_better(seed, size):
    case = random_case(seed, size)
    base = stating(case, seed)
    result = personalize(
        base, case.affinities, case.catalogue, case.blocked, case.settings, case.strength, case.window
    ).ranking
    after = {row: place for place, row in enumerate(result.rows.tolist())}
    fits = np.stack([base.features[FIT + name] for name in ("color", "size")])
    rows = base.rows.tolist()
    for i in range(len(rows)):
        for j in range(i + 1, len(rows)):
            if (fits[:, i] > fits[:, j]).any():
                assert after[rows[i]] < after[rows[j]]
    assert (np.abs(result.features["p"]) <= case.strength * case.settings.bound + 1e-12).all()


def test_tastes_do_move_products_that_fit_alike():
    moved = 0
    for seed in range(60):
        case = random_case(seed, 40)
        result = personalize(
            stating(case, seed),
            case.affinities,
            case.catalogue,
            case.blocked,
            case.settings,
            case.strength,
            case.window,
        )
        moved += result.ranking.rows.tolist() != case.base.rows.tolist()
    assert moved > 3


def test_what_fits_keeps_its_own_taste():
    personal = np.array([-0.2, 0.5, 0.3])
    assert yielding(personal, [np.array([1.0, 0.0, 1.0])]).tolist() == [-0.2, -0.2, 0.3]
    assert yielding(personal, []).tolist() == personal.tolist()


@pytest.mark.parametrize(
    ("attribute", "value", "blocked"),
    [
        ("price", "..50", {"price_band"}),
        ("color", "rot", {"color"}),
        ("age_group", "kinder", {"age_group", "gender"}),
        ("age_group", "erwachsene", {"age_group"}),
        ("product_type", "Kleid", set()),
        ("line", "tanzsaal", {"line", "brand", "gender", "price_band", "category", "color"}),
    ],
)
def test_what_is_stated_keeps_the_taste_for_it_quiet(attribute, value, blocked):
    found = blocked_attributes([Stated(attribute, value, value)], ())
    assert set(found) == blocked
    assert set(found.values()) <= {QUERY_STATES}


def test_what_was_switched_off_keeps_nothing_quiet():
    assert blocked_attributes([red("off")], ()) == {}


def test_the_kind_of_thing_counts_more_than_any_other_single_attribute():
    fits = {"product_type": np.array([1.0, 0.0]), "color": np.array([0.0, 1.0])}
    dress, shoes = stated_term(fits, 2.0, 2)
    assert dress > shoes
