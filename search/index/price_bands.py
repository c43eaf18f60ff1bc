"""Where a price stands among those of its product type: in which of eight bands, 0 cheapest … 7 dearest.

A build ranks all products of a type. What changes later is measured by the prices that those had: a product's band
costs a look at its type's bands, whatever the catalogue's size, and the others stay in theirs.
"""

from __future__ import annotations

from bisect import bisect_left
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from search.index.columns import Columns, NumberColumn

PRICE_BANDS = 8
#: The column of bands.
BAND = "_price_band"
#: The columns that bands are made of.
PRICE, TYPE = "_list_price", "product_type"


def with_price_bands(columns: Columns) -> Columns:
    """A whole catalogue's columns, and of each price where it stands among those of its product type."""
    price = columns.number(PRICE)
    if price is None:
        return columns
    kind = _kinds(columns, price)
    order = np.lexsort((price.rows, price.numbers, kind))
    band = np.empty(len(order))
    _, starts, counts = np.unique(kind[order], return_index=True, return_counts=True)
    for start, count in zip(starts, counts, strict=True):
        band[order[start : start + count]] = np.arange(count) * PRICE_BANDS // count
    return Columns(columns.size, {**columns.columns, BAND: NumberColumn(price.rows, band)})


def _kinds(columns: Columns, price: NumberColumn) -> NDArray[np.intp]:
    """(m,) the type of each product that has a price, −1 for none; the first of several types counts."""
    types, kind = columns.keyword(TYPE), np.full(columns.size, -1)
    if types is not None:
        kind[types.rows[::-1]] = types.codes[::-1]
    return kind[price.rows]


class Bands:
    """The bands of one generation.

    Args:
        columns: the generation's, as it was built.
    """

    def __init__(self, columns: Columns):
        self._columns = columns

    @cached_property
    def _dearest(self) -> dict[str | None, tuple[list[float], list[int]]]:
        """Type, None for products without one -> the dearest price in each of its bands, ascending, and the bands."""
        price, bands, types = (self._columns.columns.get(name) for name in (PRICE, BAND, TYPE))
        if not isinstance(price, NumberColumn) or not isinstance(bands, NumberColumn):
            return {}
        names = [*(self._columns.keyword(TYPE).values if types else []), None]  # type: ignore[union-attr]
        tops = np.full(len(names) * PRICE_BANDS, -np.inf)
        kind = _kinds(self._columns, price) % len(names)
        np.maximum.at(tops, kind * PRICE_BANDS + bands.numbers.astype(np.intp), price.numbers)
        found = {}
        for name, dearest in zip(names, tops.reshape(-1, PRICE_BANDS), strict=True):
            held = np.flatnonzero(np.isfinite(dearest))
            if len(held):
                found[name] = dearest[held].tolist(), held.tolist()
        return found

    def of(self, kind: str | None, price: float) -> int | None:
        """The band of a price among those of a product type; None for a type that the generation has no prices of."""
        dearest, bands = self._dearest.get(kind, ([], []))
        return bands[min(bisect_left(dearest, price), len(bands) - 1)] if bands else None
