"""The best sold products of a type: what somebody chose from, where nobody kept what they were shown."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from search.rerank.traits import Catalogue
from search.types import Rows, Scores

#: Products of a type that a choice is weighed among, the best sold ones; fewer are hardly a choice.
MOST_PRODUCTS, LEAST_PRODUCTS = 200, 8


def best_sold(catalogue: Catalogue) -> dict[int, Rows]:
    """Type code -> its best sold products, at most 200, the best first; ties by row."""
    types, sold = catalogue.types, catalogue.sold
    order = np.lexsort((np.arange(len(types)), -sold, types))
    codes, starts = np.unique(types[order], return_index=True)
    shelves = zip(codes.tolist(), np.split(order.astype(np.int32), starts[1:]), strict=True)
    return {code: rows[:MOST_PRODUCTS] for code, rows in shelves}


class Shelves:
    """The best sold products of each type of a catalogue."""

    def __init__(self, catalogue: Catalogue):
        self._sold, self._rows = catalogue.sold, best_sold(catalogue)

    def of(self, type_code: int) -> tuple[Rows, Scores] | None:
        """Products (n,) and their shares of the sales (n,), the best sold first; None where there is no choice."""
        rows = self._rows.get(type_code, np.empty(0, np.int32))
        sold = self._sold[rows]
        return (rows, sold / sold.sum()) if len(rows) >= LEAST_PRODUCTS and sold.sum() > 0 else None


@lru_cache(maxsize=4)
def shelves_of(catalogue: Catalogue) -> Shelves:
    """The shelves of a catalogue; kept for the catalogues in use."""
    return Shelves(catalogue)
