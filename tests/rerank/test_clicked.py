"""Everybody's choices as a term: nothing without choices, within its bound, more for what is chosen more."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from search.rerank.clicked import clicked_degrees, of_type

counts = st.lists(st.floats(0, 1e6), min_size=1, max_size=20)


@given(counts, st.floats(0.1, 100), st.data())
def test_degrees_lie_between_0_and_1_and_keep_the_order_of_the_choices(of_query, kappa, data):
    chosen = np.array(of_query)
    types = np.full(len(chosen), data.draw(st.floats(0, 1)))
    found = clicked_degrees(chosen, float(chosen.max()), types, kappa)
    assert ((found >= 0) & (found <= 1)).all()
    assert (np.diff(found[np.argsort(chosen, kind="stable")]) >= 0).all()


def test_without_choices_nothing_is_added():
    assert not clicked_degrees(np.zeros(3), 0.0, np.zeros(3), 20.0).any()


def test_a_query_starts_from_its_products_types_and_forgets_them_with_evidence():
    types = np.array([1.0, 0.0])
    few, many = (clicked_degrees(np.array([0.0, n]), n, types, 20.0) for n in (1.0, 10_000.0))
    assert few[0] > few[1]
    assert many[0] < 0.01 < 0.99 < many[1]
    assert of_type(np.array([1.0]), 1.0, 20.0)[0] < 0.05 < 0.95 < of_type(np.array([1000.0]), 1000.0, 20.0)[0]
