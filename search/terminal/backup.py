"""`tresen rollback | backup | restore`: the catalogue as it was, and the state kept and put back."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from search.settings import read_settings
from search.terminal.console import Config, Home, Json, out, print_json

BackupFile = Annotated[Path, typer.Argument(help="The backup, or a directory that it gets a name in.", metavar="FILE")]
Source = Annotated[Path, typer.Argument(help="A file that tresen backup made.", metavar="FILE")]


def rollback(
    home: Home,
    to: Annotated[int | None, typer.Option(help="Generation that shall serve; the one before without it.")] = None,
    json: Json = False,
) -> None:
    """Serve an earlier generation of the catalogue; a running server notices and swaps."""
    from search.index.generations import kept_generations, rollback

    number = rollback(home, to)
    kept = {one.number: one.manifest for one in kept_generations(home)}
    made = kept[number]
    if json:
        print_json({"current": number, "kept": sorted(kept), "products": made.products if made else 0})
        return
    told = f", {made.products:,} products of {made.created}" if made else ""
    out.print(f"Generation [bold]{number}[/bold] serves from now on{told}. Kept: {', '.join(map(str, sorted(kept)))}.")


def backup(home: Home, file: BackupFile, settings_file: Config = None, json: Json = False) -> None:
    """Back up what people did and said, the shop's lists and what was learned; a running server goes on."""
    from search.backup import back_up

    path, about = back_up(home, read_settings(settings_file), file, datetime.now(UTC))
    if json:
        print_json(
            {"file": str(path), "bytes": path.stat().st_size, "events": about.events, "files": list(about.files)}
        )
        return
    out.print(
        f"[bold]{escape(str(path))}[/bold]: {about.events:,} events, {len(about.files)} files, "
        f"{path.stat().st_size / 1e6:.1f} MB. It holds personal data, also of whom you erase later."
    )


def restore(
    file: Source,
    home: Home,
    force: Annotated[bool, typer.Option("--force", help="Also where there is a state: it is moved aside.")] = False,
    settings_file: Config = None,
    json: Json = False,
) -> None:
    """Put a backup in the place of the state. Stop the server first."""
    from search.backup import restore

    about, aside = restore(file, home, read_settings(settings_file), force, datetime.now(UTC))
    if json:
        told = None if aside is None else str(aside)
        print_json({"created": about.created, "events": about.events, "files": list(about.files), "aside": told})
        return
    out.print(f"Restored the state of {about.created}: {about.events:,} events, {len(about.files)} files.")
    if aside is not None:
        out.print(f"What was there lies in [bold]{escape(str(aside))}[/bold]. Remove it when nobody needs it any more.")
