"""A shop's own log, replayed over the pipeline that serves: each choice is predicted, then learned."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

import msgspec
import numpy as np
from numpy.typing import NDArray

from eval.personal.eventlog import Log, Run, person_of, runs
from eval.personal.judge import Choice, Judge, Outcome
from eval.personal.memory import Memory, Step, latest
from search.learned.buying import shares_of
from search.learned.proving import learn_gates, pasts_of
from search.messages import SearchRequest
from search.pipeline import Pipeline
from search.profiles.repeats import histories_of, learn_hazards
from search.profiles.statistics import kinds_of
from search.rerank.personal import blocked_attributes
from search.rerank.validation import gains
from search.types import Affinities, EventType, Hazards, Ranking, Repeats, Traits

LEAST_PRODUCTS = 2
WINDOW = 100


class LogReplay:
    """A log over a pipeline.

    Args:
        language: of the queries; None for the shop's first.
        choices: types of events that count as a choice.
    """

    def __init__(self, pipeline: Pipeline, log: Log, choices: Collection[EventType], language: str | None, seed: int):
        self.pipeline = pipeline
        self.log = log
        self.language = language or pipeline.snapshot.languages[0]
        self.runs = runs(log, choices, self._product_of)
        self._judge = Judge(pipeline.catalogue, pipeline.settings.personal, LEAST_PRODUCTS, WINDOW)
        self._kinds = kinds_of(pipeline.settings.personal)
        self._choices = choices
        self._worth: dict[tuple[str, str], list[tuple[float, dict[str, float]]]] = {}
        self._learned, self._repeats = 0, Repeats(Hazards(), pipeline.snapshot.documents.row_of)
        self._traits = lru_cache(None)(pipeline.traits)
        self._ranking = lru_cache(None)(self._ranked)
        self._count_unknown()
        self._of_shopper = self._places(lambda at: log.events[at].shopper)
        self._of_session = self._places(lambda at: log.events[at].session)
        self._times = [event.time for event in log.events]
        self._ring = np.random.default_rng(seed).permutation(sorted(self._of_shopper)).tolist()
        self._drawn = self._draw(seed)

    def outcomes(self, on_done: Callable[[], None] = lambda: None) -> list[Outcome]:
        """The outcome of every choice whose product is known and found, by time."""
        found = []
        for run in self.runs:
            outcome = self._outcome(run)
            if outcome is not None:
                found.append(outcome)
            on_done()
        return found

    def _outcome(self, run: Run) -> Outcome | None:
        traits, row = self._traits(run.product_id), self.pipeline.snapshot.documents.row_of(run.product_id)
        if traits is None or row is None:
            return None  # counted with the log's unknown products
        if not traits.product_type:
            self.log.left_out["choices of a product without a type"] += 1
            return None
        ranking, blocked = self._ranking(traits.product_type)
        chosen = ranking.rows == row
        if not chosen.any() or len(ranking) < LEAST_PRODUCTS:
            self.log.left_out["choices that the type's name does not find"] += 1
            return None
        session = next((self.log.events[at].session for at in run.at if self.log.events[at].session), None)
        places = self._past(run, session)
        past = self._steps(run.person, session, places)
        known = {self.log.events[at].product_id for at in places if self.log.events[at].type in self._choices}
        rows = [self.pipeline.snapshot.documents.row_of(product) for product in known]
        choice = Choice(
            run.person,
            ranking,
            chosen,
            np.isin(ranking.rows, [row for row in rows if row is not None]),
            blocked,
            len(past),
            sum(step.traits.product_type == traits.product_type for step in past),
        )
        judge = replace(self._judge, repeats=self._repeats_before(run))
        memories = self._memories(run, session, places, past)
        outcome = judge.judge(choice, self._profiles(memories, run, session, past))
        self._validate(memories, run, ranking, np.flatnonzero(chosen))
        return outcome

    def _validate(self, memories: Mapping[str, Memory], run: Run, ranking: Ranking, chosen: NDArray[np.intp]) -> None:
        """Keep what each profile was worth for the choice: the next ones are gated by it."""
        settings, shown = self.pipeline.settings.personal, (ranking.rows[:WINDOW], ranking.features["A"][:WINDOW])
        for name, memory in memories.items() if chosen[0] < WINDOW else ():
            worth = gains(memory.past(run.start), self.pipeline.catalogue, settings, *shown, chosen, self._repeats)
            self._worth.setdefault((name, run.person), []).append((run.start, worth))

    def _repeats_before(self, run: Run) -> Repeats:
        """When people buy again, from strictly earlier events; learned anew whenever those are a tenth more."""
        end = bisect_left(self._times, run.start)
        if end > 1.1 * self._learned:
            told = ((event, self._traits(event.product_id)) for event in self.log.events[:end])
            earlier = [(event, traits) for event, traits in told if traits is not None]
            settings = self.pipeline.settings.personal
            hazards = learn_hazards(histories_of(earlier), shares_of(self.pipeline), run.start, settings)
            row_of = self.pipeline.snapshot.documents.row_of
            gates = learn_gates(pasts_of(earlier), self.pipeline.catalogue, row_of, settings)
            self._learned = end
            self._repeats = replace(self._repeats, hazards=msgspec.structs.replace(hazards, gates=gates))
        return self._repeats

    def _memories(
        self, run: Run, session: str | None, places: Sequence[int], past: Sequence[Step]
    ) -> dict[str, Memory]:
        """This person's profile, one of other products, and somebody else's."""
        drawn, other = self._steps(run.person, session, places, self._drawn), self._somebody_else(run)
        pasts = {"served": past, "placebo": drawn} | ({"shuffled": other} if other else {})
        return {name: self._remembered(name, run.person, steps) for name, steps in pasts.items()}

    def _remembered(self, name: str, person: str, steps: Sequence[Step]) -> Memory:
        memory = Memory(self._kinds)
        memory.learn(steps)
        for time, worth in self._worth.get((name, person), ()):
            memory.validate(worth, time)
        return memory

    def _profiles(
        self, memories: Mapping[str, Memory], run: Run, session: str | None, past: Sequence[Step]
    ) -> dict[str, Affinities]:
        visits = {"served": session, "placebo": session}
        profiles = {name: memory.affinities(run.start, visits.get(name)) for name, memory in memories.items()}
        cold = latest(self._kinds, past, run.start, session)
        return profiles | {f"latest {count}": affinities for count, affinities in cold.items()}

    def _past(self, run: Run, session: str | None) -> list[int]:
        """Places of what is in this person's profiles when the run begins: strictly earlier events."""
        end = bisect_left(self._times, run.start)
        places = {*self._of_shopper.get(run.person, ()), *self._of_session.get(session or run.person, ())}
        return sorted(at for at in places if at < end)

    def _steps(
        self, person: str, session: str | None, places: Sequence[int], drawn: dict[int, Traits] | None = None
    ) -> list[Step]:
        """Events as profiles see them, about other products if those were `drawn`; unknown products teach nothing."""
        steps = []
        for at in places:
            event = self.log.events[at]
            traits = self._traits(event.product_id)
            if traits is not None:
                traits = (drawn or {}).get(at, traits)
                here = event.session if event.session == session else None
                steps.append(Step(event.type, traits, event.time, event.shopper == person, here))
        return steps

    def _somebody_else(self, run: Run) -> list[Step]:
        """The long-term profile of the next shopper in a ring in random order of whom something was known by then."""
        end = bisect_left(self._times, run.start)
        first = self._ring.index(run.person) + 1 if run.person in self._of_shopper else 0
        for person in self._ring[first:] + self._ring[:first]:
            places = [at for at in self._of_shopper[person] if at < end]
            if person != run.person and places:
                return self._steps(person, None, places)
        return []

    def _draw(self, seed: int) -> dict[int, Traits]:
        """Per event the traits of another product of the same type: somebody with these needs, but other tastes.

        Drawn from what others chose of the type; where nobody else did, from all the shop's products of it.
        """
        chosen: dict[str, list[tuple[str, Traits]]] = {}
        for run in self.runs:
            traits = self._traits(run.product_id)
            if traits is not None:
                chosen.setdefault(traits.product_type, []).append((run.person, traits))
        pools: dict[tuple[str, str | None], list[Traits]] = {}
        chances = np.random.default_rng(seed).random(len(self.log.events)).tolist()
        drawn = {}
        for at, (event, chance) in enumerate(zip(self.log.events, chances, strict=True)):
            traits, person = self._traits(event.product_id), person_of(event)
            if traits is None:
                continue
            kind = traits.product_type
            if (kind, person) not in pools:
                others = [theirs for owner, theirs in chosen.get(kind, []) if owner != person]
                pools[kind, person] = others or self._of_kind(kind)
            pool = pools[kind, person]
            drawn[at] = pool[int(chance * len(pool))]
        return drawn

    def _of_kind(self, kind: str) -> list[Traits]:
        catalogue = self.pipeline.catalogue
        return [catalogue.traits(row) for row in np.flatnonzero(catalogue.types == catalogue.type_code[kind]).tolist()]

    def _ranked(self, kind: str) -> tuple[Ranking, dict[str, str]]:
        """What a stranger gets for a product type, and the attributes that its name states."""
        label = self.pipeline.snapshot.labels.get(self.language, {}).get("product_type", {}).get(kind, kind)
        trace = self.pipeline.trace(SearchRequest(q=label, lang=self.language, personalize="off"))
        ranking = trace.stages["anonymous"]
        assert isinstance(ranking, Ranking)
        return ranking, blocked_attributes(trace.query.stated, ())

    def _product_of(self, id: str) -> int | str:
        """The row of a product's or a variant's id; the id itself if it is unknown."""
        row = self.pipeline.snapshot.documents.row_of(id)
        return id if row is None else row

    def _count_unknown(self) -> None:
        unknown = sum(self._traits(event.product_id) is None for event in self.log.events)
        if unknown:
            self.log.left_out["events about unknown products"] = unknown

    def _places(self, name: Callable[[int], str | None]) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        for at in range(len(self.log.events)):
            id = name(at)
            if id:
                found.setdefault(id, []).append(at)
        return found
