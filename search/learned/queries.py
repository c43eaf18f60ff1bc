"""What was searched for, so that what was then clicked can be counted for it.

An answer's `query_id` comes back with the events. Until then the words are kept here, in memory only, and of the last
searches only. With the event they are logged, unless they look like something that says who somebody is.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable

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


class RecentQueries:
    """The queries of the last searches by their ids."""

    def __init__(self, most: int = REMEMBERED):
        self._most = most
        self._lock = threading.Lock()
        self._texts: dict[str, str] = {}

    def remember(self, query_id: str, text: str) -> None:
        """Keep what was searched for, as it may be logged (`kept_query`)."""
        with self._lock:
            self._texts[query_id] = text
            while len(self._texts) > self._most:
                del self._texts[next(iter(self._texts))]

    def text_of(self, query_id: str | None) -> str | None:
        """What a search was for; None where nobody knows it any more."""
        with self._lock:
            return self._texts.get(query_id or "")

    def forget(self, query_ids: Iterable[str | None]) -> None:
        """Know no more what some searches were for, so that no later event brings it back."""
        with self._lock:
            for query_id in query_ids:
                self._texts.pop(query_id or "", None)
