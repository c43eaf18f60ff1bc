"""What shops do instead, on the same lists, from the same weeks: to compare, never to serve.

    bought before   what the shopper bought stands first, the oftenest first; then popularity
    LambdaMART      gradient-boosted trees (lightgbm) over popularity, every lift, and what is due again and how often
    ALS, BPR        factors of shoppers and products from who bought what (implicit), beside log popularity

None of them keeps our promise: no bound, no ten places, no gates but those in the features. The weight of the factors
beside popularity is fitted, as ours are: factors of weeks 1–34 on the choices of weeks 35–42; then the factors are made
anew from weeks 1–42. They stay as they are through the test, where counts and lifts go on learning.

Sources: Burges, From RankNet to LambdaRank to LambdaMART, MSR-TR-2010-82; Hu, Koren, Volinsky, ICDM 2008; Rendle et
al., BPR, UAI 2009.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np

from eval.personal.baskets import HISTORY_ENDS, TEST_BEGINS, Baskets
from eval.personal.judge import Choice, Judge, Rival
from search.learned.learning import Example, Period, features
from search.rerank.logit import ChoiceSets, fit
from search.rerank.traits import Catalogue
from search.settings import Personal
from search.types import Affinities, Ranking, Repeats, Scores

#: Name -> the package that it needs, all of the extra `rivals`.
NEEDS = {"LambdaMART": "lightgbm", "ALS": "implicit", "BPR": "implicit"}
#: lightgbm's defaults but for few lists: shallow trees, many products in a leaf. Not tuned, like the factors.
TREES: dict[str, Any] = {
    "objective": "lambdarank",
    "lambdarank_truncation_level": 10,
    "num_leaves": 15,
    "learning_rate": 0.05,
    "min_data_in_leaf": 200,
    "verbosity": -1,
    "num_threads": 1,
    "deterministic": True,
}
ROUNDS, FACTORS = 200, 64


@dataclass(frozen=True, slots=True)
class BoughtBefore:
    """What was bought stands first."""

    def __call__(self, judge: Judge, ranking: Ranking, choice: Choice, known: Affinities) -> Ranking:
        """The list in its order, as strangers see it within the same count."""
        bought = known.purchases
        kinds = {judge.catalogue.type_names[code] for code in np.unique(judge.catalogue.types[ranking.rows]).tolist()}
        counts = {int(id): item.count for kind in kinds if bought for id, item in bought.of(kind).items()}
        often = np.array([counts.get(row, 0.0) for row in ranking.rows.tolist()])
        return ranking.take(np.argsort(-often, kind="stable"))


@dataclass(frozen=True, slots=True, eq=False)
class Trees:
    """LambdaMART over our own features. `model`: as lightgbm writes it."""

    model: str
    settings: Personal
    repeats: Repeats

    def __call__(self, judge: Judge, ranking: Ranking, choice: Choice, known: Affinities) -> Ranking:
        """The list in its order."""
        nothing = np.zeros(len(ranking), bool)
        example = Example(choice.person, ranking, nothing, nothing, known)
        score = _booster(self.model).predict(
            told(example, judge.repeats or self.repeats, judge.catalogue, self.settings)
        )
        return ranking.take(np.argsort(-np.asarray(score), kind="stable"))


@dataclass(frozen=True, slots=True, eq=False)
class Factors:
    """log popularity + weight · (shopper's factors · product's factors)."""

    people: dict[str, int]
    of_people: Scores
    of_products: Scores
    weight: float

    def __call__(self, judge: Judge, ranking: Ranking, choice: Choice, known: Affinities) -> Ranking:
        """The list in its order."""
        score = ranking.features["A"] + self.weight * self.products(choice.person, ranking)
        return ranking.take(np.argsort(-score, kind="stable"))

    def products(self, person: str, ranking: Ranking) -> Scores:
        """(n,) the product of the factors; 0 for somebody unknown."""
        at = self.people.get(person)
        return np.zeros(len(ranking)) if at is None else self.of_products[ranking.rows] @ self.of_people[at]


def rivals_of(
    period: Period, baskets: Baskets, catalogue: Catalogue, settings: Personal, seed: int
) -> dict[str, Rival]:
    """Every rival whose package is installed, trained; ask `missing` for the others."""
    absent = missing()
    found: dict[str, Rival] = {"bought before": BoughtBefore()}
    if "LambdaMART" not in absent:
        found["LambdaMART"] = trees(period, catalogue, settings, seed)
    for name in ("ALS", "BPR"):
        if name not in absent:
            early = _factors(name, baskets, HISTORY_ENDS + 1, 0.0, seed)
            found[name] = _factors(name, baskets, TEST_BEGINS, weight_of(early, period), seed)
    return found


def missing() -> dict[str, str]:
    """Rival -> why it is left out."""
    return {name: reason for name, package in NEEDS.items() if (reason := _trouble(package))}


def _trouble(package: str) -> str:
    try:
        import_module(package)
    except (ImportError, OSError) as error:  # OSError: a library of the system is not there
        return f"{package} cannot be loaded ({error}). Install it: pip install 'tresen[rivals]'"
    return ""


def told(example: Example, repeats: Repeats, catalogue: Catalogue, settings: Personal) -> Scores:
    """(n, k) what the trees see: strangers' order, what is due again, each taste, how often."""
    base, x = features(example, repeats, catalogue, settings)
    a = example.ranking.features["A"]
    place = example.ranking.features["rank_anonymous"]
    return np.column_stack([a - a.max(initial=0.0), place, base - a, x])


