"""Which products are not to be had in the size that a shopper states, or that they always keep?

Sizes are stated for a product type ("Schuhe": 41) or for all. One that is stated for all counts for the types that are
sold in it: a 41 says nothing about towels. Compared are sizes of one kind (letters with letters, numbers with
numbers, "155x220" with its like), so that a dress in 36 to 44 is not missing an M. A variant whose stock nobody tells
is taken for available; with a branch its stock counts.

Where nobody states a size for a product type, purchases do: at least three of that type kept, at least four in five of
them, decayed, in one size. No text names it: it is a guess about a body.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from search.index.columns import Columns
from search.index.snapshot import Snapshot
from search.messages.events import KeptSizeInfo
from search.rerank.traits import Catalogue
from search.types import Affinities, Mask, Product, Rows, SizesKept, Variant
from search.understand.sizes import size_key

#: The product type of a size that is stated for all.
EVERY = ""
#: Purchases that were kept from which a size is believed, and the share of them that must be in it.
LEAST_KEPT, LEAST_SHARE = 3, 0.8
ROUNDING = 1e-9
_FIGURES, _LETTERS = re.compile(r"\d+"), re.compile(r"\d?x*[sl]|m")


@dataclass(frozen=True, slots=True)
class KeptSize:
    """A size that somebody buys and keeps: of `kept` purchases of the type, decayed, so large a `share`."""

    product_type: str
    size: str
    kept: int
    share: float


@lru_cache(maxsize=1024)
def _system_of(size: str) -> str:
    return system(size_key(size))


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
    rows: Rows, sizes: Mapping[str, Sequence[str]], where: tuple[Snapshot, Columns, Catalogue, str | None]
) -> Mask:
    """(n,) which of the products in `rows` are not in stock in any of the sizes that are stated for their type.

    Args:
        sizes: product type, or "" for all, -> sizes.
        where: they are sold: the snapshot, its columns and its catalogue, and the branch, if one is given.
    """
    snapshot, columns, catalogue, branch = where
    sold = sizes_sold(columns)
    keys = {kind: frozenset(map(size_key, stated)) for kind, stated in sizes.items()}
    found = np.zeros(len(rows), bool)
    asked = np.array([EVERY in sizes or name in sizes for name in catalogue.type_names])[catalogue.types[rows]]
    for place in np.flatnonzero(asked).tolist():
        product = snapshot.documents.product(int(rows[place]))
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


def size_named(snapshot: Snapshot, id: str) -> str:
    """The size of the variant with that id, or of a product that has only one; "" where nobody can tell."""
    row = snapshot.documents.row_of(id)
    if row is None:
        return ""
    variants = snapshot.documents.product(row).variants
    sizes = {one.size for one in variants if one.id == id} or {one.size for one in variants}
    return (sizes.pop() or "") if len(sizes) == 1 else ""


def kept_sizes(kept: SizesKept) -> dict[str, list[KeptSize]]:
    """Product type -> the sizes that were bought often enough and kept, one of each kind of size."""
    found: dict[str, list[KeptSize]] = {}
    for product_type, items in kept.items():
        sums: dict[str, dict[str, tuple[float, float]]] = {}
        for sizes in items.values():
            for size, (count, total) in sizes.items():
                of_system = sums.setdefault(_system_of(size), {})
                before, summed = of_system.get(size, (0.0, 0.0))
                of_system[size] = before + count, summed + total
        own = [one for of_system in sums.values() if (one := _surest(product_type, of_system)) is not None]
        if own:
            found[product_type] = own
    return found


def _surest(product_type: str, sizes: Mapping[str, tuple[float, float]]) -> KeptSize | None:
    """The size of one kind that is believed; None where there is none."""
    kept = {size: (count, total) for size, (count, total) in sizes.items() if count > 0 and total > 0}
    bought = sum(count for count, _ in kept.values())
    if bought < LEAST_KEPT:
        return None
    size = max(kept, key=lambda one: (kept[one][1], one))
    share = kept[size][1] / sum(total for _, total in kept.values())
    return KeptSize(product_type, size, round(bought), share) if share >= LEAST_SHARE - ROUNDING else None


def told_sizes(kept: SizesKept, labels: Mapping[str, Mapping[str, str]]) -> list[KeptSizeInfo]:
    """The sizes that follow from what was kept, as the person may read them."""
    types = labels.get("product_type", {})
    return [
        KeptSizeInfo(kind, types.get(kind, kind), one.size, one.kept, round(one.share, 3))
        for kind, own in sorted(kept_sizes(kept).items())
        for one in own
    ]


def sizes_of(known: Affinities, columns: Columns) -> tuple[dict[str, list[str]], frozenset[str]]:
    """Product type, "" for all, -> sizes that fit: what is stated, else what was kept; and the types of the latter.

    A size that is stated for all counts for a type that is sold in it.
    """
    stated = {kind: list(sizes) for kind, sizes in known.stated.sizes.items()}
    everywhere = set(map(size_key, stated.get(EVERY, ())))
    guessed = {
        kind: [one.size for one in own]
        for kind, own in kept_sizes(known.sizes).items()
        if kind not in stated and not everywhere & sizes_sold(columns).get(kind, frozenset())
    }
    return {**stated, **guessed}, frozenset(guessed)
