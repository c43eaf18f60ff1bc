"""What a person reads of a run: a table a kind and size, one of growth, and who is missing and why."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from rich.markup import escape
from rich.table import Column, Table

from eval.bench.peers.growth import exponent
from eval.bench.peers.runner import measured

#: kind -> which of ours the others of that kind are measured against.
OURS = {"lexical": "tresen postings", "dense": "tresen vectors", "hybrid": "tresen"}
NOTES = {
    "lexical": "right: share of the exact BM25 top that was found; formulas differ a little between engines.",
    "dense": "right: share of the exact nearest that was found, each with the least effort that reaches the aim.",
    "hybrid": "right: share of the exact legs' reciprocal rank fusion; ours and txtai fuse otherwise. "
    "own: share of the queries whose own product was found. Only 'tresen' filters, counts facets, orders personally.",
}
RATES = "× n: answers a second with n clients, threads of one process; memory without what Python itself takes."
TIMES = ("p50 ms", "p95 ms", "p99 ms", "CPU ms", "÷ ours", "CPU ÷ ours", "right", "own")


def tables(document: dict[str, Any]) -> Iterator[Table]:
    """All tables of a run."""
    clients = document["workload"]["clients"]
    for size in document["workload"]["sizes"]:
        for kind, ours in OURS.items():
            rows = sorted(
                (row for row in measured(document, size) if row["kind"] == kind), key=lambda row: row["p50_ms"]
            )
            if rows:
                yield _answers(kind, size, rows, next((row for row in rows if row["name"] == ours), None))
                yield _resources(kind, size, rows, clients)
    if len(document["workload"]["sizes"]) > 1:
        yield growth(document)
    if any("skipped" in row for row in document["rows"]):
        yield missing(document)


def _answers(kind: str, size: int, rows: list[dict[str, Any]], ours: dict[str, Any] | None) -> Table:
    table = Table(Column(f"{kind}, {size:,}", no_wrap=True), *TIMES, caption=NOTES[kind])
    for row in rows:
        figures = [f"{row[name]:.3g}" for name in ("p50_ms", "p95_ms", "p99_ms", "cpu_ms")]
        name = row["name"] + (f", effort {row['effort']}" if "effort" in row else "")
        table.add_row(name, *figures, *ratios(row, ours), f"{row['recall']:.3f}", f"{row['found']:.2f}")
    return table


def _resources(kind: str, size: int, rows: list[dict[str, Any]], clients: list[int]) -> Table:
    rate = [f"× {count}" for count in clients]
    table = Table(
        Column(f"{kind}, {size:,}", no_wrap=True),
        "version",
        *rate,
        "memory MB",
        "disk MB",
        "build s",
        "load",
        caption=RATES,
    )
    for row in rows:
        per_second = [f"{row['per_second'][str(count)]:,.0f}" for count in clients]
        size_of = [f"{row[name]:,.0f}" for name in ("memory_mb", "disk_mb")]
        table.add_row(
            row["name"], row["version"], *per_second, *size_of, f"{row['build_s']:,.1f}", f"{row['load']:.1f}"
        )
    return table


def ratios(row: dict[str, Any], ours: dict[str, Any] | None) -> list[str]:
    """How many times ours an engine's median and its processor time are, in the same run; the latter knows no load.

    >>> ratios({"p50_ms": 3.0, "cpu_ms": 1.0}, {"p50_ms": 2.0, "cpu_ms": 2.0})
    ['1.5', '0.5']
    """
    return [f"{row[cost] / ours[cost]:.2g}" if ours and ours[cost] > 0 else "–" for cost in ("p50_ms", "cpu_ms")]


def costs(document: dict[str, Any], cost: str = "p50_ms") -> dict[str, dict[int, float]]:
    """Engine -> products -> its cost, where it was measured."""
    found: dict[str, dict[int, float]] = {}
    for size in document["workload"]["sizes"]:
        for row in measured(document, size):
            found.setdefault(row["name"], {})[size] = row[cost]
    return found


def growth(document: dict[str, Any]) -> Table:
    """Median by size, and the exponents of the median and of processor time."""
    sizes, used = document["workload"]["sizes"], costs(document, "cpu_ms")
    table = Table("growth", *[f"{size:,}, p50 ms" for size in sizes], "p50 ~ n^", "CPU ~ n^")
    for name, by_size in costs(document).items():
        figures = [f"{by_size[size]:.3g}" if size in by_size else "–" for size in sizes]
        powers = [exponent(by_size), exponent(used[name])]
        table.add_row(name, *figures, *["–" if math.isnan(power) else f"{power:.2f}" for power in powers])
    return table


def missing(document: dict[str, Any]) -> Table:
    """Who was not measured, at which size, and why."""
    table = Table("missing", "products", "why")
    for row in document["rows"]:
        if "skipped" in row:
            table.add_row(row["name"], f"{row['size']:,}", escape(row["skipped"]))
    return table


def markdown(table: Table) -> str:
    """A table as Markdown, for docs.

    >>> table = Table("a", "b")
    >>> table.add_row("1", "2")
    >>> print(markdown(table))
    | a | b |
    |---|---|
    | 1 | 2 |
    """
    head = [str(column.header) for column in table.columns]
    rows = zip(*(map(str, column.cells) for column in table.columns), strict=True)
    lines = [head, ["---"] * len(head), *rows]
    return (
        "\n".join("| " + " | ".join(line) + " |" for line in lines).replace("| --- ", "|---").replace("--- |", "---|")
    )


def facts(document: dict[str, Any]) -> Iterator[str]:
    """What the products were, a line a size."""
    for size, made in document["made"].items():
        yield (
            f"{int(size):,} made products: {made['distinct_texts']:,} texts that differ, {made['distinct_words']:,} "
            f"words that differ, {made['words'] / made['products']:.1f} a product. They mean nothing: speed only."
        )
