"""The suite asks the pipeline that serves: what it measures is what a stranger gets.

1. Every stage ranks product ids, best first; `anonymous` is the server's own order.
2. Without vectors, or without the encoder, there is no dense stage.
3. A query that the server refuses is named.
"""

import pytest

from eval.measures import MRR, NDCG, means, per_query
from eval.stages import SERVED, STAGES, TOTAL, open_pipeline, run_stages
from search.errors import BadInput, UnknownField
from search.index.build import build_snapshot
from search.messages import SearchRequest
from search.settings import Settings
from search.types import Product

QUERIES = {"q1": "roter schuh", "q2": "Hose"}
QRELS = {"q1": {"schuh-rot": 3, "schuh-blau": 1}, "q2": {"hose": 1}}
SHELF = [
    Product(id="schuh-rot", title={"de": "Roter Schuh"}, brand="Nordkai"),
    Product(id="schuh-blau", title={"de": "Blauer Schuh"}, brand="Nordkai"),
    Product(id="hose", title={"de": "Hose aus Leinen"}, brand="Marisol"),
    Product(id="kanne", title={"de": "Kanne aus Glas"}, brand="Marisol"),
]


@pytest.fixture(scope="module")
def shelf(tmp_path_factory):
    home = tmp_path_factory.mktemp("shelf")
    build_snapshot(SHELF, home, Settings(), encoder=None)
    return home


@pytest.fixture
def lexical(shelf):
    return open_pipeline(shelf, Settings())


def test_every_stage_ranks_product_ids(pipeline):
    found = run_stages(pipeline, {"q1": "Laufschuhe"})
    assert tuple(found.runs) == STAGES
    assert set(found.runs[SERVED]["q1"][:2]) == {"shoes-women-red", "shoes-men-blue"}
    assert found.runs["dense"]["q1"]
    assert found.degraded == {}


def test_the_last_stage_is_what_a_stranger_gets(pipeline):
    queries = {"q1": "schwarze shorts", "q2": "laptop", "q3": "Shrit"}
    found = run_stages(pipeline, queries)
    for id, text in queries.items():
        served = [hit.id for hit in pipeline.search(SearchRequest(q=text, per_page=100)).hits]
        assert found.runs[SERVED][id] == served


def test_two_runs_are_the_same(pipeline):
    queries = {"q1": "shorts", "q2": "rot"}
    assert run_stages(pipeline, queries).runs == run_stages(pipeline, queries).runs


def test_an_index_without_vectors_has_no_dense_stage(lexical):
    found = run_stages(lexical, QUERIES)
    assert tuple(found.runs) == ("lexical", "fused", "anonymous")
    assert found.degraded == {}
    assert found.runs[SERVED]["q1"] == ["schuh-rot", "schuh-blau"]
    assert means(per_query(QRELS, found.runs[SERVED]))[NDCG] == 1.0


def test_an_encoder_that_is_down_leaves_out_the_dense_stage_and_is_counted(pipeline):
    pipeline._encoder = None
    found = run_stages(pipeline, {"q1": "Laufschuhe", "q2": "Shorts"})
    assert "dense" not in found.runs
    assert found.degraded == {"dense": 2}


def test_each_step_has_a_time_for_each_query(lexical):
    found = run_stages(lexical, QUERIES)
    assert {len(times) for times in found.times_ms.values()} == {len(QUERIES)}
    assert found.median_ms()[TOTAL] > 0


def test_a_filter_holds_for_every_query(lexical):
    found = run_stages(lexical, QUERIES, filter="brand:Marisol")
    assert found.runs[SERVED] == {"q1": [], "q2": ["hose"]}
    assert means(per_query(QRELS, found.runs[SERVED]))[MRR] == 0.5


def test_a_filter_that_does_not_fit_is_told(lexical):
    with pytest.raises(UnknownField, match="colr"):
        run_stages(lexical, QUERIES, filter="colr:rot")


def test_a_query_that_the_server_refuses_is_named(lexical):
    with pytest.raises(BadInput, match="Query q9 is refused: The query is longer than 256 characters"):
        run_stages(lexical, {"q9": "a" * 300})


def test_the_caller_hears_of_every_query(lexical):
    done = []
    run_stages(lexical, QUERIES, on_done=lambda: done.append(1))
    assert len(done) == len(QUERIES)
