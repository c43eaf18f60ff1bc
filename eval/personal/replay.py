"""The baskets, household by household: predict, then learn.

A household's questions are asked in the order of time, of a profile that was folded from what it had bought strictly
earlier; only then is the basket learned. Households share nothing but the world, which no answer changes: any number of
processes gives the same outcomes.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from multiprocessing import get_context

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from eval.personal.baskets import HISTORY_ENDS, TEST_BEGINS
from eval.personal.groups import fold_of
from eval.personal.judge import Choice, Judge, Outcome, Rival
from eval.personal.memory import Memory, Step, latest
from eval.personal.world import LEAST_CANDIDATES, MOST_CANDIDATES, Question, World
from search.learned.examples import popularity_ranking
from search.learned.proving import learn_gates
from search.personal.levels import with_groups
from search.profiles.repeats import learn_hazards, sampled
from search.profiles.statistics import kinds_of
from search.rerank.segments import Cohorts, cohorts_of
from search.rerank.validation import gains
from search.settings import Personal
from search.types import Affinities, EventType, Hazards, Repeats, Rows, Scores, Traits
from search.types.segments import Segments

#: Households handed to a process at once: so few that the bar moves.
CHUNK = 8
NO_HAZARDS = Hazards()


@dataclass(frozen=True, eq=False)
class Replay:
    """A world with all that judging it needs. Pickled once a process."""

    world: World
    settings: Personal
    seed: int
    hazards: Hazards = NO_HAZARDS
    groups: Sequence[Segments] = ()
    rivals: Mapping[str, Rival] = field(default_factory=dict)
    _traits: dict[int, Traits] = field(default_factory=dict)

    @cached_property
    def judge(self) -> Judge:
        """How its choices are judged."""
        repeats = Repeats(self.hazards, int)
        return Judge(self.world.catalogue, self.settings, LEAST_CANDIDATES, MOST_CANDIDATES, repeats, self.rivals)

    @cached_property
    def questions(self) -> dict[int, list[Question]]:
        """Household -> its questions by time."""
        found: dict[int, list[Question]] = {}
        for question in sorted(self.world.questions, key=lambda question: (question.time, question.number)):
            found.setdefault(question.person, []).append(question)
        return dict(sorted(found.items()))

    @cached_property
    def others(self) -> dict[int, int]:
        """Household -> the one whose profile stands in for its own: the next in a ring in random order."""
        ring = np.random.default_rng(self.seed).permutation(np.unique(self.world.baskets.people)).tolist()
        return dict(zip(ring, [*ring[1:], *ring[:1]], strict=True))

    @cached_property
    def _sales(self) -> dict[int, slice]:
        people = self.world.baskets.people[self._by_person]
        ids, starts = np.unique(people, return_index=True)
        ends = [*starts[1:].tolist(), len(people)]
        return {id: slice(start, end) for id, start, end in zip(ids.tolist(), starts.tolist(), ends, strict=True)}

    @cached_property
    def _by_person(self) -> Rows:
        return np.argsort(self.world.baskets.people, kind="stable").astype(np.int32)

    @cached_property
    def _early(self) -> tuple[Rows, NDArray[np.intp]]:
        """Products sold in weeks 1–34, one entry a sale, by type; and where each type begins."""
        baskets, types = self.world.baskets, self.world.catalogue.types
        rows = baskets.rows[baskets.weeks <= HISTORY_ENDS]
        rows = rows[np.argsort(types[rows], kind="stable")]
        return rows, np.searchsorted(types[rows], np.arange(len(self.world.catalogue.type_names) + 1))

    def bought(self, person: int) -> tuple[Rows, Scores]:
        """A household's purchases by time: products and times."""
        own = self._by_person[self._sales[person]]
        return self.world.baskets.rows[own], self.world.baskets.times[own]

    def drawn(self, person: int, rows: Rows) -> Rows:
        """As many purchases of the same types, each product drawn from what all households bought in weeks 1–34.

        Somebody with this household's needs, but without its tastes. A product of a type that nobody bought stays.
        """
        sold, starts = self._early
        types = self.world.catalogue.types[rows]
        first, count = starts[types], starts[types + 1] - starts[types]
        at = first + (np.random.default_rng([self.seed, person]).random(len(rows)) * count).astype(np.int64)
        return np.where(count > 0, sold[np.minimum(at, len(sold) - 1)], rows) if len(sold) else rows

    def steps(self, rows: Rows, times: Scores) -> list[Step]:
        """Purchases as profiles see them."""
        return [
            Step("purchase", self.traits(row), time) for row, time in zip(rows.tolist(), times.tolist(), strict=True)
        ]

    def traits(self, row: int) -> Traits:
        """A product's traits, read once."""
        if row not in self._traits:
            self._traits[row] = self.world.catalogue.traits(row, str(row))
        return self._traits[row]

    def household(self, person: int) -> list[tuple[int, Outcome]]:
        """All questions of a household: number and outcome."""
        questions = self.questions[person]
        rows, times = self.bought(person)
        kinds = kinds_of(self.settings)
        pasts = {
            "served": self.steps(rows, times),
            "shuffled": self.steps(*self.bought(self.others[person])),
            "placebo": self.steps(self.drawn(person, rows), times),
        }
        memories = {name: Memory(kinds) for name in pasts}
        outcomes, choices = [], self._choices(rows, times)
        for question in questions:
            while choices and choices[0][0] < question.time:
                self._validate(memories, pasts, *choices.pop(0))
            for name, memory in memories.items():
                learn_until(memory, pasts[name], question.time)
            known = {name: memory.affinities(question.time) for name, memory in memories.items()}
            before = pasts["served"][: memories["served"].count]
            cold = latest(kinds, before, question.time)
            profiles = known | {f"latest {count}": affinities for count, affinities in cold.items()}
            profiles = {name: self._grouped(person, affinities) for name, affinities in profiles.items()}
            outcomes.append((question.number, self.judge.judge(self.choice(question, before), profiles)))
        return outcomes

    def _choices(self, rows: Rows, times: Scores) -> list[tuple[float, Rows]]:
        """What was bought of one type at one time, from when validation begins: by time."""
        at = np.flatnonzero(times >= self.world.validated_from)
        types = self.world.catalogue.types[rows[at]]
        keys, which = np.unique(np.stack([times[at], types], 1), axis=0, return_inverse=True)
        groups = [at[which.reshape(-1) == group] for group in range(len(keys))]
        return [(float(key[0]), rows[group]) for key, group in zip(keys, groups, strict=True)]

    def _validate(
        self, memories: Mapping[str, Memory], pasts: Mapping[str, Sequence[Step]], time: float, bought: Rows
    ) -> None:
        """Let each profile be judged by what this household bought of a type, as its shelf stood then."""
        shelf = self.world.shelf(time, int(self.world.catalogue.types[bought[0]]))
        if shelf is None:
            return
        ranking = popularity_ranking(*shelf, self.settings)
        chosen = np.flatnonzero(np.isin(ranking.rows, bought))
        if not len(chosen):
            return
        shown = ranking.rows, ranking.features["A"], chosen, self.judge.repeats
        for name, memory in memories.items():
            learn_until(memory, pasts[name], time)
            memory.validate(gains(memory.past(time), self.world.catalogue, self.settings, *shown), time)

    def _grouped(self, person: int, known: Affinities) -> Affinities:
        """With where lifts start, by the groups that other households form."""
        cohorts = self._cohorts[fold_of(person)] if self.groups else None
        return with_groups(known, self.world.catalogue, cohorts, self.settings)

    @cached_property
    def _cohorts(self) -> list[Cohorts | None]:
        return [cohorts_of(segments, self.world.catalogue) for segments in self.groups]

    def choice(self, question: Question, before: Sequence[Step]) -> Choice:
        """A question as what is judged, of a household with this past."""
        ranking = popularity_ranking(question.rows, question.popularity, self.settings)
        order = np.argsort(question.rows, kind="stable")
        at = order[np.searchsorted(question.rows[order], ranking.rows)]
        return Choice(
            str(question.person),
            ranking,
            question.chosen[at],
            question.known[at],
            {},
            len(before),
            sum(step.traits.product_type == question.kind for step in before),
        )


