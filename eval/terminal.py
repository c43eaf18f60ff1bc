"""What the suite's commands share: errors as one sentence, bars on standard error."""

from __future__ import annotations

import sys

import typer
from rich.markup import escape

from search.cli import err
from search.errors import TresenError


def run_app(app: typer.Typer) -> None:
    """Run a command line; every error of ours is one sentence and exit code 1."""
    try:
        app()
    except TresenError as error:
        place = f" [dim]({escape(error.place)})[/dim]" if error.place else ""
        err.print(f"[bold red]Error[/bold red] {escape(error.message)}{place}")
        sys.exit(1)
