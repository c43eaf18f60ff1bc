"""Conditional logit: planted weights are found, useless features gain nothing, few choices leave the weights alone."""

from __future__ import annotations

import numpy as np
import pytest

from search.rerank.logit import PENALTY, ChoiceSets, _objective, fit

TRUE = np.array([0.9, 0.3, 0.0])
DEFAULT = np.array([0.5, 0.5, 0.5])


def lists(count: int, weights=TRUE, seed: int = 0, products: int = 30, ips: float = 1.0):
    """Lists of random products, of which somebody with these weights chooses one."""
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(count):
        base, x = rng.normal(size=products), rng.normal(size=(products, len(weights)))
        odds = np.exp(base + x @ weights)
        chosen = np.zeros(products, bool)
        chosen[rng.choice(products, p=odds / odds.sum())] = True
        found.append((base, x, chosen, ips))
    return found


def test_planted_weights_are_found():
    assert fit(ChoiceSets.of(lists(3_000)), DEFAULT) == pytest.approx(TRUE, abs=0.06)


def test_a_useless_feature_gets_no_more_than_its_default():
    for seed in range(5):
        assert fit(ChoiceSets.of(lists(400, seed=seed)), DEFAULT)[2] < 0.25


def test_no_weight_falls_below_zero():
    averse = fit(ChoiceSets.of(lists(500, weights=np.array([0.9, 0.3, -0.8]))), DEFAULT)
    assert averse[2] == 0
    assert averse[:2] == pytest.approx([0.9, 0.3], abs=0.25)


def test_few_choices_leave_the_weights_where_they_were():
    assert fit(ChoiceSets.of(lists(3)), DEFAULT) == pytest.approx(DEFAULT, abs=0.25)


def test_a_list_counts_for_its_ips():
    twice = lists(50) + lists(50)
    assert fit(ChoiceSets.of(lists(50, ips=2.0)), DEFAULT) == pytest.approx(fit(ChoiceSets.of(twice), DEFAULT))


def test_several_choices_of_a_list_share_it():
    base, x, _, _ = lists(1)[0]
    both = np.zeros(len(base), bool)
    both[[3, 8]] = True
    assert ChoiceSets.of([(base, x, both, 1.0)]).chosen[[3, 8]].tolist() == [0.5, 0.5]


def test_it_ends_at_the_least_of_what_it_minimises():
    sets = ChoiceSets.of(lists(100))
    found = fit(sets, DEFAULT)
    value, gradient, hessian = _objective(sets, found, DEFAULT, PENALTY)
    assert gradient[found > 0] == pytest.approx(0, abs=1e-6)
    near = found + np.array([1e-3, 0, 0])
    assert _objective(sets, near, DEFAULT, PENALTY)[0] > value
    numeric = (_objective(sets, near, DEFAULT, PENALTY)[1] - gradient) / 1e-3
    assert numeric == pytest.approx(hessian[0], rel=1e-2, abs=1e-2)
