"""What somebody's events are compared with: the lists that they came from, as far as these are known."""

from __future__ import annotations

from collections.abc import Mapping

#: Product type -> value -> events that were to be expected of it, by what was shown.
Shown = Mapping[str, Mapping[str, float]]


def parted(events: Mapping[str, float], shown: Shown) -> tuple[dict[str, float], dict[str, dict[str, float]]]:
    """An attribute's events by type, none below 0: those without a list, N − Σ_v shown; and what was shown of the rest.

    A return can outlive the purchase that it cancels, and need not name its list: what was shown of a type never counts
    for more than the events that are left there.

    >>> parted({"Shorts": 4.0}, {"Shorts": {"Adidas": 2.0, "Puma": 1.0}})
    ({'Shorts': 1.0}, {'Shorts': {'Adidas': 2.0, 'Puma': 1.0}})
    >>> parted({"Shorts": 0.75}, {"Shorts": {"Adidas": 2.0, "Puma": 1.0}})
    ({'Shorts': 0.0}, {'Shorts': {'Adidas': 0.5, 'Puma': 0.25}})
    """
    left = {kind: max(0.0, count) for kind, count in events.items()}
    found: dict[str, dict[str, float]] = {}
    for kind, values in shown.items():
        count = left.get(kind, 0.0)
        kept = {value: max(0.0, expected) for value, expected in values.items()}
        total = sum(kept.values())
        if total > count:
            kept = {value: expected * count / total for value, expected in kept.items()}
        found[kind], left[kind] = kept, max(0.0, count - total)
    return left, found
