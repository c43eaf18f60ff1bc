"""The dense index of a large catalogue: vectors are compared in brief, the nearest of them exactly.

Two forms of the same vectors. In brief: product quantization with 4 bits for every 4 dimensions, which FAISS compares
by table lookups in the processor's registers. Up to `LISTED` vectors all of them in one pass; above, they lie in lists
of vectors that are near each other, and those that lie nearest are read: an eighth of the lists, inside a filter a
quarter (docs/figures.md has what is found and what it costs). Exactly: a byte a dimension, memory-mapped, read for the
nearest and for whatever else is asked, within 0.004 of the true cosine.

A query knows its nearest products in the whole catalogue; under a filter also those inside it (`Compared.within`), so
that a filter finds what is far behind others. Of the rest nobody asks.

Source: André, Kermarrec, Le Scouarnec, Cache locality is not enough, VLDB 2015 (fast scan).
"""

from __future__ import annotations

from functools import cached_property
from math import ceil
from pathlib import Path
from typing import Any, cast

import faiss
import numpy as np
from numpy.typing import NDArray

from search.index.dense import SAMPLE, Cosines, measure_noise, rounded
from search.kept import bytes_of
from search.kernels import loops
from search.types import Mask, Rows, Scores, Vectors

EXACT_FILE, BRIEF_FILE = "vectors-8bit.faiss", "vectors-4bit.faiss"
#: Nearest products that a query knows: 99.8 of 100 true ones are among them at a million.
NEAREST = 2000
#: Rows whose cosines are asked for at once, beyond the nearest: reading 4,000 takes 0.3 ms.
MOST_ASKED = 4000
#: Inside a filter of so few products all of them are compared exactly …
FEW = 20_000
#: … else more are compared in brief, at most so many.
MOST_BRIEF = 40_000
#: Fewer vectors are never compressed: a quantizer cannot be trained on a handful.
LEAST_COMPRESSED = 1024
#: From so many vectors on they lie in lists, the square root of their number: below, one pass over all is as fast.
LISTED = 400_000
#: The share of the lists that is read, in the whole catalogue and inside a filter …
READ, READ_INSIDE = 1 / 8, 1 / 4
#: … but at least so many times as many vectors as are wanted.
AMONG = 8
#: Vectors that the quantizers are trained on.
TRAINED_ON = 65_536
SEED = 1
#: Rounds of k-means for the lists' centres.
ROUNDS = 8
#: Vectors that are compressed at once.
ADDED = 50_000


Brief = faiss.IndexPQFastScan | faiss.IndexIVFPQFastScan


