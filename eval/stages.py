"""Queries through the pipeline that serves, and what each of its stages ranked.

lexical, dense    what each leg found
fused             both legs, by R
anonymous         with tiers and the shop's declared terms: what a stranger gets
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from eval.judged.runs import Run
from search.errors import BadInput, BadRequest
from search.index.snapshot import load_snapshot
from search.messages import MAX_REACH, SearchRequest
from search.pipeline import Pipeline, Trace
from search.settings import Settings

STAGES = ("lexical", "dense", "fused", "anonymous")
SERVED = "anonymous"
TOTAL = "total"


@dataclass(frozen=True, slots=True)
class StageRuns:
    """What happened to all queries.

    `runs` is stage -> run, cut at the 1,000 results that can be paged to; without vectors there is no `dense`.
    `times_ms` is step -> one time a query, in milliseconds; the last step is their sum, `total`.
    `degraded` counts the queries for which a stage was left out.
    """

    runs: dict[str, Run]
    times_ms: dict[str, list[float]] = field(default_factory=dict)
    degraded: Counter[str] = field(default_factory=Counter)

    def median_ms(self) -> dict[str, float]:
        """Step -> median time of a query."""
        return {step: median(times) for step, times in self.times_ms.items() if times}


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


def run_stages(
    pipeline: Pipeline,
    queries: Mapping[str, str],
    language: str | None = None,
    filter: str = "",
    on_done: Callable[[], None] = lambda: None,
) -> StageRuns:
    """Ask every query once and keep each stage's ranking.

    One search that is not measured comes first: it pays for tables that are built on first use. A query whose
    text another one had before finds its vector cached.

    Args:
        queries: id -> text.
        language: of the queries; None to find each one's.
        filter: for all of them.
        on_done: called after every query.

    Raises:
        BadInput: a query that the server would refuse; the message names its id.
        BadRequest: a language or a filter that does not fit.
    """
    ids = product_ids(pipeline)
    found = StageRuns({stage: {} for stage in STAGES})
    pipeline.trace(SearchRequest(q="warm-up", lang=language, filter=filter))
    for id, text in queries.items():
        _keep(found, id, _trace(pipeline, SearchRequest(q=text, lang=language, filter=filter), id), ids)
        on_done()
    if pipeline.snapshot.dense is None or found.degraded["dense"] == len(queries):
        del found.runs["dense"]
    return found


def _trace(pipeline: Pipeline, request: SearchRequest, id: str) -> Trace:
    try:
        return pipeline.trace(request)
    except BadRequest as error:
        raise BadInput(f"Query {id} is refused: {error.message}", error.place) from error


def _keep(found: StageRuns, id: str, trace: Trace, ids: list[str]) -> None:
    for stage in STAGES:
        rows = trace.stages[stage].rows[:MAX_REACH]
        found.runs[stage][id] = [ids[row] for row in rows.tolist()]
    for step, time_ms in {**trace.times_ms, TOTAL: sum(trace.times_ms.values())}.items():
        found.times_ms.setdefault(step, []).append(time_ms)
    found.degraded.update(trace.degraded)
