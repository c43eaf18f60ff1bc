"""`python -m eval.bench.peers`: engines side by side on the same work; `make bench` installs them all before."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console

from eval.bench.machine import told
from eval.bench.peers.picture import picture
from eval.bench.peers.registry import ENTRIES, named
from eval.bench.peers.runner import in_own_process, run_all
from eval.bench.peers.tables import OURS, facts, markdown, tables
from eval.bench.peers.workload import read_workload
from eval.terminal import run_app
from search.cli import out, print_json
from search.errors import BadInput
from search.terminal.console import progress_bars

app = typer.Typer(add_completion=False)
#: Columns that the widest table needs; a narrower terminal wraps its lines.
WIDTH = 112


@app.command()
def bench(
    names: Annotated[list[str] | None, typer.Argument(help="Engines, or lexical, dense, hybrid; all else.")] = None,
    workload: Annotated[Path, typer.Option(help="A workload's name (tiny, small, million) or file.")] = Path("small"),
    million: Annotated[bool, typer.Option("--million", help="As far as a million products: hours.")] = False,
    sizes: Annotated[str, typer.Option(help="Only these sizes of the workload: 20000,200000.")] = "",
    home: Annotated[Path, typer.Option(help="Where made catalogues and indexes lie.")] = Path(".bench"),
    pictures: Annotated[Path | None, typer.Option(help="Folder for growth-KIND.svg.")] = None,
    results: Annotated[Path | None, typer.Option("--out", help="Also write the document here, as JSON.")] = None,
    show: Annotated[Path | None, typer.Option(help="Measure nothing; show the document of an earlier run.")] = None,
    as_markdown: Annotated[bool, typer.Option("--markdown", help="Print the tables as Markdown.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
) -> None:
    """Measure engines side by side."""
    if show is not None:
        document = _read(show)
    else:
        document = _measured(names or [], Path("million") if million else workload, sizes, home)
    if results is not None:
        results.parent.mkdir(parents=True, exist_ok=True)
        results.write_bytes(msgspec.json.format(msgspec.json.encode(document), indent=1))
    if pictures is not None:
        _draw(document, pictures)
    if json:
        print_json(document)
        return
    wide = Console(width=max(out.width, WIDTH))  # cut figures say nothing
    for table in tables(document):
        if as_markdown:
            out.print(markdown(table) + "\n", markup=False, soft_wrap=True)
        else:
            wide.print(table)
    for line in facts(document):
        out.print(line)
    out.print(f"Workload {document['workload']['name']}, {document['time']}; {told(document['machine'])}")


def _measured(names: list[str], file: Path, sizes: str, home: Path) -> dict[str, Any]:
    workload = read_workload(file)
    if sizes:
        workload = msgspec.structs.replace(workload, sizes=_sizes(sizes, workload.sizes))
    try:
        entries = named(names)
    except KeyError as error:
        known = ", ".join(entry.name for entry in ENTRIES)
        raise BadInput(f"No engine {error}. Known are: {known}.", "names") from error
    with progress_bars() as advance:
        return run_all(entries, workload, home, in_own_process(file, workload.most_seconds, home), advance)


def _sizes(text: str, known: list[int]) -> list[int]:
    chosen = [size for size in known if str(size) in text.split(",")]
    if len(chosen) != len(text.split(",")):
        raise BadInput(f"'{text}' are not sizes of the workload. It has {', '.join(map(str, known))}.", "--sizes")
    return chosen


def _read(path: Path) -> dict[str, Any]:
    try:
        return msgspec.json.decode(path.read_bytes())
    except (OSError, msgspec.DecodeError) as error:
        raise BadInput(f"{path} is no document of this bench: {error}.", "--show") from error


def _draw(document: dict[str, Any], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for kind in OURS:
        (folder / f"growth-{kind}.svg").write_text(picture(document, kind), encoding="utf-8")


if __name__ == "__main__":
    run_app(app)
