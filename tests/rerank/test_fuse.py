"""Two legs to one relevance: calibration, the lexical leg's share, and the fused order."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.rerank.fuse import calibrate_cosine, calibrate_lexical, fuse, lexical_weight

unit = st.floats(0, 1, allow_nan=False)


def legs(count: int) -> st.SearchStrategy:
    """Rows and both legs' scores, few different ones, so that ties happen."""
    coarse = st.sampled_from([0.0, 0.25, 0.5, 1.0])
    return st.tuples(
        st.permutations(range(count)),
        st.lists(coarse, min_size=count, max_size=count),
        st.lists(coarse, min_size=count, max_size=count),
        unit,
    )


@given(st.integers(0, 30).flatmap(legs))
def test_fusing_orders_the_rows_and_changes_nothing_else(given_legs):
    rows, lexical, dense, weight = given_legs
    arrays = np.array(rows, np.int32), np.array(lexical, np.float64), np.array(dense, np.float64)
    for array in arrays:
        array.flags.writeable = False
    ranking = fuse(*arrays, weight)
    assert sorted(ranking.rows.tolist()) == sorted(rows)
    wanted = {row: round(weight * a + (1 - weight) * b, 6) for row, a, b in zip(rows, lexical, dense, strict=True)}
    assert ranking.features["R"] == pytest.approx([wanted[row] for row in ranking.rows.tolist()], abs=2e-6)
    keys = [(-r, row) for r, row in zip(ranking.scores.tolist(), ranking.rows.tolist(), strict=True)]
    assert keys == sorted(keys)
    again = fuse(*arrays, weight)
    assert again.rows.tolist() == ranking.rows.tolist()


@given(st.integers(2, 30).flatmap(legs))
def test_the_order_of_the_input_does_not_matter(given_legs):
    rows, lexical, dense, weight = given_legs
    arrays = np.array(rows, np.int32), np.array(lexical, np.float64), np.array(dense, np.float64)
    backwards = [array[::-1] for array in arrays]
    assert fuse(*arrays, weight).rows.tolist() == fuse(*backwards, weight).rows.tolist()


def test_features_follow_their_rows():
    ranking = fuse(np.array([4, 2], np.int32), np.array([0.1, 0.9]), np.array([0.2, 0.4]), 0.5)
    assert ranking.rows.tolist() == [2, 4]
    assert ranking.features["lexical"].tolist() == [0.9, 0.1]
    assert ranking.features["dense"].tolist() == [0.4, 0.2]
    assert ranking.features["R"].tolist() == [0.65, 0.15]


def test_differences_below_a_millionth_are_ties():
    ranking = fuse(np.array([9, 1], np.int32), np.array([0.5 + 1e-8, 0.5]), np.zeros(2), 1.0)
    assert ranking.rows.tolist() == [1, 9]


def test_nothing_in_gives_nothing_out():
    assert len(fuse(np.empty(0, np.int32), np.empty(0), np.empty(0), 0.5)) == 0


@pytest.mark.parametrize(
    ("bm25", "found", "wanted"),
    [(10.0, 1.0, 1.0), (5.0, 1.0, 0.5), (10.0, 0.5, 0.8), (0.0, 0.0, 0.0), (12.0, 1.0, 1.0)],
)
def test_a_lexical_score_is_its_share_of_the_best_less_for_missing_words(bm25: float, found: float, wanted: float):
    assert calibrate_lexical(np.array([bm25]), np.array([found]), best=10.0, coverage=0.4)[0] == pytest.approx(wanted)


def test_a_query_whose_words_nobody_has_scores_0():
    assert calibrate_lexical(np.array([0.0, 0.0]), np.zeros(2), best=0.0, coverage=0.4).tolist() == [0.0, 0.0]


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=20), st.floats(-0.5, 1))
def test_a_cosine_becomes_0_to_1_and_keeps_its_order(cosines: list[float], noise: float):
    calibrated = calibrate_cosine(np.array(sorted(cosines)), noise)
    assert ((calibrated >= 0) & (calibrated <= 1)).all()
    assert (np.diff(calibrated) >= 0).all()
    assert calibrate_cosine(np.array([1.0]), min(noise, 0.99))[0] == pytest.approx(1)


@given(unit, unit)
def test_the_lexical_share_is_a_share_and_grows_with_what_the_words_find(best_lexical: float, best_dense: float):
    share = lexical_weight(best_lexical, best_dense)
    assert 0 <= share <= 1
    assert lexical_weight(min(1.0, best_lexical + 0.1), best_dense) >= share


def test_a_leg_that_found_nothing_has_no_say():
    assert lexical_weight(0.0, 0.7) == 0.0
    assert lexical_weight(0.7, 0.0) == 1.0
    assert lexical_weight(0.0, 0.0) == 1.0
