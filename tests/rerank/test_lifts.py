"""Lifts: the code's arrays against the formulas written out in dicts and loops."""

from __future__ import annotations

import math
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.rerank.lifts import lifts, taste_scores
from search.rerank.pairs import CLIP
from search.rerank.traits import Catalogue
from search.settings import Personal
from search.types import TASTES, Affinities, Taste
from tests.rerank.random_shops import Goods, catalogue_of, random_affinities, random_goods, random_settings

seeds = st.integers(0, 2**32 - 1)

# --- the reference: personal-ranking's formulas, one product and one value at a time ---


def counts_for(product: dict, name: str) -> dict[str, float]:
    """What one event about a product counts for: f/n for each of n values; a band spreads over its neighbours."""
    values = product[name]
    if name != "price_band":
        return {value: 1 / len(values) for value in values}
    if not values:
        return {}
    triangle = {band: max(0.0, 1 - abs(band - int(values[0])) / 2) for band in range(8)}
    return {str(band): weight / sum(triangle.values()) for band, weight in triangle.items() if weight}


def share(goods: Goods, name: str, value: str) -> float:
    """The shop-wide share of a value."""
    spread = [counts_for(product, name) for product in goods]
    return sum(counts.get(value, 0.0) for counts in spread) / max(1.0, sum(sum(counts.values()) for counts in spread))


def p0(goods: Goods, name: str, value: str, kind: str) -> float:
    """p0(v|c): the share of a value within a type, smoothed by 5 events of the shop-wide share."""
    if name == "category":  # has no type: it would say what the type says
        return share(goods, name, value)
    spread = [counts_for(product, name) for product in goods if product["type"] == kind]
    held = sum(counts.get(value, 0.0) for counts in spread)
    return (held + 5 * share(goods, name, value)) / (sum(sum(counts.values()) for counts in spread) + 5)


def due(goods: Goods, name: str, value: str, kind: str, taste: Taste, common: float | None = None) -> float:
    """E(v, c): the share of what was shown where the list is known, p0 (or `common`) of the other events."""
    shown = taste.shown.get(kind, {})
    others = taste.events.get(kind, 0.0) - sum(shown.values())
    of_others = p0(goods, name, value, kind) if common is None else common
    return max(0.0, others) * of_others + shown.get(value, 0.0)


def lift(goods: Goods, name: str, value: str, kind: str, taste: Taste, settings: Personal, long_term: float) -> float:
    """L_c(v), or L_g(v) for categories, which know the whole shop only.

    Gender's shop level is compared with the whole shop: whoever chooses dresses chooses women's things.
    """
    kappa_g, kappa_c = settings.kappa_shop * (1 + long_term) / 2, settings.kappa_type * (1 + long_term) / 2
    observed = taste.observed.get(value, {})
    if name == "gender":
        expected = sum(due(goods, name, value, c, taste, share(goods, name, value)) for c in taste.events)
    else:
        expected = sum(due(goods, name, value, c, taste) for c in taste.events)
    in_shop = (sum(observed.values()) + kappa_g) / (expected + kappa_g)
    if name == "category":
        return in_shop
    in_type = due(goods, name, value, kind, taste)
    return (observed.get(kind, 0.0) + kappa_c * in_shop) / (in_type + kappa_c)


def x(goods: Goods, row: int, name: str, known: Affinities, settings: Personal) -> float:
    """x_a(d): the clipped log lift, the mean over several values, 0 without one."""
    product = goods[row]
    logs = [
        math.log(lift(goods, name, value, product["type"], known.tastes[name], settings, known.long_term))
        for value in product[name]
    ]
    clipped = [min(max(log, -math.log(4)), math.log(4)) for log in logs]
    return sum(clipped) / len(clipped) if clipped else 0.0


# --- the tests ---


def scores(catalogue: Catalogue, name: str, known: Affinities, settings: Personal) -> np.ndarray:
    """The code's x of every product."""
    attribute = catalogue.attributes[name]
    found = lifts(known.tastes[name], attribute, catalogue, settings, known.long_term)
    return taste_scores(found, attribute, catalogue, np.arange(len(catalogue.types), dtype=np.int32))


