"""The personal order of one request: what of a shopper may count, and what the order would be without one taste."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from search.index.columns import Columns
from search.index.snapshot import Snapshot
from search.messages import MAX_REACH, SearchRequest
from search.personal.named import SIZE
from search.personal.own_size import sizes_of, wrong_sizes
from search.rerank.personal import CHILDREN, Personalized, blocked_attributes, depth, personalize
from search.rerank.promise import is_broken
from search.rerank.traits import Catalogue
from search.settings import Personal
from search.sorts import sorted_by
from search.types import Affinities, Mask, Ranking, Repeats, Rows, Stated


@dataclass(frozen=True, eq=False)
class PersonalStage:
    """One request's personal order, and the orders beside it.

    `stated` is what the query and the context say; `reach`: places that are shown; `wrong_sizes`: which of the rows are
    not to be had in the shopper's size, None where that does not count; `guessed`: product types of which that size
    follows from what they kept; `repeats`: when people buy again.
    """

    request: SearchRequest
    stated: Sequence[Stated]
    base: Ranking
    affinities: Affinities
    catalogue: Catalogue
    settings: Personal
    reach: int
    wrong_sizes: Callable[[Rows], Mask] | None = None
    guessed: frozenset[str] = frozenset()
    repeats: Repeats | None = None
    _without: dict[str, dict[int, int]] = field(default_factory=dict)

    def order(self, *without: str, reach: int | None = None) -> Personalized:
        """The personal order, some attributes left out: what a request with `without_tastes` would have.

        Args:
            reach: places that must be right, where more are wanted than are shown.
        """
        if self.request.sort != "relevance":
            return Personalized(self.base, 0.0, {}, {})
        off = (*self.request.without_tastes, *self.affinities.stated.off, *without)
        blocked = blocked_attributes(self.stated, off, self.catalogue.attributes)
        reach = max(self.reach, reach or 0)
        rows = self.base.rows[: depth(len(self.base), reach, self.settings)]
        return personalize(
            self.base,
            self.affinities,
            self.catalogue,
            blocked,
            self.settings,
            self.request.strength / 100,
            reach,
            self.wrong_sizes(rows) if self.wrong_sizes is not None else None,
            self.repeats,
        )

    def kept(self, degraded: list[str]) -> Personalized:
        """The personal order; the anonymous one, and "promise" in `degraded`, where it would break what is promised."""
        result, strength = self.order(), self.request.strength / 100
        if self.request.sort != "relevance" or not is_broken(result.ranking, self.settings, strength):
            return result
        degraded.append("promise")
        return Personalized(self.base.with_features(p=np.zeros(len(self.base))), 0.0, {}, {})

    def ranks_without(self, attribute: str) -> dict[int, int]:
        """Row -> rank (from 1) where the attribute is left out; worked out once.

        As far down as can be paged: what loses its taste may sink below what is shown.
        """
        if attribute not in self._without:
            rows = self.order(attribute, reach=MAX_REACH).ranking.rows.tolist()
            self._without[attribute] = {row: place for place, row in enumerate(rows, 1)}
        return self._without[attribute]


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
    repeats: Repeats | None,
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
    if SIZE in (*request.without_tastes, *affinities.stated.off) or _is_for_others(stated):
        return PersonalStage(request, stated, base, affinities, catalogue, settings, reach, repeats=repeats)
    sizes, guessed = sizes_of(affinities, columns)
    where = snapshot, columns, catalogue, request.branch
    missing = partial(wrong_sizes, sizes=sizes, where=where) if sizes else None
    return PersonalStage(request, stated, base, affinities, catalogue, settings, reach, missing, guessed, repeats)


def _is_for_others(stated: Sequence[Stated]) -> bool:
    """True where the query states a size, or that it is for somebody else: a gift, a child."""
    return any(
        item.effect != "off"
        and (item.attribute in ("size", "line") or (item.attribute == "age_group" and item.value in CHILDREN))
        for item in stated
    )
