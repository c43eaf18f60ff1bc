"""Which format a body of events has, by its shape."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from search.errors import BadRequest
from search.formats import ga4, segment, ubi
from search.formats.reading import Told, mapping

Format = Literal["tresen", "ga4", "segment", "ubi"]


def format_of(body: object) -> Format:
    """Tresen's own where no other shape is recognised: its errors name what is wrong.

    >>> format_of({"client_id": "c", "events": []}), format_of([{"action_name": "click"}])
    ('ga4', 'ubi')
    >>> format_of({"type": "track", "event": "Product Viewed"}), format_of({"type": "view", "event_id": "e"})
    ('segment', 'tresen')
    """
    first = mapping(body[0] if isinstance(body, list) and body else body)
    if isinstance(first.get("events"), list):
        return "ga4"
    if isinstance(first.get("batch"), list) or first.get("type") in segment.CALLS:
        return "segment"
    return "ubi" if "action_name" in first else "tresen"


def read_foreign(body: object, format: Format) -> Told:
    """The events of a body in another tool's format.

    Raises:
        BadRequest: neither an object nor a list of objects.
    """
    told = Told()
    for place, one in _objects(body, format):
        if format == "ga4":
            ga4.read(one, told, place)
        elif format == "segment":
            segment.read(one, told, place)
        else:
            ubi.read(one, told, place)
    return told


def _objects(body: object, format: Format) -> list[tuple[str, Mapping[str, Any]]]:
    many = body if isinstance(body, list) else [body]
    for at, one in enumerate(many):
        if not isinstance(one, dict):
            raise BadRequest(f"Expected an object of {format}'s events, or a list of such objects.", f"[{at}]")
    return [(f"[{at}]." if isinstance(body, list) else "", one) for at, one in enumerate(many)]
