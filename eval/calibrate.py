"""Settings fitted to a shop's own judgements: the legs' weight and the temperature.

The queries are split into two halves, equal texts together. On one half the weight is chosen among fixed ones and
ones found per query with more or less trust in the dense leg, and the temperature is fitted; the other half, which
nothing was chosen on, says what that is worth.

The temperature T makes R comparable with log-odds, so it is that of a conditional logit on the judgements:

    P(d | q) = exp(R(q, d) / T) / Σ_j exp(R(q, j) / T)       over the judged products of q
    LL(T)    = mean over q of Σ_d t(d) · log P(d | q),       t(d) = gain(d) / Σ_j gain(j), gain 2^g − 1

LL is concave in 1/T, so that it has one maximum over log T.

Source: McFadden, Conditional logit analysis of qualitative choice behavior, 1974; Cao et al., ListNet, ICML 2007,
doi:10.1145/1273496.1273513 (judgements as a distribution).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from math import exp, log, sqrt
from typing import Any

import msgspec
import numpy as np

from eval.compare import Rule, difference
from eval.configurations import Advance
from eval.documents import Candidate, Difference
from eval.experiments import flat
from eval.judged.halves import halves
from eval.judged.qrels import Qrels
from eval.judged.twins import twins_of
from eval.measures import Twin, gains, means, per_query
from eval.stages import ENCODE, Ask, Manner, StageRuns, encode_texts, run_stages, searched_texts
from eval.workers import OpenIndex, Setup
from search.errors import BadInput
from search.pipeline import Pipeline
from search.relax import Asked
from search.rerank.fuse import fuse, lexical_weight
from search.retrieval import Retrieval
from search.settings import Fusion, Settings
from search.types import Rows, Scores

WEIGHTS = (0.0, 0.2, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
TRUSTS = (0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0)
#: Candidates are compared by their first hundred: as deep as Recall@100 looks.
DEPTH = 100
#: Where temperatures are looked for. At an end R says nothing of the judgements, or all.
COLDEST, HOTTEST = 0.005, 5.0


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """What is retrieved: the candidates' fusions for the queries of the fitting half, over pools or everything."""

    candidates: tuple[Fusion, ...]
    fitting: frozenset[str]
    language: str | None
    pool: bool


@dataclass(frozen=True, slots=True, eq=False)
class Legs:
    """One query, retrieved once.

    `lists` the first rows of each candidate, none outside the fitting half; of the judged products (m,) the legs'
    scores and which ones match exactly; `best` the legs' best scores over the whole catalogue.
    """

    lists: list[Rows]
    rows: Rows
    lexical: Scores
    dense: Scores
    exact: np.ndarray
    best: tuple[float, float]

    def relevance(self, fusion: Fusion) -> Scores:
        """(m,) R of the judged products."""
        weight = lexical_weight(*self.best, fusion.lexical_weight, fusion.dense_trust)
        return np.where(self.exact, 1.0, fuse(self.lexical, self.dense, weight))


@dataclass(frozen=True, slots=True, eq=False)
class Choices:
    """Judged products of several queries end to end: R, the share of gain that each has, where queries start."""

    relevance: Scores
    target: Scores
    starts: np.ndarray

    def log_likelihood(self, temperature: float) -> float:
        """Mean log-likelihood a query, in nats; 0 without any.

        >>> two = Choices(np.array([0.5, 0.5]), np.array([1.0, 0.0]), np.array([0]))
        >>> round(two.log_likelihood(0.1), 4)  # a coin: log(1/2)
        -0.6931
        """
        if not len(self.starts):
            return 0.0
        x = self.relevance / temperature
        counts = np.diff(np.append(self.starts, len(x)))
        x = x - np.repeat(np.maximum.reduceat(x, self.starts), counts)
        partition = np.log(np.add.reduceat(np.exp(x), self.starts))
        return float((self.target * (x - np.repeat(partition, counts))).sum() / len(self.starts))


@dataclass(frozen=True, slots=True, eq=False)
class Calibrated:
    """What was chosen on one half and what it gives on the other."""

    tried: list[Candidate]
    chosen: dict[str, Any]
    fitted_on: int
    reported_on: int
    report: list[Difference]
    fusion_only: list[Difference]
    temperature: float
    log_likelihood: dict[str, float]


