"""`tresen learn`: the weights of the personal order from a shop's own choices, live only where they win."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from msgspec import Struct
from rich.markup import escape
from rich.table import Table

from search.settings import Settings, read_settings
from search.terminal.console import Config, Home, Json, out, print_json, progress_bars

if TYPE_CHECKING:
    from search.learned.examples import Log
    from search.learned.verdict import Verdict
    from search.rerank.traits import Catalogue
    from search.types import Event, Traits

EventsFile = Annotated[
    Path | None, typer.Argument(help="Events, JSON lines as POST /v1/events takes them; DIR's own without.")
]
Advance = Callable[[str, int, int | None], None]


class Lesson(Struct, frozen=True, kw_only=True):
    """What was learned: the weights in force and the learned ones, from how many choices, what they win on later ones,
    and whether they went live."""

    before: dict[str, float]
    weights: dict[str, float]
    choices: int
    verdict: Verdict
    live: bool


def learn(
    home: Home,
    events: EventsFile = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell; nothing goes live.")] = False,
    undo: Annotated[bool, typer.Option("--undo", help="Go back to the weights of the settings.")] = False,
    settings_file: Config = None,
    json: Json = False,
) -> None:
    """Learn how much each taste should count, from what shoppers chose; live only if that ranks better."""
    if undo:
        tell_undone(home)
        return
    with progress_bars() as advance:
        lesson = learn_from(home, events, read_settings(settings_file), dry_run, advance)
    if json:
        print_json(lesson)
    else:
        tell(lesson, dry_run)


def tell_undone(home: Path) -> None:
    """Remove what was learned, and say so."""
    from search.learned.weights import remove_weights

    if remove_weights(home):
        out.print("Undone: the weights of the settings count again, in a running server within a minute.")
    else:
        out.print("There is nothing to undo: the weights of the settings count.")


def learn_from(home: Path, file: Path | None, settings: Settings, dry_run: bool, advance: Advance) -> Lesson:
    """Fit on the earlier choices, judge on the later ones, go live if that wins.

    Raises:
        NotFound: there is no index.
        BadInput: too few events, or a file that cannot be read.
    """
    from search.cursor import day_of
    from search.index.snapshot import load_snapshot
    from search.learned.examples import periods, read_choices
    from search.learned.learning import judge, learn_weights, learned_of
    from search.learned.verdict import verdict
    from search.learned.weights import Learned, in_force, read_weights, write_weights
    from search.personal.catalogue import catalogue_of
    from search.rerank.repeat import REPEAT
    from search.rerank.weights import weights_of

    snapshot = load_snapshot(home)
    catalogue, row_of = catalogue_of(snapshot, settings.personal, day_of(time.time())), snapshot.documents.row_of
    log = read_choices(_logged(home, file, settings, catalogue, row_of, advance))
    now = in_force(settings.personal, read_weights(home))
    early, late = periods(log, catalogue, row_of, settings.personal, _bar(advance, "lists", log))
    learned = learn_weights(early, catalogue, settings.personal, lambda count: advance("fit", count, None))
    judging = [judge(late, catalogue, which, lambda count: advance("judge", count, None)) for which in (now, learned)]
    found = verdict(*judging)
    weights, before = (
        {name: (weights_of(of) | {REPEAT: of.repeat})[name] for name in learned_of(catalogue)} for of in (learned, now)
    )
    live = found.wins and not dry_run
    if live:
        write_weights(home, Learned(weights=weights, learned=time.time(), choices=len(early.examples), verdict=found))
    return Lesson(before=before, weights=weights, choices=len(early.examples), verdict=found, live=live)


def _bar(advance: Advance, stage: str, log: Log) -> Callable[[int], None]:
    from search.learned.examples import HISTORY

    total = len(log.choices) - int(HISTORY * len(log.choices))
    return lambda count: advance(stage, count, total)


def _logged(
    home: Path,
    file: Path | None,
    settings: Settings,
    catalogue: Catalogue,
    row_of: Callable[[str], int | None],
    advance: Advance,
) -> Iterable[tuple[Event, Traits]]:
    from search.formats.lines import read_event_lines
    from search.personal.recording import sort_out
    from search.profiles.opening import open_log

    if file is None:
        yield from open_log(home, settings).logged()
        return

    def traits(id: str) -> Traits | None:
        row = row_of(id)
        return None if row is None else catalogue.traits(row, id)

    size = file.stat().st_size if file.is_file() else 0
    told = list(read_event_lines(file, lambda count: advance("read", count, size)))
    incoming = sort_out(told, settings.privacy.default_consent, float("-inf"), time.time(), traits)
    once = {event.event_id: (event, said) for event, said in reversed(incoming.lasting) if said is not None}
    yield from reversed(once.values())


def tell(lesson: Lesson, dry_run: bool) -> None:
    """What was learned, for whoever owns the shop."""
    found = lesson.verdict
    table = Table("weight of", "in force", "learned", title=f"learned from {lesson.choices:,} choices")
    for name, value in lesson.weights.items():
        table.add_row(name, f"{lesson.before[name]:.2f}", f"{value:.2f}")
    out.print(table)
    table = Table("on later choices", "in force", "learned", "difference in nDCG@10, 95 %")
    for label, gains, of in (
        ("all", (found.gain_now, found.gain_learned), found.everything),
        ("products never chosen before", (found.fresh_gain_now, found.fresh_gain_learned), found.fresh),
    ):
        told = f"{of.mean:+.4f} ({of.low:+.4f} … {of.high:+.4f}), {of.n:,} choices of {of.people:,} people"
        table.add_row(label, *(f"{gain:+.1f} %" for gain in gains), told)
    table.add_row("of these much worse", f"{found.harm_now:.1%}", f"{found.harm_learned:.1%}", "")
    out.print(table)
    for reason in found.reasons:
        out.print(f"[yellow]Against it:[/yellow] {escape(reason)}")
    if lesson.live:
        out.print("[green]Live[/green]: a running server ranks by them within a minute. Back: tresen learn DIR --undo")
    elif found.wins and dry_run:
        out.print("They win. Without --dry-run they go live.")
    else:
        out.print("Not live: the weights in force stay.")
