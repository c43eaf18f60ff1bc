"""Profiles for experiments are what the server's store would hold, without a disk."""

import re

import pytest

from eval.events import read_state
from eval.profiles import fold, read_events, shoppers_of
from search.errors import BadInput
from search.messages import EventIn, to_json
from search.profiles.store import SqliteStore
from search.settings import Personal
from search.types import Identity
from tests.stand_ins import NOW

PLACE = "experiment.toml: shoppers.ids"


def event(at, product, shopper="anna", time="2026-06-01T12:00:00Z", **more):
    return EventIn(event_id=f"e{at}", type="purchase", product_id=product, shopper=shopper, time=time, **more)


@pytest.fixture
def log(tmp_path):
    events = [
        event(1, "shorts-women-black"),
        event(2, "shoes-women-red", time="2026-05-01T12:00:00Z", session="s1"),
        event(2, "shoes-women-red"),
        event(3, "laptop-eco", shopper="ben"),
        event(4, "not-in-the-shop"),
        event(5, "shoes-women-red", shopper="kim", touchpoint="kiosk"),
    ]
    path = tmp_path / "events.jsonl"
    path.write_bytes(b"\n".join(map(to_json, events)) + b"\n")
    return path


def tastes(store, shopper):
    found = store.affinities(Identity(shopper), "full", NOW.timestamp())
    return {name: (taste.observed, taste.events) for name, taste in found.tastes.items()}, found.long_term


def test_events_come_in_the_order_of_their_times_once_each_and_none_from_kiosks(log, pipeline):
    told = read_events(log, pipeline.traits)
    assert [one.event_id for one, _ in told] == ["e2", "e1", "e3", "e4"]
    assert told[-1][1] is None
    assert shoppers_of(told, [], PLACE) == ["anna", "ben"]


def test_folding_a_file_gives_what_the_server_learns_from_it(log, pipeline, tmp_path):
    told = read_events(log, pipeline.traits)
    with SqliteStore(tmp_path / "tresen.db", Personal()) as store:
        store.append(told)
        folded = fold(told, Personal(), {"anna", "ben"})
        for shopper in ("anna", "ben", "nobody"):
            assert tastes(folded, shopper) == tastes(store, shopper)
        assert folded.affinities(Identity("anna"), "session", NOW.timestamp()).is_empty


def test_the_state_of_a_server_is_read_and_not_changed(log, pipeline, tmp_path):
    told = read_events(log, pipeline.traits)
    path = tmp_path / "state" / "tresen.db"
    with SqliteStore(path, Personal()) as store:
        store.append(told)
    before = path.read_bytes()
    assert read_state(tmp_path) == told
    assert path.read_bytes() == before


def test_a_shorter_half_life_forgets_more(log, pipeline):
    told = read_events(log, pipeline.traits)
    slow, fast = (fold(told, Personal(half_life_days=days), {"anna"}) for days in (1000, 5))
    (kept, _), (lost, _) = tastes(slow, "anna"), tastes(fast, "anna")
    assert sum(lost["brand"][1].values()) < sum(kept["brand"][1].values()) / 2


def test_an_unknown_shopper_is_told(log, pipeline):
    told = read_events(log, pipeline.traits)
    with pytest.raises(BadInput, match=re.escape("'anne' has no events. Known: anna, ben.")):
        shoppers_of(told, ["anne"], PLACE)
    with pytest.raises(BadInput, match="name no shopper"):
        shoppers_of([], [], PLACE)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"event_id": "a", "type": "stare", "product_id": "b"}', "no event as POST /v1/events takes it: Invalid enum"),
        ('{"event_id": "a", "type": "click", "product_id": "b"}', "An event of a file needs a time"),
        ('{"event_id": "a", "type": "click", "product_id": "b", "time": "noon"}', "'noon' is no time"),
        ("click", "no event as POST /v1/events takes it"),
    ],
)
def test_a_broken_event_is_told_with_its_line(log, pipeline, line, message):
    log.write_text(log.read_text() + line + "\n")
    with pytest.raises(BadInput, match=re.escape(message)) as error:
        read_events(log, pipeline.traits)
    assert error.value.place == f"{log}:7"


def test_an_index_without_a_state_is_told(tmp_path):
    with pytest.raises(BadInput, match="has no events of a server yet. Name a file of them"):
        read_state(tmp_path)