def trees(period: Period, catalogue: Catalogue, settings: Personal, seed: int) -> Trees:
    """LambdaMART, trained on the examples of a period."""
    from lightgbm import Dataset, train

    x = np.concatenate([told(example, period.repeats, catalogue, settings) for example in period.examples])
    y = np.concatenate([example.chosen for example in period.examples]).astype(int)
    lists = Dataset(x, y, group=[len(example.chosen) for example in period.examples])
    model = train({**TREES, "seed": seed}, lists, ROUNDS).model_to_string()
    return Trees(model, settings, period.repeats)


_BOOSTERS: dict[str, Any] = {}


def _booster(model: str) -> Any:
    """A model, read once a process."""
    from lightgbm import Booster

    if model not in _BOOSTERS:
        _BOOSTERS[model] = Booster(model_str=model)
    return _BOOSTERS[model]


def _factors(name: str, baskets: Baskets, until_week: int, weight: float, seed: int) -> Factors:
    """Factors from who bought what before a week."""
    from implicit.als import AlternatingLeastSquares
    from implicit.bpr import BayesianPersonalizedRanking
    from scipy.sparse import csr_matrix

    early = baskets.weeks < until_week
    ids, which = np.unique(baskets.people[early], return_inverse=True)
    ones = np.ones(len(which), np.float32)
    bought = csr_matrix((ones, (which, baskets.rows[early])), shape=(len(ids), len(baskets.products)))
    model = (AlternatingLeastSquares if name == "ALS" else BayesianPersonalizedRanking)(
        factors=FACTORS, random_state=seed, num_threads=1, use_gpu=False
    )
    model.fit(bought, show_progress=False)
    people = {str(id): at for at, id in enumerate(ids.tolist())}
    return Factors(people, np.asarray(model.user_factors), np.asarray(model.item_factors), weight)


def weight_of(factors: Factors, period: Period) -> float:
    """The weight that makes what was chosen the most likely, beside log popularity."""
    lists = list(_lists(factors, period))
    return float(fit(ChoiceSets.of(lists), np.zeros(1), penalty=1e-3)[0])


def _lists(factors: Factors, period: Period) -> Iterator[tuple[Scores, Scores, Any, float]]:
    for example in period.examples:
        score = factors.products(example.person, example.ranking)
        yield example.ranking.features["A"], score[:, None], example.chosen, 1.0
