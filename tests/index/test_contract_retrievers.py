"""What every leg promises: unique rows, best first, inside the mask, the same each time."""

import numpy as np
import pytest

from search.retrieval import Retrieval
from search.settings import Settings
from search.understand.filters import parse_filter
from tests.stand_ins import NOW, StubEncoder

QUERIES = ["shorts", "schwarzes shirt", "laptop mit wenig watt", "pumps gala", "gibtesnicht", "black running shoes"]
FILTERS = ["", "gender:damen", "color:schwarz AND price:..50", "brand:Niemand", "power_w:25"]


def lexical_leg(retrieval, mask):
    return retrieval.retrieve(mask).lexical


def dense_leg(retrieval, mask):
    return retrieval.retrieve(mask).dense


@pytest.fixture(params=[lexical_leg, dense_leg], ids=["lexical", "dense"])
def leg(request):
    return request.param


@pytest.fixture(params=QUERIES)
def retrieval(request, snapshot, pipeline):
    return made(request.param, snapshot, pipeline)


def made(text, snapshot, pipeline):
    query = pipeline.understanding.understand(text)
    return Retrieval(snapshot, query, StubEncoder().encode_query([query.text])[0], Settings())


@pytest.fixture(params=FILTERS, ids=lambda text: text or "no filter")
def mask(request, snapshot):
    return snapshot.columns(NOW.date()).mask(parse_filter(request.param)) if request.param else None


def test_rows_are_unique(leg, retrieval, mask):
    rows = leg(retrieval, mask).rows
    assert len(np.unique(rows)) == len(rows)


def test_rows_come_best_first_and_ties_by_row(leg, retrieval, mask):
    """Rows that calibration cut to 0 are ordered by what they had before."""
    found = leg(retrieval, mask)
    scores = np.round(found.scores, 9)
    above = scores[scores > 0]
    assert np.array_equal(np.lexsort((found.rows[: len(above)], -above)), np.arange(len(above)))
    assert np.all((scores >= 0) & (scores <= 1))


def test_rows_lie_inside_the_mask(leg, retrieval, mask):
    if mask is not None:
        assert mask[leg(retrieval, mask).rows].all()


def test_the_same_question_has_the_same_answer(leg, retrieval, mask, snapshot, pipeline):
    first = leg(retrieval, mask)
    again = leg(made(retrieval.query.original, snapshot, pipeline), mask)
    assert first.rows.tolist() == again.rows.tolist()
    assert first.scores.tolist() == again.scores.tolist()


def test_a_mask_takes_away_and_changes_no_score(leg, retrieval, mask):
    """The dense leg is deeper than the shop, so that the mask lets nothing else in."""
    if mask is None:
        return
    everywhere = leg(retrieval, None)
    score_of = dict(zip(everywhere.rows.tolist(), everywhere.scores.tolist(), strict=True))
    inside = leg(retrieval, mask)
    assert {row: score_of[row] for row in inside.rows.tolist()} == dict(
        zip(inside.rows.tolist(), inside.scores.tolist(), strict=True)
    )
    assert set(inside.rows.tolist()) == {row for row in score_of if mask[row]}
