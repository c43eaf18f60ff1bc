"""The attributes that tastes are about, read from a snapshot's columns; and how common each value is.

A product's *type* is what it is, free of whom it is for ("Shorts", not "Damen > Shorts"): a lift compares
within it. A price band is a rank within the type; it spreads over its neighbours (triangular, half-width 2),
so that liking band 3 says something about 2 and 4. Beside the five tastes of every shop a catalogue has those fields
of its own that the shop names (`search/rerank/weights.py`): words as they stand, numbers as bands (`rerank/bands.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from search.rerank.bands import BANDS, bands_of, spread, spread_over
from search.rerank.distinct import summed_by
from search.types import TASTES, Rows, Scores, Traits

#: Which column holds an attribute; price bands are numbers and handled apart.
COLUMN_OF = {"brand": "brand", "gender": "gender", "color": "color", "category": "_category_leaf"}
#: Whether something is reduced today: a field that the server fills itself.
DISCOUNT, FULL_PRICE, REDUCED = "discount", "full price", "reduced"
#: What a product without a label has of it: who buys organic things where few are chose the label, and where all are
#: did not. Of other words a product that does not tell says nothing.
LABEL, NO_LABEL = "label", "none"
#: Attributes whose shop-level lift compares with the whole shop, not with the types that were chosen. Whoever looks at
#: dresses and blouses chose women's things by choosing those types: within them every product is for women,
#: nothing would be learned, and "Shorts" would stay as it is.
SHOP_WIDE = frozenset({"category", "gender", "age_group"})
#: The shop-wide share of a value weighs as much as so many products of a type.
SMOOTHING = 5.0
#: Numbers that an attribute keeps of the shares in its types: 8 MB.
MOST_KEPT = 1_000_000
#: What a product that never sold counts for, against the average one; and the most products without a popularity.
UNSOLD, MOST_UNKNOWN = 0.1, 0.5


class KeywordLike(Protocol):
    """A keyword column, read-only."""

    @property
    def values(self) -> list[str]:
        """The values, ascending."""

    @property
    def rows(self) -> Rows:
        """(m,) rows, ascending."""

    @property
    def codes(self) -> NDArray[np.int32]:
        """(m,) of the values."""


class NumberLike(Protocol):
    """A number column, read-only."""

    @property
    def rows(self) -> Rows:
        """(m,) rows, ascending and unique."""

    @property
    def numbers(self) -> Scores:
        """(m,) their numbers."""


class Columns(Protocol):
    """The columns of a snapshot, read-only."""

    @property
    def size(self) -> int:
        """Products in all."""

    def keyword(self, name: str) -> KeywordLike | None:
        """The keyword column of that name."""

    def number(self, name: str) -> NumberLike | None:
        """The number column of that name."""


@dataclass(frozen=True, eq=False)
class Attribute:
    """One attribute over all products of a snapshot.

    Own values: `rows` (m,) ascending, `codes` (m,) into `values`, several a product possible. Spread values
    (what an event counts for): the same with `shares` that sum to 1 a product. `weights` (products,) is how much a
    product counts in what is to be expected, such as its sales; None: each one the same. `is_band`: the values are
    eighths of a number within its type, which say nothing to a person by themselves.
    """

    name: str
    values: list[str]
    rows: Rows
    codes: NDArray[np.int32]
    spread_rows: Rows
    spread_codes: NDArray[np.int32]
    shares: Scores
    types: NDArray[np.int32]
    type_count: int
    weights: Scores | None = None
    is_band: bool = False

    @cached_property
    def code_of(self) -> dict[str, int]:
        """Value -> code."""
        return {value: code for code, value in enumerate(self.values)}

    @property
    def has_types(self) -> bool:
        """False where its values are compared over the whole shop only."""
        return self.name != "category"

    @cached_property
    def share(self) -> Scores:
        """(values,) shop-wide share of each value."""
        total = np.bincount(self.spread_codes, self._weighted, len(self.values))
        return total / (total.sum() or 1.0)

    @cached_property
    def _weighted(self) -> Scores:
        """(m,) what each spread value counts for in what is to be expected."""
        return self.shares if self.weights is None else self.shares * self.weights[self.spread_rows]

    @cached_property
    def _counts(self) -> tuple[NDArray[np.intp], NDArray[np.intp], Scores]:
        """By type: offsets (types + 1,), values and their summed shares."""
        keys = self.types[self.spread_rows].astype(np.int64) * len(self.values) + self.spread_codes
        unique, summed = summed_by(keys, self._weighted, self.type_count * len(self.values))
        offsets = np.searchsorted(unique, np.arange(self.type_count + 1) * len(self.values))
        return offsets, unique % max(len(self.values), 1), summed

    def expected(self, type_code: int | None) -> Scores:
        """(values,) p0(v|c): the share of each value in a product type, smoothed by the shop-wide share; read-only.

        An unknown type (None) has the shop-wide shares. Those of the types that were asked for are kept.
        """
        if type_code is None:
            return self.share
        found = self._kept.get(type_code)
        if found is None:
            found = self._share_in(type_code)
            found.setflags(write=False)
            if (len(self._kept) + 1) * len(self.values) > MOST_KEPT:
                self._kept.clear()
            self._kept[type_code] = found
        return found

    @cached_property
    def _kept(self) -> dict[int, Scores]:
        return {}

    def _share_in(self, type_code: int) -> Scores:
        offsets, codes, summed = self._counts
        run = slice(offsets[type_code], offsets[type_code + 1])
        counts = SMOOTHING * self.share
        counts[codes[run]] += summed[run]
        return counts / (summed[run].sum() + SMOOTHING)

    def expected_at(self, codes: NDArray[np.int64], types: NDArray[np.int64]) -> Scores:
        """(m,) p0(v|c) of values in types: `expected` of single values."""
        keys, summed = self._keys, self._counts[2]
        wanted = types * len(self.values) + codes
        at = np.minimum(np.searchsorted(keys, wanted), max(len(keys) - 1, 0))
        counts = np.where(keys[at] == wanted, summed[at], 0.0) if len(keys) else np.zeros(len(wanted))
        return (SMOOTHING * self.share[codes] + counts) / (self._totals[types] + SMOOTHING)

    def expected_of(self, events: Mapping[int | None, float]) -> Scores:
        """(values,) Σ_c events[c] · p0(v|c), for type codes c."""
        return sum((count * self.expected(code) for code, count in events.items()), np.zeros(len(self.values)))

    @cached_property
    def _totals(self) -> Scores:
        """(types,) the summed shares of all values."""
        return np.bincount(self._count_types, self._counts[2], self.type_count).astype(np.float64)

    @cached_property
    def _keys(self) -> NDArray[np.intp]:
        """Type and value of each entry of `_counts` as one number, ascending."""
        return self._count_types * len(self.values) + self._counts[1]

    @cached_property
    def _count_types(self) -> NDArray[np.intp]:
        """The type of each entry of `_counts`."""
        return np.repeat(np.arange(self.type_count), np.diff(self._counts[0]))

    def entries(self, rows: Rows) -> tuple[NDArray[np.intp], NDArray[np.int32]]:
        """For products `rows` (n,): positions in 0..n−1, repeated for several values, and their codes."""
        return _entries(self.rows, self.codes, rows)

    def attention(self, rows: Rows, weights: Scores) -> Scores:
        """(values,) the sum of products' weights, each spread over its values; `rows` and `weights` (n,)."""
        starts, ends = np.searchsorted(self.spread_rows, np.stack([rows, rows + 1]).astype(self.spread_rows.dtype))
        lengths = ends - starts
        at = np.arange(lengths.sum()) + np.repeat(starts - (np.cumsum(lengths) - lengths), lengths)
        told = self.shares[at] * np.repeat(weights, lengths)
        return np.bincount(self.spread_codes[at], told, len(self.values)).astype(np.float64)

    def spread_of(self, row: int) -> dict[str, float]:
        """What an event about the product counts for: value -> share."""
        ends = np.array([row, row + 1], self.spread_rows.dtype)  # of another type, all rows would be converted
        start, end = np.searchsorted(self.spread_rows, ends)
        return {
            self.values[code]: float(share)
            for code, share in zip(self.spread_codes[start:end], self.shares[start:end], strict=True)
        }


