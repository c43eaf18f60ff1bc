"""Orders that a shopper asks for instead of relevance: by a column's numbers."""

from __future__ import annotations

import numpy as np

from search.index.columns import Columns
from search.types import Ranking

#: sort -> column and direction
SORTS = {
    "price:asc": ("price", 1),
    "price:desc": ("price", -1),
    "newest": ("released", -1),
    "popularity": ("popularity", -1),
}


def sorted_by(ranking: Ranking, columns: Columns, sort: str, most: int | None = None) -> Ranking:
    """The candidates by a column's numbers; those without one last; ties by row.

    Args:
        most: only so many of the first are kept; None: all.
    """
    name, direction = SORTS[sort]
    column = columns.number(name)
    if column is None:
        keys = np.zeros(len(ranking))
    else:
        keys = np.nan_to_num(column.dense(columns.size).take(ranking.rows) * direction, nan=np.inf)
    if most is None or len(ranking) <= most:
        return ranking.take(np.lexsort((ranking.rows, keys)))
    some = np.flatnonzero(keys <= np.partition(keys, most - 1)[most - 1])
    return ranking.take(some[np.lexsort((ranking.rows[some], keys[some]))][:most])
