"""The chunks of a feed while it is built: read by several processes, kept on disk, taken up again.

    HOME/cache/building/KEY.jsonb   the products of a chunk, end to end
    HOME/cache/building/KEY.texts   their words as numbers (`search.index.chunks`)
    HOME/cache/building/KEY.chunk   what else they say; written last

KEY is the hash of the products and of how they are read. So a build that was killed, started again with the same feed,
reads the products once more but works out only what it had not; and nothing of it is left when an index is published.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from functools import cached_property
from itertools import islice
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from pathlib import Path
from typing import ParamSpec, TypeVar

import msgspec
import numpy as np

from search import __version__
from search.index.arrays_file import read_value, write_value
from search.index.chunks import Chunk, Reading, Texts, read_chunk
from search.types import Product, Rows

P = ParamSpec("P")
T = TypeVar("T")
#: Products of a chunk.
CHUNK = 10_000
_PRODUCTS = msgspec.json.Decoder(Product)


class Workers:
    """Processes that share the work of a large build; the first jobs are done at once, in this process, because most
    feeds are of a chunk or two, and starting others takes longer. A context manager.

    A script that builds must keep its own work behind `if __name__ == "__main__":`, as for any pool of processes.

    Args:
        processes: 1 for none but this one.
        at_once: jobs that this process does before it asks others.
    """

    def __init__(self, processes: int, at_once: int = 2):
        self._processes, self._left = processes, at_once
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, *_: object) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def submit(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """What a job will have done."""
        if self._pool is None and (self._processes < 2 or self._left > 0):
            self._left -= 1
            done: Future[T] = Future()
            done.set_result(work(*args, **kwargs))
            return done
        if self._pool is None:
            self._pool = ProcessPoolExecutor(
                self._processes, mp_context=get_context("spawn"), initializer=_end_with_the_parent
            )
        return self._pool.submit(work, *args, **kwargs)


def _end_with_the_parent() -> None:
    """A worker whose parent was killed waits for work for ever: it holds the other end of its own queue."""
    parent = parent_process()
    assert parent is not None, "a worker has been started by somebody"

    def follow() -> None:
        wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=follow, name="follow the parent", daemon=True).start()


class SpooledChunk:
    """A chunk on disk: the `ids` of its products, in the order of the feed, and `rows` (n,) once they are known."""

    def __init__(self, folder: Path, key: str, ids: list[str]):
        self.folder, self.key, self.ids = folder, key, ids
        self.rows: Rows = np.empty(0, np.int32)

    def file(self, kind: str) -> Path:
        """Where something of it lies."""
        return self.folder / f"{self.key}.{kind}"

    def bare(self) -> SpooledChunk:
        """The same without ids and rows: what another process needs."""
        return SpooledChunk(self.folder, self.key, [])

    @property
    def is_read(self) -> bool:
        """True once all of it is on disk."""
        return self.file("chunk").is_file()

    def read(self) -> Chunk:
        """What the products say beside their texts, from disk."""
        return read_value(self.file("chunk"), Chunk)

    def texts(self) -> Texts:
        """Their texts, from disk."""
        return read_value(self.file("texts"), Texts)

    @cached_property
    def sizes(self) -> np.ndarray:
        """(n,) bytes of each product."""
        return np.load(self.file("npy"), allow_pickle=False)

    def products(self) -> np.ndarray:
        """The products' JSON, end to end, memory-mapped."""
        return np.memmap(self.file("jsonb"), np.uint8, "r")


class Spool:
    """The chunks of one build.

    Args:
        folder: where they lie.
        reading: how products are read.
        pool: who reads them.
    """

    def __init__(self, folder: Path, reading: Reading, pool: Workers, most_waiting: int = 4):
        self.folder, self._reading, self._pool, self._most = folder, reading, pool, most_waiting
        self.chunks: list[SpooledChunk] = []
        self.reused = 0
        folder.mkdir(parents=True, exist_ok=True)

    def fill(self, products: Iterable[Product], on_read: Callable[[int], None]) -> None:
        """Read a feed; `on_read` gets the products of each chunk that is done."""
        waiting: deque[tuple[Future, int]] = deque()
        for part in _parts(products, CHUNK):
            chunk, data, sizes = self._chunk_of(part)
            self.chunks.append(chunk)
            if chunk.is_read:
                self.reused += 1
                on_read(len(part))
                continue
            waiting.append((self._pool.submit(_read, chunk.bare(), data, sizes, self._reading), len(part)))
            while len(waiting) >= self._most:
                _next_done(waiting, on_read)
        while waiting:
            _next_done(waiting, on_read)

    def _chunk_of(self, products: Sequence[Product]) -> tuple[SpooledChunk, bytes, list[int]]:
        blobs = [msgspec.json.encode(product) for product in products]
        data, sizes = b"".join(blobs), [len(blob) for blob in blobs]
        key = hashlib.blake2b(data, digest_size=16)
        key.update(msgspec.json.encode((__version__, self._reading, sizes)))
        return SpooledChunk(self.folder, key.hexdigest(), [product.id for product in products]), data, sizes

    def searched(self) -> list[str]:
        """Those of the shop's languages in which some product has a title, the leading one where there are none. Chunks
        without a title in one of them are read again: their texts in others stand in for it."""
        spoken = [set(chunk.read().lengths) for chunk in self.chunks]
        present = set().union(*spoken)
        searched = [name for name in self._reading.languages if name in present] or [self._reading.languages[0]]
        lacking = [chunk for chunk, own in zip(self.chunks, spoken, strict=True) if own != set(searched)]
        for job in [self._pool.submit(_read_again, chunk.bare(), self._reading, searched) for chunk in lacking]:
            job.result()
        return searched

    def clear(self) -> None:
        """Leave nothing."""
        shutil.rmtree(self.folder, ignore_errors=True)


def _parts(products: Iterable[Product], size: int) -> Iterator[list[Product]]:
    rest = iter(products)
    while part := list(islice(rest, size)):
        yield part


def _next_done(waiting: deque[tuple[Future, int]], on_read: Callable[[int], None]) -> None:
    job, count = waiting.popleft()
    job.result()
    on_read(count)


def _read(chunk: SpooledChunk, data: bytes, sizes: list[int], reading: Reading) -> None:
    """Read a chunk's products and keep them; in a worker."""
    chunk.file("jsonb").write_bytes(data)
    np.save(chunk.file("npy"), np.array(sizes, np.int64), allow_pickle=False)
    products = _decoded(memoryview(data), sizes)
    present = {language for product in products for language in product.title}
    _keep(chunk, products, reading, [language for language in reading.languages if language in present])


def _read_again(chunk: SpooledChunk, reading: Reading, languages: Sequence[str]) -> None:
    _keep(chunk, _decoded(chunk.products().data, chunk.sizes.tolist()), reading, languages)


def _keep(chunk: SpooledChunk, products: Sequence[Product], reading: Reading, languages: Sequence[str]) -> None:
    texts, rest = read_chunk(products, reading, languages)
    write_value(texts, chunk.file("texts"))
    write_value(rest, chunk.file("chunk"))


def _decoded(data: memoryview, sizes: Sequence[int]) -> list[Product]:
    products, at = [], 0
    for size in sizes:
        products.append(_PRODUCTS.decode(data[at : at + size]))
        at += size
    return products
