"""Products to a published snapshot: read in chunks, weigh, embed, lay out, seal.

A feed is read once, chunk by chunk, by as many processes as there are cores; what a chunk says is kept on disk
(`search.index.spool`) until the whole is known. So memory holds ids and words, never the products.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from search import __version__
from search.errors import BadFeed
from search.index.chunks import ANY, Chunk, Hashed, Reading
from search.index.column_files import save_columns
from search.index.compressed import LEAST_COMPRESSED, build_compressed, save_compressed
from search.index.corrections import read_corrections
from search.index.dense import build_dense, save_dense
from search.index.documents import IDS, write_documents
from search.index.embedding_cache import EmbeddingCache, fill_cache
from search.index.keys import KeyRows, save_keys
from search.index.kind_files import save_kinds
from search.index.kinds import alike_by, kinds_of
from search.index.labels import LabelsBy, merge_labels, save_labels
from search.index.languages import save_languages
from search.index.lexical import write_lexical
from search.index.merged_columns import StoredColumn, merge_columns
from search.index.price_bands import with_price_bands
from search.index.snapshot import EXACT, FORMAT, Manifest, drop_old, generations, list_files, publish, snapshots_folder
from search.index.spool import Spool, SpooledChunk, Workers
from search.index.tokens import FIELDS
from search.index.vocabulary import save_words
from search.index.wording import Titles, Wording
from search.lists.files import ListFiles
from search.settings import Settings
from search.spelling.corrector import KEPT_IN, prepare
from search.types import Encoder, Product, Rows, Vectors

#: stage ("analyse", "weigh", "embed", "write"), products done since the last call, products in all if that is known
Progress = Callable[[str, int, int | None], None]
#: Vectors that are put in the order of rows at once.
BLOCK = 20_000


def build_snapshot(
    products: Iterable[Product],
    home: Path,
    settings: Settings,
    encoder: Encoder | None,
    source: dict[str, Any] | None = None,
    on_progress: Progress = lambda stage, done, total: None,
    check: Callable[[], None] = lambda: None,
    changes: int = 0,
) -> Manifest:
    """Index the products as the next generation under `home` and make it CURRENT.

    Without an encoder the snapshot is lexical only. Old generations beyond `feed.keep_snapshots` go. A build that was
    killed goes on where it was when it is started again with the same products.

    Args:
        products: are read once, as they come.
        check: is called when all are read; what it raises ends the build, and nothing has changed.
        changes: number of the last change of products that it has, or supersedes.

    Raises:
        BadFeed: no products, or two with the same id.
        BadInput: a list of compounds that cannot be read.
    """
    lists = ListFiles(home, settings.analysis).read()
    home.mkdir(parents=True, exist_ok=True)
    reading = Reading(settings.analysis.languages, settings.dense.max_characters if encoder else None)
    known = len(products) if isinstance(products, Sequence) else None
    with Workers(settings.feed.processes or os.cpu_count() or 1) as pool:
        spool = Spool(home / "cache" / "building", reading, pool)
        spool.fill(products, lambda done: on_progress("analyse", done, known))
        size = sum(len(chunk.ids) for chunk in spool.chunks)
        check()
        _give_rows(spool.chunks)
        number = max(generations(home), default=0) + 1
        building = snapshots_folder(home) / f".building-{number}"
        drop_old(home, settings.feed.keep_snapshots)
        building.mkdir(parents=True)
        searched = spool.searched()
        said = _Said(searched)
        vectors = _Embedding(home, encoder) if encoder else None
        for chunk in spool.chunks:
            read = chunk.read()
            said.add(read, chunk.rows)
            if vectors:
                vectors.add(read.embedded, chunk.rows, lambda done: on_progress("embed", done, size))
        # in the order in which a snapshot is read: what is kept goes by it
        counts = dict(sorted(said.holding[ANY].items()))
        prepared = pool.submit(prepare, counts, settings.spelling, home / KEPT_IN)
        how = building, settings.lexical, lists, pool, lambda done: on_progress("weigh", done, size * len(searched))
        for language in searched:
            write_lexical(spool.chunks, language, said.holding[language], said.lengths[language], *how)
        prepared.result()
    on_progress("write", 0, size)
    dense = vectors.by_row(size, spool.folder / "vectors.npy") if vectors else None
    noise = _write_dense(dense, building, settings) if dense is not None else 0.0
    _write_kinds(said, size, dense, noise, encoder, building, settings)
    write_documents([(chunk.products(), chunk.sizes, chunk.rows) for chunk in spool.chunks], building)
    said.write(size, building)
    manifest = Manifest(
        format=FORMAT,
        number=number,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        version=__version__,
        products=size,
        model=encoder.name if encoder else None,
        dimension=encoder.dimension if encoder else 0,
        noise=noise,
        analysis=settings.analysis,
        searched=searched,
        lexical=settings.lexical,
        dense=settings.dense,
        source=source or {},
        files=list_files(building),
        changes=changes,
    )
    publish(building, home, manifest)
    spool.clear()
    drop_old(home, settings.feed.keep_snapshots)
    on_progress("write", size, size)
    return manifest


def _give_rows(chunks: Sequence[SpooledChunk]) -> None:
    """Rows ascend with the ids, so that ties by row are ties by id.

    Raises:
        BadFeed: no products, or two with the same id.
    """
    ids = [id for chunk in chunks for id in chunk.ids]
    if not ids:
        raise BadFeed("The feed holds no product that can be indexed.")
    order = sorted(range(len(ids)), key=ids.__getitem__)
    for one, next in pairwise(order):
        if ids[one] == ids[next]:
            raise BadFeed(
                f"Two products have the id '{ids[one]}'. Give each its own, or one group id to variants.", "id"
            )
    rows = np.empty(len(ids), np.int32)
    rows[order] = np.arange(len(ids), dtype=np.int32)
    begin = 0
    for chunk in chunks:
        chunk.rows = rows[begin : begin + len(chunk.ids)]
        begin += len(chunk.ids)


class _Said:
    """What all chunks say beside their texts.

    `holding`: language or `ANY` -> word -> products; `lengths`: language -> (fields,) terms; `titles`: language -> what
    titles say, and the rows of their products.
    """

    def __init__(self, languages: Sequence[str]):
        self.holding: dict[str, Counter[str]] = {name: Counter() for name in (*languages, ANY)}
        self.lengths: dict[str, np.ndarray] = dict.fromkeys(languages, np.zeros(len(FIELDS), np.int64))
        self.titles: dict[str, list[tuple[Titles, Rows]]] = {name: [] for name in languages}
        self._own: dict[str, dict[str, int]] = {name: Counter() for name in languages if len(languages) > 1}
        self._columns: list[tuple[dict[str, StoredColumn], Rows]] = []
        self._labels: list[LabelsBy] = []
        self._keys: dict[str, list[tuple[NDArray[np.uint64], Rows]]] = {"ids": [], "variants": [], "exact": []}

    def add(self, chunk: Chunk, rows: Rows) -> None:
        """What one chunk says, and the rows (n,) of its products."""
        for name, counts in self.holding.items():
            counts.update(chunk.holding[name])
        for name, own in self._own.items():
            cast(Counter, own).update(chunk.own[name])
        for name, titles in self.titles.items():
            self.lengths[name] = self.lengths[name] + chunk.lengths[name]
            titles.append((chunk.titles[name], rows))
        self._columns.append((chunk.columns, rows))
        self._labels.append(chunk.labels)
        for name, keys in self._keys.items():
            hashed: Hashed = getattr(chunk, name)
            keys.append((hashed.hashes, rows[hashed.places]))

    def write(self, size: int, folder: Path) -> None:
        """Write what is no text, no vector and no kind."""
        save_columns(with_price_bands(merge_columns(self._columns, size)), folder)
        save_labels(merge_labels(self._labels), folder)
        save_words(self.holding[ANY], folder)
        save_languages(self._own, folder)
        save_keys(KeyRows.hashed(*self._hashed("exact")), folder, EXACT)
        save_keys(KeyRows.hashed(*self._rows_of_ids()), folder, IDS)

    def _hashed(self, name: str) -> tuple[NDArray[np.uint64], Rows]:
        """Keys in the order of their rows."""
        hashes, rows = (np.concatenate(each) for each in zip(*self._keys[name], strict=True))
        order = np.argsort(rows, kind="stable")
        return hashes[order], rows[order]

    def _rows_of_ids(self) -> tuple[NDArray[np.uint64], Rows]:
        """The ids of products, and of variants those that no product has; of the same one the last counts."""
        ids, rows = self._hashed("ids")
        variants, theirs = self._hashed("variants")
        variants, last = np.unique(variants[::-1], return_index=True)
        theirs = theirs[::-1][last]
        own = ~np.isin(variants, ids)
        return np.concatenate([ids, variants[own]]), np.concatenate([rows, theirs[own]])


class _Embedding:
    """The vectors of a catalogue: encoded and cached as its texts come, then laid out by row."""

    def __init__(self, home: Path, encoder: Encoder):
        model = encoder.name + getattr(encoder, "fingerprint", "")  # a folder may be trained anew under its old name
        self._encoder = encoder
        self._cache = EmbeddingCache(home / "cache" / "embeddings", model, encoder.dimension)
        self._places: list[tuple[NDArray[np.int64], Rows]] = []

    def add(self, texts: Sequence[str], rows: Rows, on_done: Callable[[int], None]) -> None:
        """Encode what is not cached, the texts of products of some rows (n,)."""
        fill_cache(texts, self._encoder, self._cache, on_done)
        self._places.append((self._cache.places(texts), rows))

    def by_row(self, size: int, path: Path) -> Vectors:
        """(n, dimension) float32, in a file."""
        places = np.empty(size, np.int64)
        for found, rows in self._places:
            places[rows] = found
        vectors = np.lib.format.open_memmap(path, "w+", np.float32, (size, self._cache.dimension))
        for start in range(0, size, BLOCK):
            vectors[start : start + BLOCK] = self._cache.at(places[start : start + BLOCK])
        return vectors


def _write_kinds(
    said: _Said,
    size: int,
    dense: Vectors | None,
    noise: float,
    encoder: Encoder | None,
    folder: Path,
    settings: Settings,
) -> None:
    """Write what kinds of product there are, in each language."""
    for language, titles in said.titles.items():
        corrections = read_corrections(settings.kinds.corrections)
        wording = Wording(titles, language, corrections, alike_by(dense, noise))
        save_kinds(kinds_of(wording, size, dense, noise, encoder), folder, language)


def _write_dense(vectors: Vectors, folder: Path, settings: Settings) -> float:
    """Write the index of the vectors; its noise."""
    if len(vectors) > max(settings.dense.exhaustive, LEAST_COMPRESSED) and vectors.shape[1] % 4 == 0:
        compressed = build_compressed(vectors)
        save_compressed(compressed, folder)
        return compressed.noise
    exact = build_dense(vectors)
    save_dense(exact, folder)
    return exact.noise
