"""`python -m eval.bench.changes DIR --queries FILE.jsonl`: what a shopper feels while products change.

A server over a copy of the index answers one search after the other: first in quiet, then while patches of stock and
price come in, so many a second, then while whole products do. Whoever changes is another process with several
connections, and so is whoever searches. A change's latency is what its sender waits until it is durable and live.

    quiet                 searches alone
    patches               PATCH /v1/products/{id} of stock and price
    patches in streams    PATCH /v1/products, fifty at once
    upserts in streams    PUT /v1/products, fifty whole products with another title at once

Ratios are of the same searches in the same order. Merges are switched off while it measures, unless `--merge`.
"""

from __future__ import annotations

import json
import multiprocessing
import random
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from threading import Thread
from typing import Annotated, Any
from urllib.parse import urlencode

import typer
from rich.table import Table

from eval.bench.latency import summary
from eval.bench.machine import describe, told
from eval.bench.server import START_SECONDS, serving
from eval.terminal import run_app
from search.cli import out, print_json
from search.index.snapshot import load_snapshot
from search.types import Product

app = typer.Typer(add_completion=False)
CONNECTIONS = 64
#: Changes in a request where they come in streams.
TOGETHER = 50
KINDS = ("patches", "patches in streams", "upserts in streams")
#: Searches before anything is measured.
WARM_UP = 50


