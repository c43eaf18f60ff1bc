"""What would another ranking have earned? Estimates from clicks that were logged under the one that served.

Position-based model: a click needs a look at the rank, with probability e_r = r^−η, and a product that attracts. So a
logged click on a product tells of its click at another rank once both looks are known:

    w_i = min(clip, π_i · e(target rank) / (q_i · e(logged rank)))

    IPS    Σ w_i c_i / n                                   unbiased if w is right, not clipped, and q > 0 for all
    SNIPS  IPS / (Σ w_i e_i / Σ e_i)                       c_i: reward, e_i = e(logged rank), n impressions

π_i is the probability that the target shows the product, q_i (`propensity`) that the logging policy showed it in this
answer, at whatever rank: a product that can stand at three ranks is logged at one of them, and dividing by the
probability of that rank alone would count it three times. The divisor of SNIPS is the share of the target's looks
that falls on what was logged, expected to be 1: unlike in a bandit Σ w is not n here, because weights carry ratios of
looks; with η = 0 it is the usual Σ w c / Σ w. What the log never showed counts as 0 in IPS, as the average in SNIPS.

Effective sample size: (Σ w)² / Σ w², of Kish: how many impressions of equal weight would say as much.

η is given, not fitted: fitting it needs products that were logged at several ranks by intervention.

Sources: Joachims, Swaminathan, Schnabel, WSDM 2017, doi:10.1145/3018661.3018699 (position-based propensities); Li et
al., KDD 2018, doi:10.1145/3219819.3220028 (click models off policy); Swaminathan, Joachims, NIPS 2015 (SNIPS);
Bottou et al., JMLR 14, 2013 (clipping).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Annotated

import numpy as np
from msgspec import Meta, Struct
from numpy.typing import ArrayLike, NDArray

from eval.documents import Estimate, Interval
from eval.online.lines import read_lines
from eval.statistics import CHUNK, RESAMPLES
from search.errors import BadInput

ETA, CLIP = 0.7, 10.0
#: Under this an interval is a guess: no verdict.
LEAST_ESS = 200.0
#: A bootstrap over fewer answers than this has too few to draw from.
LEAST_REQUESTS = 20

Floats = NDArray[np.float64]


class Impression(Struct, frozen=True, kw_only=True):
    """One product that was shown, clicked or not. Lines of one `request` (or else of one query) are drawn together.

    `propensity`: probability that the logging policy showed this product at all in this answer. `reward` in place of
    `clicked`. `target_position` None: the target does not show it.
    """

    query_id: str
    product_id: str
    position: Annotated[int, Meta(ge=1)]
    query: str = ""
    request: str | None = None
    propensity: Annotated[float, Meta(gt=0, le=1)] = 1.0
    clicked: bool | Annotated[int, Meta(ge=0, le=1)] | None = None
    reward: Annotated[float, Meta(ge=0)] | None = None
    target_position: Annotated[int, Meta(ge=1)] | None = None
    target_probability: Annotated[float, Meta(ge=0, le=1)] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Log:
    """Impressions as columns, (n,) each: target rank 0 where the target does not show the product."""

    request: NDArray[np.int64]
    rank: NDArray[np.int64]
    propensity: Floats
    reward: Floats
    target_rank: NDArray[np.int64]
    target_probability: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Weighted:
    """Weights before and after clipping, looks at the logged and at the target rank; (n,) each."""

    free: Floats
    clipped: Floats
    looks: Floats

    @property
    def share_clipped(self) -> float:
        """Share of impressions whose weight was cut."""
        return float((self.free > self.clipped).mean())


def examination(rank: ArrayLike, eta: float = ETA) -> Floats:
    """The probability of a look at a rank from 1, r^−η.

    >>> examination([1, 4], 0.5).tolist()
    [1.0, 0.5]
    """
    return np.asarray(rank, np.float64) ** -eta


def weigh(log: Log, eta: float = ETA, clip: float = CLIP) -> Weighted:
    """w of every impression; 0 where the target does not show the product."""
    looks = examination(log.rank, eta)
    shown = log.target_rank > 0
    target = np.where(shown, examination(np.maximum(log.target_rank, 1), eta), 0.0)
    free = log.target_probability * target / (log.propensity * looks)
    return Weighted(free, np.minimum(free, clip), looks)


def effective_sample_size(weights: ArrayLike) -> float:
    """(Σ w)² / Σ w²; 0 without any weight.

    >>> effective_sample_size([2.0, 2.0, 2.0])
    3.0
    """
    w = np.asarray(weights, np.float64)
    return float(w.sum() ** 2 / (w**2).sum()) if w.any() else 0.0


def estimates(log: Log, weighted: Weighted, seed: int = 0) -> tuple[list[Estimate], Interval]:
    """IPS and SNIPS with clipped weights, and target − logged by SNIPS.

    Bootstrap over requests, the same draws for all. SNIPS stays within the smallest and the greatest reward, as what
    it estimates does.
    """
    w = weighted.clipped
    columns = [w * log.reward, w * weighted.looks, weighted.looks, log.reward, np.ones(len(w))]
    low, high = float(log.reward.min()), float(log.reward.max())

    def values(sums: Floats) -> tuple[Floats, Floats, Floats]:
        earned, covered, looks, logged, n = np.moveaxis(sums, -1, 0)
        ips = earned / n
        snips = np.divide(earned * looks, covered * n, out=np.zeros_like(earned), where=covered > 0)
        snips = np.clip(snips, low, high)
        return ips, snips, snips - logged / n

    each: Floats = np.stack([np.bincount(log.request, column) for column in columns], 1).astype(np.float64)
    whole, drawn = values(each.sum(0)), values(resampled(each, seed))
    ips, snips, difference = (
        Interval(float(value), *map(float, np.quantile(draws, [0.025, 0.975])))
        for value, draws in zip(whole, drawn, strict=True)
    )
    common = {"effective_sample_size": effective_sample_size(w), "clipped": weighted.share_clipped}
    return [Estimate(name="IPS", value=ips, **common), Estimate(name="SNIPS", value=snips, **common)], difference


def resampled(rows: Floats, seed: int, resamples: int = RESAMPLES) -> Floats:
    """(resamples, columns) sums of rows drawn anew with replacement."""
    rng = np.random.default_rng(seed)
    step = max(1, CHUNK // (len(rows) * rows.shape[1]))
    parts = [
        rows[rng.integers(0, len(rows), (min(step, resamples - start), len(rows)))].sum(1)
        for start in range(0, resamples, step)
    ]
    return np.concatenate(parts)


def covered(weighted: Weighted) -> float:
    """The share of the target's looks that falls on logged products, before clipping; about 1 if nothing is missing."""
    return float((weighted.free * weighted.looks).sum() / weighted.looks.sum())


