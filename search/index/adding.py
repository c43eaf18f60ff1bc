"""What products hold of several words, added up over those that hold any."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType

import numpy as np

from search.index.held import Held
from search.kernels import loops
from search.reached import Reached
from search.types import Rows, Scores

#: Words that more than one in so many products hold are added up over all of them: sooner than many are looked up.
MUCH = 16

#: How the compiled loop is told that products hold all of a word.
_ALL = np.empty(0)


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """One word: its score is factor · saturated, and it is `weight` of all that is sought."""

    held: Held
    factor: float
    weight: float

    @property
    def is_whole(self) -> bool:
        """Whether what holds some of the word holds all of it: one number for all products."""
        return self.held.found.strides == (0,)


def add_up(parts: Sequence[Part], size: int) -> tuple[Reached, Scores, Scores]:
    """The products (r,) that hold any of the words, of a catalogue of `size`; their scores (r,), and the share (r,) of
    what is sought that they hold."""
    whole, compiled = sum(part.weight for part in parts), loops()
    if compiled is not None and parts:
        return _merged(parts, size, whole, compiled)
    reached = Reached.of(size, *(part.held.rows for part in parts))
    is_much = sum(len(part.held.rows) for part in parts) * MUCH > size
    bm25, found = np.zeros((2, size if is_much else len(reached)))
    for part in parts:
        rows = part.held.rows
        places = rows.astype(np.intp) if is_much else reached.places(rows)
        share = part.weight / whole if part.is_whole else part.held.found * part.weight / whole
        bm25[places] = bm25.take(places) + part.factor * part.held.saturated
        found[places] = found.take(places) + share
    if is_much:
        bm25, found = bm25.take(reached.rows), found.take(reached.rows)
    return reached, bm25, found


def _merged(parts: Sequence[Part], size: int, whole: float, compiled: ModuleType) -> tuple[Reached, Scores, Scores]:
    """The same, one word after the other: of two ascending lists the next row is at the head of one of them."""
    one = _listed(parts[0], whole)
    for part in parts[1:]:
        other = _listed(part, whole)
        most = len(one[0]) + len(other[0])
        rows, scores, shares = np.empty(most, np.int32), *np.empty((2, most))
        taken = compiled.merge(*one, *other, rows, scores, shares)
        one = rows[:taken], scores[:taken], shares[:taken], 1.0, 1.0, 1.0
    return Reached(one[0], size), one[1], one[2]


def _listed(part: Part, whole: float) -> tuple[Rows, Scores, Scores, float, float, float]:
    """Rows, values, shares found (none: all of the word), and what they are multiplied with."""
    rows, values = np.ascontiguousarray(part.held.rows, np.int32), np.ascontiguousarray(part.held.saturated)
    founds = _ALL if part.is_whole else part.held.found
    return rows, values, founds, values.dtype.type(part.factor), float(part.weight), float(whole)
