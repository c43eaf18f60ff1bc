"""Vectors on disk by the hash of their text, so that a second build embeds only what changed.

One folder a model, two append-only files: `keys` (16 bytes a text) and `vectors` (dimension × float32).
A torn tail of a killed build is cut off when the cache is opened.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from search.types import Encoder, Vectors

KEY_BYTES = 16


def key_of(text: str) -> bytes:
    """The cache's key of a text."""
    return hashlib.blake2b(text.encode(), digest_size=KEY_BYTES).digest()


class EmbeddingCache:
    """Keys and vectors of one model under `folder`. For one process at a time."""

    def __init__(self, folder: Path, model: str, dimension: int):
        self.folder = folder / f"{re.sub(r'[^A-Za-z0-9.-]+', '_', model)}-{key_of(model).hex()[:8]}-{dimension}"
        self.folder.mkdir(parents=True, exist_ok=True)
        self.dimension = dimension
        self._place = {key: place for place, key in enumerate(self._open())}

    def _open(self) -> list[bytes]:
        keys, vectors, row = self.folder / "keys", self.folder / "vectors", 4 * self.dimension
        keys.touch()
        vectors.touch()
        whole = min(keys.stat().st_size // KEY_BYTES, vectors.stat().st_size // row)
        for path, size in ((keys, KEY_BYTES), (vectors, row)):
            with path.open("r+b") as file:
                file.truncate(whole * size)
        data = keys.read_bytes()
        return [data[at : at + KEY_BYTES] for at in range(0, len(data), KEY_BYTES)]

    def __len__(self) -> int:
        return len(self._place)

    def __contains__(self, text: str) -> bool:
        return key_of(text) in self._place

    def add(self, texts: Sequence[str], vectors: Vectors) -> None:
        """Append (n,) texts and (n, dimension) vectors; the vectors first, so that no key lacks one."""
        with (self.folder / "vectors").open("ab") as file:
            file.write(np.ascontiguousarray(vectors, np.float32).tobytes())
            file.flush()
            os.fsync(file.fileno())  # a key must never stand for a vector that a power cut took
        with (self.folder / "keys").open("ab") as file:
            for text in texts:
                key = key_of(text)
                self._place[key] = len(self._place)
                file.write(key)

    def places(self, texts: Sequence[str]) -> NDArray[np.int64]:
        """(n,) where the vectors of texts that are all in the cache stand in it."""
        return np.array([self._place[key_of(text)] for text in texts], np.int64)

    def at(self, places: NDArray[np.int64]) -> Vectors:
        """(n, dimension) the vectors at some places."""
        if not len(places):
            return np.empty((0, self.dimension), np.float32)
        stored = np.memmap(self.folder / "vectors", np.float32, "r").reshape(-1, self.dimension)
        return np.array(stored[places])

    def read(self, texts: Sequence[str]) -> Vectors:
        """(n, dimension) vectors of (n,) texts that are all in the cache."""
        return self.at(self.places(texts))


def embed_documents(
    texts: Sequence[str], encoder: Encoder, cache: EmbeddingCache, on_done: Callable[[int], None], chunk: int = 512
) -> Vectors:
    """Vectors of all texts, (n, dimension), the missing ones encoded and cached on the way.

    `on_done` gets the number of texts that are ready, once at the start for the cached ones.
    """
    fill_cache(texts, encoder, cache, on_done, chunk)
    return cache.read(texts)


def fill_cache(
    texts: Sequence[str], encoder: Encoder, cache: EmbeddingCache, on_done: Callable[[int], None], chunk: int = 512
) -> None:
    """Encode the texts that are not in the cache; `on_done` as for `embed_documents`."""
    missing = [text for text in dict.fromkeys(texts) if text not in cache]
    times = Counter(texts)
    on_done(len(texts) - sum(times[text] for text in missing))
    for part in _chunks(missing, chunk):
        cache.add(part, encoder.encode_document(part))
        on_done(sum(times[text] for text in part))


def _chunks(texts: list[str], size: int) -> Iterator[list[str]]:
    for start in range(0, len(texts), size):
        yield texts[start : start + size]
