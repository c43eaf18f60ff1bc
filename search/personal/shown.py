"""What was shown of late, by the id of the search: a choice is judged among what it was made from.

In memory only, and only as much as fits a budget; the oldest go. There is no person in it.
"""

from __future__ import annotations

import threading
import uuid

import numpy as np

from search.types import Ranking, Rows, Scores

MOST_BYTES = 16_000_000
#: What an entry costs beside its numbers: the id, the bytes' heads, its place in the dict.
OVERHEAD = 250


class ShownLists:
    """The products of recent pages, and their A."""

    def __init__(self, most_bytes: int = MOST_BYTES):
        self._most, self._size = most_bytes, 0
        self._lock = threading.Lock()
        self._lists: dict[str, tuple[bytes, bytes]] = {}

    def keep(self, ranking: Ranking, first: int, last: int) -> str:
        """Keep a page (places from 0, the last one not in it); the id of the search, by which it is found again."""
        id = uuid.uuid4().hex
        rows, log_odds = ranking.rows[first:last], ranking.features.get("A")
        if not len(rows) or log_odds is None:
            return id
        entry = rows.astype(np.int32).tobytes(), log_odds[first:last].astype(np.float32).tobytes()
        with self._lock:
            self._lists[id] = entry
            self._size += OVERHEAD + len(entry[0]) + len(entry[1])
            while self._size > self._most:
                gone = self._lists.pop(next(iter(self._lists)))
                self._size -= OVERHEAD + len(gone[0]) + len(gone[1])
        return id

    def of(self, id: str) -> tuple[Rows, Scores] | None:
        """Products (n,) and their A (n,); None where the list is not known any more."""
        entry = self._lists.get(id)
        if entry is None:
            return None
        return np.frombuffer(entry[0], np.int32), np.frombuffer(entry[1], np.float32).astype(np.float64)
