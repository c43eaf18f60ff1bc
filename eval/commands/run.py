"""`tresen-eval run`: relevance and time of every stage of the pipeline that serves, in one or many configurations."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from eval.documents import Configuration, Run
from eval.experiments import DEFAULT_SEED, Experiment, NamedSettings, read_experiment
from eval.judged.halves import Half
from eval.terminal import Json, Language, Limit, OutFile, SettingsFile, answer, made
from search.cli import err, out, progress_bars
from search.errors import BadInput
from search.settings import read_settings

if TYPE_CHECKING:
    from eval.configurations import OnRuns
    from eval.stages import StageRuns
    from eval.workers import OpenIndex

Target = Annotated[
    Path, typer.Argument(help="Index directory, or an experiment's file.", metavar="DIR|EXPERIMENT.toml")
]
QueriesFile = Annotated[Path | None, typer.Option(help="queries.tsv: id<TAB>text[<TAB>times asked].")]
QrelsFile = Annotated[
    Path | None, typer.Option(help="TREC judgements (query 0 product gain) or CSV (query,id,rating).")
]
Pool = Annotated[bool, typer.Option("--pool", help="Rank only the judged products of a query.")]
Jobs = Annotated[int, typer.Option(min=1, help="Processes; the answers are the same, the times a lone one's at 1.")]


def run(
    target: Target,
    queries: QueriesFile = None,
    qrels: QrelsFile = None,
    limit: Limit = None,
    lang: Language = None,
    filter_: Annotated[str, typer.Option("--filter", help="For all queries: brand:Adidas AND price:20..50")] = "",
    pool: Pool = False,
    lexical_only: Annotated[bool, typer.Option(help="Without the encoder, as if it were down.")] = False,
    run_out: Annotated[Path | None, typer.Option(help="Write what shoppers get as a TREC run.")] = None,
    encoder: Annotated[
        str | None,
        typer.Option(help="Another encoder than the index was built with, laid over it in memory.", metavar="MODEL"),
    ] = None,
    half: Annotated[
        Half, typer.Option(help="Only one half of the queries, by --seed: choose settings on 'fit', tell 'report'.")
    ] = "both",
    settings_file: SettingsFile = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Of everything random.")] = None,
    jobs: Jobs = 2,
    json: Json = False,
    out_file: OutFile = None,
) -> None:
    """Measure each stage's relevance and time on judged queries."""
    started = time.perf_counter()
    if target.suffix == ".toml":
        said = {"--queries": queries, "--qrels": qrels, "--lang": lang, "--filter": filter_, "--pool": pool}
        said |= {"--encoder": encoder, "--half": half != "both"}
        refuse({**said, "--lexical-only": lexical_only, "--settings": settings_file}, target)
        experiment = read_experiment(target, limit, seed)
    else:
        if qrels is None:
            raise BadInput("Which judgements? Give --queries and --qrels, or an experiment's file.", "--qrels")
        base = read_settings(settings_file)
        experiment = Experiment(
            index=target,
            queries=queries,
            qrels=qrels,
            lang=lang,
            filter=filter_,
            pool=pool,
            limit=limit,
            half=half,
            encoder=encoder,
            seed=DEFAULT_SEED if seed is None else seed,
            base=base,
            ways=(NamedSettings("lexical only" if lexical_only else "settings", base, lexical_only=lexical_only),),
        )
    answer(run_document(experiment, jobs, run_out, started), json, out_file, show)


def refuse(given: Mapping[str, object], target: Path) -> None:
    """An experiment's file says what these options say."""
    named = [option for option, value in given.items() if value]
    if named:
        raise BadInput(f"{', '.join(named)}: the experiment's file says that. Write it there.", str(target))


def run_document(experiment: Experiment, jobs: int, run_out: Path | None, started: float) -> Run:
    """An experiment's document, with bars on standard error."""
    from eval.configurations import measure_experiment, read_judged
    from eval.measures import GAIN
    from eval.workers import Setup

    ways = experiment.configurations()
    if run_out and len(ways) > 1:
        raise BadInput(f"--run-out writes one run; this experiment has {len(ways)} configurations.", "--run-out")
    judged = read_judged(experiment)
    index = opened(experiment, jobs)
    with index, progress_bars() as advance:
        measured = measure_experiment(experiment, judged, index, advance, writer(run_out))
        first = index.pipeline(Setup(ways[0].settings, ways[0].lexical_only))
    files = {"queries": experiment.queries, "qrels": experiment.qrels, "experiment": experiment.place}
    origin = made(
        started,
        seed=experiment.seed,
        pipeline=first,
        home=experiment.index,
        settings=experiment.base,
        files={**files, "events": experiment.events},
    )
    return Run(
        made=origin,
        gain=GAIN,
        pool=experiment.pool,
        served=measured.served,
        without_relevant=judged.left_out,
        judged_without_text=judged.without_text,
        judged_but_not_indexed=measured.judged_but_not_indexed,
        configurations=measured.configurations,
    )


