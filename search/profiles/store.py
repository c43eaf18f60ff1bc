"""The state on disk: an append-only event log and the profiles folded from it, in SQLite or PostgreSQL.

One writer thread owns the only connection that writes. It commits what has gathered (up to 256 batches, or
what comes within a few milliseconds) as one transaction with `synchronous=FULL`, and only then are the
waiting requests answered: what was acknowledged is durable, and in the shopper's next request.

The log holds each event with its traits, so that replaying it rebuilds every profile without a catalogue.

Erasing rewrites the file: `secure_delete` alone left 16 copies of erased ids in 1,800 events, in the gaps that
split pages leave behind, and the write-ahead log keeps old pages until it is truncated.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Self

import msgspec
import sqlalchemy as sa

from search.errors import BadRequest, StoreUnavailable, TresenError
from search.profiles import erasing, eventlog, links, pruning
from search.profiles.reader import Reader, is_profile
from search.profiles.searches import forget_query
from search.profiles.sources import Key, sources_of
from search.profiles.stated import Change, revise
from search.profiles.statistics import Statistics, kinds_of
from search.profiles.tables import EVENTS, PROFILES, insert, make_tables, open_engine, put, rewrite, told_by
from search.settings import Personal
from search.types import Appended, Event, Link, Source, StatedTastes, Traits

GROUP_BATCHES = 256
GROUP_SECONDS = 0.003
#: A rewrite that a reader or a full disk prevented is tried again after this time.
WIPE_AGAIN_SECONDS = 5.0

Batch = Sequence[tuple[Event, Traits | None]]
Weigh = Callable[[Event, Traits, Statistics | None, Statistics | None], Traits]


@dataclass(slots=True)
class _Changes:
    """What a group of writes did, for those who read: profiles and statements (None: there is none any more), the
    sources of events that `came`, links, erasures."""

    profiles: dict[Key, Statistics | None] = field(default_factory=dict)
    came: set[Key] = field(default_factory=set)
    links: bool = False
    erased: bool = False
    statements: dict[str, StatedTastes | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Write:
    """Work for the writer, inside the transaction of its group; what it returns goes to whoever waits."""

    work: Callable[[sa.Connection, _Changes], Any]
    done: Future = field(default_factory=Future)


class SqlStore(Reader):
    """ProfileStore over a database that this process alone writes. Use as a context manager, or call `close`.

    Args:
        place: how error messages name the database.

    Raises:
        StoreUnavailable: the database cannot be opened or made.
    """

    def __init__(self, engine: sa.Engine, settings: Personal, place: str):
        super().__init__(engine, kinds_of(settings))
        try:
            with self._engine.begin() as connection:
                if make_tables(connection):
                    self._count_visits(connection)
        except (sa.exc.SQLAlchemyError, msgspec.DecodeError) as error:
            raise StoreUnavailable(
                f"The state in {place} cannot be opened ({told_by(error)}). Check the disk and the permissions.", place
            ) from error
        #: Puts into traits what was shown, and what a long-term profile was worth for a choice, before it is learned.
        self.weigh: Weigh | None = None
        self._unwiped = False
        self._queue: queue.SimpleQueue[_Write | None] = queue.SimpleQueue()
        self._closed = False
        self._writer = threading.Thread(target=self._write_forever, name="state-writer", daemon=True)
        self._writer.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Commit what waits and let go of the file."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            self._queue.put(None)
        self._writer.join()
        self._engine.dispose()

    def _count_visits(self, connection: sa.Connection) -> None:
        """A file from before there were links: visits of people who were not signed in get counters of their own."""
        rebuilt = eventlog.rebuilt(connection, self._counting)
        self._save(connection, {key: statistics for key, statistics in rebuilt.items() if key[0] == "visit"})

    # --- what can be asked of the writer ---

    def submit(self, events: Batch) -> Future[Appended]:
        """Queue a batch; the future is done after its commit (for callers that must not block)."""
        return self._enqueue(partial(self._append, events))

    def append(self, events: Batch) -> Appended:
        """Store a batch durably and wait for it.

        Raises:
            StoreUnavailable: the disk is full or the file cannot be written; nothing was stored.
        """
        return self.submit(events).result()

    def erase(self, id: str) -> Future[int]:
        """Forget a shopper, session or device: profile and events, what is linked to them, and their share in others.

        The future holds the number of events removed; then the file holds no copy of them either, unless a
        reader or a full disk was in the way: that is tried again.
        """
        return self._enqueue(partial(self._erase, id))

    def forget_query(self, id: str, text: str, session: str | None = None) -> Future[list[str | None]]:
        """Take one query's words out of somebody's events; the future holds the ids of the searches, event by event.

        Then the file holds no copy of them either, as after `erase`.
        """
        return self._enqueue(partial(self._forget_query, id, text, session))

    def state(self, id: str, change: Change) -> Future[StatedTastes]:
        """Change what a shopper or visit states; the future holds the statement, once it is durable."""
        return self._enqueue(partial(self._state, id, change))

    def link(self, shopper: str, source: Source, id: str, now: float) -> Future[Link]:
        """Count another account, a device or a visit with a shopper (`search.profiles.links`)."""
        return self._enqueue(partial(self._link, partial(links.link, shopper=shopper, source=source, id=id, now=now)))

    def unlink(self, shopper: str, number: int, now: float) -> Future[Link]:
        """Undo that: both profiles are what they were, bit for bit."""
        return self._enqueue(partial(self._link, partial(links.unlink, shopper=shopper, number=number, now=now)))

    def prune(self, before: float) -> int:
        """Take the events that happened before a moment (seconds since 1970) out of the log, and their bytes out of the
        file; how many. What they taught stays (`search.profiles.pruning`).

        Raises:
            StoreUnavailable: the file cannot be written; what is left is taken out another time.
        """
        total = 0
        while count := self._enqueue(partial(self._prune, before)).result():
            total += count
        if total:
            self._enqueue(_rewritten).result()
        return total

    def _enqueue(self, work: Callable[[sa.Connection, _Changes], Any]) -> Future:
        write = _Write(work)
        with self._lock:  # nothing may be queued behind the end
            if self._closed:
                raise StoreUnavailable(
                    "The server is stopping. Send the events again in a moment; the same event_id is safe."
                )
            self._queue.put(write)
        return write.done

    # --- the writer's thread ---

    def _write_forever(self) -> None:
        stop = False
        while not stop:
            try:
                first = self._queue.get(timeout=WIPE_AGAIN_SECONDS if self._unwiped else None)
            except queue.Empty:
                self._wipe()
                continue
            if first is None:
                break
            group, stop = self._gather(first)
            self._settle(group)
        if self._unwiped:
            self._wipe()

    def _settle(self, group: Sequence[_Write]) -> None:
        """Commit a group and tell everybody in it. Whatever goes wrong, the writer goes on."""
        try:
            results, changes = self._commit(group)
        except Exception as error:
            if len(group) > 1 and not isinstance(error, sa.exc.OperationalError):
                for write in group:  # the one that cannot be stored must not take the others with it
                    self._settle([write])
                return
            told = error
            if isinstance(error, sa.exc.DataError):
                told = BadRequest(
                    "An id holds a character that the database cannot keep. Send it without U+0000.", "body"
                )
            elif isinstance(error, sa.exc.SQLAlchemyError):
                told = StoreUnavailable(
                    f"The state cannot be written ({told_by(error)}). Nothing was stored; send it again later."
                )
            for write in group:
                write.done.set_exception(told)
            return
        self.published(changes.profiles, changes.came, changes.links, changes.erased)
        self.stated.publish(changes.statements)
        if changes.erased:
            self._wipe()
        for write, result in zip(group, results, strict=True):
            if isinstance(result, TresenError):
                write.done.set_exception(result)
            else:
                write.done.set_result(result)

    def _gather(self, first: _Write) -> tuple[list[_Write], bool]:
        group, deadline = [first], time.monotonic() + GROUP_SECONDS
        while len(group) < GROUP_BATCHES:
            try:
                write = self._queue.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                break
            if write is None:
                return group, True
            group.append(write)
        return group, False

    def _commit(self, group: Sequence[_Write]) -> tuple[list[Any], _Changes]:
        changes = _Changes()
        with self._engine.begin() as connection:
            results = [write.work(connection, changes) for write in group]
            self._save(connection, changes.profiles)
        return results, changes

    def _save(self, connection: sa.Connection, changed: Mapping[Key, Statistics | None]) -> None:
        rows = [
            {"kind": kind, "id": id, "statistics": msgspec.msgpack.encode(statistics)}
            for (kind, id), statistics in changed.items()
            if statistics is not None
        ]
        put(connection, PROFILES, rows)
        for key, statistics in changed.items():
            if statistics is None:
                connection.execute(PROFILES.delete().where(is_profile(key)))

    def _append(self, batch: Batch, connection: sa.Connection, changes: _Changes) -> Appended:
        accepted = unknown = 0
        for event, traits in batch:
            if traits is not None and self.weigh is not None:
                keys = sources_of(event) if event.shopper or event.device else []
                past, visit, *_ = (*(self._held(connection, changes, key) for key in keys), None, None)
                traits = self.weigh(event, traits, past, visit)
            row = {
                "event_id": event.event_id,
                "shopper": event.shopper,
                "session": event.session,
                "device": event.device,
                "event": msgspec.msgpack.encode(event),
                "traits": None if traits is None else msgspec.msgpack.encode(traits),
            }
            once = insert(connection, EVENTS).on_conflict_do_nothing(index_elements=["event_id"])
            added = connection.execute(once, row, execution_options={"preserve_rowcount": True})
            if not added.rowcount:
                continue
            accepted += 1
            changes.came.update(sources := sources_of(event))
            if traits is None:
                unknown += 1
                continue
            for key in sources:
                old = self._held(connection, changes, key)
                changes.profiles[key] = self._counting[key[0]].fold(old, event.type, traits, event.time)
        return Appended(accepted, len(batch) - accepted, unknown)

    def _held(self, connection: sa.Connection, changes: _Changes, key: Key) -> Statistics | None:
        return changes.profiles[key] if key in changes.profiles else self._read(connection, key)

    def _erase(self, id: str, connection: sa.Connection, changes: _Changes) -> int:
        erased = erasing.erase(connection, id, self._counting)
        changes.profiles |= erased.profiles
        changes.erased |= bool(erased.events or erased.rows)
        changes.statements |= dict.fromkeys(erased.names)
        return erased.events

    def _forget_query(
        self, id: str, text: str, session: str | None, connection: sa.Connection, changes: _Changes
    ) -> list[str | None]:
        searches = forget_query(connection, id, text, session)
        changes.erased |= bool(searches)
        return searches

    def _state(self, id: str, change: Change, connection: sa.Connection, changes: _Changes) -> StatedTastes:
        changes.statements[id] = revise(connection, id, change)
        return changes.statements[id]  # type: ignore[return-value]

    def _prune(self, before: float, connection: sa.Connection, changes: _Changes) -> int:
        pruned = pruning.prune(connection, before, self._counting)
        changes.profiles |= dict.fromkeys(pruned.ended)
        return pruned.events

    def _link(
        self, work: Callable[[sa.Connection], Link], connection: sa.Connection, changes: _Changes
    ) -> Link | TresenError:
        """A link that is refused has written nothing, and is nobody else's trouble: the group goes on."""
        try:
            made = work(connection)
        except TresenError as error:
            return error
        changes.links = True
        return made

    def _wipe(self) -> None:
        """Rewrite the database, so that no copy of erased rows is left in it; `_unwiped` until that is done."""
        raise NotImplementedError


class SqliteStore(SqlStore):
    """A store in one SQLite file.

    Raises:
        StoreUnavailable: the file cannot be opened or made.
    """

    def __init__(self, path: Path, settings: Personal):
        engine = open_engine(path)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreUnavailable(
                f"The state in {path} cannot be opened ({told_by(error)}). Check the disk and the permissions.",
                str(path),
            ) from error
        super().__init__(engine, settings, str(path))

    def _wipe(self) -> None:
        """Rewrite the file and empty the write-ahead log, so that no copy of erased rows is left in either."""
        self._unwiped = True
        try:
            self._unwiped = rewrite(self._engine)
        except sa.exc.SQLAlchemyError:
            return  # tried again


def _rewritten(connection: sa.Connection, changes: _Changes) -> None:
    """Nothing to write but the file anew: rows have left it."""
    changes.erased = True
