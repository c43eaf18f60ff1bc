"""A shop's own events as choices: what a shopper clicked or bought, predicted from what came strictly before.

Events of one person about one product, each within half an hour of the one before (view → cart → purchase), are one
run. A run with an event that counts as a choice is a question, asked when the run begins: nothing of it, and nothing
that came later, is in the profile. The query is the product's type in the words of its readers; the pipeline that
serves ranks it for a stranger.

    events.jsonl    one event a line, as POST /v1/events takes it; the time is needed
    DIR/state       the index's own log, read only
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from eval.events import read_file, read_state
from search.types import Event, EventType

RUN_SECONDS = 1_800.0


@dataclass(slots=True)
class Log:
    """Events by time, each event_id once; `left_out` counts what was not used, and why."""

    events: list[Event]
    left_out: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Run:
    """Events of one person about one product that follow each other; `at` are their places in the log.

    `person` is who was known when it began: the visit only, where somebody logs in later.
    """

    person: str
    product_id: str
    start: float
    at: tuple[int, ...]


def read_log(path: Path) -> Log:
    """Events from a file of JSON lines; errors as `eval.events.read_file`."""
    return _in_order(read_file(path))


def read_server(home: Path) -> Log:
    """Events from an index's own state; errors as `eval.events.read_state`."""
    return _in_order([event for event, _ in read_state(home)])


def runs(log: Log, choices: Collection[EventType], product_of: Callable[[str], Hashable] = lambda id: id) -> list[Run]:
    """The runs that end in a choice, by the time they began.

    An event without shopper and session belongs to nobody: it is counted and left out.

    Args:
        product_of: the id of an event -> its product. Who looks at a shoe and buys it in size 42 chose one product.
    """
    found: list[Run] = []
    owner = {event.session: event.shopper for event in reversed(log.events) if event.session and event.shopper}
    open_runs: dict[tuple[str, Hashable], list[int]] = {}
    for at, event in enumerate(log.events):
        person = person_of(event)
        if person is None:
            log.left_out["events of nobody known"] += 1
            continue
        # who looks first and logs in to buy goes on with the same choice
        key = event.shopper or owner.get(event.session or "") or person, product_of(event.product_id)
        run = open_runs.get(key)
        if run is None or event.time - log.events[run[-1]].time > RUN_SECONDS:
            found += _closed(log, run, choices)
            run = open_runs[key] = []
        run.append(at)
    for run in open_runs.values():
        found += _closed(log, run, choices)
    return sorted(found, key=lambda run: (run.start, run.at))


def person_of(event: Event) -> str | None:
    """Whose event it is: the shopper's, else the visit's."""
    return event.shopper or event.session


def _closed(log: Log, run: Sequence[int] | None, choices: Collection[EventType]) -> Iterator[Run]:
    if run and any(log.events[at].type in choices for at in run):
        first = log.events[run[0]]
        yield Run(person_of(first) or "", first.product_id, first.time, tuple(run))


def _in_order(events: Sequence[Event]) -> Log:
    unique = {event.event_id: event for event in reversed(events)}  # the first one counts
    log = Log(sorted(unique.values(), key=lambda event: (event.time, event.event_id)))
    if len(unique) < len(events):
        log.left_out["repeated event_ids"] = len(events) - len(unique)
    return log
