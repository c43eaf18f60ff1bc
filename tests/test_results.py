"""What cannot reach the bar is not looked at, and nothing is lost by it.

1. The results are those of R worked out for every product of the catalogue, however few the vectors are asked about.
2. Whoever is left out of the anonymous order cannot be among the best.
"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.index.dense import Exhaustive
from search.relax import Asked
from search.rerank.fuse import fuse
from search.rerank.policies import anonymous, in_reach, span
from search.retrieval import Retrieval
from search.settings import Settings
from search.types import Ranking
from search.understand.bare import names_kind
from tests.stand_ins import StubEncoder

QUERIES = [
    "shorts",
    "schwarzes shirt",
    "rote Pumps",
    "laptop mit wenig watt",
    "pumps gala",
    "black running shoes",
    "Shirt schwarz Damen Baumwolle",
    "DV7-1211ea",
    "notebook",
    "gibtesnicht",
    "Damenschuhe schwarz",
]


def found_by_looking_at_all(retrieval, size):
    """Row -> R, as the formulas say, with arrays over the whole catalogue."""
    plain, dense, near, lexical = (np.zeros(size) for _ in range(4))
    plain[retrieval.reached.rows], lexical[retrieval.reached.rows] = retrieval.plain, retrieval.lexical
    dense[retrieval.asked.rows], near[retrieval.asked.rows] = retrieval.dense, retrieval.near
    found, kept = (plain > 0) | (near > 0), np.zeros(size, bool)
    if (alone := retrieval.of_kind_alone) is not None:
        by_words = np.zeros(size, bool)
        by_words[alone.reached.rows[alone.lexical > 0]] = True
        for _, clause in (pair for item in retrieval.query.stated if names_kind(item) for pair in item.wanted):
            if clause.field in retrieval.base_columns.columns:
                by_words |= retrieval.base_columns.holds(clause, np.arange(size))
        found &= by_words | (near > 0)
        rows = alone.found.rows
        kept[rows if retrieval.wanted is None else rows[retrieval.kind_of(rows) > 0]] = True
    if retrieval.without_synonyms is not None:
        kept[retrieval.without_synonyms.found.rows] = True
    fused = np.where(found, fuse(plain, dense, retrieval.weight), 0.0)
    others = fused.copy()
    others[retrieval.exact] = 0.0
    fused[(fused < max(retrieval.floor * others.max(), 1e-6)) & ~kept] = 0.0
    beside = np.array([row for row in retrieval.adjacent if fused[row] > 0], int)
    fused[beside] = fuse(lexical[beside], dense[beside], retrieval.weight)
    fused[kept] = np.maximum(fused[kept], 1e-6)
    fused[retrieval.exact] = 1.0
    return {row: fused[row] for row in np.flatnonzero(fused).tolist()}


@pytest.mark.parametrize("most", [1, 3, 8, 10_000])
@pytest.mark.parametrize("text", QUERIES)
@pytest.mark.parametrize("with_vector", [True, False], ids=["both legs", "words"])
@pytest.mark.parametrize("floor", [0.0, 0.3, 0.9])
def test_results_are_those_of_a_look_at_every_product(snapshot, pipeline, text, most, with_vector, floor, monkeypatch):
    monkeypatch.setattr(Exhaustive, "most", property(lambda self: most))
    monkeypatch.setattr("search.retrieval.MOST_ASKED", most)
    query = pipeline.read(Asked(text))
    vector = StubEncoder().encode_query([query.text])[0] if with_vector else None
    retrieval = Retrieval(snapshot, query, vector, Settings().but(fusion={"floor": floor}))
    found = retrieval.found
    assert dict(zip(found.rows.tolist(), found.scores.tolist(), strict=True)) == found_by_looking_at_all(
        retrieval, snapshot.size
    )
    assert found.rows.tolist() == sorted(found.rows.tolist())
    np.testing.assert_array_equal(found.features["R"], found.scores)
    lexical = retrieval.reached.at(retrieval.lexical, found.rows)
    np.testing.assert_array_equal(found.features["lexical"], lexical)
    np.testing.assert_array_equal(found.features["dense"], retrieval.asked.at(retrieval.dense, found.rows))


@pytest.mark.parametrize("text", ["", "damen", "gibtesnicht", "shirt"])
def test_products_that_nothing_reaches_have_legs_too(snapshot, pipeline, text):
    retrieval = Retrieval(snapshot, pipeline.read(Asked(text)), None, Settings())
    lexical, dense = retrieval.legs_of(np.arange(snapshot.size, dtype=np.int32))
    assert lexical.any() == (text == "shirt") and not dense.any()
    assert len(retrieval.pool(np.array([0, 2], np.int32)).fused) == 2


relevances = st.lists(st.integers(1, 1000).map(lambda of: of / 1000), min_size=40, max_size=400)


@given(relevances, st.integers(1, 3), st.integers(0, 2**32 - 1), st.booleans())
def test_what_is_left_out_of_the_order_cannot_be_among_the_best(relevance, most, seed, urgent):
    settings, random = Settings(), np.random.default_rng(seed)
    ranking = Ranking(np.arange(len(relevance)), np.array(relevance), {"R": np.array(relevance)})
    terms = random.uniform(0, 1, len(relevance)) * span(settings.business, urgent)
    exact = (ranking.scores == 1) & (random.random(len(relevance)) < 0.5)
    some = in_reach(ranking, most, span(settings.business, urgent), settings.personal.temperature)
    whole = anonymous(ranking, exact, {"term": terms}, settings.personal, most=most)
    part = anonymous(some, exact[some.rows], {"term": terms[some.rows]}, settings.personal, most=most)
    assert part.rows.tolist() == whole.rows.tolist()
    assert part.features["tier"].tolist() == whole.features["tier"].tolist()


def test_of_many_most_are_left_out():
    relevance = np.linspace(0.2, 0.9, 100_000)
    ranking = Ranking(np.arange(len(relevance)), relevance, {"R": relevance})
    assert 1_000 <= len(in_reach(ranking, 1_000, 1.0, 0.1)) < 40_000
