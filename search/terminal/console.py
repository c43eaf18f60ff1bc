"""What the commands share: the terminal, their usual arguments, JSON, progress."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console

out = Console()
err = Console(stderr=True)

Home = Annotated[Path, typer.Argument(help="Index directory.", metavar="DIR")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
Config = Annotated[Path | None, typer.Option("--settings", help="TOML file (docs/settings.md).")]


def print_json(value: Any) -> None:
    """A value as JSON on standard output."""
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n")


@contextmanager
def progress_bars() -> Iterator[Callable[[str, int, int | None], None]]:
    """Progress on standard error: a bar a stage, with rate and remaining time. Yields advance(stage, done, total).

    A total that nobody knows is None: the bar moves without an end.
    """
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TaskID,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description:<13}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
    )
    with Progress(*columns, TimeElapsedColumn(), TimeRemainingColumn(), console=err) as progress:
        tasks: dict[str, TaskID] = {}

        def advance(stage: str, done: int, total: int | None) -> None:
            task = tasks.get(stage)
            if task is None:
                task = tasks[stage] = progress.add_task(stage, total=total, rate="")
            progress.advance(task, done)
            speed = progress.tasks[progress.task_ids.index(task)].speed
            progress.update(task, rate=f"{speed:,.0f}/s" if speed else "")

        yield advance
