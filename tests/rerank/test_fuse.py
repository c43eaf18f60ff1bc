"""Two legs to one relevance: calibration, the lexical leg's share, and the fused order."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.rerank.fuse import calibrate_cosine, calibrate_lexical, fuse, lexical_weight

unit = st.floats(0, 1, allow_nan=False)


@given(st.lists(st.tuples(unit, unit), max_size=30), unit)
def test_fusing_is_the_weighted_mean_and_stays_between_the_legs(pairs, weight):
    lexical, dense = (np.array([pair[side] for pair in pairs]) for side in (0, 1))
    for array in (lexical, dense):
        array.flags.writeable = False
    fused = fuse(lexical, dense, weight)
    assert fused == pytest.approx(weight * lexical + (1 - weight) * dense, abs=1e-6)
    assert np.all(fused <= np.maximum(lexical, dense) + 1e-6)
    assert np.all(fused >= np.minimum(lexical, dense) - 1e-6)
    assert fuse(lexical, dense, weight).tolist() == fused.tolist()


def test_differences_below_a_millionth_are_ties():
    first, second = fuse(np.array([0.5 + 1e-8, 0.5]), np.zeros(2), 1.0)
    assert first == second


def test_nothing_in_gives_nothing_out():
    assert len(fuse(np.empty(0), np.empty(0), 0.5)) == 0


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
