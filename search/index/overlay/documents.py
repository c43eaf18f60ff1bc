"""Products, ids and keys over those of a generation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from search.index.documents import Documents
from search.index.keys import KeyRows
from search.types import Product

_DECODER = msgspec.json.Decoder(Product)
#: What a row holds whose product is gone: nothing finds it.
EMPTY = Product(id="", title={})


class ChangedDocuments(Documents):
    """Documents in which some rows hold another product, or none, and others were added behind the last.

    Args:
        base: the generation's.
        changed: row -> the product as JSON, None for one that is gone.
        rows: id of a product or variant -> its row, None where nothing has it any more.
        gone: id of a product that is gone -> the row that it had.
    """

    def __init__(
        self,
        base: Documents,
        changed: Mapping[int, bytes | None],
        rows: Mapping[str, int | None],
        gone: Mapping[str, int],
    ):
        self._base, self._changed, self._rows_now, self._gone = base, changed, rows, gone
        self._size = max([len(base), *(row + 1 for row in changed)])

    def __len__(self) -> int:
        return self._size

    def product(self, row: int) -> Product:
        """The product of a row; an empty one where it is gone."""
        if row not in self._changed:
            return self._base.product(row)
        held = self._changed[row]
        return EMPTY if held is None else _DECODER.decode(held)

    def id_of(self, row: int) -> str:
        """The id of the product of a row; "" where it is gone."""
        return self.product(row).id if row in self._changed else self._base.id_of(row)

    def row_of(self, id: str) -> int | None:
        """The row of a product's or a variant's id, None if there is none."""
        return self._rows_now[id] if id in self._rows_now else self._base.row_of(id)

    def former_row(self, id: str) -> int | None:
        """The row of a product that is gone: where it comes back to."""
        return self._gone.get(id)

    @property
    def gone(self) -> list[int]:
        """The rows that hold no product, ascending."""
        return sorted(self._gone.values())

    @property
    def changed_rows(self) -> list[int]:
        """The rows that are not the generation's, ascending."""
        return sorted(self._changed)

    @property
    def changed_bytes(self) -> int:
        """What the changed products take as JSON."""
        return sum(len(held) for held in self._changed.values() if held)

    def with_products(self, after: Mapping[int, Product | None]) -> ChangedDocuments:
        """The same with some rows' products replaced."""
        changed, rows, gone = dict(self._changed), dict(self._rows_now), dict(self._gone)
        for row, product in after.items():
            before = self.product(row) if row < len(self) else EMPTY
            rows.update(dict.fromkeys(ids_of(before) if before.id else ()))
            if product is None:
                gone[before.id] = row
                changed[row] = None
        for row, product in after.items():
            if product is not None:
                changed[row] = msgspec.json.encode(product)
                rows.update(dict.fromkeys(ids_of(product), row))
                gone.pop(product.id, None)
        return ChangedDocuments(self._base, changed, rows, gone)


def changeable(documents: Documents) -> ChangedDocuments:
    """Documents that know what changed in them."""
    return documents if isinstance(documents, ChangedDocuments) else ChangedDocuments(documents, {}, {}, {})


def ids_of(product: Product) -> list[str]:
    """Under which ids a product is found: its own, and its variants'."""
    return list(dict.fromkeys([product.id, *(variant.id for variant in product.variants)]))


class ChangedKeys(KeyRows):
    """Keys of which some rows have others.

    Args:
        base: the generation's.
        keys: row -> its keys now, of the rows whose keys are not those of the generation; a row that is gone has none.
        rows: key -> those rows, the other way round.
    """

    def __init__(self, base: KeyRows, keys: Mapping[int, frozenset[str]], rows: Mapping[str, frozenset[int]]):
        self._base, self._keys, self._rows_now = base, keys, rows

    def rows_of(self, key: str) -> list[int]:
        """The rows of a key, ascending, [] without any."""
        known = [row for row in self._base.rows_of(key) if row not in self._keys]
        return sorted([*known, *self._rows_now.get(key, ())])

    def __len__(self) -> int:
        return len(self._base) + sum(map(len, self._keys.values()))

    def with_keys(self, after: Mapping[int, Iterable[str]]) -> ChangedKeys:
        """The same with some rows' keys replaced."""
        keys, rows = dict(self._keys), dict(self._rows_now)
        for row, held in after.items():
            for key in keys.get(row, ()):
                rows[key] = rows[key] - {row}
            keys[row] = frozenset(held)
            for key in keys[row]:
                rows[key] = rows.get(key, frozenset()) | {row}
        return ChangedKeys(self._base, keys, rows)


def changeable_keys(keys: KeyRows) -> ChangedKeys:
    """Keys that know what changed in them."""
    return keys if isinstance(keys, ChangedKeys) else ChangedKeys(keys, {}, {})
