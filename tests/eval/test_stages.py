"""The suite asks the pipeline that serves: what it measures is what a shopper gets.

1. Every stage ranks products, best first; `anonymous` is the server's own order, `personal` a shopper's.
2. Without vectors, or without the encoder, there is no dense stage.
3. In a pool every stage ranks all judged products and nothing else.
4. A query that the server refuses is named.
5. Settings hold per configuration; a text is encoded once; the number of processes changes nothing.
"""

import pytest

from eval import workers
from eval.measures import MRR, NDCG, means, per_query
from eval.profiles import fold
from eval.stages import PERSONAL, SERVED, STAGES, TOTAL, Ask, Manner, open_pipeline, pool_of, poolable, run_stages
from eval.workers import OpenIndex, Setup
from search.errors import BadInput, BadRequest, UnknownField
from search.index.build import build_snapshot
from search.index.snapshot import load_snapshot
from search.messages import SearchRequest
from search.settings import Settings
from search.types import Event, Identity, Product
from tests.stand_ins import NOW, BrokenEncoder, StubEncoder

QUERIES = {"q1": "roter schuh", "q2": "Hose"}
QRELS = {"q1": {"schuh-rot": 3, "schuh-blau": 1}, "q2": {"hose": 1}}
SHELF = [
    Product(id="schuh-rot", title={"de": "Roter Schuh"}, brand="Nordkai"),
    Product(id="schuh-blau", title={"de": "Blauer Schuh"}, brand="Nordkai"),
    Product(id="hose", title={"de": "Hose aus Leinen"}, brand="Marisol"),
    Product(id="kanne", title={"de": "Kanne aus Glas"}, brand="Marisol"),
]
PLAIN = Setup(Settings(), now=NOW.timestamp())


def asks(queries, shopper=None, pool=None):
    return [Ask(id, text, id, shopper, pool) for id, text in queries.items()]


@pytest.fixture(scope="module")
def shelf(tmp_path_factory):
    home = tmp_path_factory.mktemp("shelf")
    build_snapshot(SHELF, home, Settings(), encoder=None)
    return home


@pytest.fixture
def lexical(shelf):
    return OpenIndex(load_snapshot(shelf), None)


@pytest.fixture
def index(snapshot):
    return OpenIndex(snapshot, StubEncoder())


def test_every_stage_ranks_product_ids(index):
    found = run_stages(index, PLAIN, asks({"q1": "Laufschuhe"}))
    assert found.stages == STAGES
    assert set(found.run(SERVED)["q1"][:2]) == {"shoes-women-red", "shoes-men-blue"}
    assert found.run("dense")["q1"]
    assert found.degraded == {}


def test_the_last_stage_is_what_a_stranger_gets(index, pipeline):
    queries = {"q1": "schwarze shorts", "q2": "laptop", "q3": "Shrit"}
    found = run_stages(index, PLAIN, asks(queries))
    assert found.served == SERVED
    for id, text in queries.items():
        served = [hit.id for hit in pipeline.search(SearchRequest(q=text, per_page=100)).hits]
        assert found.run(SERVED)[id] == served


def test_the_first_ten_come_with_what_ordered_them(index, pipeline):
    found = run_stages(index, PLAIN, asks({"q1": "Shrit"})).answered[0]
    hits = pipeline.search(SearchRequest(q="Shrit")).hits
    assert [one.id for one in found.top] == [hit.id for hit in hits[:10]]
    assert [one.features["R"] for one in found.top] == pytest.approx([hit.score for hit in hits[:10]], abs=1e-4)
    assert {"lexical", "dense", "tier", "A", "bestseller", "sold_out"} < found.top[0].features.keys()
    assert found.corrected == "shirt"
    assert found.top[0].title == pipeline.search(SearchRequest(q="Shrit")).hits[0].product["title"]


def likes(pipeline, shopper, product, times=12):
    return [
        (
            Event(
                event_id=f"{shopper}{at}", type="purchase", product_id=product, time=NOW.timestamp(), shopper=shopper
            ),
            pipeline.traits(product),
        )
        for at in range(times)
    ]


