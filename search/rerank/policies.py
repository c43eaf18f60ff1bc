"""The anonymous order: tiers, declared business terms, log-odds. The same for everybody.

A(d) = R(d)/T + stated(d) + business(d), stated ≤ 0 for what contradicts the query (`rerank/stated.py`). Tiers: 0 exact
matches of a name, model number or EAN; 1 what is close to the best result (R + T·stated ≥ close · the best of them); 2
the rest. Sorted by (tier, A): the anonymous rank r0.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from search.rerank.fuse import reached_by
from search.rerank.season import FORWARD
from search.rerank.traits import NumberLike
from search.settings import Business, Personal
from search.types import Ranking, Rows, Scores

EXACT, CLOSE, REST = 0, 1, 2


def tiers(relevance: Scores, exact: np.ndarray, close: float, best: float | None = None) -> Scores:
    """(n,) tier of each product: 0 exact, 1 close to the best, 2 the rest.

    Args:
        relevance: (n,) R.
        exact: (n,) bool.
        close: share of the best R.
        best: that one, if it is not among these.
    """
    top = relevance.max(initial=0.0) if best is None else best
    return np.where(exact, EXACT, np.where(relevance >= close * top, CLOSE, REST)).astype(np.float64)


def ranks(column: NumberLike | None, size: int) -> Scores:
    """(size,) each product's rank by a number, 0 least … 1 most; 0 where it is unknown."""
    rank = np.zeros(size)
    if column is not None and len(column.rows):
        order = np.searchsorted(np.sort(column.numbers), column.numbers)
        rank[column.rows] = order / max(len(column.numbers) - 1, 1)
    return rank


def ranks_within(column: NumberLike | None, groups: NDArray[np.int32]) -> Scores:
    """(n,) each product's rank by a number among those of its group, 0 least … 1 most; 0 where it is unknown.

    A group of one says nothing: 0.

    Args:
        groups: (n,) codes, such as product types.
    """
    rank = np.zeros(len(groups))
    if column is None or not len(column.rows):
        return rank
    of = groups[column.rows]
    order = np.lexsort((column.numbers, of))
    numbers, of_sorted = column.numbers[order], of[order]
    starts = np.searchsorted(of_sorted, of_sorted)
    sizes = np.searchsorted(of_sorted, of_sorted, side="right") - starts
    # ties share the place of the first of them
    is_first = np.r_[True, (numbers[1:] != numbers[:-1]) | (of_sorted[1:] != of_sorted[:-1])]
    first = np.maximum.accumulate(np.where(is_first, np.arange(len(order)), 0))
    rank[column.rows[order]] = (first - starts) / np.maximum(sizes - 1, 1)
    return rank


def is_sold_out(stock: NumberLike | None, size: int) -> np.ndarray:
    """(size,) bool: nothing in stock; an unknown stock is not sold out."""
    sold_out = np.zeros(size, bool)
    if stock is not None:
        sold_out[stock.rows.take(np.flatnonzero(stock.numbers <= 0))] = True
    return sold_out


def at_hand(here: NumberLike | None, anywhere: NumberLike | None, size: int) -> Scores:
    """(size,) how soon each product can be had: 1 it is in stock here, 0.5 elsewhere or nobody says, 0 nowhere.

    Args:
        here: pieces in the branch that is asked from; without a branch the same as `anywhere`.
        anywhere: pieces in all.
    """
    degrees = np.full(size, 0.5)
    if anywhere is not None:
        degrees[anywhere.rows] = np.where(anywhere.numbers > 0, 0.5, 0.0)
    if here is not None:
        degrees[here.rows[here.numbers > 0]] = 1.0
    return degrees


def business_terms(
    popularity: Scores,
    sold_out: np.ndarray,
    settings: Business,
    stocked: Scores | None = None,
    margin: Scores | None = None,
) -> dict[str, Scores]:
    """The shop's declared terms, log-odds, each within its bound; one that is not wanted has no column.

    Args:
        popularity: (n,) rank among the catalogue's products, 0 least … 1 most sold; 0 where unknown.
        sold_out: (n,) bool: known to be out of stock.
        stocked: (n,) rank by pieces in stock within the product type, 0 … 1; None: it does not count.
        margin: (n,) rank by margin, 0 … 1; None: it does not count.
    """
    terms = {
        "bestseller": settings.bestseller * np.clip(popularity, 0.0, 1.0),
        "sold_out": -settings.sold_out * sold_out.astype(np.float64),
    }
    for name, bound, rank in (("high_stock", settings.high_stock, stocked), ("margin", settings.margin, margin)):
        if rank is not None:
            terms[name] = bound * np.clip(rank, 0.0, 1.0)
    return terms


def span(settings: Business, urgent: bool) -> float:
    """How far apart the declared and learned terms of two products can be at most, log-odds."""
    declared = settings.bestseller + settings.sold_out + settings.high_stock + settings.margin
    return declared + settings.clicked + (1 + FORWARD) * settings.season + urgent * settings.urgent


def in_reach(ranking: Ranking, most: int, apart: float, temperature: float) -> Ranking:
    """Without what cannot be among so many of the best, wherever it is that their terms are at most `apart`.

    A product whose R is less than that of `most` others by more than the terms can make up stands behind all of them,
    in the same tier or a lower one; an exact match (R = 1) never does.
    """
    relevance = ranking.features["R"]
    known = reached_by(relevance, most)
    if not known or np.count_nonzero(relevance >= known) < most:
        return ranking
    # A is rounded to 1e-6
    return ranking.take(np.flatnonzero(relevance >= known - temperature * (apart + 1e-5)))


def anonymous(
    ranking: Ranking,
    exact: np.ndarray,
    terms: dict[str, Scores],
    personal: Personal,
    stated: Scores | None = None,
    most: int | None = None,
    best: float | None = None,
) -> Ranking:
    """The anonymous order, with the features tier, A, stated, each business term, and rank_anonymous (from 1).

    Args:
        ranking: with the feature R.
        exact: (n,) bool, in the ranking's order.
        terms: business terms, in the ranking's order.
        stated: (n,) what is taken for contradicting the query, log-odds; None: the query states nothing.
        most: only so many of the best are kept; None: all.
        best: the greatest R, where some were left out before; None: it is among these.
    """
    taken = np.zeros(len(ranking)) if stated is None else stated
    tier = tiers(ranking.features["R"] + personal.temperature * taken, exact, personal.close, best)
    log_odds = ranking.features["R"] / personal.temperature
    score = log_odds + sum(terms.values(), taken)
    features = {**ranking.features, "tier": tier, "A": score, "stated": taken, **terms}
    order = _best(ranking.rows, -np.round(score, 6), tier, len(ranking) if most is None else most)
    ranked = Ranking(ranking.rows, score, features).take(order)
    return ranked.with_features(rank_anonymous=np.arange(1.0, len(ranked) + 1))


def _best(rows: Rows, score: Scores, tier: Scores, most: int) -> NDArray[np.intp]:
    """Places by tier, score (the least first) and row, at most so many: what cannot be among them is not put in order.

    >>> _best(np.arange(4), np.array([-1.0, -3.0, -2.0, -3.0]), np.array([1.0, 1.0, 0.0, 1.0]), 3).tolist()
    [2, 1, 3]
    """
    if len(rows) <= most:
        return np.lexsort((rows, score, tier))
    near = tier * (2 * np.abs(score).max(initial=0.0) + 1) + score
    some = np.flatnonzero(near <= np.partition(near, most - 1)[most - 1])
    return some[np.lexsort((rows[some], score[some], tier[some]))][:most]
