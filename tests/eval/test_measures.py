"""The metrics are what a person works out by hand, and what trec_eval and gdeval say.

1. nDCG@10 with gain 2^g − 1, unjudged 0, against its formula; ids need not be numbers.
2. MRR@10, ERR@10, Recall@100 and judged@10 count to their rank and no further.
3. The order of the ranking counts, not its ties; queries without an answer count 0.
4. Any judgements and any run: the oracle's figures, per query (nDCG, ERR, Recall, MRR, bpref, judged).
5. A condensed list is the list without what nobody judged.
6. Pairs count from two grades apart on, what is not listed last; a query without such a pair says nothing.
7. A twin of the right product counts as it, but only for "MRR@10 twins".
"""

from math import log2

import ir_measures
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ir_measures import ERR as GdevalERR
from ir_measures import RR, Bpref, Judged, R, nDCG

from eval.judged.runs import falling_scores
from eval.measures import (
    BPREF,
    CONDENSED,
    ERR,
    JUDGED,
    MEASURES,
    MRR,
    NDCG,
    PAIRS,
    RECALL,
    RECALL_10,
    TWINS,
    err,
    judge,
    means,
    per_query,
)


def of(judged, ranked):
    return {name: values["q-ä"] for name, values in per_query({"q-ä": judged}, {"q-ä": ranked}).items()}


def test_ndcg_has_exponential_gain():
    found = of({"a": 3, "b": 2, "c": 1, "d": 0}, ["c", "x", "a", "d", "b"])
    dcg = 1 / log2(2) + 7 / log2(4) + 3 / log2(6)
    ideal = 7 / log2(2) + 3 / log2(3) + 1 / log2(4)
    assert found[NDCG] == pytest.approx(dcg / ideal)


def test_the_ideal_order_has_1_in_every_metric():
    ideal = of({"a": 3, "b": 1}, ["a", "b"])
    first, second = 7 / 8, 1 / 8
    assert ideal.pop(ERR) == pytest.approx(first + (1 - first) * second / 2)
    assert ideal == dict.fromkeys([*ideal], 1.0)
    assert ideal.keys() == MEASURES.keys() - {ERR}


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
    judged_alike = MEASURES.keys() - {PAIRS}  # one product makes no pair
    assert means(values) == dict.fromkeys(judged_alike, 0.5) | {ERR: 0.25}
    assert means(per_query({"q1": {"a": 1}}, {}))[NDCG] == 0


def test_queries_that_nobody_judged_are_left_out():
    assert per_query({"q1": {"a": 1}}, {"q1": ["a"], "q2": ["b"]})[MRR] == {"q1": 1.0}


def test_the_mean_of_nothing_is_0():
    assert means({NDCG: {}}) == {NDCG: 0.0}


def test_a_condensed_list_is_the_list_without_what_nobody_judged():
    judged = {"a": 3, "b": 1, "c": 0}
    assert of(judged, ["x", "b", "y", "c", "a"])[CONDENSED] == of(judged, ["b", "c", "a"])[NDCG]


def test_the_greatest_grade_satisfies_almost_surely():
    """What the scale's top is decides ERR: a 1 of 0..1 satisfies half the shoppers, a 1 of 0..4 one in sixteen."""
    judged = judge({"q": {"a": 1}}, {"q": ["a"]})
    assert err(judged).tolist() == [0.5]
    assert err(judged, greatest=4).tolist() == [1 / 16]


def test_pairs_are_counted_from_two_grades_apart_on():
    judged = {"a": 3, "b": 2, "c": 1, "d": 0}  # a–c, a–d, b–d
    assert of(judged, ["b", "a", "c", "d"])[PAIRS] == 1.0
    assert of(judged, ["c", "x", "a", "b", "d"])[PAIRS] == pytest.approx(2 / 3)
    assert of(judged, ["d", "c", "b", "a"])[PAIRS] == 0.0


def test_what_is_not_listed_stands_last_and_two_of_those_count_half():
    judged = {"a": 3, "b": 2, "c": 1, "d": 0}
    assert of(judged, ["c"])[PAIRS] == pytest.approx((0 + 0.5 + 0.5) / 3)
    assert of(judged, ["b"])[PAIRS] == pytest.approx((0.5 + 0.5 + 1) / 3)


def test_a_query_without_a_pair_is_left_out_of_the_mean():
    values = per_query({"q1": {"a": 2, "b": 0}, "q2": {"a": 1}}, {"q1": ["a", "b"], "q2": ["b"]})
    assert values[PAIRS] == {"q1": 1.0}
    assert PAIRS not in per_query({"q2": {"a": 1}}, {"q2": ["a"]})


def test_a_twin_counts_as_the_product_that_was_judged():
    found = per_query({"q": {"a-1": 1}}, {"q": ["b-7", "a-2", "a-1"]}, lambda id: id[0])
    assert found[TWINS] == {"q": 0.5}
    assert found[MRR] == {"q": pytest.approx(1 / 3)}


def test_a_judged_twin_keeps_its_own_grade():
    assert per_query({"q": {"a-1": 1, "a-2": 0}}, {"q": ["a-2", "a-1"]}, lambda id: id[0])[TWINS] == {"q": 0.5}


PRODUCTS = [f"p{i}" for i in range(30)]
QRELS = st.dictionaries(
    st.sampled_from(["1", "2", "3"]),
    st.dictionaries(st.sampled_from(PRODUCTS), st.integers(0, 4), min_size=1, max_size=20),
    min_size=1,
)
RUNS = st.dictionaries(
    st.sampled_from(["1", "2", "3", "4"]),
    st.permutations(PRODUCTS).flatmap(lambda p: st.integers(1, 30).map(lambda n: p[:n])),
)
#: gdeval's own exponential gain and ERR need query ids that are numbers and grades up to 4
ORACLE = {
    nDCG(dcg="exp-log2") @ 10: NDCG,
    R @ 100: RECALL,
    R @ 10: RECALL_10,
    RR @ 10: MRR,
    Bpref: BPREF,
}


def oracle(measures, qrels, run):
    judgements = [ir_measures.Qrel(q, p, g) for q, judged in qrels.items() for p, g in judged.items()]
    scored = [ir_measures.ScoredDoc(q, p, s) for q, ranked in run.items() for p, s in falling_scores(ranked).items()]
    values = {measure: dict.fromkeys(qrels, 0.0) for measure in measures}
    for found in ir_measures.iter_calc(list(measures), judgements, scored):
        if found.query_id in qrels:
            values[found.measure][found.query_id] = found.value
    return values


@given(QRELS, RUNS)
def test_every_query_has_the_figure_of_trec_eval_and_gdeval(qrels, run):
    run = {query: ranked for query, ranked in run.items() if query in qrels}
    if not run:
        return
    ours = per_query(qrels, run)
    for measure, theirs in oracle([*ORACLE, GdevalERR @ 10, Judged @ 10], qrels, run).items():
        mine = ours.get(ORACLE.get(measure, ""), None)
        if measure == GdevalERR @ 10:
            mine = dict(zip(qrels, err(judge(qrels, run), greatest=4).tolist(), strict=True))
        elif measure == Judged @ 10:
            mine = ours[JUDGED]
        assert mine == pytest.approx(theirs, abs=2e-5), measure  # gdeval prints five digits
