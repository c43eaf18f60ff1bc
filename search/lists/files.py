"""A shop's own lists: synonyms, and splits of compounds. Two files each, read together, both in the same plain text:

    DIR/synonyms.txt, DIR/compounds.txt               written by hand; or the files that the settings name
    DIR/state/synonyms.txt, DIR/state/compounds.txt   written by the API and `tresen synonyms|compounds`

The server writes the second ones only. Of a word that both split, theirs counts. They are written as a whole: into a
new file, synced, renamed; whoever reads sees the list before or after. Writers take turns by a lock on a file beside
them, across processes too. A server looks at all four once a second, so an edit by hand or by another process is live
as well.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar
from zlib import crc32

from search.durable import replace_file
from search.errors import BadInput, StoreUnavailable
from search.messages import MAX_PARTS, MAX_SPLITS
from search.settings import Analysis
from search.text import clean, words
from search.words.compounds import Listed, read_listed
from search.words.synonyms import MOST_CHARACTERS, MOST_ENTRIES, Synonym, Thesaurus, read_synonyms

SYNONYMS = "synonyms.txt"
COMPOUNDS = "compounds.txt"
STATE = "state"
LOCK = "lists.lock"
#: Size, time of the last change in ns, and number of each file; None for one that is not there.
Stamp = tuple[tuple[int, int, int] | None, ...]
T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Lists:
    """Both lists at one moment: by hand (`of_file`), and by API or terminal.

    `split_of_file` is None where there is no such file: then the list that the index was made with holds.
    """

    synonyms_of_file: tuple[Synonym, ...] = ()
    synonyms: tuple[Synonym, ...] = ()
    splits_of_file: Mapping[str, tuple[str, ...]] | None = None
    splits: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    stamp: Stamp = ()

    @property
    def all_synonyms(self) -> tuple[Synonym, ...]:
        """Those of the file, and those of the API."""
        return (*self.synonyms_of_file, *self.synonyms)

    @property
    def mark(self) -> int:
        """A number that is another one after an edit, and the same in every process; 0 of no lists."""
        if not self.all_synonyms and self.splits_of_file is None and not self.splits:
            return 0
        splits = None if self.splits_of_file is None else sorted(self.splits_of_file.items())
        return crc32(repr((self.all_synonyms, splits, sorted(self.splits.items()))).encode())

    def thesaurus(self, language: str) -> Thesaurus | None:
        """The synonyms for queries in a language; None where there are none."""
        return Thesaurus(self.all_synonyms, language) or None

    def listed(self, indexed: Listed) -> Listed:
        """All splits; `indexed` are those by hand that the index was made with."""
        return {**(indexed if self.splits_of_file is None else self.splits_of_file), **self.splits}


class ListFiles:
    """The four files of one index directory."""

    def __init__(self, home: Path, settings: Analysis):
        self._home = home
        self._settings = settings
        self._folder = home / STATE

    def stamp(self) -> Stamp:
        """Differs once one of the files does."""
        by_hand = (
            (self._settings.synonyms_file or self._home / SYNONYMS),
            self._settings.compounds_file or (self._home / COMPOUNDS),
        )
        paths = [Path(path) for path in (*by_hand, self._folder / SYNONYMS, self._folder / COMPOUNDS)]
        return tuple(_stamp(path) for path in paths)

    def read(self) -> Lists:
        """What they hold now.

        Raises:
            BadInput: a file that the settings name is missing, or a line is none of a list; the message names both.
        """
        stamp, named = self.stamp(), self._settings.compounds_file
        by_hand = bool(named) or (self._home / COMPOUNDS).is_file()
        return Lists(
            tuple(read_synonyms_file(self._home, self._settings.synonyms_file)),
            tuple(_read(self._folder / SYNONYMS, read_synonyms, [])),
            read_compounds_file(self._home, named) if by_hand else None,
            _read(self._folder / COMPOUNDS, read_listed, {}),
            stamp,
        )

    def edit_synonyms(self, change: Callable[[tuple[Synonym, ...]], Sequence[Synonym]]) -> Lists:
        """Replace the list of the API by what `change` makes of it; the lists as they are then.

        Raises:
            BadInput: it is too long, or what `change` raises. StoreUnavailable: it cannot be written.
        """

        def edited(now: Lists) -> str:
            entries = sorted(set(change(now.synonyms)), key=lambda entry: entry.line)
            if len(entries) > MOST_ENTRIES:
                raise BadInput(f"The list would have more than {MOST_ENTRIES:,} synonyms.", "synonyms")
            return "".join(f"{entry.line}\n" for entry in entries)

        return self._write(SYNONYMS, edited)

    def edit_splits(self, change: Callable[[Listed], Mapping[str, Sequence[str]]]) -> Lists:
        """The same for splits."""

        def edited(now: Lists) -> str:
            splits = change(dict(now.splits))
            if len(splits) > MAX_SPLITS:
                raise BadInput(f"The list would have more than {MAX_SPLITS:,} splits.", "compounds")
            return "".join(f"{word} = {' '.join(parts)}".rstrip() + "\n" for word, parts in sorted(splits.items()))

        return self._write(COMPOUNDS, edited)

    def _write(self, name: str, edited: Callable[[Lists], str]) -> Lists:
        with _locked(self._folder):
            text = edited(self.read())
            try:
                written = f"# Written by Tresen: the API, and `tresen {name[:-4]}`.\n{text}"
                replace_file(self._folder / name, written.encode())
            except OSError as error:
                raise StoreUnavailable(f"The list cannot be written ({error.strerror}). Check the disk.") from error
            return self.read()


def read_synonyms_file(home: Path, named: str | None) -> list[Synonym]:
    """The list by hand: the file named by the settings, else `synonyms.txt` in the index directory, else nothing.

    Raises:
        BadInput: a named file that is missing, or a line that is no synonym; the message names it.
    """
    path = Path(named) if named else home / SYNONYMS
    return _read(path, read_synonyms, None if named else [])


def make_split(word: str, parts: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """A split, checked and in its one form; no parts: the word is never split.

    Raises:
        ValueError: it is none; the message says why.

    >>> make_split("Terrassendiele", ["Terrasse", "Diele"])
    ('terrassendiele', ('terrasse', 'diele'))
    """
    folded, *others = (clean(text).casefold() for text in (word, *parts))
    for text in (folded, *others):
        found = list(words(text, ""))
        if len(found) != 1 or found[0].text != text or len(text) > MOST_CHARACTERS:
            raise ValueError(f"'{text[:30]}' is not one word of letters, at most {MOST_CHARACTERS}")
    if len(others) == 1 or len(others) > MAX_PARTS:
        raise ValueError(f"A split has two to {MAX_PARTS} parts, or none: never split")
    return folded, tuple(others)


def _read(path: Path, reader: Callable[[str], T], missing: T | None) -> T:
    """A file read; `missing` where it is not there, an error if that is None."""
    if missing is not None and not path.is_file():
        return missing
    try:
        return reader(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadInput(f"The list {path} cannot be read. {error}", str(path)) from error


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns, found.st_ino


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """One writer at a time, over all processes on the machine; a killed one lets go."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder / LOCK, os.O_CREAT | os.O_RDWR, 0o600)
    except OSError as error:
        raise StoreUnavailable(f"The list cannot be written ({error.strerror}). Check the disk.") from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def read_compounds_file(home: Path, named: str | None) -> Listed:
    """The shop's list: the file named by the settings, else `compounds.txt` in the index directory, else nothing.

    Raises:
        BadInput: a named file that is missing, or a line that is no split; `place` is the file.
    """
    path = Path(named) if named else home / COMPOUNDS
    if not named and not path.is_file():
        return {}
    try:
        return read_listed(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadInput(f"The list of compounds {path} cannot be read. {error}", str(path)) from error
