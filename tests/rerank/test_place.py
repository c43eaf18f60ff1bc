"""Places: the fast way gives each place to the product that a plain reading of the rule gives it to."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from search.rerank.place import place


def by_the_rule(tier, score, rows, places):
    """Place k takes the best (tier, score) of those not yet placed whose anonymous rank is at most k + places."""
    keys = list(zip(tier.tolist(), (-np.round(score, 6)).tolist(), rows.tolist(), strict=True))
    left, order, held = set(range(len(keys))), [], []
    for position in range(len(keys)):
        at = min((at for at in left if at <= position + places), key=lambda at: keys[at])
        held.append(float(any(keys[before] > keys[at] for before in order)))
        left.remove(at)
        order.append(at)
    return order, held


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_each_place_takes_the_best_that_may_stand_there(data):
    size = data.draw(st.integers(0, 40))
    scores = np.array(data.draw(st.lists(st.integers(0, 12), min_size=size, max_size=size)), float)
    tier = np.array(data.draw(st.lists(st.integers(0, 2), min_size=size, max_size=size)), float)
    rows = np.array(data.draw(st.permutations(range(size))), np.int32)
    places = data.draw(st.integers(0, 12))
    order, held = place(tier, scores, rows, places)
    assert (order.tolist(), held.tolist()) == by_the_rule(tier, scores, rows, places)


@pytest.mark.parametrize("places", [0, 1, 10])
def test_the_last_cannot_climb_further_than_it_may(places):
    order, _ = place(np.zeros(30), np.arange(30.0), np.arange(30, dtype=np.int32), places)
    climbed = order - np.arange(30)
    assert climbed.max() == places
