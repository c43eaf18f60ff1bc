"""What was shown: how the attention of a list is shared, and whose list it is."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest

from search.rerank.exposure import MOST_TOLD, chosen_before, shares_shown
from search.types import TASTES, Stated
from tests.rerank.random_shops import catalogue_of, random_goods
from tests.rerank.test_lifts import SHOP, goods_of

LIST = np.array([1, 0, 2, 4], np.int32)  # Nike in blue and red, Adidas in blue, nothing, Nike in white


def exam(*ranks: float) -> list[float]:
    return [rank**-0.7 for rank in ranks]


def test_attention_falls_with_the_rank_over_the_products_that_have_a_value():
    first, second, fourth = exam(1, 2, 4)
    found = shares_shown(catalogue_of(SHOP), LIST, 0, ["brand", "color"])
    whole = first + second + fourth
    assert found["brand"] == pytest.approx({"Nike": (first + fourth) / whole, "Adidas": second / whole}, abs=1e-4)
    colors = {"blau": first / 2 + second, "rot": first / 2, "weiß": fourth}
    assert found["color"] == pytest.approx({name: part / whole for name, part in colors.items()}, abs=1e-4)
    assert list(found["color"]) == ["blau", "rot", "weiß"]  # what had most comes first, and stays where not all is told


def test_a_later_page_is_looked_at_more_evenly():
    first, second = exam(25, 26)
    found = shares_shown(catalogue_of(SHOP), LIST[:2], 24, ["brand"])
    assert found["brand"] == pytest.approx(
        {"Nike": first / (first + second), "Adidas": second / (first + second)}, abs=1e-4
    )


def test_only_so_many_values_are_told_and_the_rest_counts_as_not_known():
    catalogue = catalogue_of(goods_of(*[("Shorts", f"brand {at:03}", []) for at in range(100)]))
    found = shares_shown(catalogue, np.arange(100, dtype=np.int32), 0, ["brand"])["brand"]
    assert list(found) == [f"brand {at:03}" for at in range(MOST_TOLD)]
    assert 0 < sum(found.values()) < 0.8


def test_what_is_compared_with_the_whole_shop_or_not_of_this_catalogue_has_no_share():
    goods = random_goods(Random(1), 20, gaps=0.0)
    names = ["gender", "category", "brand", "gone"]
    assert set(shares_shown(catalogue_of(goods), LIST, 0, names)) == {"brand"}


def test_what_the_query_its_filter_or_its_sort_names_was_a_choice_already():
    said = Stated("color", "rot", "rote")
    assert chosen_before([said], {"brand", "in_stock"}, "price:asc", TASTES) == {"color", "brand", "price_band"}
    assert chosen_before([Stated("color", "rot", "rote", "off")], (), "relevance", TASTES) == frozenset()
