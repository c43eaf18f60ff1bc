"""What a snapshot knows of compounds: the words that they are made of, and the shop's own list.

The list (`search.lists.files`) is read when a feed is indexed and kept in the snapshot, so that catalogue and queries
are split alike. Later edits are live: `search.index.live`.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from search.words.compounds import Listed, Splitter


class Compounds(msgspec.Struct, frozen=True):
    """Folded word -> products that hold it; word -> its parts, listed by hand, and live (`search.lists.files`)."""

    counts: dict[str, int]
    listed: Listed = {}
    live: Listed = {}

    def splitter(self) -> Splitter:
        """What splits by them."""
        return Splitter(self.counts, {**self.listed, **self.live})


def compounds_file(folder: Path, language: str) -> Path:
    """Where one language's compounds lie."""
    return folder / f"compounds-{language}.json"


def save_compounds(compounds: Compounds, folder: Path, language: str) -> None:
    """Write what one language's compounds are made of."""
    compounds_file(folder, language).write_bytes(msgspec.json.encode(compounds, order="deterministic"))


def load_compounds(folder: Path, language: str) -> Compounds | None:
    """Read what `save_compounds` wrote; None for a language without compounds."""
    path = compounds_file(folder, language)
    return msgspec.json.decode(path.read_bytes(), type=Compounds) if path.is_file() else None
