"""What was shown is what is to be expected: of a list, how much of the attention each value had.

    share(v) = Σ_r exam_r · [v_r = v] / Σ_r exam_r      exam_r = r^−0.7 at the served rank r, over products with a value

So who chooses Adidas where nearly all that they are shown is Adidas has told nothing about Adidas.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

import numpy as np

from search.rerank.personal import blocked_attributes
from search.rerank.traits import COLUMN_OF, SHOP_WIDE, Catalogue
from search.types import Rows, Stated

#: Examination falls with the rank as r^−0.7.
EXAMINATION = 0.7
#: Values of an attribute that are told of a list, those with most attention; for the rest it counts as not known.
MOST_TOLD = 24
#: Attention is told to so many digits: a log needs no more.
DIGITS = 4
TASTE_OF_COLUMN = {column: name for name, column in COLUMN_OF.items()} | {"price": "price_band"}


def shares_shown(catalogue: Catalogue, rows: Rows, first: int, names: Iterable[str]) -> dict[str, dict[str, float]]:
    """Attribute -> value -> its share of the attention that a list gets; over all values 1, less if some are left out.

    Args:
        rows: (n,) products, as they were shown.
        first: how many places the search has before them.
        names: attributes; those that are compared with the whole shop have none: what is searched for is a choice.
    """
    attention = np.arange(first + 1.0, first + len(rows) + 1) ** -EXAMINATION
    found = {}
    for name in names:
        attribute = catalogue.attributes.get(name)
        if attribute is None or name in SHOP_WIDE:
            continue
        of_values = attribute.attention(rows, attention)
        told = np.argsort(-of_values, kind="stable")[: min(MOST_TOLD, int((of_values > 0).sum()))]
        shares = (of_values[told] / of_values.sum()).tolist() if len(told) else []
        found[name] = {
            attribute.values[code]: round(share, DIGITS)
            for code, share in zip(told.tolist(), shares, strict=True)
            if share >= 10**-DIGITS
        }
    return {name: shares for name, shares in found.items() if shares}


def chosen_before(
    stated: Sequence[Stated], filtered: Collection[str], sort: str, tastes: Collection[str]
) -> frozenset[str]:
    """Attributes of which a query, the fields of its filter or its sort say what is wanted: their list was the
    shopper's own choice, so it is compared with what others choose, not with itself.

    >>> from search.types import TASTES
    >>> sorted(chosen_before([Stated("brand", "Adidas", "adidas")], {"color"}, "price:asc", TASTES))
    ['brand', 'color', 'price_band']
    """
    fields = [*filtered, sort.partition(":")[0]]
    names = blocked_attributes(stated, (), tastes)
    return frozenset({*names, *(TASTE_OF_COLUMN.get(field, field) for field in fields)} & {*tastes})
