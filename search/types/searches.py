"""What one shopper searched for: their own words, offered to them again."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Searched:
    """Words of a search after which something was done; `time` in seconds since 1970."""

    text: str
    time: float
    query_id: str | None = None


@dataclass(frozen=True, slots=True)
class OwnQuery:
    """A query of a shopper's own: how often they searched for it, when last (seconds since 1970), and how much it
    counts now: repeated and recent ones most."""

    text: str
    searches: int
    last: float
    weight: float
