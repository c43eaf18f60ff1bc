"""How cost grows with the catalogue."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np


def exponent(costs: Mapping[int, float]) -> float:
    """e of cost = c · n^e, fitted by least squares over the logarithms; nan for fewer than two sizes or a cost of 0.

    Args:
        costs: products -> cost, in any unit.

    >>> exponent({20_000: 1.0, 200_000: 10.0})
    1.0
    >>> exponent({20_000: 0.1})
    nan
    """
    if len(costs) < 2 or min(costs.values()) <= 0:
        return math.nan
    slope, _ = np.polyfit(np.log(list(costs)), np.log(list(costs.values())), 1)
    return round(float(slope), 3)