@app.command()
def bench(
    home: Annotated[Path, typer.Argument(help="Index directory; a copy of it is changed.", metavar="DIR")],
    queries: Annotated[Path, typer.Option(help="Searches, a JSON object of parameters a line.")],
    rate: Annotated[int, typer.Option(min=1, help="Changes a second.")] = 500,
    seconds: Annotated[float, typer.Option(min=1, help="Each measurement.")] = 15.0,
    workers: Annotated[int, typer.Option(min=0, max=64, help="Search processes of the server.")] = 0,
    merge: Annotated[bool, typer.Option("--merge", help="Let the server merge meanwhile.")] = False,
    seed: Annotated[int, typer.Option(help="Which products change.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
) -> None:
    """Measure searches while products change."""
    asked = [json.loads(line) for line in queries.read_text(encoding="utf-8").splitlines() if line.strip()]
    rows_of = {product.id: row_of(product) for product in load_snapshot(home).documents}
    rows: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory(prefix="changes-") as folder, served(home, Path(folder), merge, workers) as port:
        search(port, asked[:WARM_UP], START_SECONDS)
        for name in ("quiet", *KINDS):
            rows |= measured(name, port, asked, rows_of, rate, seconds, seed)
    for name in KINDS:
        rows[name]["p95_ratio"] = round(rows[name]["p95_ms"] / rows["quiet"]["p95_ms"], 2)
    report = {"products": len(rows_of), "rate": rate, "workers": workers, "machine": describe(), "rows": rows}
    if as_json:
        print_json(report)
    else:
        show(report)


def measured(
    name: str, port: int, asked: list[dict[str, Any]], rows_of: dict[str, Any], rate: int, seconds: float, seed: int
) -> dict[str, dict[str, float]]:
    """The searches of one measurement, and the changes beside it."""
    if name == "quiet":
        return {name: summary(search(port, asked, seconds), seconds)}
    told: multiprocessing.Queue = multiprocessing.Queue()
    order = port, name, rows_of, rate, seconds + 2, seed, told
    changing = multiprocessing.Process(target=change, args=order, daemon=True)
    changing.start()
    time.sleep(1)  # until it is up to speed
    found = search(port, asked, seconds)
    times, failed = told.get(timeout=120)
    changing.join()
    changed = summary(times, seconds + 2) | {"failed": float(failed)}
    return {name: summary(found, seconds), f"{name}, each": changed}


def search(port: int, asked: list[dict[str, Any]], seconds: float) -> list[float]:
    """Milliseconds of one search after the other, over again until the time is over; of a short list once."""
    connection, times = HTTPConnection("127.0.0.1", port, timeout=60), list[float]()
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        for parameters in asked:
            started = time.perf_counter()
            connection.request("GET", f"/v1/search?{urlencode(parameters, doseq=True)}")
            answer = connection.getresponse()
            answer.read()
            assert answer.status == 200, answer.status
            times.append((time.perf_counter() - started) * 1000)
            if time.perf_counter() >= until:
                break
        if len(asked) <= WARM_UP:
            break
    return times


def row_of(product: Product) -> dict[str, Any]:
    """A product as a row that is sent."""
    row: dict[str, Any] = {"id": product.id, "title": product.title, "description": product.description}
    row |= {"brand": product.brand, "product_type": product.product_type, "popularity": product.popularity}
    row |= {"currency": product.currency, "released": product.released and product.released.isoformat()}
    return row | {"category": [" > ".join(path) for path in product.categories], "attributes": product.attributes}


def changed_row(row: dict[str, Any], name: str, dice: random.Random) -> dict[str, Any]:
    """What is sent of a product: price and stock, or all of it with another title."""
    body = {
        "id": row["id"],
        "sale_price": None,
        "price": dice.randrange(100, 9999) / 100,
        "stock": {"online": dice.randrange(5)},
    }
    if name.startswith("upserts"):
        title = {language: f"{text} Modell {dice.randrange(500)}" for language, text in row["title"].items()}
        return {**row, **body, "title": title}
    return body


def change(port: int, name: str, rows_of: dict[str, Any], rate: int, seconds: float, seed: int, told: Any) -> None:
    """Send changes at a rate, whether the last ones were answered or not; milliseconds of each request, and how many
    failed. In streams there are `TOGETHER` changes in a request."""
    times: list[float] = []
    failed: list[int] = []
    ids, start = list(rows_of), time.perf_counter()
    method, together = ("PUT" if name.startswith("upserts") else "PATCH"), TOGETHER if "streams" in name else 1

    def send(number: int) -> None:
        connection, dice = HTTPConnection("127.0.0.1", port, timeout=60), random.Random(seed * 1000 + number)
        for at in range(number, int(rate * seconds / together), CONNECTIONS):
            due = start + at * together / rate
            time.sleep(max(due - time.perf_counter(), 0))
            rows = [changed_row(rows_of[dice.choice(ids)], name, dice) for _ in range(together)]
            path, body = f"/v1/products/{rows[0]['id']}", json.dumps(rows[0])
            if together > 1:
                unique = {row["id"]: row for row in rows}
                path, body = "/v1/products", "\n".join(map(json.dumps, unique.values()))
            try:
                connection.request(method, path, body)
                answer = connection.getresponse()
            except (OSError, HTTPException):  # the server closes connections that rest; changes may be sent twice
                connection.close()
                connection.request(method, path, body)
                answer = connection.getresponse()
            answer.read()
            times.append((time.perf_counter() - due) * 1000)
            failed.extend([1] if answer.status != 200 else [])

    threads = [Thread(target=send, args=(number,)) for number in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    told.put((times, len(failed)))


@contextmanager
def served(home: Path, folder: Path, merge: bool, workers: int) -> Iterator[int]:
    """A server over a copy of an index; its port."""
    copy = folder / "shop"
    shutil.copytree(home, copy)
    settings = folder / "tresen.toml"
    settings.write_text(f"[changes]\nmerge = {str(merge).lower()}\n", encoding="utf-8")
    with serving(copy, workers, settings) as server:
        yield int(server.url.rpartition(":")[2])


def show(report: dict[str, Any]) -> None:
    """The figures as a table."""
    table = Table("", "requests", "a second", "p50 ms", "p95 ms", "p99 ms", "p95, of quiet")
    for name, row in report["rows"].items():
        figures = (f"{row[key]:,}" for key in ("requests", "per_second", "p50_ms", "p95_ms", "p99_ms"))
        table.add_row(name, *figures, str(row.get("p95_ratio", "")))
    out.print(f"{report['products']:,} products, {report['rate']} changes a second. {told(report['machine'])}")
    out.print(table)


if __name__ == "__main__":
    run_app(app)
