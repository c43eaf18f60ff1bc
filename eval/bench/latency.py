"""From times to a row of a table."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from statistics import median

PERCENTILES = (50, 95, 99)


def percentile(times: Sequence[float], percent: float) -> float:
    """The least of the times that at least `percent` % of them do not exceed (nearest rank); nan without any.

    >>> percentile([4.0, 1.0, 3.0, 2.0], 50), percentile([4.0, 1.0, 3.0, 2.0], 99)
    (2.0, 4.0)
    """
    if not times:
        return math.nan
    return sorted(times)[max(math.ceil(len(times) * percent / 100) - 1, 0)]


def timed(run: Callable[[], object], repeats: int, warm_up: int, clock: Callable[[], float]) -> list[float]:
    """Seconds by a clock of so many repeats; those before, to warm up, are not counted."""
    times = []
    for _ in range(warm_up + repeats):
        started = clock()
        run()
        times.append(clock() - started)
    return times[warm_up:]


def summary(times_ms: Sequence[float], seconds: float) -> dict[str, float]:
    """Percentiles in milliseconds and requests a second of requests that took `seconds` together."""
    figures = {f"p{percent}_ms": round(percentile(times_ms, percent), 2) for percent in PERCENTILES}
    return {"requests": len(times_ms), "per_second": round(len(times_ms) / max(seconds, 1e-9), 1), **figures}


def medians(repeats: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """The median of every figure over repeats of the same measurement.

    >>> medians([{"p50_ms": 3.0}, {"p50_ms": 9.0}, {"p50_ms": 4.0}])
    {'p50_ms': 4.0}
    """
    return {name: median(repeat[name] for repeat in repeats) for name in repeats[0]}
