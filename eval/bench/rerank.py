"""`python -m eval.bench.rerank`: how long the personal order takes, in this process: ranking, reading and folding.

A made-up shop (`eval.personal.planted`), 200 candidates of one query, five attributes, a shopper with so many events,
each from a page of 24 that is known (`--no-lists`: from none):

    rank    the personal order of the candidates: lifts, x, bounds, places
    read    the shopper's counters as of now (`combine`), once a search
    fold    one event added to the shopper's profile

Processor time, so that a busy machine adds nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Annotated, Any

import msgspec
import numpy as np
import typer
from rich.table import Table

from eval.bench.latency import timed
from eval.bench.machine import describe, told
from eval.personal.planted import Shop, plant_shop
from eval.terminal import run_app
from search.cli import out, print_json
from search.profiles.statistics import Statistics, combine, kinds_of
from search.rerank.exposure import shares_shown
from search.rerank.personal import personalize
from search.rerank.policies import anonymous
from search.settings import Personal, read_settings
from search.types import Ranking, Traits

app = typer.Typer(add_completion=False)

#: Calls that are not measured: the first ones count values by type.
WARM_UP = 20
PAGE = 24
DAY_SECONDS = 86_400.0


@app.command()
def bench(
    candidates: Annotated[int, typer.Option(min=1, max=4000, help="Products to rank.")] = 200,
    events: Annotated[str, typer.Option(help="Events of the shopper; a row each.")] = "10,100,1000",
    repeats: Annotated[int, typer.Option(min=1, help="Calls a row.")] = 300,
    lists: Annotated[bool, typer.Option(help="The server knows what was shown.")] = True,
    json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
) -> None:
    """Measure the personal order."""
    machine, settings, shop = describe(), read_settings().personal, plant_shop(1)
    rows = {
        f"{name}, {count} events": figures
        for count in map(int, events.split(","))
        for name, figures in measure(shop, settings, candidates, count, repeats, lists).items()
    }
    report = {"candidates": candidates, "machine": machine, "rows": rows}
    if json:
        print_json(report)
    else:
        show(report)


def measure(
    shop: Shop, settings: Personal, candidates: int, events: int, repeats: int, lists: bool = True
) -> dict[str, dict[str, float]]:
    """What each takes, in microseconds of processor time: percentiles."""
    rng = np.random.default_rng(1)
    kinds, profile, now = kinds_of(settings), None, 0.0
    for row in rng.integers(len(shop.types), size=events).tolist():
        now += DAY_SECONDS / 10
        profile = kinds["shopper"].fold(profile, "click", _chosen(shop, row, lists), now)
    rows = np.sort(rng.permutation(len(shop.types))[:candidates]).astype(np.int32)
    relevance = rng.uniform(0.5, 1.0, len(rows))
    base = anonymous(Ranking(rows, relevance, {"R": relevance}), np.zeros(len(rows), bool), {}, settings)
    known, traits = combine(kinds, profile, None, now), _chosen(shop, 0, lists)

    def fold() -> Statistics:
        return kinds["shopper"].fold(profile, "click", traits, now)

    return {
        "rank": _timed(lambda: personalize(base, known, shop.catalogue, {}, settings, 1.0, len(rows)), repeats),
        "read": _timed(lambda: combine(kinds, profile, None, now), repeats),
        "fold": _timed(fold, repeats),
    }


def _chosen(shop: Shop, row: int, lists: bool) -> Traits:
    """What the choice of a product says, among others of its type."""
    traits, of_type = shop.catalogue.traits(row, str(row)), shop.of_type(int(shop.types[row]))
    page = np.random.default_rng(row).permutation(of_type)[:PAGE]
    shown = shares_shown(shop.catalogue, page, 0, traits.values) if lists else {}
    return msgspec.structs.replace(traits, shown=shown)


def _timed(call: Callable[[], object], repeats: int) -> dict[str, float]:
    times = timed(call, repeats, WARM_UP, time.thread_time)
    return {f"p{percent}_us": round(float(np.percentile(times, percent)) * 1e6, 1) for percent in (50, 95)}


def show(report: dict[str, Any]) -> None:
    """A report as a table."""
    table = Table("", "p50 µs", "p95 µs", title=f"{report['candidates']} candidates, five attributes")
    for name, figures in report["rows"].items():
        table.add_row(name, f"{figures['p50_us']:.0f}", f"{figures['p95_us']:.0f}")
    out.print(table)
    out.print(told(report["machine"]))


if __name__ == "__main__":
    run_app(app)
