"""Documents about the personal order: replay, simulate, intents."""

from __future__ import annotations

from msgspec import Struct

from eval.documents.made import Interval, Made


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

    After `sessions` sessions and `clicks` clicks on average, `n` shoppers. nDCG@10 anonymous, personal and of the
    oracle; the share of the oracle's headroom that was captured; rank correlation of learned and planted tastes;
    regret: oracle − personal; `difference`: personal − anonymous; harm as in `Gain`, over their queries.
    """

    name: str
    sessions: int = 0
    clicks: float
    n: int
    anonymous: float
    personal: float
    oracle: float
    headroom: Interval
    difference: Interval | None = None
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
