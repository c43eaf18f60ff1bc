"""How long a search has taken, and whether it is too late to begin one of its stages."""

from __future__ import annotations

import time

#: By what share of the deadline a stage has to begin that may be left out: what follows needs its time, too.
LATEST = {"dense": 0.5, "relax": 0.7, "personal": 0.8, "groups": 0.9}


class Stopwatch:
    """Times of the stages, in milliseconds, and the deadline that they share.

    Args:
        deadline_ms: from now on; not above 0 where the search has waited longer than that before it began.
    """

    def __init__(self, deadline_ms: float):
        self._last = self._started = time.perf_counter()
        self._seconds = deadline_ms / 1000
        self.times_ms: dict[str, float] = {}

    def done(self, stage: str) -> None:
        """The stage is over."""
        now = time.perf_counter()
        self.times_ms[stage] = (now - self._last) * 1000
        self._last = now

    def late_for(self, stage: str) -> bool:
        """True where a stage (of `LATEST`) shall not begin any more: it is left out, and the answer says so."""
        return time.perf_counter() > self._started + LATEST[stage] * self._seconds

    @property
    def left_ms(self) -> float:
        """Until the deadline, at least 0."""
        return max(self._started + self._seconds - time.perf_counter(), 0.0) * 1000

    @property
    def total_ms(self) -> float:
        """Since the start."""
        return (time.perf_counter() - self._started) * 1000
