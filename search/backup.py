"""Backups of a shop's state: what people did and said, the shop's lists, what was learned, and which products
changed since the index was built; the index is made anew.

A backup is one tar file. `backup.json`, its first member, names every other one with its size and sha256. The database
is copied by SQLite's own online backup in one step, so it holds one moment of the log, whoever writes meanwhile; an
event that was acknowledged before is in it. A file appears under its name only when it is whole and on disk.

A backup holds personal data, so only its owner may read it, and what is erased later is still in it.
"""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import sqlite3
import tarfile
import tempfile
from collections.abc import Mapping
from contextlib import closing
from datetime import datetime
from pathlib import Path

import msgspec
from sqlalchemy.engine import URL, make_url

from search import __version__
from search.changelog import NAME as CHANGES
from search.durable import sync
from search.errors import BadInput, StoreUnavailable
from search.lists.files import COMPOUNDS, STATE, SYNONYMS
from search.settings import Settings

FORMAT = 1
ABOUT = "backup.json"
DATABASE = f"{STATE}/tresen.db"
#: What is kept beside the database: lists of the shop, by hand and by the API, and what was learned.
LEARNED = tuple(f"{STATE}/{name}.json" for name in ("weights", "repeats", "trends", "segments"))
MEMBERS = (DATABASE, SYNONYMS, COMPOUNDS, f"{STATE}/{SYNONYMS}", f"{STATE}/{COMPOUNDS}", CHANGES, *LEARNED)


class Member(msgspec.Struct, frozen=True):
    """A file's size in bytes and its sha256."""

    bytes: int
    sha256: str


class About(msgspec.Struct, frozen=True, kw_only=True):
    """What a backup holds: when it was made and by which version, how many events, and every file."""

    format: int
    created: str
    version: str
    events: int
    files: dict[str, Member]


# --- making one ---


def back_up(home: Path, settings: Settings, target: Path, now: datetime) -> tuple[Path, About]:
    """Back up an index directory's state, while a server may be writing to it.

    Args:
        target: the file, or a directory in which it gets a name by its time.

    Raises:
        BadInput: nothing to back up, a file in the way, or a state in PostgreSQL.
        StoreUnavailable: the database cannot be read, or the file not be written.
    """
    refuse_postgres(settings, "backed up", "pg_dump --format=custom --file=tresen.dump")
    path = target / f"tresen-{now.strftime('%Y-%m-%dT%H-%M-%SZ')}.tar" if target.is_dir() else target
    if path.exists():
        raise BadInput(f"{path} is there already. Name another file, or a directory.", str(path))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".backup-") as folder:
            return path, _write(home, path, Path(folder), now)
    except (OSError, sqlite3.Error) as error:
        raise StoreUnavailable(
            f"No backup was made: {error}. Check the disk and the permissions.", str(path)
        ) from error


def _write(home: Path, path: Path, folder: Path, now: datetime) -> About:
    events = _copy_database(home / DATABASE, folder / "copy.db") if (home / DATABASE).is_file() else 0
    found = {name: folder / "copy.db" if name == DATABASE else home / name for name in MEMBERS}
    content = {name: place for name, place in found.items() if place.is_file()}
    if not content:
        raise BadInput(f"{home} has no state yet: no events, lists or learned files to back up.", str(home))
    made = folder / "whole.tar"
    about = _write_tar(made, content, events, now)
    made.rename(path)
    sync(path.parent)
    return about


def _copy_database(source: Path, target: Path) -> int:
    """Copy a database in one step, as one file without a write-ahead log; the number of its events."""
    with (
        closing(sqlite3.connect(f"{source.resolve().as_uri()}?mode=ro", uri=True, timeout=30)) as live,
        closing(sqlite3.connect(target)) as copy,
    ):
        live.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")
        return _check_database(copy)


