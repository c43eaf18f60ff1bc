"""The network that is trained: a table of rows, their mean, and a small head.

    m = mean of the rows of a text's pieces        (n, 256), the weights of the pieces are the lengths of their rows
    u = m / |m|
    v = u + W2 gelu(W1 u + b1) + b2                 one head for queries, one for documents
    out = v / |v|

The head works once a text, not once a piece, so it costs 0.3 MFLOP whatever the length. Sources: Iyyer et al., Deep
Unordered Composition Rivals Syntactic Methods, ACL 2015 (the head over a mean); Arora et al., A Simple but
Tough-to-Beat Baseline, ICLR 2017 (weights of frequent words).
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

SIDES = ("query", "document")


class Head(nn.Module):
    """Residual layer over unit vectors, (n, d) -> (n, d); begins as the identity."""

    def __init__(self, dimension: int, hidden: int):
        super().__init__()
        self.inner = nn.Linear(dimension, hidden)
        self.outer = nn.Linear(hidden, dimension)
        nn.init.zeros_(self.outer.weight)
        nn.init.zeros_(self.outer.bias)

    def forward(self, u: Tensor) -> Tensor:
        """Unit vectors (n, d) to (n, d), not of length 1 any more."""
        return u + self.outer(nn.functional.gelu(self.inner(u), approximate="tanh"))


class Student(nn.Module):
    """Rows (pieces, d) with a head for each side; `hidden` 0 is none."""

    def __init__(self, rows: np.ndarray, hidden: int, seed: int):
        super().__init__()
        torch.manual_seed(seed)
        self.table = nn.EmbeddingBag.from_pretrained(torch.from_numpy(rows), freeze=False, mode="mean", sparse=True)
        dimension = rows.shape[1]
        self.query = Head(dimension, hidden) if hidden else nn.Identity()
        self.document = Head(dimension, hidden) if hidden else nn.Identity()

    def forward(self, ids: Tensor, starts: Tensor, side: str) -> Tensor:
        """Piece ids (t,) and where each text starts (n,) -> unit vectors (n, d)."""
        mean = nn.functional.normalize(self.table(ids, starts), dim=1)
        return nn.functional.normalize(getattr(self, side)(mean), dim=1)
