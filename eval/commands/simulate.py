"""`tresen-eval simulate`: are planted tastes found again, and what does it cost who has none?"""

from __future__ import annotations

import time
from functools import partial
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from eval.documents import Recovery, Simulate
from eval.terminal import Json, OutFile, SettingsFile, answer, made
from search.cli import err, out, progress_bars
from search.errors import BadInput
from search.settings import read_settings

MOST_SESSIONS = 1_000


def simulate(
    shoppers: Annotated[int, typer.Option(min=2, help="Simulated shoppers of each kind.")] = 200,
    sessions: Annotated[str, typer.Option(help="After how many sessions to measure.")] = "3,10,30",
    eta: Annotated[float, typer.Option(min=0.0, max=5.0, help="Place r is looked at with probability r^-eta.")] = 1.0,
    jobs: Annotated[int, typer.Option(min=1, max=64, help="Processes; the result is the same for any number.")] = 2,
    seed: Annotated[int, typer.Option(min=0, help="Of everything random.")] = 1,
    lists: Annotated[bool, typer.Option(help="The server knows what was shown: that is expected.")] = True,
    settings_file: SettingsFile = None,
    json: Json = False,
    out_file: OutFile = None,
) -> None:
    """Plant shoppers' tastes, let them click, and see what the personal order finds again."""
    from eval.personal.simulate import SEARCHES, TUNING_SEED, Protocol, tables
    from eval.personal.simulate import simulate as simulated

    started = time.perf_counter()
    settings = read_settings(settings_file)
    protocol = Protocol(settings.personal, seed, read_sessions(sessions), eta, lists=lists)
    notes = [
        f"A session is {SEARCHES} searches on anonymous pages; place r is looked at with probability r^-{eta:g}. "
        "A click counts for the long-term profile only.",
        "The oracle knows tastes and popularity without the query's noise, and has no bound: nobody wins all headroom.",
        "Who has no taste still clicks what is popular: learning that is no harm, and can be a gain.",
    ]
    if seed == TUNING_SEED:
        warning = f"Seed {TUNING_SEED} is kept for tuning: figures of this run must not be reported."
        err.print(f"[yellow]{warning}[/yellow]")
        notes.insert(0, warning)
    with progress_bars() as advance:
        lived = simulated(protocol, shoppers, jobs, partial(advance, "shoppers", 1, shoppers))
    kinds, placebo = tables(lived, seed)
    document = Simulate(
        made=made(started, seed=seed, settings=settings),
        shoppers=shoppers,
        kinds=kinds,
        placebo=placebo,
        notes=notes,
    )
    answer(document, json, out_file, show)


def read_sessions(text: str) -> tuple[int, ...]:
    """Numbers of sessions, ascending: "3,10,30".

    Raises:
        BadInput: not numbers from 1 to 1,000.

    >>> read_sessions("10, 3")
    (3, 10)
    """
    try:
        numbers = sorted({int(part) for part in text.split(",")})
    except ValueError:
        numbers = []
    if not numbers or numbers[0] < 1 or numbers[-1] > MOST_SESSIONS:
        raise BadInput(f"'{text}' are no numbers of sessions from 1 to {MOST_SESSIONS:,}. Write 3,10,30.", "--sessions")
    return tuple(numbers)


def show(document: Simulate) -> None:
    """Recovery by kind and sessions, the placebo apart."""
    out.print(_table(document.kinds, f"{document.shoppers:,} shoppers of each kind, nDCG@10"))
    out.print(_table(document.placebo, "Placebo: shoppers without tastes"))
    for note in document.notes:
        out.print(f"[dim]{escape(note)}[/dim]")


def _table(rows: list[Recovery], title: str) -> Table:
    """Two lines a row, so that a terminal of 80 columns holds it."""
    table = Table("shoppers", "sessions", "nDCG@10", "gain", "headroom won", "corr.", "worse", title=title)
    for row in rows:
        share, gained = row.headroom, row.difference
        table.add_row(
            escape(row.name),
            f"{row.sessions:,}\n[dim]{row.clicks:.0f} clicks[/dim]",
            f"{row.anonymous:.3f} → {row.personal:.3f}\n[dim]regret {row.regret:.3f}[/dim]",
            f"{gained.mean:+.4f}\n[dim]{gained.low:+.4f} …\n{gained.high:+.4f}[/dim]" if gained else "",
            f"{share.mean:.1%}\n[dim]{share.low:.1%} … {share.high:.1%}[/dim]",
            "–" if row.correlation is None else f"{row.correlation:.2f}",
            f"{row.worse:.1%}\n[dim]{row.much_worse:.1%} > 0.1[/dim]",
        )
    return table
