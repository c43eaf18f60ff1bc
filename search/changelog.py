"""The log of changes of products: what was acknowledged is on the disk, and is read again at the next start.

    DIR/state/changes.log        a line a change: its sum (crc32, 8 hex digits), a blank, the change as JSON

Lines are only appended, a group of them with one sync, and the log is only ever read from its beginning to its end; so
it is a plain file and not a table. A line that a crash broke off is the last one and was never acknowledged: it is cut
off. A line that is damaged before the last one is told, and nothing behind it is believed.

The first line says which number came last before the log begins, so that numbers go on where a pruned log is empty.
One process writes it: it holds a lock as long as it lives. Whoever else reads it, reads whole lines.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from zlib import crc32

import msgspec

from search.durable import sync
from search.errors import BadSnapshot, StoreUnavailable
from search.lists.files import STATE
from search.types import Changed

NAME = f"{STATE}/changes.log"
LOCK = f"{STATE}/changes.lock"
SUM = 8


class Start(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The first line: the number of the last change before the log begins."""

    after: int


_CHANGE = msgspec.json.Decoder(Changed)


def line_of(entry: Start | Changed) -> bytes:
    """An entry as a line."""
    data = msgspec.json.encode(entry)
    return b"%08x %s\n" % (crc32(data), data)


def _data(line: bytes) -> bytes | None:
    """What a line holds; None where it is damaged."""
    data = line[SUM + 1 : -1]
    return data if line.endswith(b"\n") and line[:SUM] == b"%08x" % crc32(data) else None


class ChangeLog:
    """The changes of one index directory, in their order.

    Raises:
        BadSnapshot: a line before the last one is damaged; the message says what to do.
    """

    def __init__(self, home: Path):
        self._home, self._path = home, home / NAME
        self.after, self.last, self._end = 0, 0, 0
        self._file: int | None = None
        self._lock: int | None = None
        self._broken = ""
        self.changes: list[Changed] = []
        self._read_on()

    def _read_on(self) -> list[Changed]:
        """Read what was appended since; the new changes."""
        try:
            data = self._path.read_bytes()[self._end :]
        except FileNotFoundError:
            return []
        new = []
        for entry, size in _entries(data, self._end == 0, self._path):
            self._end += size
            if isinstance(entry, Start):
                self.after = self.last = entry.after
            else:
                new.append(entry)
                self.last = entry.number
        self.changes += new
        return new

    def since(self, number: int) -> list[Changed]:
        """The changes with a greater number."""
        return [change for change in self.changes if change.number > number]

    def open(self) -> list[Changed]:
        """Become the one who writes; what another process wrote since it was read.

        Raises:
            StoreUnavailable: another process writes, or the disk cannot be written.
        """
        if self._file is not None:
            return []
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._lock = _locked(self._home / LOCK)
            missed = self._read_on()
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
            os.ftruncate(self._file, self._end)
            if not self._end:
                self._write(line_of(Start(self.last)))
                sync(self._path.parent)
        except BlockingIOError as error:
            told = "Another server writes the changes of this index. Send them to that one."
            self.close()
            raise StoreUnavailable(told, str(self._path)) from error
        except OSError as error:
            self.close()
            raise StoreUnavailable(f"Changes cannot be written ({error.strerror}). Check the disk.") from error
        return missed

    def append(self, changes: Sequence[Changed], least: int = 0) -> list[Changed]:
        """Write changes and sync them; as they were written, with their numbers.

        Args:
            least: a number that theirs are to be greater than.

        Raises:
            StoreUnavailable: they are not durable; none of them is in the log.
        """
        if self._broken:
            raise StoreUnavailable(f"Changes cannot be written since {self._broken}. Start the server again.")
        self.open()
        first = max(self.last, least) + 1
        numbered = [msgspec.structs.replace(change, number=first + at) for at, change in enumerate(changes)]
        try:
            self._write(b"".join(map(line_of, numbered)))
        except OSError as error:
            raise StoreUnavailable(f"Changes cannot be written ({error.strerror}). Check the disk.") from error
        self.changes += numbered
        self.last = numbered[-1].number if numbered else self.last
        return numbered

    def _write(self, data: bytes) -> None:
        assert self._file is not None
        try:
            left, at = memoryview(data), self._end
            while left:
                done = os.pwrite(self._file, left, at)
                left, at = left[done:], at + done
        except OSError:
            os.ftruncate(self._file, self._end)  # a full disk: what was written in part is taken back
            raise
        try:
            os.fdatasync(self._file)
        except OSError as error:
            self._broken = f"a sync failed ({error.strerror})"  # what is on the disk is unknown from here on
            raise
        self._end += len(data)

    def prune(self, upto: int) -> int:
        """Forget the changes that every kept generation has; how many. A new file in place of the old one.

        Raises:
            StoreUnavailable: the new file cannot be written; the old one goes on.
        """
        kept = self.since(upto)
        gone = len(self.changes) - len(kept)
        if not gone:
            return 0
        self.open()
        new = self._path.with_suffix(".new")
        start = Start(kept[0].number - 1 if kept else self.last)
        data = b"".join([line_of(start), *map(line_of, kept)])
        try:
            handle = os.open(new, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            new.replace(self._path)
            sync(self._path.parent)
            opened = os.open(self._path, os.O_RDWR)
        except OSError as error:
            raise StoreUnavailable(
                f"The log of changes cannot be pruned ({error.strerror}). Check the disk."
            ) from error
        if self._file is not None:
            os.close(self._file)
        self._file, self._end, self.changes = opened, len(data), kept
        self.after = upto
        return gone

    def close(self) -> None:
        """Let go of the file and its lock."""
        for handle in (self._file, self._lock):
            if handle is not None:
                os.close(handle)
        self._file = self._lock = None


def read_changes(home: Path) -> ChangeLog:
    """The log as it is, only to be read."""
    return ChangeLog(home)


def counting(changes: Iterable[Changed], generation: int, after: int) -> list[Changed]:
    """The changes that count over a generation: those behind what it has, and behind where they were dropped."""
    counted = [change for change in changes if change.number > after]
    for at in range(len(counted) - 1, -1, -1):
        if counted[at].kind == "drop" and counted[at].generation == generation:
            counted = counted[at + 1 :]
            break
    return [change for change in counted if change.kind != "drop"]


def _entries(data: bytes, from_start: bool, path: Path) -> Iterator[tuple[Start | Changed, int]]:
    lines = data.splitlines(keepends=True)
    for at, line in enumerate(lines):
        held = _data(line)
        if held is None:
            if any(_data(later) is not None for later in lines[at + 1 :]):
                raise BadSnapshot(
                    f"{path} is damaged in line {at + 1}, and changes of products follow. Put a backup in its place "
                    "(tresen restore), or move it away and index the feed again.",
                    str(path),
                )
            return
        if at == 0 and from_start:
            yield msgspec.json.decode(held, type=Start), len(line)
        else:
            yield _CHANGE.decode(held), len(line)


def _locked(path: Path) -> int:
    handle = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        raise
    return handle
