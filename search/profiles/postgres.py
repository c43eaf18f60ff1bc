"""The state in a PostgreSQL database: the same tables, statements and promises as in SQLite.

One process writes, here too: it holds an advisory lock, because whoever reads keeps profiles in memory that another
writer would make stale. Erasing rewrites the tables (VACUUM FULL); copies in PostgreSQL's own write-ahead log go when
it is recycled, which is the server's business.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from search.errors import StoreUnavailable
from search.profiles.store import SqlStore
from search.profiles.tables import METADATA, told_by
from search.settings import Personal

#: "tresen" in ASCII: the lock of the one process that writes.
WRITER = 0x74726573656E


class PostgresStore(SqlStore):
    """A store in the database of a URL such as postgresql+psycopg://user@host/name.

    Raises:
        StoreUnavailable: the database cannot be reached, another process writes to it, or the driver is missing.
    """

    def __init__(self, url: str, settings: Personal):
        place = "the database of state.url"
        try:
            engine = sa.create_engine(url, hide_parameters=True)
            self._alone = engine.connect()
            alone = self._alone.execute(sa.select(sa.func.pg_try_advisory_lock(WRITER))).scalar()
            self._alone.commit()
        except (sa.exc.SQLAlchemyError, ImportError) as error:
            raise StoreUnavailable(
                f"The state in {place} cannot be opened ({told_by(error)}). Check state.url, and that the driver is "
                "installed: pip install 'tresen[postgresql]'.",
                "state.url",
            ) from error
        if not alone:
            self._alone.close()
            raise StoreUnavailable("Another server writes to the database of state.url. Stop it first.", "state.url")
        sa.event.listen(engine, "connect", _durable)
        super().__init__(engine, settings, place)

    def close(self) -> None:
        """Commit what waits, and let another process write."""
        self._alone.close()
        super().close()

    def _wipe(self) -> None:
        self._unwiped = True
        try:
            with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                for table in METADATA.sorted_tables:
                    connection.exec_driver_sql(f"VACUUM FULL {table.name}")
            self._unwiped = False
        except sa.exc.SQLAlchemyError:
            return  # tried again


def _durable(connection: Any, _: object) -> None:
    """An answer is given after the commit is on disk, whatever the server's default is."""
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = on")
    connection.commit()
