"""`python -m eval.bench.http DIR|URL --queries F`: latency and throughput of GET /v1/search over loopback.

Rows of the table:

livez      the floor: a handler that does nothing, so client, loopback and server loop only
new N      N clients, every query once: its vector has to be computed
again N    N clients, 200 queries over and over: what they find is kept, as far as `server.cache_mb` reaches
suggest    queries as they are typed, letter by letter
open P %   the 200 queries at P % of the best rate of `again`, in an open loop: they come at a constant rate, and a
           time counts from when the request was due (`eval.bench.openloop`)

Every row but `new` is the median of `--repeats` runs; a query is new only once. Times are the client's; `CPU` is
the server's processor time a request, which stays the same when other work makes everything wait.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import nullcontext
from functools import partial
from itertools import cycle, repeat
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.table import Table

from eval.bench.latency import medians, summary
from eval.bench.load import Answers, Question, drive, typed
from eval.bench.machine import cpu_ms, describe, family, shared_mb, told
from eval.bench.openloop import drive_open
from eval.bench.server import Served, check_loopback, serving
from eval.judged.qrels import read_queries
from eval.terminal import run_app
from search.cli import err, out, print_json
from search.errors import BadInput

app = typer.Typer(add_completion=False)

#: Asked first and not measured: first searches pay for tables that are built on first use.
WARM_UP = 20
KNOWN = 200


@app.command()
def bench(
    target: Annotated[str, typer.Argument(help="Index directory to serve, or the URL of a server on this machine.")],
    queries: Annotated[Path, typer.Option(help="queries.tsv: id<TAB>text; or .jsonl: parameters of a search a line.")],
    clients: Annotated[str, typer.Option(help="Numbers of clients, one row each.")] = "1,2",
    seconds: Annotated[float, typer.Option(min=0.1, max=300, help="Length of one run.")] = 5.0,
    repeats: Annotated[int, typer.Option(min=1, max=20, help="Runs a row, of which the median is told.")] = 3,
    workers: Annotated[str, typer.Option(help="Search processes of the server, one server and table each.")] = "0",
    loads: Annotated[str, typer.Option(help="Open loop at these percentages of capacity, one row each.")] = "50",
    json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
) -> None:
    """Measure a server over HTTP from a second process."""
    counts, percents = parse_clients(clients), parse_loads(loads)
    asked = read_questions(queries)
    if not asked:
        raise BadInput(f"{queries} holds no queries.", "--queries")
    machine = describe()
    is_url = target.startswith(("http://", "https://"))
    reports = []
    for number in [0] if is_url else parse_workers(workers):
        context = nullcontext(Served(check_loopback(target))) if is_url else serving(Path(target), number)
        with context as served:
            report = {"target": target, "queries_file": str(queries), "queries": len(asked), "machine": machine}
            report |= {"workers": number} | measure(served, asked, counts, percents, seconds, repeats)
        reports.append(report)
    if json:
        print_json(reports if len(reports) > 1 else reports[0])
        return
    for report in reports:
        show(report)
    for report in reports[1:]:
        out.print(told_against(report, reports[0], counts))


def told_against(report: dict[str, Any], first: dict[str, Any], clients: list[int]) -> str:
    """How much more a server with other search processes answers, in a line."""
    rows = [(name, report["rows"][name], first["rows"][name]) for name in (f"again {count}" for count in clients)]
    ratios = ", ".join(
        f"{name}: {one['per_second'] / max(other['per_second'], 0.1):.2f} ×" for name, one, other in rows
    )
    return f"{report['workers']} search processes against {first['workers']}, answers a second: {ratios}"


def parse_workers(text: str) -> list[int]:
    """ "0,2" -> [0, 2]; BadInput for anything that is no list of numbers from 0 to 64."""
    parts = text.split(",")
    if not all(part.isdecimal() and int(part) <= 64 for part in parts):
        raise BadInput(f"'{text}' is no list of processes. Write --workers 0,2 (0 to 64 each).", "--workers")
    return [int(part) for part in parts]


def parse_clients(text: str) -> list[int]:
    """ "1,2" -> [1, 2]; BadInput for anything that is no list of numbers from 1 to 64."""
    parts = text.split(",")
    if not all(part.isdecimal() and 1 <= int(part) <= 64 for part in parts):
        raise BadInput(f"'{text}' is no list of clients. Write --clients 1,2 (1 to 64 each).", "--clients")
    return [int(part) for part in parts]


def parse_loads(text: str) -> list[int]:
    """ "50,70" -> [50, 70]; "" -> []; BadInput for anything that is no list of percentages from 1 to 500."""
    parts = text.split(",") if text else []
    if not all(part.isdecimal() and 1 <= int(part) <= 500 for part in parts):
        raise BadInput(f"'{text}' is no list of percentages. Write --loads 50,70 (1 to 500 each).", "--loads")
    return [int(part) for part in parts]


def read_questions(path: Path) -> list[Question]:
    """The searches of a file, in the order of their ids, or of its lines where it is .jsonl.

    Raises:
        BadInput: it cannot be read; the message names the place.
    """
    if path.suffix != ".jsonl":
        asked = read_queries(path)
        return [search(asked[id]) for id in sorted(asked)]
    try:
        lines = msgspec.json.Decoder(dict[str, str | list[str]]).decode_lines(path.read_bytes())
    except (OSError, msgspec.DecodeError) as error:
        raise BadInput(f"{path} cannot be read: {error}.", "--queries") from error
    return [("/v1/search", line) for line in lines]


def measure(
    served: Served, asked: list[Question], clients: list[int], loads: list[int], seconds: float, repeats: int
) -> dict[str, Any]:
    """All rows against one server."""
    warm_up = asked[: min(WARM_UP, len(asked) // 4)]
    new = list({msgspec.json.encode(question): question for question in asked[len(warm_up) :]}.values())
    known = new[:KNOWN]
    memory = {"ready": shared_mb(family(served.pid))} if served.pid else {}
    rows: dict[str, Any] = {}

    def row(name: str, once: Callable[[], Answers], times: int) -> None:
        err.print(f"[dim]measuring {name} …[/dim]")
        before = used_ms(served.pid) if served.pid else None
        rows[name] = summarize([once() for _ in range(times)])
        if served.pid and before is not None:
            rows[name]["server_cpu_ms"] = round((used_ms(served.pid) - before) / max(rows[name]["asked"], 1), 2)

    def closed(name: str, questions: Iterator[Question], clients: int, times: int) -> None:
        row(name, lambda: drive(served.url, questions, clients, seconds), times)

    drive(served.url, iter(warm_up), 1, seconds)
    closed("livez", repeat(("/livez", {})), 1, repeats)
    for place, count in enumerate(clients):
        closed(f"new {count}", iter(new[place :: len(clients)]), count, 1)
    drive(served.url, iter(known), 1, seconds)
    for count in clients:
        closed(f"again {count}", cycle(known), count, repeats)
    texts = [str(parameters.get("q", "")) for _, parameters in asked]
    closed("suggest", map(suggest, cycle(typed(texts))), 1, repeats)
    capacity = max((rows[f"again {count}"]["per_second"] for count in clients), default=0.0)
    for percent in loads if capacity > 0 else []:
        rate, questions = capacity * percent / 100, cycle(known)
        row(f"open {percent} %", partial(drive_open, served.url, questions, rate, seconds), repeats)
        rows[f"open {percent} %"]["offered_per_second"] = round(rate, 1)
    if served.pid:
        memory["after"] = shared_mb(family(served.pid))
    return {"start_seconds": served.start_seconds, "memory_mb": memory, "seconds": seconds, "rows": rows}


def used_ms(pid: int) -> float:
    """Processor time of a server and its processes so far, in ms."""
    return sum(map(cpu_ms, family(pid)))


def summarize(runs: list[Answers]) -> dict[str, Any]:
    """The median of each figure over the runs; `asked` and failures are added up."""
    failed: dict[str, int] = {}
    for run in runs:
        for status, count in run.failed.items():
            failed[str(status)] = failed.get(str(status), 0) + count
    asked = sum(len(run.times_ms) for run in runs) + sum(failed.values())
    return {**medians([summary(run.times_ms, run.seconds) for run in runs]), "asked": asked, "failed": failed}


def search(text: str) -> Question:
    """A shopper's search, without facets."""
    return "/v1/search", {"q": text}


