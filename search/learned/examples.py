"""A shop's log as examples to learn weights from, in three stretches of time.

The first three tenths of the choices are history only; the weights are fitted on the next four, and judged on the last
three. What was known of a shopper, when people buy again, and where tastes tell: always from strictly earlier events.
The visit counts beside the past, as in a search; of who is not signed in, their device's past, or the visit alone.
The log holds no lists, so the 200 best sold products of the chosen one's type stand for the list, by their sales.

Where an event tells its position, a choice counts for 1/examination = r^0.7 (at most 5): who reaches down to rank ten
says more than who takes the first.
"""

from __future__ import annotations

import zlib
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import msgspec
import numpy as np

from search.errors import BadInput
from search.learned.learning import LEAST_PRODUCTS, Example, Period, Step
from search.learned.proving import CHOICES, learn_gates, pasts_of, runs_of
from search.learned.shelves import best_sold
from search.profiles.choices import person_of
from search.profiles.repeats import histories_of, learn_hazards
from search.profiles.statistics import Statistics, combine, kinds_of
from search.profiles.visits import LONGEST_VISIT_SECONDS
from search.rerank.exposure import EXAMINATION
from search.rerank.policies import anonymous
from search.rerank.traits import Catalogue
from search.settings import Personal
from search.types import Affinities, Event, Hazards, Ranking, Repeats, Rows, Scores, Traits

#: Visits with a choice that a log must hold.
LEAST_VISITS = 200
#: Parts of the choices, by time: history ends, fitting ends.
HISTORY, FITTING = 0.3, 0.7
#: Choices of a shopper, spread over their past, and of a shop.
OF_SHOPPER, MOST_CHOICES = 64, 12_000
#: No choice counts for more than this many.
MOST_IPS = 5.0
LEAST_RELEVANCE = 1e-6
DAY_SECONDS = 86_400.0
#: Begins the names of devices and visits among people: no shopper's id holds it.
UNSIGNED = "\0"

Told = Sequence[tuple[Event, Traits]]


@dataclass(frozen=True, slots=True)
class Log:
    """A shop's events, person -> what they did, by time; and the choices to learn from, by time: when, who, and which
    of their events it began with. `visits` with a choice, of everybody's. People are named by the surest id: a
    shopper by theirs, a device or a visit by its kind and id."""

    told: Mapping[str, Told]
    choices: list[tuple[float, str, int]]
    visits: int


def read_choices(logged: Iterable[tuple[Event, Traits]]) -> Log:
    """Who did what, and a sample of their choices (a click, cart or purchase), of shoppers before others; those of
    nobody who is named are left out, and of a visit alone the first, of which nothing was known."""
    told: dict[str, list[tuple[Event, Traits]]] = {}
    for event, traits in logged:
        if (person := person_of(event)) is not None:
            told.setdefault(_named(person), []).append((event, traits))
    ordered = {shopper: sorted(events, key=lambda one: one[0].time) for shopper, events in told.items()}
    visits = {_visit(event) for events in ordered.values() for event, _ in events if event.type in CHOICES}
    choices: list[tuple[float, str, int]] = []
    for shopper in sorted(ordered, key=lambda id: (id.startswith(UNSIGNED), zlib.crc32(id.encode()), id)):
        if len(choices) >= MOST_CHOICES:
            break
        starts = runs_of(past_of(ordered[shopper]))[_is_visit(shopper) :]
        if not starts:
            continue
        for pick in np.unique(np.linspace(0, len(starts) - 1, min(OF_SHOPPER, len(starts))).astype(int)).tolist():
            choices.append((ordered[shopper][starts[pick]][0].time, shopper, starts[pick]))
    return Log(ordered, sorted(choices), len(visits))


def past_of(told: Told) -> list:
    """Events as profiles fold them."""
    return [(event.type, traits, event.time) for event, traits in told]


def _named(person: tuple[str, str]) -> str:
    kind, id = person
    return id if kind == "shopper" else f"{UNSIGNED}{kind}:{id}"


def _is_visit(person: str) -> bool:
    """Whether a person is a visit alone, of whom no search reads a past."""
    return person.startswith(f"{UNSIGNED}session:")


def _visit(event: Event) -> tuple[tuple[str, str] | None, str | float]:
    """One visit of a person; their day, where the shop tells no visits."""
    return person_of(event), event.session or event.time // DAY_SECONDS


