"""The state on disk: an append-only event log and the profiles folded from it, in SQLite.

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
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from search.errors import StoreUnavailable
from search.profiles.log import logged
from search.profiles.statistics import Kind, Statistics, combine, kinds_of
from search.profiles.tables import BUSY_SECONDS, EVENTS, METADATA, PROFILES, open_engine, told_by
from search.settings import Personal
from search.types import Affinities, Appended, Event, Identity, Personalize, ProfileVersion, Traits

GROUP_BATCHES = 256
GROUP_SECONDS = 0.003
CACHED_PROFILES = 10_000
#: Earlier states that somebody pages through.
CACHED_PAST = 1_000
#: A rewrite that a reader or a full disk prevented is tried again after this time.
WIPE_AGAIN_SECONDS = 5.0

Key = tuple[str, str]
Batch = Sequence[tuple[Event, Traits | None]]

_STATISTICS = msgspec.msgpack.Decoder(Statistics)
_EVENT = msgspec.msgpack.Decoder(Event)


@dataclass(frozen=True, slots=True)
class _Write:
    """Work for the writer: a batch of events, or an id to erase."""

    done: Future
    batch: Batch = ()
    erase: str | None = None


class SqliteStore:
    """ProfileStore over one SQLite file. Use as a context manager, or call `close`.

    Raises:
        StoreUnavailable: the file cannot be opened or made.
    """

    def __init__(self, path: Path, settings: Personal):
        self.kinds: Mapping[str, Kind] = kinds_of(settings)
        self._engine = open_engine(path)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            METADATA.create_all(self._engine)
        except (OSError, sa.exc.SQLAlchemyError) as error:
            raise StoreUnavailable(
                f"The state in {path} cannot be opened ({told_by(error)}). Check the disk and the permissions.",
                str(path),
            ) from error
        self._cache: dict[Key, Statistics | None] = {}
        self._past: dict[tuple[Key, int], Statistics] = {}
        self._published = 0
        self._unwiped = False
        self._lock = threading.Lock()
        self._queue: queue.SimpleQueue[_Write | None] = queue.SimpleQueue()
        self._closed = False
        self._writer = threading.Thread(target=self._write_forever, name="state-writer", daemon=True)
        self._writer.start()

    def __enter__(self) -> SqliteStore:
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

    # --- writing ---

    def submit(self, events: Batch) -> Future[Appended]:
        """Queue a batch; the future is done after its commit (for callers that must not block)."""
        return self._enqueue(_Write(Future(), batch=events))

    def append(self, events: Batch) -> Appended:
        """Store a batch durably and wait for it.

        Raises:
            StoreUnavailable: the disk is full or the file cannot be written; nothing was stored.
        """
        return self.submit(events).result()

    def erase(self, id: str) -> Future[int]:
        """Forget a shopper or session: profile and events, and their share in the profiles of those they met.

        The future holds the number of events removed; then the file holds no copy of them either, unless a
        reader or a full disk was in the way: that is tried again.
        """
        return self._enqueue(_Write(Future(), erase=id))

    def _enqueue(self, write: _Write) -> Future:
        with self._lock:  # nothing may be queued behind the end
            if self._closed:
                raise StoreUnavailable(
                    "The server is stopping. Send the events again in a moment; the same event_id is safe."
                )
            self._queue.put(write)
        return write.done

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
            results, changed = self._commit(group)
        except Exception as error:
            if len(group) > 1 and not isinstance(error, sa.exc.OperationalError):
                for write in group:  # the one that cannot be stored must not take the others with it
                    self._settle([write])
                return
            told = error
            if isinstance(error, sa.exc.SQLAlchemyError):
                told = StoreUnavailable(
                    f"The state cannot be written ({told_by(error)}). Nothing was stored; send it again later."
                )
            for write in group:
                write.done.set_exception(told)
            return
        erased = any(write.erase is not None and result for write, result in zip(group, results, strict=True))
        self._publish(changed, erased)
        if erased:
            self._wipe()
        for write, result in zip(group, results, strict=True):
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

    def _commit(self, group: Sequence[_Write]) -> tuple[list[Any], dict[Key, Statistics | None]]:
        changed: dict[Key, Statistics | None] = {}
        with self._engine.begin() as connection:
            results: list[Any] = []
            for write in group:
                if write.erase is not None:
                    results.append(self._erase(connection, write.erase, changed))
                else:
                    results.append(self._append(connection, write.batch, changed))
            self._save(connection, changed)
        return results, changed

    def _save(self, connection: sa.Connection, changed: Mapping[Key, Statistics | None]) -> None:
        rows = [
            {"kind": kind, "id": id, "statistics": msgspec.msgpack.encode(statistics)}
            for (kind, id), statistics in changed.items()
            if statistics is not None
        ]
        if rows:
            statement = insert(PROFILES)
            update = {"statistics": statement.excluded.statistics}
            connection.execute(statement.on_conflict_do_update(index_elements=["kind", "id"], set_=update), rows)
        for key, statistics in changed.items():
            if statistics is None:
                connection.execute(PROFILES.delete().where(_is(key)))

    def _append(self, connection: sa.Connection, batch: Batch, changed: dict[Key, Statistics | None]) -> Appended:
        accepted = unknown = 0
        for event, traits in batch:
            row = {
                "event_id": event.event_id,
                "shopper": event.shopper,
                "session": event.session,
                "event": msgspec.msgpack.encode(event),
                "traits": None if traits is None else msgspec.msgpack.encode(traits),
            }
            added = connection.execute(insert(EVENTS).on_conflict_do_nothing(index_elements=["event_id"]), row)
            if not added.rowcount:
                continue
            accepted += 1
            if traits is None:
                unknown += 1
                continue
            for kind, id in _profiles_of(event):
                key = (kind, id)
                old = changed[key] if key in changed else self._read(connection, key)
                changed[key] = self.kinds[kind].fold(old, event.type, traits, event.time)
        return Appended(accepted, len(batch) - accepted, unknown)

    def _erase(self, connection: sa.Connection, id: str, changed: dict[Key, Statistics | None]) -> int:
        """Delete the events; fold anew, from what is left, every profile that they were part of.

        An erased shopper's sessions must not keep what they learned from them, nor the other way round.
        """
        theirs = sa.or_(EVENTS.c.shopper == id, EVENTS.c.session == id)
        met = connection.execute(sa.select(EVENTS.c.shopper, EVENTS.c.session).where(theirs).distinct()).all()
        removed = connection.execute(EVENTS.delete().where(theirs)).rowcount
        keys = {(kind, id) for kind in self.kinds}
        keys |= {(kind, name) for pair in met for kind, name in zip(("shopper", "session"), pair, strict=True) if name}
        for kind, name in keys:
            column = EVENTS.c.shopper if kind == "shopper" else EVENTS.c.session
            changed[(kind, name)] = self._folded(connection, column == name).get((kind, name))
        return removed

    def _wipe(self) -> None:
        """Rewrite the file and empty the write-ahead log, so that no copy of erased rows is left in either."""
        self._unwiped = True
        try:
            with self._engine.connect() as connection:
                connection.exec_driver_sql("VACUUM")
                connection.exec_driver_sql("PRAGMA busy_timeout=1000")
                busy = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").scalar()
                connection.exec_driver_sql(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}")
                self._unwiped = bool(busy)
        except sa.exc.SQLAlchemyError:
            return  # tried again

    def _publish(self, changed: Mapping[Key, Statistics | None], erased: bool) -> None:
        with self._lock:
            self._published += 1
            for key, statistics in changed.items():
                self._keep(key, statistics)
                if statistics is None:
                    del self._cache[key]
            if erased:
                self._past.clear()

    def _keep(self, key: Key, statistics: Statistics | None) -> None:
        """Into the cache, as the newest; the oldest go. Call it under the lock."""
        self._cache.pop(key, None)
        self._cache[key] = statistics
        while len(self._cache) > CACHED_PROFILES:
            del self._cache[next(iter(self._cache))]

    # --- reading ---

    def statistics(self, kind: str, id: str) -> Statistics | None:
        """A profile's counters; immutable, so they can be read while events come in.

        Raises:
            StoreUnavailable: the file cannot be read, or what it holds makes no sense.
        """
        key = (kind, id)
        with self._lock:
            if key in self._cache:
                return self._cache[key]
            published = self._published
        try:
            with self._engine.connect() as connection:
                found = self._read(connection, key)
        except (sa.exc.SQLAlchemyError, msgspec.DecodeError) as error:
            raise StoreUnavailable(f"The profiles cannot be read ({told_by(error)}). Check the disk.") from error
        with self._lock:
            if published == self._published:  # else the writer was faster, and this may be stale
                self._keep(key, found)
            return self._cache.get(key, found)

    def _read(self, connection: sa.Connection, key: Key) -> Statistics | None:
        with self._lock:
            if key in self._cache:
                return self._cache[key]
        blob = connection.execute(sa.select(PROFILES.c.statistics).where(_is(key))).scalar()
        return None if blob is None else _STATISTICS.decode(blob)

    def affinities(
        self, identity: Identity, scope: Personalize, now: float, version: ProfileVersion | None = None
    ) -> Affinities:
        """What the ranker may know: nothing, this session, or this session and the shopper's past."""
        keys: dict[int, Key] = {}
        if identity.shopper and scope == "full":
            keys[0] = ("shopper", identity.shopper)
        if identity.session and scope != "off":
            keys[1] = ("session", identity.session)
        found = {
            place: self.statistics(*key) if version is None else self.statistics_at(key, version[place], now)
            for place, key in keys.items()
        }
        return combine(self.kinds, found.get(0), found.get(1), now)

    def statistics_at(self, key: Key, count: int, moment: float) -> Statistics | None:
        """A profile's counters when it held so many events, folded anew from the log where more have come since.

        None where it held none, and where that state is not known any more: it was erased. A profile that began after
        the moment (seconds since 1970) is another one.
        """
        now = self.statistics(*key) if count else None
        if now is None or now.count < count:
            return None
        then = now if now.count == count else self._earlier(key, count)
        return then if then is not None and then.count == count and then.newest <= moment else None

    def _earlier(self, key: Key, count: int) -> Statistics | None:
        with self._lock:
            published, kept = self._published, self._past.get((key, count))
        if kept is not None:
            return kept
        try:
            with self._engine.connect() as connection:
                found = self._first(connection, key, count)
        except (sa.exc.SQLAlchemyError, msgspec.DecodeError) as error:
            raise StoreUnavailable(f"The events cannot be read ({told_by(error)}). Check the disk.") from error
        with self._lock:
            if found is not None and published == self._published:  # else it may have been erased meanwhile
                self._past[(key, count)] = found
                while len(self._past) > CACHED_PAST:
                    del self._past[next(iter(self._past))]
        return found

    def _first(self, connection: sa.Connection, key: Key, count: int) -> Statistics | None:
        """The profile of the first events that were logged."""
        column = EVENTS.c.shopper if key[0] == "shopper" else EVENTS.c.session
        events = logged(connection, column == key[1], count)
        return self.kinds[key[0]].fold_all(None, ((event.type, said, event.time) for event, said in events))

    def events(self, id: str) -> list[Event]:
        """All logged events of a shopper or session, in order: for export."""
        query = sa.select(EVENTS.c.event).where(sa.or_(EVENTS.c.shopper == id, EVENTS.c.session == id))
        with self._engine.connect() as connection:
            return [_EVENT.decode(blob) for blob in connection.execute(query.order_by(EVENTS.c.number)).scalars()]

    def rebuilt(self) -> dict[Key, Statistics]:
        """Every profile, folded anew from the log: what the stored ones must equal."""
        with self._engine.connect() as connection:
            return self._folded(connection, sa.true())

    def logged(self) -> Iterator[tuple[Event, Traits]]:
        """All events about known products, in the order of the log; StoreUnavailable where it cannot be read."""
        try:
            with self._engine.connect() as connection:
                yield from logged(connection, sa.true())
        except (sa.exc.SQLAlchemyError, msgspec.DecodeError) as error:
            raise StoreUnavailable(f"The events cannot be read ({told_by(error)}). Check the disk.") from error

    def _folded(self, connection: sa.Connection, of: sa.ColumnElement[bool]) -> dict[Key, Statistics]:
        profiles: dict[Key, Statistics] = {}
        for event, said in logged(connection, of):
            for key in _profiles_of(event):
                profiles[key] = self.kinds[key[0]].fold(profiles.get(key), event.type, said, event.time)
        return profiles

    def check(self) -> None:
        """Raise StoreUnavailable unless the file can be read."""
        try:
            with self._engine.connect() as connection:
                connection.execute(sa.select(sa.func.count()).select_from(PROFILES))
        except sa.exc.SQLAlchemyError as error:
            raise StoreUnavailable(f"The state cannot be read ({told_by(error)}). Restore it from a backup.") from error


def _profiles_of(event: Event) -> list[Key]:
    keys = (("shopper", event.shopper), ("session", event.session))
    return [(kind, id) for kind, id in keys if id]


def _is(key: Key) -> sa.ColumnElement[bool]:
    return sa.and_(PROFILES.c.kind == key[0], PROFILES.c.id == key[1])