def test_with_shoppers_the_last_stage_is_what_each_of_them_gets(index, pipeline):
    told = likes(pipeline, "anna", "shorts-women-black") + likes(pipeline, "ben", "shorts-men-black")
    profiles = fold(told, Settings().personal, {"anna", "ben"})
    both = [Ask(f"q1@{who}", "shorts", "q1", who) for who in ("anna", "ben")]
    found = run_stages(index, PLAIN, both, Manner(profiles=profiles))
    assert found.stages == (*STAGES, PERSONAL)
    lists = found.run(PERSONAL)
    assert lists["q1@anna"] != lists["q1@ben"]
    assert found.run(SERVED)["q1@anna"] == found.run(SERVED)["q1@ben"]
    for who in ("anna", "ben"):
        answer = pipeline.search(SearchRequest(q="shorts", per_page=100), profiles, Identity(who))
        assert lists[f"q1@{who}"] == [hit.id for hit in answer.hits]
    assert found.answered[0].top[0].features["p"] > 0


def test_two_runs_are_the_same(index, snapshot):
    queries = asks({"q1": "shorts", "q2": "rot"})
    first, second = (run_stages(one, PLAIN, queries) for one in (index, OpenIndex(snapshot, StubEncoder())))
    assert all(first.run(stage) == second.run(stage) for stage in STAGES)


def test_an_index_without_vectors_has_no_dense_stage(lexical):
    found = run_stages(lexical, PLAIN, asks(QUERIES))
    assert found.stages == ("lexical", "fused", "anonymous")
    assert found.degraded == {}
    assert found.run(SERVED)["q1"] == ["schuh-rot", "schuh-blau"]
    assert means(per_query(QRELS, found.run(SERVED)))[NDCG] == 1.0


@pytest.mark.parametrize("encoder", [None, BrokenEncoder()])
def test_an_encoder_that_is_down_leaves_out_the_dense_stage_and_is_counted(snapshot, encoder):
    found = run_stages(OpenIndex(snapshot, encoder), PLAIN, asks({"q1": "Laufschuhe", "q2": "Shorts"}))
    assert "dense" not in found.stages
    assert found.degraded == {"dense": 2}


def test_a_configuration_can_do_without_the_encoder(index):
    found = run_stages(index, Setup(Settings(), lexical_only=True), asks({"q1": "Laufschuhe"}))
    assert "dense" not in found.stages
    assert index._encoder.queries == 0


def test_each_step_has_a_time_for_each_query(lexical):
    found = run_stages(lexical, PLAIN, asks(QUERIES))
    assert {len(times) for times in found.times_ms().values()} == {len(QUERIES)}
    assert found.median_ms()[TOTAL] > 0


def test_a_text_is_encoded_once_and_only_then_has_a_time(index):
    queries = asks({"q1": "shorts", "q2": "laptop", "q3": "shorts"})
    first = run_stages(index, PLAIN, queries)
    assert [{"encode", "total"} <= one.times_ms.keys() for one in first.answered] == [True, True, False]
    encoded = index._encoder.queries
    second = run_stages(index, Setup(Settings().but(fusion={"floor": 0.0}), now=PLAIN.now), queries)
    assert index._encoder.queries == encoded
    assert not any({"encode", "total"} & one.times_ms.keys() for one in second.answered)
    assert second.run("dense") == first.run("dense")


def test_settings_of_understanding_retrieval_and_fusion_hold_for_their_configuration(index):
    queries = asks({"q1": "Shrit"})

    def served(**sections):
        return run_stages(index, Setup(Settings().but(**sections), now=PLAIN.now), queries)

    assert served().answered[0].corrected == "shirt"
    assert served(relax={"enabled": False}).answered[0].corrected is None
    assert served(spelling={"enabled": False}).answered[0].corrected is None
    assert not served(spelling={"enabled": False}).run("lexical")["q1"]
    assert len(served(dense={"least": 0.0}).run("dense")["q1"]) > len(served().run("dense")["q1"])
    assert len(served(fusion={"floor": 0.0}).run("fused")["q1"]) > len(served(fusion={"floor": 0.9}).run("fused")["q1"])


