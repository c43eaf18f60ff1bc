"""`python -m eval.bench.understand DIR --queries F`: how long understanding takes, query by query, in this process.

Language, corrections, what is stated: all that comes before the encoder. Nothing is kept between two queries but
stems; `new` asks every query once, `misspelt` a copy with one error in each (`eval.misspell`), which is the slow case.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from eval.bench.latency import medians, summary
from eval.bench.machine import describe, told
from eval.judged.qrels import read_queries
from eval.misspell import misspell
from eval.terminal import run_app
from search.cli import err, out, print_json
from search.errors import BadInput
from search.index.snapshot import load_snapshot
from search.pipeline import Pipeline
from search.settings import read_settings
from search.understand.query import Understanding

app = typer.Typer(add_completion=False)

#: Asked first and not measured: first queries page the postings in.
WARM_UP = 20


@app.command()
def bench(
    home: Annotated[Path, typer.Argument(help="Index directory.", metavar="DIR")],
    queries: Annotated[Path, typer.Option(help="queries.tsv: id<TAB>text.")],
    limit: Annotated[int | None, typer.Option(min=1, help="Only the first N queries, sorted by id.")] = None,
    repeats: Annotated[int, typer.Option(min=1, max=20, help="Runs a row, of which the median is told.")] = 3,
    json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
) -> None:
    """Measure query understanding over a file of queries."""
    asked = read_queries(queries)
    texts = [asked[id] for id in sorted(asked)][:limit]
    if not texts:
        raise BadInput(f"{queries} holds no queries.", "--queries")
    machine = describe()
    started = time.perf_counter()
    with err.status("Loading the index …"):
        pipeline = Pipeline(load_snapshot(home), None, read_settings())
        understanding = pipeline.understanding
    loaded = time.perf_counter() - started
    language = pipeline.snapshot.languages[0]
    wrong = [misspell(text, language, 0)[0] for text in texts]
    measure(understanding, texts[:WARM_UP] + wrong[:WARM_UP])
    rows = {
        name: medians([measure(understanding, asked_now) for _ in range(repeats)])
        for name, asked_now in (("new", texts), ("misspelt", wrong))
    }
    report = {"index": str(home), "queries": len(texts), "load_s": round(loaded, 2), "machine": machine, "rows": rows}
    if json:
        print_json(report)
    else:
        show(report)


def measure(understanding: Understanding, texts: Sequence[str]) -> dict[str, float]:
    """Understand each text once; percentiles in milliseconds, and the processor time of a query (`cpu_ms`)."""
    times, before = [], time.process_time()
    for text in texts:
        started = time.perf_counter()
        understanding.understand(text)
        times.append((time.perf_counter() - started) * 1000)
    cpu_ms = (time.process_time() - before) * 1000 / len(texts)
    return {**summary(times, sum(times) / 1000), "cpu_ms": round(cpu_ms, 2)}


def show(report: dict[str, Any]) -> None:
    """A report as a table."""
    table = Table("queries", "p50 ms", "p95 ms", "p99 ms", "CPU ms", title=f"understanding, {report['index']}")
    for queries, row in report["rows"].items():
        table.add_row(queries, *(f"{row[name]:.2f}" for name in ("p50_ms", "p95_ms", "p99_ms", "cpu_ms")))
    out.print(table)
    out.print(f"{report['queries']:,} queries; index loaded in {report['load_s']} s; {told(report['machine'])}")


if __name__ == "__main__":
    run_app(app)
