"""`tresen-eval logs`: what another ranking would have earned, from logged clicks."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from eval.documents import Interval, Logs
from eval.terminal import Json, OutFile, Seed, answer, made
from search.cli import err, out


def logs(
    log: Annotated[
        Path,
        typer.Argument(
            help="JSON lines: query_id, product_id, position, clicked; also request, propensity.", metavar="LOG"
        ),
    ],
    target: Annotated[
        Path | None, typer.Option(help="TREC run of the other ranking; without, target_position in the log.")
    ] = None,
    eta: Annotated[float, typer.Option(min=0, max=5, help="A look at rank r has probability r^−eta.")] = 0.7,
    clip: Annotated[float, typer.Option(min=1, help="Greatest weight of an impression.")] = 10.0,
    seed: Seed = 0,
    json: Json = False,
    out_file: OutFile = None,
) -> None:
    """Estimate another ranking's clicks from the log of the one that served."""
    from eval.judged.runs import read_run
    from eval.online import offpolicy

    started = time.perf_counter()
    with err.status("Weighing impressions …"):
        read, left_out = offpolicy.read_log(log, read_run(target) if target else None)
        weighted = offpolicy.weigh(read, eta, clip)
        found, difference = offpolicy.estimates(read, weighted, seed)
    n, requests = len(read.reward), int(read.request.max()) + 1
    ess = found[0].effective_sample_size
    document = Logs(
        made=made(started, seed=seed, files={"log": log, "target": target}),
        impressions=n,
        logged=float(read.reward.mean()),
        estimates=found,
        verdict=sentence(n, requests, ess, difference),
        difference=difference,
        covered=offpolicy.covered(weighted),
        requests=requests,
        left_out=left_out,
        more_impressions=offpolicy.more_impressions(n, ess),
    )
    answer(document, json, out_file, show)


def sentence(impressions: int, requests: int, ess: float, difference: Interval) -> str:
    """The verdict, or why there is none.

    >>> sentence(100, 50, 50.0, Interval(0.1, 0.05, 0.2))
    'No verdict: the effective sample size is 50, 200 are needed; about 300 more impressions like these.'
    """
    from eval.online.offpolicy import LEAST_ESS, LEAST_REQUESTS, more_impressions

    if ess < LEAST_ESS:
        more = more_impressions(impressions, ess)
        return (
            f"No verdict: the effective sample size is {ess:,.0f}, {LEAST_ESS:.0f} are needed; "
            f"about {more:,} more impressions like these."
        )
    if requests < LEAST_REQUESTS:
        return f"No verdict: {requests} answers are too few for an interval; {LEAST_REQUESTS} are needed."
    if difference.low > 0:
        return "The target earns more than what was logged."
    if difference.high < 0:
        return "The target earns less than what was logged."
    return "No difference can be told from these clicks."


def show(document: Logs) -> None:
    """The estimates and the verdict."""
    title = f"{document.impressions:,} impressions in {document.requests:,} answers; reward an impression"
    table = Table("", "value", "95 %", "effective sample size", "clipped", title=title)
    table.add_row("logged", f"{document.logged:.4f}", "", "", "")
    for row in document.estimates:
        value = row.value
        table.add_row(
            row.name,
            f"{value.mean:.4f}",
            f"[{value.low:.4f}, {value.high:.4f}]".replace("[", "\\["),
            f"{row.effective_sample_size:,.0f}",
            f"{row.clipped:.1%}",
        )
    out.print(table)
    if document.difference is not None:
        gap = document.difference
        out.print(f"Target − logged (SNIPS): {gap.mean:+.4f} \\[{gap.low:+.4f}, {gap.high:+.4f}]")
    if document.left_out:
        out.print(f"Left out: {document.left_out:,} impressions of queries that the target does not rank.")
    if not 0.8 <= document.covered <= 1.25:
        out.print(
            f"[yellow]{document.covered:.0%} of the target's looks fall on logged products (100 % if all it shows was "
            "logged and propensities are right): IPS counts the missing ones as 0, SNIPS as average.[/yellow]"
        )
    out.print(f"[bold]{document.verdict}[/bold]")