def _entries(column_rows: Rows, codes: NDArray[np.int32], rows: Rows) -> tuple[NDArray[np.intp], NDArray[np.int32]]:
    starts, ends = np.searchsorted(column_rows, rows), np.searchsorted(column_rows, rows, side="right")
    lengths = ends - starts
    positions = np.repeat(np.arange(len(rows)), lengths)
    before = np.cumsum(lengths) - lengths
    return positions, codes[np.repeat(starts - before, lengths) + np.arange(lengths.sum())]


@dataclass(frozen=True, eq=False)
class Catalogue:
    """All that tastes need to know of a snapshot's products."""

    attributes: dict[str, Attribute]
    type_names: list[str]
    types: NDArray[np.int32]
    weights: Scores | None = None

    @cached_property
    def type_code(self) -> dict[str, int]:
        """Product type -> code."""
        return {name: code for code, name in enumerate(self.type_names)}

    def own_values(self, name: str, row: int) -> list[str]:
        """The values that a product has of an attribute, not spread over neighbours."""
        attribute = self.attributes.get(name)
        codes = attribute.entries(np.array([row], attribute.rows.dtype))[1] if attribute is not None else ()
        return [attribute.values[code] for code in codes] if attribute is not None else []

    @cached_property
    def sold(self) -> Scores:
        """(products,) what each product counts for in what is to be expected."""
        return np.ones(len(self.types)) if self.weights is None else self.weights

    @cached_property
    def _of_types(self) -> tuple[Scores, Scores]:
        """(types,) the sum of what a type's products count for, and their number."""
        count = len(self.type_names)
        sums: Scores = np.bincount(self.types, self.sold, count).astype(np.float64)
        return sums, np.bincount(self.types, minlength=count).astype(np.float64)

    def item_share(self, row: int) -> float:
        """p0 of a product in its type, 0..1; smoothed by the same share for each."""
        sums, counts = self._of_types
        code = self.types[row]
        return float((self.sold[row] + SMOOTHING / counts[code]) / (sums[code] + SMOOTHING))

    def traits(self, row: int, item: str = "") -> Traits:
        """What an event about this product says about tastes; `item`: its id."""
        values = {name: attribute.spread_of(row) for name, attribute in self.attributes.items()}
        return Traits(
            self.type_names[self.types[row]], {name: shares for name, shares in values.items() if shares}, item
        )


