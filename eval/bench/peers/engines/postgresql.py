"""PostgreSQL 18 out of a wheel, on a socket of its own: GIN over tsvector, HNSW of pgvector, both in one statement."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from threading import local
from typing import Any

from eval.bench.machine import cpu_ms, family, rss_mb, shared_mb
from eval.bench.peers.catalogue import Catalogue
from eval.bench.peers.engine import Engine, Kind, size_of
from eval.bench.peers.exact import DEPTH, RANK_OFFSET
from search.errors import BadInput
from search.types import Vectors

EFFORT = 64
OPTIONS = (
    "listen_addresses=''",
    "shared_buffers=1GB",
    "maintenance_work_mem=1GB",
    "work_mem=64MB",
    "max_wal_size=8GB",
    "jit=off",
)
WORDS = """
SELECT id FROM p, to_tsquery('simple', %(words)s) q WHERE t @@ q ORDER BY ts_rank_cd(t, q, 1) DESC, id LIMIT %(k)s
"""
BOTH = f"""
WITH l AS (
  SELECT id, row_number() OVER (ORDER BY r DESC) place FROM (
    SELECT id, ts_rank_cd(t, q, 1) r FROM p, to_tsquery('simple', %(words)s) q WHERE t @@ q
    ORDER BY r DESC LIMIT {DEPTH}) x),
d AS (
  SELECT id, row_number() OVER (ORDER BY far) place FROM (
    SELECT id, v <#> %(vector)s::vector far FROM p ORDER BY far LIMIT {DEPTH}) x)
SELECT coalesce(l.id, d.id) FROM l FULL JOIN d ON l.id = d.id
ORDER BY coalesce(1.0 / ({RANK_OFFSET} + l.place), 0) + coalesce(1.0 / ({RANK_OFFSET} + d.place), 0) DESC LIMIT %(k)s
"""


class PostgresWords(Engine):
    """Any of the words, by ts_rank_cd; a connection a thread."""

    kind: Kind = "lexical"
    statement, has_vectors = WORDS, False

    def build(self, catalogue: Catalogue) -> None:
        """Start a server, copy the products in and index them."""
        self._server, self._threads = Server(), local()
        connection = self._server.connect()
        vector = f", v vector({catalogue.workload.dimension})" if self.has_vectors else ""
        connection.execute("CREATE EXTENSION vector")
        connection.execute(f"CREATE TABLE p (id int PRIMARY KEY, t tsvector{vector})")
        with connection.cursor().copy("COPY p FROM STDIN") as copy:
            for line in self._lines(catalogue):
                copy.write(line)
        connection.execute("CREATE INDEX ON p USING gin (t)")
        if self.has_vectors:
            connection.execute("SET max_parallel_maintenance_workers = 2")
            connection.execute("CREATE INDEX ON p USING hnsw (v vector_ip_ops) WITH (m = 16, ef_construction = 100)")
        connection.execute("VACUUM ANALYZE p")
        connection.close()

    def _lines(self, catalogue: Catalogue) -> Iterator[str]:
        for row in range(catalogue.size):
            words = " ".join(f"'{word}':{place}" for place, word in enumerate(catalogue.terms(row), 1))
            vector = "\t" + _written(catalogue.vectors[row]) if self.has_vectors else ""
            yield f"{row}\t{words}{vector}\n"

    def query(self, text: str, vector: Vectors, k: int) -> list[int]:
        """One prepared statement."""
        asked: dict[str, Any] = {"words": " | ".join(f"'{word}'" for word in text.split()), "k": k}
        if self.has_vectors:
            asked["vector"] = _written(vector)
        return [row for (row,) in self._connection().execute(self.statement, asked)]

    def _connection(self) -> Any:
        if not hasattr(self._threads, "connection"):
            self._threads.connection = self._server.connect()
            self._threads.connection.prepare_threshold = 1
            if self.has_vectors:
                self._threads.connection.execute(f"SET hnsw.ef_search = {EFFORT}")
        return self._threads.connection

    def memory(self) -> float:
        """This process and the server's, shared pages counted once."""
        server = getattr(self, "_server", None)
        return rss_mb("self") + (server.memory() if server else 0.0)

    def cpu_ms(self) -> float:
        """This process's and the server's; of those that serve connections, which stay open."""
        return super().cpu_ms() + self._server.cpu_ms()

    def disk(self) -> float:
        """The server's folder, its log of changes included."""
        return size_of(Path(self._server.data)) / 1e6

    def close(self) -> None:
        """Stop the server."""
        self._server.stop()


class PostgresBoth(PostgresWords):
    """Words and vectors (HNSW, ef 64), fused by reciprocal rank in SQL."""

    kind = "hybrid"
    statement, has_vectors = BOTH, True


def _written(vector: Vectors) -> str:
    return "[" + ",".join(f"{value:.6g}" for value in vector.tolist()) + "]"


class Server:
    """A PostgreSQL of its own; where we are root it runs as the user postgres, which it needs.

    Raises:
        BadInput: it does not start; the message has its last words.
    """

    def __init__(self) -> None:
        import pgserver

        self._binaries = Path(pgserver.__file__).parent / "pginstall" / "bin"
        self._as_owner = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        self.socket = tempfile.mkdtemp(prefix="tresen-pg-")  # a socket's path may have 107 bytes only
        self.data = f"{self.socket}/data"
        if self._as_owner:
            shutil.chown(self.socket, "postgres")
        self._run("initdb", "-D", self.data, "-A", "trust", "-U", "tresen", "-E", "UTF8", "--no-locale")
        options = " ".join(f"-c {option}" for option in OPTIONS)
        self._run(
            "pg_ctl", "-D", self.data, "-w", "-l", f"{self.socket}/log", "-o", f"-k {self.socket} {options}", "start"
        )
        self._pid = int(Path(self.data, "postmaster.pid").read_text().splitlines()[0])

    def _run(self, name: str, *arguments: str) -> None:
        command = [*self._as_owner, str(self._binaries / name), *arguments]
        with tempfile.TemporaryFile() as said:
            done = subprocess.run(command, stdout=said, stderr=subprocess.STDOUT, cwd="/", timeout=120)
            said.seek(0)
            if done.returncode:
                raise BadInput(f"PostgreSQL: {said.read().decode(errors='replace').strip()[-300:]}", name)

    def connect(self) -> Any:
        """A connection that commits by itself."""
        import psycopg

        return psycopg.connect(f"host={self.socket} user=tresen dbname=postgres", autocommit=True)

    def memory(self) -> float:
        """Megabytes of the server and its children, a page that n of them share counted as 1/n in each."""
        return shared_mb(family(self._pid))

    def cpu_ms(self) -> float:
        """Processor time of the server and its children."""
        return sum(map(cpu_ms, family(self._pid)))

    def stop(self) -> None:
        """End it and remove its files."""
        self._run("pg_ctl", "-D", self.data, "-m", "immediate", "-w", "stop")
        shutil.rmtree(self.socket, ignore_errors=True)
