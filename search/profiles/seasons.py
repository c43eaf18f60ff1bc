"""When in the year is a product type chosen? Counted by month from the log, and kept longer than the log.

A month's count is how often a person chose a product of the type in it: a person and a product count once a month, and
a type that few people chose is left out. The log forgets after `privacy.retention_days`; a month that it no longer
holds whole stays as it was counted before, because a season is only known after a year. It names nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from search.profiles.choices import WORTH, person_of
from search.types import Event, Traits

Months = Mapping[str, Mapping[str, int]]


def month_of(time: float) -> str:
    """The month of a moment, UTC; "" outside of the calendar.

    >>> month_of(0.0), month_of(1e15)
    ('1970-01', '')
    """
    try:
        return datetime.fromtimestamp(time, UTC).strftime("%Y-%m")
    except (ValueError, OverflowError, OSError):
        return ""


def learn_months(
    logged: Iterable[tuple[Event, Traits]], before: Months, whole_since: float, least_people: int
) -> dict[str, dict[str, int]]:
    """Month -> product type -> choices.

    Args:
        before: what was counted last.
        whole_since: from when on the log holds everything, seconds since 1970; months that began earlier stay.
        least_people: a type that fewer chose in a month is left out.
    """
    seen: dict[str, dict[str, set[tuple[tuple[str, str], str]]]] = {}
    for event, traits in logged:
        person, month = person_of(event), month_of(event.time)
        if person and month and traits.item and traits.product_type and event.type in WORTH:
            seen.setdefault(month, {}).setdefault(traits.product_type, set()).add((person, traits.item))
    counted = {
        month: {
            kind: len(chosen)
            for kind, chosen in sorted(types.items())
            if len({person for person, _ in chosen}) >= least_people
        }
        for month, types in sorted(seen.items())
    }
    kept = {month: dict(types) for month, types in before.items() if month <= month_of(whole_since)}
    return {month: types for month, types in sorted({**counted, **kept}.items()) if types}
