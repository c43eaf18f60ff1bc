"""Baskets written by hand: three types of products, five brands, households whose tastes are known.

The crowd (households 101, 103, 105) buys every product of a type, those of brand V most: popularity puts them first.
"X" is the brand that household 1 always buys, "Y" the one of household 3.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from eval.personal.baskets import Baskets, in_order

WEEK = 7 * 86_400.0
START = 1_483_228_800.0
BRANDS = ("V", "W", "X", "Y", "Z")
KINDS = ("bread", "milk", "tea")
#: (id, type, brand, category, label): two products a brand and type, "milk-X-0".
PRODUCTS = [
    (f"{kind}-{brand}-{number}", kind, brand, f"all {kind}", "National")
    for kind in KINDS
    for brand in BRANDS
    for number in (0, 1)
]
ROW = {product[0]: row for row, product in enumerate(PRODUCTS)}

#: (household, week, product)
Sale = tuple[int, int, str]


def crowd(weeks: Iterable[int] = range(1, 54)) -> list[Sale]:
    """Each week one household of three buys each product once, and both of brand V twice."""
    return [
        (101 + 2 * (week % 3), week, product[0])
        for week in weeks
        for product in PRODUCTS
        for _ in range(2 if product[2] == "V" else 1)
    ]


def faithful(person: int, brand: str, weeks: Iterable[int] = range(1, 54), number: int = 0) -> list[Sale]:
    """A household that buys bread of one brand every week, and its milk in odd weeks."""
    return [
        (person, week, f"{kind}-{brand}-{number}")
        for week in weeks
        for kind in ("bread", "milk")
        if kind == "bread" or week % 2
    ]


def baskets_of(sales: Iterable[Sale]) -> Baskets:
    """The sales as baskets; a household shops once a week, at an hour of its own, and all cost what their row says."""
    listed = list(sales)
    people = np.array([person for person, *_ in listed])
    weeks = np.array([week for _, week, _ in listed])
    rows = np.array([ROW[product] for *_, product in listed], np.int32)
    return in_order(PRODUCTS, people, rows, START + weeks * WEEK + people * 60.0, weeks, 1.0 + rows)
