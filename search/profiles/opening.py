"""Which database holds the state."""

from __future__ import annotations

from pathlib import Path

from search.profiles.store import SqliteStore, SqlStore
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