@lru_cache(maxsize=2)
def read_catalogue(columns: Columns, own: tuple[str, ...] = ()) -> Catalogue:
    """The tastes' view of a snapshot's columns, with the shop's `own` fields; kept for the snapshots in use.

    What is to be expected of a shopper without tastes is the share of sales where the feed tells them (`popularity`),
    else that of products.
    """
    sold = columns.number("popularity")
    popularity = np.full(columns.size, np.nan)
    if sold is not None:
        popularity[sold.rows] = sold.numbers
    return build_catalogue(columns, sales_weights(popularity), own)


def sales_weights(popularity: Scores) -> Scores | None:
    """(products,) what each counts for in what is to be expected, 1 on average; None where too few have a popularity.

    The unit of a popularity is the feed's own, so it is divided by the mean; what never sold, or is not told of,
    counts for a tenth of an average product: somebody may yet want it.

    Args:
        popularity: (products,) the more the more sold; NaN where unknown.

    >>> sales_weights(np.array([30.0, 10.0, 0.0, np.nan])).round(2).tolist()
    [2.86, 0.95, 0.1, 0.1]
    """
    known = np.maximum(np.nan_to_num(popularity), 0.0)
    if not known.sum() or np.isnan(popularity).mean() > MOST_UNKNOWN:
        return None
    weights = np.maximum(known / known.mean(), UNSOLD)
    return weights / weights.mean()


