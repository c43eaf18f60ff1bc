"""`python -m eval.bench.heads DIR --queries F`: what keeping frequent queries is worth, and the memory that it takes.

    python -m eval.bench.heads .demo --queries queries.jsonl [--memory 0,32,128] [--exponent 1.0]

The queries of a file (as `eval.bench.http` reads them), drawn by Zipf's law: the k-th of them in a shuffled order comes
in proportion to k^−exponent, so that a few come often and most once or never. The same draws are searched in process
with each amount of memory (`server.cache_mb`), by turns, round for round; the first round fills what is kept and is not
counted. Times are processor time: other work on the machine hardly changes it.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Any

import msgspec
import numpy as np
import typer

from eval.bench.http import read_questions
from eval.bench.latency import percentile
from eval.bench.machine import describe, told
from eval.terminal import Json, run_app, show_rows
from search.cli import err, print_json, progress_bars
from search.embed import load_encoder
from search.errors import BadInput
from search.index.snapshot import load_snapshot
from search.messages import SearchRequest
from search.pipeline import Pipeline
from search.settings import read_settings

app = typer.Typer(add_completion=False)


def parse_memory(text: str) -> list[float]:
    """ "0,32" -> [0.0, 32.0]; BadInput for anything that is no list of megabytes."""
    try:
        found = [float(part) for part in text.split(",")]
    except ValueError:
        found = [-1.0]
    if min(found) < 0:
        raise BadInput(f"'{text}' is no list of megabytes. Write --memory 0,32,128.", "--memory")
    return found


def drawn(requests: list[SearchRequest], count: int, exponent: float, seed: int) -> list[SearchRequest]:
    """So many of them, the k-th of a shuffled order with a probability in proportion to k^−exponent."""
    rng = np.random.default_rng(seed)
    weights = np.arange(1, len(requests) + 1) ** -exponent
    places = rng.permutation(len(requests))[rng.choice(len(requests), count, p=weights / weights.sum())]
    return [requests[place] for place in places.tolist()]


def measure(pipelines: dict[float, Pipeline], rounds: list[list[SearchRequest]]) -> list[dict[str, Any]]:
    """A row for each amount of memory; the first round is not counted."""
    times: dict[float, list[float]] = {memory: [] for memory in pipelines}
    total = len(pipelines) * sum(map(len, rounds))
    with progress_bars() as advance:
        for number, asked in enumerate(rounds):
            for memory, pipeline in pipelines.items():
                for request in asked:
                    started = time.process_time()
                    pipeline.search(request)
                    if number:
                        times[memory].append((time.process_time() - started) * 1000)
                    advance("searches", 1, total)
    base = float(np.mean(next(iter(times.values()))))
    return [_row(memory, pipeline, times[memory], base) for memory, pipeline in pipelines.items()]


def _row(memory: float, pipeline: Pipeline, times: list[float], base: float) -> dict[str, Any]:
    kept = dict(pipeline.heads)
    found = kept["found"]
    return {
        "memory MB": memory,
        "used MB": round(sum(one.bytes for one in kept.values()) / 2**20, 1),
        "mean ms": round(float(np.mean(times)), 2),
        **{f"p{percent} ms": round(percentile(times, percent), 2) for percent in (50, 95)},
        "÷ first": round(float(np.mean(times)) / base, 2),
        "found again": round(found.tally.hits / max(found.tally.hits + found.tally.misses, 1), 2),
        "queries kept": len(found),
    }


@app.command()
def main(
    home: Annotated[Path, typer.Argument(help="Index directory.", metavar="DIR")],
    queries: Annotated[Path, typer.Option(help="queries.tsv: id<TAB>text; or .jsonl: parameters of a search a line.")],
    memory: Annotated[str, typer.Option(help="Megabytes, one row each.")] = "0,32,128",
    count: Annotated[int, typer.Option(min=1, help="Searches a round.")] = 500,
    rounds: Annotated[int, typer.Option(min=1, help="Counted rounds.")] = 3,
    exponent: Annotated[float, typer.Option(min=0, max=3, help="Of Zipf's law; 0: all come equally often.")] = 1.0,
    seed: Annotated[int, typer.Option(help="Of the draws.")] = 1,
    json: Json = False,
) -> None:
    """Search by Zipf's law with different amounts of memory for what frequent queries find."""
    asked, settings, machine = read_questions(queries), read_settings(), describe()
    if not asked:
        raise BadInput(f"{queries} holds no queries.", "--queries")
    # whose tastes they are ranked by is left out: it is never kept
    named = [{name: value for name, value in parameters.items() if name != "shopper"} for _, parameters in asked]
    requests = [msgspec.convert(parameters, SearchRequest, strict=False) for parameters in named]
    with err.status("Opening the index …"):
        snapshot = load_snapshot(home)
        encoder = None if snapshot.manifest.model is None else load_encoder(snapshot.manifest.model)
        pipelines = {
            each: Pipeline(snapshot, encoder, settings.but(server={"cache_mb": each, "deadline_ms": 60_000.0}))
            for each in parse_memory(memory)
        }
    rows = measure(pipelines, [drawn(requests, count, exponent, seed + number) for number in range(rounds + 1)])
    if json:
        print_json({"machine": machine, "products": len(snapshot), "queries": len(requests), "rows": rows})
        return
    show_rows(rows, f"{len(snapshot):,} products, {len(requests):,} queries. {told(machine)}")


if __name__ == "__main__":
    run_app(app)
