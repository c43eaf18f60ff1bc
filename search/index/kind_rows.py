"""Which products are of which kind, from both sides: the kinds of a product, and the products of a kind."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from search.types import UNKNOWN_KIND, Rows, Scores

#: What a product is in the second place counts this much: the first is what it most surely is.
SECOND = 0.8


@dataclass(frozen=True, slots=True, eq=False)
class KindRows:
    """The kinds of product r, the surest first, are heads[offsets[r] : offsets[r + 1]]; `kinds` in all.

    The entries of kind k, ascending by product, are _entries[_starts[k] : _starts[k + 1]].
    """

    offsets: NDArray[np.int64]
    heads: NDArray[np.int32]
    kinds: int
    _entries: NDArray[np.intp] = field(init=False, repr=False)
    _starts: NDArray[np.intp] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        entries = np.argsort(self.heads, kind="stable")
        starts = np.searchsorted(self.heads[entries], np.arange(self.kinds + 1))
        object.__setattr__(self, "_entries", entries)
        object.__setattr__(self, "_starts", starts)

    def wanted(self, weights: Scores) -> tuple[Rows, Scores]:
        """Products of a wanted kind, ascending, and how much each is of it.

        kind(d) = max over the product's kinds of weights[kind], those after the first at 0.8

        Args:
            weights: (k,) of each kind, 0..1.

        >>> of = KindRows(np.array([0, 1, 2, 4, 4]), np.array([0, 1, 1, 0], np.int32), 2)
        >>> rows, kind = of.wanted(np.array([1.0, 0.0]))
        >>> rows.tolist(), kind.tolist()
        ([0, 2], [1.0, 0.8])
        """
        codes = np.flatnonzero(weights > 0).tolist()
        entries = [self._entries[self._starts[code] : self._starts[code + 1]] for code in codes]
        at = np.sort(np.concatenate(entries)) if entries else np.empty(0, np.intp)
        rows = np.searchsorted(self.offsets, at, "right") - 1
        each = weights[self.heads[at]] * np.where(at == self.offsets[rows], 1.0, SECOND)
        first = np.flatnonzero(np.append(True, rows[1:] != rows[:-1])) if len(rows) else np.empty(0, np.intp)
        return rows[first].astype(np.int32), np.maximum.reduceat(each, first) if len(first) else np.empty(0)

    def unknown(self, rows: Rows) -> Scores:
        """(m,) what products are of a kind that they are not known to be of: 0, 0.5 where nobody can tell.

        >>> KindRows(np.array([0, 1, 1]), np.array([0], np.int32), 1).unknown(np.array([0, 1])).tolist()
        [0.0, 0.5]
        """
        return np.where(self.offsets[rows + 1] > self.offsets[rows], 0.0, UNKNOWN_KIND)


def nearness(cosine: Scores, noise: float) -> Scores:
    """How near a product is to the middle of a kind, 0.01..1."""
    return np.clip((cosine - noise) / max(1 - noise, 1e-6), 0.01, 1.0)


def likeliness(near: Scores, usual: Scores) -> Scores:
    """What that says for the kind, against what its products usually are; at most 1.5."""
    return np.minimum(near / np.maximum(usual, 0.05), 1.5)
