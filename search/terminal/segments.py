"""`tresen segments`: the groups that a shop's shoppers fall into, from the terminal."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from search.settings import read_settings
from search.terminal.console import Config, Home, Json, err, out, print_json


def segments(
    home: Home,
    lang: Annotated[str | None, typer.Option(help="Language of names; the leading one without it.")] = None,
    learn: Annotated[bool, typer.Option(help="Learn them anew first, from what is known now.")] = False,
    settings_file: Config = None,
    json: Json = False,
) -> None:
    """Groups of shoppers with like tastes: how many people, how distinct, and what they choose more than others."""
    from search.learned.lookalikes import told_segments
    from search.service import Service

    with err.status("Loading the index …"):
        service = Service(home, read_settings(settings_file))
    with service:
        if learn:
            service.learn_segments()
        found = told_segments(service.segmenting.segments, service.snapshot, lang)
    if json:
        print_json(found)
        return
    table = Table("group", "people", "share", "distinct", "chosen more or less often than by everybody")
    for group in found.segments:
        traits = ", ".join(f"{trait.label} {trait.lift:.2f}×" for trait in group.traits)
        numbers = f"{group.people:,}", f"{group.share:.1%}", f"{group.distinct:.3f}"
        table.add_row(escape(group.name), *numbers, escape(traits))
    out.print(table if found.segments else escape(found.note or ""))
