"""Retention: events leave the log, and what they taught stays.

1. Checkpoint and log rebuild every profile bit for bit, whatever was pruned, appended and erased in between.
2. Shoppers and devices know what they would know if nothing had ever been pruned.
3. Of a visit nothing is left once its last event has gone.
4. No byte of a pruned event is left in any file.
"""

from __future__ import annotations

from random import Random

import msgspec
import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from search.profiles import pruning
from search.profiles.store import SqliteStore
from search.profiles.tables import CHECKPOINTS, PROFILES
from search.settings import Personal
from search.types import Event, Identity
from tests.profiles.events import DAY, NOW, event, random_traits, traits
from tests.profiles.test_store import stored, traces


@pytest.fixture
def store(tmp_path):
    with SqliteStore(tmp_path / "tresen.db", Personal()) as opened:
        yield opened


def timeline(rng: Random, count: int) -> list:
    """Events over half a year as they come in, some of them weeks late."""
    told = []
    for number in range(count):
        came = NOW - 180 * DAY * (1 - number / count)
        time = came - rng.choice([0, 0, 0, 20 * DAY]) * rng.random()
        one = event(f"e{number}", "cart", rng.choice(["anna", "bernd", None]), rng.choice(["s1", "s2", None]), time)
        told.append((msgspec.structs.replace(one, device=rng.choice(["tablet", None])), random_traits(rng)))
    return told


@given(st.integers(0, 2**32 - 1))
@hypothesis_settings(max_examples=12)
def test_checkpoint_and_log_rebuild_every_profile_bit_for_bit(tmp_path_factory, seed):
    rng, folder = Random(seed), tmp_path_factory.mktemp("store")
    told, at = timeline(rng, 120), 0
    with SqliteStore(folder / "control.db", Personal()) as control:
        control.append(told)
        wanted = stored(control)
    while at < len(told):
        with SqliteStore(folder / "t.db", Personal()) as store:  # a restart each time
            upto = at + rng.randint(1, 60)
            store.append(told[at:upto])
            at = upto
            store.prune(told[min(at, len(told)) - 1][0].time - rng.choice([0, 30, 90]) * DAY)
            assert store.rebuilt() == stored(store)
    with SqliteStore(folder / "t.db", Personal()) as store:
        for key in (("shopper", "anna"), ("shopper", "bernd"), ("device", "tablet")):
            assert msgspec.msgpack.encode(store.statistics(*key)) == msgspec.msgpack.encode(wanted.get(key))
        store.erase("anna").result()
        assert store.rebuilt() == stored(store)
        assert store.statistics("shopper", "anna") is None


def test_what_is_old_leaves_and_what_it_taught_stays(store):
    store.append([(event("old", "cart", time=NOW - 100 * DAY), traits()), (event("new", "cart"), traits("Puma"))])
    before = store.statistics("shopper", "anna")
    assert store.prune(NOW - 90 * DAY) == 1
    assert [one.event_id for one in store.events("anna")] == ["new"]
    assert store.statistics("shopper", "anna") is before
    assert store.prune(NOW - 90 * DAY) == 0


def test_an_event_that_came_late_waits_for_those_before_it(store):
    store.append([(event("new"), traits()), (event("late", time=NOW - 89 * DAY), traits())])
    assert store.prune(NOW - 80 * DAY) == 0
    assert store.prune(NOW + 1) == 2


def test_more_than_a_portion_leaves_too(store, monkeypatch):
    monkeypatch.setattr(pruning, "PORTION", 7)
    store.append([(event(f"e{number}", session="s"), traits()) for number in range(30)])
    assert store.prune(NOW + 1) == 30
    assert store.statistics("shopper", "anna").count == 30
    assert store.rebuilt() == stored(store)


def test_a_visit_ends_with_its_last_event_and_a_linked_one_stays_with_its_shopper(store):
    for name in ("gone", "linked"):
        store.append([(event(name, "cart", None, name, NOW - 100 * DAY), traits())])
    store.link("anna", "session", "linked", NOW).result()
    store.prune(NOW)
    assert set(stored(store)) == {("visit", "linked")}
    assert not store.affinities(Identity("anna", linked=True), "full", NOW).is_empty
    store.erase("anna").result()
    assert stored(store) == store.rebuilt() == {}


def test_no_byte_of_a_pruned_visit_is_left_in_any_file(tmp_path):
    with SqliteStore(tmp_path / "tresen.db", Personal()) as store:
        batch = [
            (event(f"canary-{number}", shopper=None, session=f"canary-{number % 40}"), traits())
            for number in range(600)
        ]
        store.append(batch)
        store.append([(event("stays", time=NOW + DAY), traits())])
        assert traces(tmp_path, "canary-")
        assert store.prune(NOW + 1) == 600
        assert traces(tmp_path, "canary-") == {}
        assert traces(tmp_path, "stays")


def test_erasing_somebody_whose_events_have_all_left_removes_their_checkpoint(tmp_path):
    with SqliteStore(tmp_path / "tresen.db", Personal()) as store:
        store.append([(event("e", shopper="canary-anna"), traits())])
        store.prune(NOW + 1)
        assert store.erase("canary-anna").result() == 0
        assert store.statistics("shopper", "canary-anna") is None
        assert traces(tmp_path, "canary") == {}
        with store._engine.connect() as connection:
            assert (
                connection.execute(sa.select(CHECKPOINTS)).all() == connection.execute(sa.select(PROFILES)).all() == []
            )


def test_a_page_from_before_goes_on_where_its_state_can_still_be_told(store):
    anna = Identity("anna")
    for number in range(6):
        store.append([(event(f"e{number}", "cart", time=NOW + number), traits(["Adidas", "Puma"][number % 2]))])
    for count, upto, known in ((4, 2, True), (1, 2, False)):
        store.prune(NOW + upto)
        then = store.affinities(anna, "full", NOW + 10, (count, 0))
        assert (then.version == (count, 0)) == known


def test_an_event_about_an_unknown_product_leaves_too(store):
    store.append([(Event(event_id="e", type="view", product_id="P", time=NOW, shopper="anna"), None)])
    assert store.prune(NOW + 1) == 1
    assert store.events("anna") == [] and stored(store) == {}
