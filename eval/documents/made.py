"""What every document holds: what made it, and means with their intervals."""

from __future__ import annotations

from typing import Any

from msgspec import Struct


class Interval(Struct, frozen=True):
    """A mean and its 95 % bootstrap interval."""

    mean: float
    low: float
    high: float


class IndexInfo(Struct, frozen=True):
    """The snapshot that was asked."""

    path: str
    snapshot: int
    products: int
    model: str | None
    languages: list[str]


class Made(Struct, frozen=True, kw_only=True):
    """What made a document: enough to make it again. `settings` are those that differ from the defaults."""

    command: list[str]
    version: str
    time: str
    seconds: float
    seed: int | None = None
    index: IndexInfo | None = None
    settings: dict[str, Any] = {}
    files: dict[str, str] = {}
