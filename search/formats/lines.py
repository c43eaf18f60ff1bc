"""A file of events, one body a line, in any format that POST /v1/events takes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from search.errors import BadInput
from search.formats.detect import format_of, read_foreign
from search.messages import EventIn


def read_event_lines(path: Path, on_bytes: Callable[[int], None] = lambda count: None) -> Iterator[EventIn]:
    """The events of a file, in its order; what other tools tell beside them is left out.

    Raises:
        BadInput: the file or a line of it cannot be read, or an event has no time; `place` is file:line.
    """
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                on_bytes(len(line))
                if line.strip():
                    yield from _events(line, f"{path}:{number}")
    except OSError as error:
        raise BadInput(f"The events cannot be read: {error.strerror}.", str(path)) from error


def _events(line: bytes, place: str) -> list[EventIn]:
    try:
        body = msgspec.json.decode(line)
        format = format_of(body)
        if format != "tresen":
            events = read_foreign(body, format).events
        else:
            events = msgspec.convert(body if isinstance(body, list) else [body], list[EventIn])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise BadInput(f"This is no event as POST /v1/events takes it: {error}.", place) from error
    except BadInput as error:
        raise BadInput(error.message, place) from error
    if any(event.time is None for event in events):
        raise BadInput("An event of a file needs a time, like 2026-11-01T12:00:00Z.", place)
    return events