def opened(experiment: Experiment, jobs: int) -> OpenIndex:
    """The index of an experiment, with its own encoder or with the one that the experiment names."""
    from eval.workers import open_index, open_reencoded

    if experiment.encoder:
        with progress_bars() as advance:
            corrections = experiment.base.kinds.corrections
            return open_reencoded(experiment.index, experiment.encoder, corrections, advance)
    with err.status("Loading index and encoder …"):
        return open_index(experiment.index, not all(way.lexical_only for way in experiment.configurations()), jobs)


def writer(run_out: Path | None) -> OnRuns:
    """What writes the served lists of a configuration as a TREC run."""
    from eval.judged.runs import write_run

    def write(way: NamedSettings, runs: StageRuns) -> None:
        if run_out:
            write_run(run_out, runs.run(runs.served), f"tresen-{runs.served}")

    return write


#: Metrics that stand beside each other on a terminal of 80 columns.
MOST_COLUMNS = 8

# --- for people ------------------------------------------------------------------------------------


def show(document: Run) -> None:
    """A run as tables, with what makes it less than it looks."""
    for configuration in document.configurations:
        for metrics in _parts(configuration.stages[document.served]):
            out.print(_table(document, configuration, metrics))
        out.print(
            "p50/p95 ms: " + ", ".join(f"{step} {t.p50:.2f}/{t.p95:.2f}" for step, t in configuration.times_ms.items())
        )
        for stage, count in configuration.degraded.items():
            out.print(f"[yellow]{stage} was left out for {count:,} queries.[/yellow]")
    if len(document.configurations) > 1:
        for metrics in _parts(document.configurations[0].stages[document.served]):
            out.print(_overview(document, metrics))
    if document.without_relevant:
        lacks = "five judged products of differing gain" if document.pool else "any relevant product"
        out.print(f"Left out: {document.without_relevant:,} queries without {lacks}.")
    if document.judged_without_text:
        out.print(f"[yellow]{document.judged_without_text:,} judged queries have no text in the queries file.[/yellow]")
    if document.judged_but_not_indexed:
        out.print(f"[yellow]{document.judged_but_not_indexed:,} judged products are not in this index.[/yellow]")


def narrow(metric: str) -> str:
    """A metric's name over several lines, so that all of them fit on a terminal.

    >>> narrow("nDCG@10 condensed").split()
    ['nDCG', '@10', 'condensed']
    """
    return metric.replace("@", "\n@").replace(" ", "\n")


def _parts(metrics: Iterable[str]) -> list[list[str]]:
    """As many metrics as stand whole on 80 columns, then the others."""
    every = list(metrics)
    return [every[at : at + MOST_COLUMNS] for at in range(0, len(every), MOST_COLUMNS)]


def _table(document: Run, configuration: Configuration, metrics: Sequence[str]) -> Table:
    pool = ", judged products only" if document.pool else ""
    title = f"{configuration.name}: {len(configuration.queries):,} queries, gain {document.gain}{pool}"
    table = _slim("stage", metrics, escape(title))
    table.caption = "± half of the 95 % interval"
    for stage, values in configuration.stages.items():
        cells = (f"{v.mean:.4f}\n[dim]±{(v.high - v.low) / 2:.3f}[/dim]" for v in map(values.__getitem__, metrics))
        table.add_row(stage, *cells)
    return table


def _overview(document: Run, metrics: Sequence[str]) -> Table:
    """The stage that shoppers get, a configuration a line."""
    table = _slim("name", metrics, f"{document.served}; differences: tresen-eval compare")
    for configuration in document.configurations:
        values = configuration.stages[document.served]
        table.add_row(escape(configuration.name), *(f"{values[name].mean:.4f}" for name in metrics))
    return table


def _slim(first: str, metrics: Sequence[str], title: str) -> Table:
    """A column a metric, without lines between them: all figures are whole on 80 columns."""
    return Table(first, *map(narrow, metrics), title=title, box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
