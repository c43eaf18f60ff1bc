"""Decayed counters: they hold what counting anew would give, however the events come in."""

from __future__ import annotations

import math
from random import Random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.profiles.statistics import (
    LONG_TERM_WEIGHTS,
    REBASE_AFTER,
    SESSION_WEIGHTS,
    Kind,
    Statistics,
    combine,
    mixed,
)
from search.types import EventType, Taste, Traits
from tests.profiles.events import DAY, NOW, TYPES, random_traits, traits

LONG = Kind(LONG_TERM_WEIGHTS, 180 * DAY)
SESSION = Kind(SESSION_WEIGHTS, 1200.0)
KINDS = {"shopper": LONG, "session": SESSION}

Stream = list[tuple[EventType, Traits, float]]


def fold(kind: Kind, stream: Stream, start: Statistics | None = None) -> Statistics | None:
    statistics = start
    for type, said, time in stream:
        statistics = kind.fold(statistics, type, said, time)
    return statistics


def naive(kind: Kind, stream: Stream, now: float) -> dict[str, Taste]:
    """Σ w · 2^(−(now − t)/h), added up from the whole stream; below 0 only before it is read."""
    observed: dict = {}
    events: dict = {}
    shown: dict = {}
    for type, said, time in stream:
        if kind.weights[type] == 0:
            continue
        f = kind.weights[type] * 2.0 ** (-(now - time) / kind.half_life_s)
        for name, shares in said.values.items():
            of_type = events.setdefault(name, {})
            of_type[said.product_type] = of_type.get(said.product_type, 0.0) + f
            for value, share in shares.items():
                types = observed.setdefault(name, {}).setdefault(value, {})
                types[said.product_type] = types.get(said.product_type, 0.0) + f * share
            for value, share in said.shown.get(name, {}).items():
                offered = shown.setdefault(name, {}).setdefault(said.product_type, {})
                offered[value] = offered.get(value, 0.0) + f * share
    return {
        name: Taste(
            {value: {kind: max(0.0, f) for kind, f in types.items()} for value, types in observed[name].items()},
            {kind: max(0.0, f) for kind, f in events[name].items()},
            {kind: offered_of(values, events[name][kind]) for kind, values in shown.get(name, {}).items()},
        )
        for name in events
    }


def offered_of(values: dict[str, float], events: float) -> dict[str, float]:
    """What was shown of a type, never more than its events."""
    left = {value: max(0.0, f) for value, f in values.items()}
    most = max(0.0, events) / max(sum(left.values()), 1e-300)
    return {value: f * min(1.0, most) for value, f in left.items()}


def same(found: dict[str, Taste], wanted: dict[str, Taste], tolerance: float = 1e-9) -> bool:
    def close(a: dict, b: dict) -> bool:
        return a.keys() == b.keys() and all(
            close(a[k], b[k]) if isinstance(a[k], dict) else math.isclose(a[k], b[k], rel_tol=1e-9, abs_tol=tolerance)
            for k in a
        )

    return found.keys() == wanted.keys() and all(
        close(dict(found[name].observed), dict(wanted[name].observed))
        and close(dict(found[name].events), dict(wanted[name].events))
        and close(dict(found[name].shown), dict(wanted[name].shown))
        for name in found
    )


def random_stream(seed: int, reach_s: float, count: int) -> Stream:
    """Events anywhere in the last `reach_s` seconds, in no order: late ones are the rule."""
    rng = Random(seed)
    stream = []
    while len(stream) < count:
        if (said := random_traits(rng)) is not None:
            stream.append((rng.choice(TYPES), said, NOW - rng.random() * reach_s))
    return stream


seeds = st.integers(0, 2**32 - 1)
#: From one hour to three hundred years: long enough for every half-life to be passed thousands of times.
reaches = st.sampled_from([3600.0, 30 * DAY, 2 * 365 * DAY, 300 * 365 * DAY])


@pytest.mark.parametrize("kind", [LONG, SESSION], ids=["long-term", "session"])
@given(seed=seeds, reach_s=reaches, count=st.integers(1, 60), later_s=st.sampled_from([0.0, 60.0, DAY, 400 * DAY]))
def test_forward_decay_equals_decay_counted_anew(kind: Kind, seed: int, reach_s: float, count: int, later_s: float):
    stream = random_stream(seed, reach_s, count)
    statistics = fold(kind, stream)
    assert statistics is not None
    now = NOW + later_s
    found = kind.tastes(statistics, now)
    assert same(found, naive(kind, stream, now))
    assert all(math.isfinite(f) for taste in found.values() for f in taste.events.values())


