"""What every command of the suite answers: one JSON document, which `tresen-eval report` draws.

A document carries what made it (`Made`): command, version, index, settings, seed. Metrics are shares in 0..1
unless they say otherwise; times are milliseconds; an `Interval` is a mean with its 95 % bootstrap interval.

    run         relevance and time of every stage, one or several configurations
    compare     configurations against the first one: differences, intervals, p values, slices, worst losses
    calibrate   what was fitted on one half of the queries, and what it gives on the other
    replay      real shoppers, chronologically: personal against anonymous
    simulate    shoppers with planted tastes
    intents     queries that state something, asked by the opposite profile
    interleave  team draft: A/A, power, stopping
    logs        inverse propensity estimates from logged clicks
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from search.errors import BadInput


class Interval(Struct, frozen=True):
    """A mean and its 95 % bootstrap interval."""

    mean: float
    low: float
    high: float


class IndexInfo(Struct, frozen=True):
    """The snapshot that was asked."""

    path: str
    snapshot: int
    products: int
    model: str | None
    languages: list[str]


class Made(Struct, frozen=True, kw_only=True):
    """What made a document: enough to make it again. `settings` are those that differ from the defaults."""

    command: list[str]
    version: str
    time: str
    seconds: float
    seed: int | None = None
    index: IndexInfo | None = None
    settings: dict[str, Any] = {}
    files: dict[str, str] = {}


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
    judged_but_not_indexed: int = 0
    configurations: list[Configuration]


# --- compare -----------------------------------------------------------------------------------------


class Difference(Struct, frozen=True, kw_only=True):
    """B against A over n queries: mean of each, mean difference B − A, the paired randomisation test's p.

    `p_holm` is p corrected for the slices that were looked at. Wins, losses and ties at |Δ| > 0.01.
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
    """One configuration against the baseline."""

    name: str
    overall: list[Difference]
    slices: dict[str, Difference]
    queries: list[QueryDifference]
    worst: list[str]


class Compare(Struct, frozen=True, kw_only=True, tag_field="kind", tag="compare"):
    """`tresen-eval compare`: `metric` at `stage` decides wins, losses, slices and the worst queries (their ids)."""

    made: Made
    gain: str
    baseline: str
    metric: str
    stage: str
    permutations: int
    comparisons: list[Comparison]


# --- calibrate ---------------------------------------------------------------------------------------


class Candidate(Struct, frozen=True):
    """A setting that was tried: its value on the half it was chosen on."""

    settings: dict[str, Any]
    value: float


class Calibrate(Struct, frozen=True, kw_only=True, tag_field="kind", tag="calibrate"):
    """`tresen-eval calibrate`: chosen on one half of the queries, reported on the other only."""

    made: Made
    metric: str
    fitted_on: int
    reported_on: int
    chosen: dict[str, Any]
    tried: list[Candidate]
    report: list[Difference]
    temperature: float | None = None
    log_likelihood: dict[str, float] = {}


# --- personal ----------------------------------------------------------------------------------------


class Gain(Struct, frozen=True, kw_only=True):
    """Personal against anonymous over n queries.

    nDCG@10 of both, the gain in per cent of the anonymous mean, and harm: the share of queries better, worse,
    and worse by more than 0.1.
    """

    name: str
    n: int
    anonymous: float
    personal: float
    percent: Interval
    better: float
    worse: float
    much_worse: float


class LiftBin(Struct, frozen=True):
    """Calibration of predicted lifts: mean predicted against observed lift of n products in a bin."""

    predicted: float
    observed: float
    n: int


class Replay(Struct, frozen=True, kw_only=True, tag_field="kind", tag="replay"):
    """`tresen-eval replay`.

    `rankers` are what was compared with the anonymous order, on all choices and on products never chosen before
    ("served", "served, new"; "counts", …); `shuffled` is somebody else's profile, `placebo` a profile of random
    choices; slices by evidence and by the query's entropy; `cold_start` the gain by number of events.
    """

    made: Made
    protocol: str
    people: int
    queries: int
    rankers: list[Gain]
    shuffled: list[Gain]
    placebo: list[Gain]
    by_evidence: list[Gain]
    by_entropy: list[Gain]
    cold_start: list[Gain]
    lift_calibration: list[LiftBin]
    brand_entropy: dict[str, float]
    notes: list[str] = []


