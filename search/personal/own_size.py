"""Which products are not to be had in the size that a shopper states?

Sizes are stated for a product type ("Schuhe": 41) or for all. One that is stated for all counts for the types that are
sold in it: a 41 says nothing about towels. Compared are sizes of one kind (letters with letters, numbers with
numbers, "155x220" with its like), so that a dress in 36 to 44 is not missing an M. A variant whose stock nobody tells
is taken for available; with a branch its stock counts.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache

import numpy as np

from search.index.columns import Columns
from search.index.snapshot import Snapshot
from search.types import Mask, Product, Rows, Variant
from search.understand.sizes import size_key

#: The product type of a size that is stated for all.
EVERY = ""
_FIGURES, _LETTERS = re.compile(r"\d+"), re.compile(r"\d?x*[sl]|m")


def system(key: str) -> str:
    """What kind of size a size is: only those of one kind compare.

    >>> [system(size_key(text)) for text in ("M", "XXL", "38", "W32/L34", "155 x 220 cm")]
    ['letters', 'letters', '0', 'w0l0', '0x0']
    """
    return "letters" if _LETTERS.fullmatch(key) else _FIGURES.sub("0", key)


@lru_cache(maxsize=4)
def sizes_sold(columns: Columns) -> dict[str, frozenset[str]]:
    """Product type -> the sizes that products of it have; "" for products without a type."""
    size, kind = columns.keyword("size"), columns.keyword("product_type")
    if size is None:
        return {}
    types = np.full(columns.size, -1)
    if kind is not None:
        types[kind.rows[::-1]] = kind.codes[::-1]  # the first of several types counts
    names = [*(kind.values if kind is not None else ()), EVERY]
    sold: dict[str, set[str]] = {}
    for of_type, code in np.unique(np.stack([types[size.rows], size.codes]), axis=1).T.tolist():
        sold.setdefault(names[of_type], set()).add(size_key(size.values[code]))
    return {name: frozenset(keys) for name, keys in sold.items()}


def wrong_sizes(
    rows: Rows, sizes: Mapping[str, Sequence[str]], snapshot: Snapshot, columns: Columns, branch: str | None
) -> Mask:
    """(n,) which of the products in `rows` are not in stock in any of the sizes that are stated for their type.

    Args:
        sizes: product type, or "" for all, -> sizes.
    """
    sold = sizes_sold(columns)
    keys = {kind: frozenset(map(size_key, stated)) for kind, stated in sizes.items()}
    found = np.zeros(len(rows), bool)
    for place, row in enumerate(rows.tolist()):
        product = snapshot.documents.product(row)
        kind = product.product_type or EVERY
        wanted = keys.get(kind) or keys.get(EVERY, frozenset()) & sold.get(kind, frozenset())
        found[place] = bool(wanted) and is_missing(product, wanted, branch)
    return found


def is_missing(product: Product, wanted: Collection[str], branch: str | None) -> bool:
    """True where the product has sizes of that kind, and none of the wanted ones is in stock."""
    systems = {system(key) for key in wanted}
    own = [variant for variant in product.variants if variant.size and system(size_key(variant.size)) in systems]
    here = (variant for variant in own if size_key(variant.size or "") in wanted)
    return bool(own) and not any(_is_in_stock(variant, branch) for variant in here)


def _is_in_stock(variant: Variant, branch: str | None) -> bool:
    if not variant.stock:
        return True
    return variant.stock.get(branch, 1) > 0 if branch else sum(variant.stock.values()) > 0
