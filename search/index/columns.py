"""Typed columns of a snapshot: what filters, facets, sorting and tastes read.

A column is sparse: a list of (row, value) pairs, ascending by row, so that an attribute which few products
have costs little, and a product may have several values. Keywords are codes into a sorted list of values.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from functools import cached_property, reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from search.errors import BadFilter, UnknownField
from search.kept import Kept
from search.kernels import loops
from search.types import And, Clause, Filter, Mask, Not, Or, Rows, Scores

#: Longer values are texts, not facets: they are searched, but are no column.
MAX_KEYWORD_CHARACTERS = 120
#: Of more than one product in so many, values are found by a look at all of a column's, in order.
MOST = 8
#: What the shop keeps to itself: it counts in the order, and no filter or facet reads it.
KEPT_BACK = frozenset({"_margin"})


class Entries:
    """A column's (row, value) pairs, ascending by row: which of them are about some products."""

    rows: Rows

    @cached_property
    def _starts(self) -> NDArray[np.int32]:
        """Where the entries of each product begin, up to the last one that has any; worked out once."""
        end = int(self.rows[-1]) + 1 if len(self.rows) else 0
        return np.searchsorted(self.rows, np.arange(end + 1, dtype=self.rows.dtype)).astype(np.int32)

    def _run(self, row: int) -> tuple[int, int]:
        """Where the entries of one product begin and end; of numbers of another type all rows would be converted."""
        start, end = np.searchsorted(self.rows, np.array([row, row + 1], self.rows.dtype))
        return int(start), int(end)

    @cached_property
    def products(self) -> int:
        """How many products have a value."""
        return distinct(self.rows)

    def of(self, rows: Rows) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """For products `rows` (m,), in any order: positions in 0..m−1, one for each value that they have, and where the
        values stand.

        >>> column = NumberColumn(np.array([1, 2, 5], np.int32), np.array([0.1, 0.2, 0.5]))
        >>> [found.tolist() for found in column.of(np.array([5, 3, 2]))]
        [[0, 2], [2, 1]]
        """
        starts = self._starts
        inside = np.minimum(rows, len(starts) - 1)
        begin, end = starts.take(inside), starts.take(np.minimum(inside + 1, len(starts) - 1))
        counts = end - begin
        positions = np.repeat(np.arange(len(rows)), counts)
        before = np.cumsum(counts) - counts
        return positions, np.arange(len(positions)) + np.repeat(begin - before, counts)

    def places(self, rows: Rows) -> NDArray[np.integer[Any]] | slice:
        """Where the values of products `rows` (m,), each once, stand; those of one product side by side."""
        if self.is_one_each:
            return rows if rows.max(initial=-1) < len(self.rows) else rows[rows < len(self.rows)]
        if len(rows) * MOST < len(self._starts):
            return self.of(rows)[1]
        last = int(rows.max(initial=-1))
        if last + 1 == len(rows) >= len(self._starts) - 1:  # all products
            return slice(None)
        inside = np.zeros(max(len(self._starts), last + 1), bool)
        inside[rows.astype(np.intp)] = True
        return np.flatnonzero(inside.take(self.rows))

    @cached_property
    def is_one_each(self) -> bool:
        """Whether every product up to the last one that has any has one value: that of a product stands at its row."""
        return len(self.rows) > 0 and int(self.rows[-1]) + 1 == len(self.rows) == self.products

    def mark(self, kept: Mask, size: int) -> Mask:
        """(size,) the products of some entries, kept (m,)."""
        marked = np.zeros(size, bool)
        if self.is_one_each:
            marked[: len(kept)] = kept
        else:
            marked[self.rows.take(np.flatnonzero(kept))] = True
        return marked

    def has(self, rows: Rows) -> Mask:
        """(m,) which of the products `rows` (m,) have a value."""
        found = np.zeros(len(rows), bool)
        found[self.of(rows)[0]] = True
        return found


def distinct(rows: NDArray[np.integer[Any]]) -> int:
    """How many different rows there are in ascending ones.

    >>> distinct(np.array([1, 2, 2, 5]))
    3
    """
    return int(np.count_nonzero(np.diff(rows))) + bool(len(rows))


