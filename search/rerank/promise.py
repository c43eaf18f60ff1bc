"""The promise of the personal order, checked on every search that is served, not only in tests.

    no product of a worse tier stands before one of a better tier
    nothing stands more than `places` above its anonymous rank
    |p| ≤ strength · (B + B_r)
    within a tier j never passes i if A_i + size_i − A_j − size_j > 2 · strength · (B + B_r)

Whoever finds it broken serves the anonymous order and says so (`search/personal/stage.py`).
"""

from __future__ import annotations

import numpy as np

from search.settings import Personal
from search.types import Ranking, Scores

#: An order rounds scores to 1e-6, each of two.
ROUNDING = 2e-6


def is_broken(ranking: Ranking, settings: Personal, strength: float) -> bool:
    """Whether a personal order breaks what is promised.

    Args:
        ranking: in personal order, with the features tier, A, p, size and rank_anonymous (from 1).
        strength: the dial, 0..1.
    """
    before = ranking.features["rank_anonymous"]
    moved = np.flatnonzero(before != np.arange(1, len(before) + 1))
    if not len(moved):
        return False
    part = slice(0, int(moved[-1]) + 1)  # behind it everybody stands where a stranger sees them
    before, tier = before[part], ranking.features["tier"][part]
    bound = strength * (settings.bound + settings.repeat_bound)
    places = np.arange(1, len(before) + 1)
    if (np.sort(before) != places).any() or (before - places > settings.places).any() or (np.diff(tier) < 0).any():
        return True
    if (np.abs(ranking.features["p"]) > bound + ROUNDING).any():
        return True
    score = (ranking.features["A"] + ranking.features["size"])[part]
    return _passes(before, tier, score, 2 * bound + ROUNDING)


def _passes(before: Scores, tier: Scores, score: Scores, reach: float) -> bool:
    """Whether one passes another of its tier that is better by more than `reach`.

    A glance first: nobody can where the best of those behind is not that much better.
    """
    best_behind = np.maximum.accumulate(score[::-1])[::-1]
    doubtful = np.flatnonzero(best_behind - score > reach)
    for j in doubtful.tolist():
        behind = slice(j + 1, len(score))
        passed = (before[behind] < before[j]) & (tier[behind] == tier[j])
        if (score[behind][passed] - score[j] > reach).any():
            return True
    return False
