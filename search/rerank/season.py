"""The season, as a term of the anonymous order: sandals before boots in July, and nothing else is changed by it.

    season(d) = bound · clip(learned(c, day) + min(declared(d, day), 0), −1, 1/3)

learned: of the choices n of the shop's shoppers, by product type c and month of the year m, against the share q(m) of
the month in all choices: log2 ((n(c, m) + κ) / (n(c) · q(m) + κ)), so +1 for twice as often as usual; between the
middles of two months in proportion. declared: the feed's column `season`, a cosine over the year with its peak in the
middle of the season that it names. Both are 0 where nothing is known.

What is out of season falls back; a season that the feed names brings nothing forward, since a shop in January sells
more than winter clothes, and what is chosen more than usual comes forward a third as far.

A query that states a kind of thing or a season overrules it: who asks for a bikini in January means it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np

from search.types import Scores, Stated

#: Attributes that overrule the season where the query states them.
OVERRULING = ("season", "product_type", "category")
#: How far what is in season comes forward, against how far what is not falls back.
FORWARD = 1 / 3
#: The term's feature of a ranking, and those that tell where it comes from.
SEASON, LEARNED, NAMED = "season", "season_learned", "season_declared"
MONTHS, DAYS = 12, 365.25
#: Day of the year in whose half year things with such a name are wanted: the middle of July, of January … (northern).
PEAKS = {"sommer": 196, "summer": 196, "winter": 15, "frühling": 105, "frühjahr": 105, "spring": 105}
PEAKS |= {"herbst": 288, "autumn": 288, "fall": 288}
_NAMES = re.compile("|".join(PEAKS), re.IGNORECASE)
#: Twice a year: "Übergang" is spring and autumn.
_BETWEEN = re.compile("übergang|transition", re.IGNORECASE)


def is_overruled(stated: Sequence[Stated]) -> bool:
    """True where a query says for itself what it wants."""
    return any(item.attribute in OVERRULING and item.effect != "off" for item in stated)


def declared_degree(value: str, day: date) -> float:
    """How well a season's name fits a day, −1 … 1; 0 for a name that says nothing, such as "ganzjährig".

    >>> [round(declared_degree("Frühjahr/Sommer", date(2026, month, 15)), 2) for month in (1, 5, 6, 12)]
    [-0.69, 0.96, 0.96, -0.96]
    >>> round(declared_degree("übergang", date(2026, 4, 15)), 2), declared_degree("ganzjährig", date(2026, 1, 1))
    (1.0, 0.0)
    """
    now = day.timetuple().tm_yday
    if _BETWEEN.search(value):
        return float(np.cos(4 * np.pi * (now - 105) / DAYS))
    angles = [2 * np.pi * PEAKS[name.lower()] / DAYS for name in _NAMES.findall(value)]
    if not angles or len(angles) > 2:
        return 0.0
    middle = np.arctan2(np.sin(angles).sum(), np.cos(angles).sum())
    spread = np.hypot(np.mean(np.sin(angles)), np.mean(np.cos(angles)))
    return float(np.cos(2 * np.pi * now / DAYS - middle)) if spread > 0.5 else 0.0


def monthly(months: Mapping[str, Mapping[str, int]]) -> tuple[list[str], Scores]:
    """Types, and (types, 12) how often each was chosen in each month of the year, over all years."""
    types = sorted({kind for counts in months.values() for kind in counts})
    at = {kind: place for place, kind in enumerate(types)}
    counts = np.zeros((len(types), MONTHS))
    for month, chosen in months.items():
        for kind, count in chosen.items():
            counts[at[kind], int(month[5:7]) - 1] += count
    return types, counts


def learned_degrees(counts: Scores, kappa: float, day: date) -> Scores:
    """(types,) log2 of how much more than usual each type is chosen on a day; 0 where nothing is known.

    Args:
        counts: (types, 12) choices by month of the year.
        kappa: choices that weigh as much as knowing nothing.

    >>> learned_degrees(np.array([[0.0] * 6 + [300.0] * 6, [150.0] * 12]), 20.0, date(2026, 1, 15)).round(2).tolist()
    [-2.14, 0.78]
    """
    if not counts.size:
        return np.zeros(len(counts))
    usual = counts.sum(0) / max(counts.sum(), 1.0)
    expected = counts.sum(1, keepdims=True) * usual
    log = np.log2((counts + kappa) / (expected + kappa))
    # the middle of month m lies at m + 0.5 months; the year closes
    place = (day.timetuple().tm_yday - 1) / DAYS * MONTHS - 0.5
    before = int(np.floor(place))
    share = place - before
    return (1 - share) * log[:, before % MONTHS] + share * log[:, (before + 1) % MONTHS]


def season_term(learned: Scores, declared: Scores, bound: float) -> Scores:
    """(n,) the term, log-odds, within −bound … bound/3.

    >>> season_term(np.array([0.5, -3.0]), np.array([0.0, 1.0]), 0.3).round(3).tolist()
    [0.1, -0.3]
    """
    return bound * np.clip(learned + np.minimum(declared, 0.0), -1.0, FORWARD)
