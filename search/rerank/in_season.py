"""What a shopper is told where the season moved a hit, for everybody alike: up or down, by how many places.

Places are counted against the same order without the season's term: how many more, or fewer, of the same tier would
stand before the hit, of those that can be paged to. It is a part of everybody's order, so nobody switches it off for
themselves; a query that names what is wanted overrules it.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from search.messages import Reason
from search.rerank.season import SEASON
from search.types import Ranking

TEXTS: Mapping[str, Mapping[str, str]] = {
    "de": {"up": "Passt in die Jahreszeit", "down": "Gerade nicht die Jahreszeit dafür"},
    "en": {"up": "In season now", "down": "Out of season now"},
}


def places_gained(ranking: Ranking, place: int) -> int:
    """By how many places a hit stands higher than without the season's term, below 0 lower; 0 where it has none.

    Args:
        ranking: in anonymous order, with the features tier and A.
        place: of the hit in it, from 0.

    >>> features = {"tier": np.zeros(3), "A": np.array([5.0, 4.9, 4.8]), "season": np.array([0.0, 0.0, -0.3])}
    >>> places_gained(Ranking(np.arange(3), features["A"], features), 2)
    -2
    """
    season = ranking.features.get(SEASON)
    if season is None or not season[place]:
        return 0
    tier, without = ranking.features["tier"], np.round(ranking.features["A"] - season, 6)
    ties = (without == without[place]) & (ranking.rows < ranking.rows[place])
    before = (tier < tier[place]) | ((tier == tier[place]) & ((without > without[place]) | ties))
    return int(np.count_nonzero(before)) - place


def season_reason(ranking: Ranking, place: int, language: str) -> Reason | None:
    """The sentence for a hit that the season moved; None where it did not."""
    gained = places_gained(ranking, place)
    if not gained:
        return None
    return Reason(TEXTS.get(language, TEXTS["en"])["up" if gained > 0 else "down"], gained)
