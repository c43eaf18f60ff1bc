"""Weights that the baskets of weeks 35–42 speak for, learned by the code of `tresen learn`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby

from eval.personal.baskets import HISTORY_ENDS
from eval.personal.judge import Choice, Judge
from eval.personal.memory import Memory
from eval.personal.replay import Replay, hazards_of, learn_until
from search.learned.learning import Example, Period, learn_weights
from search.profiles.statistics import kinds_of
from search.settings import Personal
from search.types import Affinities, Ranking, Repeats


@dataclass(frozen=True, slots=True)
class Trained:
    """The served order by other settings."""

    settings: Personal

    def __call__(self, judge: Judge, ranking: Ranking, choice: Choice, known: Affinities) -> Ranking:
        """The list in its order; the gates are those of the settings that serve, as in a server."""
        now = Judge(judge.catalogue, self.settings, judge.least, judge.window, judge.repeats)
        return now.personal(ranking, known, choice.blocked).ranking


def fitting_period(replay: Replay) -> Period:
    """The choices of weeks 35–42, each with what was known of its household just before."""
    kinds, examples = kinds_of(replay.settings), []
    asked = sorted(replay.world.fitting, key=lambda question: (question.person, question.time, question.number))
    for person, questions in groupby(asked, key=lambda question: question.person):
        past, memory = replay.steps(*replay.bought(person)), Memory(kinds)
        for question in questions:
            learn_until(memory, past, question.time)
            choice = replay.choice(question, past[: memory.count])
            known = memory.affinities(question.time)
            examples.append(Example(choice.person, choice.ranking, choice.chosen, choice.known, known))
    hazards = hazards_of(replay.world, replay.settings, HISTORY_ENDS + 1)
    return Period(examples, Repeats(hazards, int))


def trained_on(period: Period, replay: Replay, on_done: Callable[[int], None] = lambda count: None) -> Personal:
    """The replay's settings with the weights that a period speaks for."""
    return learn_weights(period, replay.world.catalogue, replay.settings, on_done)
