"""SQLite's full-text search: an index without the texts, merged into one segment."""

from __future__ import annotations

import sqlite3
from threading import local

from eval.bench.peers.catalogue import Catalogue
from eval.bench.peers.engine import Engine
from search.types import Vectors


class SqliteFts5(Engine):
    """FTS5, a connection a thread; `rank` is its BM25 (k1 1.2, b 0.75)."""

    kind = "lexical"

    def build(self, catalogue: Catalogue) -> None:
        """Insert all texts and merge what was written."""
        self._path, self._threads = self.folder / "words.db", local()
        database = sqlite3.connect(self._path)
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("CREATE VIRTUAL TABLE f USING fts5(t, content='', tokenize='unicode61 remove_diacritics 0')")
        database.executemany("INSERT INTO f(rowid, t) VALUES (?, ?)", enumerate(catalogue.texts()))
        database.execute("INSERT INTO f(f) VALUES ('optimize')")
        database.commit()
        database.close()

    def query(self, text: str, vector: Vectors, k: int) -> list[int]:
        """Any of the words, best first."""
        asked = " OR ".join(f'"{word}"' for word in text.split())
        found = self._connection().execute("SELECT rowid FROM f WHERE f MATCH ? ORDER BY rank LIMIT ?", (asked, k))
        return [row for (row,) in found]

    def _connection(self) -> sqlite3.Connection:
        if not hasattr(self._threads, "connection"):
            self._threads.connection = sqlite3.connect(self._path, check_same_thread=False)
        return self._threads.connection
