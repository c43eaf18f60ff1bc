"""`python -m eval.bench.browse DIR`: what looking at much of a catalogue costs: pages without a query, facets, filters.

    python -m eval.bench.browse .demo [--fields brand,price] [--repeats 40]

A page is a whole search of ten hits without a query, as a stranger asks for it. Facets are counted over all products,
half of them and one in a hundred, drawn anew each time; filters let through the most frequent value of a field, or the
middle half of its numbers. Nothing is kept from one repeat to the next (`server.cache_mb = 0`). In process, one thread,
wall time.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from eval.bench.latency import percentile, timed
from eval.bench.machine import describe, told
from eval.terminal import Json, run_app, show_rows
from search.answer.texts import facet
from search.cli import err, print_json, progress_bars
from search.errors import BadInput, UnknownField
from search.index.columns import Columns, KeywordColumn
from search.index.snapshot import load_snapshot
from search.messages import SearchRequest
from search.pipeline import Pipeline
from search.settings import read_settings
from search.types import Clause, Rows

app = typer.Typer(add_completion=False)

#: Shares of the catalogue that facets are counted over.
SHARES = (1.0, 0.5, 0.01)
#: Not counted: what is worked out once for a snapshot.
WARM_UP = 2


def looks(pipeline: Pipeline, fields: list[str], seed: int) -> Iterator[tuple[str, Callable[[], object]]]:
    """What is measured, by name; each call may look at other products."""
    columns, random = pipeline.columns, np.random.default_rng(seed)
    yield "page", lambda: pipeline.search(SearchRequest(per_page=10))
    yield f"page, {len(fields)} facets", lambda: pipeline.search(SearchRequest(per_page=10, facet=fields))
    if "price" in columns:
        yield "page, by price", lambda: pipeline.search(SearchRequest(per_page=10, sort="price:asc"))
    for name in fields:
        yield f"filter {name}", partial(columns.mask, frequent(columns, name))
        for share in SHARES:
            yield f"facet {name}, {share:.0%}", _counted(columns, name, share, random)


def frequent(columns: Columns, name: str) -> Clause:
    """The most frequent value of a field, or the middle half of its numbers."""
    column = columns.column(name)
    if isinstance(column, KeywordColumn):
        return Clause(name, values=(column.values[int(np.bincount(column.codes).argmax())],))
    low, high = np.quantile(column.numbers, [0.25, 0.75])
    return Clause(name, low=f"{low:.15g}", high=f"{high:.15g}")


def _counted(columns: Columns, name: str, share: float, random: np.random.Generator) -> Callable[[], object]:
    drawn: list[Rows] = [
        np.flatnonzero(random.random(columns.size) < share).astype(np.int32) for _ in range(1 if share == 1 else 3)
    ]
    at = iter(range(10**9))
    return lambda: facet(columns, name, drawn[next(at) % len(drawn)], {})


def measure(run: Callable[[], object], repeats: int) -> dict[str, float]:
    """p50 and p95 in ms of so many repeats."""
    times = timed(run, repeats, WARM_UP, time.perf_counter)
    return {f"p{percent} ms": round(percentile(times, percent) * 1000, 3) for percent in (50, 95)}


@app.command()
def main(
    home: Annotated[Path, typer.Argument(help="Index directory.", metavar="DIR")],
    fields: Annotated[str, typer.Option(help="Facets and filters, separated by commas.")] = "brand,color,price",
    repeats: Annotated[int, typer.Option(min=1, help="Of each.")] = 40,
    seed: Annotated[int, typer.Option(help="Of the products that are drawn.")] = 1,
    json: Json = False,
) -> None:
    """Measure pages without a query, facets and filters."""
    machine = describe()
    with err.status("Opening the index …"):
        snapshot = load_snapshot(home)
        pipeline = Pipeline(snapshot, None, read_settings().but(server={"cache_mb": 0.0, "deadline_ms": 60_000.0}))
    names = fields.split(",")
    try:
        for name in names:
            pipeline.columns.column(name)
    except UnknownField as error:
        raise BadInput(error.message, "--fields") from error
    rows: list[dict[str, Any]] = []
    every = list(looks(pipeline, names, seed))
    with progress_bars() as advance:
        for look, run in every:
            rows.append({"look": look, **measure(run, repeats)})
            advance("looks", 1, len(every))
    if json:
        print_json({"machine": machine, "products": len(snapshot), "rows": rows})
        return
    show_rows(rows, f"{len(snapshot):,} products. {told(machine)}")


if __name__ == "__main__":
    run_app(app)
