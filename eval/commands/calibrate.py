"""`tresen-eval calibrate`: the legs' weight and the temperature, or the weights of fields.

Fitted on half of the queries, told on the other.
"""

from __future__ import annotations

import time
from typing import Annotated, Any

import typer
from rich.table import Table

from eval.commands.run import Jobs, Pool, QrelsFile, QueriesFile, narrow
from eval.documents import Calibrate, Difference
from eval.experiments import DEFAULT_SEED, Experiment
from eval.terminal import Home, Json, Language, Limit, OutFile, Seed, SettingsFile, answer, made
from search.cli import err, out, progress_bars
from search.errors import BadInput
from search.settings import read_settings

#: A difference that luck alone would make more often than this is none.
LUCK = 0.05


def calibrate(
    home: Home,
    queries: QueriesFile = None,
    qrels: QrelsFile = None,
    metric: Annotated[str, typer.Option(help="What the settings are chosen by.")] = "nDCG@10",
    limit: Limit = None,
    lang: Language = None,
    pool: Pool = False,
    fields: Annotated[
        bool, typer.Option("--fields", help="Fit what words weigh in each field instead: lexical.* settings.")
    ] = False,
    settings_file: SettingsFile = None,
    seed: Seed = DEFAULT_SEED,
    jobs: Jobs = 2,
    json: Json = False,
    out_file: OutFile = None,
) -> None:
    """Fit the fusion's settings and the temperature to judgements, or the fields' weights."""
    started = time.perf_counter()
    if qrels is None:
        raise BadInput("Which judgements? Give --queries and --qrels.", "--qrels")
    experiment = Experiment(
        index=home,
        queries=queries,
        qrels=qrels,
        lang=lang,
        pool=pool,
        limit=limit,
        seed=seed,
        base=read_settings(settings_file),
    )
    answer(calibrate_document(experiment, metric, jobs, started, fields), json, out_file, show)


def calibrate_document(
    experiment: Experiment, metric: str, jobs: int, started: float, fields: bool = False
) -> Calibrate:
    """Calibrate over an index directory, with bars on standard error."""
    from eval.calibrate import calibrate_settings
    from eval.configurations import asks_of, read_judged
    from eval.fields import fit_fields
    from eval.measures import NAMES
    from eval.workers import Setup, open_index

    if metric not in NAMES:
        raise BadInput(f"No metric '{metric}'. Known: {', '.join(NAMES)}.", "--metric")
    judged = read_judged(experiment)
    with err.status("Loading index and encoder …"):
        index = open_index(experiment.index, jobs=jobs)
    with index, progress_bars() as advance:
        pipeline = index.pipeline(Setup(experiment.base))
        asks = asks_of(judged, pipeline, [], pool=True)
        given = (experiment.base, asks, judged.qrels, metric, experiment.seed, experiment.lang, experiment.pool)
        fitted = fit_fields(index, *given, advance) if fields else None
        done = None if fields else calibrate_settings(index, *given, advance)
    files = {"queries": experiment.queries, "qrels": experiment.qrels}
    found = fitted or done
    assert found is not None
    return Calibrate(
        made=made(started, seed=experiment.seed, pipeline=pipeline, home=experiment.index, files=files),
        metric=metric,
        pool=experiment.pool,
        fitted_on=found.fitted_on,
        reported_on=found.reported_on,
        chosen=found.chosen,
        tried=found.tried,
        report=found.report,
        fusion_only=done.fusion_only if done else [],
        temperature=done.temperature if done else None,
        log_likelihood=done.log_likelihood if done else {},
    )


# --- for people ------------------------------------------------------------------------------------


def show(document: Calibrate) -> None:
    """What was tried, what it gives on the other half, and what to write into a settings file."""
    tried = Table("settings", document.metric, title=f"tried on {document.fitted_on:,} queries")
    best = max(candidate.value for candidate in document.tried)
    for candidate in document.tried:
        mark = "bold" if candidate.value == best else ""
        tried.add_row(toml(candidate.settings) or "as it is", f"{candidate.value:.4f}", style=mark)
    out.print(tried)
    out.print(_differences(document.report, f"chosen against given settings, {document.reported_on:,} other queries"))
    if not document.fusion_only:
        _advise_fields(document)
        return
    fused = document.fusion_only[0]
    out.print(f"Of that by the fusion alone: {document.metric} {fused.difference.mean:+.4f} (p {fused.p:.3f}).")
    told = ", ".join(f"{name} {value:.4f}" for name, value in document.log_likelihood.items())
    out.print(f"Temperature {document.temperature}; log-likelihood of the other half's judgements: {told}.")
    _advise(document)


def _advise_fields(document: Calibrate) -> None:
    if not document.chosen:
        out.print("Nothing is better than what the index was built with on the half that was fitted. Change nothing.")
        return
    told = f"In a settings file, and then index the feed again:\n\n{toml(document.chosen)}\n"
    out.print(told, markup=False, highlight=False)
    first = document.report[0]
    if first.p >= LUCK or first.difference.mean <= 0:
        out.print(
            f"[yellow]On the other half {first.metric} is no better for it: leave the fields as they are.[/yellow]"
        )


def _differences(report: list[Difference], title: str) -> Table:
    columns = ("metric", "given", "chosen", "difference\n95 %", "p", "won/lost/tied")
    table = Table(*columns, title=title)
    for one in report:
        d = one.difference
        table.add_row(
            narrow(one.metric).replace("\n@", "@"),
            f"{one.a:.4f}",
            f"{one.b:.4f}",
            f"{d.mean:+.4f}\n[dim]{d.low:+.4f} … {d.high:+.4f}[/dim]",
            f"{one.p:.3f}",
            f"{one.wins}/{one.losses}/{one.ties}",
        )
    return table


def _advise(document: Calibrate) -> None:
    if "personal.temperature" not in document.chosen and document.log_likelihood["fitted"] != 0:
        out.print("[yellow]The temperature stays: the fitted one is the given, or at the end of its range.[/yellow]")
    if not document.chosen:
        out.print("Nothing is better than the given settings on the half that was fitted. Change nothing.")
        return
    out.print(f"In a settings file:\n\n{toml(document.chosen)}\n", markup=False, highlight=False)
    first = document.report[0]
    if first.p >= LUCK or first.difference.mean <= 0:
        out.print(f"[yellow]On the other half {first.metric} is no better for it: leave the fusion as it is.[/yellow]")
    told = document.log_likelihood
    if "personal.temperature" in document.chosen and told["fitted"] <= told["default"]:
        out.print("[yellow]The other half's judgements are no likelier with the fitted temperature: leave it.[/yellow]")


def toml(settings: dict[str, Any]) -> str:
    """Settings as lines of a settings file; what TOML cannot say (null) as a comment.

    >>> print(toml({"fusion.lexical_weight": 0.6}))
    fusion.lexical_weight = 0.6
    """
    lines = (f"# leave out {name}" if value is None else f"{name} = {value}" for name, value in settings.items())
    return "\n".join(lines)
