"""An experiment done: every configuration over the same queries, as one document of values, times and lists."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import msgspec
import numpy as np

from eval.documents import Configuration, Interval, QueryResult, Times
from eval.events import Told, read_state
from eval.experiments import Experiment, NamedSettings
from eval.judged.halves import of_half
from eval.judged.qrels import Qrels, Queries, read_counts, with_relevant
from eval.judged.ratings import read_judgements
from eval.judged.twins import twins_of
from eval.measures import Twin, per_query
from eval.profiles import fold, read_events, shoppers_of
from eval.slices import Slicer, own_slice
from eval.stages import ENCODE, Answered, Ask, Manner, StageRuns, pool_of, poolable, product_ids, run_stages
from eval.statistics import cluster_interval
from eval.workers import OpenIndex, Setup
from search.errors import BadInput
from search.pipeline import Pipeline

#: advance(step, done, total), as `search.terminal.console.progress_bars` yields it
Advance = Callable[[str, int, int], None]
#: query id -> names of its slices
Slices = dict[str, list[str]]
#: configuration, its runs
OnRuns = Callable[[NamedSettings, StageRuns], None]


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """The queries to ask, sorted by id, and what people think of products for them.

    `left_out` queries have nothing to score by; `without_text` judged ids are no query's (nor a shopper's of one).
    """

    queries: Queries
    qrels: Qrels
    left_out: int
    without_text: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """What an experiment found: a configuration each, and the judged products that the index lacks."""

    configurations: list[Configuration]
    served: str
    judged_but_not_indexed: int


def read_judged(experiment: Experiment) -> Judged:
    """The judged queries of an experiment: those with a relevant product, or those whose pool can be ranked.

    A shopper's own judgements ("q1@anna") come along.

    Raises:
        BadInput: a file that cannot be read, or no query is left.
    """
    queries, qrels = read_judgements(experiment.queries, experiment.qrels)
    usable = poolable(with_relevant(qrels)) if experiment.pool else with_relevant(qrels)
    chosen = choose(of_half(queries, experiment.half, experiment.seed), usable, experiment.limit)
    if not chosen:
        why = "at least five judged products of differing gain" if experiment.pool else "a relevant product"
        raise BadInput(
            f"No query of {experiment.queries or experiment.qrels} has {why} in {experiment.qrels}.", "--qrels"
        )
    without_text = sum(id not in queries and id.rpartition("@")[0] not in queries for id in qrels)
    return Judged(chosen, usable, sum(id not in usable for id in queries), without_text)


def choose(queries: Queries, judged: Qrels, limit: int | None) -> Queries:
    """The queries with a relevant product, sorted by id, the first `limit` of them.

    Judgements of one shopper ("q1@anna") make q1 a query too.

    >>> choose({"q2": "boots", "q1": "shoes", "q3": "unicorn"}, {"q1": {"a": 1}, "q2@anna": {"b": 1}}, None)
    {'q1': 'shoes', 'q2': 'boots'}
    """
    known = judged.keys() | {id.rpartition("@")[0] for id in judged}
    return {id: queries[id] for id in sorted(queries.keys() & known)[:limit]}


def read_shoppers(experiment: Experiment, pipeline: Pipeline) -> tuple[Told, list[str]]:
    """The events of an experiment's shoppers, and who asks; nothing without [shoppers]."""
    if experiment.shoppers is None:
        return [], []
    told = read_events(experiment.events, pipeline.traits) if experiment.events else read_state(experiment.index)
    return told, shoppers_of(told, experiment.shoppers.ids, f"{experiment.place}: shoppers.ids")


def asks_of(judged: Judged, pipeline: Pipeline, shoppers: Sequence[str | None], pool: bool) -> list[Ask]:
    """Every query, or every query by every shopper; only those that somebody judged."""
    asks, nobody = [], [None]
    for id, text in judged.queries.items():
        for shopper in shoppers or nobody:
            own = f"{id}@{shopper}"
            judged_as = own if shopper and own in judged.qrels else id
            if judged_as in judged.qrels:
                rows = pool_of(pipeline, judged.qrels[judged_as]) if pool else None
                asks.append(Ask(own if shopper else id, text, judged_as, shopper, rows))
    return asks


