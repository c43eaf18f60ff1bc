"""That a device, a visit or another account is a shopper's."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from search.messages.requests import Id
from search.types import Source


class LinkIn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to count with a shopper: exactly one of these."""

    shopper: Annotated[Id, Meta(description="Another account of the same person; it counts both ways.")] | None = None
    device: (
        Annotated[Id, Meta(description="A browser or app: what was done on it while nobody was signed in.")] | None
    ) = None
    session: (
        Annotated[Id, Meta(description="One visit without a device's id: what was done in it before signing in.")]
        | None
    ) = None


class LinkInfo(Struct, frozen=True):
    """A link. `number` undoes it: DELETE /v1/profiles/{id}/links/{number}."""

    number: int
    shopper: str
    source: Source
    id: str
    since: str