def more_impressions(n: int, ess: float, least: float = LEAST_ESS) -> int:
    """About how many more impressions like these the least effective sample size needs.

    >>> more_impressions(1_000, 100.0)
    1000
    """
    return 0 if ess >= least else ceil(n * (least / max(ess, 1.0) - 1))


def read_log(path: Path, target: Mapping[str, Sequence[str]] | None = None) -> tuple[Log, int]:
    """Read impressions, one JSON object a line, with the target's ranks.

    Args:
        target: query id -> product ids, best first; None reads target_position and target_probability.

    Returns:
        The log, and how many impressions were left out because the target has no list for their query.

    Raises:
        BadInput: a line that cannot be read or has no reward, no target at all, two products at one place.
    """
    kept: list[Impression] = []
    left_out = 0
    for place, line in read_lines(path, Impression):
        if line.clicked is None and line.reward is None:
            raise BadInput('An impression says "clicked": 0 or 1, or "reward": a number.', place)
        left_out += target is not None and line.query_id not in target
        if target is None or line.query_id in target:
            kept.append(line)
    if not kept:
        raise BadInput(f"No query of {path} is in the target. Are the query ids the same?", "--target")
    if target is None and all(line.target_position is None and line.target_probability is None for line in kept):
        raise BadInput("There is no target. Give a TREC run with --target or log target_position.", "--target")
    return columns_of(kept, target), left_out


def columns_of(lines: Sequence[Impression], target: Mapping[str, Sequence[str]] | None = None) -> Log:
    """Impressions as columns.

    A target rank behind the last logged place of the answer is not shown: the target's page is as long. With
    target_probability alone the target shows the product at its logged place.
    """
    names: dict[tuple[str, str], int] = {}
    request = np.array(
        [names.setdefault(("r", line.request) if line.request else ("q", line.query_id), len(names)) for line in lines]
    )
    rank = np.array([line.position for line in lines])
    if target is None:
        ranks = [
            line.target_position or (line.position if line.target_probability is not None else 0) for line in lines
        ]
    else:
        places = {query: {id: at for at, id in enumerate(ranked, 1)} for query, ranked in target.items()}
        ranks = [places[line.query_id].get(line.product_id, 0) for line in lines]
    last = np.zeros(len(names), np.int64)
    np.maximum.at(last, request, rank)
    target_rank = np.array(ranks)
    probability = [1.0 if line.target_probability is None else line.target_probability for line in lines]
    return Log(
        request=request,
        rank=rank,
        propensity=np.array([line.propensity for line in lines]),
        reward=np.array([float(line.clicked or 0) if line.reward is None else line.reward for line in lines]),
        target_rank=np.where(target_rank <= last[request], target_rank, 0),
        target_probability=np.array(probability),
    )
