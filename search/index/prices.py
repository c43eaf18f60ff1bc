"""What products cost on a day: the list price, or a sale price from its first to its last day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TypeVar

import numpy as np

from search.index.columns import Column, Columns, NumberColumn

T = TypeVar("T")
#: What a product costs on a day is worked out of these.
PRICED_BY = ("_list_price", "_sale_price", "_sale_from", "_sale_until")
#: The columns that a day adds.
PRICE, DISCOUNT = "price", "discount"


class Prices:
    """Columns with prices by day, worked out once for each of the last two days.

    Args:
        columns: of the products, without what a day adds.
        known: day -> what it adds, as far as that is known.
    """

    def __init__(self, columns: Columns, known: Mapping[date, Mapping[str, Column]] | None = None):
        self.columns = columns
        self.known = dict(known or {})
        self._priced: dict[date, Columns] = {}

    def on(self, day: date) -> Mapping[str, Column]:
        """The columns that a day adds."""
        found = self.known.get(day)
        if found is None:
            found = prices_on(self.columns, day)
            self.known = _lately(self.known, day, found)
        return found

    def columns_on(self, day: date) -> Columns:
        """All columns on a day; the same object for the same day."""
        found = self._priced.get(day)
        if found is None:
            found = Columns(self.columns.size, {**self.columns.columns, **self.on(day)})
            self._priced = _lately(self._priced, day, found)
        return found


def _lately(known: dict[date, T], day: date, new: T) -> dict[date, T]:
    """With one day more, and the last one before it; others may read what is known meanwhile."""
    return {**dict(list(known.items())[-1:]), day: new}


def priced(columns: Columns, day: date) -> Columns:
    """The columns with those of a day's prices added."""
    return Columns(columns.size, {**columns.columns, **prices_on(columns, day)})


def prices_on(columns: Columns, day: date) -> dict[str, Column]:
    """The columns `price` (what a product costs on that day) and `discount` (per cent off); {} without prices."""
    listed = columns.number("_list_price")
    if listed is None:
        return {}
    numbers, added = listed.numbers.copy(), dict[str, Column]()
    sale = columns.number("_sale_price")
    if sale is not None:
        first, last = columns.number("_sale_from"), columns.number("_sale_until")
        assert first is not None, "a sale price always comes with its days"
        assert last is not None
        today = day.toordinal()
        at = np.minimum(np.searchsorted(listed.rows, sale.rows), len(listed.rows) - 1)
        valid = (first.numbers <= today) & (today <= last.numbers) & (listed.rows[at] == sale.rows)
        at, rows, reduced = at[valid], sale.rows[valid], sale.numbers[valid]
        off = np.round(100 * (1 - reduced / np.maximum(numbers[at], 0.01)))
        numbers[at] = reduced
        added[DISCOUNT] = NumberColumn(rows[off > 0], off[off > 0])
    return {**added, PRICE: NumberColumn(listed.rows, numbers)}
