"""Which database holds the state."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import sqlalchemy as sa

from search.errors import BadInput, StoreUnavailable
from search.profiles.reader import Reader
from search.profiles.statistics import kinds_of
from search.profiles.store import SqliteStore, SqlStore
from search.profiles.tables import told_by
from search.settings import Settings


def open_store(home: Path, settings: Settings) -> SqlStore:
    """The store of an index directory: its own SQLite file, or the database of `state.url`.

    Raises:
        StoreUnavailable: it cannot be opened.
    """
    if settings.state.url:
        from search.profiles.postgres import PostgresStore  # no driver is needed without a URL

        return PostgresStore(settings.state.url, settings.personal)
    return SqliteStore(home / "state" / "tresen.db", settings.personal)


def open_log(home: Path, settings: Settings) -> Reader:
    """The state of an index directory, only to be read: a server may be writing to it.

    Raises:
        BadInput: no server has kept any events here yet.
        StoreUnavailable: the driver of the database is missing.
    """
    if settings.state.url:
        try:
            engine = sa.create_engine(settings.state.url, hide_parameters=True)
        except (sa.exc.SQLAlchemyError, ImportError) as error:
            advice = "Check state.url, and install the driver: pip install 'tresen[postgresql]'."
            raise StoreUnavailable(f"The events cannot be read ({told_by(error)}). {advice}", "state.url") from error
        return Reader(engine, kinds_of(settings.personal))
    path = home / "state" / "tresen.db"
    if not path.is_file():
        raise BadInput(f"{home} has no events yet. Name a file of them: tresen learn {home} events.jsonl", str(path))
    only_read = f"{path.resolve().as_uri()}?mode=ro"
    engine = sa.create_engine("sqlite://", creator=lambda: sqlite3.connect(only_read, uri=True))
    return Reader(engine, kinds_of(settings.personal))