@given(seeds)
def test_lifts_are_what_the_formulas_say(seed: int):
    rng = Random(seed)
    goods = random_goods(rng, rng.randint(1, 25))
    catalogue = catalogue_of(goods)
    known, settings = random_affinities(rng, catalogue), random_settings(rng)
    in_words = set(catalogue.attributes) - {"heel_height_cm"}  # how numbers become bands: test_bands.py
    for name in set(known.tastes) & in_words:
        wanted = [x(goods, row, name, known, settings) for row in range(len(goods))]
        np.testing.assert_allclose(scores(catalogue, name, known, settings), wanted, rtol=0, atol=1e-12)


def goods_of(*lines: tuple) -> Goods:
    """Products from (type, brand, colours)."""
    return [
        {
            "type": kind,
            "brand": [brand] if brand else [],
            "gender": [],
            "color": colors,
            "category": [],
            "price_band": [],
        }
        for kind, brand, colors in lines
    ]


SHOP = goods_of(
    ("Shorts", "Adidas", ["blau"]),
    ("Shorts", "Nike", ["blau", "rot"]),
    ("Shorts", None, []),
    ("Shirts", "Adidas", ["rot"]),
    ("Shirts", "Nike", ["weiß"]),
)


def test_lifts_computed_by_hand():
    # shop-wide share of Adidas 2/4; in shorts (1 + 5·½)/(2 + 5) = ½; 4 events expect 2, 3 more are observed
    known = Affinities({"brand": Taste({"Adidas": {"Shorts": 4.0}}, {"Shorts": 4.0})}, 1.0)
    shop = (4 + 3) / (2 + 3)
    adidas, nike, none, shirt, _ = scores(catalogue_of(SHOP), "brand", known, Personal())
    assert adidas == pytest.approx(math.log((4 + 2 * shop) / (2 + 2)))
    assert nike == pytest.approx(math.log((0 + 2 * 3 / 5) / (2 + 2)))
    assert none == 0.0
    assert shirt == pytest.approx(math.log(shop))  # no shirts in the past: the whole shop's lift


def test_lifts_of_a_known_list_computed_by_hand():
    # of 4 events 3 came from lists on which two thirds of the attention was Adidas: they expect 2, the other one ½
    taste = Taste({"Adidas": {"Shorts": 4.0}}, {"Shorts": 4.0}, {"Shorts": {"Adidas": 2.0, "Nike": 1.0}})
    known = Affinities({"brand": taste}, 1.0)
    shop = (4 + 3) / (2.5 + 3)
    adidas, nike, _, shirt, _ = scores(catalogue_of(SHOP), "brand", known, Personal())
    assert adidas == pytest.approx(math.log((4 + 2 * shop) / (2.5 + 2)))
    assert nike == pytest.approx(math.log((0 + 2 * 3 / (1.5 + 3)) / (1.5 + 2)))
    assert shirt == pytest.approx(math.log(shop))


def test_who_chooses_as_they_are_shown_has_no_taste():
    shown = {"Shorts": {"Adidas": 3.0, "Nike": 1.0}}
    taste = Taste({"Adidas": {"Shorts": 3.0}, "Nike": {"Shorts": 1.0}}, {"Shorts": 4.0}, shown)
    found = scores(catalogue_of(SHOP), "brand", Affinities({"brand": taste}, 1.0), Personal())
    assert found == pytest.approx(np.zeros(5))


def test_x_stays_between_a_quarter_and_four_times():
    for brand, wanted in (("Adidas", 1), ("Nike", -1)):
        many = Affinities({"brand": Taste({brand: {"Shorts": 1e6}}, {"Shorts": 1e6})}, 1.0)
        others = goods_of(*[("Shorts", f"b{n}", []) for n in range(40)])
        adidas = scores(catalogue_of([*SHOP, *others]), "brand", many, Personal())[0]
        assert adidas == wanted * CLIP == wanted * math.log(4)


