"""Two runs on the same queries.

1 a run against itself has no difference, 2 swapping the sides negates it, 3 under the null p is uniform, 4 a planted
difference is found, in its slice, 5 Holm never lowers a p, 6 the lists tell what moved.
"""

import numpy as np
import pytest

from eval.compare import Rule, Side, check_sides, compare, difference, moved, side_of_run, sides_of
from eval.documents import Configuration, Made, QueryResult, Run, Shown
from search.errors import BadInput

NDCG = "nDCG@10"
RULE = Rule(NDCG, permutations=1_000, least_slice=5)


def side(name, values, slices=None, tops=None):
    """A side with one value a query, ids q0, q1 …"""
    queries = {
        f"q{n}": QueryResult(
            id=f"q{n}",
            text=f"text {n}",
            slices=slices[n] if slices else [],
            values={"served": {NDCG: float(value), "MRR@10": float(value) / 2}},
            top=tops[n] if tops else [],
        )
        for n, value in enumerate(values)
    }
    return Side(name, "served", queries)


def some_values(seed, n=60):
    return np.random.default_rng(seed).random(n)


def test_a_run_against_itself_has_no_difference():
    one = side("one", some_values(1), slices=[["even", "odd"][n % 2 :][:1] for n in range(60)])
    compared = compare(one, one, RULE)
    for found in [*compared.overall, *compared.slices.values()]:
        assert (found.p, found.wins, found.losses, found.difference.mean) == (1.0, 0, 0, 0.0)
        assert (found.difference.low, found.difference.high) == (0.0, 0.0)
    assert compared.worst == compared.best == []
    assert set(compared.slices) == {"even", "odd"}


@pytest.mark.parametrize("seed", range(5))
def test_swapping_the_sides_negates(seed):
    a, b = side("a", some_values(seed)), side("b", some_values(seed + 100))
    one, other = compare(a, b, RULE), compare(b, a, RULE)
    for there, back in zip(one.overall, other.overall, strict=True):
        assert there.difference.mean == pytest.approx(-back.difference.mean)
        assert there.difference.low == pytest.approx(-back.difference.high, abs=1e-9)
        assert (there.wins, there.losses, there.ties) == (back.losses, back.wins, back.ties)
        assert (there.a, there.b, there.p) == (back.b, back.a, back.p)
    assert one.worst == other.best


def test_under_the_null_p_is_about_uniform():
    rng = np.random.default_rng(11)
    p_values = []
    for _ in range(400):
        a, b = rng.random(40), rng.random(40)
        ids = [str(n) for n in range(40)]
        rule = Rule(NDCG, permutations=400, seed=int(rng.integers(1 << 30)))
        p_values.append(difference(NDCG, dict(zip(ids, a, strict=True)), dict(zip(ids, b, strict=True)), ids, rule).p)
    p = np.array(p_values)
    assert 0.02 <= (p < 0.05).mean() <= 0.085
    assert 0.42 <= (p < 0.5).mean() <= 0.58


def test_the_interval_of_the_difference_covers_the_true_one():
    covered = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        a = rng.random(80) * 0.6
        b = a + rng.normal(0.05, 0.2, 80)
        found = compare(side("a", a), side("b", b), Rule(NDCG, permutations=100)).overall[0].difference
        covered += found.low <= 0.05 <= found.high
    assert covered >= 180


def test_a_planted_difference_is_found_in_its_slice_and_nowhere_else():
    a = some_values(3, 200) * 0.5
    slices = [["planted"] if n % 4 == 0 else ["other", f"noise {n % 3}"] for n in range(200)]
    noise = np.random.default_rng(4).normal(0, 0.05, 200)
    b = a + noise + [0.1 if n % 4 == 0 else 0.0 for n in range(200)]
    compared = compare(side("a", a, slices), side("b", b, slices), RULE)
    assert compared.slices["planted"].p_holm < 0.05
    assert all(one.p_holm > 0.05 for name, one in compared.slices.items() if name != "planted")
    assert all(one.p_holm >= one.p for one in compared.slices.values())


def asked_by_many(values, shoppers=4, noise=0.02, seed=0):
    """A side in which every query is asked by several shoppers, with nearly the same value."""
    rng = np.random.default_rng(seed)
    queries = {}
    for n, value in enumerate(values):
        for shopper in (f"s{at}" for at in range(shoppers)):
            id = f"q{n}@{shopper}"
            found = {"served": {NDCG: float(value + rng.normal(0, noise))}}
            queries[id] = QueryResult(id=id, text=f"text {n}", shopper=shopper, slices=["all"], values=found)
    return Side("many", "served", queries)


