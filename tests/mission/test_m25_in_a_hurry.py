"""M25: who is in a hurry gets what is in stock now first, whether the query says so or the page; nothing is hidden."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from search.app import create_app
from tests.mission.checks import ids, search


def stocked(answer: dict, branch: str) -> list[bool]:
    return [hit["product"]["stock"].get(branch, 0) > 0 for hit in answer["hits"]]


def test_m25_in_a_hurry_what_the_branch_has_comes_first_and_it_is_told(client):
    calm, hurried = (search(client, q="Laptop", branch="mitte", urgent=urgent, explain="true") for urgent in (0, 1))
    assert stocked(hurried, "mitte") == sorted(stocked(hurried, "mitte"), reverse=True)
    assert set(ids(calm)) == set(ids(hurried))
    assert all(term["name"] != "urgent" for hit in calm["hits"] for term in hit["explain"]["business"])
    (taken,) = (term for term in hurried["hits"][-1]["explain"]["business"] if term["name"] == "urgent")
    assert taken["contribution"] == -1.0  # the other branch has it
    for hit in hurried["hits"]:
        account = hit["explain"]
        parts = [account["relevance"]["log_odds"]]
        parts += [part["contribution"] for part in (*account["business"], *account["stated"])]
        assert abs(sum(parts) - account["final"]) < 1e-9


@pytest.fixture
def opened(open_shop):
    """opened(business settings) -> a client of a shop that does not mind, as long as nobody is in a hurry."""
    entered = []

    def enter(**business) -> TestClient:
        service = open_shop(server={"deadline_ms": 60_000.0}, business={"sold_out": 0.0, **business})
        entered.append(TestClient(create_app(lambda: service), base_url="http://127.0.0.1").__enter__())
        return entered[-1]

    yield enter
    for client in entered:
        client.__exit__(None, None, None)


def test_m25_it_counts_more_than_what_sells_well_and_is_the_same_for_everybody(opened):
    client = opened()
    calm, hurried = (search(client, branch="mitte", urgent=urgent) for urgent in (0, 1))
    assert stocked(calm, "mitte") != sorted(stocked(calm, "mitte"), reverse=True)
    assert stocked(hurried, "mitte") == sorted(stocked(hurried, "mitte"), reverse=True)
    assert ids(hurried)[-1] == "shirt-men-white"  # the other branch has not got it either
    assert ids(search(client, branch="mitte", urgent=1, shopper="new")) == ids(hurried)


@pytest.mark.parametrize(
    "q", ["Laptop bis morgen", "Laptop dringend", "Laptop für heute Abend", "laptop by tomorrow", "laptop urgently"]
)
def test_m25_the_query_may_say_it_in_its_own_words(client, q):
    answer = search(client, q=q, branch="mitte")
    assert "availability" in [item["attribute"] for item in answer["query"]["understood"]]
    assert stocked(answer, "mitte") == sorted(stocked(answer, "mitte"), reverse=True)
    assert answer["query"]["searched"].casefold() == "laptop"


def test_m25_it_fails_when_it_is_switched_off(opened):
    with pytest.raises(AssertionError):
        test_m25_it_counts_more_than_what_sells_well_and_is_the_same_for_everybody(lambda: opened(urgent=0.0))
