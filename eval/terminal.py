"""What the suite's commands share: their options, errors as one sentence, bars on standard error, and the document
that each of them answers: shown as tables, printed as JSON, written to a file.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import msgspec
import typer
from rich.markup import escape
from rich.table import Table

from eval.documents import Document, IndexInfo, Made, write_document
from search.cli import err, out
from search.errors import BadInput, TresenError
from search.settings import Settings, settings_table

if TYPE_CHECKING:
    from search.pipeline import Pipeline

Home = Annotated[Path, typer.Argument(help="Index directory.", metavar="DIR")]
QueriesFile = Annotated[Path, typer.Option(help="queries.tsv: id<TAB>text[<TAB>times asked].")]
QrelsFile = Annotated[Path, typer.Option(help="TREC judgements (query 0 product gain) or CSV (query,id,rating).")]
Limit = Annotated[int | None, typer.Option(min=1, help="Only the first N queries, sorted by id.")]
Language = Annotated[str | None, typer.Option(help="Language of the queries; each one's is found without.")]
SettingsFile = Annotated[Path | None, typer.Option("--settings", help="TOML file (docs/settings.md).")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
OutFile = Annotated[Path | None, typer.Option("--out", help="Also write the document here, for `tresen-eval report`.")]
Seed = Annotated[int, typer.Option(min=0, help="Of everything random.")]

D = TypeVar("D", bound=Document)


def run_app(app: typer.Typer) -> None:
    """Run a command line; every error of ours is one sentence and exit code 1."""
    try:
        app()
    except TresenError as error:
        place = f" [dim]({escape(error.place)})[/dim]" if error.place else ""
        err.print(f"[bold red]Error[/bold red] {escape(error.message)}{place}")
        sys.exit(1)


def show_rows(rows: Sequence[Mapping[str, object]], title: str) -> None:
    """A table of rows that have the same names; at least one."""
    table = Table(*rows[0], title=title)
    for row in rows:
        table.add_row(*map(str, row.values()))
    out.print(table)


def made(
    started: float,
    *,
    seed: int | None = None,
    pipeline: Pipeline | None = None,
    home: Path | None = None,
    settings: Settings | None = None,
    files: Mapping[str, Path | None] | None = None,
) -> Made:
    """What made a document.

    Args:
        started: time.perf_counter() when the command began.
        home: the index directory of `pipeline`.
        files: name -> what was read; None is left out.
    """
    index = None
    if pipeline is not None:
        snapshot = pipeline.snapshot
        index = IndexInfo(str(home), snapshot.number, len(snapshot), snapshot.manifest.model, list(snapshot.languages))
    return Made(
        command=["tresen-eval", *sys.argv[1:]],
        version=version("tresen"),
        time=datetime.now(UTC).isoformat(timespec="seconds"),
        seconds=round(time.perf_counter() - started, 3),
        seed=seed,
        index=index,
        settings=changed_settings(settings or (pipeline.settings if pipeline else Settings())),
        files={name: str(path) for name, path in (files or {}).items() if path is not None},
    )


def changed_settings(settings: Settings) -> dict[str, Any]:
    """Setting -> value, where it is not the default.

    >>> changed_settings(Settings().but(fusion={"floor": 0.1}))
    {'fusion.floor': 0.1}
    """
    tree = msgspec.to_builtins(settings)
    values = {name: tree[name.partition(".")[0]][name.partition(".")[2]] for name, *_ in settings_table()}
    defaults = {name: msgspec.to_builtins(default) for name, default, *_ in settings_table()}
    return {name: value for name, value in values.items() if value != defaults[name]}


def answer(document: D, json: bool, out_file: Path | None, show: Callable[[D], None]) -> None:
    """End a command: write the document where it is wanted, and show it or print it as JSON.

    Raises:
        BadInput: it cannot be written. It is shown nevertheless: it may have taken an hour.
    """
    refused = None
    if out_file is not None:
        try:
            out_file.parent.mkdir(parents=True, exist_ok=True)
            write_document(out_file, document)
        except OSError as error:
            refused = BadInput(f"{out_file} cannot be written: {error.strerror}.", "--out")
    if json:
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(document)).decode() + "\n")
    else:
        show(document)
    if refused:
        raise refused
    if out_file is not None and not json:
        out.print(f"[dim]Written to {escape(str(out_file))}; draw it: tresen-eval report {escape(str(out_file))}[/dim]")
