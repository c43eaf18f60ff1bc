"""How long does it take to read and to score a run: ours, ir-measures and ranx, side by side in one process.

    python -m eval.bench.measures QRELS RUN [--repeats 5]

Every engine reads the same two files and computes nDCG@10 (gain 2^g − 1), Recall@100 and MRR@10; ours its other metrics
too. One round that is not counted comes first: ranx compiles then (some 40 s). Engines take turns, so that a busy
moment of the machine meets all of them; figures are medians. ranx is no dependency of ours: pip install ranx.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Annotated, Any

import ir_measures
import typer
from rich.table import Table

from eval.bench.machine import describe, told
from eval.judged.qrels import read_qrels
from eval.judged.runs import read_run
from eval.measures import NDCG, means, per_query
from eval.terminal import Json, run_app
from search.cli import err, out, print_json, progress_bars

app = typer.Typer(add_completion=False)


@dataclass(frozen=True, slots=True)
class Engine:
    """How to read both files, and how to score what was read: mean nDCG@10."""

    name: str
    read: Callable[[Path, Path], Any]
    score: Callable[[Any], float]


def ours() -> Engine:
    """This suite."""
    return Engine(
        "tresen-eval",
        lambda qrels, run: (read_qrels(qrels), read_run(run)),
        lambda read: means(per_query(*read))[NDCG],
    )


def ir_measures_engine() -> Engine:
    """ir-measures over trec_eval."""
    measures = [ir_measures.parse_measure("nDCG@10"), ir_measures.R @ 100, ir_measures.RR @ 10]
    gains = {grade: 2**grade - 1 for grade in range(11)}
    measures[0] = ir_measures.nDCG(gains=gains) @ 10

    def read(qrels: Path, run: Path) -> Any:
        return list(ir_measures.read_trec_qrels(str(qrels))), list(ir_measures.read_trec_run(str(run)))

    return Engine("ir-measures", read, lambda read: ir_measures.calc_aggregate(measures, *read)[measures[0]])


def ranx_engine() -> Engine | None:
    """ranx, None where it is not installed."""
    try:
        import ranx
    except ImportError:
        return None
    metrics = ["ndcg_burges@10", "recall@100", "mrr@10"]

    def read(qrels: Path, run: Path) -> Any:
        return ranx.Qrels.from_file(str(qrels), kind="trec"), ranx.Run.from_file(str(run), kind="trec")

    return Engine("ranx", read, lambda read: ranx.evaluate(*read, metrics, make_comparable=True)["ndcg_burges@10"])


def measure(engines: list[Engine], qrels: Path, run: Path, repeats: int) -> list[dict[str, Any]]:
    """A row an engine: median seconds to read, to score, both together; the first, uncounted round; nDCG@10."""
    times: dict[str, list[tuple[float, float]]] = {engine.name: [] for engine in engines}
    figure = {}
    with progress_bars() as advance:
        for _ in range(repeats + 1):
            for engine in engines:
                started = time.perf_counter()
                read = engine.read(qrels, run)
                scored = time.perf_counter()
                figure[engine.name] = engine.score(read)
                times[engine.name].append((scored - started, time.perf_counter() - scored))
                advance("rounds", 1, (repeats + 1) * len(engines))
    return [
        {
            "engine": name,
            "read_s": round(median(read for read, _ in counted), 4),
            "score_s": round(median(score for _, score in counted), 4),
            "both_s": round(median(read + score for read, score in counted), 4),
            "first_round_s": round(sum(first), 3),
            NDCG: round(float(figure[name]), 6),
        }
        for name, (first, *counted) in times.items()
    ]


@app.command()
def main(
    qrels: Annotated[Path, typer.Argument(help="TREC judgements.")],
    run: Annotated[Path, typer.Argument(help="TREC run.")],
    repeats: Annotated[int, typer.Option(min=1, help="Counted rounds.")] = 5,
    json: Json = False,
) -> None:
    """Time reading and scoring a run in several engines."""
    machine = describe()
    rival = ranx_engine()
    if rival is None:
        err.print("[yellow]ranx is not installed and left out: pip install ranx[/yellow]")
    rows = measure([ours(), ir_measures_engine(), *([rival] if rival else [])], qrels, run, repeats)
    if json:
        print_json({"machine": machine, "repeats": repeats, "engines": rows})
        return
    table = Table(*rows[0], title=told(machine))
    for row in rows:
        table.add_row(*map(str, row.values()))
    out.print(table)


if __name__ == "__main__":
    run_app(app)
