"""What a snapshot knows of compounds: the words that they are made of, and the shop's own list.

The list is a text file, `compounds.txt` in the index directory or the setting `analysis.compounds_file`. It is read
when a feed is indexed and kept in the snapshot, so that catalogue and queries are split alike. Later edits are live:
`search.index.live`.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from search.compounds import Splitter, read_listed
from search.errors import BadInput

FILE = "compounds.txt"
Listed = dict[str, tuple[str, ...]]


class Compounds(msgspec.Struct, frozen=True):
    """Folded word -> products that hold it; word -> its parts, listed by hand, and live (`search.lists`)."""

    counts: dict[str, int]
    listed: Listed = {}
    live: Listed = {}

    def splitter(self) -> Splitter:
        """What splits by them."""
        return Splitter(self.counts, {**self.listed, **self.live})


def read_compounds_file(home: Path, named: str | None) -> Listed:
    """The shop's list: the file named by the settings, else `compounds.txt` in the index directory, else nothing.

    Raises:
        BadInput: a named file that is missing, or a line that is no split; `place` is the file.
    """
    path = Path(named) if named else home / FILE
    if not named and not path.is_file():
        return {}
    try:
        return read_listed(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadInput(f"The list of compounds {path} cannot be read. {error}", str(path)) from error


def save_compounds(compounds: Compounds, folder: Path, language: str) -> None:
    """Write what one language's compounds are made of."""
    (folder / f"compounds-{language}.json").write_bytes(msgspec.json.encode(compounds))


def load_compounds(folder: Path, language: str) -> Compounds | None:
    """Read what `save_compounds` wrote; None for a language without compounds."""
    path = folder / f"compounds-{language}.json"
    return msgspec.json.decode(path.read_bytes(), type=Compounds) if path.is_file() else None
