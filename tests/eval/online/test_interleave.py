"""Team draft: 1 both rankings are in the list and nothing twice, 2 the key decides alone, 3 the coins are fair,
4 each position is as often A's as B's, 5 credit goes to who picked, 6 what both show alike credits nobody."""

import json
import subprocess
import sys
from itertools import islice

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.online.interleave import (
    Interleaved,
    LoggedEvent,
    coins_of,
    count,
    credit,
    draft,
    read_interleaved,
    shared_prefix,
    team_draft,
)
from search.errors import BadInput
from tests.conftest import ROOT

rankings = st.lists(st.sampled_from("abcdefghij"), unique=True, max_size=10)
LEFT, RIGHT = list("abcdef"), list("gbahij")


def by_the_paper(a, b, coins):
    """Radlinski, Kurup, Joachims 2008, figure 4, line by line; stops when a ranking has nothing left."""
    ids, team_a, team_b = [], 0, 0
    coins = iter(coins)
    while any(x not in ids for x in a) and any(x not in ids for x in b):
        if team_a < team_b or (team_a == team_b and next(coins)):
            ids.append(next(x for x in a if x not in ids))
            team_a += 1
        else:
            ids.append(next(x for x in b if x not in ids))
            team_b += 1
    return ids


@given(rankings, rankings, st.text(max_size=8))
def test_the_list_holds_every_product_of_both_once(a, b, key):
    ids, teams = team_draft(a, b, key)
    assert sorted(ids) == sorted({*a, *b})
    assert len(teams) == len(ids)


@given(rankings, rankings, st.lists(st.booleans(), min_size=12, max_size=12))
def test_it_is_the_draft_of_the_paper(a, b, coins):
    ids, teams = draft(a, b, coins)
    expected = by_the_paper(a, b, coins)
    assert ids[: len(expected)] == expected
    assert set(teams[len(expected) :]) <= {""}, "what follows is nobody's"


@given(rankings, rankings, st.text(max_size=8), st.integers(0, 12))
def test_a_shorter_list_is_the_beginning_of_the_longer(a, b, key, k):
    ids, teams = team_draft(a, b, key)
    assert team_draft(a, b, key, k) == (ids[:k], teams[:k])


@given(rankings, rankings, st.lists(st.booleans(), min_size=12, max_size=12))
def test_swapped_rankings_under_turned_coins_swap_the_teams(a, b, coins):
    swap = {"a": "b", "b": "a", "": ""}
    ids, teams = draft(a, b, coins)
    ids_b, teams_b = draft(b, a, [not coin for coin in coins])
    if "" not in teams:
        assert (ids_b, [swap[team] for team in teams_b]) == (ids, teams)


def test_another_process_gives_the_same_list():
    code = "from eval.online.interleave import team_draft; print(team_draft('abcdef', 'gbahij', 'request-7'))"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True).stdout
    assert told.strip() == str(team_draft("abcdef", "gbahij", "request-7"))


def test_coins_are_fair_and_of_their_own_for_every_key():
    tosses = np.array([list(islice(coins_of(f"request-{n}"), 600)) for n in range(400)])
    assert np.abs(tosses.mean(0) - 0.5).max() < 0.13, "every round, over keys: 5 standard errors"
    assert abs(tosses.mean() - 0.5) < 0.005
    assert len({row.tobytes() for row in tosses}) == 400


def test_every_position_is_as_often_one_teams_as_the_others():
    teams = np.array([team_draft(LEFT, RIGHT, f"r{n}", 6)[1] for n in range(2_000)])
    assert np.abs((teams == "a").mean(0) - 0.5).max() < 0.06


def answer(events, key="k", a=LEFT, b=RIGHT, session=None):
    return Interleaved(key, a, b, [LoggedEvent(id, type) for id, type in events], session)


def key_with(first):
    return next(f"k{n}" for n in range(99) if next(coins_of(f"k{n}")) is (first == "a"))


WEIGHTS = {"click": 1.0, "cart": 3.0, "purchase": 10.0}


def test_who_picked_a_product_gets_its_credit():
    key = key_with("a")  # A picks a, B picks g
    assert credit(answer([("a", "click")], key), WEIGHTS, False)[:2] == (1, 0)
    assert credit(answer([("g", "purchase"), ("a", "click")], key), WEIGHTS, False)[:2] == (1, 10)


def test_a_products_greatest_event_counts_once():
    events = [("a", "click"), ("a", "click"), ("a", "cart"), ("a", "view")]
    assert credit(answer(events, key_with("a")), WEIGHTS, False) == (3, 0, 0)


def test_events_on_products_of_neither_list_are_told_and_count_nothing():
    assert credit(answer([("zzz", "click")]), WEIGHTS, False) == (0, 0, 1)


def test_what_both_lists_show_alike_credits_nobody_in_an_ab_but_in_an_aa():
    b = [*LEFT[:2], "x", "y"]
    assert shared_prefix(LEFT, b) == 2
    assert credit(answer([("a", "click"), ("b", "click")], b=b), WEIGHTS, False) == (0, 0, 0)
    assert sum(credit(answer([("a", "click")], b=LEFT), WEIGHTS, True)) == 1


def test_the_session_wins_and_not_the_answer():
    won = answer([("a", "click")], key_with("a"), session="s")
    lost = answer([("g", "purchase")], key_with("b"), session="s")
    counted = count([won, lost, answer([], "other")])
    assert (counted.wins_a, counted.wins_b, counted.ties) == (0, 1, 1)


def test_one_ranker_against_itself_wins_every_second_session():
    answers = [answer([(LEFT[n % 6], "click")], f"r{n}", b=LEFT) for n in range(3_000)]
    counted = count(answers, shared=True)
    assert counted.ties == 0 and counted.identical == 3_000
    assert abs(counted.wins_b / 3_000 - 0.5) < 0.04


def test_a_better_ranker_wins_more_often():
    rng = np.random.default_rng(1)
    answers = []
    for n in range(600):
        ids, _ = team_draft(LEFT, RIGHT, f"r{n}")
        clicked = next(id for id in ids if id in ("g", "h") or rng.random() < 0.2)
        answers.append(answer([(clicked, "click")], f"r{n}"))
    counted = count(answers)
    assert counted.wins_b > 1.5 * counted.wins_a


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('{"key": 1, "a": [], "b": []}', "Expected `str`"),
        ("no json", "cannot be used"),
        ('{"key": "k", "a": ["x", "x"], "b": []}', "has a product twice"),
        ('{"key": "first", "a": [], "b": []}', "A second answer with the key 'first'"),
    ],
)
def test_a_bad_line_is_named(tmp_path, line, says):
    log = tmp_path / "log.jsonl"
    log.write_text(json.dumps({"key": "first", "a": ["x"], "b": ["y"]}) + "\n" + line + "\n")
    with pytest.raises(BadInput, match=says) as error:
        read_interleaved(log)
    assert error.value.place == f"{log}:2"
