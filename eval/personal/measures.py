"""From outcomes to the tables of a replay. Intervals resample people: one person's queries are not independent."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from eval.documents import Gain, LiftBin
from eval.personal.judge import NEW, Outcome
from eval.personal.memory import LATEST
from eval.statistics import cluster_percent_interval

SERVED = "served"
SMALL = 1e-9
MUCH = 0.1
#: Evidence, in events: up to and including.
EVIDENCE = ((0, "no events"), (5, "1–5 events"), (20, "6–20 events"), (np.inf, "> 20 events"))

Belongs = Callable[[Outcome], bool]


def gain(name: str, outcomes: Sequence[Outcome], ranker: str, seed: int) -> Gain | None:
    """A ranker against the anonymous order, on the choices that it was asked about; None without any."""
    asked = [outcome for outcome in outcomes if ranker in outcome.values]
    if not asked:
        return None
    pairs = np.array([outcome.values[ranker] for outcome in asked])
    difference = pairs[:, 1] - pairs[:, 0]
    return Gain(
        name=name,
        n=len(asked),
        anonymous=float(pairs[:, 0].mean()),
        personal=float(pairs[:, 1].mean()),
        percent=cluster_percent_interval(pairs[:, 0], pairs[:, 1], [outcome.person for outcome in asked], seed),
        better=float((difference > SMALL).mean()),
        worse=float((difference < -SMALL).mean()),
        much_worse=float((difference < -MUCH).mean()),
    )


def gains(outcomes: Sequence[Outcome], rankers: Sequence[str], seed: int) -> list[Gain]:
    """Rankers on all choices, and on products never chosen before."""
    found = (gain(name, outcomes, name, seed) for ranker in rankers for name in (ranker, ranker + NEW))
    return [one for one in found if one is not None]


def by_evidence(outcomes: Sequence[Outcome], seed: int) -> list[Gain]:
    """The served order by what the profile knows, over the whole shop and about this type of product."""
    slices: list[tuple[str, Belongs]] = []
    for told, count in (("", _events), (" in the type", _kind_events)):
        lowest = -1.0
        for highest, label in EVIDENCE:
            slices.append((label + told, _between(count, lowest, highest)))
            lowest = highest
    return _sliced(outcomes, slices, seed)


def by_entropy(outcomes: Sequence[Outcome], seed: int) -> list[Gain]:
    """The served order by how open the query is: thirds by the entropy of softmax(A), in nats."""
    if not outcomes:
        return []
    low, high = np.quantile([outcome.entropy for outcome in outcomes], [1 / 3, 2 / 3]).tolist()
    slices: list[tuple[str, Belongs]] = [
        (f"narrow (< {low:.2f} nats)", lambda outcome: outcome.entropy < low),
        (f"middle ({low:.2f}–{high:.2f})", lambda outcome: low <= outcome.entropy < high),
        (f"broad (≥ {high:.2f})", lambda outcome: outcome.entropy >= high),
    ]
    return _sliced(outcomes, slices, seed)


def cold_start(outcomes: Sequence[Outcome], seed: int) -> list[Gain]:
    """The served order as if the shopper had come n events ago; and with all that is known."""
    names = [(f"{count} event{'s' if count > 1 else ''}", f"latest {count}") for count in LATEST]
    found = [gain(name, outcomes, ranker, seed) for name, ranker in [*names, ("all events", SERVED)]]
    return [one for one in found if one is not None]


def lift_calibration(outcomes: Sequence[Outcome]) -> list[LiftBin]:
    """Predicted brand lifts against how much oftener than expected their products were chosen.

    observed = Σ share of the choices / Σ share that popularity expects; predicted is weighed by the latter.
    """
    if not outcomes:
        return []
    sums = np.sum([outcome.lifts for outcome in outcomes], axis=0)
    return [
        LiftBin(predicted / expected, chosen / expected, int(products))
        for expected, predicted, chosen, products in sums.tolist()
        if expected > 0
    ]


def brand_entropy(outcomes: Sequence[Outcome]) -> dict[str, float]:
    """Mean entropy of the brands among the first ten, nats."""
    anonymous, personal = np.mean([outcome.brand_entropy for outcome in outcomes] or [(0.0, 0.0)], axis=0).tolist()
    return {"anonymous": anonymous, "personal": personal}


def _events(outcome: Outcome) -> int:
    return outcome.events


def _kind_events(outcome: Outcome) -> int:
    return outcome.kind_events


def _between(count: Callable[[Outcome], int], lowest: float, highest: float) -> Belongs:
    return lambda outcome: lowest < count(outcome) <= highest


def _sliced(outcomes: Sequence[Outcome], slices: Sequence[tuple[str, Belongs]], seed: int) -> list[Gain]:
    found = []
    for label, belongs in slices:
        inside = [outcome for outcome in outcomes if belongs(outcome)]
        found += [gain(label + suffix, inside, SERVED + suffix, seed) for suffix in ("", NEW)]
    return [one for one in found if one is not None]
