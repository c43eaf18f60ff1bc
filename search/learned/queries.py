"""What was searched for, so that what was then clicked can be counted for it.

An answer's `query_id` comes back with the events. Until then the words are kept here, in memory only, and of the last
searches only. With the event they are logged, unless they look like something that says who somebody is.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable
from typing import Generic, TypeVar

from search.text import clean

#: The last so many searches; an event that comes later counts for no query.
REMEMBERED = 50_000
MOST_CHARACTERS = 80
#: An address, or a number as long as one of a phone, a card or an order.
_TELLING = re.compile(r"@|\d(?:[\s/().-]?\d){6}")


def kept_query(text: str | None) -> str | None:
    """A query as it is logged with an event; None where it is not: empty, long, an address or a long number.

    >>> kept_query("Rote  Schuhe"), kept_query("anna@shop.example"), kept_query("0151 2345678"), kept_query("")
    ('rote schuhe', None, None, None)
    """
    words = clean(text or "").lower()
    return words if words and len(words) <= MOST_CHARACTERS and not _TELLING.search(words) else None


T = TypeVar("T")


class Recent(Generic[T]):
    """Something of the last searches, by their ids: what they were for (`kept_query`), where they came from."""

    def __init__(self, most: int = REMEMBERED):
        self._most = most
        self._lock = threading.Lock()
        self._known: dict[str, T] = {}

    def remember(self, query_id: str, known: T) -> None:
        """Keep it, as it may be logged."""
        with self._lock:
            self._known[query_id] = known
            while len(self._known) > self._most:
                del self._known[next(iter(self._known))]

    def of(self, query_id: str | None) -> T | None:
        """What is known of a search; None where nobody knows it any more."""
        with self._lock:
            return self._known.get(query_id or "")

    def forget(self, query_ids: Iterable[str | None]) -> None:
        """Know no more what some searches were for, so that no later event brings it back."""
        with self._lock:
            for query_id in query_ids:
                self._known.pop(query_id or "", None)
