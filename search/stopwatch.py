"""How long a search has taken, and whether it is late."""

from __future__ import annotations

import time


class Stopwatch:
    """Times of the stages, in milliseconds, and the deadline that they share."""

    def __init__(self, deadline_ms: float):
        self._last = self._started = time.perf_counter()
        self._deadline = self._started + deadline_ms / 1000
        self.times_ms: dict[str, float] = {}

    def done(self, stage: str) -> None:
        """The stage is over."""
        now = time.perf_counter()
        self.times_ms[stage] = (now - self._last) * 1000
        self._last = now

    @property
    def late(self) -> bool:
        """True after the deadline: leave out what can be left out."""
        return time.perf_counter() > self._deadline

    @property
    def left_ms(self) -> float:
        """Until the deadline, at least 0."""
        return max(self._deadline - time.perf_counter(), 0.0) * 1000

    @property
    def total_ms(self) -> float:
        """Since the start."""
        return (time.perf_counter() - self._started) * 1000
