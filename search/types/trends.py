"""What all shoppers together choose, and when: learned from a shop's log, without ids of anybody."""

from __future__ import annotations

import msgspec


class Choices(msgspec.Struct, frozen=True, array_like=True):
    """How often everybody chose a product: `count` weighed, corrected for the place and decayed; `people` who did."""

    count: float
    people: int


class Slice(msgspec.Struct, frozen=True):
    """What the people of one context chose: `queries` and `types` as in `Trends`."""

    queries: dict[str, dict[str, Choices]] = {}
    types: dict[str, dict[str, Choices]] = {}


class Trends(msgspec.Struct, frozen=True):
    """What a shop's log says of everybody.

    `queries`: key of a query -> item -> its choices; `types`: product type -> item -> its choices. `months`: "2026-06"
    -> product type -> how often a person chose one of its products. `learned`: when, seconds since 1970; 0: never.
    `contexts`: "device=mobile" -> what those who came so chose.
    """

    queries: dict[str, dict[str, Choices]] = {}
    types: dict[str, dict[str, Choices]] = {}
    months: dict[str, dict[str, int]] = {}
    learned: float = 0.0
    contexts: dict[str, Slice] = {}
