"""The products as the shop gave them, read one at a time from a memory-mapped file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from search.index.keys import KeyRows, load_keys
from search.types import Product, Rows

IDS = "ids"
_DECODER = msgspec.json.Decoder(Product)


class _Id(msgspec.Struct):
    """All that is read of a product whose id is wanted."""

    id: str


_ID = msgspec.json.Decoder(_Id)


class Documents:
    """Products by row, and rows by the id of a product or of one of its variants."""

    def __init__(self, data: NDArray[np.uint8], offsets: NDArray[np.int64], rows: KeyRows):
        self._data = data
        self._offsets = offsets
        self._rows = rows

    def __len__(self) -> int:
        return len(self._offsets) - 1

    def __iter__(self) -> Iterator[Product]:
        return (self.product(row) for row in range(len(self)))

    def product(self, row: int) -> Product:
        """The product of a row."""
        return _DECODER.decode(self._data[self._offsets[row] : self._offsets[row + 1]].tobytes())

    def id_of(self, row: int) -> str:
        """The id of the product of a row."""
        return _ID.decode(self._data[self._offsets[row] : self._offsets[row + 1]].tobytes()).id

    def row_of(self, id: str) -> int | None:
        """The row of a product's or a variant's id, None if there is none."""
        return next(iter(self._rows.rows_of(id)), None)


def write_documents(parts: Sequence[tuple[NDArray[np.uint8], NDArray[np.int64], Rows]], folder: Path) -> None:
    """Write the products end to end, by row, and their offsets.

    Args:
        parts: the JSON of some products, end to end, the bytes of each (m,), and their rows (m,).
    """
    size = sum(len(rows) for _, _, rows in parts)
    part_of, start, length = (np.empty(size, np.int64) for _ in range(3))
    for number, (_, sizes, rows) in enumerate(parts):
        part_of[rows], start[rows], length[rows] = number, np.cumsum(sizes) - sizes, sizes
    offsets = np.zeros(size + 1, np.int64)
    np.cumsum(length, out=offsets[1:])
    np.save(folder / "products-offsets.npy", offsets, allow_pickle=False)
    with (folder / "products.jsonb").open("wb") as file:
        for number, at, bytes_ in zip(part_of.tolist(), start.tolist(), length.tolist(), strict=True):
            file.write(parts[number][0][at : at + bytes_].data)


def load_documents(folder: Path) -> Documents:
    """Read what `write_documents` wrote; a product's text is read when it is shown."""
    path = folder / "products.jsonb"
    # plain views of the mapped files: a slice of a numpy.memmap costs five times one of an array
    data = np.asarray(np.memmap(path, np.uint8, "r")) if path.stat().st_size else np.empty(0, np.uint8)
    offsets = np.asarray(np.load(folder / "products-offsets.npy", mmap_mode="r", allow_pickle=False))
    return Documents(data, offsets, _ids(folder))


def _ids(folder: Path) -> KeyRows:
    """The rows of ids; snapshots of before have them as JSON."""
    written = folder / f"{IDS}.json"
    if not written.is_file():
        return load_keys(folder, IDS)
    return KeyRows.of(msgspec.json.decode(written.read_bytes(), type=dict[str, int]).items())
