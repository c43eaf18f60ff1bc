"""`python -m eval.bench.profile FILE`: where the time of searches goes, read from py-spy's stacks.

    pip install py-spy
    py-spy record --nonblocking --rate 500 --duration 40 --format raw --output stacks.txt --pid PID
    python -m eval.bench.profile stacks.txt

py-spy looks at a running server from outside, some hundred times a second, while `eval.bench.http` asks it. Of the
looks that saw a search the first table tells in which stage it was, the second in which function of ours: work of a
library (FAISS, numpy, SQLite) counts for the function that called it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated

import typer

from eval.terminal import Json, run_app, show_rows
from search.cli import print_json
from search.errors import BadInput

app = typer.Typer(add_completion=False)

#: A call in a stack: what is called, in which file and line.
CALL = re.compile(r"(?P<name>.+) \((?P<file>[^()]+?)(?::(?P<line>\d+))?\)")
#: Where a search begins, and the file that leads it through its stages.
SEARCH, LEADER = "Pipeline.search", "search/pipeline.py"
OURS = "search/"

Call = tuple[str, str]


def read_stacks(file: Path) -> Iterator[tuple[list[Call], int]]:
    """(calls, the outermost first, as (name, file); looks that saw them) of each line.

    Raises:
        BadInput: a line that is no stack; the place names it.
    """
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{file} cannot be read: {error}.", str(file)) from error
    for number, line in enumerate(lines, 1):
        stack, _, looks = line.rpartition(" ")
        if not looks.isdecimal():  # a stack may be empty: a thread that just began
            raise BadInput("This is no stack of py-spy. Record with --format raw.", f"{file}:{number}")
        calls = map(CALL.fullmatch, stack.split(";"))
        yield [(call["name"], call["file"]) for call in calls if call], int(looks)


def of_searches(stacks: Iterable[tuple[list[Call], int]]) -> Iterator[tuple[list[Call], int]]:
    """What each search does: our own calls in it, the search itself first."""
    for calls, looks in stacks:
        names = [name for name, _ in calls]
        if SEARCH in names:
            inside = calls[names.index(SEARCH) :]
            yield [call for call in inside if call[1].startswith(OURS)], looks


def stage_of(calls: list[Call]) -> Call:
    """The call with which the pipeline hands over to a stage; its own innermost where it works itself.

    >>> stage_of([("Pipeline.search", "search/pipeline.py"), ("Page.hit", "search/answer/page.py")])
    ('Page.hit', 'search/answer/page.py')
    """
    return next((call for call in calls if call[1] != LEADER), calls[-1])


def shares(counts: Counter[Call], most: int) -> list[dict[str, object]]:
    """A row for each call, the largest first, and one for those that do not fit."""
    total = counts.total()
    kept = counts.most_common(most)
    rows = [(f"{name} ({file})", looks) for (name, file), looks in kept]
    if rest := total - sum(looks for _, looks in kept):
        rows.append((f"{len(counts) - len(kept)} others", rest))
    return [{"where": where, "looks": looks, "share": round(looks / total, 3)} for where, looks in rows]


@app.command()
def main(
    file: Annotated[Path, typer.Argument(help="What py-spy recorded, --format raw.", metavar="FILE")],
    most: Annotated[int, typer.Option(min=1, help="Rows a table at most.")] = 15,
    json: Json = False,
) -> None:
    """Tell in which stages and functions searches were seen."""
    stages, functions = Counter[Call](), Counter[Call]()
    for calls, looks in of_searches(read_stacks(file)):
        stages[stage_of(calls)] += looks
        functions[calls[-1]] += looks
    if not stages:
        raise BadInput(f"{file} saw no search. Let eval.bench.http ask the server meanwhile.", str(file))
    tables = {"stages": shares(stages, most), "functions": shares(functions, most)}
    if json:
        print_json({"looks": stages.total(), **tables})
        return
    for name, rows in tables.items():
        show_rows(rows, f"{name}, {stages.total():,} looks")


if __name__ == "__main__":
    run_app(app)