@given(seeds, reaches)
def test_the_order_of_the_events_does_not_matter(seed: int, reach_s: float):
    stream = random_stream(seed, reach_s, 30)
    for kind in (LONG, SESSION):
        one, other = fold(kind, stream), fold(kind, sorted(stream, key=lambda told: told[2]))
        assert same(kind.tastes(one, NOW), kind.tastes(other, NOW))


def test_counters_move_to_a_new_origin_long_before_they_overflow():
    statistics, time = None, NOW
    for _ in range(40):
        statistics = SESSION.fold(statistics, "click", traits(), time)
        time += 1200.0 * 70  # seventy half-lives each
        assert time - statistics.t0 <= (REBASE_AFTER + 70) * 1200.0
        assert all(f < 2.0**REBASE_AFTER * 3 for f in statistics.events["brand"].values())
    assert SESSION.tastes(statistics, time - 1200.0 * 70)["brand"].events == {"Shorts": pytest.approx(1.0)}


def test_a_visit_that_lasts_for_years_counts_its_last_minutes():
    statistics = SESSION.fold(None, "click", traits("Adidas"), NOW)
    statistics = SESSION.fold(statistics, "click", traits("Puma"), NOW + 3 * 365 * DAY)
    observed = SESSION.tastes(statistics, NOW + 3 * 365 * DAY)["brand"].observed
    assert observed["Puma"] == {"Shorts": pytest.approx(1.0)}
    assert observed["Adidas"]["Shorts"] < 1e-50


def test_an_event_from_ages_ago_changes_nothing_and_breaks_nothing():
    before = SESSION.fold(None, "click", traits("Adidas"), NOW)
    after = SESSION.fold(before, "click", traits("Puma"), 0.0)
    assert SESSION.tastes(after, NOW)["brand"].observed["Puma"] == {"Shorts": pytest.approx(0.0)}
    assert SESSION.tastes(after, NOW)["brand"].events == {"Shorts": pytest.approx(1.0)}


@pytest.mark.parametrize("now", [0.0, NOW - 365 * DAY, NOW + 1e6 * DAY])
def test_a_clock_that_stands_wrong_gives_finite_counts(now: float):
    for kind in (LONG, SESSION):
        taste = kind.tastes(kind.fold(None, "click", traits(), NOW), now)["brand"]
        assert 0 <= taste.events["Shorts"] <= 1


def test_half_is_left_after_a_half_life():
    statistics = LONG.fold(None, "cart", traits(), NOW)
    assert LONG.tastes(statistics, NOW + 180 * DAY)["brand"].observed == {"Adidas": {"Shorts": pytest.approx(0.5)}}


def test_two_colours_count_half_each():
    statistics = LONG.fold(None, "cart", traits(colors=("blau", "rot")), NOW)
    taste = LONG.tastes(statistics, NOW)["color"]
    assert taste.observed == {"blau": {"Shorts": 0.5}, "rot": {"Shorts": 0.5}}
    assert taste.events == {"Shorts": 1.0}


def test_a_product_without_a_colour_says_nothing_about_colours():
    statistics = LONG.fold(None, "cart", Traits("Shorts", {"brand": {"HP": 1.0}}), NOW)
    assert set(LONG.tastes(statistics, NOW)) == {"brand"}


def test_a_profile_holds_a_counter_a_value_and_type_however_many_events_come():
    rng, statistics = Random(1), None
    for _ in range(3000):
        statistics = LONG.fold(statistics, "click", random_traits(rng) or traits(), NOW + rng.random())
    counters = sum(len(types) for values in statistics.observed.values() for types in values.values())
    assert counters == (3 + 3) * 3  # brands and colours, by type
    assert len(msgspec.msgpack.encode(statistics)) < 1000
    assert statistics.count == 3000


def test_the_given_statistics_stay_as_they_were():
    before = LONG.fold(None, "click", traits(), NOW)
    encoded = msgspec.msgpack.encode(before)
    LONG.fold(before, "purchase", traits("Puma"), NOW + 400 * 365 * DAY)
    assert msgspec.msgpack.encode(before) == encoded


# --- weights ---


@pytest.mark.parametrize("weights", [LONG_TERM_WEIGHTS, SESSION_WEIGHTS])
def test_every_event_has_a_weight(weights):
    assert set(weights) == set(EventType.__args__)


def test_weights_are_the_models():
    assert LONG_TERM_WEIGHTS == {
        "impression": 0.0,
        "hover": 0.05,
        "view": 0.1,
        "click": 0.3,
        "wishlist": 0.7,
        "cart": 1.0,
        "remove": -0.7,
        "purchase": 3.0,
        "return": -2.4,
        "like": 1.0,
        "dislike": -1.0,
    }
    assert {type: SESSION_WEIGHTS[type] for type in ("view", "click", "cart", "purchase")} == {
        "view": 1.0,
        "click": 1.0,
        "cart": 2.0,
        "purchase": 3.0,
    }


