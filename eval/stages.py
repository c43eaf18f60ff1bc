"""Queries through the pipeline that serves, and what each of its stages ranked.

lexical, dense    what each leg found
fused             both legs, by R
anonymous         with tiers and the shop's declared terms: what a stranger gets
personal          what a shopper gets; only where shoppers ask
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import median

import numpy as np

from eval.documents import Shown
from eval.judged.qrels import Qrels
from eval.judged.runs import Run
from eval.profiles import FoldedProfiles
from eval.workers import OpenIndex, Setup
from search.errors import BadInput, BadRequest
from search.index.fields import in_language
from search.index.snapshot import load_snapshot
from search.messages import MAX_REACH, SearchRequest
from search.pipeline import Pipeline
from search.relax import Asked
from search.settings import Settings
from search.trace import Trace
from search.types import Identity, Personalize, Query, Ranking, Rows

STAGES = ("lexical", "dense", "fused", "anonymous")
SERVED, PERSONAL = "anonymous", "personal"
ENCODE, TOTAL = "encode", "total"
TOP = 10
#: What orders a hit, as far as its ranking has it.
FEATURES = ("lexical", "dense", "R", "tier", "A", "bestseller", "sold_out")
PERSONAL_FEATURES = ("p", "rank_anonymous")
#: A pool of fewer judged products, or of equal ones, can hardly be ranked wrongly.
LEAST_POOL = 5


@dataclass(frozen=True, slots=True, eq=False)
class Ask:
    """One query to ask. `judged_as` is the id that its judgements have; `pool` the rows to rank, None for all."""

    id: str
    text: str
    judged_as: str
    shopper: str | None = None
    pool: Rows | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Manner:
    """How all queries are asked. `profiles` is None where nobody is known."""

    language: str | None = None
    filter: str = ""
    profiles: FoldedProfiles | None = None
    personalize: Personalize = "full"
    strength: int = 100

    def request(self, ask: Ask) -> SearchRequest:
        """The request that a search bar would send."""
        return SearchRequest(
            q=ask.text,
            lang=self.language,
            filter=self.filter,
            shopper=ask.shopper,
            personalize=self.personalize,
            strength=self.strength,
        )


@dataclass(frozen=True, slots=True, eq=False)
class Answered:
    """What happened to one query: the rows of each stage, best first, and the first ten as they were shown."""

    rows: dict[str, Rows]
    times_ms: dict[str, float]
    degraded: list[str]
    understood: list[str]
    corrected: str | None
    top: list[Shown]


@dataclass(slots=True, eq=False)
class StageRuns:
    """What happened to all queries, in their order.

    `stages` in the order of the pipeline; without vectors there is no `dense`. Rows are cut at the 1,000 results that
    can be paged to. `ids` is row -> product id.
    """

    asks: list[Ask]
    answered: list[Answered]
    ids: list[str]
    stages: tuple[str, ...]
    degraded: Counter[str] = field(default_factory=Counter)

    @property
    def served(self) -> str:
        """The stage that shoppers get."""
        return self.stages[-1]

    def run(self, stage: str) -> Run:
        """A stage's ranking of every query, as product ids."""
        ids = self.ids
        return {
            ask.id: [ids[row] for row in found.rows[stage].tolist()]
            for ask, found in zip(self.asks, self.answered, strict=True)
        }

    def times_ms(self) -> dict[str, list[float]]:
        """Step -> times of the queries that have one, the last step is `total`."""
        times: dict[str, list[float]] = {}
        for found in self.answered:
            for step, time_ms in found.times_ms.items():
                times.setdefault(step, []).append(time_ms)
        return times

    def median_ms(self) -> dict[str, float]:
        """Step -> median time of a query."""
        return {step: median(times) for step, times in self.times_ms().items()}


def open_pipeline(home: Path, settings: Settings, lexical_only: bool = False) -> Pipeline:
    """The pipeline over an index directory, as the server opens it, with nobody's profile.

    Args:
        lexical_only: without the encoder, as if it were down.

    Raises:
        NotFound, BadSnapshot: no index, or a damaged one.
        MissingModel: the index's encoder cannot be loaded. A server would go on without; a measurement must not.
    """
    from search.embed import load_encoder

    snapshot = load_snapshot(home)
    model = snapshot.manifest.model
    return Pipeline(snapshot, load_encoder(model) if model and not lexical_only else None, settings)


def product_ids(pipeline: Pipeline) -> list[str]:
    """Row -> product id."""
    return [product.id for product in pipeline.snapshot.documents]


def poolable(qrels: Mapping[str, Mapping[str, int]], least: int = LEAST_POOL) -> Qrels:
    """The queries with at least so many judged products, of differing gain: what a pool can be ranked for.

    >>> sorted(poolable({"a": {"p": 0, "q": 3}, "b": {"p": 1, "q": 1}}, least=2))
    ['a']
    """
    return {id: dict(of) for id, of in qrels.items() if len(of) >= least and len(set(of.values())) > 1}