def inside(temperature: float) -> bool:
    """False where the likelihood rises to an end of the range: then no temperature is chosen."""
    return COLDEST * 1.01 < temperature < HOTTEST / 1.01


def candidates(base: Fusion) -> list[Fusion]:
    """What is tried, the base first: fixed weights, and ones found per query with more or less trust."""
    fixed = [msgspec.structs.replace(base, lexical_weight=weight) for weight in WEIGHTS]
    found = [msgspec.structs.replace(base, lexical_weight=None, dense_trust=trust) for trust in TRUSTS]
    return list(dict.fromkeys([base, *fixed, *found]))


def retrieve(plan: Plan, pipeline: Pipeline, asks: Sequence[Ask]) -> list[Legs]:
    """One retrieval a query, many fusions; runs in any process. Each query's `pool` are its judged products."""
    return [_retrieved(plan, pipeline, ask) for ask in asks]


def _retrieved(plan: Plan, pipeline: Pipeline, ask: Ask) -> Legs:
    query = pipeline.read(Asked(ask.text, plan.language))
    vector = None if query.is_empty else pipeline.vector(query.words)
    retrieval = Retrieval(pipeline.snapshot, query, vector, pipeline.settings)
    judged = ask.pool if ask.pool is not None else np.empty(0, np.int32)
    lists = []
    for fusion in plan.candidates if ask.id in plan.fitting else ():
        fused = retrieval.fused_by(fusion)
        ranking = fused.pool(judged).fused if plan.pool else fused.retrieve(None).fused
        lists.append(ranking.rows[:DEPTH].copy())
    return Legs(lists, judged, *retrieval.legs_of(judged), np.isin(judged, retrieval.exact), retrieval.confidence)


def choices(legs: Mapping[str, Legs], qrels: Qrels, fusion: Fusion, ids: Sequence[str]) -> Choices:
    """The judged products of the queries that have two or more, and one with a gain.

    Args:
        legs: query id -> its legs.
        ids: row -> product id.
    """
    parts, targets, starts, at = [], [], [], 0
    for id, of in legs.items():
        grades = np.array([qrels[id].get(ids[row], 0) for row in of.rows.tolist()], np.int16)
        gain = gains(grades)
        if len(gain) < 2 or not gain.sum():
            continue
        parts.append(of.relevance(fusion))
        targets.append(gain / gain.sum())
        starts.append(at)
        at += len(gain)
    relevance, target = (np.concatenate(arrays) if arrays else np.empty(0) for arrays in (parts, targets))
    return Choices(relevance, target, np.array(starts, np.int64))


def fit_temperature(found: Choices) -> float:
    """The T of the greatest likelihood, by golden section over log T, to 0.1 %."""
    low, high = log(COLDEST), log(HOTTEST)
    share = (sqrt(5) - 1) / 2
    left, right = high - share * (high - low), low + share * (high - low)
    value = {x: found.log_likelihood(exp(x)) for x in (left, right)}
    while high - low > 1e-3:
        if value[left] >= value[right]:
            high, right = right, left
            left = high - share * (high - low)
            value[left] = found.log_likelihood(exp(left))
        else:
            low, left = left, right
            right = low + share * (high - low)
            value[right] = found.log_likelihood(exp(right))
    return exp((low + high) / 2)


def differences(
    a: StageRuns, b: StageRuns, stage: str, qrels: Qrels, first: str, seed: int, twin: Twin
) -> list[Difference]:
    """Every metric at a stage, `first` first."""
    values_a, values_b = (per_query(qrels, runs.run(stage), twin) for runs in (a, b))
    names = [first, *(name for name in values_a if name != first)]
    return [difference(name, values_a[name], values_b[name], list(qrels), Rule(first, seed=seed)) for name in names]


