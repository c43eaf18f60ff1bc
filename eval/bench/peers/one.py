"""`python -m eval.bench.peers.one NAME --size N`: one engine in this process, its figures as one line of JSON."""

from __future__ import annotations

import os
import shutil
import sys
from functools import partial
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from eval.bench.machine import describe
from eval.bench.peers.catalogue import make
from eval.bench.peers.exact import prepare
from eval.bench.peers.measure import measure
from eval.bench.peers.registry import named
from eval.bench.peers.workload import read_workload
from eval.terminal import run_app

app = typer.Typer(add_completion=False)


@app.command()
def one(
    name: Annotated[str, typer.Argument(help="An engine of the registry.")],
    size: Annotated[int, typer.Option(help="Products.")],
    workload: Annotated[Path, typer.Option(help="A workload's name or file.")] = Path("small"),
    home: Annotated[Path, typer.Option(help="Where made catalogues and indexes lie.")] = Path(".bench"),
) -> None:
    """Measure one engine at one size."""
    entry, load_before = named([name])[0], describe()["load_before"]
    made = make(read_workload(workload), size, home)
    folder = home / "indexes" / f"{name.replace(' ', '-')}-{size}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    report = measure(entry.open(folder), made, partial(prepare, made))
    line = {"name": name, "size": size, "version": entry.release(), "load": load_before, **report}
    shutil.rmtree(folder, ignore_errors=True)
    sys.stdout.write(msgspec.json.encode(line).decode() + "\n")
    sys.stdout.flush()
    os._exit(0)  # some libraries keep threads that nobody can end


if __name__ == "__main__":
    run_app(app)
