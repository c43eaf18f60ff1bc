"""The file under the store: its tables, how it is opened, and what its errors may say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

METADATA = sa.MetaData()
#: PostgreSQL uses up a number for each repeated event too; SQLite counts on in 64 bits by itself.
NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
EVENTS = sa.Table(
    "events",
    METADATA,
    sa.Column("number", NUMBER, primary_key=True),
    sa.Column("event_id", sa.String, unique=True, nullable=False),
    sa.Column("shopper", sa.String, index=True),
    sa.Column("session", sa.String, index=True),
    sa.Column("event", sa.LargeBinary, nullable=False),
    sa.Column("traits", sa.LargeBinary),  # null: the product was not in the catalogue
    sa.Column("device", sa.String, index=True),
)
PROFILES = sa.Table(
    "profiles",
    METADATA,
    sa.Column("kind", sa.String, primary_key=True),
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("statistics", sa.LargeBinary, nullable=False),
)
#: What is left of events whose time in the log is over: the profiles as they were when the last of them left.
CHECKPOINTS = sa.Table(
    "checkpoints",
    METADATA,
    sa.Column("kind", sa.String, primary_key=True),
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("statistics", sa.LargeBinary, nullable=False),
)
LINKS = sa.Table(
    "links",
    METADATA,
    sa.Column("number", NUMBER, primary_key=True),
    sa.Column("shopper", sa.String, nullable=False, index=True),
    sa.Column("source", sa.String, nullable=False),
    sa.Column("id", sa.String, nullable=False, index=True),
    sa.Column("since", sa.Double, nullable=False),
    sa.Column("undone", sa.Double),
    sqlite_autoincrement=True,  # a number names one link for ever, also after an erasure
)

#: How long to wait for another process that holds the file.
BUSY_SECONDS = 30


def put(connection: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write rows, each in place of the one with the same key."""
    if not rows:
        return
    statement, keys = insert(connection, table), list(table.primary_key.columns.keys())
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
    """What the database said, without the statement and its parameters: they hold ids."""
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


def insert(connection: sa.Connection, table: sa.Table) -> Any:
    """An INSERT that knows ON CONFLICT, as both databases spell it."""
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)


def make_tables(connection: sa.Connection) -> bool:
    """Make what is missing; True where the file is from before there were devices, and has just got their column."""
    METADATA.create_all(connection)
    if "device" in {column["name"] for column in sa.inspect(connection).get_columns("events")}:
        return False
    connection.execute(sa.DDL("ALTER TABLE events ADD COLUMN device VARCHAR"))
    next(index for index in EVENTS.indexes if "device" in index.columns).create(connection, checkfirst=True)
    return True
