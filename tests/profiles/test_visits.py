"""When somebody was here before: half an hour without an event ends a visit, and its id holds one together."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from msgspec.structs import replace as but

from search.profiles.reader import Reader
from search.profiles.store import SqliteStore
from search.profiles.visits import MOST_EVENTS, end_of_last
from search.settings import Personal
from search.types import Identity
from tests.profiles.events import DAY, NOW, event, traits

MINUTE = 60.0


@pytest.mark.parametrize(
    ("minutes_ago", "wanted"),
    [
        ([], None),
        ([1, 20, 45], None),
        ([1, 20, 51], 51),
        ([31], 31),
        ([29], None),
        ([2000, 3000, 5, 2010], 2000),
        ([-10, 5], None),
    ],
)
def test_a_visit_ends_with_half_an_hour_without_an_event(minutes_ago, wanted):
    events = [(NOW - minutes * MINUTE, None) for minutes in minutes_ago]
    assert end_of_last(events, None, NOW) == (None if wanted is None else NOW - wanted * MINUTE)


def test_who_reads_for_an_hour_is_still_on_the_same_visit_but_not_the_next_day():
    assert end_of_last([(NOW - 90 * MINUTE, "s")], "s", NOW) is None
    assert end_of_last([(NOW - 90 * MINUTE, "s")], "t", NOW) == NOW - 90 * MINUTE
    assert end_of_last([(NOW - DAY, "s")], "s", NOW) == NOW - DAY


def test_the_store_tells_it_of_a_shopper_a_device_or_a_browser_without_either(tmp_path):
    with SqliteStore(tmp_path / "state.db", Personal()) as store:
        store.append([(event("old", shopper="anna", session="monday", time=NOW - 5 * DAY), traits())])
        store.append([(event("new", shopper="anna", session="today", time=NOW - MINUTE), traits())])
        store.append([(event("guest", shopper=None, session="cookie", time=NOW - 2 * DAY), traits())])
        assert store.last_visit(Identity("anna", "today"), NOW) == NOW - 5 * DAY
        assert store.last_visit(Identity(None, "cookie"), NOW) == NOW - 2 * DAY
        for stranger in (Identity(), Identity("bernd"), Identity(None, "new"), Identity("cookie")):
            assert store.last_visit(stranger, NOW) is None


def test_what_the_log_has_forgotten_is_known_by_its_newest_event(tmp_path):
    with SqliteStore(tmp_path / "state.db", Personal()) as store:
        store.append([(event("old", session="monday", time=NOW - 100 * DAY), traits())])
        assert store.prune(NOW - 90 * DAY) == 1
        assert store.last_visit(Identity("anna", "today"), NOW) == NOW - 100 * DAY


@given(st.data())
@examples(max_examples=15)
def test_what_is_kept_of_visits_is_what_the_log_says(data):
    people = [
        Identity("anna", "today"),
        Identity("bernd"),
        Identity(None, "cookie"),
        Identity(None, None, "web", "phone"),
    ]
    with TemporaryDirectory() as folder, SqliteStore(Path(folder) / "state.db", Personal()) as store:
        for number in range(data.draw(st.integers(2, 12))):
            what = data.draw(st.sampled_from(["known", "known", "unknown", "erase", "prune", "link"]))
            if what in ("known", "unknown"):
                shopper = data.draw(st.sampled_from(["anna", "bernd", None]))
                session, device = data.draw(st.sampled_from([("cookie", None), ("today", None), ("x", "phone")]))
                time = NOW - data.draw(st.integers(0, 6)) * DAY
                of = but(event(f"e{number}", shopper=shopper, session=session, time=time), device=device)
                store.append([(of, traits() if what == "known" else None)])
            elif what == "erase":
                store.erase(data.draw(st.sampled_from(["anna", "cookie", "phone"]))).result()
            elif what == "prune":
                store.prune(NOW - 4 * DAY)
            elif not store.links("bernd"):
                store.link("bernd", "device", "phone", NOW).result()
            for who in people:
                fresh = Reader(store._engine, store.kinds).last_visit(who, NOW)
                assert store.last_visit(who, NOW) == fresh


def test_who_searches_again_costs_no_look_at_the_disk(tmp_path, monkeypatch):
    with SqliteStore(tmp_path / "state.db", Personal()) as store:
        store.append([(event("old", shopper="anna", time=NOW - 5 * DAY), traits())])
        assert store.last_visit(Identity("anna"), NOW) == NOW - 5 * DAY
        with monkeypatch.context() as blind:
            blind.setattr(store._visits, "_reading", lambda _: pytest.fail("the log was read"))
            assert store.last_visit(Identity("anna"), NOW) == NOW - 5 * DAY
        store.append([(event("new", shopper="anna", time=NOW - 2 * DAY), None)])
        assert store.last_visit(Identity("anna"), NOW) == NOW - 2 * DAY


def test_a_visit_of_very_many_events_is_looked_at_no_further(tmp_path):
    with SqliteStore(tmp_path / "state.db", Personal()) as store:
        store.append([(event("old", time=NOW - 5 * DAY), traits())])
        store.append([(event(f"e{n}", time=NOW - n), traits()) for n in range(MOST_EVENTS)])
        assert store.last_visit(Identity("anna"), NOW) is None