def measure_experiment(
    experiment: Experiment,
    judged: Judged,
    index: OpenIndex,
    advance: Advance = lambda step, done, total: None,
    on_runs: OnRuns = lambda configuration, runs: None,
) -> Measured:
    """Ask all queries in all configurations.

    Args:
        advance: hears of every query that was encoded, searched and scored.
        on_runs: is given each configuration's runs before they are let go of.
    """
    ways = experiment.configurations()
    now = experiment.now
    first = index.pipeline(Setup(ways[0].settings, ways[0].lexical_only, now))
    told, shoppers = read_shoppers(experiment, first)
    if told and now is None:
        now = max(event.time for event, _ in told)
    asks, ids = asks_of(judged, first, shoppers, experiment.pool), product_ids(first)
    if not asks:
        raise BadInput("None of these shoppers has judgements, and the queries have none for all.", "shoppers.ids")
    configurations, slices = [], slices_of(experiment, judged, asks, first, advance)
    twin = twins_of(index.snapshot.documents)
    encoded = sum(not way.lexical_only for way in ways)
    for way in ways:
        setup = Setup(way.settings, way.lexical_only, now)
        manner = manner_of(experiment, way, told, shoppers)
        runs = run_stages(index, setup, asks, manner, partial(_tell, advance, len(asks), len(ways), encoded), ids)
        on_runs(way, runs)
        scored = partial(advance, "score", 1, len(runs.stages) * len(ways))
        configurations.append(_configuration(way, runs, judged.qrels, slices, experiment.seed, scored, twin))
    return Measured(configurations, runs.served, _missing(asks, judged.qrels, index))


def _tell(advance: Advance, asks: int, ways: int, encoded: int, step: str) -> None:
    advance(step, 1, asks * (encoded if step == ENCODE else ways))


def slices_of(
    experiment: Experiment, judged: Judged, asks: Sequence[Ask], pipeline: Pipeline, advance: Advance
) -> Slices:
    """The slices of every query, the same for all configurations: they come from the catalogue's words."""
    counts = read_counts(experiment.queries) if experiment.queries else {}
    own = tuple(own_slice(name, one.path, one.regex) for name, one in experiment.slices.items())
    slicer = Slicer(pipeline.snapshot, counts, own)
    found = {}
    for ask in asks:
        id = ask.id.removesuffix(f"@{ask.shopper}")
        language = experiment.lang or pipeline.understanding.detect(ask.text)
        found[ask.id] = slicer.slices(id, ask.text, language, judged.qrels[ask.judged_as])
        advance("slices", 1, len(asks))
    return found


def manner_of(experiment: Experiment, way: NamedSettings, told: Told, shoppers: Sequence[str]) -> Manner:
    """How a configuration's queries are asked: the profiles are folded by its own half-lives."""
    said = experiment.shoppers
    if said is None:
        return Manner(experiment.lang, experiment.filter)
    profiles = fold(told, way.settings.personal, frozenset(shoppers))
    return Manner(experiment.lang, experiment.filter, profiles, said.personalize, said.strength)


def _missing(asks: Sequence[Ask], qrels: Qrels, index: OpenIndex) -> int:
    """Judgements about products that are not in the index."""
    row_of = index.snapshot.documents.row_of
    return sum(row_of(product) is None for id in {ask.judged_as for ask in asks} for product in qrels[id])


def _configuration(
    way: NamedSettings,
    runs: StageRuns,
    qrels: Qrels,
    slices: Slices,
    seed: int,
    scored: Callable[[], None],
    twin: Twin,
) -> Configuration:
    of_ask = {ask.id: qrels[ask.judged_as] for ask in runs.asks}
    # one query's shoppers are not independent
    asked = {ask.id: ask.id.removesuffix(f"@{ask.shopper}") for ask in runs.asks}
    values: dict[str, dict[str, dict[str, float]]] = {}
    stages: dict[str, dict[str, Interval]] = {}
    for stage in runs.stages:
        values[stage] = per_query(of_ask, runs.run(stage), twin)
        stages[stage] = {
            name: cluster_interval(list(of.values()), [asked[id] for id in of], seed)
            for name, of in values[stage].items()
        }
        scored()
    return Configuration(
        name=way.name,
        settings=dict(way.varied),
        stages=stages,
        times_ms={step: _times(times) for step, times in runs.times_ms().items()},
        degraded=dict(runs.degraded),
        queries=[
            _result(ask, found, values, of_ask, slices[ask.id])
            for ask, found in zip(runs.asks, runs.answered, strict=True)
        ],
    )


def _times(times: Sequence[float]) -> Times:
    p50, p95 = np.percentile(times, [50, 95])
    return Times(round(float(p50), 3), round(float(p95), 3))


def _result(
    ask: Ask, found: Answered, values: dict[str, dict[str, dict[str, float]]], qrels: Qrels, slices: list[str]
) -> QueryResult:
    judged = qrels[ask.id]
    return QueryResult(
        id=ask.id,
        text=ask.text,
        shopper=ask.shopper,
        slices=slices,
        understood=found.understood,
        corrected=found.corrected,
        values={
            stage: {name: round(of[ask.id], 6) for name, of in metrics.items() if ask.id in of}
            for stage, metrics in values.items()
        },
        times_ms={step: round(time_ms, 3) for step, time_ms in found.times_ms.items()},
        top=[msgspec.structs.replace(shown, gain=judged.get(shown.id)) for shown in found.top],
    )
