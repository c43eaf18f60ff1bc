"""Fitting the student: to its teachers on texts, and to the task on pairs, in the same steps.

    loss = (1 - cos(o, y)) + a · mean((O·Oᵀ - Y·Yᵀ)²) + b · InfoNCE(queries, documents, temperature)

o is the student's vector of a text and y the teachers'; in InfoNCE each query has to find its document among all of
the batch, and each document its query. Pairs of one group are no opposites of each other. Each step takes one batch of
texts and one of pairs.

Sources: Reimers and Gurevych, arXiv 2004.09813 (distillation across languages); van den Oord et al., arXiv 1807.03748.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn import functional

from training.student import Student

#: Pieces of a text that are read.
LONGEST = 96


@dataclass(frozen=True, slots=True, eq=False)
class Texts:
    """Texts as pieces: all ids in one row, and where each text starts; one more start than texts."""

    ids: np.ndarray
    starts: np.ndarray

    def __len__(self) -> int:
        return len(self.starts) - 1

    def batch(self, rows: np.ndarray, drop: float, chance: np.random.Generator) -> tuple[Tensor, Tensor]:
        """Ids and starts of some texts, with a share of their pieces left out at random."""
        lengths = self.starts[rows + 1] - self.starts[rows]
        starts = np.concatenate([[0], np.cumsum(lengths)])
        ids = self.ids[np.repeat(self.starts[rows] - starts[:-1], lengths) + np.arange(starts[-1])]
        if drop:
            kept = chance.random(len(ids)) >= drop
            kept[starts[:-1]] |= np.add.reduceat(kept, starts[:-1]) == 0
            starts = np.concatenate([[0], np.cumsum(np.add.reduceat(kept, starts[:-1]))])
            ids = ids[kept]
        return torch.from_numpy(ids), torch.from_numpy(starts[:-1].copy())


def cut(tokenizer: Tokenizer, texts: Sequence[str]) -> Texts:
    """Texts to pieces; a text without any is one unknown piece."""
    ids = [encoding.ids[:LONGEST] or [0] for encoding in tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)]
    starts = np.concatenate([[0], np.cumsum([len(each) for each in ids])])
    return Texts(np.concatenate([np.asarray(each, np.int64) for each in ids]), starts)


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to fit. Rates are per step of Adam; a batch is texts, and pairs."""

    steps: int = 6000
    batch: int = 1024
    pairs: int = 1024
    rate: float = 0.003
    head_rate: float = 0.001
    similarity: float = 5.0
    contrast: float = 0.3
    temperature: float = 0.05
    drop: float = 0.1
    seed: int = 7


#: chance, count -> query texts' rows, document texts' rows, groups
Draw = Callable[[np.random.Generator, int], tuple[np.ndarray, np.ndarray, np.ndarray]]


def fit(
    student: Student, texts: Texts, targets: np.ndarray, small: np.ndarray, draw: Draw, recipe: Recipe,
    on_step: Callable[[int, dict[str, float]], None],
) -> None:
    """Fit the student in place.

    Args:
        texts: (n,) texts, some of which the pairs name; the first len(targets) have teachers' vectors.
        targets: (m, t) float16, teachers' vectors, rows of length 1.
        small: (m, d) float16, the same in the student's dimensions, rows of length 1.
        draw: draws pairs.
        on_step: called after each step with the losses.
    """
    chance = np.random.default_rng(recipe.seed)
    torch.manual_seed(recipe.seed)
    heads = [p for name, p in student.named_parameters() if not name.startswith("table")]
    optimizers: list[torch.optim.Optimizer] = [torch.optim.SparseAdam(list(student.table.parameters()), lr=recipe.rate)]
    if heads:
        optimizers.append(torch.optim.AdamW(heads, lr=recipe.head_rate, weight_decay=0.01))
    schedules = [torch.optim.lr_scheduler.OneCycleLR(o, o.param_groups[0]["lr"], recipe.steps, pct_start=0.1,
                 cycle_momentum=False) for o in optimizers]
    for step in range(recipe.steps):
        losses = {}
        rows = chance.integers(0, len(targets), recipe.batch)
        side = ("query", "document")[step % 2]
        out = student(*texts.batch(rows, 0.0, chance), side)
        y, whole = torch.from_numpy(small[rows]).float(), torch.from_numpy(targets[rows]).float()
        losses["cos"] = (1 - (out * y).sum(1)).mean()
        losses["similarity"] = ((out @ out.T - whole @ whole.T) ** 2).mean()
        loss = losses["cos"] + recipe.similarity * losses["similarity"]
        if recipe.contrast:
            queries, documents, groups = draw(chance, recipe.pairs)
            losses["contrast"] = info_nce(
                student(*texts.batch(queries, recipe.drop, chance), "query"),
                student(*texts.batch(documents, recipe.drop, chance), "document"),
                torch.from_numpy(groups), recipe.temperature,
            )
            loss = loss + recipe.contrast * losses["contrast"]
        for optimizer in optimizers:
            optimizer.zero_grad()
        loss.backward()
        for optimizer, schedule in zip(optimizers, schedules, strict=True):
            optimizer.step()
            schedule.step()
        on_step(step, {name: float(value.detach()) for name, value in losses.items()})


def info_nce(queries: Tensor, documents: Tensor, groups: Tensor, temperature: float) -> Tensor:
    """Mean of both directions; texts (n, d), groups (n,). Others of a pair's own group are left out."""
    scores = queries @ documents.T / temperature
    same = (groups[:, None] == groups[None, :]) & ~torch.eye(len(groups), dtype=torch.bool)
    scores = scores.masked_fill(same, -1e4)
    right = torch.arange(len(groups))
    return (functional.cross_entropy(scores, right) + functional.cross_entropy(scores.T, right)) / 2