def pool_of(pipeline: Pipeline, judged: Mapping[str, int]) -> Rows:
    """The rows of the judged products that are in the index, ascending."""
    found = {pipeline.snapshot.documents.row_of(product) for product in judged}
    return np.array(sorted(row for row in found if row is not None), np.int32)


def run_stages(
    index: OpenIndex,
    setup: Setup,
    asks: Sequence[Ask],
    manner: Manner = Manner(),
    on_done: Callable[[str], None] = lambda step: None,
    ids: list[str] | None = None,
) -> StageRuns:
    """Ask every query once and keep each stage's ranking.

    The queries' vectors come first, encoded one by one. A text that was encoded before, for another query or another
    configuration, has no time for `encode`, and none for `total`.

    Args:
        on_done: called with "encode" and "search", for every query.
        ids: row -> product id, where the caller has it.

    Raises:
        BadInput: a query that the server would refuse; the message names its id.
        BadRequest: a language or a filter that does not fit.
    """
    pipeline = index.pipeline(setup)
    texts = searched_texts(pipeline, asks, manner)
    fresh = encode_texts(index, setup, texts, on_done)
    answered = index.map(partial(answer, manner), setup, asks, texts, lambda: on_done("search"))
    encoding = index.vectors is not None and pipeline.snapshot.dense is not None and not setup.lexical_only
    for of_query, found in zip(texts, answered, strict=True):
        times = [fresh.pop(text, None) for text in of_query]
        _time(found.times_ms, None if None in times else sum(time or 0.0 for time in times), encoding)
    degraded = Counter(stage for found in answered for stage in found.degraded)
    stages = [*STAGES, PERSONAL] if manner.profiles is not None else list(STAGES)
    if pipeline.snapshot.dense is None or degraded["dense"] == len(asks):
        stages.remove("dense")
    return StageRuns(list(asks), answered, ids or product_ids(pipeline), tuple(stages), degraded)


def searched_texts(pipeline: Pipeline, asks: Sequence[Ask], manner: Manner) -> list[tuple[str, ...]]:
    """As what each query may be searched under these settings: understood and corrected, or as it was typed.

    Raises:
        BadRequest: a language or a filter that fits no query.
    """
    pipeline.trace(manner.request(Ask("", "", "")))
    read = (pipeline.readings(Asked(ask.text, manner.language)) for ask in asks)
    return [tuple(query.words for query in queries if query.words) for queries in read]


def encode_texts(
    index: OpenIndex, setup: Setup, texts: Sequence[Sequence[str]], on_done: Callable[[str], None] = lambda step: None
) -> dict[str, float]:
    """Make the vectors that a configuration's queries need; text -> milliseconds of those that are new.

    Args:
        on_done: called with "encode" for every query.
    """
    if setup.lexical_only or index.snapshot.dense is None:
        return {}
    times_ms: dict[str, float] = {}
    for of_query in texts:
        times_ms |= index.encode(of_query)
        on_done(ENCODE)
    return times_ms


def _time(times_ms: dict[str, float], encode_ms: float | None, encoding: bool) -> None:
    """Put the time of the encoder in, which the pipeline found at work elsewhere."""
    if encoding and encode_ms is None:
        del times_ms[ENCODE]
        return
    if encoding and encode_ms is not None:
        times_ms[ENCODE] = encode_ms
    times_ms[TOTAL] = sum(times_ms.values())


def answer(manner: Manner, pipeline: Pipeline, asks: Sequence[Ask]) -> list[Answered]:
    """Ask a pipeline; runs in any process."""
    return [_answered(pipeline, ask, manner, _trace(pipeline, ask, manner)) for ask in asks]


def _trace(pipeline: Pipeline, ask: Ask, manner: Manner) -> Trace:
    try:
        return pipeline.trace(manner.request(ask), manner.profiles, Identity(ask.shopper), ask.pool)
    except BadRequest as error:
        raise BadInput(f"Query {ask.id} is refused: {error.message}", error.place) from error


def _answered(pipeline: Pipeline, ask: Ask, manner: Manner, trace: Trace) -> Answered:
    stages = [*STAGES, PERSONAL] if manner.profiles is not None else STAGES
    served = trace.stages[stages[-1]]
    assert isinstance(served, Ranking)
    query = trace.query
    return Answered(
        rows={stage: trace.stages[stage].rows[:MAX_REACH].copy() for stage in stages},
        times_ms=dict(trace.times_ms),
        degraded=trace.degraded,
        understood=[f"{stated.attribute}:{stated.value}" for stated in query.stated],
        corrected=query.text if query.corrections else None,
        top=_shown(pipeline, query, served),
    )


def _shown(pipeline: Pipeline, query: Query, served: Ranking) -> list[Shown]:
    names = [*FEATURES, *PERSONAL_FEATURES] if "p" in served.features else FEATURES
    top = []
    for place, row in enumerate(served.rows[:TOP].tolist()):
        product = pipeline.snapshot.documents.product(row)
        features = {name: round(float(served.features[name][place]), 4) + 0.0 for name in names}
        top.append(Shown(product.id, in_language(product.title, query.language), place + 1, None, features))
    return top
