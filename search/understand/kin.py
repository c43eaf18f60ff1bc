"""Values that are nearly what was asked: colours of one family, kinds of one material."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path

FAMILIES = Path(__file__).with_name("colors.toml")
#: What looks like another material and is none: "Kunstleder" is no leather.
_NOT_REAL = ("kunst", "faux", "fake", "imitat", "vegan", "synthetik")


@lru_cache(maxsize=1)
def families() -> dict[str, list[str]]:
    """A colour -> parts of the names of its kin."""
    return tomllib.loads(FAMILIES.read_text(encoding="utf-8"))


def named_after(value: str, values: Iterable[str]) -> list[str]:
    """Values that hold this one as their front or head: Glattleder, Leinenmischung, dunkelrot; never an imitation."""
    name = value.casefold()
    found = []
    for other in values:
        folded = other.casefold()
        holds = folded.startswith(name) or folded.endswith(name) or f"{name}-" in folded or f"-{name}" in folded
        if folded != name and holds and not any(word in folded and word not in name for word in _NOT_REAL):
            found.append(other)
    return found


def kin(color: str, values: Sequence[str]) -> list[str]:
    """Colours of the same family: by their names, and by the table beside this module."""
    parts = families().get(color.casefold(), [])
    listed = [value for value in values if any(part in value.casefold() for part in parts) and value != color]
    return list(dict.fromkeys([*named_after(color, values), *listed]))
