"""What one query found: its legs and its results, best first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from search.index.fields import asked_keys
from search.index.keys import KeyRows
from search.types import Candidates, Query, Ranking, Rows, Scores


@dataclass(frozen=True, eq=False)
class Retrieved:
    """What each leg found inside one mask, calibrated to 0..1, and the results by row: both fused, cut at the bar.

    Only who judges the legs looks at them: each is rows (m,), ascending, and their scores, put in order then. Of a
    judged pool (`whole`) they rank all products, also those that they do not find.
    """

    results: Ranking
    _lexical: Callable[[], tuple[Rows, Scores]]
    _dense: Callable[[], tuple[Rows, Scores]]
    whole: bool = False

    @cached_property
    def fused(self) -> Ranking:
        """The results by R, best first, ties by row."""
        return self.results.take(_best_first(self.results.scores))

    @cached_property
    def lexical(self) -> Candidates:
        """What the words find, best first, ties by row."""
        return _in_order(*self._lexical(), self.whole)

    @cached_property
    def dense(self) -> Candidates:
        """What is found by meaning alone, best first, ties by row."""
        return _in_order(*self._dense(), self.whole)


def _in_order(rows: Rows, scores: Scores, whole: bool) -> Candidates:
    held = slice(None) if whole else np.flatnonzero(scores > 0)
    rows, scores = rows[held], scores[held]
    order = _best_first(scores)
    return Candidates(rows[order], scores[order])


def exact_rows(exact: KeyRows, query: Query) -> Rows:
    """Products whose name, model number, SKU or EAN the whole query is, as typed or else as corrected; ascending.

    Many may share a title: all of them stand at the top, in the order of the shop's own terms.
    """
    for text in (query.original, query.text):
        rows = {row for key in asked_keys(text) for row in exact.rows_of(key)}
        if rows:
            return np.array(sorted(rows), np.int32)
    return np.empty(0, np.int32)


def _best_first(scores: Scores) -> NDArray[np.intp]:
    """Places of scores (m,), 0..1, best first to 1e-9, ties by place: each as one number with its place, which sorts at
    once."""
    keys = (1e9 - np.rint(scores * 1e9)).astype(np.int64) << 32 | np.arange(len(scores))
    keys.sort()
    return keys & 0xFFFFFFFF
