"""What people state: durable before the answer, the last word holds, gone with the person."""

from __future__ import annotations

from random import Random

import msgspec
import pytest

from search.errors import BadRequest
from search.profiles.kiosk import KioskStore
from search.profiles.statistics import kinds_of
from search.profiles.store import SqliteStore
from search.settings import Personal
from search.types import Identity, StatedTastes, stated_together
from tests.profiles.events import NOW, event, traits

ANNA, VISIT = Identity(shopper="anna"), Identity(session="visit")


@pytest.fixture
def store(tmp_path):
    with SqliteStore(tmp_path / "state" / "tresen.db", Personal()) as opened:
        yield opened


def likes(brand):
    return lambda before: before.with_opinion("brand", brand, 1)


def stated(store, identity=ANNA, scope="full"):
    return store.affinities(identity, scope, NOW).stated


def test_what_is_stated_is_in_the_next_read_and_on_disk(tmp_path):
    path = tmp_path / "tresen.db"
    with SqliteStore(path, Personal()) as store:
        assert store.state("anna", likes("Nike")).result().likes == {"brand": ["Nike"]}
        assert stated(store).likes == {"brand": ["Nike"]}
        with SqliteStore(path, Personal()) as other:  # what a process that comes later finds
            assert stated(other).likes == {"brand": ["Nike"]}


def test_a_statement_is_read_as_far_as_the_request_goes(store):
    store.state("anna", likes("Nike")).result()
    store.state("visit", likes("Puma")).result()
    both = Identity(shopper="anna", session="visit")
    assert stated(store, both).likes == {"brand": ["Nike", "Puma"]}
    assert stated(store, both, "session").likes == {"brand": ["Puma"]}
    assert stated(store, both, "off").is_empty and store.affinities(both, "off", NOW).is_empty


def test_each_change_has_a_revision_of_its_own(store):
    revisions = [store.state("anna", likes(brand)).result().revision for brand in ("Nike", "Nike", "Puma")]
    assert revisions == [1, 2, 3]
    assert stated(store).revision == 3


def test_erasing_removes_the_statement_and_what_the_file_held_of_it(store, tmp_path):
    store.state("canary-id", likes("canary-brand")).result()
    store.erase("canary-id").result()
    assert store.stated.of("canary-id").is_empty
    held = b"".join(path.read_bytes() for path in (tmp_path / "state").iterdir())
    assert b"canary" not in held


def test_erasing_somebody_else_leaves_the_statement(store):
    store.state("anna", likes("Nike")).result()
    store.erase("bernd").result()
    assert stated(store).likes == {"brand": ["Nike"]}


def test_a_change_that_is_refused_changes_nothing_and_takes_no_one_with_it(store):
    def refuse(before):
        raise BadRequest("no such brand", "value")

    waiting = [store.state("anna", likes("Nike")), store.state("anna", refuse), store.submit([(event("a"), traits())])]
    with pytest.raises(BadRequest):
        waiting[1].result()
    assert waiting[0].result().likes == {"brand": ["Nike"]}
    assert waiting[2].result().accepted == 1
    assert stated(store).likes == {"brand": ["Nike"]}


def test_statements_and_events_in_any_order_leave_profiles_as_the_log_folds_them(store):
    rng = Random(7)
    for number in range(60):
        if rng.random() < 0.5:
            store.state("anna", likes(rng.choice(["Nike", "Puma"]))).result()
        else:
            store.append([(event(f"e{number}", rng.choice(["like", "dislike", "view"])), traits())])
    assert store.rebuilt()[("shopper", "anna")] == store.statistics("shopper", "anna")


def test_a_file_from_before_statements_opens(tmp_path):
    path = tmp_path / "tresen.db"
    with SqliteStore(path, Personal()) as store:
        store.append([(event("a"), traits())])
        with store._engine.begin() as connection:
            connection.exec_driver_sql("DROP TABLE stated")
    with SqliteStore(path, Personal()) as store:
        assert stated(store).is_empty
        assert store.statistics("shopper", "anna").count == 1


def test_a_kiosks_visit_states_in_memory_and_forgets():
    clock = [0.0]
    kiosk = KioskStore(kinds_of(Personal()), 45.0, lambda: clock[0])
    kiosk.state("visit", likes("Nike"))
    there = Identity(session="visit", touchpoint="kiosk")
    assert kiosk.affinities(there, "full", NOW).stated.likes == {"brand": ["Nike"]}
    assert kiosk.affinities(there, "off", NOW).stated.is_empty
    clock[0] = 46.0
    assert kiosk.stated("visit").is_empty
    assert kiosk.affinities(there, "full", NOW).is_empty


def test_the_visits_word_holds_over_the_shoppers():
    past = StatedTastes(
        likes={"brand": ["Nike", "Puma"]}, sizes={"Schuhe": ["41"], "": ["M"]}, off=["color"], revision=2
    )
    visit = StatedTastes(dislikes={"brand": ["Nike"]}, sizes={"": ["L"]}, off=["color", "gender"], revision=3)
    both = stated_together(past, visit)
    assert both.opinion("brand", "Nike") == -1 and both.opinion("brand", "Puma") == 1
    assert both.sizes == {"Schuhe": ["41"], "": ["L"]} and both.off == ["color", "gender"] and both.revision == 5
    assert msgspec.structs.replace(stated_together(past, StatedTastes()), revision=2) == past