def test_one_query_of_many_shoppers_is_no_better_proof_than_one():
    false, covered, runs = 0, 0, 120
    for seed in range(runs):
        b = 0.5 + np.random.default_rng(seed).normal(0, 0.2, 40)
        sides = asked_by_many(np.full(40, 0.5), seed=seed), asked_by_many(b, seed=runs + seed)
        found = compare(*sides, Rule(NDCG, permutations=300, seed=seed)).overall[0]
        false += found.p < 0.05
        covered += found.difference.low <= 0.0 <= found.difference.high
    assert found.n == 160
    assert false <= 0.12 * runs
    assert covered >= 0.86 * runs


def test_a_slice_of_few_queries_is_small_for_many_shoppers_too():
    few = asked_by_many(np.full(4, 0.5))
    assert compare(few, few, RULE).small_slices == 1


def test_holm_keeps_the_order_of_the_slices():
    slices = [[f"s{n % 8}"] for n in range(160)]
    b = some_values(5, 160) + [0.05 * (n % 8) for n in range(160)]
    found = compare(side("a", some_values(6, 160), slices), side("b", b, slices), RULE).slices.values()
    ordered = [one.p_holm for one in sorted(found, key=lambda one: one.p)]
    assert ordered == sorted(ordered)


def test_small_slices_are_counted_and_not_tested():
    slices = [["small"] if n < 4 else ["great"] for n in range(30)]
    compared = compare(side("a", some_values(1, 30), slices), side("b", some_values(2, 30), slices), RULE)
    assert (set(compared.slices), compared.small_slices) == ({"great"}, 1)


def test_only_common_queries_are_compared_and_the_others_counted():
    compared = compare(side("a", some_values(1, 30)), side("b", some_values(1, 22)), RULE)
    assert (compared.overall[0].n, compared.left_out, compared.overall[0].p) == (22, 8, 1.0)


def shown(*ids, **features):
    return [Shown(id, id.upper(), rank, {"x": 3}.get(id), dict(features)) for rank, id in enumerate(ids, 1)]


def test_the_worst_losses_come_with_both_lists_and_what_moved():
    tops_a, tops_b = [shown("x", "y", R=0.9)] * 3, [shown("y", "z", "x", R=0.2)] * 3
    compared = compare(side("a", [0.9, 0.5, 0.5], tops=tops_a), side("b", [0.1, 0.4, 0.505], tops=tops_b), RULE)
    assert (compared.worst, compared.best) == (["q0", "q1"], [])
    worst, _, tied = compared.queries
    assert [one.id for one in worst.top_b] == ["y", "z", "x"]
    assert [(one.id, one.rank_a, one.rank_b) for one in worst.moved] == [("x", 1, 3), ("y", 2, 1), ("z", None, 2)]
    assert (worst.moved[0].gain, worst.moved[0].features_a, worst.moved[0].features_b) == (3, {"R": 0.9}, {"R": 0.2})
    assert tied.top_a == tied.moved == [], "lists are kept where something was lost or won"


def test_what_stays_in_its_place_did_not_move():
    assert [one.id for one in moved(shown("x", "y"), shown("x", "z"))] == ["y", "z"]


def run_document(**changed):
    queries = list(side("", [0.5, 0.6]).queries.values())
    configurations = [Configuration(name=name, stages={}, queries=queries) for name in ("before", "after")]
    made = Made(command=[], version="", time="", seconds=0.0)
    return Run(**{"made": made, "gain": "2^g", "served": "served", "configurations": configurations, **changed})


def test_a_documents_configurations_are_compared_at_the_stage_that_shoppers_get():
    sides = sides_of(run_document(), prefix="monday: ")
    assert [(one.name, one.stage) for one in sides] == [("monday: before", "served"), ("monday: after", "served")]
    assert sides_of(run_document(), "lexical")[0].stage == "lexical"


def test_another_engines_run_is_a_side():
    values = {NDCG: {"q": 0.5, "r": 0.0}}
    one = side_of_run("solr", {"q": ["x", "y"]}, values, {"q": {"x": 2}, "r": {"z": 1}}, {"q": "shoes"}, {"q": ["de"]})
    assert one.values(NDCG) == {"q": 0.5, "r": 0.0}
    result = one.queries["q"]
    assert [(product.id, product.gain) for product in result.top] == [("x", 2), ("y", None)]
    assert (result.text, result.slices, one.queries["r"].top) == ("shoes", ["de"], [])


@pytest.mark.parametrize(
    ("sides", "metric", "says"),
    [
        ([side("a", [1])], NDCG, "only one configuration"),
        ([side("a", [1]), side("a", [1])], NDCG, "Two runs are called 'a'"),
        ([side("a", [1]), side("b", [1])], "MAP", "no metric 'MAP'. Known: nDCG@10, MRR@10"),
        ([side("a", [1]), Side("b", "dense", side("b", [1]).queries)], NDCG, "no stage 'dense'. Known: served"),
        ([side("a", [1]), Side("b", "served", {"other": side("b", [1]).queries["q0"]})], NDCG, "no query in common"),
    ],
)
def test_what_cannot_be_compared_is_refused(sides, metric, says):
    with pytest.raises(BadInput, match=says):
        check_sides(sides, metric)