@dataclass(frozen=True, eq=False)
class KeywordColumn(Entries):
    """Values of one field as codes. `rows` (m,) ascending, `codes` (m,) into `values`."""

    values: list[str]
    rows: Rows
    codes: NDArray[np.int32]

    @cached_property
    def codes_of(self) -> dict[str, list[int]]:
        """Value (case folded) -> codes; several where a feed writes "Nike" and "NIKE"."""
        codes: dict[str, list[int]] = {}
        for code, value in enumerate(self.values):
            codes.setdefault(value.casefold(), []).append(code)
        return codes

    def matching(self, values: Iterable[str], size: int) -> Mask:
        """(size,) mask of rows that have one of the values, upper and lower case alike."""
        return self.mark(self._wanted(values).take(self.codes), size)

    def holding(self, values: Iterable[str], rows: Rows) -> Mask:
        """(m,) which of the products `rows` (m,) have one of the values: `matching` of a few."""
        found = np.zeros(len(rows), bool)
        positions, places = self.of(rows)
        found[positions[self._wanted(values)[self.codes[places]]]] = True
        return found

    def _wanted(self, values: Iterable[str]) -> Mask:
        """(values,) which of them are meant."""
        wanted = np.zeros(len(self.values), bool)
        wanted[[code for value in values for code in self.codes_of.get(value.casefold(), ())]] = True
        return wanted

    def counts(self, rows: Rows) -> tuple[NDArray[np.int64], int]:
        """(values,) how many of the products `rows` (m,), each once, have each value; and how many have any."""
        places = self.places(rows)
        if isinstance(places, slice):
            return np.bincount(self.codes, minlength=len(self.values)), self.products
        having = len(places) if self.products == len(self.rows) else distinct(self.rows.take(places))
        if (compiled := loops()) is not None:
            return compiled.count(self.codes, places, len(self.values)), having
        # twice as fast as an index of 32 bits
        return np.bincount(self.codes.take(places.astype(np.intp)), minlength=len(self.values)), having

    def of_row(self, row: int) -> list[str]:
        """The values of one product."""
        start, end = self._run(row)
        return [self.values[code] for code in self.codes[start:end]]


@dataclass(frozen=True, eq=False)
class NumberColumn(Entries):
    """Numbers of one field. `rows` (m,) ascending and unique, `numbers` (m,) float64."""

    rows: Rows
    numbers: Scores

    def between(self, low: float | None, high: float | None, size: int) -> Mask:
        """(size,) mask of rows whose number lies in low..high, bounds included; None is open."""
        inside = np.ones(len(self.numbers), bool)
        if low is not None:
            inside &= self.numbers >= low
        if high is not None:
            inside &= self.numbers <= high
        return self.mark(inside, size)

    def inside(self, low: float | None, high: float | None, rows: Rows) -> Mask:
        """(m,) which of the products `rows` (m,) have a number in low..high: `between` of a few."""
        positions, places = self.of(rows)
        numbers, found = self.numbers[places], np.zeros(len(rows), bool)
        kept = np.ones(len(numbers), bool) if low is None else numbers >= low
        found[positions[kept if high is None else kept & (numbers <= high)]] = True
        return found

    def dense(self, size: int) -> Scores:
        """(size,) float64, NaN where a product has no number; read-only."""
        if self.is_one_each and len(self.numbers) == size:
            numbers = self.numbers.view()
            numbers.setflags(write=False)
            return numbers
        numbers = np.full(size, np.nan)
        numbers[self.rows] = self.numbers
        return numbers

    def of_row(self, row: int) -> float | None:
        """One product's number, None without one."""
        start, end = self._run(row)
        return float(self.numbers[start]) if start < end else None


Column = KeywordColumn | NumberColumn


@dataclass(frozen=True, eq=False)
class Columns:
    """All columns of a snapshot by field name; `size` products. `masks`: where what conditions let through is kept."""

    size: int
    columns: Mapping[str, Column] = field(default_factory=dict)
    masks: Kept[Filter, NDArray[np.uint8]] | None = None

    def __contains__(self, name: str) -> bool:
        return name in self.columns

    def names(self) -> list[str]:
        """Fields that can be filtered, counted and sorted by; internal ones (`_…`) left out."""
        return sorted(name for name in self.columns if not name.startswith("_"))

    def column(self, name: str, place: str = "filter") -> Column:
        """The column of that name.

        Raises:
            UnknownField: there is none; the message lists the known fields.
        """
        found = None if name in KEPT_BACK else self.columns.get(name)
        if found is None:
            near = get_close_matches(name, self.names(), 1)
            meant = f" Did you mean '{near[0]}'?" if near else ""
            raise UnknownField(f"No field '{name}'.{meant} Known fields: {_listing(self.names())}.", place)
        return found

    def keyword(self, name: str) -> KeywordColumn | None:
        """The keyword column of that name, None where the catalogue has none."""
        found = self.columns.get(name)
        return found if isinstance(found, KeywordColumn) else None

    def number(self, name: str) -> NumberColumn | None:
        """The number column of that name, None where the catalogue has none."""
        found = self.columns.get(name)
        return found if isinstance(found, NumberColumn) else None

    def mask(self, tree: Filter) -> Mask:
        """(size,) rows that a filter lets through.

        Raises:
            UnknownField, BadFilter: a field that is not there, a range over words.
        """
        if isinstance(tree, And):
            return reduce(np.logical_and, map(self._condition, tree.parts), np.ones(self.size, bool))
        if isinstance(tree, Or):
            return reduce(np.logical_or, map(self.mask, tree.parts), np.zeros(self.size, bool))
        if isinstance(tree, Not):
            return ~self.mask(tree.part)
        return self._clause(tree)

    def _condition(self, tree: Filter) -> Mask:
        """`mask` of one of several conditions; kept as bits, an eighth of a mask."""
        if self.masks is None:
            return self.mask(tree)
        packed = self.masks.get(tree)
        if packed is None:
            packed = self.masks.put(tree, np.packbits(self.mask(tree)))
        return np.unpackbits(packed, count=self.size).view(bool)

    def holds(self, clause: Clause, rows: Rows) -> Mask:
        """(m,) which of the products `rows` (m,) a clause lets through: `mask` of a few.

        Raises:
            UnknownField, BadFilter: a field that is not there, a range over words.
        """
        column = self.column(clause.field)
        if isinstance(column, KeywordColumn):
            return column.holding(_words(clause), rows)
        return np.logical_or.reduce([column.inside(low, high, rows) for low, high in _ranges(clause)])

    def _clause(self, clause: Clause) -> Mask:
        column = self.column(clause.field)
        if isinstance(column, KeywordColumn):
            return column.matching(_words(clause), self.size)
        return reduce(np.logical_or, (column.between(low, high, self.size) for low, high in _ranges(clause)))


