"""Weights are learned from choices, and go live only where they win: on new products too, and without more harm."""

from __future__ import annotations

from random import Random

import msgspec
import numpy as np
import pytest

from eval.measures import whole_list_ndcg
from search.errors import BadInput
from search.learned.examples import LEAST_VISITS, MOST_IPS, periods, read_choices
from search.learned.learning import Judged, judge, learn_weights, learned_of, ndcg
from search.learned.verdict import verdict
from search.rerank.traits import build_catalogue
from search.rerank.weights import weights_of
from search.settings import Personal
from search.types import Event
from tests.rerank.random_shops import columns_of

DAY, NOW = 86_400.0, 1e9
BRANDS, COLORS = ("Adidas", "Puma", "Nike", "Esprit", "Nordkai", "Asics"), ("rot", "blau", "weiß")
SIZE = 60


def shop(seed: int = 0):
    """Sixty shorts of six brands; their sales differ, and their colours mean nothing."""
    rng = Random(seed)
    goods = [
        {
            "type": "Shorts",
            "brand": [BRANDS[row % len(BRANDS)]],
            "gender": [],
            "color": [rng.choice(COLORS)],
            "category": [],
            "price_band": [],
        }
        for row in range(SIZE)
    ]
    return build_catalogue(columns_of(goods), np.array([rng.uniform(0.6, 1.6) for _ in range(SIZE)]))


CATALOGUE = shop()


def log(choose, people: int = 72, times: int = 12, type: str = "purchase", position=lambda row: None):
    """What everybody chooses: choose(rng, person, time) -> product."""
    rng, told = Random(1), []
    for person in range(people):
        for time in range(times):
            row = choose(rng, person, time)
            event = Event(
                event_id=f"{person}-{time}",
                type=type,
                product_id=str(row),
                time=NOW + 9 * time * DAY + person + rng.random(),
                shopper=f"p{person}",
                session=f"p{person}-{time}",
                position=position(row),
            )
            told.append((event, CATALOGUE.traits(row, str(row))))
    return sorted(told, key=lambda one: one[0].time)