def test_in_a_pool_every_stage_ranks_all_judged_products_and_nothing_else(index, pipeline):
    judged = {"shorts-women-black": 3, "laptop-eco": 0, "shorts-men-blue": 2, "not-indexed": 1}
    rows = pool_of(pipeline, judged)
    found = run_stages(index, PLAIN, asks({"q1": "Cargoshorts blau"}, pool=rows))
    for stage in STAGES:
        assert sorted(found.run(stage)["q1"]) == ["laptop-eco", "shorts-men-blue", "shorts-women-black"]
        assert found.run(stage)["q1"][0] == "shorts-men-blue"
    inside = run_stages(index, PLAIN, asks({"q1": "blau"}, pool=rows), Manner(filter="brand:Adidas"))
    assert inside.run("fused")["q1"] == ["shorts-men-blue"]


def test_a_pool_of_everything_found_is_ranked_as_it_is_served(index, snapshot, pipeline):
    whole = run_stages(index, PLAIN, asks({"q1": "schwarze shorts"}))
    rows = pool_of(pipeline, dict.fromkeys(whole.run("fused")["q1"], 1))
    pooled = run_stages(index, PLAIN, asks({"q1": "schwarze shorts"}, pool=rows))
    for stage in ("fused", SERVED):
        assert pooled.run(stage) == whole.run(stage)


def test_only_queries_with_differing_gains_can_be_ranked_in_a_pool():
    assert poolable({"q": dict.fromkeys("abcde", 1)}) == {}
    assert poolable({"q": {"a": 1, "b": 0}}) == {}
    assert poolable({"q": {**dict.fromkeys("abcd", 1), "e": 0}}).keys() == {"q"}


def test_a_filter_holds_for_every_query(lexical):
    found = run_stages(lexical, PLAIN, asks(QUERIES), Manner(filter="brand:Marisol"))
    assert found.run(SERVED) == {"q1": [], "q2": ["hose"]}
    assert means(per_query(QRELS, found.run(SERVED)))[MRR] == 0.5


def test_a_filter_or_a_language_that_does_not_fit_is_told(lexical):
    with pytest.raises(UnknownField, match="colr"):
        run_stages(lexical, PLAIN, asks(QUERIES), Manner(filter="colr:rot"))
    with pytest.raises(BadRequest, match="no texts in 'xx'"):
        run_stages(lexical, PLAIN, asks(QUERIES), Manner(language="xx"))


def test_a_query_that_the_server_refuses_is_named(lexical):
    with pytest.raises(BadInput, match="Query q9 is refused: The query is longer than 256 characters"):
        run_stages(lexical, PLAIN, asks({"q9": "a" * 300}))


def test_the_caller_hears_of_every_query(index):
    done = []
    run_stages(index, PLAIN, asks(QUERIES), on_done=done.append)
    assert sorted(done) == ["encode", "encode", "search", "search"]


def test_the_number_of_processes_changes_nothing(snapshot, monkeypatch):
    monkeypatch.setattr(workers, "WORTH_A_PROCESS", 1)
    monkeypatch.setattr(workers, "CHUNK", 2)
    queries = asks({"q1": "shorts", "q2": "Shrit", "q3": "laptop", "q4": "shirt", "q5": "Decke"})
    alone = run_stages(OpenIndex(snapshot, StubEncoder()), PLAIN, queries)
    with OpenIndex(snapshot, StubEncoder(), jobs=2) as many:
        together = run_stages(many, PLAIN, queries)
        with pytest.raises(BadInput, match="Query q9 is refused") as error:
            run_stages(many, PLAIN, [*queries, Ask("q9", "a" * 300, "q9")])
        assert error.value.place == "q"
    assert all(together.run(stage) == alone.run(stage) for stage in STAGES)
    assert [one.top for one in together.answered] == [one.top for one in alone.answered]
    assert many.vectors.known.keys() >= {"shorts", "shirt", "laptop", "Decke"}


def test_an_index_without_vectors_opens_without_an_encoder(shelf):
    pipeline = open_pipeline(shelf, Settings())
    assert [hit.id for hit in pipeline.search(SearchRequest(q="Hose")).hits] == ["hose"]
