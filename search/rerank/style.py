"""A style test: which two articles to ask about next, and what hearts and crosses say of the values behind them.

Each value v of an attribute has a leaning θ_v ~ N(0, 1), and everybody a readiness θ_0 to give hearts at all:

    P(heart | d) = σ(θ_0 + Σ_a mean of θ_v over d's values v of a)

The posterior after some answers is Gaussian around its mode (Laplace): precision I + Xᵀ diag(p(1−p)) X. The next two
articles are those whose answers are expected to tell most of θ: the first one maximises

    I(y; θ) = H(E σ(u)) − E H(σ(u)),    u = x·θ ~ N(m, s²),

the second one the joint information of both answers, u of both being correlated, so that it asks something else.

Sources: MacKay 1992 (information-based objective functions); Houlsby et al. 2011, BALD, arXiv 1112.5745.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from search.rerank.traits import Catalogue
from search.types import TASTES, Rows, Scores

#: Values of an attribute that are asked about: the most common ones.
MOST_VALUES = 24
#: Articles of a product type, and in all, that may be asked about: the most popular ones.
PER_TYPE, MOST_ARTICLES = 6, 240
#: So many articles of which all is known are enough to choose from.
ENOUGH = 100
NEWTON_STEPS = 12
#: A leaning that is less sure than this says nothing: |mean| against its standard deviation.
LEAST_SURE = 0.2
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(11)
_WEIGHTS = _WEIGHTS / _WEIGHTS.sum()


@dataclass(frozen=True, eq=False)
class Articles:
    """What may be asked: `rows` (n,), `features` (n, f) with a column of ones first, `values` of the other columns."""

    rows: Rows
    features: Scores
    values: list[tuple[str, str]]

    def places(self, rows: Sequence[int]) -> NDArray[np.intp]:
        """Where those rows stand."""
        at = {row: place for place, row in enumerate(self.rows.tolist())}
        return np.array([at[row] for row in rows], np.intp)


@dataclass(frozen=True, eq=False)
class Belief:
    """Gaussian over the leanings: `mean` (f,), `covariance` (f, f)."""

    mean: Scores
    covariance: Scores


def askable(catalogue: Catalogue, popularity: Scores) -> Rows:
    """(n,) the articles that may be asked about: of each product type the most popular ones.

    Only those of which all five tastes of every shop are known that the catalogue has (a raised bed has no gender, and
    says little of style), if they are enough to choose from; only shoes have heels.

    Args:
        popularity: (products,) rank, 0 least … 1 most; ties by row.
    """
    order = np.lexsort((np.arange(len(popularity)), -popularity))
    usual = [attribute for name, attribute in catalogue.attributes.items() if name in TASTES]
    told = np.sum([np.isin(np.arange(len(popularity)), one.rows) for one in usual], axis=0)
    whole = order[told[order] == len(usual)]
    order = whole if len(whole) >= ENOUGH else order
    taken: dict[int, int] = {}
    rows: list[int] = []
    for row in order.tolist():
        kind = int(catalogue.types[row])
        if taken.get(kind, 0) < PER_TYPE and len(rows) < MOST_ARTICLES:
            taken[kind] = taken.get(kind, 0) + 1
            rows.append(row)
    return np.array(sorted(rows), np.int32)


def articles_of(catalogue: Catalogue, rows: Rows) -> Articles:
    """Articles as features: a column of ones, and for each common value the article's share of it.

    Of the five tastes that every shop has: with a shop's own beside them ten pairs told too little of each (of the demo
    shop's ten first Shorts, two brands that were liked came forward by two places instead of three).
    """
    columns, values = [np.ones(len(rows))], []
    for name, attribute in ((name, catalogue.attributes[name]) for name in TASTES if name in catalogue.attributes):
        positions, codes = attribute.entries(rows)
        several = np.maximum(np.bincount(positions, minlength=len(rows)), 1)
        held = np.zeros((len(rows), len(attribute.values)))
        np.add.at(held, (positions, codes), 1 / several[positions])
        common = np.argsort(-held.sum(0), kind="stable")[:MOST_VALUES]
        for code in common[held[:, common].any(0)].tolist():
            columns.append(held[:, code])
            values.append((name, attribute.values[code]))
    return Articles(rows, np.stack(columns, axis=1), values)


def believe(features: Scores, hearts: Scores) -> Belief:
    """The belief after some answers.

    Args:
        features: (answers, f) of the articles.
        hearts: (answers,) 1 for a heart, 0 for a cross.

    >>> belief = believe(np.array([[1.0, 1.0, 0.0], [1.0, 0.0, 1.0]]), np.array([1.0, 0.0]))
    >>> bool(belief.mean[1] > 0 > belief.mean[2])
    True
    """
    mean = np.zeros(features.shape[1])
    precision = np.eye(len(mean))
    for _ in range(NEWTON_STEPS):
        p = 1 / (1 + np.exp(-features @ mean))
        precision = np.eye(len(mean)) + features.T @ (features * (p * (1 - p))[:, None])
        mean = mean + np.linalg.solve(precision, features.T @ (hearts - p) - mean)
    return Belief(mean, np.asarray(np.linalg.inv(precision), np.float64))


def _entropy(p: Scores) -> Scores:
    p = np.clip(p, 1e-12, 1 - 1e-12)
    return -p * np.log(p) - (1 - p) * np.log(1 - p)


def _sigmoid(u: Scores) -> Scores:
    return 1 / (1 + np.exp(-u))


def gains(belief: Belief, features: Scores) -> Scores:
    """(n,) how much the answer about each article is expected to tell, in nats."""
    m, v = features @ belief.mean, np.einsum("ij,jk,ik->i", features, belief.covariance, features)
    p = _sigmoid(m[:, None] + np.sqrt(v)[:, None] * _NODES)
    return _entropy(p @ _WEIGHTS) - _entropy(p) @ _WEIGHTS


def pair_gains(belief: Belief, first: Scores, features: Scores) -> Scores:
    """(n,) what the answers about an article (f,) and each other one (n, f) are expected to tell together, in nats."""
    covered = belief.covariance @ first
    m1, s1 = float(first @ belief.mean), float(np.sqrt(first @ covered))
    v = np.einsum("ij,jk,ik->i", features, belief.covariance, features)
    slope = (features @ covered) / s1
    rest = np.sqrt(np.maximum(v - slope**2, 0.0))
    one = np.broadcast_to(_sigmoid(m1 + s1 * _NODES)[:, None], (len(_NODES), len(_NODES)))
    shift = slope[:, None, None] * _NODES[:, None] + rest[:, None, None] * _NODES[None, :]
    two = _sigmoid((features @ belief.mean)[:, None, None] + shift)
    weights = np.outer(_WEIGHTS, _WEIGHTS)
    joint = [((a * b) * weights).sum((1, 2)) for a in (one, 1 - one) for b in (two, 1 - two)]
    told = -sum(p * np.log(np.maximum(p, 1e-300)) for p in joint)
    return told - ((_entropy(one) + _entropy(two)) * weights).sum((1, 2))


def next_pair(belief: Belief, articles: Articles, asked: Sequence[int]) -> tuple[list[int], float]:
    """Places of the two articles to ask about next, and their expected gain in nats; none where all were asked.

    Args:
        asked: places that were asked already.
    """
    free = np.setdiff1d(np.arange(len(articles.rows)), np.asarray(asked, np.intp))
    if len(free) < 2:
        return [], 0.0
    first = int(free[np.argmax(np.round(gains(belief, articles.features[free]), 9))])
    others = free[free != first]
    joint = pair_gains(belief, articles.features[first], articles.features[others])
    best = int(np.argmax(np.round(joint, 9)))
    return [first, int(others[best])], float(joint[best])


def leanings_of(belief: Belief, articles: Articles) -> dict[str, dict[str, float]]:
    """Attribute -> value -> leaning in −1 … 1, of the values of which the answers say something."""
    sure = np.sqrt(np.diag(belief.covariance))
    found: dict[str, dict[str, float]] = {}
    for place, (attribute, value) in enumerate(articles.values, 1):
        mean = float(belief.mean[place])
        if abs(mean) >= LEAST_SURE * float(sure[place]):
            found.setdefault(attribute, {})[value] = round(float(np.clip(mean, -1.0, 1.0)), 6)
    return found


def prior_lifts(name: str, values: Sequence[str], leanings: Mapping[str, Mapping[str, float]]) -> Scores | None:
    """(values,) the lift from which observation starts: 2^leaning; None where nothing is said of the attribute.

    >>> prior_lifts("brand", ["Adidas", "Nike"], {"brand": {"Nike": -1.0}}).tolist()
    [1.0, 0.5]
    """
    said = leanings.get(name)
    return np.array([2.0 ** said.get(value, 0.0) for value in values]) if said else None