def suggest(text: str) -> Question:
    """A half-typed query."""
    return "/v1/suggest", {"q": text}


def _title(report: dict[str, Any]) -> str:
    return f"{report['target']}, {report['workers']} search processes" if report["workers"] else report["target"]


def show(report: dict[str, Any]) -> None:
    """A report as a table."""
    table = Table("", "requests", "per s", "p50 ms", "p95 ms", "p99 ms", "CPU ms", "failed", title=_title(report))
    for name, row in report["rows"].items():
        failed = ", ".join(f"{count} × {status}" for status, count in row["failed"].items())
        figures = (f"{row[key]:,.2f}" for key in ("p50_ms", "p95_ms", "p99_ms"))
        cpu = f"{row['server_cpu_ms']:.2f}" if "server_cpu_ms" in row else ""
        table.add_row(name, f"{row['requests']:,.0f}", f"{row['per_second']:,.0f}", *figures, cpu, failed)
    out.print(table)
    if report["start_seconds"] is not None:
        memory = ", ".join(f"{when} {mb:,.0f} MB" for when, mb in report["memory_mb"].items())
        out.print(f"start to ready {report['start_seconds']} s; memory of all its processes {memory}")
    out.print(f"{report['queries']:,} queries; {told(report['machine'])}")


if __name__ == "__main__":
    run_app(app)
