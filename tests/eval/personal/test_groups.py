"""Groups for the replay: each fifth of the households is judged by what the others taught, and by nothing later."""

from __future__ import annotations

import numpy as np
import pytest

from eval.personal.baskets import TEST_BEGINS
from eval.personal.groups import FOLDS, fold_of, groups_of, told_groups
from eval.personal.replay import Replay, run_replay
from eval.personal.world import build_world
from search.settings import Personal
from tests.eval.personal.hand_baskets import KINDS, baskets_of, crowd

#: 240 households, half of whom buy brand W of all types, half brand X; and a crowd that buys everything.
SALES = [
    *crowd(),
    *(
        (person, week, f"{kind}-{'WX'[person % 2]}-{(person + week) % 2}")
        for person in range(201, 441)
        for week in range(2, TEST_BEGINS + 3, 4)
        for kind in KINDS
    ),
]
CROWD = (101, 103, 105)


@pytest.fixture(scope="module")
def world():
    return build_world(baskets_of(SALES), "catalogue", 10_000, 0)


def test_each_fifth_is_judged_by_the_groups_of_the_others(world):
    found = groups_of(world, Personal())
    sizes = np.bincount([fold_of(person) for person in (*CROWD, *range(201, 441))], minlength=FOLDS)
    assert [segments.people for segments in found] == [243 - size for size in sizes.tolist()]
    assert all(segments.found for segments in found)
    assert "nats" in told_groups(found)


def test_what_happens_in_the_test_weeks_teaches_nothing(world):
    late = [(person, TEST_BEGINS + 1, "tea-Y-0") for person in range(201, 441)]
    other = build_world(baskets_of([*SALES, *late]), "catalogue", 10_000, 0)
    assert groups_of(other, Personal()) == groups_of(world, Personal())


def test_groups_change_the_order_of_those_of_whom_little_is_known_and_the_setting_switches_them_off(world):
    assert groups_of(world, Personal(segments=False)) == []
    settings = Personal()
    few = build_world(baskets_of(SALES), "catalogue", 3, 0)
    alone = run_replay(Replay(few, settings, 0), 1)
    together = run_replay(Replay(few, settings, 0, groups=groups_of(few, settings)), 1)
    first = [[outcome.values["latest 1"][1] for outcome in outcomes] for outcomes in (alone, together)]
    assert np.mean(first[1]) >= np.mean(first[0])
    assert [one.values["counts"] for one in alone] == [one.values["counts"] for one in together]
