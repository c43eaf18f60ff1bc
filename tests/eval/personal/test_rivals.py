"""The trained order and the rivals: fitted on the weeks before the test, on the same lists; who is missing is named."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from typer.testing import CliRunner

from eval.personal.baskets import HISTORY_ENDS, TEST_BEGINS
from eval.personal.judge import without
from eval.personal.replay import Replay, run_replay
from eval.personal.rivals import NEEDS, BoughtBefore, Factors, missing, rivals_of, weight_of
from eval.personal.trained import Trained, fitting_period, trained_on
from eval.personal.world import build_world
from search.learned.learning import Period
from search.settings import Personal
from search.types import Affinities
from tests.eval.personal.hand_baskets import ROW, START, WEEK, baskets_of, crowd, faithful

SETTINGS = Personal(brand=0.1)
FAMILIES = crowd() + faithful(1, "X") + faithful(3, "Y")


@pytest.fixture(scope="module")
def replay() -> Replay:
    return Replay(build_world(baskets_of(FAMILIES), "catalogue", 10_000, 0), SETTINGS, 0)


@pytest.fixture(scope="module")
def period(replay) -> Period:
    return fitting_period(replay)


def test_what_is_learned_from_lies_before_the_test(replay, period):
    weeks = [(question.time - START) // WEEK for question in replay.world.fitting]
    assert min(weeks) > HISTORY_ENDS
    assert max(weeks) < TEST_BEGINS
    assert len(period.examples) == len(weeks)
    assert all((question.time - START) // WEEK >= TEST_BEGINS for question in replay.world.questions)


def test_an_example_is_the_list_of_its_question_before_it_was_answered(replay, period):
    asked = sorted(replay.world.fitting, key=lambda one: (one.person, one.time, one.number))
    for question, example in zip(asked, period.examples, strict=True):
        assert set(example.ranking.rows[example.chosen]) == set(question.rows[question.chosen])
        assert example.affinities.purchases.now == question.time
        counts = example.affinities.purchases.counts
        assert all(last < question.time for items in counts.values() for _, last in items.values())


def test_brands_that_tell_what_is_bought_gain_weight_and_the_trained_order_is_judged_beside_the_served(replay, period):
    learned = trained_on(period, replay)
    assert learned.brand > SETTINGS.brand
    both = Replay(replay.world, SETTINGS, 0, rivals={"trained": Trained(learned)})
    outcomes = run_replay(both, 1)
    means = {name: np.mean([one.values[name] for one in outcomes], 0) for name in ("served", "trained")}
    assert means["trained"][0] == means["served"][0]
    assert means["trained"][1] >= means["served"][1]


def test_what_was_bought_oftenest_stands_first(replay, period):
    example = next(one for one in period.examples if one.person == "1" and one.known.any())
    order = BoughtBefore()(replay.judge, example.ranking, example, example.affinities)  # type: ignore[arg-type]
    assert order.rows[0] in (ROW["bread-X-0"], ROW["milk-X-0"])
    fresh = without(example.ranking, example.known)  # of what was never bought it knows nothing
    assert BoughtBefore()(replay.judge, fresh, example, example.affinities).rows.tolist() == fresh.rows.tolist()  # type: ignore[arg-type]
    nobody = BoughtBefore()(replay.judge, example.ranking, example, Affinities({}))  # type: ignore[arg-type]
    assert nobody.rows.tolist() == example.ranking.rows.tolist()


def test_factors_that_tell_nothing_get_no_weight_and_those_that_do_get_some(period):
    size = len(ROW)
    blind = Factors({"1": 0}, np.zeros((1, 2)), np.zeros((size, 2)), 1.0)
    liked = np.array([[1.0] if "-X-0" in name else [0.0] for name in ROW])
    seeing = Factors({"1": 0}, np.ones((1, 1)), liked, 1.0)
    assert weight_of(blind, period) == 0
    assert weight_of(seeing, period) > 1


def test_a_rival_whose_package_is_missing_is_named_and_left_out(replay, period, monkeypatch):
    for package in set(NEEDS.values()):
        monkeypatch.setitem(sys.modules, package, None)
    told = missing()
    assert told.keys() == NEEDS.keys()
    assert all("tresen[rivals]" in why for why in told.values())
    found = rivals_of(period, replay.world.baskets, replay.world.catalogue, SETTINGS, 0)
    assert list(found) == ["bought before"]


@pytest.mark.parametrize(("name", "package"), [("LambdaMART", "lightgbm"), ("ALS", "implicit"), ("BPR", "implicit")])
def test_a_trained_rival_orders_the_same_products(replay, period, name, package):
    pytest.importorskip(package)
    rival = rivals_of(period, replay.world.baskets, replay.world.catalogue, SETTINGS, 0)[name]
    example = period.examples[0]
    order = rival(replay.judge, example.ranking, example, example.affinities)  # type: ignore[arg-type]
    assert sorted(order.rows) == sorted(example.ranking.rows)


def test_an_index_has_no_weeks_to_train_on():
    from eval.cli import app

    told = CliRunner().invoke(app, ["replay", "somewhere", "--rivals"])
    assert told.exit_code != 0
    assert "Only baskets" in str(told.exception)
