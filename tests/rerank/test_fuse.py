"""Two legs to one relevance: calibration, the lexical leg's share, and the fused order."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.errors import BadSettings
from search.messages import SearchRequest
from search.pipeline import Pipeline
from search.rerank import fuse as fusing
from search.rerank.fuse import best_rows, calibrate_cosine, calibrate_lexical, fuse, lexical_weight
from search.settings import Fusion, Settings, read_settings
from tests.stand_ins import Clock, StubEncoder

unit = st.floats(0, 1, allow_nan=False)


@given(st.integers(0, 2000), st.integers(1, 200), st.integers(1, 400), st.integers(0, 9), st.sampled_from([1, 0, 2]))
def test_the_best_rows_are_those_of_a_whole_sort(size, most, values, seed, lure):
    random = np.random.default_rng(seed)
    scores = random.integers(0, values, size) / values
    scores[:: fusing.SAMPLED] *= lure  # where the sample looks they are like the others, nothing, or the best
    wanted = [row for row in np.argsort(-scores, kind="stable").tolist() if scores[row] > 0][:most]
    assert best_rows(scores, most).tolist() == wanted


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


@given(unit, unit)
def test_by_default_nothing_is_fixed_and_the_vote_is_confidence_times_doubt(best_lexical: float, best_dense: float):
    """Scaled by the trust that the settings have by default."""
    fusion = Fusion()
    share = lexical_weight(best_lexical, best_dense, fusion.lexical_weight, fusion.dense_trust)
    wanted = (
        1.0 - fusion.dense_trust * best_dense * (1.0 - best_lexical) if best_lexical > 0 else float(best_dense <= 0)
    )
    assert share == wanted


@given(unit, unit, unit)
def test_a_fixed_share_holds_wherever_both_legs_found_something(best_lexical: float, best_dense: float, fixed: float):
    share = lexical_weight(best_lexical, best_dense, fixed)
    assert share == (fixed if best_lexical > 0 and best_dense > 0 else lexical_weight(best_lexical, best_dense))


@given(unit, unit, st.floats(0, 2), st.floats(0, 2))
def test_more_trust_gives_the_dense_leg_no_less(best_lexical: float, best_dense: float, trust: float, other: float):
    less, more = sorted((trust, other))
    shares = [lexical_weight(best_lexical, best_dense, None, one) for one in (less, more)]
    assert 0 <= shares[1] <= shares[0] <= 1


def test_without_trust_words_decide_where_any_are_found():
    assert lexical_weight(0.1, 0.9, trust=0.0) == 1.0
    assert lexical_weight(0.0, 0.9, trust=0.0) == 0.0


@pytest.mark.parametrize("name", ["fusion.lexical_weight", "fusion.dense_trust"])
def test_both_settings_can_be_set_from_a_file_and_the_environment(tmp_path, name):
    path = tmp_path / "tresen.toml"
    path.write_text(f"{name} = 0.25\n")
    leaf = name.partition(".")[2]
    assert getattr(read_settings(path, {}).fusion, leaf) == 0.25
    key = f"TRESEN_{name.replace('.', '__').upper()}"
    assert getattr(read_settings(path, {key: "0.75"}).fusion, leaf) == 0.75
    with pytest.raises(BadSettings, match=leaf):
        read_settings(path, {key: "2.5"})


def test_a_fixed_share_is_what_the_pipeline_fuses_with(snapshot):
    pipeline = Pipeline(snapshot, StubEncoder(), Settings().but(fusion={"lexical_weight": 0.25}), Clock())
    features = pipeline.trace(SearchRequest(q="schwarze shorts")).stages["fused"].features
    assert features["R"] == pytest.approx(0.25 * features["lexical"] + 0.75 * features["dense"], abs=1e-6)
