"""Which generations of an index are kept, and which one serves: told, and put back.

A generation that serves again was whole when it was built, and is checked once more before CURRENT names it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from search.errors import BadInput, BadSnapshot, NotFound
from search.index.snapshot import (
    Manifest,
    current_number,
    damages,
    generations,
    make_current,
    read_manifest,
    snapshots_folder,
)


@dataclass(frozen=True, slots=True)
class Kept:
    """A generation on disk: its manifest, or why that cannot be read."""

    number: int
    manifest: Manifest | None
    trouble: str = ""

    @property
    def bytes(self) -> int:
        """What its files take on disk."""
        return sum(entry.bytes for entry in self.manifest.files.values()) if self.manifest else 0


def kept_generations(home: Path) -> list[Kept]:
    """The generations on disk, the newest first. Their files are not read, so damage is seen only in a manifest."""
    return [_kept(home, number) for number in reversed(generations(home))]


def _kept(home: Path, number: int) -> Kept:
    try:
        return Kept(number, read_manifest(snapshots_folder(home) / str(number)))
    except BadSnapshot as problem:
        return Kept(number, None, problem.message)


def check_generation(home: Path, to: int | None = None) -> int:
    """The generation that shall serve: a named one, or the one before the one that does; its files are checked.

    Raises:
        NotFound: there is no such generation, or none before; the message names those that are kept.
        BadInput: it is damaged.
    """
    kept, current = generations(home), current_number(home)
    before = [number for number in kept if current is None or number < current]
    told = ", ".join(map(str, kept)) or f"none; make one: tresen index FEED --out {home}"
    if to is not None and to not in kept:
        raise NotFound(f"Generation {to} is not kept. Kept are: {told}.", "to")
    if to is None and not before:
        raise NotFound(f"No generation before {current} is kept. Kept are: {told}.", "to")
    number = before[-1] if to is None else to
    folder = snapshots_folder(home) / str(number)
    try:
        problem = next(damages(folder, read_manifest(folder)), None)
    except BadSnapshot as error:
        problem = error.message
    if problem:
        raise BadInput(f"Generation {number} cannot serve: {problem} Name another one of {told}.", "to")
    return number


def rollback(home: Path, to: int | None = None) -> int:
    """Name a generation in CURRENT; a running server notices and swaps. The number.

    Raises:
        NotFound, BadInput: as `check_generation`; nothing has changed.
    """
    number = check_generation(home, to)
    make_current(home, number)
    return number
