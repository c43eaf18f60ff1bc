"""What is expected of anybody: base rates, smoothing, price bands, and what an event counts for."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.index.columns import Columns
from search.rerank.bands import band_kernel
from search.rerank.traits import BANDS, SMOOTHING, build_catalogue, read_catalogue
from tests.rerank.random_shops import OWN, catalogue_of, columns_of, random_goods

seeds = st.integers(0, 2**32 - 1)


@given(seeds, st.integers(1, 40))
def test_what_is_expected_within_a_type_adds_up_to_1(seed: int, size: int):
    catalogue = catalogue_of(random_goods(Random(seed), size))
    for attribute in catalogue.attributes.values():
        assert attribute.share.sum() == pytest.approx(1)
        kinds = [None, 0] if attribute.name == "category" else [None, *range(len(catalogue.type_names))]
        for kind in kinds:
            assert attribute.expected(kind).sum() == pytest.approx(1)


@given(seeds, st.integers(1, 40))
def test_what_an_event_counts_for_adds_up_to_1_for_each_attribute(seed: int, size: int):
    catalogue = catalogue_of(random_goods(Random(seed), size))
    for row in range(size):
        for shares in catalogue.traits(row).values.values():
            assert sum(shares.values()) == pytest.approx(1)


def product(kind: str, brand: str | None = None, colors: tuple = (), band: int | None = None) -> dict:
    bands = [] if band is None else [str(band)]
    brands = [brand] if brand else []
    return {"type": kind, "brand": brands, "gender": [], "color": list(colors), "category": [], "price_band": bands}


def test_a_type_with_few_products_leans_on_the_shop():
    goods = [product("Shorts", "Adidas")] * 9 + [product("Hüte", "Stetson")]
    brand = catalogue_of(goods).attributes["brand"]
    stetson = brand.code_of["Stetson"]
    assert brand.share[stetson] == 0.1
    hats = catalogue_of(goods).type_code["Hüte"]
    assert brand.expected(hats)[stetson] == pytest.approx((1 + SMOOTHING * 0.1) / (1 + SMOOTHING))


def test_an_unknown_type_has_the_shops_shares():
    brand = catalogue_of(random_goods(Random(2), 30)).attributes["brand"]
    assert brand.expected(None).tolist() == brand.share.tolist()


def test_a_band_counts_for_its_neighbours_too():
    assert band_kernel().sum(1) == pytest.approx(np.ones(BANDS))
    assert band_kernel()[4].tolist() == [0, 0, 0, 0.25, 0.5, 0.25, 0, 0]
    assert band_kernel()[0, :3] == pytest.approx([2 / 3, 1 / 3, 0])
    assert band_kernel()[7, 5:] == pytest.approx([0, 1 / 3, 2 / 3])


def test_two_colours_count_half_each_and_a_band_spreads():
    traits = catalogue_of([product("Shorts", "Adidas", ("blau", "rot"), 3)]).traits(0)
    assert traits.product_type == "Shorts"
    assert traits.values == {
        "brand": {"Adidas": 1.0},
        "color": {"blau": 0.5, "rot": 0.5},
        "price_band": {"2": 0.25, "3": 0.5, "4": 0.25},
    }


def test_a_product_without_a_colour_says_nothing_about_colours():
    catalogue = catalogue_of([product("Shorts", "Adidas"), product("Shorts", "Nike", ("rot",))])
    assert "color" not in catalogue.traits(0).values


def test_a_products_own_values_are_read_in_any_order_and_more_than_once():
    goods = random_goods(Random(9), 30)
    colors = catalogue_of(goods).attributes["color"]
    rows = np.array([7, 3, 3, 29, 0], np.int32)
    positions, codes = colors.entries(rows)
    found = [[colors.values[code] for code in codes[positions == at]] for at in range(len(rows))]
    assert found == [goods[row]["color"] for row in rows]


def test_a_catalogue_without_any_attributes_has_no_tastes():
    catalogue = read_catalogue(Columns(3))
    assert catalogue.attributes == {}
    assert catalogue.traits(1).values == {}
    assert catalogue.types.tolist() == [0, 0, 0]


def test_a_catalogue_is_read_once_for_each_snapshot():
    columns = Columns(2)
    assert read_catalogue(columns) is read_catalogue(columns)
    assert read_catalogue(columns) is not read_catalogue(Columns(2))


@given(seeds, st.integers(1, 30))
def test_a_product_of_weight_n_counts_as_n_products(seed: int, size: int):
    rng = Random(seed)
    goods = random_goods(rng, size)
    times = [rng.randint(0, 3) for _ in goods]
    weighted = build_catalogue(columns_of(goods), np.array(times, np.float64), OWN)
    repeated = catalogue_of([product for product, count in zip(goods, times, strict=True) for _ in range(count)])
    for name, attribute in repeated.attributes.items():
        if attribute.is_band and name != "price_band":
            continue  # repeating a product moves the bands of all
        mine = weighted.attributes[name]
        for kind in repeated.type_names if name != "category" else [""]:
            wanted = dict(zip(attribute.values, attribute.expected(repeated.type_code[kind]).tolist(), strict=True))
            found = dict(zip(mine.values, mine.expected(weighted.type_code[kind]).tolist(), strict=True))
            assert {value: found[value] for value in wanted} == pytest.approx(wanted)


@given(seeds, st.integers(1, 30))
def test_what_is_expected_of_many_types_is_the_sum_of_each(seed: int, size: int):
    rng = Random(seed)
    catalogue = catalogue_of(random_goods(rng, size))
    for name, attribute in catalogue.attributes.items():
        kinds = [None, 0] if name == "category" else [None, *range(len(catalogue.type_names))]
        events = {kind: 5 * rng.random() for kind in kinds if rng.random() < 0.7}
        wanted = sum(
            (count * attribute.expected(kind) for kind, count in events.items()), np.zeros(len(attribute.values))
        )
        np.testing.assert_allclose(attribute.expected_of(events), wanted, atol=1e-12)