class CompressedIndex:
    """Cosines of unit vectors, compressed; `noise` as in `DenseIndex`."""

    def __init__(self, exact: faiss.IndexScalarQuantizer, brief: Brief, noise: float):
        self.noise = noise
        self._exact = exact  # it holds the memory of the codes
        self.brief = brief
        self._codes = faiss.rev_swig_ptr(exact.codes.data(), exact.ntotal * exact.d).reshape(exact.ntotal, exact.d)
        trained = faiss.vector_to_array(exact.sq.trained)
        self._low, self._width = trained[: exact.d], trained[exact.d :]
        self._sample = np.ascontiguousarray(self._codes[:: max(len(self) // SAMPLE, 1)])

    def __len__(self) -> int:
        return int(self._exact.ntotal)

    def _decoded(self, rows: slice | Rows) -> Vectors:
        """Vectors of some rows, as FAISS's 8-bit quantizer reads its codes."""
        steps = self._codes[rows].astype(np.float32) + np.float32(0.5)
        return (self._low + steps * (self._width / np.float32(255))).astype(np.float32, copy=False)

    def vectors(self) -> Vectors:
        """(n, dimension) float32, a copy, within what the codes keep."""
        return self._decoded(slice(None))

    def at(self, vector: Vectors, rows: Rows) -> Scores:
        """(m,) cosines of rows (m,) with a query's vector (dimension,)."""
        return self._cosines_of(vector, self._codes, np.ascontiguousarray(rows, np.int32))

    def _cosines_of(self, vector: Vectors, codes: NDArray[np.uint8], rows: Rows) -> Scores:
        each = (self._width * vector / np.float32(255)).astype(np.float32)
        start = np.float32(float(self._low @ vector) + 0.5 * float(each.sum()))
        if (compiled := loops()) is not None:
            return rounded(compiled.dots(codes, rows, each, start))
        some = codes if len(rows) == len(codes) else codes.take(rows, axis=0)  # three times as fast as an index
        return rounded(some.astype(np.float32) @ each + start)

    def cosines(self, vector: Vectors) -> Scores:
        """(n,) cosine of every product: slow, for who must know them all."""
        return rounded(self.vectors() @ vector)

    def noise_of(self, vector: Vectors) -> float:
        """The zero of a query's calibrated cosines, as `DenseIndex.noise_of`: the median over products."""
        every = np.arange(len(self._sample), dtype=np.int32)
        return min(self.noise, float(np.median(self._cosines_of(vector, self._sample, every))))

    def near_in_brief(self, vector: Vectors, most: int, read: float) -> NDArray[np.int64]:
        """At most so many rows that are nearest in brief, best first.

        Args:
            read: the share of the lists that is read at least, where there are lists: more, where `most` are many.
        """
        brief: Any = self.brief
        params = None
        if isinstance(brief, faiss.IndexIVFPQFastScan):
            share = min(max(read, AMONG * most / len(self)), 1.0)
            params = faiss.SearchParametersIVF(nprobe=ceil(brief.nlist * share))  # type: ignore[call-arg]
        found = brief.search(vector[np.newaxis], min(most, len(self)), params=params)[1][0]
        return found[found >= 0]

    def score(self, vector: Vectors) -> Cosines:
        """The cosines of one query's vector (dimension,) float32, length 1."""
        return Compared(self, np.ascontiguousarray(vector, np.float32))


class Compared:
    """The cosines of one query: its nearest products, and whichever others are asked for.

    Args:
        mask: (n,) where products count beside the nearest of the whole catalogue; None: nowhere.
    """

    most = MOST_ASKED

    def __init__(self, index: CompressedIndex, vector: Vectors, mask: Mask | None = None):
        self._index, self._vector, self._mask = index, vector, mask

    @property
    def held_bytes(self) -> int:
        """Bytes of the nearest that it knows."""
        return bytes_of({name: held for name, held in self.__dict__.items() if isinstance(held, np.ndarray | tuple)})

    @cached_property
    def noise(self) -> float:
        """What unrelated products have with the query."""
        return self._index.noise_of(self._vector)

    @property
    def best(self) -> float:
        """The greatest; −1 without products."""
        return float(self._near[1].max(initial=-1.0))

    def at(self, rows: Rows) -> Scores:
        """(m,) those of rows (m,)."""
        if "_near" not in self.__dict__ or not len(self._near[0]):
            return self._index.at(self._vector, rows)
        near, cosines = self._near
        places = np.minimum(np.searchsorted(near, rows), len(near) - 1)
        found = cosines.take(places)
        others = np.flatnonzero(near.take(places) != rows)
        found[others] = self._index.at(self._vector, rows.take(others))
        return found

    def above(self, least: float) -> Rows:
        """Rows, ascending, among the nearest, whose cosine is at least that."""
        rows, cosines = self._near
        found = rows[cosines >= least]
        if self._mask is None:
            return found
        inside, cosines = self._near_inside
        rows = np.sort(np.concatenate([found, inside[cosines >= least]]))
        return rows[np.append(True, rows[1:] != rows[:-1])] if len(rows) else rows

    def within(self, mask: Mask | None) -> Compared:
        """The same where the nearest inside a mask (n,) count too."""
        if mask is None:
            return self
        other = Compared(self._index, self._vector, mask)
        other.__dict__.update({name: held for name, held in self.__dict__.items() if name in ("noise", "_near")})
        return other

    @cached_property
    def _near(self) -> tuple[Rows, Scores]:
        """The nearest of the whole catalogue, ascending by row, and their cosines."""
        return self._exactly(self._in_brief[:NEAREST])

    @cached_property
    def _inside(self) -> int:
        """How many products the mask lets through."""
        return len(self._index) if self._mask is None else int(np.count_nonzero(self._mask))

    @cached_property
    def _near_inside(self) -> tuple[Rows, Scores]:
        """The nearest inside the mask: all of few products, else the best of those that are near in brief."""
        assert self._mask is not None
        if self._inside <= FEW:
            return self._exactly(np.flatnonzero(self._mask))
        return self._exactly(self._in_brief[self._mask[self._in_brief]][:NEAREST])

    @cached_property
    def _in_brief(self) -> NDArray[np.int64]:
        """The rows that are nearest in brief, best first: so many that enough of them are inside the mask."""
        most = NEAREST
        if self._inside > FEW:
            most = min(NEAREST * len(self._index) // self._inside, MOST_BRIEF)
        return self._index.near_in_brief(self._vector, most, READ if self._mask is None else READ_INSIDE)

    def _exactly(self, rows: NDArray[np.int64]) -> tuple[Rows, Scores]:
        ascending = np.sort(rows).astype(np.int32)
        return ascending, self.at(ascending)


def build_compressed(vectors: Vectors) -> CompressedIndex:
    """Over (n, dimension) float32 unit vectors, in row order; the dimension is a multiple of 4. The same vectors give
    the same codes."""
    vectors = np.ascontiguousarray(vectors, np.float32)
    count, dimension = vectors.shape
    some = np.random.default_rng(SEED).permutation(count)[:TRAINED_ON]
    sample = vectors[np.sort(some)]
    exact = faiss.IndexScalarQuantizer(dimension, faiss.ScalarQuantizer.QT_8bit, faiss.METRIC_INNER_PRODUCT)
    exact.train(sample)
    brief = _brief(count, dimension)
    brief.train(sample)
    for start in range(0, count, ADDED):
        exact.add(vectors[start : start + ADDED])
        brief.add(vectors[start : start + ADDED])
    return CompressedIndex(exact, brief, measure_noise(vectors))


def _brief(count: int, dimension: int) -> Any:
    """An index for so many vectors in brief, not trained yet."""
    if count < LISTED:
        return faiss.IndexPQFastScan(dimension, dimension // 4, 4, faiss.METRIC_INNER_PRODUCT)
    description = f"IVF{round(count**0.5)},PQ{dimension // 4}x4fs"
    brief: Any = faiss.index_factory(dimension, description, faiss.METRIC_INNER_PRODUCT)
    brief.cp.niter = ROUNDS
    return brief


def save_compressed(index: CompressedIndex, folder: Path) -> None:
    """Write FAISS's own files."""
    faiss.write_index(index._exact, str(folder / EXACT_FILE))
    faiss.write_index(index.brief, str(folder / BRIEF_FILE))


def load_compressed(folder: Path, noise: float) -> CompressedIndex:
    """Read the files, the bytes memory-mapped. FAISS loads damaged files in silence: check checksums first."""
    flags: Any = faiss.IO_FLAG_MMAP_IFC
    exact, brief = (faiss.read_index(str(folder / name), flags) for name in (EXACT_FILE, BRIEF_FILE))
    return CompressedIndex(cast(faiss.IndexScalarQuantizer, exact), cast(Brief, brief), noise)
