"""Groups of shoppers with like tastes: how large each is, and how often its people choose a value against everybody."""

from __future__ import annotations

import msgspec

#: Fewer people are no group: nothing is learned of them, and nothing told.
LEAST_PEOPLE = 20


class Segment(msgspec.Struct, frozen=True):
    """One group.

    `people`: how many; `share` of all who taught, 0..1; `lifts`: attribute -> value -> how often its people choose it
    against everybody; `chosen`: the same, how many of them did, only where at least `LEAST_PEOPLE` did; `distinct`: how
    much nearer its people are to each other than to the next group, −1..1.
    """

    people: int
    share: float
    lifts: dict[str, dict[str, float]]
    chosen: dict[str, dict[str, int]]
    distinct: float


class Segments(msgspec.Struct, frozen=True):
    """What a shop's profiles say about groups.

    `people`: who taught, with enough evidence and leave; `gain`: what so many groups tell of a next
    event of people who did not teach, nats; `learned`: when, seconds since 1970; 0: never.
    """

    found: list[Segment] = []
    people: int = 0
    gain: dict[int, float] = {}
    learned: float = 0.0
