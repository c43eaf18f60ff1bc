"""The metrics are what a person works out by hand.

1. nDCG@10 with gain 2^g − 1, unjudged 0, against its formula; ids need not be numbers.
2. MRR@10, Recall@100 and judged@10 count to their rank and no further.
3. The order of the ranking counts, not its ties; queries without an answer count 0.
"""

from math import log2

import pytest

from eval.metrics import JUDGED, MRR, NDCG, RECALL, means, per_query


def of(judged, ranked):
    return {name: values["q-ä"] for name, values in per_query({"q-ä": judged}, {"q-ä": ranked}).items()}


def test_ndcg_has_exponential_gain():
    found = of({"a": 3, "b": 2, "c": 1, "d": 0}, ["c", "x", "a", "d", "b"])
    dcg = 1 / log2(2) + 7 / log2(4) + 3 / log2(6)
    ideal = 7 / log2(2) + 3 / log2(3) + 1 / log2(4)
    assert found[NDCG] == pytest.approx(dcg / ideal)


def test_the_ideal_order_has_1_in_every_metric():
    assert of({"a": 3, "b": 1}, ["a", "b"]) == {RECALL: 1.0, NDCG: 1.0, MRR: 1.0, JUDGED: 1.0}


def test_judgements_beyond_the_usual_grades_count():
    assert of({"a": 5, "b": 1}, ["b", "a"])[NDCG] == pytest.approx((1 + 31 / log2(3)) / (31 + 1 / log2(3)))


def test_ndcg_and_mrr_end_at_rank_10():
    nine = [f"x{i}" for i in range(9)]
    assert of({"a": 1}, [*nine, "a"])[MRR] == pytest.approx(0.1)
    assert of({"a": 1}, [*nine, "a"])[NDCG] == pytest.approx(1 / log2(11))
    assert of({"a": 1}, [*nine, "y", "a"])[MRR] == of({"a": 1}, [*nine, "y", "a"])[NDCG] == 0


def test_recall_ends_at_rank_100():
    ranked = ["a", *(f"x{i}" for i in range(99)), "b"]
    assert of({"a": 1, "b": 3}, ranked)[RECALL] == 0.5


def test_judged_counts_zero_gains_too():
    assert of({"a": 1, "b": 0}, ["a", "b", *(f"x{i}" for i in range(8))])[JUDGED] == pytest.approx(0.2)


def test_a_query_without_an_answer_counts_0():
    values = per_query({"q1": {"a": 1}, "q2": {"a": 1}}, {"q1": ["a"], "q2": []})
    assert means(values) == {RECALL: 0.5, NDCG: 0.5, MRR: 0.5, JUDGED: 0.5}
    assert means(per_query({"q1": {"a": 1}}, {}))[NDCG] == 0


def test_queries_that_nobody_judged_are_left_out():
    assert per_query({"q1": {"a": 1}}, {"q1": ["a"], "q2": ["b"]})[MRR] == {"q1": 1.0}


def test_the_mean_of_nothing_is_0():
    assert means({NDCG: {}}) == {NDCG: 0.0}
