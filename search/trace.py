"""One search while it runs: its stages and times, and all that an answer is written from."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from search.candidates import CandidateSet
from search.cursor import Cursor
from search.personal.stage import PersonalStage
from search.rerank.exposure import chosen_before
from search.rerank.personal import Personalized
from search.types import Affinities, Candidates, Query, Ranking
from search.understand.context import Entry


@dataclass(slots=True)
class Trace:
    """What happened to one query: each stage's result and time, for eval and for `explain`.

    `moment`: as of when the shopper is known, seconds since 1970; `entry`: what led here; `pinned`: the page before;
    `new_from`: the first day whose releases the shopper has not seen, None where nobody knows; `whole`: all results are
    put in order, also those that nobody can page to.
    """

    query: Query
    moment: float = 0.0
    times_ms: dict[str, float] = field(default_factory=dict)
    stages: dict[str, Candidates | Ranking] = field(default_factory=dict)
    degraded: list[str] = field(default_factory=list)
    entry: Entry | None = None
    pinned: Cursor | None = None
    new_from: date | None = None
    whole: bool = False

    def left_out(self, stage: str) -> bool:
        """Whether the first page went without a stage: then this one does too."""
        return self.pinned is not None and stage in self.pinned.left_out


@dataclass(frozen=True, slots=True, eq=False)
class Ranked:
    """All that an answer is written from; `unfiltered` as in `search.relax.Relaxed`, `stage` made the result."""

    trace: Trace
    candidates: CandidateSet
    affinities: Affinities
    result: Personalized
    stage: PersonalStage
    unfiltered: int | None = None

    @property
    def said(self) -> frozenset[str]:
        """Tastes of which the query, its filter or its sort says what is wanted: what is shown of them was a choice."""
        stage = self.stage
        return chosen_before(stage.stated, self.candidates.filtered, stage.request.sort, stage.catalogue.attributes)
