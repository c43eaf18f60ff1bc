"""`python -m eval.bench.encode NAME…`: what encoders cost, side by side: products a CPU second, a query's time, memory.

Each encoder is loaded in a fresh process, and the encoders take turns, `--repeats` times; the medians are told.

products/CPU s   texts of 48 words (64 pieces of a usual tokenizer), those of the feed's products joined and cut, each
                 once while there are some; divided by the processor time of all threads, so other work on the machine
                 and a second thread are no gain
query ms         wall time of each query once, one at a time, as served
MB               resident memory after the queries and products beyond that before the encoder was loaded, its libraries
                 included (10^6 bytes)
load s           from the call to the encoder, imports included
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from itertools import cycle, islice
from multiprocessing import get_context
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from catalog_loader import Mapping, load
from eval.bench.latency import medians, percentile
from eval.bench.machine import describe, rss_mb, told
from eval.judged.qrels import read_queries
from eval.terminal import run_app
from search.cli import err, out, print_json
from search.embed import load_encoder
from search.errors import BadInput
from search.index.fields import encoded_text
from search.types import Encoder

app = typer.Typer(add_completion=False)

WORDS = 48
#: Texts of 48 words that are cut from a feed at most, and how many are encoded together.
MOST_TEXTS = 20_000
BATCH = 64
DEMO_QUERIES = Path(__file__).parents[2] / "demo" / "judged" / "queries.tsv"
COLUMNS = ("products_per_cpu_second", "query_p50_ms", "query_p95_ms", "added_rss_mb", "load_seconds")


@app.command()
def bench(
    names: Annotated[list[str], typer.Argument(help="Encoders: names or folders.", metavar="NAME…")],
    feed: Annotated[Path | None, typer.Option(help="A feed whose texts are encoded; the demo shop's else.")] = None,
    queries: Annotated[Path, typer.Option(help="queries.tsv: id<TAB>text.")] = DEMO_QUERIES,
    limit: Annotated[int, typer.Option(min=1, help="Only the first N queries.")] = 500,
    seconds: Annotated[float, typer.Option(min=0, help="Processor time for products, a run.")] = 3.0,
    repeats: Annotated[int, typer.Option(min=1, max=20, help="Runs an encoder, of which the median is told.")] = 3,
    json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
) -> None:
    """Measure encoders in turns, each run in a process of its own."""
    texts = list(islice(cut_texts(feed), MOST_TEXTS))
    asked = list(read_queries(queries).values())[:limit]
    if not texts or not asked:
        raise BadInput(f"{feed or 'The demo shop'} has too few words, or {queries} holds no queries.", "--feed")
    machine = describe()
    runs: dict[str, list[dict[str, float]]] = {name: [] for name in names}
    for turn in range(repeats):
        for name in runs:
            with err.status(f"{name}, {turn + 1} of {repeats} …"):
                runs[name].append(in_own_process(name, texts, asked, seconds))
    rows = {name: medians(measured) for name, measured in runs.items()}
    report = {"texts": len(texts), "queries": len(asked), "repeats": repeats, "machine": machine, "rows": rows}
    if json:
        print_json(report)
    else:
        show(report)


def product_texts(feed: Path | None) -> Iterator[str]:
    """The products' texts as an index would encode them; the demo shop's without a feed."""
    with tempfile.TemporaryDirectory() as folder:
        if feed is None:
            from demo.generate import write_feed

            feed = Path(folder) / "demo.jsonl"
            write_feed(feed, 7, date(2026, 1, 1))
        for product in load(feed, Mapping()):
            yield encoded_text(product, ("de", "en"), 400)


def cut_texts(feed: Path | None) -> Iterator[str]:
    """Runs of WORDS words of the products' texts, one after the other."""
    words: list[str] = []
    for text in product_texts(feed):
        words += text.split()
        while len(words) >= WORDS:
            yield " ".join(words[:WORDS])
            del words[:WORDS]


def in_own_process(name: str, texts: Sequence[str], queries: Sequence[str], seconds: float) -> dict[str, float]:
    """`measure` in a fresh process."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(measure, name, texts, queries, seconds).result()


def measure(name: str, texts: Sequence[str], queries: Sequence[str], seconds: float) -> dict[str, float]:
    """One encoder loaded and used, in this process.

    Raises:
        MissingModel: it cannot be loaded.
    """
    before, started = rss_mb(os.getpid()), time.perf_counter()
    encoder = load_encoder(name)
    loaded = time.perf_counter() - started
    encoder.encode_query(queries[:1])  # the first one pages weights in
    times = list(query_times(encoder, queries))
    per_second = products_per_second(encoder, texts, seconds)
    return {
        "products_per_cpu_second": round(per_second, 1),
        "query_p50_ms": round(percentile(times, 50), 4),
        "query_p95_ms": round(percentile(times, 95), 4),
        "added_rss_mb": round(rss_mb(os.getpid()) - before, 1),
        "load_seconds": round(loaded, 2),
    }


def query_times(encoder: Encoder, queries: Sequence[str]) -> Iterator[float]:
    """Milliseconds of each query."""
    for query in queries:
        started = time.perf_counter()
        encoder.encode_query([query])
        yield (time.perf_counter() - started) * 1000


def products_per_second(encoder: Encoder, texts: Sequence[str], seconds: float) -> float:
    """Texts encoded a second of processor time, over at least that time and one batch."""
    source, done = cycle(texts), 0
    encoder.encode_document(texts[-BATCH:])
    started = now = time.process_time()
    while done == 0 or now - started < seconds:
        done += len(encoder.encode_document(list(islice(source, BATCH))))
        now = time.process_time()
    return done / max(now - started, 1e-9)


def show(report: dict[str, Any]) -> None:
    """A report as a table."""
    table = Table("encoder", "products/CPU s", "query p50 ms", "p95 ms", "MB", "load s")
    for name, row in report["rows"].items():
        products, fifty, ninety_five, added, loaded = (row[column] for column in COLUMNS)
        table.add_row(name, f"{products:,.0f}", f"{fifty:.3f}", f"{ninety_five:.3f}", f"{added:,.0f}", f"{loaded:.2f}")
    out.print(table)
    runs = f"{report['texts']:,} texts of {WORDS} words, {report['queries']:,} queries, {report['repeats']} runs"
    out.print(f"{runs}; {told(report['machine'])}")


if __name__ == "__main__":
    run_app(app)
