"""Fitting the student: to its teachers on texts, and to the task on pairs, in the same steps.

    loss = (1 - cos(o, y)) + a · mean((O·Oᵀ - Y·Yᵀ)²) + b · InfoNCE(queries, documents, temperature)

o is the student's vector of a text and y the teachers'; in InfoNCE each query has to find its document among all of
the batch and among hard opposites (`training/negatives.py`), and each document its query. Pairs of one group are no
opposites of each other. Both parts are the mean over the whole vectors and their first dimensions (`cut`), so that a
vector that is cut keeps the most. Each step takes one batch of texts and one of pairs. What is drawn depends on the
seed and the step alone, so a fit that was cut off goes on as if it had not been.

Sources: Reimers and Gurevych, arXiv 2004.09813 (distillation across languages); van den Oord et al., arXiv 1807.03748;
Kusupati et al., Matryoshka Representation Learning, arXiv 2205.13147 (the loss of the first dimensions).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn import functional

from training.corpus import Drawn
from training.student import Student

#: Pieces of a text that are read.
LONGEST = 96
#: Steps after which a fit is written down.
SAVED = 200
#: Share of the steps in which the rate rises.
WARM = 0.1

#: chance, count -> a batch of pairs
Draw = Callable[[np.random.Generator, int], Drawn]


@dataclass(frozen=True, slots=True, eq=False)
class Texts:
    """Texts as pieces: all ids in one row, and where each text starts; one more start than texts."""

    ids: np.ndarray
    starts: np.ndarray

    def __len__(self) -> int:
        return len(self.starts) - 1

    def batch(self, rows: np.ndarray, drop: float, chance: np.random.Generator) -> tuple[Tensor, Tensor]:
        """Ids and starts of some texts, with a share of their pieces left out at random, never all of a text."""
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
    encodings = tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)
    ids = [encoding.ids[:LONGEST] or [0] for encoding in encodings]
    starts = np.concatenate([[0], np.cumsum([len(each) for each in ids])])
    return Texts(np.concatenate([np.asarray(each, np.int64) for each in ids]), starts)


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to fit. `batch`, `pairs` and `opposites` (at most) are per step, rates are Adam's greatest, `cut` 0 is none.

    `added`: compounds in parts and a grocer's kinds of things are read and paired too. The rest as above.
    """

    steps: int = 1800
    batch: int = 1024
    pairs: int = 1280
    rate: float = 0.003
    head_rate: float = 0.001
    similarity: float = 20.0
    contrast: float = 0.5
    temperature: float = 0.05
    drop: float = 0.1
    opposites: int = 0
    added: bool = False
    hidden: int = 512
    dimension: int = 256
    cut: int = 128
    seed: int = 7


@dataclass(frozen=True, slots=True, eq=False)
class Examples:
    """Which texts are read like which vectors.

    `rows` (k,) texts; `read_as` (k,) the vector of each: a misspelt text has that of the right one. `whole` (m, t) and
    `small` (m, d): the teachers' vectors and the same in the student's dimensions, rows of length 1.
    """

    rows: np.ndarray
    read_as: np.ndarray
    whole: np.ndarray
    small: np.ndarray