def _check_database(connection: sqlite3.Connection) -> int:
    """The number of a database's events.

    Raises:
        sqlite3.Error: it is damaged.
    """
    verdict = connection.execute("PRAGMA quick_check").fetchone()[0]
    if verdict != "ok":
        raise sqlite3.DatabaseError(f"the database is damaged: {verdict}")
    return int(connection.execute("SELECT COUNT(*) FROM events").fetchone()[0])


def _write_tar(made: Path, content: Mapping[str, Path], events: int, now: datetime) -> About:
    """Write the members as they are at one moment each; learned files and lists are replaced whole, never half."""
    small = {name: place.read_bytes() for name, place in content.items() if name != DATABASE}
    files = {name: Member(len(data), hashlib.sha256(data).hexdigest()) for name, data in small.items()}
    if DATABASE in content:
        files[DATABASE] = _member(content[DATABASE])
    created = now.isoformat(timespec="seconds")
    about = About(format=FORMAT, created=created, version=__version__, events=events, files=files)
    handle = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as out:
        with tarfile.open(fileobj=out, mode="w") as tar:
            _add(tar, ABOUT, msgspec.json.format(msgspec.json.encode(about), indent=1), now)
            for name, data in small.items():
                _add(tar, name, data, now)
            if DATABASE in content:
                tar.add(content[DATABASE], DATABASE, recursive=False, filter=_nobodys)
        out.flush()
        os.fsync(out.fileno())
    return about


def _member(path: Path) -> Member:
    with path.open("rb") as file:
        return Member(path.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest())


def _add(tar: tarfile.TarFile, name: str, data: bytes, now: datetime) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode, entry.mtime = len(data), 0o600, int(now.timestamp())
    tar.addfile(entry, io.BytesIO(data))


def _nobodys(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.uid = entry.gid = 0
    entry.uname, entry.gname, entry.mode = "", "", 0o600
    return entry


# --- putting one back ---


def restore(source: Path, home: Path, settings: Settings, force: bool, now: datetime) -> tuple[About, Path | None]:
    """Put a backup's state in the place of an index directory's; where the state before lies now, None without one.

    Args:
        force: also where there is a state; it is moved aside, not removed.

    Raises:
        BadInput: no whole backup, a server that runs here, or a state that is there.
        StoreUnavailable: the files cannot be written.
    """
    refuse_postgres(settings, "restored", "pg_restore --clean --dbname=…")
    in_the_way = [name for name in MEMBERS if (home / name).is_file() and not _is_empty(home / name)]
    refuse_in_use(home / DATABASE)
    if in_the_way and not force:
        raise BadInput(
            f"{home} has a state already ({', '.join(in_the_way)}). With --force it is moved aside and replaced.",
            str(home),
        )
    try:
        home.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=home, prefix=".restore-") as folder:
            about = unpack(source, Path(folder))
            return about, _exchange(home, Path(folder), now)
    except OSError as error:
        raise StoreUnavailable(f"The state was not restored: {error}. Check the disk.", str(home)) from error


def unpack(source: Path, folder: Path) -> About:
    """A backup's files, each checked against `backup.json`.

    Raises:
        BadInput: no backup, a damaged one, or one of a later version.
    """
    try:
        with tarfile.open(source) as tar:
            about = _about(tar, source)
            for name, expected in about.files.items():
                _unpack_member(tar, name, expected, folder / name, source)
    except (tarfile.TarError, EOFError, KeyError, OSError) as error:
        raise BadInput(f"{source} is no whole backup ({error}). Take another one.", str(source)) from error
    _check_unpacked(folder / DATABASE, source)
    return about


def _about(tar: tarfile.TarFile, source: Path) -> About:
    first = tar.next()
    if first is None or first.name != ABOUT or not first.isfile():
        raise BadInput(f"{source} is no backup of Tresen: it does not begin with {ABOUT}.", str(source))
    try:
        about = msgspec.json.decode(tar.extractfile(first).read(), type=About)  # type: ignore[union-attr]
    except msgspec.MsgspecError as error:
        raise BadInput(f"{source} is damaged: {ABOUT} cannot be read ({error}).", str(source)) from error
    if about.format != FORMAT or not set(about.files) <= set(MEMBERS):
        told = f"{source} was made by version {about.version}, whose backups this one cannot read. Use that version."
        raise BadInput(told, str(source))
    return about


