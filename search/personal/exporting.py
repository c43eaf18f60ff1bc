"""What is stored of a person, in the shape in which they get it."""

from __future__ import annotations

import msgspec

from search.messages import Export, ExportedCounters, ExportedEvent, ExportedLink, ProfileInfo
from search.profiles.exporting import Stored, iso


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
