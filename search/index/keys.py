"""Key -> rows on disk, memory-mapped: a start reads none of it, and all processes share what is read.

A key is its hash of 64 bits, ascending; two of ten million different keys have the same one with a chance of 1 in
400,000, and a key that is asked for is taken for one that is not there with less than one in a billion.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

HASH_BYTES = 8


def hash_of(key: str) -> int:
    """The hash of a key, 64 bits."""
    return int.from_bytes(hashlib.blake2b(key.encode(), digest_size=HASH_BYTES).digest(), "little")


class KeyRows:
    """Keys and the rows of each: `hashes` (m,) uint64 ascending, `rows` (m,) int32."""

    def __init__(self, hashes: NDArray[np.uint64], rows: NDArray[np.int32]):
        self._hashes, self._rows = hashes, rows

    @classmethod
    def of(cls, pairs: Iterable[tuple[str, int]]) -> KeyRows:
        """From (key, row) pairs; the rows of a key keep their order.

        >>> KeyRows.of([("b", 2), ("a", 1), ("b", 0)]).rows_of("b")
        [2, 0]
        """
        found = [(hash_of(key), row) for key, row in pairs]
        return cls.hashed(
            np.array([hashed for hashed, _ in found], np.uint64), np.array([row for _, row in found], np.int32)
        )

    @classmethod
    def hashed(cls, hashes: NDArray[np.uint64], rows: NDArray[np.int32]) -> KeyRows:
        """From the hashes of keys (m,) in any order, and their rows (m,)."""
        order = np.argsort(hashes, kind="stable")
        return cls(hashes[order], rows[order])

    def rows_of(self, key: str) -> list[int]:
        """The rows of a key, [] without any."""
        wanted = np.uint64(hash_of(key))
        start, end = (int(np.searchsorted(self._hashes, wanted, side)) for side in ("left", "right"))
        return self._rows[start:end].tolist()

    def __contains__(self, key: str) -> bool:
        return bool(self.rows_of(key))

    def __len__(self) -> int:
        return len(self._hashes)


def save_keys(keys: KeyRows, folder: Path, name: str) -> None:
    """Write two arrays, `<name>-hashes.npy` and `<name>-rows.npy`."""
    np.save(folder / f"{name}-hashes.npy", keys._hashes, allow_pickle=False)
    np.save(folder / f"{name}-rows.npy", keys._rows, allow_pickle=False)


def load_keys(folder: Path, name: str) -> KeyRows:
    """Read what `save_keys` wrote."""
    hashes, rows = (
        np.asarray(np.load(folder / f"{name}-{part}.npy", mmap_mode="r", allow_pickle=False))
        for part in ("hashes", "rows")
    )
    return KeyRows(hashes, rows)
