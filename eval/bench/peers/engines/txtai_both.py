"""txtai: hybrid search out of Python parts: faiss lists as it chooses them, and a BM25 of its own."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np

from eval.bench.peers.catalogue import Catalogue
from eval.bench.peers.engine import Engine
from eval.bench.peers.exact import K1, B
from search.types import Vectors


class Txtai(Engine):
    """Embeddings with external vectors; it weighs its two legs half and half."""

    kind = "hybrid"

    def build(self, catalogue: Catalogue) -> None:
        """Index all texts; their vectors are handed over in their order."""
        from txtai import Embeddings

        self._asking, done = threading.local(), 0

        def vectors(texts: list[str]) -> np.ndarray:
            nonlocal done
            asked = getattr(self._asking, "vector", None)
            if asked is not None:
                return asked
            done += len(texts)
            return np.asarray(catalogue.vectors[done - len(texts) : done])

        plain = {"lowercase": False, "emoji": False, "alphanum": False, "stopwords": False}
        words = {"method": "bm25", "terms": True, "k1": K1, "b": B, "tokenizer": plain}
        config: dict[str, Any] = {"method": "external", "transform": vectors, "hybrid": True, "content": False}
        self._index = Embeddings({**config, "backend": "faiss", "scoring": words})
        self._index.index((row, text, None) for row, text in enumerate(catalogue.texts()))
        self._index.save(str(self.folder / "index"))

    def query(self, text: str, vector: Vectors, k: int) -> list[int]:
        """Its top k."""
        self._asking.vector = vector[None]
        return [int(row) for row, _ in self._index.search(text, k)]
