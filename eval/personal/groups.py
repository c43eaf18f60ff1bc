"""Groups of households with like tastes, learned from other households than the one that they are tried on.

The households are parted into five by a hash of their ids; each fifth is judged by groups that the other four fifths'
purchases before the test have taught, by the code that serves.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from eval.personal.baskets import TEST_BEGINS
from eval.personal.world import World
from search.learned.segmenting import people_of
from search.profiles.segments import COLD, learn_segments
from search.profiles.statistics import Kind, kinds_of
from search.settings import Personal
from search.types import Taste, Traits
from search.types.segments import Segments

FOLDS = 5


def fold_of(person: int) -> int:
    """Which fifth a household is in."""
    return zlib.crc32(f"fold {person}".encode()) % FOLDS


def groups_of(world: World, settings: Personal) -> list[Segments]:
    """For each fifth the groups that the others form; none where the setting is off."""
    if not settings.segments:
        return []
    known, found = dict(_known(world, kinds_of(settings)["shopper"])), []
    for fold in range(FOLDS):
        others = ((str(person), tastes) for person, tastes in known.items() if fold_of(person) != fold)
        found.append(learn_segments(people_of(others, world.catalogue, settings), settings.kappa_shop))
    return found


def told_groups(groups: Sequence[Segments]) -> str:
    """What was learned, in a sentence.

    >>> told_groups([])
    'No groups of households: the setting is off.'
    """
    if not groups:
        return "No groups of households: the setting is off."
    counts = ", ".join(str(len(segments.found)) for segments in groups)
    gain = sum(max(segments.gain.values(), default=0.0) for segments in groups) / len(groups)
    return (
        f"Groups, each fifth of the households by those of the other four: {counts}; after {COLD} choices they tell "
        f"{gain:+.4f} nats of a next one of households that did not teach."
    )


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
