"""A body of events, in Tresen's own shape or another tool's."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta, Struct

from search.api.requests import decode_json, one_or_many
from search.formats.detect import Format, format_of, read_foreign
from search.messages import EventIn, SetAside
from search.types import Consent

#: What can become of an event, as /metrics counts it.
OUTCOMES = ("accepted", "duplicates", "unknown_products", "without_consent", "too_late", "set_aside")
#: The answer names so many parts that were set aside, and counts the rest.
TOLD_ASIDE = 100


class EventsRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """How a body of events is read."""

    format: Annotated[Format, Meta(description="Whose shape the events have; found if absent.")] | None = None
    consent: (
        Annotated[Consent, Meta(description="What the shopper allows, for events that do not say it themselves.")]
        | None
    ) = None


def read_events(body: bytes, format: Format | None, deepest: int) -> tuple[list[EventIn], list[SetAside]]:
    """The events of a body, and what of another tool's format is not counted.

    Raises:
        BadRequest: no JSON, or not of the shape of Tresen's own events; the message names the field.
    """
    if format != "tresen":
        read: Any = decode_json(body, Any, deepest)  # type: ignore[arg-type]
        format = format or format_of(read)
        if format != "tresen":
            told = read_foreign(read, format)
            return told.events, told.aside
    return one_or_many(body, EventIn, deepest), []