def by_brand(rng: Random, person: int, time: int) -> int:
    """Nine times in ten another product of the one brand that they like."""
    of = [row for row in range(SIZE) if row % len(BRANDS) == person % len(BRANDS)]
    return of[(person // len(BRANDS) + time) % len(of)] if rng.random() < 0.9 else rng.randrange(SIZE)


def at_random(rng: Random, person: int, time: int) -> int:
    return rng.randrange(SIZE)


def the_same_again(rng: Random, person: int, time: int) -> int:
    """Two products that they always buy, and now and then any."""
    return (person * 7 + 31 * rng.randrange(2)) % SIZE if rng.random() < 0.7 else rng.randrange(SIZE)


def learned(told, settings: Personal, start: Personal | None = None):
    """The learned settings, and the verdict against those in force."""
    early, late = periods(read_choices(told), CATALOGUE, int, settings)
    found = learn_weights(early, CATALOGUE, settings)
    return found, verdict(judge(late, CATALOGUE, start or settings), judge(late, CATALOGUE, found))


def test_a_taste_that_tells_what_is_chosen_gains_weight_and_goes_live():
    found, told = learned(log(by_brand), Personal(brand=0.05))
    assert found.brand > 0.3
    assert told.wins, told.reasons
    assert told.fresh_gain_learned > told.fresh_gain_now + 5


def test_a_taste_that_tells_nothing_gets_no_more_than_its_setting():
    found, _ = learned(log(by_brand), Personal())
    assert found.color <= Personal().color
    assert (found.gender, found.category) == (0.5, 0.5)  # no product has any: nobody knows better


def test_where_tastes_tell_nothing_nothing_goes_live():
    found, told = learned(log(at_random), Personal())
    assert not told.wins
    assert found.brand <= Personal().brand


def test_winning_back_what_people_buy_anyway_is_not_enough():
    found, told = learned(log(the_same_again), Personal(repeat=0.0, bound=0.0))  # no taste may say anything
    assert found.repeat > 0.3
    assert told.everything.low > 0
    assert not told.wins
    assert any("never chosen before" in reason for reason in told.reasons)


def test_more_harm_than_the_target_keeps_weights_from_going_live():
    def judged(after: float, harmed: float) -> Judged:
        fresh = np.array([[0.5, 0.2 if row < 100 * harmed else after] for row in range(100)])
        people = [f"p{row}" for row in range(100)]
        return Judged(fresh, fresh, people, people)

    assert verdict(judged(0.6, 0.03), judged(0.7, 0.03)).wins
    spoiled = verdict(judged(0.6, 0.03), judged(0.7, 0.05))
    assert [reason for reason in spoiled.reasons if "5.0%" in reason] == spoiled.reasons != []
    assert verdict(judged(0.6, 0.06), judged(0.7, 0.06)).wins  # what was as bad before is none of theirs


def test_too_few_visits_are_said_to_be_too_few():
    with pytest.raises(BadInput, match=f"from {LEAST_VISITS} on"):
        periods(read_choices(log(by_brand, people=10)), CATALOGUE, int, Personal())


def test_products_that_are_not_sold_are_said_to_teach_nothing():
    with pytest.raises(BadInput, match="best sold"):
        periods(read_choices(log(by_brand)), CATALOGUE, lambda item: None, Personal())


def test_who_reaches_further_down_counts_more_within_bounds():
    early, _ = periods(
        read_choices(log(by_brand, type="click", position=lambda row: row + 1)), CATALOGUE, int, Personal()
    )
    counted = {example.ips for example in early.examples}
    assert min(counted) == 1.0
    assert max(counted) == MOST_IPS
    assert len(counted) > 5


def test_an_example_knows_only_what_came_before():
    early, late = periods(read_choices(log(by_brand)), CATALOGUE, int, Personal())
    ends = max(example.affinities.purchases.now for example in early.examples)
    assert all(example.affinities.purchases.now >= ends for example in late.examples)
    for example in (*early.examples, *late.examples):
        times = [last for _, last in example.affinities.purchases.counts["Shorts"].values()]
        assert max(times) < example.affinities.purchases.now


def test_events_of_nobody_who_is_named_are_left_out():
    told = [(msgspec.structs.replace(event, shopper=None, session=None), traits) for event, traits in log(by_brand)]
    assert read_choices(told).visits == 0


def visits(choose, people: int = 240):
    """Visits of people who are not signed in: five choices each, five minutes from one to the next."""
    told = []
    for event, said in log(choose, people, 5, type="cart"):
        person, number = map(int, event.event_id.split("-"))
        time = NOW + person * 0.5 * DAY + 300.0 * number
        told.append((msgspec.structs.replace(event, shopper=None, session=f"v{person}", time=time), said))
    return sorted(told, key=lambda one: one[0].time)


def test_visits_of_people_who_are_not_signed_in_teach_by_what_they_did_before_in_them():
    told = visits(by_brand)
    found, result = learned(told, Personal(brand=0.05))
    assert found.brand > 0.3
    assert result.wins, result.reasons
    early, late = periods(read_choices(told), CATALOGUE, int, Personal())
    for example in (*early.examples, *late.examples):
        assert example.affinities.visit and not example.affinities.past
        assert example.affinities.purchases is None


def test_visits_at_random_teach_nothing():
    assert not learned(visits(at_random), Personal())[1].wins


def test_the_visit_counts_beside_a_shoppers_past_and_only_what_came_before_in_it():
    told = []
    for event, said in log(by_brand):  # two choices a visit, ten minutes and more apart
        number = int(event.event_id.split("-")[1])
        time = event.time - 9 * DAY * (number % 2) + 600
        told.append((msgspec.structs.replace(event, session=f"{event.shopper}-{number // 2}", time=time), said))
    early, _ = periods(read_choices(told), CATALOGUE, int, Personal())
    with_visit = [example for example in early.examples if example.affinities.visit]
    assert 0.3 < len(with_visit) / len(early.examples) < 0.7
    assert all(example.affinities.past for example in with_visit)
    assert all(statistics.count == 1 for example in with_visit for statistics, _ in example.affinities.visit)


def test_the_measure_is_that_of_the_suite():
    rng = np.random.default_rng(0)
    for size in (1, 5, 10, 40):
        chosen = rng.random(size) < 0.3
        assert ndcg(chosen) == pytest.approx(whole_list_ndcg(chosen))


def test_what_is_learned_are_settings():
    weights = weights_of(Personal()) | {"repeat": Personal().repeat}
    assert set(learned_of(CATALOGUE)) <= set(weights)
