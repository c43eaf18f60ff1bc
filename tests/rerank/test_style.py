"""The style test's arithmetic: what answers say, which pair tells most, against reference sums over sampled beliefs."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest

from search.rerank.style import (
    MOST_ARTICLES,
    PER_TYPE,
    Belief,
    articles_of,
    askable,
    believe,
    gains,
    leanings_of,
    next_pair,
    pair_gains,
    prior_lifts,
)
from tests.rerank.random_shops import catalogue_of, random_goods


@pytest.fixture
def shop():
    catalogue = catalogue_of(random_goods(Random(3), 150, gaps=0.1))
    return catalogue, articles_of(catalogue, np.arange(60, dtype=np.int32))


def entropy(p):
    return -sum(x * np.log(x) for x in p if x > 0)


def sampled(belief, features, count=20_000):
    theta = np.random.default_rng(1).multivariate_normal(belief.mean, belief.covariance, count)
    return 1 / (1 + np.exp(-theta @ features.T))


def test_gains_are_what_sampled_beliefs_say(shop):
    _, articles = shop
    belief = believe(articles.features[:4], np.array([1.0, 0.0, 1.0, 1.0]))
    found = gains(belief, articles.features[:5])
    for place in range(5):
        p = sampled(belief, articles.features[[place]])[:, 0]
        wanted = entropy([p.mean(), 1 - p.mean()]) - np.mean([entropy([x, 1 - x]) for x in p])
        assert found[place] == pytest.approx(wanted, abs=0.005)


def test_a_pairs_gain_is_that_of_both_answers_together(shop):
    _, articles = shop
    belief = believe(articles.features[:2], np.array([1.0, 0.0]))
    found = pair_gains(belief, articles.features[7], articles.features[8:11])
    for place in range(3):
        p, q = sampled(belief, articles.features[[7, 8 + place]]).T
        joint = [np.mean(a * b) for a in (p, 1 - p) for b in (q, 1 - q)]
        alone = np.mean([entropy([x, 1 - x]) + entropy([y, 1 - y]) for x, y in zip(p, q, strict=True)])
        assert found[place] == pytest.approx(entropy(joint) - alone, abs=0.005)


def test_m90_the_chosen_pairs_tell_more_than_random_ones(shop):
    _, articles = shop
    rng, asked, hearts = Random(5), [], []
    for _ in range(8):
        belief = believe(articles.features[asked], np.array(hearts))
        pair, gain = next_pair(belief, articles, asked)
        free = [place for place in range(len(articles.rows)) if place not in asked]
        random_gains = []
        for _ in range(40):
            first, second = rng.sample(free, 2)
            random_gains.append(float(pair_gains(belief, articles.features[first], articles.features[[second]])[0]))
        assert gain > np.mean(random_gains)
        assert gain >= 0.98 * max(random_gains)  # the second is the best beside the first, not the best of all pairs
        asked += pair
        hearts += [float(rng.random() < 0.5) for _ in pair]
    assert len(set(asked)) == len(asked) == 16


def test_a_pair_asks_about_two_things(shop):
    """An article and its twin tell hardly more than the article alone."""
    _, articles = shop
    belief = believe(articles.features[:0], np.zeros(0))
    first = articles.features[0]
    twin, best = pair_gains(belief, first, articles.features[:1])[0], pair_gains(belief, first, articles.features).max()
    assert twin < best


@pytest.mark.parametrize(("attribute", "value", "sign"), [("brand", "Adidas", 1), ("color", "rot", -1)])
def test_planted_tastes_are_found_from_ten_pairs(shop, attribute, value, sign):
    _, articles = shop
    has = articles.features[:, 1 + articles.values.index((attribute, value))] > 0
    asked, hearts = [], []
    for _ in range(10):
        belief = believe(articles.features[asked], np.array(hearts))
        pair, _ = next_pair(belief, articles, asked)
        asked += pair
        hearts += [float(has[place] == (sign > 0)) for place in pair]
    found = leanings_of(believe(articles.features[asked], np.array(hearts)), articles)[attribute]
    assert sign * found[value] > 0.5
    assert sign * found[value] == max(sign * leaning for leaning in found.values())


def test_no_answers_say_nothing(shop):
    _, articles = shop
    belief = believe(articles.features[:0], np.zeros(0))
    assert leanings_of(belief, articles) == {}
    assert not belief.mean.any()


def test_what_is_asked_are_the_most_popular_of_each_type():
    catalogue = catalogue_of(random_goods(Random(1), 400, gaps=0.0))
    popularity = np.random.default_rng(0).random(400)
    rows = askable(catalogue, popularity)
    kinds = catalogue.types[rows].tolist()
    assert len(rows) <= MOST_ARTICLES and {kinds.count(kind) for kind in kinds} == {PER_TYPE}
    for kind in set(kinds):
        best = np.sort(popularity[catalogue.types == kind])[-PER_TYPE:]
        assert np.sort(popularity[rows[catalogue.types[rows] == kind]]).tolist() == best.tolist()


def test_where_all_was_asked_nothing_is_left_to_ask(shop):
    _, articles = shop
    belief = Belief(np.zeros(articles.features.shape[1]), np.eye(articles.features.shape[1]))
    assert next_pair(belief, articles, range(len(articles.rows) - 1)) == ([], 0.0)


def test_a_leaning_is_where_observation_starts():
    assert prior_lifts("color", ["rot"], {"brand": {"Nike": 1.0}}) is None
    assert prior_lifts("brand", ["Puma", "Nike"], {"brand": {"Nike": 1.0}}).tolist() == [1.0, 2.0]
