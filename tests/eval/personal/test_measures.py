"""Intervals over people, and the tables of a replay."""

from __future__ import annotations

import numpy as np
import pytest

from eval.personal import measures
from eval.personal.judge import LIFT_EDGES, Outcome
from eval.statistics import cluster_percent_interval, percent_interval


def outcome(person: str, before: float, after: float, entropy: float = 1.0, events: int = 30) -> Outcome:
    values = {"served": (before, after)}
    return Outcome(person, events, 3, entropy, values, (1.0, 0.5), np.zeros((len(LIFT_EDGES) - 1, 4)))


def test_people_who_agree_with_themselves_make_intervals_wider():
    rng = np.random.default_rng(3)
    people = np.repeat(np.arange(40), 25)
    before = np.full(len(people), 0.4)
    after = before + np.repeat(rng.normal(0.02, 0.05, 40), 25)  # each one's queries all gain the same
    by_query, by_person = percent_interval(before, after), cluster_percent_interval(before, after, people)
    assert by_person.mean == pytest.approx(by_query.mean)
    assert by_person.high - by_person.low > 3 * (by_query.high - by_query.low)


def test_people_with_one_query_each_are_queries():
    rng = np.random.default_rng(4)
    before, after = rng.random(500), rng.random(500)
    by_query, by_person = percent_interval(before, after), cluster_percent_interval(before, after, np.arange(500))
    assert (by_person.low, by_person.high) == pytest.approx((by_query.low, by_query.high), abs=1.0)


def test_nothing_to_gain_on_is_no_gain():
    assert cluster_percent_interval([0.0], [0.5], ["anna"]).mean == 0.0
    assert cluster_percent_interval([], [], []).mean == 0.0
    assert measures.gains([], ["served"], 0) == measures.by_entropy([], 0) == measures.lift_calibration([]) == []


def test_a_gain_counts_who_is_better_and_who_is_worse():
    found = measures.gain(
        "served",
        [outcome("a", 0.5, 0.8), outcome("a", 0.5, 0.45), outcome("b", 0.5, 0.3), outcome("b", 0.5, 0.5)],
        "served",
        0,
    )
    assert (found.better, found.worse, found.much_worse) == (0.25, 0.5, 0.25)
    assert found.percent.mean == pytest.approx(100 * (0.5125 / 0.5 - 1))


def test_evidence_is_cut_where_it_says():
    outcomes = [outcome("a", 0.5, 0.5, events=count) for count in (0, 1, 5, 6, 20, 21)]
    found = {gain.name: gain.n for gain in measures.by_evidence(outcomes, 0)}
    assert [found[name] for name in ("no events", "1–5 events", "6–20 events", "> 20 events")] == [1, 2, 2, 1]


def test_thirds_of_the_entropy_are_thirds():
    outcomes = [outcome("a", 0.5, 0.5, entropy=float(at)) for at in range(9)]
    assert [gain.n for gain in measures.by_entropy(outcomes, 0)] == [3, 3, 3]
