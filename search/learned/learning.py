"""The weights of the personal order, learned from choices: what would have made them the most likely?

An example is a list as a stranger gets it, what one shopper chose of it, and what was known of them just before. Its
features are what the served order adds up, each before its weight:

    base  a(d) = A(d) + x_type(d) − x̄_type + c · clip(log r_i)      strangers' order, and what is due again
    x_a(d)     = g · b_a · (x_a(d) − x̄_a)                           for each taste a
    x_often(d) = c · log L_i                                        the own lift of a consumable: how often

The weights are those of a conditional logit (`search/rerank/logit.py`) that starts from the shop's settings. Bounds and
places are none of its business, so the tastes then go only as far from the settings as harm allows, on the same
examples: the whole way, three quarters, half, a quarter, or not at all. Harm may reach its target, or what the
settings themselves do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from search.rerank.logit import ChoiceSets, fit
from search.rerank.personal import personalize
from search.rerank.repeat import REPEAT
from search.rerank.traits import Catalogue
from search.rerank.weights import weights_of, with_weights
from search.settings import Personal
from search.types import TASTES, Affinities, Mask, Ranking, Repeats, Scores

#: How far from the settings the tastes may go.
WAYS = (0.0, 0.25, 0.5, 0.75, 1.0)
#: Share of lists of new products whose order may get worse by more than 0.1 of nDCG@10.
HARM, MUCH = 0.035, 0.1
#: A list without what the shopper knows needs so many products.
LEAST_PRODUCTS, DEPTH = 8, 10

Step = Callable[[int], None]


@dataclass(frozen=True, slots=True, eq=False)
class Example:
    """A list as a stranger gets it, and what one shopper chose of it.

    `chosen` and `known` (chosen before) are (n,) in the ranking's order; `ips` what it counts for.
    """

    person: str
    ranking: Ranking
    chosen: Mask
    known: Mask
    affinities: Affinities
    ips: float = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Period:
    """The examples of a stretch of time, and what was known of buying again before it."""

    examples: Sequence[Example]
    repeats: Repeats


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """nDCG@10 of the strangers' and of the personal order, (n, 2); `fresh` of the lists without what was known."""

    everything: Scores
    fresh: Scores
    people: Sequence[str]
    fresh_people: Sequence[str]

    @property
    def harm(self) -> float:
        """Share of the lists of new products whose order got worse by more than 0.1; 0 without any."""
        return float((self.fresh[:, 1] - self.fresh[:, 0] < -MUCH).mean()) if len(self.fresh) else 0.0


def learned_of(catalogue: Catalogue) -> tuple[str, ...]:
    """What is learned: the weights of the five tastes, of the shop's own fields that the catalogue has, and of repeat
    purchase."""
    return (*TASTES, *(name for name in catalogue.attributes if name not in TASTES), REPEAT)


def ndcg(chosen: Mask) -> float:
    """nDCG@10 of a list that holds what was chosen, best rank first; 0 without a choice.

    >>> ndcg(np.array([True, False])), round(ndcg(np.array([False, True])), 4)
    (1.0, 0.6309)
    """
    discount = 1 / np.log2(np.arange(2, min(len(chosen), DEPTH) + 2))
    best = discount[: int(chosen.sum())].sum()
    return float(chosen[:DEPTH] @ discount / best) if best else 0.0


def learn_weights(
    period: Period, catalogue: Catalogue, settings: Personal, on_done: Step = lambda count: None
) -> Personal:
    """The settings with the weights that the choices speak for, as far as harm allows.

    Args:
        settings: the shop's own; their weights are where learning starts, and what few choices leave as it is.
        on_done: called with the number of examples that were worked through.
    """
    rows = []
    for example in period.examples:
        rows.append((*features(example, period.repeats, catalogue, settings), example.chosen, example.ips))
        on_done(1)
    if not rows:
        return settings
    start, names = weights_of(settings) | {REPEAT: settings.repeat}, learned_of(catalogue)
    found = fit(ChoiceSets.of(rows), np.array([start[name] for name in names]))
    return _harmless(period, catalogue, settings, dict(zip(names, found.tolist(), strict=True)), on_done)


