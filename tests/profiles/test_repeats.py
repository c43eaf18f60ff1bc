"""When people buy again, learned from a log: durables, consumables, little data, and no data."""

from __future__ import annotations

from random import Random

import pytest

from search.profiles.repeats import (
    BINS,
    histories_of,
    interval_of,
    learn_hazards,
    read_hazards,
    sampled,
    write_hazards,
)
from search.profiles.statistics import LONG_TERM_WEIGHTS, MOST_ITEMS, Kind, Statistics, combine, kinds_of
from search.settings import Personal
from search.types import Event, Hazards, Traits
from tests.profiles.events import DAY, NOW

SETTINGS = Personal()
LONG = kinds_of(SETTINGS)["shopper"]


def share_of(item: str) -> float | None:
    return None if item == "gone" else 0.1


def shop(people: int = 200) -> dict:
    """Everybody bought one shed, a year ago at most, and coffee every 30 days, nearly always the same."""
    rng = Random(0)
    found = {}
    for number in range(people):
        mine = f"coffee-{rng.randrange(10)}"
        times = [NOW - (390 - 30 * month + rng.uniform(-4, 4)) * DAY for month in range(13)]
        coffee = [(time, mine if rng.random() < 0.8 else f"coffee-{rng.randrange(10)}") for time in times]
        found[f"p{number}"] = {"Kaffee": coffee, "Gartenhaus": [(NOW - rng.uniform(100, 390) * DAY, "shed")]}
    return found


@pytest.fixture(scope="module")
def learned() -> Hazards:
    return learn_hazards(shop(), share_of, NOW, SETTINGS)


def test_after_a_durable_the_hazard_is_low_at_once(learned):
    shed = learned.types["Gartenhaus"]
    assert shed.repeats == 0
    assert shed.interval_days == 0
    assert shed.type_ratio[interval_of(1)] < 0.4


def test_a_consumable_dips_and_rises_when_it_is_due(learned):
    coffee = learned.types["Kaffee"]
    assert coffee.repeats > 0.8
    assert coffee.interval_days == pytest.approx(30, abs=4)
    assert coffee.type_ratio[interval_of(30)] > 2 > 1 > coffee.type_ratio[interval_of(6)]


def test_the_same_item_is_bought_again_more_than_its_own_lift_expects(learned):
    assert learned.types["Kaffee"].item_ratio[interval_of(30)] > 1.2


def test_little_data_says_little_and_none_says_nothing():
    few = learn_hazards(shop(2), share_of, NOW, SETTINGS).types
    assert 0.9 < few["Gartenhaus"].type_ratio[0] < 1
    assert learn_hazards({}, share_of, NOW, SETTINGS) == Hazards()


def test_an_item_that_is_sold_no_more_is_left_out():
    bought = {"p": {"Kaffee": [(NOW - DAY * day, "gone") for day in (90, 60, 30)]}}
    assert learn_hazards(bought, share_of, NOW, SETTINGS).types["Kaffee"].item_ratio == [1.0] * BINS


def test_an_order_is_one_occasion_however_many_things_it_holds():
    together = {"p": {"Kaffee": [(NOW - 30 * DAY + second, f"coffee-{second}") for second in range(5)]}}
    assert learn_hazards(together, share_of, NOW, SETTINGS).types["Kaffee"].repeats == 0


def test_only_purchases_of_shoppers_are_read_from_a_log():
    def event(type: str, shopper: str | None, item: str = "a"):
        told = Event(event_id="e", type=type, product_id="a", time=NOW, shopper=shopper, session="s")  # type: ignore[arg-type]
        return told, Traits("Kaffee", {}, item)

    log = [event("purchase", "anna"), event("view", "anna"), event("purchase", None), event("purchase", "ben", "")]
    assert histories_of(log) == {"anna": {"Kaffee": [(NOW, "a")]}}


def test_of_a_long_log_some_shoppers_are_enough_and_always_the_same(monkeypatch):
    monkeypatch.setattr("search.profiles.repeats.MOST_PURCHASES", 140)
    some = sampled(shop(50))
    assert 9 < len(some) < 15
    assert some == sampled(dict(reversed(shop(50).items())))


def test_what_was_learned_is_kept_and_a_damaged_file_is_nothing(tmp_path, learned):
    path = tmp_path / "repeats.json"
    assert read_hazards(path) == Hazards()
    write_hazards(path, learned)
    assert read_hazards(path) == learned
    path.write_bytes(b"{")
    assert read_hazards(path) == Hazards()


# --- what a profile keeps ---


def buy(statistics: Statistics | None, item: str, days_ago: float, type: str = "purchase", kind: Kind = LONG):
    return kind.fold(statistics, type, Traits("Kaffee", {"brand": {"A": 1.0}}, item), NOW - days_ago * DAY)  # type: ignore[arg-type]


def test_a_profile_keeps_how_often_and_when_each_item_was_bought():
    statistics = buy(buy(buy(None, "a", 180), "b", 10), "a", 0)
    found = combine({"shopper": LONG, "session": LONG}, statistics, None, NOW).purchases
    assert found is not None
    items = found.of("Kaffee")
    assert items["a"].count == pytest.approx(1.5)
    assert (items["a"].days, items["b"].days) == (0, 10)
    assert found.of("Tee") == {}


def test_what_was_sent_back_is_no_purchase_any_more():
    kinds = {"shopper": LONG, "session": LONG}
    statistics = buy(buy(buy(None, "a", 10), "b", 10), "a", 5, "return")
    found = combine(kinds, statistics, None, NOW).purchases
    assert found is not None
    assert set(found.of("Kaffee")) == {"b"}


def test_a_session_keeps_no_purchases():
    statistics = buy(None, "a", 1, kind=kinds_of(SETTINGS)["session"])
    assert statistics.bought == {}
    assert combine(kinds_of(SETTINGS), None, statistics, NOW).purchases is None


def test_the_order_of_events_does_not_matter_and_folding_all_at_once_is_the_same():
    rng = Random(1)
    bought = [(f"i{rng.randrange(9)}", rng.uniform(0, 400)) for _ in range(60)]
    events = [("purchase", Traits("Kaffee", {}, item), NOW - days * DAY) for item, days in bought]
    one = None
    for type, traits, time in events:
        one = LONG.fold(one, type, traits, time)  # type: ignore[arg-type]
    assert LONG.fold_all(None, events) == one  # type: ignore[arg-type]
    backwards = LONG.purchases(LONG.fold_all(None, events[::-1]), NOW)  # type: ignore[arg-type]
    forwards = LONG.purchases(one, NOW)  # type: ignore[arg-type]
    assert backwards is not None and forwards is not None
    for item, there in forwards.of("Kaffee").items():
        assert backwards.of("Kaffee")[item].count == pytest.approx(there.count)
        assert backwards.of("Kaffee")[item].days == there.days


def test_of_each_type_the_items_bought_last_are_kept():
    statistics = None
    for number in range(MOST_ITEMS + 5):
        statistics = buy(statistics, f"i{number}", 200 - number)
    assert statistics is not None
    assert set(statistics.bought["Kaffee"]) == {f"i{number}" for number in range(5, MOST_ITEMS + 5)}


def test_a_kind_that_is_not_asked_to_keeps_nothing():
    assert buy(None, "a", 1, kind=Kind(LONG_TERM_WEIGHTS, DAY)).bought == {}
