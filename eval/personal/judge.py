"""One choice, judged: the served personal order, and what it is compared with, on the list that was before the choice.

    served      search.rerank.personal.personalize, as it serves
    counts      the usual scheme: each brand has 0–20 points, its count over the shopper's largest; 20 points are worth
                2B, as far as tastes can move two products apart, and the gate, the tiers and the ten places hold too
    shuffled    served, with somebody else's profile
    placebo     served, with a profile of as many events about products that popularity drew
    latest n    served, as if the shopper had come n events ago

Each on the whole list, and ", new" on the list without what the shopper had chosen before: repeat purchase alone
would make a headline.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np

from eval.measures import whole_list_ndcg
from search.rerank.lifts import taste_scores
from search.rerank.personal import Personalized, personalize
from search.rerank.place import place
from search.rerank.traits import Catalogue
from search.settings import Personal
from search.types import Affinities, Mask, Ranking, Repeats, Rows, Scores

DEPTH = 10
NEW = ", new"
#: Points of the scheme that counts are compared in.
POINTS = 20.0
#: Bins of predicted lift; lifts are clipped to 1/4 … 4.
LIFT_EDGES = np.array([0.0, 0.35, 0.5, 0.71, 0.9, 1.1, 1.41, 2.0, 2.83, np.inf])


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """A list as a stranger gets it, and what one shopper chose from it.

    `chosen` and `known` (chosen before) are (n,) in the ranking's order; `events` is what the profile knows, and
    `kind_events` how much of it is about this type of product.
    """

    person: str
    ranking: Ranking
    chosen: Mask
    known: Mask
    blocked: Mapping[str, str]
    events: int
    kind_events: int


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What came of it. `values`: ranker -> nDCG@10 of the anonymous and of the personal list.

    `entropy` of softmax(A), nats. `brand_entropy` of the first ten, anonymous and personal, nats. `lifts`
    (bins, 4): expected share, the same times predicted lift, chosen share, products.
    """

    person: str
    events: int
    kind_events: int
    entropy: float
    values: dict[str, tuple[float, float]]
    brand_entropy: tuple[float, float]
    lifts: Scores


class Rival(Protocol):
    """Another order of the same list, from the same profile; it can be pickled."""

    def __call__(self, judge: Judge, ranking: Ranking, choice: Choice, known: Affinities) -> Ranking:
        """The list in its order."""


