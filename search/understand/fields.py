"""What the catalogue's own fields say about a kind of product: which attributes it has, and with which values.

A *kind* is what a query names ("Pumps", "Jacken"): the products that one of its clauses matches. Everything else that a
query can state is read for that kind: "38" is a size of shoes and a width of shelves, "leicht" is tog for a duvet.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property, lru_cache
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from search.types import Clause, Filter, Mask, Rows, Scores

#: An attribute belongs to a kind where at least this share of its products has it.
BELONGS = 0.5
#: Numbers that are no measures of a product.
NO_MEASURES = ("price", "discount", "released", "popularity")
MOST_NUMBERS = 100


class KeywordLike(Protocol):
    """A keyword column, read-only."""

    @property
    def values(self) -> list[str]:
        """The values, by code."""

    @property
    def rows(self) -> Rows:
        """(m,) rows, ascending."""

    @property
    def codes(self) -> NDArray[np.int32]:
        """(m,) codes into the values."""


class NumberLike(Protocol):
    """A number column, read-only."""

    @property
    def rows(self) -> Rows:
        """(m,) rows, ascending."""

    @property
    def numbers(self) -> Scores:
        """(m,) their numbers."""


class ColumnsLike(Protocol):
    """A snapshot's columns, read-only."""

    @property
    def size(self) -> int:
        """How many products there are."""

    @property
    def columns(self) -> Mapping[str, object]:
        """Field -> column."""

    def keyword(self, name: str) -> KeywordLike | None:
        """The keyword column of that name."""

    def number(self, name: str) -> NumberLike | None:
        """The number column of that name."""

    def mask(self, tree: Filter) -> Mask:
        """(size,) rows that a filter lets through."""


def values_of(columns: ColumnsLike | None, name: str) -> list[str]:
    """The values of a keyword field; none where there is no such field."""
    column = None if columns is None else columns.keyword(name)
    return [] if column is None else column.values


@lru_cache(maxsize=4)
def usual_numbers(columns: ColumnsLike) -> list[str]:
    """The number fields that most products have, most first; feeds from many sources have thousands of rare ones."""
    lengths = {
        name: len(column.rows)
        for name in columns.columns
        if name[0] != "_" and not name.startswith("stock") and (column := columns.number(name)) is not None
    }
    usual = sorted((name for name in lengths if name not in NO_MEASURES), key=lambda name: (-lengths[name], name))
    return usual[:MOST_NUMBERS]


@dataclass(frozen=True, eq=False)
class Kind:
    """The products of one kind; `clauses` name them. No clauses: the whole catalogue."""

    columns: ColumnsLike
    clauses: tuple[Clause, ...] = ()
    _found: dict[str, object] = field(default_factory=dict)

    @cached_property
    def mask(self) -> Mask:
        """(n,) products of this kind."""
        parts = [self.columns.mask(clause) for clause in self.clauses]
        return np.logical_or.reduce(parts) if parts else np.ones(self.columns.size, bool)

    @cached_property
    def size(self) -> int:
        """How many there are, at least 1."""
        return max(int(self.mask.sum()), 1)

    def share(self, name: str) -> float:
        """The share of its products that have a field."""
        key = f"share {name}"
        if key not in self._found:
            self._found[key] = self._share(name)
        return self._found[key]  # type: ignore[return-value]

    def _share(self, name: str) -> float:
        column = self.columns.keyword(name) or self.columns.number(name)
        if column is None or not len(column.rows):
            return 0.0
        first = np.ones(len(column.rows), bool)  # a product with several values has several rows, one behind the other
        first[1:] = column.rows[1:] != column.rows[:-1]
        return float(np.count_nonzero(self.mask[column.rows] & first)) / self.size

    def values(self, name: str) -> dict[str, int]:
        """The values of a keyword field among its products, with counts."""
        if name not in self._found:
            column = self.columns.keyword(name)
            counts: dict[str, int] = {}
            if column is not None:
                codes = column.codes[self.mask[column.rows]]
                totals = np.bincount(codes, minlength=len(column.values))
                counts = {column.values[code]: int(totals[code]) for code in np.flatnonzero(totals)}
            self._found[name] = counts
        return self._found[name]  # type: ignore[return-value]

    def keyed(self, name: str, key: Callable[[str], str]) -> dict[str, list[str]]:
        """The values of a keyword field among its products, by what they are compared as; always the same key."""
        kept = f"keyed {name}"
        if kept not in self._found:
            by_key: dict[str, list[str]] = {}
            for value in self.values(name):
                by_key.setdefault(key(value), []).append(value)
            self._found[kept] = by_key
        return self._found[kept]  # type: ignore[return-value]

    def numbers(self, name: str) -> Scores:
        """The numbers of a field among its products."""
        column = self.columns.number(name)
        return np.empty(0) if column is None else column.numbers[self.mask[column.rows]]

    @cached_property
    def number_fields(self) -> list[str]:
        """Its number fields, those that most of its products have first."""
        shares = {name: self.share(name) for name in usual_numbers(self.columns)}  # type: ignore[arg-type]
        return sorted((name for name in shares if shares[name] > 0), key=lambda name: (-shares[name], name))

    def number_field(self, pattern: str) -> str | None:
        """The number field whose name fits a pattern ("weight_*") and that its products have and differ in."""
        for name in self.number_fields:
            if fnmatchcase(name, pattern) and self.share(name) >= BELONGS and len(np.unique(self.numbers(name))) > 1:
                return name
        return None


def end_of_range(kind: Kind, name: str, low: bool) -> tuple[tuple[float, Clause], ...]:
    """The third of a kind's products that has least (or most) of a number, wholly; the next third by half.

    What a kind has only few different numbers of is cut between them: equal numbers are never parted.
    """
    numbers = kind.numbers(name)
    near, far = (
        float(np.quantile(numbers, share, method="nearest")) for share in ((1 / 3, 2 / 3) if low else (2 / 3, 1 / 3))
    )
    if low:
        return ((1.0, Clause(name, high=f"{near:g}")), (0.5, Clause(name, high=f"{far:g}")))
    return ((1.0, Clause(name, low=f"{near:g}")), (0.5, Clause(name, low=f"{far:g}")))
