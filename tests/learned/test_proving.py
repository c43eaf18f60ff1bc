"""Where tastes prove to tell what is chosen they stay open, elsewhere they close; learned before each choice."""

from __future__ import annotations

from datetime import timedelta
from math import log
from random import Random

import numpy as np
import pytest
from starlette.testclient import TestClient

from search.app import create_app
from search.learned.proving import OF_SHOPPER, learn_gates, pasts_of, runs_of
from search.rerank.gates import type_gate
from search.rerank.personal import personalize
from search.rerank.policies import anonymous
from search.settings import Personal
from search.types import Affinities, Event, Hazards, Ranking, Repeats, StatedTastes, Taste, Traits
from tests.mission.checks import ids, search
from tests.rerank.random_shops import catalogue_of
from tests.stand_ins import NOW as SHOP_NOW

DAY, NOW = 86_400.0, 1e9
BRANDS, KINDS = ("Adidas", "Puma", "Nike", "Esprit"), ("Shorts", "Eier")
GOODS = [
    {"type": kind, "brand": [brand], "gender": [], "color": [], "category": [], "price_band": []}
    for kind in KINDS
    for brand in BRANDS
    for _ in range(5)
]
CATALOGUE = catalogue_of(GOODS)
SETTINGS = Personal()


def pasts(people: int = 60, times: int = 12) -> dict:
    """Everybody buys shorts of one brand, and any eggs."""
    rng = Random(0)
    found = {}
    for person in range(people):
        brand = rng.randrange(len(BRANDS))
        past = []
        for time in range(times):
            for row in (5 * brand + rng.randrange(5), 20 + rng.randrange(20)):
                past.append(("purchase", CATALOGUE.traits(row, str(row)), NOW + (time + row / 100) * DAY))
        found[f"p{person}"] = past
    return found


def test_where_tastes_tell_the_gate_stays_open_and_elsewhere_it_closes():
    gates = learn_gates(pasts(), CATALOGUE, int, SETTINGS)
    assert gates["Shorts"] > 0.9
    assert gates["Eier"] < 0.2


def test_who_says_nothing_proves_nothing():
    """A first choice finds no profile; without a bound there is nothing at stake."""
    assert learn_gates(pasts(times=1), CATALOGUE, int, SETTINGS).get("Shorts", 1.0) == 1.0
    silent = learn_gates(pasts(), CATALOGUE, int, Personal(bound=0.0))
    assert list(silent.values()) == pytest.approx([1.0] * len(silent))
    assert learn_gates({}, CATALOGUE, int, SETTINGS) == {}


def test_what_is_no_longer_sold_is_left_out():
    assert learn_gates(pasts(), CATALOGUE, lambda item: None, SETTINGS) == {}


def test_the_order_of_the_shoppers_does_not_matter():
    once = learn_gates(pasts(), CATALOGUE, int, SETTINGS)
    assert once == learn_gates(dict(reversed(pasts().items())), CATALOGUE, int, SETTINGS)


def test_a_view_and_the_purchase_that_it_led_to_are_one_choice_made_at_the_view():
    shorts, eggs = Traits("Shorts", {}, "1"), Traits("Eier", {}, "2")
    past = [
        ("view", shorts, NOW),
        ("view", eggs, NOW + 60),
        ("cart", shorts, NOW + 600),
        ("purchase", shorts, NOW + 1200),
        ("purchase", shorts, NOW + DAY),
    ]
    assert runs_of(past) == [0, 4]  # type: ignore[arg-type]


def test_only_what_shoppers_did_is_read_by_time():
    def event(time: float, shopper: str | None):
        told = Event(event_id="e", type="click", product_id="a", time=time, shopper=shopper, session="s")
        return told, Traits("Shorts", {}, "a")

    found = pasts_of([event(NOW + 1, "anna"), event(NOW, "anna"), event(NOW, None)])
    assert [step[2] for step in found["anna"]] == [NOW, NOW + 1]
    assert set(found) == {"anna"}


def test_of_each_shopper_some_choices_are_weighed(monkeypatch):
    weighed = []
    monkeypatch.setattr(
        "search.learned.proving._Weighing.gain", lambda self, known, row: weighed.append(row) or (0.0, 0.0)
    )
    learn_gates(pasts(people=1, times=40), CATALOGUE, int, SETTINGS)
    assert len(weighed) == OF_SHOPPER - 1  # of the first nothing was known yet


@pytest.mark.parametrize(
    ("gates", "wanted"),
    [({}, 1.0), ({"Shorts": 0.0}, 0.25), ({"Shorts": 0.2, "Eier": 0.6}, 0.3), ({"Other": 0.0}, 1.0)],
)
def test_a_query_is_as_open_as_what_it_shows(gates: dict[str, float], wanted: float):
    """Three quarters of what it shows are shorts."""
    rows, shown = np.array([0, 1, 2, 20], np.int32), np.full(4, 0.25)
    assert type_gate(shown, rows, CATALOGUE, Repeats(Hazards(gates=gates), int)) == pytest.approx(wanted)
    assert type_gate(shown, rows, CATALOGUE, None) == 1.0


@pytest.mark.parametrize(("proving", "least", "most"), [(0.3, 0.0, 0.5), (0.0, 1.0, 1.0)])
def test_a_shop_whose_shoppers_choose_shorts_at_random_keeps_tastes_out_of_shorts(open_shop, proving, least, most):
    service = open_shop(personal={"proving": proving})
    rng = Random(0)
    with TestClient(create_app(lambda: service), base_url="http://127.0.0.1") as client:
        shorts = ids(search(client, filter="product_type:Shorts"))
        events = [
            {
                "event_id": f"{person}-{time}",
                "type": "purchase",
                "product_id": rng.choice(shorts),
                "shopper": f"p{person}",
                "time": (SHOP_NOW - timedelta(days=time)).isoformat(),
            }
            for person in range(40)
            for time in range(1, 11)
        ]
        assert client.post("/v1/events", json=events).status_code == 202
        service.learn_repeats()
        told = search(client, q="Shorts", shopper="p1", explain="true")["hits"][0]["explain"]["personal"]
    assert least <= told["proven"] <= most
    inferred = [term for term in told["terms"] if term["value"] and term["level"] != "stated"]
    assert inferred and all(abs(term["x"]) <= told["proven"] * abs(log(term["lift"])) + 1e-9 for term in inferred)


def test_what_is_stated_counts_where_inferred_tastes_have_proven_nothing():
    """A brand that is liked moves as much as in a shop without a log; one that was only bought moves nothing."""
    rows = np.arange(len(CATALOGUE.types), dtype=np.int32)[:20]
    relevance = np.full(len(rows), 0.9)
    base = anonymous(Ranking(rows, relevance, {"R": relevance}), np.zeros(len(rows), bool), {}, SETTINGS)
    closed = Repeats(Hazards(gates=dict.fromkeys(CATALOGUE.type_names, 0.0)), int)
    brand = CATALOGUE.attributes["brand"].values[0]
    bought = {"brand": Taste({brand: {"Shorts": 9.0}}, {"Shorts": 9.0})}

    def most(stated: StatedTastes, repeats: Repeats | None) -> float:
        known = Affinities(bought, stated=stated)
        result = personalize(base, known, CATALOGUE, {}, SETTINGS, 1.0, 20, repeats=repeats)
        return float(np.ptp(result.ranking.features["x_brand"]))

    liked = StatedTastes(likes={"brand": [brand]})
    assert most(StatedTastes(), closed) == 0.0 < most(StatedTastes(), None)
    assert most(liked, closed) == pytest.approx(np.log(2.0))
