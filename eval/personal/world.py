"""Baskets as questions: a household looks for a type of product, and what it then bought of it is the answer.

The catalogue and its price bands are built by the code that indexes a shop. A question's candidates are the type's
products that were sold in the eight weeks before, the most popular 200 of them; popularity is what was sold in earlier
weeks, halved every four weeks, and log popularity is what A is for a shop whose results are ordered by it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np

from eval.personal.baskets import (
    HISTORY_ENDS,
    TEST_BEGINS,
    Baskets,
    bought_before,
    early_sales,
    on_shelf,
    shelf_products,
)
from search.index.fields import build_columns
from search.rerank.traits import Catalogue, build_catalogue, sales_weights
from search.types import Mask, Rows, Scores

Expected = Literal["catalogue", "sales"]

MOST_CANDIDATES, LEAST_CANDIDATES = 200, 8
SOLD_WITHIN_WEEKS, POPULARITY_HALF_LIFE_WEEKS = 8, 4.0


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """A household at one time, before a list: `rows` (n,) by popularity, `popularity` (n,), `chosen` and `known` (n,).

    `known`: bought by this household at an earlier time. `number` counts the questions from 0.
    """

    number: int
    person: int
    time: float
    kind: str
    rows: Rows
    popularity: Scores
    chosen: Mask
    known: Mask


@dataclass
class World:
    """All that the households' replays share.

    `questions` of the test, `fitting` of the eight weeks before it; `left_out` counts why sampled ones of the test were
    not asked. `shelves`: week -> type code -> its candidates, and their popularity, from when profiles are validated.
    """

    baskets: Baskets
    catalogue: Catalogue
    questions: list[Question]
    left_out: dict[str, int] = field(default_factory=dict)
    fitting: list[Question] = field(default_factory=list)
    shelves: dict[int, dict[int, tuple[Rows, Scores]]] = field(default_factory=dict)

    @cached_property
    def validated_from(self) -> float:
        """Profiles are judged by what was bought since then, seconds since 1970."""
        times = self.baskets.times[self.baskets.weeks > HISTORY_ENDS]
        return float(times.min(initial=np.inf))

    def shelf(self, time: float, type_code: int) -> tuple[Rows, Scores] | None:
        """A type's candidates at a time, and their popularity; None where there were too few."""
        at = int(np.searchsorted(self._weeks[0], time, side="right")) - 1
        week = int(self._weeks[1][max(at, 0)])
        return self.shelves.get(week, {}).get(type_code)

    @cached_property
    def _weeks(self) -> tuple[Scores, Scores]:
        """When each week's first sale was, and the week's number."""
        weeks, first = np.unique(self.baskets.weeks, return_index=True)
        return self.baskets.times[first], weeks.astype(np.float64)


def build_world(baskets: Baskets, expected: Expected, per_week: int, seed: int, own: Sequence[str] = ()) -> World:
    """The catalogue and the questions of the test weeks, and of those for fitting.

    Args:
        expected: whether p0 is a value's share of the products sold before the test, or of what was sold in weeks 1–34.
        own: fields that are tastes beside the five.
        per_week: questions drawn a week, before those without enough candidates or without an answer are left out.
    """
    weights = on_shelf(baskets)
    if expected == "sales" and (sold := sales_weights(early_sales(baskets))) is not None:
        weights = weights * sold
    columns = build_columns(shelf_products(baskets))
    catalogue = build_catalogue(columns, weights, own)  # type: ignore[arg-type]  # frozen, and only read there
    world = World(baskets, catalogue, [], {"few candidates": 0, "bought no candidate": 0})
    popularity, last_sold = np.zeros(len(baskets.products)), np.full(len(baskets.products), -10_000)
    known = _Known(baskets)
    weeks = np.unique(baskets.weeks)
    for week in range(int(weeks.min(initial=1)), int(weeks.max(initial=0)) + 1):
        sales = np.flatnonzero(baskets.weeks == week).astype(np.int32)
        if week > HISTORY_ENDS:
            on_sale = np.flatnonzero(last_sold >= week - SOLD_WITHIN_WEEKS).astype(np.int32)
            shelves = _shelves(catalogue, on_sale, popularity)
            world.shelves[week] = {
                code: (rows, popularity[rows]) for code, rows in shelves.items() if len(rows) >= LEAST_CANDIDATES
            }
            into = world.questions if week >= TEST_BEGINS else world.fitting
            _ask(world, into, sales, shelves, popularity, known, per_week, seed + week)
        popularity *= 2.0 ** (-1 / POPULARITY_HALF_LIFE_WEEKS)
        np.add.at(popularity, baskets.rows[sales], 1.0)
        last_sold[baskets.rows[sales]] = week
    return world


def _shelves(catalogue: Catalogue, on_sale: Rows, popularity: Scores) -> dict[int, Rows]:
    """Type code -> its candidates, the most popular first, ties by row."""
    kinds = catalogue.types[on_sale]
    order = np.lexsort((on_sale, -popularity[on_sale], kinds))
    codes, starts = np.unique(kinds[order], return_index=True)
    parts = np.split(on_sale[order], starts[1:])
    return {code: part[:MOST_CANDIDATES] for code, part in zip(codes.tolist(), parts, strict=True)}


def _ask(
    world: World,
    into: list[Question],
    sales: Rows,
    shelves: dict[int, Rows],
    popularity: Scores,
    known: _Known,
    per_week: int,
    seed: int,
) -> None:
    """Draw a week's questions: a household, a time and a type of which it bought."""
    baskets = world.baskets
    asked = np.stack([baskets.people[sales], baskets.times[sales], world.catalogue.types[baskets.rows[sales]]], 1)
    unique, which = np.unique(asked, axis=0, return_inverse=True)
    which = which.reshape(-1)
    order = np.argsort(which, kind="stable")
    ends = np.cumsum(np.bincount(which, minlength=len(unique)))
    drawn = np.sort(np.random.default_rng(seed).permutation(len(unique))[:per_week])
    for at in drawn.tolist():
        person, time, kind = unique[at].tolist()
        rows = shelves.get(int(kind), np.empty(0, np.int32))
        bought = baskets.rows[sales[order[ends[at - 1] if at else 0 : ends[at]]]]
        chosen = np.isin(rows, bought)
        if len(rows) < LEAST_CANDIDATES or not chosen.any():
            if into is world.questions:
                world.left_out["few candidates" if len(rows) < LEAST_CANDIDATES else "bought no candidate"] += 1
            continue
        into.append(
            Question(
                len(into),
                int(person),
                time,
                world.catalogue.type_names[int(kind)],
                rows,
                popularity[rows],
                chosen,
                known(int(person), rows, time),
            )
        )


class _Known:
    """Which products a household had bought before a time."""

    def __init__(self, baskets: Baskets):
        first = ~bought_before(baskets)
        key = baskets.people[first] * len(baskets.products) + baskets.rows[first]
        order = np.lexsort((baskets.times[first], key))
        self._keys, self._times = key[order], baskets.times[first][order]
        self._size = len(baskets.products)

    def __call__(self, person: int, rows: Rows, time: float) -> Mask:
        """(n,) bought strictly before `time`."""
        key = person * self._size + rows.astype(np.int64)
        at = np.minimum(np.searchsorted(self._keys, key), len(self._keys) - 1)
        return (self._keys[at] == key) & (self._times[at] < time)
