"""`tresen-eval run`: relevance of every stage of the pipeline that serves, on judged queries; `weights`: of its fusion.

Exit codes: 0 done, 1 a clear error (told in one sentence), 2 wrong usage.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from eval.judged.qrels import Qrels, Queries, read_qrels, read_queries, with_relevant
from eval.judged.runs import write_run
from eval.terminal import run_app
from search.cli import err, out, print_json, progress_bars
from search.errors import BadInput
from search.settings import read_settings

if TYPE_CHECKING:
    from search.pipeline import Pipeline

#: What both commands take.
Home = Annotated[Path, typer.Argument(help="Index directory.", metavar="DIR")]
QueriesFile = Annotated[Path, typer.Option(help="queries.tsv: id<TAB>text.")]
QrelsFile = Annotated[Path, typer.Option(help="TREC judgements: query 0 product gain.")]
Limit = Annotated[int | None, typer.Option(min=1, help="Only the first N queries, sorted by id.")]
Language = Annotated[str | None, typer.Option(help="Language of the queries; each one's is found without.")]
SettingsFile = Annotated[Path | None, typer.Option("--settings", help="TOML file (docs/settings.md).")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Tresen's relevance suite (docs/evaluation.md).")


@app.callback()
def suite() -> None:
    """Relevance suite of Tresen."""


@app.command()
def run(
    home: Home,
    queries: QueriesFile,
    qrels: QrelsFile,
    limit: Limit = None,
    lang: Language = None,
    filter_: Annotated[str, typer.Option("--filter", help="For all queries: brand:Adidas AND price:20..50")] = "",
    lexical_only: Annotated[bool, typer.Option(help="Without the encoder, as if it were down.")] = False,
    run_out: Annotated[Path | None, typer.Option(help="Write what a stranger gets as a TREC run.")] = None,
    settings_file: SettingsFile = None,
    json: Json = False,
) -> None:
    """Measure each stage's relevance and time on judged queries."""
    judged = with_relevant(read_qrels(qrels))
    asked = read_queries(queries)
    chosen = choose(asked, judged, limit)
    if not chosen:
        raise BadInput(f"No query of {queries} has a relevant product in {qrels}.", "--qrels")
    from eval.stages import open_pipeline

    with err.status("Loading index and encoder …"):
        pipeline = open_pipeline(home, read_settings(settings_file), lexical_only)
    measured = measure(pipeline, chosen, {id: judged[id] for id in chosen}, lang, filter_, run_out)
    report = {
        "index": str(home),
        "snapshot": pipeline.snapshot.number,
        "products": len(pipeline.snapshot),
        "model": pipeline.snapshot.manifest.model,
        "queries_file": str(queries),
        "qrels_file": str(qrels),
        "lang": lang,
        "filter": filter_,
        "queries": len(chosen),
        "without_relevant": sum(id not in judged for id in asked),
        **measured,
    }
    if json:
        print_json(report)
    else:
        show(report)


def choose(queries: Queries, judged: Qrels, limit: int | None) -> Queries:
    """The queries with a relevant product, sorted by id, the first `limit` of them.

    >>> choose({"q2": "boots", "q1": "shoes", "q3": "unicorn"}, {"q1": {"a": 1}, "q2": {"b": 1}}, None)
    {'q1': 'shoes', 'q2': 'boots'}
    """
    return {id: queries[id] for id in sorted(queries.keys() & judged.keys())[:limit]}


def measure(
    pipeline: Pipeline, queries: Queries, qrels: Qrels, language: str | None, filter: str, run_out: Path | None
) -> dict[str, Any]:
    """Run the queries, with a bar on standard error; metrics a stage and median times, as plain values."""
    from eval.measures import GAIN, means, per_query
    from eval.stages import SERVED, run_stages

    with progress_bars() as advance:
        found = run_stages(pipeline, queries, language, filter, lambda: advance("queries", 1, len(queries)))
    if run_out:
        write_run(run_out, found.runs[SERVED], f"tresen-{SERVED}")
    row_of = pipeline.snapshot.documents.row_of
    return {
        "judged_but_not_indexed": sum(row_of(product) is None for judged in qrels.values() for product in judged),
        "gain": GAIN,
        "degraded": dict(found.degraded),
        "stages": {stage: means(per_query(qrels, ranked)) for stage, ranked in found.runs.items()},
        "median_ms": found.median_ms(),
    }


def show(report: dict[str, Any]) -> None:
    """A report as tables, with what makes it less than it looks."""
    from eval.measures import NAMES

    table = Table("stage", *NAMES, title=f"{report['queries']:,} queries, gain {report['gain']}")
    for stage, values in report["stages"].items():
        table.add_row(stage, *(f"{values[name]:.4f}" for name in NAMES))
    out.print(table)
    out.print("median ms: " + ", ".join(f"{step} {time:.2f}" for step, time in report["median_ms"].items()))
    if report["without_relevant"]:
        out.print(f"Left out: {report['without_relevant']:,} queries without any relevant product.")
    if report["judged_but_not_indexed"]:
        out.print(f"[yellow]{report['judged_but_not_indexed']:,} judged products are not in this index.[/yellow]")
    for stage, count in report["degraded"].items():
        out.print(f"[yellow]{stage} was left out for {count:,} queries.[/yellow]")


@app.command()
def weights(
    home: Home,
    queries: QueriesFile,
    qrels: QrelsFile,
    limit: Limit = None,
    lang: Language = None,
    pool: Annotated[bool, typer.Option("--pool", help="Rank only the judged products of a query.")] = False,
    settings_file: SettingsFile = None,
    json: Json = False,
) -> None:
    """Compare the legs' weight as found per query with fixed ones."""
    from eval.stages import open_pipeline
    from eval.weights import compare_weights, poolable

    judged = with_relevant(read_qrels(qrels))
    judged = poolable(judged) if pool else judged
    chosen = choose(read_queries(queries), judged, limit)
    if not chosen:
        raise BadInput(f"No query of {queries} has judgements in {qrels} that can be used.", "--qrels")
    with err.status("Loading index and encoder …"):
        pipeline = open_pipeline(home, read_settings(settings_file), False)
    with progress_bars() as advance:
        done = partial(advance, "queries", 1, len(chosen))
        compared = compare_weights(pipeline, chosen, {id: judged[id] for id in chosen}, lang, pool, done)
    if json:
        print_json({"queries": len(chosen), "pool": pool, "weights": compared})
        return
    table = Table("lexical weight", *next(iter(compared.values())), title=f"{len(chosen):,} queries")
    for name, values in compared.items():
        table.add_row(name, *(f"{value:.4f}" for value in values.values()))
    out.print(table)


def main() -> None:
    """The entry point of `tresen-eval`."""
    run_app(app)


if __name__ == "__main__":
    main()
