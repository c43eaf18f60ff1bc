"""What settings are written in: a default, a unit, a help text, bounds."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta


def unit(help: str, unit: str = "", **bounds: Any) -> Meta:
    """A setting's help text, unit and bounds."""
    return Meta(description=help, extra={"unit": unit}, **bounds)


#: An optional bound value carries its bounds inside: msgspec allows none on a union.
Share = Annotated[float, Meta(ge=0, le=1)]
