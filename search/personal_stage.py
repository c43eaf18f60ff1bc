"""The personal order of one request: what of a shopper may count, and what the order would be without one taste."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from search.index.columns import Columns
from search.index.snapshot import Snapshot
from search.messages import SearchRequest
from search.own_size import wrong_sizes
from search.rerank.personal import CHILDREN, Personalized, blocked_attributes, depth, personalize
from search.rerank.traits import Catalogue
from search.settings import Personal
from search.types import Affinities, Mask, Ranking, Stated

#: sort -> column and direction
SORTS = {
    "price:asc": ("price", 1),
    "price:desc": ("price", -1),
    "newest": ("released", -1),
    "popularity": ("popularity", -1),
}


@dataclass(frozen=True, eq=False)
class PersonalStage:
    """One request's personal order, and the orders beside it.

    `stated` is what the query and the context say; `wrong_size` as in `personalize`; `reach`: places that are shown.
    """

    request: SearchRequest
    stated: Sequence[Stated]
    base: Ranking
    affinities: Affinities
    catalogue: Catalogue
    settings: Personal
    reach: int
    wrong_size: Mask | None = None
    _without: dict[str, Personalized] = field(default_factory=dict)

    def order(self, *without: str) -> Personalized:
        """The personal order, some attributes left out: what a request with `without_tastes` would have."""
        if self.request.sort != "relevance":
            return Personalized(self.base, 0.0, {}, {}, {})
        off = (*self.request.without_tastes, *self.affinities.stated.off, *without)
        blocked = blocked_attributes(self.stated, off)
        return personalize(
            self.base,
            self.affinities,
            self.catalogue,
            blocked,
            self.settings,
            self.request.strength / 100,
            self.reach,
            self.wrong_size,
        )

    def ranks_without(self, attribute: str) -> dict[int, int]:
        """Row -> rank (from 1) where the attribute is left out; worked out once."""
        if attribute not in self._without:
            self._without[attribute] = self.order(attribute)
        return {row: place for place, row in enumerate(self._without[attribute].ranking.rows.tolist(), 1)}


def stage_of(
    request: SearchRequest,
    stated: Sequence[Stated],
    base: Ranking,
    affinities: Affinities,
    snapshot: Snapshot,
    columns: Columns,
    catalogue: Catalogue,
    settings: Personal,
    reach: int,
) -> PersonalStage:
    """The stage of a request. Under another sort than relevance everybody sees that order.

    Args:
        base: in anonymous order.
    """
    if request.sort != "relevance":
        base = sorted_by(base, columns, request.sort)
        ranks = np.arange(1.0, len(base) + 1)  # nobody sees another order here
        base = base.with_features(p=np.zeros(len(base)), rank_anonymous=ranks)
        return PersonalStage(request, stated, base, affinities, catalogue, settings, reach)
    sizes, missing = affinities.stated.sizes, None
    if sizes and not _is_for_others(stated):
        rows = base.rows[: depth(len(base), reach, settings)]
        missing = wrong_sizes(rows, sizes, snapshot, columns, request.branch)
    return PersonalStage(request, stated, base, affinities, catalogue, settings, reach, missing)


def _is_for_others(stated: Sequence[Stated]) -> bool:
    """True where the query states a size, or that it is for somebody else: a gift, a child."""
    return any(
        item.effect != "off"
        and (item.attribute in ("size", "line") or (item.attribute == "age_group" and item.value in CHILDREN))
        for item in stated
    )


def sorted_by(ranking: Ranking, columns: Columns, sort: str) -> Ranking:
    """The candidates by a column's numbers; those without one last; ties by row."""
    name, direction = SORTS[sort]
    column = columns.number(name)
    keys = column.dense(columns.size)[ranking.rows] * direction if column is not None else np.zeros(len(ranking))
    return ranking.take(np.lexsort((ranking.rows, np.nan_to_num(keys, nan=np.inf))))
