"""Counters of what was shown to somebody: what was to be expected of their events, by the lists that these came from.

Only what fits: of an attribute and product type the values that were shown most of late. What is dropped is expected as
of events without a list, because only what is counted here is taken off them (`search/types/expected.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from heapq import nlargest

from search.types import Shown, Traits

#: Values that are kept of an attribute in a product type: 64 of some 100 bytes, whatever happens there.
MOST_VALUES = 64

#: Attribute -> product type -> value -> sum of f · share.
Lists = dict[str, dict[str, dict[str, float]]]


def with_list(lists: Lists, traits: Traits, f: float, counted: Mapping[str, float]) -> Lists:
    """The counters with an event of weight f added; the given ones stay as they are.

    Args:
        counted: attribute -> the share of the event that counts; 1 of others.
    """
    found = dict(lists)
    for attribute, shares in traits.shown.items():
        if attribute in traits.values:
            weight, types = f * counted.get(attribute, 1.0), dict(found.get(attribute, {}))
            values = dict(types.get(traits.product_type, {}))
            for value, share in shares.items():
                values[value] = values.get(value, 0.0) + weight * share
            types[traits.product_type] = values if len(values) <= MOST_VALUES else _most(values)
            found[attribute] = types
    return found


def _most(values: dict[str, float]) -> dict[str, float]:
    kept = set(nlargest(MOST_VALUES, values, key=lambda value: (abs(values[value]), value)))
    return {value: count for value, count in values.items() if value in kept}


def scaled(lists: Lists, factor: float) -> Lists:
    """The counters as of another origin."""
    return {attribute: of_one(types, factor) for attribute, types in lists.items()}


def of_one(types: Shown, factor: float) -> dict[str, dict[str, float]]:
    """One attribute's counters, times a factor."""
    return {kind: {value: count * factor for value, count in values.items()} for kind, values in types.items()}


def add(into: Lists, lists: Lists, factor: float) -> None:
    """Write counters, as of the sum's origin, into a sum that nobody else holds."""
    for attribute, types in lists.items():
        add_one(into.setdefault(attribute, {}), types, factor)


def add_one(into: dict[str, dict[str, float]], types: Shown, factor: float) -> None:
    """Write one attribute's counters into a sum."""
    for kind, values in types.items():
        sums = into.setdefault(kind, {})
        for value, count in values.items():
            sums[value] = sums.get(value, 0.0) + count * factor
