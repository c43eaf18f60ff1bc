"""When a product type is chosen: a month's count, kept when the log forgets, and of nobody alone."""

from __future__ import annotations

from datetime import UTC, datetime

from search.profiles.seasons import learn_months
from search.types import Event, Traits


def chosen(kind: str, month: int, people: int, type: str = "click") -> list[tuple[Event, Traits]]:
    """So many people click a product of the kind in a month of 2026."""
    time = datetime(2026, month, 10, tzinfo=UTC).timestamp()
    return [
        (
            Event(event_id=f"{kind}{month}{person}", type=type, product_id="P", time=time, shopper=f"p{person}"),
            Traits(kind, {}, "P"),
        )
        for person in range(people)
    ]


def moment(month: int, day: int = 1) -> float:
    return datetime(2026, month, day, tzinfo=UTC).timestamp()


def test_people_and_products_count_once_a_month_and_few_people_not_at_all():
    logged = [
        *chosen("Shorts", 7, 6),
        *chosen("Shorts", 7, 6),
        *chosen("Jacken", 7, 4),
        *chosen("Socken", 7, 9, "hover"),
    ]
    assert learn_months(logged, {}, moment(1), 5) == {"2026-07": {"Shorts": 6}}


def test_a_month_that_the_log_holds_is_counted_anew_and_one_that_it_has_forgotten_stays():
    before = {"2026-03": {"Jacken": 40}, "2026-07": {"Shorts": 99}}
    logged = [*chosen("Jacken", 3, 5), *chosen("Shorts", 7, 8)]
    assert learn_months(logged, before, moment(3, 15), 5) == {"2026-03": {"Jacken": 40}, "2026-07": {"Shorts": 8}}
    assert learn_months(chosen("Jacken", 3, 5), {}, moment(3, 15), 5) == {"2026-03": {"Jacken": 5}}


def test_who_is_erased_leaves_the_months_that_the_log_holds():
    assert learn_months([], {"2026-07": {"Shorts": 5}}, moment(6, 15), 5) == {}