def build_catalogue(columns: Columns, weights: Scores | None = None, own: Sequence[str] = ()) -> Catalogue:
    """The tastes' view of columns.

    Args:
        weights: (products,) how much each product counts in what is to be expected of a shopper without tastes: its
            sales, say; None for 1 each. The smoothing is in the same unit.
        own: fields that are tastes beside the five; those that the columns do not have are none.
    """
    type_names, types = types_of(columns)
    attributes = {}
    for name in (*TASTES, *own):
        found = _entries_of(columns, name, types)
        if found:
            # categories are compared over the whole shop: within its type a category has nothing to say
            whole_shop = name == "category"
            kinds = np.zeros_like(types) if whole_shop else types
            count, is_band = 1 if whole_shop else len(type_names), _is_band(columns, name)
            attributes[name] = Attribute(name, *found, kinds, count, weights, is_band)
    return Catalogue(attributes, type_names, types, weights)


def types_of(columns: Columns) -> tuple[list[str], NDArray[np.int32]]:
    """The names of the product types, "" for none first; (products,) the type of each, the first of several."""
    kind = columns.keyword("product_type")
    types = np.zeros(columns.size, np.int32)
    if kind:
        types[kind.rows[::-1]] = kind.codes[::-1] + 1
    return ["", *(kind.values if kind else [])], types


Entries = tuple[list[str], Rows, NDArray[np.int32], Rows, NDArray[np.int32], Scores]


def _is_band(columns: Columns, name: str) -> bool:
    return name == "price_band" or (name not in COLUMN_OF and name != DISCOUNT and columns.keyword(name) is None)


def _entries_of(columns: Columns, name: str, types: NDArray[np.int32]) -> Entries | None:
    if name == "price_band":
        return _bands(columns)
    if name == DISCOUNT:
        return _reduced(columns)
    found = _keyword(columns, name)
    if found is not None:
        return _or_none(found, columns.size) if name == LABEL else found
    return _numbers(columns, name, types)


def _keyword(columns: Columns, name: str) -> Entries | None:
    column = columns.keyword(COLUMN_OF.get(name, name))
    if column is None:
        return None
    rows, codes = np.asarray(column.rows), np.asarray(column.codes)
    return column.values, rows, codes, rows, codes, 1.0 / np.bincount(rows, minlength=columns.size)[rows]


def _or_none(entries: Entries, size: int) -> Entries:
    """With a value of their own for the products that have none."""
    values, rows, codes, _, _, shares = entries
    without = np.setdiff1d(np.arange(size, dtype=rows.dtype), rows)
    order = np.argsort(np.concatenate([rows, without]), kind="stable")
    every = np.concatenate([rows, without])[order]
    coded = np.append(codes, np.full(len(without), len(values), codes.dtype))[order]
    return [*values, NO_LABEL], every, coded, every, coded, np.append(shares, np.ones(len(without)))[order]


def _bands(columns: Columns) -> Entries | None:
    column = columns.number("_price_band")
    if column is None:
        return None
    rows, codes = np.asarray(column.rows), np.asarray(column.numbers).astype(np.int32)
    lengths, over, shares = spread(codes)
    return [str(band) for band in range(BANDS)], rows, codes, np.repeat(rows, lengths), over, shares


def _numbers(columns: Columns, name: str, types: NDArray[np.int32]) -> Entries | None:
    """Numbers as eighths of their types, which are told as "1/8" … "8/8"."""
    column = columns.number(name)
    if column is None:
        return None
    rows = np.asarray(column.rows)
    bands = bands_of(np.asarray(column.numbers), types[rows])
    positions, spread, shares = spread_over(bands, types[rows])
    return [f"{band + 1}/{BANDS}" for band in range(BANDS)], rows, bands, rows[positions], spread, shares


def _reduced(columns: Columns) -> Entries | None:
    """Whether a product costs less than its list price today."""
    priced, reduced = columns.number("price"), columns.number(DISCOUNT)
    if priced is None or reduced is None:
        return None
    rows = np.asarray(priced.rows)
    codes = np.isin(rows, reduced.rows).astype(np.int32)
    return [FULL_PRICE, REDUCED], rows, codes, rows, codes, np.ones(len(rows))
