"""Documents about clicks: interleave, logs."""

from __future__ import annotations

from msgspec import Struct

from eval.documents.made import Interval, Made


class Power(Struct, frozen=True):
    """How often a true preference is found, after how many sessions on average (None: never stopped)."""

    effect: float
    found: float
    mean_sessions: float | None
    runs: int


class Interleave(Struct, frozen=True, kw_only=True, tag_field="kind", tag="interleave"):
    """`tresen-eval interleave`: with events the verdict, with --prove the simulation.

    Wins are sessions; a session without a winner is a tie, decided ones are the others. `share_b`: share of decided
    sessions that B won, its interval valid at any time of looking. `path`: p after every `path_step` decided
    sessions. `sessions_needed`: decided sessions for a test of fixed length with power 0.8, by effect; the stop rule
    needs `sessions_mean` on average and has found 80 % by `sessions_sequential`. `nulls`: share of simulated tests
    without a difference that declared a winner, by kind; `exact_false_positives` the same, computed.
    """

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
    mode: str = ""
    alpha: float = 0.05
    path_step: int = 1
    share_b: Interval | None = None
    identical_lists: int = 0
    stray_events: int = 0
    aa_sessions: int = 0
    aa_p: float | None = None
    sessions_sequential: dict[str, int] = {}
    sessions_mean: dict[str, int] = {}
    nulls: dict[str, float] = {}
    exact_false_positives: float | None = None
    simulated_sessions: int = 0


class Estimate(Struct, frozen=True, kw_only=True):
    """An off-policy estimate with its 95 % bootstrap interval and effective sample size."""

    name: str
    value: Interval
    effective_sample_size: float
    clipped: float


class Logs(Struct, frozen=True, kw_only=True, tag_field="kind", tag="logs"):
    """`tresen-eval logs`: value of a ranking from clicks logged on another; no verdict under ESS 200.

    Values are rewards an impression. `difference`: target − logged by the self-normalised estimate. `covered`: share
    of the target's examination that falls on logged products; `left_out` impressions of queries it does not rank.
    """

    made: Made
    impressions: int
    logged: float
    estimates: list[Estimate]
    verdict: str
    difference: Interval | None = None
    covered: float = 1.0
    requests: int = 0
    left_out: int = 0
    more_impressions: int = 0
