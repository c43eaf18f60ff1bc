"""Places: the best product that may stand there, none further up than it may climb."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from search.rerank.gates import GATE_DEPTH
from search.settings import Personal
from search.types import Rows, Scores


def depth(size: int, window: int, settings: Personal) -> int:
    """How many of `size` products are ordered anew so that the first `window` places are right."""
    return min(size, max(window, GATE_DEPTH) + settings.places)


def place(tier: Scores, score: Scores, rows: Rows, places: int) -> tuple[NDArray[np.intp], Scores]:
    """Fill each place with the best product that may stand there.

    Position k takes the best (tier, score) among those not yet placed whose anonymous rank is at most
    k + places. Ties by row.

    Args:
        tier, score, rows: (n,) in anonymous order.
        places: how far a product may climb.

    Returns:
        order (n,): positions of the anonymous order, best first; held (n,), in that order: 1 where a product
        stands below one that it beats, because it may not climb higher.

    >>> order, held = place(np.zeros(4), np.array([4.0, 3, 2, 9]), np.arange(4), places=1)
    >>> order.tolist(), held.tolist()
    ([0, 1, 3, 2], [0.0, 0.0, 1.0, 0.0])
    """
    rounded = -np.round(score, 6)
    best = np.lexsort((rows, rounded, tier))
    if (best <= np.arange(len(best)) + places).all():  # nobody has to wait: the best order may stand
        return best, np.zeros(len(best))
    order = _slots(best.tolist(), places)
    rank = np.empty(len(best), np.intp)
    rank[best] = np.arange(len(best))
    placed = rank[order]
    return order, (np.maximum.accumulate(placed) > placed).astype(np.float64)


def _slots(best: list[int], places: int) -> NDArray[np.intp]:
    """Each product, the best first, takes the first free place that it may climb to: the same as if each place took the
    best that may stand there."""
    order, nearest, first = [-1] * len(best), list(range(len(best) + 1)), 0  # nearest: a free place, or towards one
    for at in best:
        place = at - places
        if place <= first:
            order[first] = at
            nearest[first] = place = first + 1
            while place < len(order) and order[place] >= 0:
                place += 1
            first = place
            continue
        while (further := nearest[place]) != place:
            nearest[place] = nearest[further]
            place = further
        order[place] = at
        nearest[place] = place + 1
    return np.array(order, np.intp)
