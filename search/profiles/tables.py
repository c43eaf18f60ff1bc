"""The file under the store: its two tables, how it is opened, and what its errors may say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import sqlalchemy as sa

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
