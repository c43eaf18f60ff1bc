"""What people state of their tastes and sizes, in a table of its own: one row an id, the last word, no decay.

A statement is no event: it is not in the log, and no replay folds it. It is written by the store's one writer, durable
before the answer, and read through a cache that holds what was committed.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

import msgspec
import sqlalchemy as sa

from search.errors import StoreUnavailable
from search.profiles.tables import METADATA, put, told_by
from search.types import Affinities, Identity, Personalize, StatedTastes, stated_together

STATED = sa.Table(
    "stated",
    METADATA,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("statement", sa.LargeBinary, nullable=False),
)
CACHED_STATEMENTS = 10_000
NOTHING = StatedTastes()
#: What was said before -> what is said now.
Change = Callable[[StatedTastes], StatedTastes]

_STATEMENT = msgspec.msgpack.Decoder(StatedTastes)


class StatedBook:
    """Reads and writes statements over the store's engine; only the store's writer changes them."""

    def __init__(self, engine: sa.Engine):
        self._engine = engine
        self._cache: dict[str, StatedTastes] = {}
        self._published = 0
        self._lock = threading.Lock()

    def of(self, id: str) -> StatedTastes:
        """What a shopper or visit states; nothing where they never did.

        Raises:
            StoreUnavailable: the file cannot be read, or what it holds makes no sense.
        """
        with self._lock:
            if id in self._cache:
                return self._cache[id]
            published = self._published
        try:
            with self._engine.connect() as connection:
                found = statement_of(connection, id)
        except (sa.exc.SQLAlchemyError, msgspec.DecodeError, msgspec.ValidationError) as error:
            raise StoreUnavailable(f"What was stated cannot be read ({told_by(error)}). Check the disk.") from error
        with self._lock:
            if published == self._published:  # else the writer was faster, and this may be stale
                self._keep(id, found)
            return self._cache.get(id, found)

    def beside(self, known: Affinities, identity: Identity, scope: Personalize) -> Affinities:
        """The affinities with what may be used of the statements: of the visit, and of the shopper in full scope."""
        past = self.of(identity.shopper) if identity.shopper and scope == "full" else NOTHING
        visit = self.of(identity.session) if identity.session and scope != "off" else NOTHING
        return known if past is NOTHING and visit is NOTHING else replace(known, stated=stated_together(past, visit))

    def publish(self, changed: Mapping[str, StatedTastes | None]) -> None:
        """Let readers have what was committed; None: it was erased."""
        with self._lock:
            self._published += bool(changed)
            for id, statement in changed.items():
                self._cache.pop(id, None)
                if statement is not None:
                    self._keep(id, statement)

    def _keep(self, id: str, statement: StatedTastes) -> None:
        self._cache.pop(id, None)
        self._cache[id] = statement
        while len(self._cache) > CACHED_STATEMENTS:
            del self._cache[next(iter(self._cache))]


def revise(connection: sa.Connection, id: str, change: Change) -> StatedTastes:
    """Change a statement, inside the writer's transaction: read, change, write."""
    after = revised(statement_of(connection, id), change)
    put(connection, STATED, [{"id": id, "statement": msgspec.msgpack.encode(after)}])
    return after


def forget(connection: sa.Connection, ids: Iterable[str]) -> int:
    """Delete statements, inside the writer's transaction; how many there were."""
    return connection.execute(STATED.delete().where(STATED.c.id.in_(list(ids)))).rowcount


def revised(before: StatedTastes, change: Change) -> StatedTastes:
    """A statement after a change, told apart from the one before by its revision."""
    return msgspec.structs.replace(change(before), revision=before.revision + 1)


def statement_of(connection: sa.Connection, id: str) -> StatedTastes:
    """The statement of an id as it is stored; nothing where there is none."""
    blob = connection.execute(sa.select(STATED.c.statement).where(STATED.c.id == id)).scalar()
    return NOTHING if blob is None else _STATEMENT.decode(blob)
