"""Off-policy estimates against simulated logs whose truth is known: 1 the interval covers it, 2 a target that is the
logging policy is worth what was logged, 3 SNIPS stays within the rewards, 4 clipping lowers variance, 5 a small
effective sample gives no verdict."""

import json

import numpy as np
import pytest

from eval.commands.logs import sentence
from eval.documents import Interval
from eval.online import offpolicy
from eval.online.offpolicy import Log
from search.errors import BadInput

PRODUCTS = 5
ATTRACTION = np.array([0.9, 0.1, 0.5, 0.3, 0.7])
LOOKS = np.arange(1, PRODUCTS + 1) ** -0.7
TARGET = np.array([1, 5, 3, 4, 2])  # rank of each product, best first by attraction
TRUTH = float((LOOKS[TARGET - 1] * ATTRACTION).sum() / PRODUCTS)


def simulated(seed, answers=400, shuffled=True, noise=0.0):
    """Clicks on lists of all five products: in a random order, or always in the order of their number."""
    rng = np.random.default_rng(seed)
    ranks = np.argsort(rng.random((answers, PRODUCTS)), 1) + 1 if shuffled else np.tile(np.arange(1, 6), (answers, 1))
    attraction = np.clip(ATTRACTION + noise * rng.normal(size=(answers, 1)), 0, 1)
    clicks = rng.random(ranks.shape) < LOOKS[ranks - 1] * attraction
    n = ranks.size
    return Log(
        request=np.repeat(np.arange(answers), PRODUCTS),
        rank=ranks.ravel(),
        propensity=np.ones(n),
        reward=clicks.ravel().astype(float),
        target_rank=np.tile(TARGET, answers),
        target_probability=np.ones(n),
    )


def estimated(log, clip=1e9, eta=0.7):
    (ips, snips), difference = offpolicy.estimates(log, offpolicy.weigh(log, eta, clip), seed=1)
    return ips, snips, difference


@pytest.mark.parametrize(("shuffled", "noise"), [(True, 0.0), (False, 0.0), (True, 0.15)])
def test_the_interval_covers_the_true_value(shuffled, noise):
    truth = TRUTH
    if noise:
        attraction = np.clip(ATTRACTION + noise * np.random.default_rng(0).normal(size=(200_000, 1)), 0, 1)
        truth = float((LOOKS[TARGET - 1] * attraction).sum(1).mean() / PRODUCTS)
    found = [estimated(simulated(seed, 200, shuffled, noise)) for seed in range(100)]
    for name in (0, 1):
        assert sum(of[name].value.low <= truth <= of[name].value.high for of in found) >= 90
        assert np.mean([of[name].value.mean for of in found]) == pytest.approx(truth, abs=0.005)


def test_products_that_are_shown_by_chance_count_by_their_propensity():
    """Half of the answers leave the last product out; the target shows it first in every one."""
    log = simulated(3, answers=20_000, shuffled=False)
    shown = (log.rank < 5) | (np.random.default_rng(1).random(len(log.rank)) < 0.5)
    kept = Log(
        log.request[shown],
        log.rank[shown],
        np.where(log.rank == 5, 0.5, 1.0)[shown],
        log.reward[shown],
        log.target_rank[shown],
        log.target_probability[shown],
    )
    ips = estimated(kept)[0].value.mean * shown.sum() / 20_000
    assert ips == pytest.approx(TRUTH * PRODUCTS, abs=0.05)


def test_the_logging_policy_itself_is_worth_what_was_logged():
    log = simulated(1)
    itself = Log(log.request, log.rank, log.propensity, log.reward, log.rank, log.target_probability)
    ips, snips, difference = estimated(itself)
    assert (ips.value.mean, snips.value.mean) == pytest.approx((log.reward.mean(), log.reward.mean()))
    assert ips.effective_sample_size == pytest.approx(len(log.rank))
    assert (difference.low, difference.high) == pytest.approx((0, 0))
    assert offpolicy.covered(offpolicy.weigh(itself)) == pytest.approx(1.0)


