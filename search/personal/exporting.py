"""What is stored of a person, in the shape in which they get it."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from search.messages import Export, ExportedCounters, ExportedEvent, ExportedLink, ProfileInfo
from search.profiles.exporting import Stored


def as_export(stored: Stored, profile: ProfileInfo, now: float) -> Export:
    """The answer of GET /v1/profiles/{id}/export; `now` in seconds since 1970."""
    return Export(
        id=profile.id,
        time=iso(now),
        profile=profile,
        events=[
            ExportedEvent(iso(event.time), msgspec.to_builtins(event), msgspec.to_builtins(traits))
            for event, traits in stored.events
        ],
        counters=[
            ExportedCounters(kind, id, msgspec.to_builtins(statistics)) for (kind, id), statistics in stored.counters
        ],
        links=[
            ExportedLink(number, shopper, source, id, iso(since), None if undone is None else iso(undone))
            for number, shopper, source, id, since, undone in stored.links
        ],
        stated={id: msgspec.to_builtins(statement) for id, statement in stored.statements.items()},
    )


def iso(seconds: float) -> str:
    """Seconds since 1970 as ISO 8601 in UTC; the nearest end of the calendar where it lies outside.

    >>> iso(0.5), iso(-1e15)
    ('1970-01-01T00:00:00+00:00', '0001-01-01T00:00:00+00:00')
    """
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
    except (ValueError, OverflowError, OSError):
        end = datetime.max if seconds > 0 else datetime.min
        return end.replace(tzinfo=UTC).isoformat(timespec="seconds")
