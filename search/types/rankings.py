"""What a leg found, and products in an order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from search.types.arrays import Rows, Scores

#: How much of a wanted kind a product is that nobody can tell the kind of; 1 it is, 0 it is something else.
UNKNOWN_KIND = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """Rows that one leg found, best first, unique, with the leg's own score."""

    rows: Rows
    scores: Scores

    @classmethod
    def none(cls) -> Candidates:
        """No candidates at all."""
        return cls(np.empty(0, np.int32), np.empty(0, np.float64))


@dataclass(frozen=True, slots=True, eq=False)
class Ranking:
    """Rows best first with the score that ordered them.

    `features` are named float64 columns, one value a row, that travel along: what the explanation,
    the logs and later training read. `held` is 1 where a bound and not the score decided the place.
    """

    rows: Rows
    scores: Scores
    features: Mapping[str, Scores] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, order: NDArray[np.intp]) -> Ranking:
        """The same ranking in another order, or a part of it; features follow their rows."""
        features = {name: column[order] for name, column in self.features.items()}
        return Ranking(self.rows[order], self.scores[order], features)

    def with_features(self, **columns: Scores) -> Ranking:
        """The same ranking with more columns."""
        return Ranking(self.rows, self.scores, {**self.features, **columns})
