"""The promise is watched where it is kept: what breaks it is found, counted, and never served."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from starlette.testclient import TestClient

from search.app import create_app
from search.rerank import personal as personal_order
from search.rerank.promise import is_broken
from search.types import Ranking
from tests.mission.checks import ids, search, tell
from tests.rerank.random_shops import random_case
from tests.rerank.test_promise import ranked, seeds, sizes, sizes_of, violations

COUNTER = "tresen_promises_broken_total"


def reordered(ranking: Ranking, rng: Random) -> Ranking:
    """The same with two products exchanged, near or far from each other; sometimes as it was."""
    order = np.arange(len(ranking))
    if not len(order):
        return ranking
    one, other = rng.randrange(len(order)), rng.randrange(len(order))
    order[[one, other]] = order[[other, one]]
    return ranking.take(order)


@given(seeds, sizes)
@hypothesis_settings(max_examples=200)
def test_what_is_found_broken_is_what_is_promised_no_more_and_no_less(seed: int, size: int):
    """The sentences of `violations` are written without the code under test."""
    case = random_case(seed, size)
    personal = ranked(case).ranking
    assert not is_broken(personal, case.settings, case.strength)
    other = reordered(personal, Random(seed))
    told = list(violations(case.base, other, case.settings, case.strength, sizes_of(case)))
    assert is_broken(other, case.settings, case.strength) == bool(told), told


@pytest.fixture
def client(open_shop) -> Iterator[TestClient]:
    service = open_shop()
    with TestClient(create_app(lambda: service), base_url="http://127.0.0.1") as opened:
        yield opened


def counted(client: TestClient) -> float:
    lines = client.get("/metrics").text.splitlines()
    return float(next(line for line in lines if line.startswith(COUNTER)).split()[1])


def looked_around(client: TestClient) -> None:
    shorts = ids(search(client, q="Shorts"))
    tell(client, *({"type": "cart", "product_id": id, "shopper": "anna"} for id in shorts[-4:]))


def test_the_counter_stays_0_while_tastes_move_products(client):
    looked_around(client)
    stranger, anna = search(client, q="Shorts"), search(client, q="Shorts", shopper="anna")
    assert ids(stranger) != ids(anna) and anna["degraded"] == []
    assert counted(client) == 0


def test_a_planted_violation_is_counted_and_the_anonymous_order_served(client, monkeypatch):
    """Upside down: what stood last is more than ten places above where a stranger sees it."""
    looked_around(client)
    stranger = search(client)
    assert len(stranger["hits"]) > 11

    def backwards(tier, score, rows, places):
        return np.arange(len(rows))[::-1], np.zeros(len(rows))

    monkeypatch.setattr(personal_order, "place", backwards)
    anna = search(client, shopper="anna")
    assert ids(anna) == ids(stranger) and anna["degraded"] == ["promise"]
    assert not any(hit["reasons"] for hit in anna["hits"])
    assert counted(client) == 1
