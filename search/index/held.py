"""How much of one sought word the products hold: only of those that hold something of it.

A word is in a hundredth of the catalogue; arrays over all of it, one for each word and part, cost more than all else
that words cost (docs/figures.md).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from search.types import Mask, Rows, Scores


@dataclass(frozen=True, slots=True, eq=False)
class Held:
    """`rows` (m,) ascending, unique; `saturated` (m,) frequencies and `found` (m,) 0..1 in each; 0 in all others."""

    rows: Rows
    saturated: Scores
    found: Scores

    def where(self, kept: Mask) -> Held:
        """Only some of the rows, kept (m,)."""
        return self if kept.all() else Held(self.rows[kept], self.saturated[kept], self.found[kept])

    def at(self, rows: Rows) -> tuple[Scores, Scores]:
        """Saturated frequency and share found in other rows, ascending; 0 where nothing is held.

        >>> held = Held(np.array([2, 5]), np.array([1.5, 0.5]), np.array([1.0, 1.0]))
        >>> held.at(np.array([1, 5]))[0].tolist()
        [0.0, 0.5]
        """
        saturated, found = np.zeros(len(rows)), np.zeros(len(rows))
        mine, theirs = common(self.rows, rows)
        saturated[theirs], found[theirs] = self.saturated[mine], self.found[mine]
        return saturated, found

    def dense(self, size: int) -> tuple[Scores, Scores]:
        """(size,) both over all products."""
        saturated, found = np.zeros(size), np.zeros(size)
        saturated[self.rows], found[self.rows] = self.saturated, self.found
        return saturated, found


def either(one: Held, other: Held) -> Held:
    """What holds one or the other, each number the greater of both.

    >>> one, other = (Held(np.array([n, 5]), np.array([1.5, s]), np.ones(2)) for n, s in ((2, 0.5), (3, 0.7)))
    >>> both = either(one, other)
    >>> both.rows.tolist(), both.saturated.tolist()
    ([2, 3, 5], [1.5, 1.5, 0.7])
    """
    if not len(one.rows) or not len(other.rows):
        return one if len(one.rows) else other
    rows = np.concatenate([one.rows, other.rows])
    rows.sort(kind="stable")  # two ascending runs: merged, not sorted
    rows = rows[np.append(True, rows[1:] != rows[:-1])]
    saturated, found = one.at(rows)
    places = np.searchsorted(rows, other.rows)
    saturated[places] = np.maximum(saturated[places], other.saturated)
    found[places] = np.maximum(found[places], other.found)
    return Held(rows, saturated, found)


def common(one: Rows, other: Rows) -> tuple[np.ndarray, np.ndarray]:
    """Places of the rows that both have, in each; both ascending and unique. The shorter is looked up in the longer.

    >>> [places.tolist() for places in common(np.array([2, 5, 9]), np.array([5, 6]))]
    [[1], [0]]
    """
    if len(one) > len(other):
        theirs, mine = common(other, one)
        return mine, theirs
    places = np.searchsorted(other, one)
    held = np.flatnonzero(places < len(other))
    held = held[other[places[held]] == one[held]]
    return held, places[held]


def among(rows: Rows, of: Rows) -> Mask:
    """(m,) which rows are among others; both ascending and unique."""
    inside = np.zeros(len(rows), bool)
    inside[common(rows, of)[0]] = True
    return inside
