"""`python -m eval.bench.effect DIR|URL --query Q`: from an event to its effect in the shopper's next search, over HTTP.

For each trial a shopper nobody knows searches, puts the last hit into the cart (POST /v1/events, answered once it is
durable), and searches again. Timed is from sending the event to the answer of the second search; it counts only if that
answer shows the effect: hits stand elsewhere than for a stranger. Other clients may search meanwhile (`--clients`).

The directory is served as it is, and keeps the events: take a copy.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer
from rich.table import Table

from eval.bench.latency import summary
from eval.bench.machine import describe, told
from eval.bench.server import Served, check_loopback, serving
from eval.terminal import run_app
from search.cli import err, out, print_json
from search.errors import BadInput

app = typer.Typer(add_completion=False)

WARM_UP = 10
PARTS = ("event", "search", "both")


@app.command()
def bench(
    target: Annotated[str, typer.Argument(help="Index directory to serve, or the URL of a server on this machine.")],
    query: Annotated[
        str, typer.Option(help="A broad query: what it finds differs in brand, price or colour.")
    ] = "Shorts",
    trials: Annotated[int, typer.Option(min=1, max=10_000, help="Shoppers, one event each.")] = 300,
    clients: Annotated[int, typer.Option(min=0, max=16, help="Others who search all the time.")] = 0,
    json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
) -> None:
    """Measure how soon an event has an effect."""
    machine = describe()
    is_url = target.startswith(("http://", "https://"))
    context = nullcontext(Served(check_loopback(target))) if is_url else serving(Path(target))
    with context as served, others(served.url, query, clients):
        report = {"target": target, "query": query, "clients": clients, "machine": machine}
        with httpx.Client(base_url=served.url, timeout=30) as client:
            report |= measure(client, query, trials)
    if json:
        print_json(report)
    else:
        show(report)


def measure(client: httpx.Client, query: str, trials: int) -> dict[str, Any]:
    """Milliseconds of each part, and how many effects were missed."""
    times: dict[str, list[float]] = {part: [] for part in PARTS}
    missed = 0
    for number in range(WARM_UP + trials):
        parts, seen = trial(client, query)
        missed += not seen
        for part, value in parts.items() if number >= WARM_UP else ():
            times[part].append(value)
    seconds = sum(times["both"]) / 1000
    return {"missed": missed, "rows": {part: summary(found, seconds) for part, found in times.items()}}


def trial(client: httpx.Client, query: str) -> tuple[dict[str, float], bool]:
    """One shopper's event: milliseconds of the parts, and whether the next search shows it.

    Raises:
        BadInput: the query finds too little, or the server refuses something.
    """
    shopper = f"bench-{uuid.uuid4().hex}"
    asked: dict[str, str | int] = {"q": query, "shopper": shopper, "per_page": 24}
    hits = _answered(client.get("/v1/search", params=asked))["hits"]
    if len(hits) < 2:
        raise BadInput(f"'{query}' finds too little to be ordered. Name a broad --query of this shop.", "--query")
    product = hits[-1]["id"]
    event = {"event_id": uuid.uuid4().hex, "type": "cart", "product_id": product, "shopper": shopper}
    started = time.perf_counter()
    _answered(client.post("/v1/events", json=event))
    durable = time.perf_counter()
    after = _answered(client.get("/v1/search", params=asked))
    ended = time.perf_counter()
    seen = any(hit["rank"] != hit["rank_anonymous"] for hit in after["hits"])
    parts = {"event": durable - started, "search": ended - durable, "both": ended - started}
    return {part: 1000 * seconds for part, seconds in parts.items()}, seen


def _answered(answer: httpx.Response) -> dict[str, Any]:
    if answer.status_code >= 300:
        raise BadInput(f"The server answered {answer.status_code}: {answer.text[:300]}", str(answer.request.url))
    return answer.json()


@contextmanager
def others(url: str, query: str, count: int) -> Iterator[None]:
    """So many others search for as long as the context lasts."""
    stop = threading.Event()

    def go_on() -> None:
        with httpx.Client(base_url=url, timeout=30) as client:
            while not stop.is_set():
                client.get("/v1/search", params={"q": query, "per_page": 24})

    threads = [threading.Thread(target=go_on, daemon=True) for _ in range(count)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def show(report: dict[str, Any]) -> None:
    """A report as a table."""
    table = Table("", "p50 ms", "p95 ms", "p99 ms", title=f"{report['target']}, “{report['query']}”")
    for part, row in report["rows"].items():
        table.add_row(part, *(f"{row[key]:,.2f}" for key in ("p50_ms", "p95_ms", "p99_ms")))
    out.print(table)
    out.print(f"{report['missed']} effects missed, {report['clients']} others searching; {told(report['machine'])}")
    if report["missed"]:
        err.print("An event that was answered had no effect in the next search.")


if __name__ == "__main__":
    run_app(app)
