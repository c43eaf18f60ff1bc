"""Events of any known format as Tresen's own, and what was set aside, with its place.

A batch of another tool holds much that is none of ours: page views, scrolls, forms. So nothing in it fails the whole:
what cannot be counted is set aside, named with its place and a reason, and not stored: nobody knows what is in it.
"""

from __future__ import annotations

import hashlib
import math
import re
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec

from search.messages import EventIn, SetAside, parse_moment

#: A place or name is repeated up to this length.
SHOWN = 64
_PATH = re.compile(r" - at `\$\.?(.*)`$")


@dataclass(slots=True)
class Told:
    """What a body told: events to count, and the rest."""

    events: list[EventIn] = field(default_factory=list)
    aside: list[SetAside] = field(default_factory=list)

    def set_aside(self, place: str, name: object, reason: str) -> None:
        """Name something that is not counted."""
        self.aside.append(SetAside(place, str(name)[:SHOWN], reason))

    def add(self, place: str, name: str, fields: Mapping[str, Any]) -> None:
        """Count an event, if it is one; `fields` as EventIn has them, None for what was not told."""
        given = {key: value for key, value in fields.items() if value is not None}
        if "time" in given and parse_moment(str(given["time"])) is None:
            self.set_aside(place, name, "its time cannot be read: ISO 8601 with a time zone is needed")
            return
        try:
            self.events.append(msgspec.convert(given, EventIn, strict=False))
        except msgspec.ValidationError as error:
            at = _PATH.search(str(error))
            reason = f"{at.group(1)}: {_PATH.sub('', str(error))}" if at else str(error)
            self.set_aside(place, name, reason.replace("Object missing required field", "missing"))


def text(value: object) -> str | None:
    """An id as another tool writes it: a text, or a number; None for anything else.

    >>> text(17), text("a"), text(""), text(True), text({})
    ('17', 'a', None, None, None)
    """
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    return str(value) or None


def mapping(value: object) -> Mapping[str, Any]:
    """An object, or an empty one where something else stands."""
    return value if isinstance(value, dict) else {}


def moment(seconds: float) -> str | None:
    """Seconds since 1970 as the time of an event; None outside of the calendar."""
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat()
    except (ValueError, OverflowError, OSError):
        return None


def number(value: object) -> float | None:
    """A number, also one that was written as a text; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def whole(value: object) -> int | None:
    """A number without a fraction, at least 1; None for anything else."""
    found = number(value)
    return int(found) if found is not None and 1 <= found < 2**53 and found == int(found) else None


def derived_id(format: str, parts: Iterable[object], time: str | None) -> str:
    """An event_id for an event that has none: the same parts at the same time are the same event.

    Without a time nobody can tell a repetition from a second event: then it is another one each time.
    """
    said = msgspec.json.encode([format, time, *parts]) if time is not None else uuid.uuid4().bytes
    return f"{format}-{hashlib.blake2b(said, digest_size=16).hexdigest()}"
