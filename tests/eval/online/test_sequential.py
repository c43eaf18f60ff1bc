"""The stop rule: 1 the evidence is a martingale under the null, 2 false positives stay under alpha however often one
looks, 3 p never rises, 4 the computed lengths are those that simulated tests have, 5 A and B are alike."""

from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.online.sequential import (
    log_evidence,
    p_path,
    sessions_fixed,
    share_interval,
    stopped_by,
    stopping_time,
)
from search.errors import BadInput

coins = st.lists(st.integers(0, 1), max_size=200)


@pytest.mark.parametrize("n", [1, 2, 10, 300])
def test_the_evidence_has_mean_one_under_the_null(n):
    wins = np.arange(n + 1)
    chance = np.array([comb(n, int(w)) / 2**n for w in wins])
    assert np.sum(chance * np.exp(log_evidence(n - wins, wins))) == pytest.approx(1.0, abs=1e-9)


@given(coins)
def test_p_never_rises_and_stays_a_probability(won):
    path = p_path(won)
    assert len(path) == len(won)
    assert ((path > 0) & (path <= 1)).all()
    assert (np.diff(path) <= 0).all()


@given(coins)
def test_a_and_b_are_alike(won):
    assert p_path(won) == pytest.approx(p_path([1 - one for one in won]))


def test_peeking_after_every_session_finds_few_winners_among_equals():
    rng = np.random.default_rng(5)
    ends = np.array([p_path(rng.integers(0, 2, 2_000))[-1] for _ in range(1_000)])
    assert (ends <= 0.05).mean() <= 0.05
    assert abs((ends <= 0.05).mean() - stopped_by(2_000)) < 0.02
    assert (ends <= 0.3).mean() <= 0.3


def test_false_positives_stay_under_alpha_however_long_it_runs():
    shares = [stopped_by(n) for n in (100, 1_000, 10_000)]
    assert shares == sorted(shares) and shares[-1] < 0.05
    assert stopped_by(5_000, alpha=0.01) < 0.01


@pytest.mark.parametrize("share", [0.6, 0.4])
def test_the_computed_length_is_the_simulated_one(share):
    rng = np.random.default_rng(9)
    paths = [p_path(rng.random(2_000) < share) for _ in range(1_000)]
    stops = np.array([int(np.argmax(path <= 0.05)) + 1 for path in paths])
    expected = stopping_time(share)
    assert stops.mean() == pytest.approx(expected.mean, rel=0.06)
    assert (stops <= expected.at_power).mean() == pytest.approx(0.8, abs=0.04)


@pytest.mark.parametrize("share", [0.55, 0.6, 0.7])
def test_a_test_of_the_planned_length_has_the_planned_power(share):
    n = sessions_fixed(share)
    won = np.random.default_rng(3).binomial(n, share, 20_000)
    assert (np.abs(won - n / 2) > 1.96 * np.sqrt(n) / 2).mean() == pytest.approx(0.8, abs=0.03)


def test_smaller_effects_need_more_sessions():
    assert sessions_fixed(0.52) > sessions_fixed(0.55) > sessions_fixed(0.6)
    assert stopping_time(0.55).mean > stopping_time(0.6).mean
    assert stopping_time(0.6).at_power > sessions_fixed(0.6), "looking any time has its price"


@given(st.integers(0, 400), st.integers(0, 400))
def test_the_interval_holds_the_seen_share_and_leaves_half_out_when_it_is_refuted(a, b):
    low, high = share_interval(a, b)
    assert 0 <= low <= high <= 1
    if a + b:
        assert low <= b / (a + b) <= high
        refuted = bool(log_evidence(a, b) >= np.log(20))
        assert refuted == (not low < 0.5 < high)


def test_the_interval_covers_at_every_look():
    rng = np.random.default_rng(2)
    missed = 0
    for _ in range(200):
        won = np.cumsum(rng.random(400) < 0.55)
        looks = (share_interval(n - int(won[n - 1]), int(won[n - 1])) for n in range(20, 401, 20))
        missed += any(not low <= 0.55 <= high for low, high in looks)
    assert missed <= 10


def test_half_cannot_be_found():
    with pytest.raises(BadInput, match="cannot be found"):
        sessions_fixed(0.5)
