"""The file under the store: its tables, how it is opened, and what its errors may say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from search.types import Event, Traits

#: "shopper" or "session", and its id.
Key = tuple[str, str]

METADATA = sa.MetaData()
EVENTS = sa.Table(
    "events",
    METADATA,
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("event_id", sa.String, unique=True, nullable=False),
    sa.Column("shopper", sa.String, index=True),
    sa.Column("session", sa.String, index=True),
    sa.Column("event", sa.LargeBinary, nullable=False),
    sa.Column("traits", sa.LargeBinary),  # null: the product was not in the catalogue
)
PROFILES = sa.Table(
    "profiles",
    METADATA,
    sa.Column("kind", sa.String, primary_key=True),
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("statistics", sa.LargeBinary, nullable=False),
)

#: How long to wait for another process that holds the file.
BUSY_SECONDS = 30


def profiles_of(event: Event) -> list[Key]:
    """The profiles that an event is part of."""
    keys = (("shopper", event.shopper), ("session", event.session))
    return [(kind, id) for kind, id in keys if id]


def is_profile(key: Key) -> sa.ColumnElement[bool]:
    """The row of one profile."""
    return sa.and_(PROFILES.c.kind == key[0], PROFILES.c.id == key[1])


def row_of(event: Event, traits: Traits | None) -> dict[str, Any]:
    """An event as a row of the log."""
    return {
        "event_id": event.event_id,
        "shopper": event.shopper,
        "session": event.session,
        "event": msgspec.msgpack.encode(event),
        "traits": None if traits is None else msgspec.msgpack.encode(traits),
    }


def put(connection: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write rows, each in place of the one with the same key."""
    if not rows:
        return
    statement, keys = insert(table), list(table.primary_key.columns.keys())
    update = {column.name: statement.excluded[column.name] for column in table.columns if column.name not in keys}
    connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=update), rows)


def rewrite(engine: sa.Engine) -> bool:
    """Write the file anew and empty the write-ahead log; True where a reader kept the log from being emptied."""
    with engine.connect() as connection:
        connection.exec_driver_sql("VACUUM")
        connection.exec_driver_sql("PRAGMA busy_timeout=1000")
        busy = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").scalar()
        connection.exec_driver_sql(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}")
    return bool(busy)


def told_by(error: Exception) -> str:
    """What SQLite said, without the statement and its parameters: they hold ids."""
    return str(getattr(error, "orig", None) or error.__class__.__name__)


def open_engine(path: Path) -> sa.Engine:
    """Connections that commit durably, overwrite what is deleted, and keep ids out of messages."""
    engine = sa.create_engine(
        f"sqlite:///{path}",
        connect_args={"check_same_thread": False, "timeout": BUSY_SECONDS},
        hide_parameters=True,  # ids stay out of error messages and logs
    )

    @sa.event.listens_for(engine, "connect")
    def _configure(connection: Any, _: object) -> None:
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "secure_delete=ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    return engine
