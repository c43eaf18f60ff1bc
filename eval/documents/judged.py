"""Documents about judged queries: run, compare, calibrate."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from eval.documents.made import Interval, Made

# --- run ---------------------------------------------------------------------------------------------


class Shown(Struct, frozen=True):
    """One product of a result list: its rank from 1, its gain (None: not judged), the features that ordered it."""

    id: str
    title: str
    rank: int
    gain: int | None = None
    features: dict[str, float] = {}


class QueryResult(Struct, frozen=True, kw_only=True):
    """One query: values are stage -> metric -> value; `top` is the served list, best first."""

    id: str
    text: str
    shopper: str | None = None
    slices: list[str] = []
    understood: list[str] = []
    corrected: str | None = None
    values: dict[str, dict[str, float]] = {}
    times_ms: dict[str, float] = {}
    top: list[Shown] = []


class Times(Struct, frozen=True):
    """Milliseconds a query."""

    p50: float
    p95: float


class Configuration(Struct, frozen=True, kw_only=True):
    """One way to search. `stages` is stage -> metric -> value, stages in their order; `settings` what it varies."""

    name: str
    settings: dict[str, Any] = {}
    stages: dict[str, dict[str, Interval]]
    times_ms: dict[str, Times] = {}
    degraded: dict[str, int] = {}
    queries: list[QueryResult] = []


class Run(Struct, frozen=True, kw_only=True, tag_field="kind", tag="run"):
    """`tresen-eval run`. `served` names the stage that shoppers get."""

    made: Made
    gain: str
    pool: bool = False
    served: str
    without_relevant: int = 0
    judged_without_text: int = 0
    judged_but_not_indexed: int = 0
    configurations: list[Configuration]


# --- compare -----------------------------------------------------------------------------------------


class Difference(Struct, frozen=True, kw_only=True):
    """B against A over n queries: mean of each, mean difference B − A, the paired randomisation test's p.

    `p_holm` is p corrected for the slices that were looked at. Wins, losses and ties at |Δ| > 0.01;
    `far_losses` at Δ < −0.02.
    """

    metric: str
    n: int
    a: float
    b: float
    difference: Interval
    p: float
    p_holm: float | None = None
    wins: int
    losses: int
    ties: int
    far_losses: int = 0


class Moved(Struct, frozen=True):
    """A product whose place changed: rank in A and in B (None: not among the shown), features in both."""

    id: str
    title: str
    gain: int | None
    rank_a: int | None
    rank_b: int | None
    features_a: dict[str, float] = {}
    features_b: dict[str, float] = {}


class QueryDifference(Struct, frozen=True, kw_only=True):
    """One query in both configurations, with both lists and what moved."""

    id: str
    text: str
    slices: list[str] = []
    a: float
    b: float
    top_a: list[Shown] = []
    top_b: list[Shown] = []
    moved: list[Moved] = []


class Comparison(Struct, frozen=True, kw_only=True):
    """One configuration against the baseline.

    `worst` and `best` are ids of the greatest losses and wins; only they have their lists in `queries`. `left_out`
    counts queries that only one of the two was asked, `small_slices` slices with too few queries for a test.
    """

    name: str
    overall: list[Difference]
    slices: dict[str, Difference]
    queries: list[QueryDifference]
    worst: list[str]
    best: list[str] = []
    left_out: int = 0
    small_slices: int = 0


class Compare(Struct, frozen=True, kw_only=True, tag_field="kind", tag="compare"):
    """`tresen-eval compare`: `metric` at `stage` decides wins, losses, slices and the worst queries (their ids)."""

    made: Made
    gain: str
    baseline: str
    metric: str
    stage: str
    permutations: int
    comparisons: list[Comparison]
    notes: list[str] = []


# --- calibrate ---------------------------------------------------------------------------------------


class Candidate(Struct, frozen=True):
    """A setting that was tried: its value on the half it was chosen on."""

    settings: dict[str, Any]
    value: float


class Calibrate(Struct, frozen=True, kw_only=True, tag_field="kind", tag="calibrate"):
    """`tresen-eval calibrate`: chosen on one half of the queries, reported on the other only.

    `report` compares the chosen with the given settings at the stage that strangers get, `fusion_only` where both legs
    are fused. `log_likelihood` is that of the judgements on the other half, in nats a query: with the default and the
    fitted `temperature`, and of a ranking that knows nothing. A temperature at the end of its range is not chosen.
    """

    made: Made
    metric: str
    pool: bool = False
    fitted_on: int
    reported_on: int
    chosen: dict[str, Any]
    tried: list[Candidate]
    report: list[Difference]
    fusion_only: list[Difference] = []
    temperature: float | None = None
    log_likelihood: dict[str, float] = {}
