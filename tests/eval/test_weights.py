"""Fixed weights against the one found per query."""

from eval.weights import FIXED, PER_QUERY, compare_weights, poolable


def test_every_weight_is_measured_on_the_same_queries(pipeline):
    queries = {"q1": "shorts", "q2": "laptop"}
    qrels = {"q1": {"shorts-women-black": 3, "laptop-eco": 0}, "q2": {"laptop-eco": 3, "shorts-men-blue": 0}}
    done = []
    compared = compare_weights(pipeline, queries, qrels, "de", False, lambda: done.append(1))
    assert set(compared) == {PER_QUERY, *(f"{weight:.2f}" for weight in FIXED)}
    assert len(done) == 2
    assert all(values["Recall@100"] == 1.0 for values in compared.values())
    pooled = compare_weights(pipeline, queries, qrels, "de", True, lambda: None)
    assert pooled["1.00"]["MRR@10"] == 1.0


def test_only_queries_with_differing_gains_can_be_ranked_in_a_pool():
    assert poolable({"q": dict.fromkeys("abcde", 1)}) == {}
    assert poolable({"q": {"a": 1, "b": 0}}) == {}