def test_two_colours_count_as_their_mean():
    known = Affinities({"color": Taste({"blau": {"Shorts": 3.0}}, {"Shorts": 3.0})}, 1.0)
    catalogue = catalogue_of([*SHOP, *goods_of(("Shorts", None, ["rot"]))])
    blue, both, _, _, _, red = scores(catalogue, "color", known, Personal())
    assert blue > 0 > red
    assert both == pytest.approx((blue + red) / 2)


def test_a_missing_value_says_nothing():
    known = Affinities({"brand": Taste({"Adidas": {"Shorts": 4.0}}, {"Shorts": 4.0})}, 1.0)
    assert scores(catalogue_of(SHOP), "brand", known, Personal())[2] == 0.0


def test_types_and_values_that_are_no_longer_sold_are_survived():
    gone = Affinities({"brand": Taste({"Grundig": {"Radios": 5.0}}, {"Radios": 5.0})}, 1.0)
    found = scores(catalogue_of(SHOP), "brand", gone, Personal())
    assert np.isfinite(found).all()
    assert found[0] < 0  # five events, and none of them Adidas


def test_without_a_past_half_the_evidence_is_enough():
    taste = Taste({"Adidas": {"Shorts": 2.0}}, {"Shorts": 2.0})
    catalogue = catalogue_of(SHOP)
    alone = scores(catalogue, "brand", Affinities({"brand": taste}, 0.0), Personal())
    halved = scores(catalogue, "brand", Affinities({"brand": taste}, 1.0), Personal(kappa_shop=1.5, kappa_type=1.0))
    with_past = scores(catalogue, "brand", Affinities({"brand": taste}, 1.0), Personal())
    assert alone.tolist() == halved.tolist()
    assert alone[0] > with_past[0] > 0


def test_categories_are_compared_over_the_whole_shop_only():
    goods = random_goods(Random(3), 40, gaps=0.0)
    catalogue = catalogue_of(goods)
    known = random_affinities(Random(5), catalogue)
    found = lifts(known.tastes["category"], catalogue.attributes["category"], catalogue, Personal(), 1.0)
    assert dict(found.by_type) == {}
    assert lifts(known.tastes["brand"], catalogue.attributes["brand"], catalogue, Personal(), 1.0).by_type


def test_an_average_shopper_has_no_tastes():
    """Somebody who looks at everything once likes nothing more than others do."""
    goods = random_goods(Random(11), 200, gaps=0.0)
    catalogue = catalogue_of(goods)
    observed: dict[str, dict[str, dict[str, float]]] = {name: {} for name in TASTES}
    events: dict[str, dict[str, float]] = {name: {} for name in TASTES}
    for product in goods:
        for name in TASTES:
            kind = product["type"]
            events[name][kind] = events[name].get(kind, 0.0) + 1
            for value, part in counts_for(product, name).items():
                types = observed[name].setdefault(value, {})
                types[kind] = types.get(kind, 0.0) + part
    known = Affinities({name: Taste(observed[name], events[name]) for name in TASTES}, 1.0)
    for name in TASTES:
        assert np.abs(scores(catalogue, name, known, Personal())).max() < 0.08


@given(seeds)
def test_the_lifts_of_some_types_are_the_same_as_among_all(seed: int):
    rng = Random(seed)
    catalogue = catalogue_of(random_goods(rng, rng.randint(1, 25)))
    known, settings = random_affinities(rng, catalogue), random_settings(rng)
    only = {code for code in range(len(catalogue.type_names)) if rng.random() < 0.5}
    for name in set(known.tastes) & set(catalogue.attributes):
        args = known.tastes[name], catalogue.attributes[name], catalogue, settings, known.long_term
        some, every = lifts(*args, only), lifts(*args)
        assert some.shop.tolist() == every.shop.tolist()
        assert set(some.by_type) == set(every.by_type) & only
        assert all(some.by_type[code].tolist() == every.by_type[code].tolist() for code in some.by_type)