def test_an_impression_is_counted_and_says_nothing_about_tastes():
    statistics = LONG.fold(LONG.fold(None, "impression", traits(), NOW), "impression", traits(), NOW)
    assert statistics.count == 2
    assert LONG.tastes(statistics, NOW) == {}


# --- returns, and counters below 0 ---


def test_a_return_leaves_a_fifth_of_its_purchase():
    statistics = fold(LONG, [("purchase", traits(), NOW), ("return", traits(), NOW)])
    assert LONG.tastes(statistics, NOW)["brand"].observed["Adidas"]["Shorts"] == pytest.approx(0.2 * 3)


def test_below_0_is_read_as_0_but_kept():
    returned = fold(LONG, [("return", traits(), NOW)])
    assert LONG.tastes(returned, NOW)["brand"].observed == {"Adidas": {"Shorts": 0.0}}
    assert LONG.tastes(returned, NOW)["brand"].events == {"Shorts": 0.0}
    assert returned.observed["brand"]["Adidas"]["Shorts"] == -2.4
    # the purchase that it belongs to comes in late: together they are what they are in order
    late = LONG.fold(returned, "purchase", traits(), NOW)
    assert LONG.tastes(late, NOW)["brand"].events["Shorts"] == pytest.approx(0.6)


# --- merging ---


@given(seeds, seeds)
def test_two_profiles_add_up_to_the_profile_of_both_streams(one: int, other: int):
    """Counters are sums: what is added can be taken away again. (Read before clamping: without returns.)"""
    gains = [type for type in TYPES if LONG_TERM_WEIGHTS[type] > 0]
    streams = [
        [(gains[at % len(gains)], said, time) for at, (_, said, time) in enumerate(random_stream(seed, 90 * DAY, 20))]
        for seed in (one, other)
    ]
    tastes = [LONG.tastes(fold(LONG, stream), NOW) for stream in streams]
    both = LONG.tastes(fold(LONG, streams[0] + streams[1]), NOW)
    assert same(mixed(tastes[0], tastes[1], 1.0), both)


def test_the_long_term_profile_counts_with_its_share_beside_the_session():
    long_term = {"brand": Taste({"Adidas": {"Shorts": 4.0}}, {"Shorts": 4.0})}
    session = {
        "brand": Taste({"Puma": {"Shorts": 1.0}}, {"Shorts": 1.0}),
        "color": Taste({"rot": {"": 1.0}}, {"": 1.0}),
    }
    both = mixed(long_term, session, 0.25)
    assert both["brand"].observed == {"Adidas": {"Shorts": 1.0}, "Puma": {"Shorts": 1.0}}
    assert both["brand"].events == {"Shorts": 2.0}
    assert both["color"].observed == {"rot": {"": 1.0}}
    assert long_term["brand"].observed == {"Adidas": {"Shorts": 4.0}}


def test_without_a_past_the_past_has_no_share():
    session = SESSION.fold(None, "click", traits(), NOW)
    past = LONG.fold(None, "click", traits(), NOW)
    assert combine(KINDS, None, session, NOW).long_term == 0.0
    assert combine(KINDS, past, session, NOW).long_term == 1.0
    assert combine(KINDS, None, None, NOW).is_empty


def test_what_was_seen_today_is_of_this_visit_and_of_the_last_day():
    session = SESSION.fold(None, "view", traits("Adidas"), NOW - 2 * DAY)
    session = SESSION.fold(session, "view", traits("Puma"), NOW)
    past = LONG.fold(None, "view", traits("Esprit"), NOW)
    seen = combine(KINDS, past, session, NOW).session_values
    assert {value for name, value in seen if name == "brand"} == {"Puma"}


def test_last_seen_is_the_latest_time_also_when_an_older_event_comes_in_late():
    statistics = fold(LONG, [("click", traits(), NOW), ("click", traits(), NOW - 5 * DAY)])
    assert statistics.last_seen["brand"] == {"Adidas": NOW}


@pytest.mark.parametrize("kind", [LONG, SESSION])
@given(seeds, st.sampled_from([3600.0, 400 * DAY, 40_000 * DAY]), st.integers(0, 60), st.integers(0, 60))
def test_folding_a_past_at_once_is_folding_it_event_by_event(
    kind: Kind, seed: int, reach_s: float, first: int, count: int
):
    start = fold(kind, random_stream(seed, reach_s, first))
    kept = msgspec.msgpack.encode(start)
    past = random_stream(seed + 1, reach_s, count)
    assert kind.fold_all(start, past) == fold(kind, past, start)  # bit for bit
    assert msgspec.msgpack.encode(start) == kept
