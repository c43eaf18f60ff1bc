"""One search while it runs: its stages and times, the deadline they share, and all that an answer is written from."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from search.cursor import Cursor
from search.rerank.personal import Personalized
from search.retrieval import CandidateSet
from search.types import Affinities, Candidates, Query, Ranking
from search.understand.context import Entry


@dataclass(slots=True)
class Trace:
    """What happened to one query: each stage's result and time, for eval and for `explain`.

    `moment`: as of when the shopper is known, seconds since 1970; `entry`: what led here; `pinned`: the page before.
    """

    query: Query
    moment: float = 0.0
    times_ms: dict[str, float] = field(default_factory=dict)
    stages: dict[str, Candidates | Ranking] = field(default_factory=dict)
    degraded: list[str] = field(default_factory=list)
    entry: Entry | None = None
    pinned: Cursor | None = None

    def left_out(self, stage: str) -> bool:
        """Whether the first page went without a stage: then this one does too."""
        return self.pinned is not None and stage in self.pinned.left_out


@dataclass(frozen=True, slots=True, eq=False)
class Ranked:
    """All that an answer is written from."""

    trace: Trace
    candidates: CandidateSet
    affinities: Affinities
    result: Personalized


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
