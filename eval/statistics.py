"""Is a difference more than luck? Bootstrap intervals, the paired randomisation test, Holm's correction.

All take values per query and a seed, and give the same answer for the same seed.

Sources: Smucker, Allan, Carterette, CIKM 2007, doi:10.1145/1321440.1321528 (randomisation beats t and sign tests for
IR); Efron, Tibshirani, An Introduction to the Bootstrap, 1993; Holm, Scand. J. Statist. 6, 1979.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from eval.documents import Interval

RESAMPLES = 2_000
PERMUTATIONS = 10_000
#: Random numbers made at once: bounds memory at some 32 MB for any number of queries.
CHUNK = 4_000_000

Floats = NDArray[np.float64]


def bootstrap_means(values: ArrayLike, seed: int = 0, resamples: int = RESAMPLES) -> Floats:
    """(resamples,) means of values drawn anew with replacement; empty without values."""
    array = np.asarray(values, np.float64)
    if not len(array):
        return np.empty(0)
    rng = np.random.default_rng(seed)
    step = max(1, CHUNK // len(array))
    parts = [
        array[rng.integers(0, len(array), (min(step, resamples - start), len(array)), np.int32)].mean(1)
        for start in range(0, resamples, step)
    ]
    return np.concatenate(parts)


def interval(values: ArrayLike, seed: int = 0, resamples: int = RESAMPLES) -> Interval:
    """Mean and 95 % percentile bootstrap interval; zeros without values.

    >>> interval([1.0, 1.0, 1.0])
    Interval(mean=1.0, low=1.0, high=1.0)
    """
    array = np.asarray(values, np.float64)
    if not len(array):
        return Interval(0.0, 0.0, 0.0)
    low, high = np.quantile(bootstrap_means(array, seed, resamples), [0.025, 0.975])
    return Interval(float(array.mean()), float(low), float(high))


def cluster_interval(values: ArrayLike, clusters: ArrayLike, seed: int = 0, resamples: int = RESAMPLES) -> Interval:
    """Mean and 95 % interval, with a bootstrap over clusters: one query's shoppers are not independent.

    Args:
        clusters: (n,) what each value belongs to; clusters are drawn anew with all their values.

    >>> cluster_interval([0.1, 0.3], ["q", "q"])
    Interval(mean=0.2, low=0.2, high=0.2)
    """
    array = np.asarray(values, np.float64)
    names, which = np.unique(np.asarray(clusters), return_inverse=True)
    if len(names) == len(array):
        return interval(array, seed, resamples)
    sums, counts = np.bincount(which, array), np.bincount(which).astype(np.float64)
    means = bootstrap_means(sums, seed, resamples) / bootstrap_means(counts, seed, resamples)  # the same draws
    low, high = np.quantile(means, [0.025, 0.975])
    return Interval(float(array.mean()), float(low), float(high))


def percent_interval(before: ArrayLike, after: ArrayLike, seed: int = 0, resamples: int = RESAMPLES) -> Interval:
    """100 · (mean after / mean before − 1), with a bootstrap over the pairs.

    >>> percent_interval([0.5, 0.5], [0.6, 0.6]).mean
    20.0
    """
    pairs = np.stack([np.asarray(before, np.float64), np.asarray(after, np.float64)], 1)
    if not len(pairs) or pairs[:, 0].sum() == 0:
        return Interval(0.0, 0.0, 0.0)
    rng = np.random.default_rng(seed)
    ratios = np.empty(resamples)
    for at in range(resamples):
        base, other = pairs[rng.integers(0, len(pairs), len(pairs))].mean(0)
        ratios[at] = other / base if base else 1.0
    low, high = np.quantile(100 * (ratios - 1), [0.025, 0.975])
    base, other = pairs.mean(0)
    return Interval(round(float(100 * (other / base - 1)), 9), float(low), float(high))


def cluster_percent_interval(
    before: ArrayLike, after: ArrayLike, clusters: ArrayLike, seed: int = 0, resamples: int = RESAMPLES
) -> Interval:
    """100 · (mean after / mean before − 1), with a bootstrap over clusters: people, whose queries are not independent.

    Args:
        clusters: (n,) what each pair belongs to; clusters are drawn anew with all their pairs.

    >>> cluster_percent_interval([0.5, 0.5], [0.6, 0.6], ["anna", "bernd"]).mean
    20.0
    >>> one = cluster_percent_interval([0.5, 0.5], [0.6, 0.4], ["anna", "anna"])
    >>> one.low == one.high  # a single person says nothing about others
    True
    """
    names, which = np.unique(np.asarray(clusters), return_inverse=True)
    sums = np.stack([np.bincount(which, np.asarray(values, np.float64), len(names)) for values in (before, after)], 1)
    base, other = sums.sum(0)
    if not base:
        return Interval(0.0, 0.0, 0.0)
    rng = np.random.default_rng(seed)
    step = max(1, CHUNK // len(names))
    ratios = []
    for start in range(0, resamples, step):
        drawn = sums[rng.integers(0, len(names), (min(step, resamples - start), len(names)), np.int32)].sum(1)
        ratios.append(np.divide(drawn[:, 1], drawn[:, 0], out=np.ones(len(drawn)), where=drawn[:, 0] > 0))
    low, high = np.quantile(100 * (np.concatenate(ratios) - 1), [0.025, 0.975])
    return Interval(round(float(100 * (other / base - 1)), 9), float(low), float(high))


def randomisation_p(differences: ArrayLike, seed: int = 0, permutations: int = PERMUTATIONS) -> float:
    """Two-sided p of a mean difference: how often random signs reach it.

    p = (1 + #{|mean of ± d| ≥ |mean of d|}) / (1 + permutations); 1 without any difference.

    Args:
        differences: (n,) B − A per query, the same queries.

    >>> randomisation_p([0.0, 0.0])
    1.0
    >>> randomisation_p(np.full(20, 0.1), seed=1) < 0.001
    True
    """
    d = np.asarray(differences, np.float64)
    d = d[d != 0]  # a tie gives nothing under either sign
    if not len(d):
        return 1.0
    observed = abs(d.sum()) * (1 - 1e-12)  # equal sums must count as reached, whatever their rounding
    rng = np.random.default_rng(seed)
    step = max(1, CHUNK // len(d))
    reached = 0
    for start in range(0, permutations, step):
        flips = rng.integers(0, 2, (min(step, permutations - start), len(d)), np.int8)
        sums = 2.0 * (flips @ d) - d.sum()
        reached += int((np.abs(sums) >= observed).sum())
    return (1 + reached) / (1 + permutations)


def holm(p_values: Mapping[Any, float]) -> dict[Any, float]:
    """Holm's step-down correction for several tests.

    p_(i) · (m − i + 1), made monotone, at most 1.

    >>> holm({"a": 0.01, "b": 0.04})
    {'a': 0.02, 'b': 0.04}
    """
    corrected: dict[Any, float] = {}
    highest = 0.0
    for place, (name, p) in enumerate(sorted(p_values.items(), key=lambda item: item[1])):
        highest = max(highest, min(1.0, p * (len(p_values) - place)))
        corrected[name] = highest
    return {name: corrected[name] for name in p_values}
