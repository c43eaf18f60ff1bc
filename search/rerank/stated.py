"""What a query states, as a term of the anonymous order, and as a promise that the personal order keeps.

A product's degree for a stated attribute is 1 where it fits, less where it nearly does (a colour of the same family), 0
where it contradicts, and a half where it says nothing about the attribute. Stated limits and negations are filters;
everything else takes log-odds from what does not fit and hides nothing:

    stated(d) = −boost · Σ_a weight_a · (1 − degree_a(d))        weight 2 for the kind of thing, 1 for all else

A number near what was asked ("Absatz ca. 15 cm", "14 bis 18 cm") fits by its distance to the range against the range's
width: degree = max(0, 1 − distance / reach); who reads the query sets the reach.

A taste never lifts a product over one that fits a stated attribute better: with r0 the anonymous order,

    p'(j) = min(p(j), min { p'(i) : r0(i) < r0(j), degree_a(i) > degree_a(j) for some stated a })

so that A_i + p'_i ≥ A_j + p'_j wherever i stood above j and fits better; and |p'| is bounded as p is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from search.types import And, Clause, Filter, Mask, Near, Not, Rows, Scores, Stated

#: Features of a ranking that hold degrees are named so.
FIT = "fit_"
SILENT = 0.5
#: A dress in another red is nearer to "rotes Kleid" than red shoes are.
WEIGHTS = {"product_type": 2.0, "category": 2.0}


class HasRows(Protocol):
    """A column, read-only."""

    def has(self, rows: Rows) -> Mask:
        """(m,) which of the products `rows` (m,) have a value."""

    def of(self, rows: Rows) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """For products `rows` (m,): positions in 0..m−1, one for each value that they have, and where those stand."""


class HasNumbers(HasRows, Protocol):
    """A number column, read-only."""

    @property
    def numbers(self) -> Scores:
        """(m,) their numbers."""


class Columns(Protocol):
    """The columns of a snapshot, read-only."""

    @property
    def size(self) -> int:
        """How many products there are."""

    @property
    def columns(self) -> Mapping[str, HasRows]:
        """Field -> column."""

    def holds(self, clause: Clause, rows: Rows) -> Mask:
        """(m,) which of the products `rows` (m,) a clause lets through."""

    def number(self, name: str) -> HasNumbers | None:
        """The number column of that name."""


def restriction(stated: Iterable[Stated], columns: Columns) -> And:
    """The filter that limits and negations are; those of fields that the catalogue lacks are left out."""
    parts: list[Filter] = []
    for item in stated:
        clauses = [clause for _, clause in item.wanted if clause.field in columns.columns]
        if item.effect == "limit":
            parts += clauses
        elif item.effect == "exclude":
            parts += [Not(clause) for clause in clauses]
    return And(tuple(parts))


def degrees(stated: Sequence[Stated], columns: Columns, rows: Rows) -> dict[str, Scores]:
    """Attribute -> (n,) how well each row fits what is stated of it, 0..1; of several statements the best counts.

    Statements without a field of the catalogue say nothing.
    """
    found: dict[str, Scores] = {}
    for item in stated:
        wanted = [(degree, clause) for degree, clause in item.wanted if clause.field in columns.columns]
        near = [one for one in item.near if one.field in columns.columns]
        if item.effect != "prefer" or not (wanted or near):
            continue
        degree = _degree(wanted, near, columns, rows)
        found[item.attribute] = np.maximum(found[item.attribute], degree) if item.attribute in found else degree
    return found


def _degree(wanted: Sequence[tuple[float, Clause]], near: Sequence[Near], columns: Columns, rows: Rows) -> Scores:
    told = np.zeros(len(rows), bool)
    degree = np.zeros(len(rows))
    for value, clause in wanted:
        told |= columns.columns[clause.field].has(rows)
        degree = np.maximum(degree, value * columns.holds(clause, rows))
    for one in near:
        if (column := columns.number(one.field)) is not None:
            positions, places = column.of(rows)
            told[positions] = True
            degree[positions] = np.maximum(degree[positions], nearness(column.numbers[places], one))
    return np.where(told | any(clause.field in _MARKS for _, clause in wanted[:1]), degree, SILENT)


def nearness(numbers: Scores, near: Near) -> Scores:
    """How near numbers are to a range: 1 inside, falling in a straight line to 0 at its reach.

    >>> nearness(np.array([12.0, 14.0, 18.0, 19.0, 40.0]), Near("heel_cm", 14.0, 18.0, 4.0)).tolist()
    [0.5, 1.0, 1.0, 0.75, 0.0]
    """
    below = 0.0 if near.low is None else near.low - numbers
    above = 0.0 if near.high is None else numbers - near.high
    return np.clip(1 - np.maximum(np.maximum(below, above), 0) / near.reach, 0, 1)


#: Fields that a product has only where something is so: without a discount it is not reduced.
_MARKS = ("discount",)


def stated_term(fits: Mapping[str, Scores], boost: float, size: int) -> Scores:
    """(size,) the term of the anonymous order, log-odds, 0 where everything fits.

    >>> stated_term({"color": np.array([1.0, 0.5, 0.0])}, 2.0, 3).tolist()
    [0.0, -1.0, -2.0]
    """
    return boost * sum((weight_of(name) * (degree - 1) for name, degree in fits.items()), np.zeros(size))


def weight_of(attribute: str) -> float:
    """What an attribute counts against the others.

    >>> weight_of("product_type"), weight_of("color")
    (2.0, 1.0)
    """
    return WEIGHTS.get(attribute, 1.0)


def yielding(personal: Scores, fits: Sequence[Scores] | NDArray[np.float64]) -> Scores:
    """(n,) p': the personal term, lowered where it would lift a product over one that fits better.

    Args:
        personal: (n,) p in anonymous order.
        fits: (attributes, n) degrees in the same order.

    >>> yielding(np.array([-0.2, 0.5, 0.3]), [np.array([1.0, 0.0, 1.0])]).tolist()
    [-0.2, -0.2, 0.3]
    """
    if not len(fits) or not len(personal):
        return personal
    patterns, of = np.unique(np.round(np.stack(list(fits)), 6), axis=1, return_inverse=True)
    # [i, j]: pattern i fits something better than j
    better: NDArray[np.bool_] = np.any(patterns[:, :, None] > patterns[:, None, :], axis=0)  # type: ignore[assignment]
    least = np.full(patterns.shape[1], np.inf)
    lowered = personal.copy()
    for place, pattern in enumerate(np.ravel(of)):
        lowered[place] = min(personal[place], least[better[:, pattern]].min(initial=np.inf))
        least[pattern] = min(least[pattern], lowered[place])
    return lowered
