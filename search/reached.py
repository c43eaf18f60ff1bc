"""The rows that one query reaches: all that a leg may find, ascending, and where each stands among them.

A query touches a hundredth of a catalogue. What is worked out for its products is worked out for these rows only:
arrays over the whole catalogue cost more than all else at a million products (docs/performance.md).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from search.types import Mask, Rows, Scores

#: Fewer rows than one in so many products are sorted and looked up; more are marked in an array of all products.
FEW = 32
NONE = np.empty(0, np.int32)
#: Between so many new values, old ones are copied piece by piece.
MOST_PIECES = 100


@dataclass(frozen=True, slots=True, eq=False)
class Reached:
    """`rows` (r,) of a catalogue of `size` products, ascending and unique."""

    rows: Rows
    size: int
    _of_rows: NDArray[np.int32] | None = field(init=False, repr=False, default=None)

    @property
    def _places(self) -> NDArray[np.int32] | None:
        """(size,) where each row stands; None where all are reached. Worked out once, when it is first asked for."""
        if self._of_rows is None and len(self.rows) < self.size:
            places = np.empty(self.size, np.int32)  # what stands elsewhere is never read without a check
            places[self.rows] = np.arange(len(self.rows), dtype=np.int32)
            object.__setattr__(self, "_of_rows", places)
        return self._of_rows

    def joined(self, *parts: Rows) -> Reached:
        """These and the rows of all parts; itself where none is new.

        >>> Reached(np.array([2, 5]), 9).joined(np.array([7, 2])).rows.tolist()
        [2, 5, 7]
        """
        others = np.concatenate([NONE, *parts])
        new = others[~self.find(others)[1]] if len(others) else others
        return Reached.of(self.size, self.rows, new) if len(new) else self

    @classmethod
    def everything(cls, size: int) -> Reached:
        """All products."""
        return cls(np.arange(size, dtype=np.int32), size)

    @classmethod
    def of(cls, size: int, *parts: Rows) -> Reached:
        """The rows of all parts; in a part a row may stand anywhere, and more than once.

        >>> Reached.of(9, np.array([5, 2]), np.array([5, 7])).rows.tolist()
        [2, 5, 7]
        """
        if sum(map(len, parts)) * FEW < size:
            rows = np.sort(np.concatenate([NONE, *parts]))
            return cls(rows[np.append(True, rows[1:] != rows[:-1])].astype(np.int32) if len(rows) else NONE, size)
        inside = np.zeros(size, bool)
        for part in parts:
            inside[part.astype(np.intp)] = True  # numpy would do the same, twice as slowly
        return cls(np.flatnonzero(inside).astype(np.int32), size)

    def __len__(self) -> int:
        return len(self.rows)

    def find(self, rows: Rows) -> tuple[NDArray[np.intp], Mask]:
        """(m,) where rows (m,) stand, 0 for those that are not reached; (m,) which are."""
        if not len(self.rows):
            return np.zeros(len(rows), np.intp), np.zeros(len(rows), bool)
        if self._is_few(rows):
            places = np.searchsorted(self.rows, rows)
            places[places == len(self.rows)] = 0
            return places, self.rows.take(places) == rows
        if (of_rows := self._places) is None:
            return rows.astype(np.intp), np.ones(len(rows), bool)
        places = of_rows.take(rows).astype(np.intp)  # twice as fast as an index of 32 bits
        # as unsigned numbers, what was never written is mostly beyond the end
        places[(places < 0) | (places >= len(self.rows))] = 0
        return places, self.rows.take(places) == rows

    def _is_few(self, rows: Rows) -> bool:
        """Whether rows are sooner looked up one by one."""
        return self._of_rows is None and len(rows) * FEW < self.size and len(self.rows) < self.size

    def places(self, rows: Rows) -> NDArray[np.intp]:
        """(m,) where rows stand that are all reached."""
        if rows is self.rows:
            return np.arange(len(rows))
        if self._is_few(rows):
            return np.searchsorted(self.rows, rows)
        of_rows = self._places
        return rows.astype(np.intp) if of_rows is None else of_rows.take(rows).astype(np.intp)

    def spread(self, rows: Rows, values: Scores) -> Scores:
        """(r,) the values (m,) of reached rows (m,), each once; 0 for the others.

        >>> Reached.of(9, np.array([2, 5, 7])).spread(np.array([5]), np.array([0.5])).tolist()
        [0.0, 0.5, 0.0]
        """
        if rows is self.rows:
            return values
        spread = np.zeros(len(self.rows))
        spread[self.places(rows)] = values
        return spread

    def mark(self, rows: Rows) -> Mask:
        """(r,) which of the reached rows are among others (m,), some of which may not be reached."""
        marked = np.zeros(len(self.rows), bool)
        places, inside = self.find(rows)
        marked[places[inside]] = True
        return marked

    def at(self, values: Scores, rows: Rows) -> Scores:
        """(m,) what values (r,) are at rows (m,); 0 where a row is not reached.

        >>> Reached.of(9, np.array([2, 5])).at(np.array([0.1, 0.2]), np.array([5, 6])).tolist()
        [0.2, 0.0]
        """
        if rows is self.rows:
            return values
        places, inside = self.find(rows)
        return np.where(inside, values.take(places), 0.0) if len(self.rows) else np.zeros(len(rows))


def inserted(values: NDArray[Any], at: NDArray[np.intp], new: NDArray[Any]) -> NDArray[Any]:
    """`numpy.insert`, sooner where hardly anything is new.

    >>> inserted(np.array([2, 5]), np.array([1, 2]), np.array([4, 7])).tolist()
    [2, 4, 5, 7]
    """
    if len(at) > MOST_PIECES:
        return np.insert(values, at, new)
    ends = [0, *at.tolist(), len(values)]
    pieces = [values[ends[0] : ends[1]]]
    for place in range(len(at)):
        pieces += [new[place : place + 1], values[ends[place + 1] : ends[place + 2]]]
    return np.concatenate(pieces)
