"""Groups of households with like tastes, learned from other households than the one that they are tried on.

The households are parted into five by a hash of their ids; each fifth is judged by groups that the other four fifths'
purchases before the test have taught, by the code that serves.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping

import numpy as np

from eval.personal.baskets import TEST_BEGINS
from eval.personal.world import World
from search.personal.segmenting import people_of
from search.profiles.segments import learn_segments
from search.profiles.statistics import Kind, kinds_of
from search.rerank.segments import Cohorts, cohorts_of
from search.settings import Personal
from search.types import Taste, Traits

FOLDS = 5


def fold_of(person: int) -> int:
    """Which fifth a household is in."""
    return zlib.crc32(f"fold {person}".encode()) % FOLDS


def groups_of(world: World, settings: Personal) -> list[Cohorts | None]:
    """For each fifth the groups that the others form; None where they form none, or the setting is off."""
    if not settings.segments:
        return [None] * FOLDS
    known, found = dict(_known(world, kinds_of(settings)["shopper"])), []
    for fold in range(FOLDS):
        others = ((str(person), tastes) for person, tastes in known.items() if fold_of(person) != fold)
        people = people_of(others, world.catalogue, settings)
        found.append(cohorts_of(learn_segments(people, settings.kappa_shop), world.catalogue))
    return found


def _known(world: World, kind: Kind) -> Iterator[tuple[int, Mapping[str, Taste]]]:
    """Each household's tastes at the end of the week before the test."""
    baskets, traits = world.baskets, dict[int, Traits]()
    early = np.flatnonzero(baskets.weeks < TEST_BEGINS)
    order = early[np.lexsort((baskets.times[early], baskets.people[early]))]
    now = float(baskets.times[early].max(initial=0.0))
    people, starts = np.unique(baskets.people[order], return_index=True)
    for person, own in zip(people.tolist(), np.split(order, starts[1:]), strict=True):
        for row in baskets.rows[own].tolist():
            traits.setdefault(row, world.catalogue.traits(row, str(row)))
        told = zip(baskets.rows[own].tolist(), baskets.times[own].tolist(), strict=True)
        past = kind.fold_all(None, [("purchase", traits[row], time) for row, time in told])
        if past is not None:
            yield person, kind.tastes(past, now)
