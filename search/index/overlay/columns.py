"""Columns with some rows replaced: what is untouched is shared, the rest is copied, and nothing is read anew.

The result is what `build_columns` makes of the same products, rows in their places, but for price bands: a changed
product stands in the band of its price, the others stay in theirs.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from search.index.columns import Column, Columns, KeywordColumn, NumberColumn, words_of_numbers
from search.index.price_bands import BAND, PRICE, TYPE, Bands
from search.index.prices import DISCOUNT, PRICED_BY, Prices, prices_on
from search.types import Rows

C = TypeVar("C", KeywordColumn, NumberColumn)
#: So many values are sought among the codes one by one; more are counted all at once.
FEW = 8
_NONE = NumberColumn(np.empty(0, np.int32), np.empty(0))


def with_rows(columns: Columns, rows: Rows, fresh: Columns, bands: Bands) -> Columns:
    """Columns in which some rows are as in others.

    Args:
        rows: (m,) those that changed, ascending; one that has nothing in `fresh` has nothing any more.
        fresh: the columns of these rows alone, of the size that there shall be.
        bands: those of the generation.
    """
    others = {name: column for name, column in columns.columns.items() if name != BAND}
    made = Columns(fresh.size, _with_rows(others, rows, fresh.columns))
    return _with_bands(made, columns, rows, bands)


def with_prices(before: Prices, columns: Columns, rows: Rows, fresh: Columns) -> Prices:
    """What the products of columns cost, on the days on which it was known what they cost before some rows changed.

    Args:
        columns: what `with_rows` made of the rows and of `fresh`.
    """
    if all(columns.columns.get(name) is before.columns.columns.get(name) for name in PRICED_BY):
        return Prices(columns, before.known)
    without = () if "_sale_price" in columns else (DISCOUNT,)
    known = {}
    for day, on in before.known.items():
        found = {DISCOUNT: _NONE} | _with_rows(on, rows, prices_on(fresh, day))
        known[day] = {name: column for name, column in found.items() if name not in without}
    return Prices(columns, known)


def _with_rows(columns: Mapping[str, Column], rows: Rows, fresh: Mapping[str, Column]) -> dict[str, Column]:
    """Each of the columns in which some rows are as in others; those of which nothing is left are left out."""
    found = {name: _replaced(columns.get(name), rows, fresh.get(name)) for name in {**columns, **fresh}}
    return {name: column for name, column in found.items() if column is not None}


def _replaced(column: Column | None, rows: Rows, fresh: Column | None) -> Column | None:
    """A column with the rows replaced; None where nothing is left. A field with words and numbers is one of words."""
    if column is None:
        return fresh
    if isinstance(column, NumberColumn) and isinstance(fresh, KeywordColumn):
        column = words_of_numbers(column)
    if isinstance(column, KeywordColumn) and isinstance(fresh, NumberColumn):
        fresh = words_of_numbers(fresh)
    at = _places(column, rows)
    if isinstance(column, KeywordColumn):
        assert fresh is None or isinstance(fresh, KeywordColumn)
        return _keywords(column, at, fresh)
    assert fresh is None or isinstance(fresh, NumberColumn)
    return _numbers(column, at, fresh)


def _places(column: Column, rows: Rows) -> NDArray[np.intp]:
    """Where the entries of rows stand, ascending."""
    starts, ends = np.searchsorted(column.rows, rows), np.searchsorted(column.rows, rows, "right")
    counts = ends - starts
    return np.arange(int(counts.sum())) + np.repeat(starts - (np.cumsum(counts) - counts), counts)


def _numbers(column: NumberColumn, at: NDArray[np.intp], fresh: NumberColumn | None) -> NumberColumn | None:
    new_rows = fresh.rows if fresh else column.rows[:0]
    new = fresh.numbers if fresh else column.numbers[:0]
    if np.array_equal(column.rows[at], new_rows):
        if np.array_equal(column.numbers[at], new):
            return column
        numbers = column.numbers.copy()
        numbers[at] = new
        return _sharing(column, NumberColumn(column.rows, numbers))
    rows, numbers = _spliced(column.rows, column.numbers, at, new_rows, new)
    return NumberColumn(rows, numbers) if len(rows) else None


def _keywords(column: KeywordColumn, at: NDArray[np.intp], fresh: KeywordColumn | None) -> KeywordColumn | None:
    new_rows = fresh.rows if fresh else column.rows[:0]
    values, codes = column.values, column.codes
    new = np.empty(0, np.int32)
    if fresh is not None:
        unknown = [value for value in fresh.values if not _is_in(values, value)]
        if unknown:
            values = sorted([*values, *unknown])
            codes = _coded(column.values, values)[codes]
        new = _coded(fresh.values, values)[fresh.codes]
    if values is column.values and np.array_equal(column.rows[at], new_rows) and np.array_equal(codes[at], new):
        return column
    left = np.unique(codes[at])
    if np.array_equal(column.rows[at], new_rows):
        rows, codes = column.rows, codes.copy()
        codes[at] = new
    else:
        rows, codes = _spliced(column.rows, codes, at, new_rows, new)
    values, codes = _without_unused(values, codes, left)
    return _sharing(column, KeywordColumn(values, rows, codes)) if len(rows) else None


def _is_in(values: Sequence[str], value: str) -> bool:
    at = bisect_left(values, value)
    return at < len(values) and values[at] == value


def _coded(of: Sequence[str], values: Sequence[str]) -> NDArray[np.int32]:
    """The codes that some of the values have among all of them, ascending ones."""
    return np.array([bisect_left(values, value) for value in of], np.int32)


def _without_unused(
    values: list[str], codes: NDArray[np.int32], left: NDArray[np.int32]
) -> tuple[list[str], NDArray[np.int32]]:
    """Without the values that no product has any more; only those that some product had before can be such."""
    if len(left) <= FEW and all((codes == code).any() for code in left.tolist()):
        return values, codes
    used = np.bincount(codes, minlength=len(values)) > 0
    if used[left].all():
        return values, codes
    place = np.cumsum(used, dtype=np.int32) - 1
    return [value for value, is_used in zip(values, used.tolist(), strict=True) if is_used], place[codes]


def _spliced(rows: Rows, data: NDArray, at: NDArray[np.intp], new_rows: Rows, new: NDArray) -> tuple[Rows, NDArray]:
    """Entries without those at some places, and with new ones of rows that have no others: what stays between them is
    copied as it is."""
    changed = np.union1d(rows[at], new_rows).astype(rows.dtype)
    old, fresh = (
        zip(np.searchsorted(of, changed).tolist(), np.searchsorted(of, changed, "right").tolist(), strict=True)
        for of in (rows, new_rows)
    )
    of_rows, of_data, behind = list[NDArray](), list[NDArray](), 0
    for (start, end), (first, last) in zip(old, fresh, strict=True):
        of_rows += rows[behind:start], new_rows[first:last]
        of_data += data[behind:start], new[first:last]
        behind = end
    return np.concatenate([*of_rows, rows[behind:]]), np.concatenate([*of_data, data[behind:]])


def _sharing(before: C, after: C) -> C:
    """With what was worked out of what stayed the same."""
    shared = {"_starts", "products"} if after.rows is before.rows else set()
    if isinstance(before, KeywordColumn) and isinstance(after, KeywordColumn) and after.values is before.values:
        shared |= {"codes_of"}
    after.__dict__.update({name: before.__dict__[name] for name in shared & before.__dict__.keys()})
    return after


def _with_bands(made: Columns, before: Columns, rows: Rows, bands: Bands) -> Columns:
    """With the changed products in the bands of their prices among those of their type."""
    found = before.number(BAND)
    if any(made.columns.get(name) is not before.columns.get(name) for name in (PRICE, TYPE)):
        found = _numbers(found or _NONE, _places(found or _NONE, rows), _bands(made, rows, bands))
    return Columns(made.size, {**made.columns, BAND: found}) if found else made


def _bands(columns: Columns, rows: Rows, bands: Bands) -> NumberColumn:
    """The bands of the products among some rows whose prices the generation can tell."""
    price, types = columns.number(PRICE), columns.keyword(TYPE)
    found: dict[int, int] = {}
    for row in rows.tolist() if price else ():
        own, kind = price.of_row(row), types.of_row(row) if types else []  # type: ignore[union-attr]
        if own is not None and (band := bands.of(kind[0] if kind else None, own)) is not None:
            found[row] = band
    return NumberColumn(np.array(list(found), np.int32), np.array(list(found.values()), np.float64))