def calibrate_settings(
    index: OpenIndex,
    base: Settings,
    asks: Sequence[Ask],
    qrels: Qrels,
    metric: str,
    seed: int,
    language: str | None,
    pool: bool,
    advance: Advance = lambda step, done, total: None,
) -> Calibrated:
    """Choose on one half, report on the other.

    Args:
        asks: the judged queries; `pool` holds the judged products of each, in a pool or not.
        qrels: of these queries.
        metric: what the weight is chosen by, at the stage `fused`.

    Raises:
        BadInput: no query in one of the halves.
    """
    fitting, reporting = halves({ask.id: ask.text for ask in asks}, seed)
    if not fitting or not reporting:
        raise BadInput(f"{len(asks)} queries cannot be split into two halves. Judge more of them.", "--queries")
    tries = candidates(base.fusion)
    legs = _retrieve_all(index, base, asks, Plan(tuple(tries), frozenset(fitting), language, pool), advance)
    ids, twin = [product.id for product in index.snapshot.documents], twins_of(index.snapshot.documents)
    values = _values([legs[id] for id in fitting], {id: qrels[id] for id in fitting}, ids, metric, twin, advance)
    fusion = tries[int(np.argmax(np.round(values, 9)))]  # the first of equal ones: the base before all others
    fit, rest = (choices({id: legs[id] for id in part}, qrels, fusion, ids) for part in (fitting, reporting))
    temperature = float(f"{fit_temperature(fit):.3g}")
    likelihood = {
        "default": rest.log_likelihood(base.personal.temperature),
        "fitted": rest.log_likelihood(temperature),
        "uniform": rest.log_likelihood(1e9),
    }
    settings = msgspec.structs.replace(base, fusion=fusion)
    if inside(temperature):
        settings = settings.but(personal={"temperature": temperature})
    other = [ask for ask in asks if ask.id in frozenset(reporting)]
    before, after = _report(index, (base, settings), other, Manner(language), pool, advance)
    judged = {id: qrels[id] for id in reporting}
    return Calibrated(
        tried=[
            Candidate(changed(base, msgspec.structs.replace(base, fusion=one)), value)
            for one, value in zip(tries, values, strict=True)
        ],
        chosen=changed(base, settings),
        fitted_on=len(fitting),
        reported_on=len(reporting),
        report=differences(before, after, before.served, judged, metric, seed, twin),
        fusion_only=differences(before, after, "fused", judged, metric, seed, twin),
        temperature=temperature,
        log_likelihood=likelihood,
    )


def changed(base: Settings, settings: Settings) -> dict[str, Any]:
    """Setting -> value, where it is not that of the base.

    >>> changed(Settings(), Settings().but(personal={"temperature": 0.2}))
    {'personal.temperature': 0.2}
    """
    before, after = (flat(msgspec.to_builtins(tree)) for tree in (base, settings))
    return {name: value for name, value in after.items() if value != before[name]}


def _retrieve_all(
    index: OpenIndex, base: Settings, asks: Sequence[Ask], plan: Plan, advance: Advance
) -> dict[str, Legs]:
    setup = Setup(base)
    texts = searched_texts(index.pipeline(setup), asks, Manner(plan.language))
    encode_texts(index, setup, texts, lambda step: advance(step, 1, len(asks)))
    found = index.map(partial(retrieve, plan), setup, asks, texts, lambda: advance("retrieve", 1, len(asks)))
    return {ask.id: of for ask, of in zip(asks, found, strict=True)}


def _values(
    legs: Sequence[Legs], judged: Qrels, ids: list[str], metric: str, twin: Twin, advance: Advance
) -> list[float]:
    """Each candidate's mean on the fitting half: its legs and its judgements, in the same order."""
    values = []
    for at in range(len(legs[0].lists)):
        run = {id: [ids[row] for row in of.lists[at].tolist()] for id, of in zip(judged, legs, strict=True)}
        values.append(means(per_query(judged, run, twin))[metric])
        advance("score", 1, len(legs[0].lists))
    return values


def _report(
    index: OpenIndex,
    both: tuple[Settings, Settings],
    asks: Sequence[Ask],
    manner: Manner,
    pool: bool,
    advance: Advance,
) -> list[StageRuns]:
    """The runs of both settings over the other half, by the pipeline that serves."""
    asked = asks if pool else [Ask(ask.id, ask.text, ask.judged_as) for ask in asks]

    def searched(step: str) -> None:
        if step != ENCODE:  # all vectors are there
            advance("report", 1, 2 * len(asks))

    return [run_stages(index, Setup(settings), asked, manner, searched) for settings in both]