@dataclass(frozen=True, slots=True, eq=False)
class Judge:
    """How choices are judged. A list without what is known must have `least` products and a choice left.

    `window`: places that are ordered personally; it must cover what a judge looks at. `repeats`: when people buy again.
    `rivals`: name -> what else is judged, on the same lists.
    """

    catalogue: Catalogue
    settings: Personal
    least: int
    window: int
    repeats: Repeats | None = None
    rivals: Mapping[str, Rival] = field(default_factory=dict)

    def judge(self, choice: Choice, profiles: Mapping[str, Affinities]) -> Outcome:
        """Rank with every profile: "served", and any of the names above."""
        values: dict[str, tuple[float, float]] = {}
        lists = {"": choice.ranking}
        fresh = without(choice.ranking, choice.known)
        if len(fresh) >= self.least and (choice.chosen & ~choice.known).any():
            lists[NEW] = fresh
        chosen = choice.ranking.rows[choice.chosen]
        served: dict[str, Personalized] = {}
        for suffix, ranking in lists.items():
            before = whole_list_ndcg(np.isin(ranking.rows, chosen))
            for name, known in profiles.items():
                if suffix and name.startswith("latest"):
                    continue
                result = self.personal(ranking, known, choice.blocked)
                values[name + suffix] = before, whole_list_ndcg(np.isin(result.ranking.rows, chosen))
                if name == "served":
                    served[suffix] = result
            counted = self.by_counts(
                ranking, profiles["served"], choice.blocked, served[suffix].gate * served[suffix].proven
            )
            values["counts" + suffix] = before, whole_list_ndcg(np.isin(counted.rows, chosen))
            for name, rival in self.rivals.items():
                order = rival(self, ranking, choice, profiles["served"])
                values[name + suffix] = before, whole_list_ndcg(np.isin(order.rows, chosen))
        shares = shares_of(choice.ranking.features["A"])
        return Outcome(
            choice.person,
            choice.events,
            choice.kind_events,
            float(-(shares * np.log(np.maximum(shares, 1e-300))).sum()),
            values,
            (self.brand_entropy(choice.ranking), self.brand_entropy(served[""].ranking)),
            self.lift_sums(served[""], chosen, shares),
        )

    def personal(self, ranking: Ranking, known: Affinities, blocked: Mapping[str, str]) -> Personalized:
        """The served code, at full strength."""
        now = known, self.catalogue, blocked, self.settings
        return personalize(ranking, *now, 1.0, self.window, repeats=self.repeats)

    def by_counts(self, ranking: Ranking, known: Affinities, blocked: Mapping[str, str], gate: float) -> Ranking:
        """The order that brand counts give."""
        brand, taste = self.catalogue.attributes.get("brand"), known.tastes.get("brand")
        counts = {value: sum(kinds.values()) for value, kinds in taste.observed.items()} if taste else {}
        most = max(counts.values(), default=0.0)
        if brand is None or most <= 0 or "brand" in blocked:
            return ranking
        points = np.zeros(len(brand.values))
        for value, count in counts.items():
            if value in brand.code_of:
                points[brand.code_of[value]] = POINTS * count / most
        positions, codes = brand.entries(ranking.rows)
        score = ranking.features["A"].copy()
        score[positions] += gate * 2 * self.settings.bound * points[codes] / POINTS
        part = slice(0, min(len(ranking), self.window + self.settings.places))
        order, _ = place(ranking.features["tier"][part], score[part], ranking.rows[part], self.settings.places)
        return ranking.take(np.concatenate([order, np.arange(len(order), len(ranking))]))

    def brand_entropy(self, ranking: Ranking) -> float:
        """Entropy of the brands among the first ten, nats; 0 without brands."""
        brand = self.catalogue.attributes.get("brand")
        if brand is None:
            return 0.0
        counts = np.unique(brand.entries(ranking.rows[:DEPTH])[1], return_counts=True)[1]
        shares = counts / max(counts.sum(), 1)
        return max(0.0, float(-(shares * np.log(shares)).sum()))

    def lift_sums(self, result: Personalized, chosen: Rows, shares: Scores) -> Scores:
        """(bins, 4) by predicted brand lift: Σ expected share, Σ expected · predicted, Σ chosen share, products."""
        sums = np.zeros((len(LIFT_EDGES) - 1, 4))
        if "brand" not in result.shown:
            return sums
        ranking = result.ranking
        positions = ranking.features["rank_anonymous"].astype(np.intp) - 1
        expected, inside = shares[positions], positions < self.window
        whole = replace(result.lifts["brand"], proven=1.0)  # gates change what lifts do, not what they say
        predicted = np.exp(taste_scores(whole, self.catalogue.attributes["brand"], self.catalogue, ranking.rows))
        hits = np.isin(ranking.rows, chosen) / max(len(chosen), 1)
        bins = np.digitize(predicted, LIFT_EDGES) - 1
        for column, value in enumerate((expected, expected * predicted, hits, np.ones(len(ranking)))):
            sums[:, column] = np.bincount(bins[inside], value[inside], len(sums))
        return sums


def without(ranking: Ranking, known: Mask) -> Ranking:
    """The list without the products that a shopper knows; its ranks count anew."""
    rest = ranking.take(np.flatnonzero(~known))
    return rest.with_features(rank_anonymous=np.arange(1.0, len(rest) + 1))


def shares_of(score: Scores) -> Scores:
    """softmax(A): the share of choices that each product has without any taste.

    >>> shares_of(np.log([3.0, 1.0])).round(6).tolist()
    [0.75, 0.25]
    """
    weights = np.exp(score - score.max(initial=-np.inf))
    return weights / max(weights.sum(), 1e-300)
