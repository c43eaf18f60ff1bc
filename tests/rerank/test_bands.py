"""Numbers as bands: equal ones share a band, larger ones have no smaller one, and near ones count a little."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from search.index.columns import ColumnsBuilder
from search.rerank.bands import BANDS, bands_of, spread_over
from search.rerank.traits import FULL_PRICE, NO_LABEL, REDUCED, read_catalogue
from search.rerank.weights import own_tastes, weights_of, with_weights
from search.settings import Personal

products = st.lists(st.tuples(st.integers(0, 3), st.integers(1, 12)), min_size=1, max_size=60)


@given(products)
def test_within_a_type_bands_follow_the_numbers(told):
    types = np.array([kind for kind, _ in told], np.int32)
    numbers = np.array([number for _, number in told], np.float64)
    bands = bands_of(numbers, types)
    assert ((bands >= 0) & (bands < BANDS)).all()
    for i in range(len(told)):
        for j in range(len(told)):
            if types[i] == types[j]:
                assert (numbers[i] == numbers[j]) <= (bands[i] == bands[j])
                assert (numbers[i] < numbers[j]) <= (bands[i] <= bands[j])


@given(products)
def test_what_a_number_counts_for_adds_up_to_1_is_most_its_own_and_stays_in_its_type(told):
    types = np.array([kind for kind, _ in told], np.int32)
    bands = bands_of(np.array([number for _, number in told], np.float64), types)
    positions, over, shares = spread_over(bands, types)
    assert (np.diff(positions) >= 0).all()
    np.testing.assert_allclose(np.bincount(positions, shares), 1)
    for at in range(len(told)):
        of_one = dict(zip(over[positions == at].tolist(), shares[positions == at].tolist(), strict=True))
        assert max(of_one, key=of_one.get) == bands[at]
        assert set(of_one) <= set(bands[types == types[at]].tolist())
        assert len(of_one) <= 3


def test_a_type_with_few_different_numbers_still_has_neighbours():
    bands = bands_of(np.array([5.0, 8.0, 12.0, 15.0]), np.zeros(4, np.int32))
    positions, over, shares = spread_over(bands, np.zeros(4, np.int32))
    of_15 = dict(zip(over[positions == 3].tolist(), shares[positions == 3].tolist(), strict=True))
    assert of_15.keys() == {int(bands[2]), int(bands[3])}


def test_only_fields_that_the_feed_has_are_tastes_of_a_catalogue():
    builder = ColumnsBuilder()
    builder.keyword("material", 0, "Leder")
    builder.number("heel_height_cm", 1, 8.0)
    catalogue = read_catalogue(builder.freeze(2), ("label", "material", "heel_height_cm", "discount"))
    assert list(catalogue.attributes) == ["material", "heel_height_cm"]
    assert [attribute.is_band for attribute in catalogue.attributes.values()] == [False, True]


def test_a_reduced_product_is_reduced_and_the_others_are_not():
    builder = ColumnsBuilder()
    for row in range(3):
        builder.number("price", row, 10.0)
    builder.number("discount", 1, 20.0)
    catalogue = read_catalogue(builder.freeze(3), ("discount",))
    assert [catalogue.own_values("discount", row) for row in range(3)] == [[FULL_PRICE], [REDUCED], [FULL_PRICE]]


def test_to_have_no_label_is_a_value_too_so_that_one_label_alone_tells():
    builder = ColumnsBuilder()
    builder.keyword("label", 1, "Bio")
    catalogue = read_catalogue(builder.freeze(3), ("label",))
    assert [catalogue.own_values("label", row) for row in range(3)] == [[NO_LABEL], ["Bio"], [NO_LABEL]]
    assert catalogue.traits(1).values == {"label": {"Bio": 1.0}}


@given(st.floats(0, 1e6), st.floats(0, 1e6))
def test_learned_weights_are_put_back_exactly(brand, material):
    learned = with_weights(Personal(attributes=("material=0.3", "label")), {"brand": brand, "material": material})
    assert own_tastes(learned) == ("material", "label")
    assert (weights_of(learned)["brand"], weights_of(learned)["material"]) == (brand, material)
