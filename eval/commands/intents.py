"""`tresen-eval intents`: queries that state something, asked by the opposite profile."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from eval.documents import IntentCount, Intents
from eval.personal.intent_files import ASIDE, KNOWN, demo_files, read_intents
from eval.terminal import Home, Json, OutFile, SettingsFile, answer, made
from eval.weights import WithLearned, served
from search.cli import err, out, progress_bars
from search.settings import read_settings

#: More violations than these are counted, not listed; --json has them all.
LISTED = 20
#: Longer than any search: a slow machine must not change what is counted.
DEADLINE_MS = 600_000.0


def intents(
    home: Home,
    set_: Annotated[
        Path | None, typer.Option("--set", help="Queries to develop with (TOML); without it the demo shop's.")
    ] = None,
    aside: Annotated[
        Path | None, typer.Option(help="Queries put aside, of which only counts are told; the demo's beside its own.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of everything random.")] = 1,
    learned: WithLearned = True,
    settings_file: SettingsFile = None,
    json: Json = False,
    out_file: OutFile = None,
) -> None:
    """Count queries whose stated intent the profile of whoever asks overrules."""
    from eval.personal.intents import Asker, by_pattern, count, day_of, violations
    from eval.stages import open_pipeline

    started = time.perf_counter()
    files = files_of(set_, aside)
    sets = {name: read_intents(path) for name, path in files.items()}
    settings, _ = served(read_settings(settings_file), home, learned)
    with err.status("Loading index and encoder …"):
        pipeline = open_pipeline(home, settings.but(server={"deadline_ms": DEADLINE_MS}))
        now = day_of(pipeline.snapshot)
        pipeline.now = lambda: now
        asker = Asker(pipeline, seed)
    with progress_bars() as advance:
        outcomes = {name: asker.ask_all(one, partial(advance, name, 1, len(one.intents))) for name, one in sets.items()}
    document = Intents(
        made=made(started, seed=seed, pipeline=pipeline, home=home, settings=settings, files=files),
        sets=[count(name, of_one) for name, of_one in outcomes.items()],
        patterns=by_pattern(outcomes.get(KNOWN, [])),
        violations=violations(outcomes.get(KNOWN, [])),
    )
    answer(document, json, out_file, show)


def files_of(known: Path | None, aside: Path | None) -> dict[str, Path]:
    """Which files are asked: those given, both of the demo shop where none is."""
    given = {name: path for name, path in ((KNOWN, known), (ASIDE, aside)) if path is not None}
    return given or demo_files()


def show(document: Intents) -> None:
    """Counts a set and a pattern, and what happened."""
    out.print(_table("set", document.sets, "What a query states against the profile of whoever asks"))
    violated = [pattern for pattern in document.patterns if pattern.violations]
    if violated:
        violated.sort(key=lambda pattern: -pattern.violations)
        out.print(_table("pattern", violated, f"{len(violated)} of {len(document.patterns)} patterns are violated"))
    for violation in document.violations[:LISTED]:
        asked = f"{violation.pattern}, [bold]{escape(violation.q)}[/bold] asked as {escape(violation.profile)}"
        out.print(f"{asked}: {escape(violation.what)}")
    more = len(document.violations) - LISTED
    if more > 0:
        out.print(f"[dim]… and {more:,} more; --json has them all.[/dim]")


def _table(first: str, counts: list[IntentCount], title: str) -> Table:
    table = Table(first, "queries", "violations", "unfit@10 anonymous", "personal", title=title)
    for count in counts:
        shares = (f"{count.unfit_anonymous:.3f}", f"{count.unfit_personal:.3f}")
        table.add_row(escape(count.name), f"{count.queries:,}", f"{count.violations:,}", *shares)
    return table
