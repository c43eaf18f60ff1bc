"""A list that is sorted by a number: only what a page can show is put in order, and it is the same order.

1. The first of a sorted list are those of the whole list, ties and unknown numbers included.
2. Nothing else of the answer tells that the rest was left out, the explanation's tier neither.
"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.index.columns import Columns, NumberColumn
from search.messages import SearchRequest
from search.sorts import SORTS, sorted_by
from search.types import Ranking

numbers = st.lists(st.none() | st.integers(0, 5), min_size=1, max_size=30)


def columns_of(values):
    known = [(row, float(value)) for row, value in enumerate(values) if value is not None]
    rows, found = np.array([row for row, _ in known], np.int32), np.array([value for _, value in known])
    return Columns(len(values), {"price": NumberColumn(rows, found)})


@given(numbers, st.sampled_from(["price:asc", "price:desc", "newest"]), st.integers(1, 31), st.data())
def test_the_first_of_a_sorted_list_are_those_of_the_whole(values, sort, most, data):
    some = sorted(data.draw(st.sets(st.integers(0, len(values) - 1), min_size=1)))
    ranking = Ranking(np.array(some, np.int32), np.ones(len(some)), {"R": np.ones(len(some))})
    whole = sorted_by(ranking, columns_of(values), sort).rows.tolist()
    assert sorted_by(ranking, columns_of(values), sort, most).rows.tolist() == whole[:most]
    if sort == "price:asc":
        assert whole == sorted(some, key=lambda row: (values[row] is None, values[row] or 0, row))


@pytest.mark.parametrize("sort", list(SORTS))
@pytest.mark.parametrize("q", ["", "shirt", "schuhe", "schwarzes shirt"])
def test_what_no_page_can_show_is_left_out_unseen(pipeline, q, sort, monkeypatch):
    request = SearchRequest(q=q, sort=sort, per_page=4, explain=True, facet=["brand"])
    whole = pipeline.search(request)
    assert whole.total > 4
    monkeypatch.setattr("search.anonymous.MAX_REACH", 4)
    part = pipeline.search(request)
    assert part.hits == whole.hits
    assert (part.total, part.facets) == (whole.total, whole.facets)
