"""What was worked out and may be asked for again, within a budget of bytes: what was used longest ago goes first."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from threading import Lock
from typing import Generic, TypeVar

import numpy as np
from cachetools import LRUCache

Key = TypeVar("Key")
Value = TypeVar("Value")

#: What an entry takes beside its key and value: its places in two dictionaries.
ENTRY = 200


def bytes_of(value: object) -> int:
    """Bytes that a value takes with all that it is made of; what others share is counted too, so rather too much.

    >>> bytes_of(np.zeros(1000)) >= 8000, bytes_of(("Schuhe", ["rot"] * 3)) > bytes_of("Schuhe")
    (True, True)
    """
    if isinstance(value, np.ndarray):
        return sys.getsizeof(0) + value.nbytes
    if isinstance(held := getattr(value, "held_bytes", None), int):  # who shares much with others knows what is its own
        return held
    size = sys.getsizeof(value)
    if isinstance(value, Mapping):
        return size + sum(bytes_of(key) + bytes_of(held) for key, held in value.items())
    if isinstance(value, (tuple, list, set, frozenset)):
        return size + sum(map(bytes_of, value))
    if is_dataclass(value) and not isinstance(value, type):
        return size + sum(bytes_of(getattr(value, item.name)) for item in fields(value))
    return size


class Tally:
    """How often something kept was found, and how often not; carried on when what is kept is let go of."""

    def __init__(self) -> None:
        self.hits = self.misses = 0


class Kept(Generic[Key, Value]):
    """A dictionary of at most so many bytes. Values are shared between threads: nobody may change one.

    Args:
        budget: bytes; 0 keeps nothing.
        size_of: bytes of a value; what changes afterwards is not seen.
    """

    def __init__(self, budget: int, size_of: Callable[[Value], int] = bytes_of, tally: Tally | None = None):
        self.budget, self.tally = budget, tally or Tally()
        self._size_of, self._lock = size_of, Lock()
        self._held: LRUCache[Key, tuple[Value, int]] = LRUCache(budget, getsizeof=lambda entry: entry[1])

    def __len__(self) -> int:
        return len(self._held)

    def __contains__(self, key: Key) -> bool:
        return key in self._held

    @property
    def bytes(self) -> int:
        """What is held takes so many."""
        return int(self._held.currsize)

    def get(self, key: Key) -> Value | None:
        """The value, None where there is none."""
        with self._lock:
            entry = self._held.get(key)
            self.tally.hits += entry is not None
            self.tally.misses += entry is None
        return None if entry is None else entry[0]

    def put(self, key: Key, value: Value) -> Value:
        """Keep a value, if it fits at all; returned as it is."""
        if not self.budget:
            return value
        size = ENTRY + bytes_of(key) + self._size_of(value)
        with self._lock:
            if size <= self.budget:
                self._held[key] = value, size
        return value

    def clear(self) -> None:
        """Let go of everything."""
        with self._lock:
            self._held.clear()

    def emptied(self) -> Kept[Key, Value]:
        """One like this, with nothing in it."""
        return Kept(self.budget, self._size_of, self.tally)
