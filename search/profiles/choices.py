"""What does everybody choose, for a query and of a product type? Learned from the log, corrected for the place.

What stands first is looked at most, so clicks alone would keep it there. A choice at rank r is weighed by how seldom
that rank is looked at:

    C(d, q) = Σ over people of  max worth · 2^(−age / h) · max 1 / exam(r)      exam(r) = r^−0.7, r at most 10

A person has one vote for a product and a query (and a type), the strongest of what they did; a cart or purchase counts
for the query that led the same person to the product within a day. A product that fewer than `business.clicked_people`
people chose is left out: nobody's own clicks show, and nobody alone pushes a product.

Source: Joachims, Swaminathan, Schnabel, WSDM 2017, doi:10.1145/3018661.3018699 (inverse propensities for clicks; there
too exam(r) is a power of 1/r).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from search.types import Choices, Event, Slice, Traits

#: How fast attention falls with the rank, until it is estimated from a shop's own lists (personal-order defaults).
EXAMINATION = 0.7
#: Deeper ranks are weighed as this one: one click on page five must not count as a dozen.
DEEPEST = 10
#: What a choice says: conventions, as for tastes (`profiles/statistics.py`).
WORTH = {"click": 1.0, "view": 1.0, "wishlist": 2.0, "like": 2.0, "cart": 3.0, "purchase": 5.0}
#: A purchase so long after a click for a query still belongs to it.
LED_SECONDS = 86_400.0
DAY_SECONDS = 86_400.0
#: Contexts that are learned, those of most people: nobody has shoppers enough in every country.
MOST_CONTEXTS = 40

Person = tuple[str, str]
Counted = dict[str, dict[str, Choices]]


@dataclass(slots=True)
class _Vote:
    """One person's word for one product."""

    worth: float = 0.0
    seldom: float = 1.0

    def add(self, worth: float, seldom: float) -> None:
        """Count what says most."""
        self.worth, self.seldom = max(self.worth, worth), max(self.seldom, seldom)


@dataclass(slots=True)
class _Poll:
    """Votes: key -> item -> person -> vote."""

    votes: dict[str, dict[str, dict[Person, _Vote]]] = field(default_factory=dict)

    def add(self, key: str, item: str, person: Person, worth: float, seldom: float) -> None:
        """One vote more, or a stronger one."""
        people = self.votes.setdefault(key, {}).setdefault(item, {})
        people.setdefault(person, _Vote()).add(worth, seldom)

    def counted(self, least: int) -> Counted:
        """Key -> item -> choices, of what enough people chose."""
        found = {}
        for key, items in sorted(self.votes.items()):
            enough = {item: _choices(people.values()) for item, people in sorted(items.items()) if len(people) >= least}
            if enough:
                found[key] = enough
        return found


def _choices(votes: Iterable[_Vote]) -> Choices:
    cast = list(votes)
    return Choices(round(sum(vote.worth * vote.seldom for vote in cast), 6), len(cast))


def seldomness(position: int | None) -> float:
    """1 / exam(r): how much a choice at a rank (from 1) weighs; 1 where the rank is not told.

    >>> seldomness(1), round(seldomness(10), 2), seldomness(99) == seldomness(10), seldomness(None)
    (1.0, 5.01, True, 1.0)
    """
    return float(min(position or 1, DEEPEST) ** EXAMINATION)


def person_of(event: Event) -> Person | None:
    """Who did it, by the surest id; None where nobody is named.

    >>> person_of(Event(event_id="e", type="click", product_id="P1", time=0, shopper="anna", session="s"))
    ('shopper', 'anna')
    """
    for kind in ("shopper", "device", "session"):
        if id := getattr(event, kind):
            return kind, id
    return None


def learn_choices(
    logged: Iterable[tuple[Event, Traits]],
    key_of: Callable[[str], str],
    now: float,
    half_life_days: float,
    least_people: int,
) -> tuple[Counted, Counted]:
    """What was chosen by query, and by product type.

    Args:
        logged: in the order of the log.
        key_of: query as it was searched for -> key; equal for queries that ask for the same, "" for none.
        now: seconds since 1970.
    """
    queries, types = _Poll(), _Poll()
    for _, vote in _votes(logged, key_of, now, half_life_days):
        vote.into(queries, types)
    return queries.counted(least_people), types.counted(least_people)


def learn_contexts(
    logged: Iterable[tuple[Event, Traits]],
    key_of: Callable[[str], str],
    now: float,
    half_life_days: float,
    least_people: int,
    names: Sequence[str],
) -> dict[str, Slice]:
    """The same by context, "device=mobile" say, as far as it was kept with the events; those most people came in.

    Args:
        names: what tells contexts apart; of the others nothing is learned.
    """
    polls: dict[str, tuple[_Poll, _Poll]] = {}
    people: dict[str, set[Person]] = {}
    for event, vote in _votes(logged, key_of, now, half_life_days) if names else ():
        for name in (f"{name}={value}" for name, value in event.context.items() if name in names):
            vote.into(*polls.setdefault(name, (_Poll(), _Poll())))
            people.setdefault(name, set()).add(vote.person)
    kept = sorted(polls, key=lambda name: (-len(people[name]), name))[:MOST_CONTEXTS]
    found = {name: Slice(*(poll.counted(least_people) for poll in polls[name])) for name in sorted(kept)}
    return {name: chosen for name, chosen in found.items() if chosen.types}


@dataclass(frozen=True, slots=True)
class _Cast:
    """One person's choice of an item, with the query that led to it ("" for none)."""

    key: str
    product_type: str
    item: str
    person: Person
    worth: float
    seldom: float

    def into(self, queries: _Poll, types: _Poll) -> None:
        """Count it for its query and in its product type."""
        if self.key:
            queries.add(self.key, self.item, self.person, self.worth, self.seldom)
        types.add(self.product_type, self.item, self.person, self.worth, self.seldom)


def _votes(
    logged: Iterable[tuple[Event, Traits]], key_of: Callable[[str], str], now: float, half_life_days: float
) -> Iterator[tuple[Event, _Cast]]:
    """The log's choices by people who are named, in its order."""
    led: dict[tuple[Person, str], tuple[str, float]] = {}
    for event, traits in logged:
        person, worth = person_of(event), WORTH.get(event.type, 0.0)
        if person is None or not worth or not traits.item:
            continue
        worth *= 2.0 ** (-max(0.0, now - event.time) / (half_life_days * DAY_SECONDS))
        seldom, item = seldomness(event.position), traits.item
        key = key_of(event.query) if event.query else ""
        if key:
            led[person, item] = key, event.time
        else:
            before, when = led.get((person, item), ("", 0.0))
            key = before if abs(event.time - when) <= LED_SECONDS else ""
        yield event, _Cast(key, traits.product_type, item, person, worth, seldom)