@pytest.mark.parametrize("seed", range(20))
def test_snips_stays_within_the_rewards(seed):
    snips = estimated(simulated(seed, answers=3))[1].value
    assert 0 <= snips.low <= snips.mean <= snips.high <= 1


def test_without_looks_snips_is_the_usual_one():
    log = simulated(2)
    some = Log(
        log.request, log.rank, np.random.default_rng(1).uniform(0.2, 1, len(log.rank)), log.reward, log.target_rank,
        log.target_probability,
    )  # fmt: skip
    weights = offpolicy.weigh(some, eta=0.0)
    usual = (weights.clipped * log.reward).sum() / weights.clipped.sum()
    assert offpolicy.estimates(some, weights)[0][1].value.mean == pytest.approx(usual)


def test_clipping_lowers_variance_and_is_told():
    logs = [simulated(seed, answers=60) for seed in range(60)]
    free, cut = (np.var([estimated(log, clip)[0].value.mean for log in logs]) for clip in (1e9, 1.0))
    assert cut < free
    assert estimated(logs[0], 1.0)[0].clipped > 0.2 and estimated(logs[0])[0].clipped == 0


@pytest.mark.parametrize("seed", range(5))
def test_the_effective_sample_is_never_more_than_the_sample(seed):
    weights = np.random.default_rng(seed).exponential(size=50)
    assert 1 <= offpolicy.effective_sample_size(weights) <= 50
    assert offpolicy.effective_sample_size(weights * 7) == pytest.approx(offpolicy.effective_sample_size(weights))


def test_a_better_target_is_found_and_a_worse_one_too():
    better = estimated(simulated(4))[2]
    assert sentence(2_000, 400, 900.0, better) == "The target earns more than what was logged."
    log = simulated(4)
    worse = Log(log.request, log.rank, log.propensity, log.reward, 6 - log.target_rank, log.target_probability)
    assert "earns less" in sentence(2_000, 400, 900.0, estimated(worse)[2])


def test_no_verdict_on_a_small_effective_sample_however_sure_the_interval():
    sure = Interval(0.5, 0.4, 0.6)
    told = sentence(1_000, 500, 199.0, sure)
    assert told.startswith("No verdict") and "about 6 more" in told
    assert "earns more" in sentence(1_000, 500, 200.0, sure)
    assert sentence(1_000, 3, 900.0, sure).startswith("No verdict: 3 answers")


def write(tmp_path, *lines):
    path = tmp_path / "log.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def line(**fields):
    return {"query_id": "q", "product_id": "x", "position": 1, "clicked": 1} | fields


def test_ranks_of_the_target_come_from_a_run(tmp_path):
    path = write(tmp_path, line(), line(product_id="y", position=2), line(product_id="z", position=3, query_id="other"))
    log, left_out = offpolicy.read_log(path, {"q": ["y", "new", "x"]})
    assert left_out == 1
    assert log.target_rank.tolist() == [0, 1], "x would stand on rank 3, behind the last place of the answer"


def test_without_a_run_the_log_says_where_the_target_shows_a_product(tmp_path):
    lines = [line(target_position=2), line(product_id="y", position=2), line(target_probability=0.5, position=3)]
    log, _ = offpolicy.read_log(write(tmp_path, *lines))
    assert log.target_rank.tolist() == [2, 0, 3]
    assert log.target_probability.tolist() == [1.0, 1.0, 0.5]


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        (line(position=0), "position"),
        (line(propensity=0), "propensity"),
        (line(clicked=2), "clicked"),
        ({"query_id": "q", "product_id": "x", "position": 1}, "clicked"),
        (line(), "There is no target"),
    ],
)
def test_a_log_that_cannot_be_used_is_refused(tmp_path, bad, says):
    with pytest.raises(BadInput, match=says):
        offpolicy.read_log(write(tmp_path, bad))


def test_a_target_of_other_queries_is_refused(tmp_path):
    with pytest.raises(BadInput, match="No query"):
        offpolicy.read_log(write(tmp_path, line()), {"another": ["x"]})
