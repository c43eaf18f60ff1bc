"""What the store would hold of a person at a time: profiles folded by the served code, one event after the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from search.profiles.statistics import Kind, Statistics, combine
from search.types import Affinities, EventType, Traits

#: How much of the past the cold-start curve looks back on, in events.
LATEST = (1, 2, 5, 10, 20, 50, 100, 200)


@dataclass(frozen=True, slots=True)
class Step:
    """An event as profiles see it. `shopper`: it counts for the long-term profile; `session`: for this visit."""

    type: EventType
    traits: Traits
    time: float
    shopper: bool = True
    session: str | None = None


class Memory:
    """A person's profiles; they grow with `learn`. `count` is the events learned."""

    def __init__(self, kinds: Mapping[str, Kind]):
        self.count = 0
        self._kinds = kinds
        self._shopper: Statistics | None = None
        self._sessions: dict[str, Statistics | None] = {}

    def learn(self, steps: Sequence[Step]) -> None:
        """Fold events into the profiles that they belong to."""
        self.count += len(steps)
        self._shopper = self._kinds["shopper"].fold_all(
            self._shopper, ((step.type, step.traits, step.time) for step in steps if step.shopper)
        )
        visits: dict[str, list[Step]] = {}
        for step in steps:
            if step.session:
                visits.setdefault(step.session, []).append(step)
        for session, here in visits.items():
            told = ((step.type, step.traits, step.time) for step in here)
            self._sessions[session] = self._kinds["session"].fold_all(self._sessions.get(session), told)

    def past(self, now: float) -> Affinities:
        """What the long-term profile alone says now: what is judged by a choice."""
        return combine(self._kinds, self._shopper, None, now)

    def validate(self, gains: Mapping[str, float], time: float, session: str | None = None) -> None:
        """What a choice said of the profile (`search.rerank.validation`), kept as the server does."""
        if self._shopper is not None:
            self._shopper = self._kinds["shopper"].validated(self._shopper, gains, time)
        visit = self._sessions.get(session) if session else None
        if visit is not None and session:
            self._sessions[session] = self._kinds["session"].validated(visit, gains, time)

    def affinities(self, now: float, session: str | None = None) -> Affinities:
        """What the ranker may know now, in this visit."""
        return combine(self._kinds, self._shopper, self._sessions.get(session) if session else None, now)


def latest(
    kinds: Mapping[str, Kind], past: Sequence[Step], now: float, session: str | None = None
) -> dict[int, Affinities]:
    """What would be known of somebody who came n events ago: n -> affinities, for the n that there were.

    Folding adds, so the past is read backwards, once for all n.
    """
    memory, known = Memory(kinds), {}
    backwards = list(reversed(past[-LATEST[-1] :]))
    for count in LATEST:
        if count <= len(backwards):
            memory.learn(backwards[memory.count : count])
            known[count] = memory.affinities(now, session)
    return known
