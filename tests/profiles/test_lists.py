"""Counters of what was shown: bounded, set aside with the rest, and absent from what was stored before."""

from __future__ import annotations

import msgspec
import pytest

from search.profiles.eventlog import statistics_from, traits_from
from search.profiles.lists import MOST_VALUES
from search.profiles.statistics import combine, kinds_of
from search.settings import Personal
from search.types import Traits
from tests.profiles.events import DAY, NOW, traits

KINDS = kinds_of(Personal())
LONG = KINDS["shopper"]


def shown(*brands: str, **more) -> Traits:
    """A choice of Adidas from a list on which each of these brands had as much attention."""
    return msgspec.structs.replace(traits(), shown={"brand": dict.fromkeys(brands, 1 / len(brands))}, **more)


def test_of_a_type_only_what_was_shown_most_of_late_is_kept_and_the_rest_counts_as_not_known():
    statistics = None
    for day in range(100):
        told = shown("Adidas", *(f"brand {day:03}-{at}" for at in range(3)))
        statistics = LONG.fold(statistics, "cart", told, NOW + day * DAY)
    kept = statistics.shown["brand"]["Shorts"]
    assert len(kept) == MOST_VALUES
    assert {"Adidas", "brand 099-0"} <= kept.keys()
    assert not any(value.startswith("brand 000") for value in kept)
    taste = LONG.tastes(statistics, NOW + 99 * DAY)["brand"]
    assert sum(taste.shown["Shorts"].values()) < 0.7 * taste.events["Shorts"]


def test_what_is_set_aside_takes_along_what_was_shown():
    usual = LONG.fold(None, "purchase", shown("Adidas", "Puma"), NOW)
    both = LONG.fold(usual, "purchase", shown("Adidas", "Nike", trust={"brand": 0.25}), NOW)
    assert both.shown["brand"]["Shorts"] == pytest.approx({"Adidas": 1.5 + 0.375, "Puma": 1.5, "Nike": 0.375})
    assert both.aside.shown["brand"]["Shorts"] == pytest.approx({"Adidas": 1.125, "Nike": 1.125})
    visit = KINDS["session"].fold(None, "purchase", shown("Adidas", "Nike", trust={"brand": 0.25}), NOW)
    assert visit.shown["brand"]["Shorts"] == {"Adidas": 1.5, "Nike": 1.5}


def test_a_return_takes_back_what_was_expected_too():
    bought = LONG.fold(None, "purchase", shown("Adidas", "Puma"), NOW)
    taste = LONG.tastes(LONG.fold(bought, "return", traits(), NOW), NOW)["brand"]
    assert taste.events["Shorts"] == pytest.approx(0.6)
    assert taste.shown["Shorts"] == pytest.approx({"Adidas": 0.3, "Puma": 0.3})


def test_what_was_stored_before_reads_as_events_without_a_list():
    def aged(stored: object) -> bytes:
        kept = msgspec.to_builtins(stored)
        del kept["shown"]
        return msgspec.msgpack.encode(kept)

    old = LONG.fold(None, "cart", traits(), NOW)
    assert statistics_from(aged(old)) == old
    assert traits_from(aged(traits())) == traits()
    later = LONG.fold(statistics_from(aged(old)), "cart", shown("Adidas", "Puma"), NOW)
    taste = combine(KINDS, later, None, NOW).tastes["brand"]
    assert taste.events == {"Shorts": pytest.approx(2.0)}
    assert taste.shown["Shorts"] == pytest.approx({"Adidas": 0.5, "Puma": 0.5})
