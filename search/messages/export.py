"""All that is stored of a person, as they get it."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from search.messages.events import ProfileInfo
from search.types import Source


class ExportedEvent(Struct, frozen=True):
    """One logged event: when it happened, its fields as they are kept, and what it was taken to say about tastes."""

    time: str
    event: dict[str, Any]
    traits: dict[str, Any] | None


class ExportedCounters(Struct, frozen=True):
    """Counters of one source as they are kept; weights are as of `t0` (docs/personalization.md says how they fade)."""

    source: str
    id: str
    counters: dict[str, Any]


class ExportedLink(Struct, frozen=True):
    """A link, also one that was undone."""

    number: int
    shopper: str
    source: Source
    id: str
    since: str
    undone: str | None


class Export(Struct, frozen=True):
    """Everything that is stored under an id, and of the shopper of that name with what is linked to them.

    `profile` is the same in readable form: what follows from the counters. `stated`: id -> what was stated under it.
    """

    id: str
    time: str
    profile: ProfileInfo
    events: list[ExportedEvent]
    counters: list[ExportedCounters]
    links: list[ExportedLink]
    stated: dict[str, dict[str, Any]] = {}
