"""What is new since somebody was last here: what the feed says was released after that day, and until today."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from search.index.columns import Columns
from search.messages import SearchRequest
from search.types import And, Clause, Filter, Identity, Not, ProfileStore
from search.understand.filters import conjuncts

#: The feed's day of release, as a column.
RELEASED = "released"
NOTHING = Not(And(()))


def new_from(
    request: SearchRequest, store: ProfileStore | None, allowed: Identity, now: float, columns: Columns
) -> date | None:
    """The first day (UTC) whose releases the shopper has not seen; None where nobody knows, or may know.

    Args:
        allowed: who asks, within what they allow.
        now: seconds since 1970.

    Raises:
        TresenError: the store cannot be read.
    """
    is_past = request.personalize == "full" and request.strength > 0
    if store is None or not is_past or columns.number(RELEASED) is None:
        return None
    last = store.last_visit(allowed, now)
    return None if last is None else datetime.fromtimestamp(last, UTC).date() + timedelta(days=1)


def is_new(released: date | None, since: date | None, today: date) -> bool:
    """Whether a product was released since a day, and is out.

    >>> [is_new(date(2026, 6, day), date(2026, 6, 10), date(2026, 6, 15)) for day in (9, 10, 15, 16)]
    [False, True, True, False]
    """
    return since is not None and released is not None and since <= released <= today


def only_new(tree: Filter, since: date | None, today: date) -> Filter:
    """A filter that lets through only what is new; nothing, where nobody knows since when."""
    if since is None:
        return And((*conjuncts(tree), NOTHING))
    return And((*conjuncts(tree), Clause(RELEASED, low=since.isoformat(), high=today.isoformat())))
