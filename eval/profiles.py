"""Shoppers' profiles for experiments: folded in memory from a log of events, never written anywhere.

The log is a file of events as POST /v1/events takes them, one JSON object a line, or the one that an index directory
keeps. Both are folded anew, so that half-lives and weights of the settings under test hold.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from eval.events import Told, read_file
from search.errors import BadInput
from search.profiles.statistics import Kind, Statistics, combine, kinds_of
from search.settings import Personal
from search.types import Affinities, Appended, Event, Identity, Personalize, ProfileVersion, Traits


@dataclass(frozen=True, slots=True, eq=False)
class FoldedProfiles:
    """A ProfileStore without a disk: kinds of profiles, and (kind, id) -> statistics."""

    kinds: Mapping[str, Kind]
    profiles: dict[tuple[str, str], Statistics] = field(default_factory=dict)

    def append(self, events: Sequence[tuple[Event, Traits | None]]) -> Appended:
        """Fold events, in their order; each must be new."""
        for event, traits in events:
            if traits is None:
                continue
            for kind, id in (("shopper", event.shopper), ("session", event.session)):
                if id:
                    old = self.profiles.get((kind, id))
                    self.profiles[(kind, id)] = self.kinds[kind].fold(old, event.type, traits, event.time)
        return Appended(len(events), 0, sum(traits is None for _, traits in events))

    def affinities(
        self, identity: Identity, scope: Personalize, now: float, version: ProfileVersion | None = None
    ) -> Affinities:
        """What the ranker may know: nothing, this session, or this session and the shopper's past."""
        shopper = self.profiles.get(("shopper", identity.shopper)) if identity.shopper and scope == "full" else None
        session = self.profiles.get(("session", identity.session)) if identity.session and scope != "off" else None
        return combine(self.kinds, shopper, session, now)

    def last_visit(self, identity: Identity, now: float) -> float | None:
        """None: what is new is not measured."""
        return None


def fold(told: Told, settings: Personal, shoppers: Collection[str]) -> FoldedProfiles:
    """The profiles of these shoppers, by the half-lives of these settings."""
    profiles = FoldedProfiles(kinds_of(settings))
    profiles.append([(event, traits) for event, traits in told if event.shopper in shoppers])
    return profiles


def read_events(path: Path, traits: Callable[[str], Traits | None]) -> Told:
    """Events of a file, in the order of their times; of those with the same event_id the first counts.

    A kiosk's sessions are forgotten, whoever stood there, and left out here too.

    Args:
        traits: product id -> what it says about tastes (`Pipeline.traits`).

    Raises:
        BadInput: as `eval.events.read_file`.
    """
    told: dict[str, tuple[Event, Traits | None]] = {}
    for event in read_file(path):
        if event.touchpoint != "kiosk":
            told.setdefault(event.event_id, (event, traits(event.product_id)))
    return sorted(told.values(), key=lambda pair: pair[0].time)


def shoppers_of(told: Told, wanted: Sequence[str], place: str) -> list[str]:
    """The shoppers to ask: those wanted, or all that have events.

    Raises:
        BadInput: a wanted one has no event, or nobody has.
    """
    known = sorted({event.shopper for event, _ in told if event.shopper})
    if not known:
        raise BadInput("The events name no shopper: there is nobody to ask as.", place)
    for id in wanted:
        if id not in known:
            raise BadInput(f"The shopper '{id}' has no events. Known: {', '.join(known[:10])}.", place)
    return list(wanted) or known
