"""What everybody chooses: corrected for the place, one vote a person, and nothing of what only a few did."""

from __future__ import annotations

import itertools
from random import Random

import pytest

from search.profiles.choices import learn_choices
from search.types import Event, Traits

DAY = 86_400.0
NOW = 1_780_000_000.0
ids = (f"e{number}" for number in itertools.count())


def done(item: str, person: str, query: str | None = "shorts", type: str = "click", age: float = 0.0, **more):
    """An event about a product of the type Shorts, `age` days ago."""
    event = Event(
        event_id=next(ids), type=type, product_id=item, time=NOW - age * DAY, query=query, shopper=person, **more
    )
    return event, Traits("Shorts", {}, item)


def learned(logged, people: int = 1, key=str.casefold):
    return learn_choices(logged, key, NOW, 30.0, people)


def of_query(logged, query: str = "shorts", **more) -> dict[str, float]:
    return {item: chosen.count for item, chosen in learned(logged, **more)[0].get(query, {}).items()}


def test_m34_choices_corrected_for_the_place_rank_right_where_raw_clicks_rank_wrong():
    rng = Random(7)
    shown = [f"p{place}" for place in range(1, 11)]
    wanted = dict(zip(shown, [0.10, 0.08, 0.12, 0.06, 0.05, 0.09, 0.07, 0.22, 0.04, 0.18], strict=True))
    logged, raw = [], dict.fromkeys(shown, 0)
    for person in range(8_000):
        for place, item in enumerate(shown, 1):
            if rng.random() < place**-0.7 and rng.random() < wanted[item]:
                logged.append(done(item, f"person{person}", position=place))
                raw[item] += 1
    best = sorted(wanted, key=lambda item: -wanted[item])[:2]
    found = of_query(logged, people=5)
    assert sorted(found, key=lambda item: -found[item])[:2] == best == ["p8", "p10"]
    assert max(raw, key=lambda item: raw[item]) == "p1"
    assert found["p8"] / found["p1"] == pytest.approx(2.2, rel=0.2)


def test_one_person_has_one_vote_for_a_product_the_strongest_of_what_they_did():
    clicks = [done("P1", "anna") for _ in range(50)]
    assert of_query(clicks) == {"P1": 1.0}
    assert of_query([*clicks, done("P1", "anna", type="purchase"), done("P1", "anna", type="cart")]) == {"P1": 5.0}


def test_what_fewer_people_chose_than_are_asked_for_is_not_learned_at_all():
    four = [done("P1", f"person{number}") for number in range(4)]
    assert learned(four, people=5) == ({}, {})
    queries, types = learned([*four, done("P1", "person5"), done("P2", "person5")], people=5)
    assert list(queries["shorts"]) == ["P1"] == list(types["Shorts"])
    assert queries["shorts"]["P1"].people == 5


def test_a_purchase_counts_for_the_query_that_led_to_it_within_a_day():
    led = done("P1", "anna", age=2.0)
    assert of_query([led, done("P1", "anna", None, "purchase", age=1.5)])["P1"] > 4
    for other in (
        done("P1", "anna", None, "purchase", age=0.5),
        done("P1", "bernd", None, "purchase", age=1.5),
        done("P2", "anna", None, "purchase", age=1.5),
    ):
        assert of_query([led, other])["P1"] < 1


def test_a_choice_halves_in_its_half_life_and_the_future_counts_as_now():
    assert of_query([done("P1", "anna", age=30)])["P1"] == pytest.approx(0.5)
    assert of_query([done("P1", "anna", age=-30)])["P1"] == 1.0


def test_what_says_nothing_of_a_choice_or_of_nobody_counts_nothing():
    nothing = [done("P1", "anna", type=type) for type in ("impression", "hover", "remove", "return", "dislike")]
    nobody = Event(event_id="n", type="click", product_id="P1", time=NOW, query="shorts")
    assert learned([*nothing, (nobody, Traits("Shorts", {}, "P1"))]) == ({}, {})


def test_choices_without_a_query_count_for_the_product_type():
    queries, types = learned([done("P1", "anna", None), done("P2", "anna", "", "cart")])
    assert queries == {}
    assert {item: chosen.count for item, chosen in types["Shorts"].items()} == {"P1": 1.0, "P2": 3.0}
