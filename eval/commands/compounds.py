"""`tresen-eval compounds`: how well the splitter finds the parts of German compounds."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from eval.terminal import Json
from search.cli import err, out, print_json


def compounds(
    file: Annotated[Path, typer.Argument(help="Lines of parts<TAB>compound; a|b means a or b.", metavar="FILE")],
    index: Annotated[Path | None, typer.Option(help="Index directory whose German words are parts.")] = None,
    words: Annotated[list[Path] | None, typer.Option(help="Word list, a word a line (repeat).")] = None,
    half: Annotated[str, typer.Option(help="tuning, report (by a hash) or both.")] = "both",
    json: Json = False,
) -> None:
    """Split compounds by a vocabulary and compare with the parts that people gave."""
    from eval.compounds import measure, read_compounds, read_vocabulary
    from search.errors import BadInput
    from search.words.compounds import Splitter

    given = read_compounds(file, half)
    with err.status("Reading the vocabulary …"):
        vocabulary = read_vocabulary(words or [], words_of(index) if index else {})
    if not vocabulary:
        raise BadInput("Which words may be parts? Give --index DIR, --words FILE, or both.", "--words")
    with err.status("Splitting …"):
        shares = measure(Splitter(vocabulary), vocabulary, given)
    if json:
        print_json({"vocabulary": len(vocabulary), "half": half, **shares})
        return
    show(shares, len(vocabulary))


def words_of(index: Path) -> dict[str, int]:
    """The German words of an index and how many products hold each."""
    from search.errors import BadInput
    from search.index.compounds import load_compounds
    from search.index.snapshot import load_snapshot

    learned = load_compounds(load_snapshot(index).folder, "de")
    if learned is None:
        raise BadInput(f"{index} has no German texts.", str(index))
    return learned.counts


def show(shares: dict[str, dict[str, float]], vocabulary: int) -> None:
    """The shares as a table."""
    table = Table("parts", "compounds", "right", "nested", "wrong", "none", title=f"{vocabulary:,} words")
    for group, name in (("known", "all in the vocabulary"), ("rest", "not all")):
        row = shares[group]
        cells = [f"{row[outcome]:.2%}" for outcome in ("right", "nested", "wrong", "none")]
        table.add_row(name, f"{row['compounds']:,.0f}", *cells)
    out.print(table)
