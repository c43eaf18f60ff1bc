"""Calibration finds what was planted, never reports on what it chose on, and gives the same for the same seed."""

import numpy as np
import pytest

from eval.calibrate import (
    COLDEST,
    HOTTEST,
    Choices,
    Plan,
    calibrate_settings,
    candidates,
    changed,
    fit_temperature,
    halves,
    inside,
    retrieve,
)
from eval.stages import Ask, Manner, answer, pool_of
from eval.workers import OpenIndex, Setup
from search.errors import BadInput
from search.rerank.fuse import lexical_weight
from search.settings import Fusion, Settings
from tests.stand_ins import StubEncoder

TEXTS = ("shorts", "shirt", "laptop", "laufschuhe", "rot", "schwarz", "adidas", "nike", "decke", "damen", "herren")


def planted(temperature, queries=400, products=8, seed=0):
    """Choices whose targets are what a conditional logit with that temperature says."""
    relevance = np.random.default_rng(seed).random((queries, products))
    odds = np.exp(relevance / temperature)
    target = odds / odds.sum(axis=1, keepdims=True)
    return Choices(relevance.ravel(), target.ravel(), np.arange(queries) * products)


@pytest.mark.parametrize("temperature", [0.03, 0.1, 0.5])
def test_the_planted_temperature_is_found(temperature):
    assert fit_temperature(planted(temperature)) == pytest.approx(temperature, rel=2e-3)


def test_no_temperature_is_found_where_relevance_says_nothing_or_the_opposite():
    good = planted(0.1)
    for relevance in (np.zeros_like(good.relevance), -good.relevance):
        found = fit_temperature(Choices(relevance, good.target, good.starts))
        assert not inside(found)
        assert COLDEST < found < HOTTEST


def test_the_likelihood_is_that_of_the_softmax():
    choices = Choices(np.array([0.2, 0.1, 0.9, 0.4, 0.4]), np.array([1.0, 0.0, 0.5, 0.5, 0.0]), np.array([0, 2]))
    p, q = np.exp(np.array([0.2, 0.1]) / 0.3), np.exp(np.array([0.9, 0.4, 0.4]) / 0.3)
    wanted = (np.log(p[0] / p.sum()) + 0.5 * np.log(q[0] / q.sum()) + 0.5 * np.log(q[1] / q.sum())) / 2
    assert choices.log_likelihood(0.3) == pytest.approx(wanted)


def test_equal_texts_fall_together_and_halves_are_about_equal():
    queries = {f"q{at}": f"text {at // 2}" for at in range(2000)}
    fitting, reporting = halves(queries, seed=1)
    assert sorted(fitting + reporting) == sorted(queries)
    assert {queries[id] for id in fitting}.isdisjoint(queries[id] for id in reporting)
    assert 850 < len(fitting) < 1150
    assert halves(queries, seed=2)[0] != fitting


def test_the_given_settings_are_tried_first_and_none_twice():
    for base in (Fusion(), Fusion(lexical_weight=0.6), Fusion(floor=0.1, dense_trust=1.5)):
        tries = candidates(base)
        assert tries[0] == base
        assert len(set(tries)) == len(tries)
        assert {one.floor for one in tries} == {base.floor}


def test_changed_settings_are_told_with_their_names():
    assert changed(Settings(), Settings().but(fusion={"lexical_weight": 0.6})) == {"fusion.lexical_weight": 0.6}


@pytest.fixture
def index(snapshot):
    return OpenIndex(snapshot, StubEncoder())


@pytest.mark.parametrize("pool", [False, True])
def test_one_retrieval_with_many_fusions_ranks_as_the_pipeline_does(index, pool):
    fusions = (Fusion(), Fusion(lexical_weight=0.2), Fusion(dense_trust=2.0))
    judged = {"shorts-men-black": 2, "laptop-eco": 0, "shoes-men-blue": 1}
    pipeline = index.pipeline(Setup(Settings()))
    ask = Ask("q", "schwarze laufshorts", "q", None, pool_of(pipeline, judged))
    index.encode([ask.text])
    [legs] = retrieve(Plan(fusions, frozenset({"q"}), None, pool), pipeline, [ask])
    for fusion, ranked in zip(fusions, legs.lists, strict=True):
        served = index.pipeline(Setup(Settings(fusion=fusion)))
        [found] = answer(Manner(), served, [ask if pool else Ask("q", ask.text, "q")])
        assert ranked.tolist() == found.rows["fused"].tolist()
    [found] = answer(Manner(), pipeline, [ask])
    shown = {pipeline.snapshot.documents.row_of(one.id): one.features["R"] for one in found.top}
    assert dict(zip(legs.rows.tolist(), legs.relevance(Fusion()).round(4).tolist(), strict=True)) == shown


def asks_and_qrels(index, leg):
    """Judgements after one leg's own taste: its first three are right, others of the catalogue are wrong."""
    pipeline = index.pipeline(Setup(Settings()))
    index.encode(TEXTS)
    asks, qrels = [], {}
    for at, text in enumerate(TEXTS):
        [found] = answer(Manner(), pipeline, [Ask("q", text, "q")])
        rows = found.rows[leg].tolist()
        order = [*rows[:3], *[row for row in range(36) if row not in rows[:3]][:20]]
        ids = [pipeline.snapshot.documents.product(row).id for row in order]
        qrels[f"q{at}"] = {id: max(0, 3 - place) for place, id in enumerate(ids)}
        asks.append(Ask(f"q{at}", text, f"q{at}", None, pool_of(pipeline, qrels[f"q{at}"])))
    return asks, qrels


def test_judgements_after_the_dense_leg_choose_the_dense_leg(index):
    asks, qrels = asks_and_qrels(index, "dense")
    done = calibrate_settings(index, Settings(), asks, qrels, "nDCG@10", 1, None, pool=True)
    fusion = Settings().but(fusion={k.partition(".")[2]: v for k, v in done.chosen.items() if "fusion" in k}).fusion
    assert lexical_weight(0.8, 0.6, fusion.lexical_weight, fusion.dense_trust) < lexical_weight(0.8, 0.6)
    assert done.fusion_only[0].difference.mean > 0
    assert done.tried[0].settings == {}
    assert max(one.value for one in done.tried) > done.tried[0].value
    assert {one.n for one in done.report} == {done.reported_on}
    assert done.fitted_on + done.reported_on == len(TEXTS)


def test_the_half_that_is_reported_has_no_say(index):
    asks, qrels = asks_and_qrels(index, "dense")
    first = calibrate_settings(index, Settings(), asks, qrels, "nDCG@10", 1, None, pool=True)
    _, reporting = halves({ask.id: ask.text for ask in asks}, 1)
    spoilt = {id: ({k: 3 - v for k, v in of.items()} if id in reporting else of) for id, of in qrels.items()}
    second = calibrate_settings(index, Settings(), asks, spoilt, "nDCG@10", 1, None, pool=True)
    assert (second.chosen, second.tried) == (first.chosen, first.tried)
    assert second.report != first.report


def test_the_same_seed_gives_the_same(index):
    asks, qrels = asks_and_qrels(index, "lexical")
    once, again = (calibrate_settings(index, Settings(), asks, qrels, "nDCG@10", 3, None, False) for _ in range(2))
    assert (once.chosen, once.tried, once.report) == (again.chosen, again.tried, again.report)


def test_too_few_queries_are_told(index):
    with pytest.raises(BadInput, match="1 queries cannot be split into two halves"):
        calibrate_settings(index, Settings(), [Ask("q", "rot", "q")], {"q": {"a": 1}}, "nDCG@10", 1, None, False)