def features(example: Example, repeats: Repeats, catalogue: Catalogue, settings: Personal) -> tuple[Scores, Scores]:
    """The base (n,) and the features (n, k) of an example, from the served code."""
    ranking = example.ranking
    result = personalize(ranking, example.affinities, catalogue, {}, settings, 1.0, len(ranking), repeats=repeats)
    back = np.argsort(result.ranking.features["rank_anonymous"], kind="stable")
    names = learned_of(catalogue)
    x = np.zeros((len(ranking), len(names)))
    for column, name in enumerate(names):
        if (of_one := result.ranking.features.get(f"x_{name}")) is not None:
            x[:, column] = result.gate * of_one[back]
    base = ranking.features["A"]
    if result.repeat is not None:
        trusted = example.affinities.gate(REPEAT)
        x[: len(result.repeat.often), -1] = trusted * result.repeat.often
        base = base + trusted * (result.repeat.raw - settings.repeat * result.repeat.often)
    return base, x


def _harmless(
    period: Period, catalogue: Catalogue, settings: Personal, found: Mapping[str, float], on_done: Step
) -> Personal:
    """What was found, the tastes as far from the settings as harm allows: the target, or what the settings do."""

    def harm(wanted: Personal) -> float:
        return judge(period, catalogue, wanted, on_done).harm

    stay, *ways = (_on_the_way(settings, found, way) for way in WAYS)
    if harm(ways[-1]) <= HARM:
        return ways[-1]
    most = max(HARM, harm(stay))
    return next((wanted for wanted in reversed(ways) if harm(wanted) <= most), stay)


def _on_the_way(settings: Personal, found: Mapping[str, float], way: float) -> Personal:
    """Repeat purchase as found, the tastes so far from the settings."""
    start = {name: here for name, here in weights_of(settings).items() if name in found}
    tastes = {name: (1 - way) * here + way * found[name] for name, here in start.items()}
    return with_weights(settings, {REPEAT: found[REPEAT]} | tastes)


def judge(period: Period, catalogue: Catalogue, settings: Personal, on_done: Step = lambda count: None) -> Judged:
    """What the personal order of these settings does for the examples."""
    everything: list[tuple[float, float]] = []
    fresh: list[tuple[float, float]] = []
    fresh_people: list[str] = []
    for example in period.examples:
        for is_fresh, ranking, chosen in _lists(example):
            ndcgs = ndcg(chosen), _personal_ndcg(ranking, chosen, example, period.repeats, catalogue, settings)
            (fresh if is_fresh else everything).append(ndcgs)
            fresh_people += [example.person] if is_fresh else []
        on_done(1)
    people = [example.person for example in period.examples]
    return Judged(np.array(everything).reshape(-1, 2), np.array(fresh).reshape(-1, 2), people, fresh_people)


def _lists(example: Example) -> Iterator[tuple[bool, Ranking, Mask]]:
    """The whole list; and the one without what was known, where enough of it and a choice are left."""
    yield False, example.ranking, example.chosen
    new = ~example.known
    if new.sum() >= LEAST_PRODUCTS and (example.chosen & new).any():
        rest = example.ranking.take(np.flatnonzero(new))
        yield True, rest.with_features(rank_anonymous=np.arange(1.0, len(rest) + 1)), example.chosen[new]


def _personal_ndcg(
    ranking: Ranking, chosen: Mask, example: Example, repeats: Repeats, catalogue: Catalogue, settings: Personal
) -> float:
    result = personalize(ranking, example.affinities, catalogue, {}, settings, 1.0, DEPTH, repeats=repeats)
    return ndcg(np.isin(result.ranking.rows, ranking.rows[chosen]))