def periods(
    log: Log,
    catalogue: Catalogue,
    row_of: Callable[[str], int | None],
    settings: Personal,
    on_done: Step = lambda count: None,
) -> tuple[Period, Period]:
    """The examples to fit on, and the later ones to judge on.

    Raises:
        BadInput: too few visits, or too few choices among what is sold, to learn from.
    """
    if log.visits < LEAST_VISITS:
        raise BadInput(
            f"There are {log.visits:,} visits with a click, cart or purchase; weights are learned from {LEAST_VISITS} "
            "on. Send events with the shopper's or the visit's id (docs/events.md), and learn later.",
            "events",
        )
    times = [time for time, _, _ in log.choices]
    begins = times[int(HISTORY * len(times))], times[int(FITTING * len(times))], np.inf
    found = []
    for begin, end in pairwise(begins):
        repeats = repeats_before(log, begin, catalogue, row_of, settings)
        inside = log.choices[bisect_left(times, begin) : bisect_left(times, end)]
        found.append(Period(list(_examples(log, inside, catalogue, row_of, settings, on_done)), repeats))
    if not all(period.examples for period in found):
        raise BadInput(
            "No choice is among the best sold of its product type, so there is nothing to learn from. Check that the "
            "events are of this shop's products, and that the feed has product types.",
            "events",
        )
    return found[0], found[1]


def repeats_before(
    log: Log, time: float, catalogue: Catalogue, row_of: Callable[[str], int | None], settings: Personal
) -> Repeats:
    """When people buy again, and where tastes tell, as far as earlier events say."""
    earlier = [(event, traits) for events in log.told.values() for event, traits in events if event.time < time]

    def share_of(item: str) -> float | None:
        row = row_of(item)
        return None if row is None else catalogue.item_share(row)

    hazards: Hazards = learn_hazards(histories_of(earlier), share_of, time, settings)
    gates = learn_gates(pasts_of(earlier), catalogue, row_of, settings) if settings.proving > 0 else {}
    return Repeats(msgspec.structs.replace(hazards, gates=gates), row_of)


def _examples(
    log: Log,
    choices: Iterable[tuple[float, str, int]],
    catalogue: Catalogue,
    row_of: Callable[[str], int | None],
    settings: Personal,
    on_done: Step,
) -> Iterator[Example]:
    shop, kinds = _Shop(catalogue, row_of, settings, best_sold(catalogue)), kinds_of(settings)
    of_shopper: dict[str, list[int]] = {}
    for _, shopper, at in choices:
        of_shopper.setdefault(shopper, []).append(at)
    for shopper, starts in of_shopper.items():
        told, learned = log.told[shopper], 0
        past, times = past_of(told), [event.time for event, _ in told]
        statistics: Statistics | None = None
        for at in starts:
            before = bisect_left(times, times[at])
            if not _is_visit(shopper):
                statistics = kinds["shopper"].fold_all(statistics, past[learned:before])
            learned = max(learned, before)
            visit = kinds["session"].fold_all(None, _in_visit(told, at, before))
            example = shop.example(shopper, told, at, before, combine(kinds, statistics, visit, times[at]))
            if example is not None:
                yield example
            on_done(1)


def _in_visit(told: Told, at: int, before: int) -> list:
    """What was done in the visit of an event, strictly before it; nothing where the shop tells no visits."""
    session, since = told[at][0].session, told[at][0].time - LONGEST_VISIT_SECONDS
    return past_of([one for one in told[:before] if session and one[0].session == session and one[0].time >= since])


@dataclass(frozen=True, slots=True, eq=False)
class _Shop:
    """What is sold, and where; `shelves`: type code -> its best sold products."""

    catalogue: Catalogue
    row_of: Callable[[str], int | None]
    settings: Personal
    shelves: Mapping[int, Rows]

    def example(self, shopper: str, told: Told, at: int, before: int, affinities: Affinities) -> Example | None:
        """The choice that began with an event; None where it is not among the best sold of a type."""
        row = self.row_of(told[at][1].item)
        kind = 0 if row is None else int(self.catalogue.types[row])
        rows = self.shelves[kind] if kind else np.empty(0, np.int32)  # 0 is no type
        if row not in rows or len(rows) < LEAST_PRODUCTS:
            return None
        ranking = popularity_ranking(rows, self.catalogue.sold[rows], self.settings)
        seen = [self.row_of(traits.item) for event, traits in told[:before] if event.type in CHOICES]
        known = np.isin(ranking.rows, [one for one in seen if one is not None])
        return Example(shopper, ranking, ranking.rows == row, known, affinities, _ips(told[at][0]))


def _ips(event: Event) -> float:
    return 1.0 if event.position is None else min(float(event.position) ** EXAMINATION, MOST_IPS)


def popularity_ranking(rows: Rows, popularity: Scores, settings: Personal) -> Ranking:
    """The order of a shop that knows nothing but popularity, as the served anonymous order.

    R = clip(1 + T·(log p − log p_max), 1e-6, 1), so that A = R/T is log popularity but for a constant.

    >>> ranking = popularity_ranking(np.array([4, 7]), np.array([1.0, np.e]), Personal())
    >>> ranking.rows.tolist(), ranking.features["A"].round(6).tolist()
    ([7, 4], [10.0, 9.0])
    """
    log = np.log(popularity)
    relevance = np.clip(1 + settings.temperature * (log - log.max(initial=-np.inf)), LEAST_RELEVANCE, 1.0)
    base = Ranking(rows.astype(np.int32), relevance, {"R": relevance})
    return anonymous(base, np.zeros(len(rows), bool), {}, settings)
