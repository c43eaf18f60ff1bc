"""Conditional logit: which weights make what was chosen the most likely, among what could have been?

    P(y | list) = e^(a_y + x_y·w) / Σ_d e^(a_d + x_d·w)       a: what every stranger is shown the list by
    w           = argmin_{w ≥ 0}  −Σ_i ips_i · log P(y_i | list_i)  +  λ · ‖w − w_default‖²      λ = 5

The objective is strictly convex, so there is one answer; few choices leave the weights where they were. It is found by
Newton steps over the weights that are free: one at 0 that would fall further is not.

Source: McFadden, Conditional logit analysis of qualitative choice behavior, 1974; Bertsekas, Projected Newton methods,
SIAM J. Control Optim. 20 (1982), doi:10.1137/0320018
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from search.types import Mask, Scores

#: What it costs that a weight leaves its default by 1, in nats.
PENALTY = 5.0
MOST_STEPS, MOST_HALVINGS, CLOSE_ENOUGH = 100, 40, 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class ChoiceSets:
    """Lists, one after the other, and what was chosen of each.

    `base` (m,) a, log-odds that no weight changes; `x` (m, k) features; `chosen` (m,) shares that sum to 1 a list;
    `starts` (n,) where each list begins; `ips` (n,) what each one counts for.
    """

    base: Scores
    x: Scores
    chosen: Scores
    starts: NDArray[np.intp]
    ips: Scores

    @staticmethod
    def of(lists: Sequence[tuple[Scores, Scores, Mask, float]]) -> ChoiceSets:
        """From lists of (base (n_i,), features (n_i, k), chosen (n_i,), ips); at least one is chosen of each.

        >>> sets = ChoiceSets.of([(np.zeros(2), np.eye(2), np.array([True, False]), 1.0)])
        >>> sets.chosen.tolist(), sets.starts.tolist()
        ([1.0, 0.0], [0])
        """
        base, x, chosen, ips = zip(*lists, strict=True)
        sizes = np.array([len(one) for one in chosen])
        return ChoiceSets(
            np.concatenate(base),
            np.concatenate(x),
            np.concatenate([one / one.sum() for one in chosen]),
            np.cumsum(sizes) - sizes,
            np.array(ips),
        )

    def __len__(self) -> int:
        return len(self.starts)

    def spread(self, of_list: Scores) -> Scores:
        """(m,) a number of each list, for each of its products."""
        return np.repeat(of_list, np.diff(self.starts, append=len(self.chosen)))


def fit(sets: ChoiceSets, default: Scores, penalty: float = PENALTY) -> Scores:
    """The weights (k,), none below 0, to 1e-9.

    Args:
        default: (k,) weights that nothing is known against.

    >>> never = ChoiceSets.of([(np.zeros(2), np.array([[1.0], [0.0]]), np.array([False, True]), 100.0)])
    >>> fit(never, np.array([0.5])).tolist()
    [0.0]
    """
    w = np.maximum(default, 0.0)
    value, gradient, hessian = _objective(sets, w, default, penalty)
    for _ in range(MOST_STEPS):
        free = (w > 0) | (gradient < 0)
        step = np.zeros_like(w)
        step[free] = np.linalg.solve(hessian[np.ix_(free, free)], gradient[free])
        new = _shortened(sets, w, step, value, default, penalty)
        moved = float(np.abs(new - w).max(initial=0.0))
        w = new
        if moved < CLOSE_ENOUGH:
            break
        value, gradient, hessian = _objective(sets, w, default, penalty)
    return w


def _shortened(sets: ChoiceSets, w: Scores, step: Scores, value: float, default: Scores, penalty: float) -> Scores:
    """Where the step leads, halved until that is better; where nothing is, the weights as they are."""
    for halving in range(MOST_HALVINGS):
        new = np.maximum(w - step * 0.5**halving, 0.0)
        if _objective(sets, new, default, penalty)[0] <= value:
            return new
    return w


def _objective(sets: ChoiceSets, w: Scores, default: Scores, penalty: float) -> tuple[float, Scores, Scores]:
    """What is made least, its gradient (k,) and its second derivatives (k, k)."""
    score = sets.base + sets.x @ w
    score = score - sets.spread(np.maximum.reduceat(score, sets.starts))
    odds = np.exp(score)
    total = np.add.reduceat(odds, sets.starts)
    share = odds / sets.spread(total)
    ips = sets.spread(sets.ips)
    loss = float(sets.ips @ np.log(total) - (ips * sets.chosen) @ score)
    expected = np.add.reduceat(share[:, None] * sets.x, sets.starts)
    curvature = sets.x.T @ ((ips * share)[:, None] * sets.x) - expected.T @ (sets.ips[:, None] * expected)
    away = w - default
    return (
        loss + penalty * float(away @ away),
        sets.x.T @ (ips * (share - sets.chosen)) + 2 * penalty * away,
        curvature + 2 * penalty * np.eye(len(w)),
    )
