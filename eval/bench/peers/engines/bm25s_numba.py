"""bm25s: BM25 scores worked out when the index is made, added up by compiled loops."""

from __future__ import annotations

import time
from itertools import pairwise
from typing import Any

from eval.bench.peers.catalogue import Catalogue
from eval.bench.peers.engine import Engine
from eval.bench.peers.exact import K1, B
from search.types import Vectors


class BM25S(Engine):
    """bm25s with its numba backend."""

    kind = "lexical"

    def build(self, catalogue: Catalogue) -> None:
        """Index word numbers: the words are known, so nothing has to be cut. Compiling is not part of the time."""
        started = time.perf_counter()
        self._index = self._indexed([[0, 1], [1]], {"a": 0, "b": 1})
        self.query("a", catalogue.ask_vectors[0], 1)
        self.seconds_elsewhere = time.perf_counter() - started
        offsets = catalogue.offsets.tolist()
        ids = [catalogue.tokens[start:end].tolist() for start, end in pairwise(offsets)]
        self._index = self._indexed(ids, {word: number for number, word in enumerate(catalogue.words)})
        self._index.save(str(self.folder), corpus=None)

    def _indexed(self, ids: list[list[int]], numbers: dict[str, int]) -> Any:
        import bm25s
        from bm25s.tokenization import Tokenized

        index = bm25s.BM25(method="lucene", k1=K1, b=B, backend="numba")
        index.index(Tokenized(ids=ids, vocab=numbers), show_progress=False)
        return index

    def query(self, text: str, vector: Vectors, k: int) -> list[int]:
        """Its top k; what holds no word is no answer."""
        rows, scores = self._index.retrieve([text.split()], k=k, show_progress=False, n_threads=1)
        return [row for row, score in zip(rows[0].tolist(), scores[0].tolist(), strict=True) if score > 0]
