"""The proof by simulation: planted shares are true, equals have no winner, the draft is the one that serves."""

import numpy as np
import pytest

from eval.online import prove
from eval.online.interleave import team_draft
from eval.online.sequential import stopped_by
from search.errors import BadInput

PAIRS = prove.made_up_pairs(seed=1, pairs=30)


@pytest.fixture(scope="module")
def lists():
    return prove.draw_up(PAIRS, shared=False)


@pytest.fixture(scope="module")
def same():
    return prove.draw_up([(a, a) for a, _ in PAIRS], shared=True)


def test_the_lists_are_those_of_the_team_draft(lists):
    a, b = PAIRS[0]
    rows = {tuple(row) for row in lists.sign[:32].tolist()}
    for n in range(20):
        ids, teams = team_draft(a, b, f"r{n}", 10)
        nobody = next(at for at, (x, y) in enumerate(zip(a, b, strict=True)) if x != y)
        sign = [0 if id in a[:nobody] else {"a": -1, "b": 1}[team] for id, team in zip(ids, teams, strict=True)]
        assert tuple(sign) in rows


def test_without_a_taste_nobody_is_better(lists, same):
    assert prove.share_of_b(lists, 0.0) == pytest.approx(0.5, abs=1e-9)
    assert prove.share_of_b(same, 0.0) == pytest.approx(0.5, abs=1e-9)


def test_the_computed_share_is_the_simulated_one(lists):
    lift = prove.lift_for(lists, 0.58)
    assert prove.share_of_b(lists, lift) == pytest.approx(0.58, abs=1e-6)
    rng = np.random.default_rng(4)
    clicks = prove.click_probabilities(lists, lift)
    rows = rng.integers(0, len(clicks), 60_000)
    lead = ((rng.random((60_000, 10)) < clicks[rows]) * lists.sign[rows]).sum(1)
    assert (lead > 0).sum() / (lead != 0).sum() == pytest.approx(0.58, abs=0.008)


def test_equals_seldom_have_a_winner_and_peeking_at_an_ordinary_p_finds_one_often(lists, same):
    aa = prove.simulate(same, 0.0, runs=500, sessions=3_000, seed=1)
    equals = prove.simulate(lists, prove.lift_for(lists, 0.6), runs=500, sessions=3_000, seed=2, swap=True)
    assert (aa.winner != 0).mean() <= 0.05
    assert (equals.winner != 0).mean() <= 0.05
    assert abs((aa.winner != 0).mean() - stopped_by(int(aa.decided.max()))) < 0.02
    assert aa.naive.mean() > 0.3


def test_planted_effects_are_found_greater_ones_sooner(lists):
    found = [
        prove.power_of(prove.simulate(lists, prove.lift_for(lists, share), 200, 3_000, seed=3), share)
        for share in (0.55, 0.6)
    ]
    assert found[0].found > 0.8 and found[1].found == 1.0
    assert found[0].mean_sessions > found[1].mean_sessions


def test_the_wrong_ranker_hardly_ever_wins(lists):
    stopped = prove.simulate(lists, prove.lift_for(lists, 0.55), 300, 3_000, seed=8)
    assert (stopped.winner < 0).mean() < 0.02


def test_the_same_seed_gives_the_same_runs(same):
    one, other = (prove.simulate(same, 0.0, 20, 500, seed=6) for _ in range(2))
    assert np.array_equal(one.decided, other.decided)


def test_rankings_that_hardly_differ_cannot_carry_a_great_effect():
    a = [f"p{n}" for n in range(20)]
    b = [*a[:8], a[9], a[8], *a[10:]]
    with pytest.raises(BadInput, match="too alike"):
        prove.lift_for(prove.draw_up([(a, b)], shared=True), 0.9)