def _unpack_member(tar: tarfile.TarFile, name: str, expected: Member, target: Path, source: Path) -> None:
    entry = tar.getmember(name)
    file = tar.extractfile(entry) if entry.isfile() else None
    if file is None:
        raise BadInput(f"{source} is damaged: {name} is no file in it.", str(source))
    target.parent.mkdir(parents=True, exist_ok=True)
    with file, target.open("xb") as out:
        shutil.copyfileobj(file, out)
        out.flush()
        os.fsync(out.fileno())
    if _member(target) != expected:
        raise BadInput(f"{source} is damaged: {name} is not what was backed up (checksum).", str(source))


def _check_unpacked(database: Path, source: Path) -> None:
    if not database.is_file():
        return
    try:
        with closing(sqlite3.connect(database)) as connection:
            _check_database(connection)
    except sqlite3.Error as error:
        raise BadInput(f"{source} holds a database that cannot be read ({error}).", str(source)) from error


def _exchange(home: Path, folder: Path, now: datetime) -> Path | None:
    """Move what is there aside, and what was unpacked into its place. A rename each: nothing is half written."""
    (folder / STATE).mkdir(exist_ok=True)
    sync(folder / STATE)
    aside = home / f"state.before-{now.strftime('%Y-%m-%dT%H-%M-%S')}"
    old = [home / name for name in (STATE, SYNONYMS, COMPOUNDS) if (home / name).exists()]
    if old:
        aside.mkdir(mode=0o700)
        for path in old:
            path.rename(aside / path.name)
    for path in sorted(folder.iterdir()):
        path.rename(home / path.name)
    sync(home)
    return aside if old else None


# --- what must not be ---


def refuse_postgres(settings: Settings, done: str, command: str) -> None:
    """A state in PostgreSQL has tools of its own.

    Raises:
        BadInput: the state is there; the message names the tool.
    """
    if settings.state.url:
        url = make_url(settings.state.url)
        told = URL.create("postgresql", url.username, None, url.host, url.port, url.database).render_as_string()
        raise BadInput(
            f"The state is in PostgreSQL and is {done} by its own tools: {command} {told}. The lists and what was "
            "learned are files in DIR/state: copy them as they are.",
            "state.url",
        )


def refuse_in_use(database: Path) -> None:
    """A server that runs would go on writing to the file that was moved away.

    SQLite leaves the write-ahead log only where no other connection has the file open.

    Raises:
        BadInput: somebody has the database open.
    """
    if not database.is_file():
        return
    try:
        with closing(sqlite3.connect(database, timeout=0)) as connection:
            connection.execute("PRAGMA journal_mode=DELETE")
            connection.execute("PRAGMA journal_mode=WAL")
    except sqlite3.OperationalError as error:
        if "locked" in str(error):
            told = f"{database} is in use. Stop the server (and whatever else reads it) first, then restore."
            raise BadInput(told, str(database)) from error
    except sqlite3.DatabaseError:
        return  # damaged: that is what backups are for


def _is_empty(path: Path) -> bool:
    """Whether there is nothing to lose: a database in which nobody is known, as a server makes it when it starts."""
    if path.name == Path(CHANGES).name:
        return len(path.read_bytes().splitlines()) < 2  # the first line is no change
    if path.name != Path(DATABASE).name:
        return path.name in {Path(name).name for name in LEARNED} or path.stat().st_size == 0
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            tables = ("events", "profiles", "checkpoints", "stated", "links")
            counts = (connection.execute(f"SELECT EXISTS (SELECT 1 FROM {table})").fetchone()[0] for table in tables)
            return not any(counts)
    except sqlite3.Error:
        return False
