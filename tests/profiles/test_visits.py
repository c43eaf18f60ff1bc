"""When somebody was here before: half an hour without an event ends a visit, and its id holds one together."""

from __future__ import annotations

import pytest

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


def test_a_visit_of_very_many_events_is_looked_at_no_further(tmp_path):
    with SqliteStore(tmp_path / "state.db", Personal()) as store:
        store.append([(event("old", time=NOW - 5 * DAY), traits())])
        store.append([(event(f"e{n}", time=NOW - n), traits()) for n in range(MOST_EVENTS)])
        assert store.last_visit(Identity("anna"), NOW) is None
