"""`python -m eval.bench.retrieve DIR --queries F`: what each step of retrieval costs in processor time.

The steps are those of `search.retrieval`, in their order, each query once, its vector computed before. `vectors` is
FAISS's pass over all vectors, the measure for all else: `share` is a step's median against it, in the same run.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from rich.table import Table

from eval.bench.latency import percentile
from eval.bench.machine import describe, told
from eval.judged.qrels import read_queries
from eval.terminal import run_app
from search.candidates import CandidateSet
from search.cli import err, out, print_json
from search.embed import load_encoder
from search.errors import BadInput
from search.index.snapshot import load_snapshot
from search.pipeline import Pipeline
from search.relax import Asked, relax
from search.retrieval import Retrieval
from search.settings import read_settings
from search.types import And

app = typer.Typer(add_completion=False)

T = TypeVar("T")

#: Asked first and not measured: first queries page the index in.
WARM_UP = 50
#: The lexical leg: what is sought, found and ordered by words.
LEXICAL = ("kinds", "words")


@app.command()
def bench(
    home: Annotated[Path, typer.Argument(help="Index directory.", metavar="DIR")],
    queries: Annotated[Path, typer.Option(help="queries.tsv: id<TAB>text.")],
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first N queries, sorted by id.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
) -> None:
    """Measure retrieval step by step over a file of queries."""
    asked = read_queries(queries)
    texts = [asked[id] for id in sorted(asked)][:limit]
    if not texts:
        raise BadInput(f"{queries} holds no queries.", "--queries")
    machine = describe()
    with err.status("Loading the index …"):
        snapshot = load_snapshot(home)
        encoder = load_encoder(snapshot.manifest.model) if snapshot.manifest.model else None
        pipeline = Pipeline(snapshot, encoder, read_settings())
    for text in texts[:WARM_UP]:
        measure(pipeline, text)
    rows = table([measure(pipeline, text) for text in texts])
    report = {"index": str(home), "queries": len(texts), "machine": machine, "rows": rows}
    if json:
        print_json(report)
    else:
        show(report)


def measure(pipeline: Pipeline, text: str) -> dict[str, float]:
    """Step -> processor time in ms of one query."""
    watch = _Watch()
    query = watch("understand", lambda: pipeline.read(Asked(text)))
    vector = None if query.is_empty else pipeline.vector(query.words)
    watch.started = time.thread_time()
    retrieval = Retrieval(pipeline.snapshot, query, vector, pipeline.settings)
    watch("vectors", lambda: retrieval.cosines)
    watch("kinds", lambda: retrieval.kind)
    watch("words", lambda: retrieval.lexical)
    watch("fuse", lambda: retrieval.found)
    candidates = watch("order", lambda: CandidateSet(retrieval, And(()), pipeline.columns))
    watch("relax", lambda: relax(query, candidates, pipeline.columns, pipeline.settings.relax))
    return watch.times_ms


class _Watch:
    """Processor time of one step after the other."""

    def __init__(self) -> None:
        self.times_ms: dict[str, float] = {}
        self.started = time.thread_time()

    def __call__(self, step: str, run: Callable[[], T]) -> T:
        result = run()
        now = time.thread_time()
        self.times_ms[step] = (now - self.started) * 1000
        self.started = now
        return result


def table(measured: Sequence[dict[str, float]]) -> dict[str, dict[str, float]]:
    """Step -> percentiles in ms and its share of FAISS's pass; the lexical leg and all of retrieval as rows below."""
    steps = {step: [times[step] for times in measured] for step in measured[0]}
    steps["lexical leg"] = [sum(times[step] for step in LEXICAL) for times in measured]
    steps["retrieval"] = [sum(ms for step, ms in times.items() if step != "understand") for times in measured]
    unit = max(percentile(steps["vectors"], 50), 1e-6)
    return {
        step: {
            **{f"p{percent}_ms": round(percentile(times, percent), 3) for percent in (50, 95)},
            "share": round(percentile(times, 50) / unit, 3),
        }
        for step, times in steps.items()
    }


def show(report: dict[str, Any]) -> None:
    """A report as a table."""
    drawn = Table("step", "p50 ms", "p95 ms", "of the pass", title=f"retrieval, {report['index']}")
    for step, row in report["rows"].items():
        drawn.add_row(step, f"{row['p50_ms']:.2f}", f"{row['p95_ms']:.2f}", f"{row['share']:.2f}")
    out.print(drawn)
    out.print(f"{report['queries']:,} queries, processor time; {told(report['machine'])}")


if __name__ == "__main__":
    run_app(app)
