"""The shop encoder as the server runs it: numpy and a tokenizer, no torch.

    s = Σ scale[i] · table[i] over a text's first 96 pieces      (256,); only the direction counts, so no mean is needed
    u = s / |s|
    v = u + W2 gelu(W1 u + b1) + b2                              a head for queries, one for documents
    out = v / |v|, of the first `dimensions` values where fewer are asked for

The table stays int8 and only the rows of a text are widened: that is faster than a table of float32 (6 µs a text of 64
pieces against 8 µs summed one by one, 50 µs with `np.add.reduceat`, whose rows have left the cache when they are added)
and takes a quarter of the memory. A text that says nothing (no letter or digit) has a vector of zeros: a cosine of 0
with everything, where the head would point somewhere.

Sources: Iyyer et al., Deep Unordered Composition Rivals Syntactic Methods, ACL 2015; Kusupati et al., Matryoshka
Representation Learning, NeurIPS 2022, arXiv 2205.13147 (the first values say the most).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from search.encoder.pieces import Pieces
from search.encoder.shop_files import ShopModel, read_model
from search.types import Vectors

#: Texts whose vectors go through a head together, at most and at least. OpenBLAS hands larger products, and a product
#: with a single row, to several threads, which wait for each other while other processes hold the cores: on two busy
#: cores 256 rows at a time gave 4,500 texts a CPU second, 4 rows 20,000. And so a text has the same vector alone as
#: among others.
CHUNK = 4
LEAST = 2
#: sqrt(2 / pi), and the weight of the cube: Hendrycks and Gimpel, Gaussian Error Linear Units, arXiv 1606.08415.
GELU_SLOPE = np.float32(0.7978845608028654)
GELU_CUBE = np.float32(0.044715)


def gelu(x: np.ndarray) -> np.ndarray:
    """0.5 x (1 + tanh(sqrt(2/pi) (x + 0.044715 x³))), float32, any shape.

    >>> gelu(np.array([-1, 0, 1], np.float32)).round(4).tolist()
    [-0.1588..., 0.0, 0.8411...]
    """
    inside = x * x
    inside *= GELU_CUBE
    inside += 1
    inside *= x
    inside *= GELU_SLOPE
    np.tanh(inside, out=inside)
    inside += 1
    inside *= x
    inside *= np.float32(0.5)
    return inside


class Head:
    """The residual layer over unit vectors, (n, d) -> (n, dimensions); without weights only the cut."""

    def __init__(self, weights: tuple[np.ndarray, ...] | None, dimensions: int):
        self.dimensions = dimensions
        self._weights = None
        if weights is not None:
            inner, first, outer, second = weights
            cut = np.ascontiguousarray(outer[:dimensions].T)
            self._weights = np.ascontiguousarray(inner.T), first, cut, second[:dimensions]

    def __call__(self, u: np.ndarray) -> np.ndarray:
        """Not yet of length 1."""
        out = u[:, : self.dimensions]
        if self._weights is None:
            return out
        inner, first, outer, second = self._weights
        return out + gelu(u @ inner + first) @ outer + second


class ShopEncoder:
    """Texts to unit vectors behind the Encoder protocol; the same text gives the same vector in any thread.

    Args:
        model: as read from its folder.
        dimensions: only the first so many values of a vector; None for all.
        name: how `load_encoder` finds it again; else the model's own, with "@" and the dimensions where it is cut.

    Raises:
        ValueError: the model has not so many dimensions.
    """

    def __init__(self, model: ShopModel, dimensions: int | None = None, name: str | None = None):
        whole = model.config.dimension
        self.name = name or model.config.name + (f"@{dimensions}" if dimensions else "")
        self.dimension = whole if dimensions is None else dimensions
        if not 1 <= self.dimension <= whole:
            raise ValueError(f"{self.name} has 1 to {whole} dimensions, not {self.dimension}")
        self.fingerprint = model.fingerprint
        self._table, self._scale = model.arrays["table"], model.arrays["scale"].astype(np.float32)
        self._heads = {side: Head(model.head(side), self.dimension) for side in ("query", "document")}
        self._pieces = Pieces(model.tokenizer, model.config.longest)

    def encode_query(self, texts: Sequence[str]) -> Vectors:
        """(n,) texts -> (n, dimension) float32, rows of length 1, or of zeros for a text that says nothing."""
        return self._encode(texts, self._heads["query"])

    def encode_document(self, texts: Sequence[str]) -> Vectors:
        """(n,) texts -> (n, dimension) float32, rows of length 1, or of zeros for a text that says nothing."""
        return self._encode(texts, self._heads["document"])

    def _encode(self, texts: Sequence[str], head: Head) -> Vectors:
        vectors = np.empty((len(texts), self.dimension), np.float32)
        for start in range(0, len(texts), CHUNK):
            part = texts[start : start + CHUNK]
            sums = np.zeros((max(len(part), LEAST), self._table.shape[1]), np.float32)
            for place, text in enumerate(part):
                sums[place] = self._sum(text)
            found = _unit(head(_unit(sums))) * sums.any(1, keepdims=True)
            vectors[start : start + CHUNK] = found[: len(part)]
        return vectors

    def _sum(self, text: str) -> np.ndarray:
        """(d,) the sum of the rows of a text's pieces."""
        ids = np.array(self._pieces(text), np.intp)
        return self._scale[ids] @ self._table.take(ids, 0).astype(np.float32)


def _unit(x: np.ndarray) -> np.ndarray:
    length = np.sqrt(np.einsum("ij,ij->i", x, x))
    return x / np.maximum(length, 1e-12)[:, None]


def load_shop(folder: Path, dimensions: int | None = None, name: str | None = None) -> ShopEncoder:
    """The encoder of a folder, ready to use.

    Raises:
        MissingModel: the folder's files are missing or damaged; the message says what to do.
        ValueError: it has not so many dimensions.
    """
    return ShopEncoder(read_model(folder), dimensions, name)
