"""Bands of prices: ranks within a type as a build makes them, and what a changed price is measured by."""

from __future__ import annotations

import random

import numpy as np

from search.index.fields import build_columns
from search.index.overlay.columns import with_rows
from search.index.price_bands import BAND, Bands
from search.types import Product


def priced(prices, kind="T", start=0):
    return [
        Product(id=f"{kind}{n}", title={}, product_type=kind, price_cents=cents)
        for n, cents in enumerate(prices, start)
    ]


def test_bands_are_ranks_within_a_type():
    columns = build_columns([*priced(range(100, 1700, 100)), *priced(range(100_000, 1_700_000, 100_000), "U")])
    assert columns.number(BAND).numbers.tolist() == [n // 2 for n in range(16)] * 2


def test_a_shop_without_prices_has_no_bands():
    columns = build_columns([Product(id="a", title={})])
    assert BAND not in columns.columns and Bands(columns).of(None, 5.0) is None


def test_every_product_stands_in_the_band_of_its_own_price():
    dice = random.Random(3)
    products = [
        *priced(dice.sample(range(10_000), 300), "many"),
        *priced(dice.sample(range(10_000), 5), "few"),
        *priced([700], "one"),
        *priced(dice.sample(range(10_000), 50), None),
    ]
    dice.shuffle(products)
    columns = build_columns(products)
    bands = Bands(columns)
    found = [bands.of(product.product_type, product.price_cents / 100) for product in products]
    assert found == columns.number(BAND).numbers.astype(int).tolist()


def test_other_prices_stand_among_those_of_the_generation():
    bands = Bands(build_columns(priced(range(100, 1700, 100))))
    assert bands.of("T", 0.01) == 0
    assert bands.of("T", 2.0) == 0 and bands.of("T", 2.01) == 1, "dearer than the first eighth"
    assert bands.of("T", 99.0) == 7
    assert bands.of("new", 2.0) is None and bands.of(None, 2.0) is None
    assert Bands(build_columns(priced([500]))).of("T", 900.0) == 0, "nothing to be dearer than"


def test_changed_rows_get_the_bands_of_their_prices_and_the_others_stay():
    before = build_columns(priced(range(100, 1700, 100)))
    rows = np.array([0, 3, 16, 17], np.int32)
    changed = [*priced([1650], start=0), *priced([400], start=3), *priced([50], start=16), *priced([50], "new")]
    fresh = dict(zip(rows.tolist(), changed, strict=True))
    alone = build_columns([fresh.get(row, Product(id=f"e{row}", title={})) for row in range(18)])
    after = with_rows(before, rows, alone, Bands(before)).number(BAND)
    kept = [row // 2 for row in range(16)]
    assert after.rows.tolist() == list(range(17)), "nothing is known of what is dear for a new type"
    assert after.numbers.tolist() == [7, *kept[1:], 0]


def test_without_prices_any_more_there_are_no_bands():
    before = build_columns(priced([100, 200]))
    rows = np.array([0, 1], np.int32)
    bare = build_columns([Product(id="T0", title={}), Product(id="T1", title={})])
    after = with_rows(before, rows, bare, Bands(before))
    assert BAND not in after.columns and "_list_price" not in after.columns
