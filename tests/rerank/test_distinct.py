"""A table in place of sorting finds what sorting finds, whether the table is worth it or not."""

import numpy as np
import pytest

from search.rerank.distinct import SMALL, distinct, summed_by


@pytest.mark.parametrize("bound", [1, 50, SMALL, 10**9])
@pytest.mark.parametrize("count", [0, 1, 5000])
def test_both_find_what_sorting_finds(count, bound):
    rng = np.random.default_rng(count + bound)
    keys, weights = rng.integers(0, bound, count), rng.random(count) + 0.1
    found, inverse = np.unique(keys, return_inverse=True)
    assert [each.tolist() for each in distinct(keys, bound)] == [found.tolist(), inverse.tolist()]
    summed, sums = summed_by(keys, weights, bound)
    assert summed.tolist() == found.tolist()
    assert sums == pytest.approx(np.bincount(inverse, weights, len(found)))
