"""What the right answers are: BM25 and cosines of every product, and both fused. Slow, plain, and never timed.

BM25 is Lucene's: idf = ln(1 + (n − df + ½) / (df + ½)), tf saturated with k1 and b. Engines differ in their idf and in
how exactly they keep lengths, so the best of them agree with this to 90 % and more, not to 100.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from eval.bench.peers.catalogue import Catalogue
from search.types import Rows, Scores

K1, B = 1.2, 0.75
#: Reciprocal rank fusion: places that each leg gives, and the rank offset.
DEPTH, RANK_OFFSET = 50, 60
TIE = 1e-4
BLOCK = 50_000
ARRAYS = ("lexical", "lexical_least", "dense", "fused")


@dataclass(frozen=True, eq=False)
class Exact:
    """The answers to the queries of a catalogue, best first: `lexical`, `dense`, `fused` (queries, k) int32.

    Fewer answers than k are filled up with -1. `lexical_least` (queries,) is the score of the k-th, 0 with fewer.
    """

    lexical: np.ndarray
    lexical_least: np.ndarray
    dense: np.ndarray
    fused: np.ndarray
    bm25: Statistics

    def recall(self, kind: str, number: int, found: Sequence[int], terms: Sequence[int]) -> float:
        """The share of a query's right answers that are among those found. In BM25 a tie with the last one is right."""
        right = {"lexical": self.lexical, "dense": self.dense, "hybrid": self.fused}[kind][number]
        right = right[right >= 0]
        if not len(right):
            return 1.0
        if kind != "lexical":
            return len(set(found) & set(right.tolist())) / len(right)
        scores = self.bm25.score(terms)[np.array(found, np.int64)] if found else np.empty(0)
        return min(1.0, float(np.count_nonzero(scores >= max(self.lexical_least[number] - TIE, TIE))) / len(right))


@dataclass(frozen=True, eq=False)
class Statistics:
    """Postings of a catalogue with finished weights: `offsets` (words + 1,), `rows`, `weights` by word."""

    offsets: np.ndarray
    rows: np.ndarray
    weights: np.ndarray
    size: int

    def score(self, terms: Sequence[int]) -> Scores:
        """(n,) BM25 of every product; unique word numbers."""
        scores = np.zeros(self.size)
        for term in terms:
            run = slice(self.offsets[term], self.offsets[term + 1])
            scores[self.rows[run]] += self.weights[run]
        return scores


def count(catalogue: Catalogue) -> Statistics:
    """The postings of a catalogue."""
    size, lengths = catalogue.size, np.diff(catalogue.offsets)
    owner = np.repeat(np.arange(size, dtype=np.int64), lengths)
    keys, frequency = np.unique(catalogue.tokens.astype(np.int64) * size + owner, return_counts=True)
    terms, rows = keys // size, (keys % size).astype(np.int32)
    held = np.bincount(terms, minlength=catalogue.workload.vocabulary)
    offsets = np.concatenate([[0], np.cumsum(held)])
    idf = np.log1p((size - held + 0.5) / (held + 0.5))
    norm = K1 * (1 - B + B * lengths / lengths.mean())
    weights = idf[terms] * frequency / (frequency + norm[rows])
    return Statistics(offsets, rows, weights.astype(np.float32), size)


def prepare(catalogue: Catalogue) -> Exact:
    """The right answers, from disk where they were worked out before."""
    path = catalogue.folder / f"exact-{catalogue.workload.k}"
    if not (path / "done").is_file():
        path.mkdir(exist_ok=True)
        _work_out(catalogue, path)
        (path / "done").touch()
    return load(path, catalogue.size)


def load(path: Path, size: int) -> Exact:
    """What `prepare` has written, memory-mapped."""
    read = {name: np.load(path / f"{name}.npy") for name in ARRAYS}
    offsets, rows, weights = (np.load(path / f"{name}.npy", mmap_mode="r") for name in ("offsets", "rows", "weights"))
    return Exact(**read, bm25=Statistics(offsets, rows, weights, size))


def terms_of(catalogue: Catalogue) -> list[list[int]]:
    """The word numbers of each query."""
    numbers = {word: number for number, word in enumerate(catalogue.words)}
    return [[numbers[word] for word in ask.text.split()] for ask in catalogue.asks]


def _work_out(catalogue: Catalogue, path: Path) -> None:
    k, statistics = catalogue.workload.k, count(catalogue)
    lexical = [_best(statistics.score(terms), DEPTH, above=0.0) for terms in terms_of(catalogue)]
    dense = _nearest(catalogue, DEPTH)
    least = [scores[k - 1] if len(scores) >= k else 0.0 for _, scores in lexical]
    fused = [fuse([rows.tolist(), near.tolist()], k) for (rows, _), near in zip(lexical, dense, strict=True)]
    arrays = {
        "lexical": np.stack([_filled(rows, k) for rows, _ in lexical]),
        "lexical_least": np.array(least),
        "dense": dense[:, :k],
        "fused": np.stack([_filled(rows, k) for rows in fused]),
        "offsets": statistics.offsets,
        "rows": statistics.rows,
        "weights": statistics.weights,
    }
    for name, values in arrays.items():
        np.save(path / f"{name}.npy", values)


def _best(scores: Scores, k: int, above: float = -np.inf) -> tuple[Rows, Scores]:
    order = np.argsort(-scores, kind="stable")[:k]
    order = order[scores[order] > above]
    return order.astype(np.int32), scores[order]


def _filled(rows: Sequence[int] | Rows, k: int) -> np.ndarray:
    return np.array([*rows[:k], *[-1] * (k - len(rows))], np.int32)


def _nearest(catalogue: Catalogue, k: int) -> np.ndarray:
    """(queries, k) rows by falling cosine, block by block."""
    asked, k = catalogue.ask_vectors, min(k, catalogue.size)
    rows = np.empty((len(asked), 0), np.int32)
    cosines = np.empty((len(asked), 0), np.float32)
    for start in range(0, catalogue.size, BLOCK):
        block = asked @ np.asarray(catalogue.vectors[start : start + BLOCK]).T
        cosines = np.concatenate([cosines, block], axis=1)
        numbers = np.arange(start, start + block.shape[1], dtype=np.int32)
        rows = np.concatenate([rows, np.broadcast_to(numbers, block.shape)], axis=1)
        order = np.argsort(-cosines, axis=1, kind="stable")[:, :k]
        rows, cosines = np.take_along_axis(rows, order, 1), np.take_along_axis(cosines, order, 1)
    return rows


def fuse(rankings: Sequence[Sequence[int]], k: int) -> list[int]:
    """Reciprocal rank fusion: score = sum over rankings of 1 / (60 + rank), ranks from 1; ties by row.

    Source: Cormack, Clarke, Büttcher, SIGIR 2009, doi:10.1145/1571941.1572114

    >>> fuse([[7, 3], [3, 9]], 2)
    [3, 7]
    """
    scores: dict[int, float] = {}
    for ranking in rankings:
        for rank, row in enumerate(ranking, 1):
            scores[row] = scores.get(row, 0.0) + 1 / (RANK_OFFSET + rank)
    return sorted(scores, key=lambda row: (-scores[row], row))[:k]