def _words(clause: Clause) -> tuple[str, ...]:
    if clause.is_range:
        raise BadFilter(
            f"'{clause.field}' holds words; a range needs a number. Write {clause.field}:value.", clause.field
        )
    return clause.values


def _ranges(clause: Clause) -> list[tuple[float | None, float | None]]:
    """What a clause over numbers lets through: one range, or each of its numbers."""
    if clause.is_range:
        low, high = (None if bound is None else _number(bound, clause.field) for bound in (clause.low, clause.high))
        return [(low, high)]
    return [(number, number) for number in (_number(value, clause.field) for value in clause.values)]


def _number(text: str, name: str) -> float:
    """A number, or a day (2026-11-01) as its ordinal: columns hold days so."""
    for read in (float, lambda day: date.fromisoformat(day).toordinal()):
        try:
            number = read(text)
        except ValueError:
            continue
        if np.isfinite(number):
            return float(number)
    raise BadFilter(f"'{name}' holds numbers; '{text}' is none. Write {name}:20 or {name}:20..50.", name)


def _listing(names: list[str], most: int = 40) -> str:
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


class ColumnsBuilder:
    """Collects (row, value) pairs in row order and freezes them into Columns."""

    def __init__(self) -> None:
        self._keywords: dict[str, tuple[list[int], list[str]]] = {}
        self._numbers: dict[str, tuple[list[int], list[float]]] = {}

    def keyword(self, name: str, row: int, value: str) -> None:
        """One word of one product; overlong ones are left out."""
        if value and len(value) <= MAX_KEYWORD_CHARACTERS:
            rows, values = self._keywords.setdefault(name, ([], []))
            rows.append(row)
            values.append(value)

    def number(self, name: str, row: int, value: float) -> None:
        """One number of one product."""
        rows, values = self._numbers.setdefault(name, ([], []))
        rows.append(row)
        values.append(float(value))

    def freeze(self, size: int) -> Columns:
        """The columns. A field with words and numbers becomes words: nothing is lost."""
        columns: dict[str, Column] = {}
        for name, (rows, numbers) in self._numbers.items():
            if name in self._keywords:
                for row, number in zip(rows, numbers, strict=True):
                    self.keyword(name, row, as_word(number))
            else:
                columns[name] = NumberColumn(np.array(rows, np.int32), np.array(numbers, np.float64))
        for name, (rows, words) in self._keywords.items():
            columns[name] = _keyword_column(rows, words)
        return Columns(size, columns)


def as_word(number: float) -> str:
    """A number as a word of a field that has words, too."""
    return f"{number:.15g}"


def words_of_numbers(column: NumberColumn) -> KeywordColumn:
    """Numbers as the words that they are where a field has both."""
    return _keyword_column(column.rows.tolist(), list(map(as_word, column.numbers.tolist())))


def _keyword_column(rows: list[int], words: list[str]) -> KeywordColumn:
    values = sorted(set(words))
    code_of = {value: code for code, value in enumerate(values)}
    codes = np.array([code_of[word] for word in words], np.int64)
    return coded(values, np.array(rows, np.int64), codes)


def coded(values: list[str], rows: NDArray[np.int64], codes: NDArray[np.int64]) -> KeywordColumn:
    """A column of (row, code) pairs in any order; the same pair counts once."""
    pairs = np.unique(rows * max(len(values), 1) + codes)
    found, of = np.divmod(pairs, max(len(values), 1))
    return KeywordColumn(values, found.astype(np.int32), of.astype(np.int32))