def hazards_of(world: World, settings: Personal, until_week: int = TEST_BEGINS) -> Hazards:
    """When households buy again, by the code that serves, from what was sold before a week (that of the test).

    Items are named by their rows.
    """
    baskets, names = world.baskets, world.catalogue.type_names
    bought: dict[str, dict[str, list[tuple[float, str]]]] = {}
    early = baskets.weeks < until_week
    told = zip(*(column[early].tolist() for column in (baskets.people, baskets.rows, baskets.times)), strict=True)
    for person, row, time in told:
        kinds = bought.setdefault(str(person), {})
        kinds.setdefault(names[world.catalogue.types[row]], []).append((time, str(row)))
    until = float(baskets.times[early].max(initial=0.0))
    found = learn_hazards(sampled(bought), lambda row: world.catalogue.item_share(int(row)), until, settings)
    return replace(found, gates=_gates_of(world, settings, until_week))


def _gates_of(world: World, settings: Personal, until_week: int) -> dict[str, float]:
    """Of which types tastes prove to tell what is chosen, before a week."""
    baskets, traits = world.baskets, lru_cache(None)(lambda row: world.catalogue.traits(row, str(row)))
    pasts: dict[str, list[tuple[EventType, Traits, float]]] = {}
    early = baskets.weeks < until_week
    told = zip(*(column[early].tolist() for column in (baskets.people, baskets.rows, baskets.times)), strict=True)
    for person, row, time in told:
        pasts.setdefault(str(person), []).append(("purchase", traits(row), time))
    return learn_gates(pasts, world.catalogue, int, settings)


def learn_until(memory: Memory, past: Sequence[Step], time: float) -> None:
    """Learn what happened strictly before a time."""
    memory.learn(past[memory.count : bisect_left(past, time, key=lambda step: step.time)])


def run_replay(replay: Replay, jobs: int, on_done: Callable[[int], None] = lambda count: None) -> list[Outcome]:
    """The outcome of every question, in their order.

    Args:
        jobs: processes. They are spawned: a fork would copy the threads of progress bars in the middle of their work.
        on_done: called with the number of households that are done.
    """
    people = list(replay.questions)
    found: dict[int, Outcome] = {}
    for outcomes in _outcomes(replay, [people[at : at + CHUNK] for at in range(0, len(people), CHUNK)], jobs):
        found.update(pair for household in outcomes for pair in household)
        on_done(len(outcomes))
    return [found[number] for number in sorted(found)]


Households = list[list[tuple[int, Outcome]]]


def _outcomes(replay: Replay, chunks: Sequence[Sequence[int]], jobs: int) -> Iterator[Households]:
    if jobs == 1:
        yield from ([replay.household(person) for person in chunk] for chunk in chunks)
        return
    with ProcessPoolExecutor(jobs, get_context("spawn"), _start, (replay,)) as pool:
        try:
            yield from pool.map(_work, chunks)
        finally:
            pool.shutdown(cancel_futures=True)


_HERE: dict[str, Replay] = {}


def _start(replay: Replay) -> None:
    _HERE["replay"] = replay


def _work(people: Sequence[int]) -> Households:
    return [_HERE["replay"].household(person) for person in people]