class Fit:
    """A student on its way: `run` takes it to the recipe's last step, from `state` where that is on disk."""

    def __init__(self, student: Student, texts: Texts, examples: Examples, draw: Draw, recipe: Recipe):
        self.student, self.texts, self.examples, self.draw, self.recipe = student, texts, examples, draw, recipe
        heads = [values for name, values in student.named_parameters() if not name.startswith("table")]
        self._optimizers: list[torch.optim.Optimizer] = [
            torch.optim.SparseAdam(list(student.table.parameters()), lr=recipe.rate)
        ]
        if heads:
            self._optimizers.append(torch.optim.AdamW(heads, lr=recipe.head_rate, weight_decay=0.01))
        self._schedules = [
            torch.optim.lr_scheduler.OneCycleLR(
                each, each.param_groups[0]["lr"], recipe.steps, pct_start=WARM, cycle_momentum=False
            )
            for each in self._optimizers
        ]
        self._done = 0

    def run(self, state: Path | None, on_step: Callable[[int, dict[str, float]], None]) -> None:
        """All steps that are left; `on_step` gets each step's number and its losses."""
        if state is not None and state.is_file():
            self._restore(torch.load(state, weights_only=True))
        while self._done < self.recipe.steps:
            losses = self._step(np.random.default_rng((self.recipe.seed, self._done)))
            self._done += 1
            on_step(self._done, losses)
            if state is not None and (self._done % SAVED == 0 or self._done == self.recipe.steps):
                self._save(state)

    def _step(self, chance: np.random.Generator) -> dict[str, float]:
        parts = self._distil(chance) | self._contrast(chance)
        weights = {"similarity": self.recipe.similarity, "contrast": self.recipe.contrast}
        loss = sum((weights.get(name, 1.0) * part for name, part in parts.items()), torch.zeros(()))
        for optimizer in self._optimizers:
            optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        for optimizer, schedule in zip(self._optimizers, self._schedules, strict=True):
            optimizer.step()
            schedule.step()
        return {name: float(part.detach()) for name, part in parts.items()}

    def _distil(self, chance: np.random.Generator) -> dict[str, Tensor]:
        given = self.examples
        drawn = chance.integers(0, len(given.rows), self.recipe.batch)
        side = ("query", "document")[self._done % 2]
        out = self.student(*self.texts.batch(given.rows[drawn], 0.0, chance), side)
        right = given.read_as[drawn]
        small, whole = (torch.from_numpy(each[right]).float() for each in (given.small, given.whole))
        wanted = whole @ whole.T
        parts = [((each @ each.T - wanted) ** 2).mean() for each in self._lengths(out)]
        return {"cosine": (1 - (out * small).sum(1)).mean(), "similarity": sum(parts, torch.zeros(())) / len(parts)}

    def _lengths(self, vectors: Tensor) -> list[Tensor]:
        """Vectors as they are, and their first dimensions alone, of length 1."""
        cut = self.recipe.cut
        return [vectors, functional.normalize(vectors[:, :cut], dim=1)] if cut else [vectors]

    def _contrast(self, chance: np.random.Generator) -> dict[str, Tensor]:
        if not self.recipe.contrast:
            return {}
        drawn = self.draw(chance, self.recipe.pairs)
        count = min(self.recipe.opposites, len(drawn.opposites))
        chosen = np.sort(chance.permutation(len(drawn.opposites))[:count])
        rows = np.concatenate([drawn.documents, drawn.opposites[chosen]])
        groups = torch.from_numpy(np.concatenate([drawn.groups, drawn.opposite_groups[chosen]]))
        asked = self.student(*self.texts.batch(drawn.queries, self.recipe.drop, chance), "query")
        found = self.student(*self.texts.batch(rows, self.recipe.drop, chance), "document")
        parts = [
            info_nce(query, document, groups, self.recipe.temperature)
            for query, document in zip(self._lengths(asked), self._lengths(found), strict=True)
        ]
        return {"contrast": sum(parts, torch.zeros(())) / len(parts)}

    def _save(self, path: Path) -> None:
        state: dict[str, Any] = {"done": self._done, "student": self.student.state_dict()}
        state["optimizers"] = [each.state_dict() for each in self._optimizers]
        state["schedules"] = [each.state_dict() for each in self._schedules]
        building = path.with_suffix(".building")
        torch.save(state, building)
        building.replace(path)

    def _restore(self, state: dict[str, Any]) -> None:
        self._done = state["done"]
        self.student.load_state_dict(state["student"])
        for each, saved in zip(self._optimizers, state["optimizers"], strict=True):
            each.load_state_dict(saved)
        for schedule, saved in zip(self._schedules, state["schedules"], strict=True):
            schedule.load_state_dict(saved)


def info_nce(queries: Tensor, documents: Tensor, groups: Tensor, temperature: float) -> Tensor:
    """Mean of both directions; queries (n, d), documents (n + m, d), groups (n + m,). The first n documents are the
    queries' own, the others opposites that no query asks for. Others of a pair's own group are left out.

    >>> apart = torch.eye(2)
    >>> float(info_nce(apart, apart, torch.tensor([0, 1]), 0.05)) < 1e-6
    True
    """
    scores = queries @ documents.T / temperature
    count = len(queries)
    same = (groups[:count, None] == groups[None, :]) & ~torch.eye(count, len(groups), dtype=torch.bool)
    scores = scores.masked_fill(same, -1e4)
    right = torch.arange(count)
    return (functional.cross_entropy(scores, right) + functional.cross_entropy(scores[:, :count].T, right)) / 2
