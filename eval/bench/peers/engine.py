"""What an engine looks like to the bench: the same few names for all of them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from eval.bench.machine import rss_mb
from eval.bench.peers.catalogue import Catalogue
from search.types import Vectors

Kind = Literal["lexical", "dense", "hybrid"]


class Engine:
    """An engine over one catalogue. `query` may be called by several threads at once.

    `efforts`: values of its one knob between fast and thorough, ascending; none where it always finds all.
    `seconds_elsewhere`: time of the build that is not the engine's own.
    """

    kind: Kind
    efforts: Sequence[int] = ()
    seconds_elsewhere: float = 0.0

    def __init__(self, folder: Path):
        self.folder = folder

    def build(self, catalogue: Catalogue) -> None:
        """Index the products, in memory and in the folder as the engine does it, and be ready for queries."""
        raise NotImplementedError

    def query(self, text: str, vector: Vectors, k: int) -> list[int]:
        """Rows of the best k products, best first. Words are apart by blanks; the vector has length 1."""
        raise NotImplementedError

    def set_effort(self, effort: int) -> None:
        """Turn the knob."""

    def memory(self) -> float:
        """Resident megabytes (10^6 bytes), those of a server of its own included."""
        return rss_mb("self")

    def cpu_ms(self) -> float:
        """Processor time so far, in ms, of all threads, those of a server of its own included."""
        return time.process_time() * 1000

    def disk(self) -> float:
        """Megabytes of what it has written."""
        return size_of(self.folder) / 1e6

    def close(self) -> None:
        """Let go of everything."""


def size_of(folder: Path) -> int:
    """Bytes of all files below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
