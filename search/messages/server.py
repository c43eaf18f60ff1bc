"""How the server is, and what went wrong."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct


class Health(Struct, frozen=True, omit_defaults=True):
    """How the server is. `weights` were learned from the shop's choices and count in place of the settings'. `workers`
    are the search processes that answer now."""

    status: str
    snapshot: int | None = None
    products: int | None = None
    model: str | None = None
    branches: list[str] = []
    languages: list[str] = []
    weights: dict[str, float] = {}
    workers: int = 0


class Problem(Struct, frozen=True, omit_defaults=True):
    """RFC 9457 problem details; `place` names the parameter, field or line."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    place: str | None = None
    instance: str | None = None


def to_json(value: Any) -> bytes:
    """Any of these as JSON."""
    return msgspec.json.encode(value)