class Recovery(Struct, frozen=True, kw_only=True):
    """Simulated shoppers of one kind after so many clicks.

    nDCG@10 anonymous, personal and of the oracle; the share of the oracle's headroom that was captured; rank
    correlation of learned and planted tastes; regret: oracle − personal; harm as in `Gain`.
    """

    name: str
    clicks: float
    n: int
    anonymous: float
    personal: float
    oracle: float
    headroom: Interval
    correlation: float | None
    regret: float
    worse: float
    much_worse: float


class Simulate(Struct, frozen=True, kw_only=True, tag_field="kind", tag="simulate"):
    """`tresen-eval simulate`. `placebo`: shoppers without tastes, after so many sessions."""

    made: Made
    shoppers: int
    kinds: list[Recovery]
    placebo: list[Recovery]
    notes: list[str] = []


class Violation(Struct, frozen=True, kw_only=True):
    """A query whose personal order put a product that contradicts it above one that fits."""

    pattern: str
    q: str
    lang: str
    profile: str
    what: str


class IntentCount(Struct, frozen=True, kw_only=True):
    """One pattern or set. `unfit_*`: mean share of the first ten that contradict the query."""

    name: str
    queries: int
    violations: int
    unfit_anonymous: float
    unfit_personal: float


class Intents(Struct, frozen=True, kw_only=True, tag_field="kind", tag="intents"):
    """`tresen-eval intents`. Of the set that was put aside only the counts are told, never the queries."""

    made: Made
    sets: list[IntentCount]
    patterns: list[IntentCount]
    violations: list[Violation]


# --- online ------------------------------------------------------------------------------------------


class Power(Struct, frozen=True):
    """How often a true preference is found, after how many sessions on average (None: never stopped)."""

    effect: float
    found: float
    mean_sessions: float | None
    runs: int


class Interleave(Struct, frozen=True, kw_only=True, tag_field="kind", tag="interleave"):
    """`tresen-eval interleave`: with events the verdict, with --prove the simulation."""

    made: Made
    sessions: int = 0
    wins_a: int = 0
    wins_b: int = 0
    ties: int = 0
    p_always_valid: float | None = None
    verdict: str = ""
    sessions_needed: dict[str, int] = {}
    false_positives: float | None = None
    false_positive_runs: int = 0
    power: list[Power] = []
    path: list[float] = []


class Estimate(Struct, frozen=True, kw_only=True):
    """An off-policy estimate with its 95 % bootstrap interval and effective sample size."""

    name: str
    value: Interval
    effective_sample_size: float
    clipped: float


class Logs(Struct, frozen=True, kw_only=True, tag_field="kind", tag="logs"):
    """`tresen-eval logs`: value of a ranking from clicks logged on another; no verdict under ESS 200."""

    made: Made
    impressions: int
    logged: float
    estimates: list[Estimate]
    verdict: str


Document = Run | Compare | Calibrate | Replay | Simulate | Intents | Interleave | Logs

_DECODER = msgspec.json.Decoder(Document)


def write_document(path: Path, document: Document) -> None:
    """Write a document as indented JSON."""
    path.write_bytes(msgspec.json.format(msgspec.json.encode(document)) + b"\n")


def read_document(path: Path) -> Document:
    """Read what a command wrote with --out or --json.

    Raises:
        BadInput: no such file, no JSON, or JSON of something else; `place` is the file.
    """
    try:
        return _DECODER.decode(path.read_bytes())
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}.", str(path)) from error
    except msgspec.MsgspecError as error:
        raise BadInput(
            f"{path} is no document of tresen-eval ({error}). Write one with --out FILE or --json.", str(path)
        ) from error
