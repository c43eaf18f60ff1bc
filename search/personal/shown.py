"""What was shown of late, by the id of the search: a choice is judged among what it was made from.

In memory only, and only as much as fits a budget; the oldest go. There is no person in it.
"""

from __future__ import annotations

import threading
import uuid
from dataclasses import dataclass

import numpy as np

from search.types import Ranking, Rows, Scores

MOST_BYTES = 16_000_000
#: What an entry costs beside its numbers: the id, the bytes' heads, its place in the dict, what was said.
OVERHEAD = 400
#: A page as it is kept: rows (int32), their A (float32), the places before it, what was said.
Entry = tuple[bytes, bytes, int, frozenset[str]]


@dataclass(frozen=True, slots=True, eq=False)
class ShownList:
    """A page: products (n,) and their A (n,); how many `places` the search has before it; and the tastes of which the
    shopper said what is wanted, so that the list is a choice of theirs (`said`)."""

    rows: Rows
    log_odds: Scores
    places: int = 0
    said: frozenset[str] = frozenset()

    def has(self, row: int) -> bool:
        """Whether a product was chosen from it, among others."""
        return len(self.rows) > 1 and bool((self.rows == row).any())


class ShownLists:
    """The recent pages."""

    def __init__(self, most_bytes: int = MOST_BYTES):
        self._most, self._size = most_bytes, 0
        self._lock = threading.Lock()
        self._lists: dict[str, Entry] = {}

    def keep(self, ranking: Ranking, first: int, last: int, said: frozenset[str] = frozenset()) -> str:
        """Keep a page (places from 0, the last one not in it); the id of the search, by which it is found again.

        Args:
            said: tastes of which query or filter say what is wanted.
        """
        id = uuid.uuid4().hex
        rows, log_odds = ranking.rows[first:last], ranking.features.get("A")
        if not len(rows) or log_odds is None:
            return id
        self.put(id, (rows.astype(np.int32).tobytes(), log_odds[first:last].astype(np.float32).tobytes(), first, said))
        return id

    def put(self, id: str, entry: Entry) -> None:
        """Keep a page under the id of its search."""
        with self._lock:
            self._lists[id] = entry
            self._size += OVERHEAD + len(entry[0]) + len(entry[1])
            while self._size > self._most:
                gone = self._lists.pop(next(iter(self._lists)))
                self._size -= OVERHEAD + len(gone[0]) + len(gone[1])

    def take(self, id: str) -> Entry | None:
        """A page that somebody else is to keep."""
        with self._lock:
            entry = self._lists.pop(id, None)
            if entry is not None:
                self._size -= OVERHEAD + len(entry[0]) + len(entry[1])
        return entry

    def of(self, id: str | None) -> ShownList | None:
        """The list; None where it is not known any more."""
        entry = self._lists.get(id or "")
        if entry is None:
            return None
        rows, log_odds, places, said = entry
        return ShownList(
            np.frombuffer(rows, np.int32), np.frombuffer(log_odds, np.float32).astype(np.float64), places, said
        )
