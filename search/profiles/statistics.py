"""Profiles as decayed sufficient statistics: O(1) an event, no sweeps.

Forward decay: an event of weight w at time t adds f = w · 2^((t − t0)/h) to its counters; reading multiplies by
2^(−(now − t0)/h). So no counter is touched for time to pass, and two profiles of the same origin t0 are
merged by adding.

Source: Cormode, Shkapenyuk, Srivastava, Xu, Forward Decay, ICDE 2009, doi:10.1109/ICDE.2009.65
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

import msgspec

from search.profiles import lists
from search.profiles.sizes import is_only_about_size, scaled, with_event
from search.profiles.worth import Credit
from search.settings import Personal
from search.types import Affinities, Counted, Decayed, EventType, Purchases, Taste, Traits, parted

#: Long-term weight of each event (conventions; refitted once there are clicks to fit them on).
LONG_TERM_WEIGHTS: Mapping[EventType, float] = {
    "impression": 0.0,
    "hover": 0.05,
    "view": 0.1,
    "click": 0.3,
    "wishlist": 0.7,
    "cart": 1.0,
    "remove": -0.7,
    "purchase": 3.0,
    "return": -2.4,  # four fifths of the purchase that it cancels
    # of a product, as strong as a cart: it says something of its values, but states none of them for ever
    "like": 1.0,
    "dislike": -1.0,
}
#: A session is short and its goal counts: three views of women's shorts must be felt.
SESSION_WEIGHTS: Mapping[EventType, float] = {
    **dict.fromkeys(LONG_TERM_WEIGHTS, 0.0),
    "view": 1.0,
    "click": 1.0,
    "wishlist": 2.0,
    "cart": 2.0,
    "like": 2.0,
    "remove": -2.0,
    "dislike": -2.0,
    "purchase": 3.0,
}
#: The past is believed whatever it loses.
NO_CREDIT = Credit(0.0, 0.0, 1.0)
#: Half-lives after which the origin moves up, long before 2^x overflows (at about 2^1023).
REBASE_AFTER = 200.0
#: What an event adds to the purchases that a long-term profile keeps by item.
PURCHASES: Mapping[EventType, float] = {"purchase": 1.0, "return": -0.8}
#: Items of a product type that a profile keeps; the ones bought longest ago go.
MOST_ITEMS = 100
#: A session can outlive a day; "today" is said only of what was seen within these.
TODAY_SECONDS = 86_400.0


class Statistics(msgspec.Struct, frozen=True):
    """One profile's counters, as of its origin `t0` (seconds since 1970).

    `observed`: attribute -> value -> product type -> sum of f; `events`: attribute -> product type -> sum of f;
    `last_seen`: attribute -> value -> time; `count`: events folded; `bought`: product type -> item -> (sum of f of its
    purchases, time of the last one); `gains`: attribute, "repeat" or "" for all -> (S, time): what the long-term
    profile was worth in predicting choices, nats, as of a time; `aside`: counters of what departed from this person's
    usual way, a gift say, until later visits confirm it; `sizes`: product type -> item -> size -> (purchases kept, sum
    of f), as of t0; `shown`: attribute -> product type -> value -> sum of f · its share of the lists of these events.
    """

    t0: float
    observed: dict[str, dict[str, dict[str, float]]] = msgspec.field(default_factory=dict)
    events: dict[str, dict[str, float]] = msgspec.field(default_factory=dict)
    last_seen: dict[str, dict[str, float]] = msgspec.field(default_factory=dict)
    count: int = 0
    bought: dict[str, dict[str, tuple[float, float]]] = msgspec.field(default_factory=dict)
    gains: dict[str, tuple[float, float]] = msgspec.field(default_factory=dict)
    aside: Statistics | None = None
    sizes: dict[str, dict[str, dict[str, tuple[float, float]]]] = msgspec.field(default_factory=dict)
    shown: lists.Lists = msgspec.field(default_factory=dict)

    @property
    def newest(self) -> float:
        """When the last event happened that left a trace; 0 without one."""
        return max((time for values in self.last_seen.values() for time in values.values()), default=0.0)


@dataclass(frozen=True, slots=True)
class Kind:
    """How one sort of profile counts: the weight of each event, the half-life in seconds, and whether it keeps what was
    bought item by item.

    `credit`: what the past may lose in predicting choices before it is silent.
    """

    weights: Mapping[EventType, float]
    half_life_s: float
    keeps_items: bool = False
    credit: Credit = NO_CREDIT

    def fold(self, statistics: Statistics | None, type: EventType, traits: Traits, time: float) -> Statistics:
        """The statistics with one event added; the given ones stay as they are."""
        weight = self.weights[type]
        old = statistics or Statistics(t0=time)
        new = self.validated(self._rebased(old, time), self._gains(traits), time)
        new = self._with_size(new, type, traits, time)
        if weight == 0 or is_only_about_size(type, traits):
            return msgspec.structs.replace(new, count=new.count + 1)
        new = self._set_aside(new, type, traits, time)
        f, counted = self._f(new, type, time), self._shares(traits)
        observed, events, seen = dict(new.observed), dict(new.events), dict(new.last_seen)
        for attribute, shares in traits.values.items():
            of_one = f * counted.get(attribute, 1.0)
            events[attribute] = _added(events.get(attribute, {}), traits.product_type, of_one)
            values = dict(observed.get(attribute, {}))
            for value, share in shares.items():
                values[value] = _added(values.get(value, {}), traits.product_type, of_one * share)
            observed[attribute] = values
            known = seen.get(attribute, {})
            seen[attribute] = {**known, **{value: max(time, known.get(value, time)) for value in shares}}
        bought = dict(new.bought)
        self._keep_item(bought, new.t0, type, traits, time)
        shown = lists.with_list(new.shown, traits, f, counted)
        return Statistics(new.t0, observed, events, seen, new.count + 1, bought, new.gains, new.aside, new.sizes, shown)

    def validated(self, statistics: Statistics, gains: Mapping[str, float], time: float) -> Statistics:
        """The statistics with what a choice said of the profile; the given ones stay."""
        if not gains:
            return statistics
        return msgspec.structs.replace(statistics, gains=self.credit.added(statistics.gains, gains, time))

    def _set_aside(self, statistics: Statistics, type: EventType, traits: Traits, time: float) -> Statistics:
        """The statistics with what of an event is not this person's usual way, kept beside what counts."""
        parts = {name: 1.0 - trust for name, trust in traits.trust.items() if trust < 1.0 and name in traits.values}
        if not parts or not self.keeps_items:
            return statistics
        aside = _copied(self._rebased(statistics.aside or Statistics(t0=time), time))
        told = msgspec.structs.replace(traits, values={name: traits.values[name] for name in parts})
        aside = self._add(aside, self._f(aside, type, time), told, time, parts)
        return msgspec.structs.replace(statistics, aside=msgspec.structs.replace(aside, count=aside.count + 1))

    def _f(self, statistics: Statistics, type: EventType, time: float) -> float:
        return self.weights[type] * 2.0 ** ((time - statistics.t0) / self.half_life_s)

    def _gains(self, traits: Traits) -> Mapping[str, float]:
        """What a choice says of the past: to a visit all of it, to the past what it is charged with."""
        return traits.charged if self.keeps_items and traits.spared else traits.gains

    def _shares(self, traits: Traits) -> Mapping[str, float]:
        """Attribute -> the share of an event that counts; a visit counts wholly for itself."""
        return traits.trust if self.keeps_items else {}

    def fold_all(
        self, statistics: Statistics | None, events: Iterable[tuple[EventType, Traits, float]]
    ) -> Statistics | None:
        """The statistics with events (type, traits, time) added, as `fold` one after the other; the given ones stay.

        What has not been handed out yet may be written to, so a long past costs its length and not its square.
        """
        new = None if statistics is None else _copied(statistics)
        for type, traits, time in events:
            new = self.validated(self._rebased(new or Statistics(t0=time), time), self._gains(traits), time)
            new = self._with_size(new, type, traits, time)
            if self.weights[type] and not is_only_about_size(type, traits):
                new = self._set_aside(new, type, traits, time)
                new = self._add(new, self._f(new, type, time), traits, time, self._shares(traits))
                self._keep_item(new.bought, new.t0, type, traits, time)
            new = msgspec.structs.replace(new, count=new.count + 1)
        return new

    def _with_size(self, statistics: Statistics, type: EventType, traits: Traits, time: float) -> Statistics:
        """The statistics with the size of what was bought, or without that of what came back."""
        if not (self.keeps_items and type in PURCHASES and traits.item):
            return statistics
        f = 2.0 ** ((time - statistics.t0) / self.half_life_s)
        return msgspec.structs.replace(statistics, sizes=with_event(statistics.sizes, type, traits, f))

    def _keep_item(
        self, bought: dict[str, dict[str, tuple[float, float]]], t0: float, type: EventType, traits: Traits, time: float
    ) -> None:
        """Put a purchase or a return into `bought`; the items of the type are written anew, those of others stay."""
        weight = PURCHASES.get(type, 0.0)
        if not (self.keeps_items and weight and traits.item):
            return
        items = dict(bought.get(traits.product_type, {}))
        count, last = items.get(traits.item, (0.0, 0.0))
        f = weight * 2.0 ** ((time - t0) / self.half_life_s)
        items[traits.item] = (count + f, max(last, time) if weight > 0 else last)
        if len(items) > MOST_ITEMS:
            del items[min(items, key=lambda item: (items[item][1], item))]
        bought[traits.product_type] = items

    @staticmethod
    def _add(into: Statistics, f: float, traits: Traits, time: float, counted: Mapping[str, float]) -> Statistics:
        """Counters that nobody else holds, with an event written into them."""
        kind = traits.product_type
        for attribute, shares in traits.values.items():
            events, values = into.events.setdefault(attribute, {}), into.observed.setdefault(attribute, {})
            seen, of_one = into.last_seen.setdefault(attribute, {}), f * counted.get(attribute, 1.0)
            events[kind] = events.get(kind, 0.0) + of_one
            for value, share in shares.items():
                types = values.setdefault(value, {})
                types[kind] = types.get(kind, 0.0) + of_one * share
                seen[value] = max(time, seen.get(value, time))
        return msgspec.structs.replace(into, shown=lists.with_list(into.shown, traits, f, counted))

    def _rebased(self, statistics: Statistics, time: float) -> Statistics:
        if (time - statistics.t0) / self.half_life_s < REBASE_AFTER:  # also an event from long before the origin
            return statistics
        factor = 2.0 ** max(-1000.0, -(time - statistics.t0) / self.half_life_s)
        return msgspec.structs.replace(
            statistics,
            t0=time,
            observed={
                a: {v: _scaled(c, factor) for v, c in values.items()} for a, values in statistics.observed.items()
            },
            events={a: _scaled(types, factor) for a, types in statistics.events.items()},
            bought={
                kind: {item: (count * factor, last) for item, (count, last) in items.items()}
                for kind, items in statistics.bought.items()
            },
            sizes=scaled(statistics.sizes, factor),
            shown=lists.scaled(statistics.shown, factor),
        )

    def decay(self, statistics: Statistics, now: float) -> float:
        """What time makes of counters since their origin, 0..1."""
        return 2.0 ** max(-1000.0, -max(0.0, now - statistics.t0) / self.half_life_s)

    def tastes(self, statistics: Statistics, now: float) -> dict[str, Taste]:
        """Counters as of now, never below 0 (a return can outlive the purchase that it cancels).

        A clock that was set back to before the profile's origin reads it as of its origin.
        """
        return _tastes(statistics, self.decay(statistics, now))

    def purchases(self, statistics: Statistics, now: float) -> Purchases | None:
        """What was bought as of now; None for nothing."""
        if not statistics.bought:
            return None
        factor = self.decay(statistics, now)
        return Purchases(statistics.bought, factor, self.half_life_s, now)


def _tastes(counted: Counted, factor: float) -> dict[str, Taste]:
    return {
        attribute: Taste(
            {value: _clamped(types, factor) for value, types in values.items()},
            _clamped(counted.events[attribute], factor),
            lists.of_one(parted(counted.events[attribute], counted.shown.get(attribute, {}))[1], factor),
        )
        for attribute, values in counted.observed.items()
    }


def _copied(statistics: Statistics) -> Statistics:
    return msgspec.structs.replace(
        statistics,
        observed={a: {v: dict(types) for v, types in values.items()} for a, values in statistics.observed.items()},
        events={a: dict(types) for a, types in statistics.events.items()},
        last_seen={a: dict(values) for a, values in statistics.last_seen.items()},
        bought=dict(statistics.bought),
    )


def _added(counts: Mapping[str, float], key: str, amount: float) -> dict[str, float]:
    return {**counts, key: counts.get(key, 0.0) + amount}


def _scaled(counts: Mapping[str, float], factor: float) -> dict[str, float]:
    return {key: count * factor for key, count in counts.items()}


def _clamped(counts: Mapping[str, float], factor: float) -> dict[str, float]:
    return {key: max(0.0, count * factor) for key, count in counts.items()}


def mixed(long_term: Mapping[str, Taste], session: Mapping[str, Taste], share: float) -> dict[str, Taste]:
    """Both profiles as one: O = share · O_long + O_session, N likewise."""
    attributes = [*long_term, *(attribute for attribute in session if attribute not in long_term)]
    nothing = Taste({}, {})
    return {
        attribute: _mix(long_term.get(attribute, nothing), session.get(attribute, nothing), share)
        for attribute in attributes
    }


def _mix(long_term: Taste, session: Taste, share: float) -> Taste:
    observed: dict[str, dict[str, float]] = {}
    for taste, part in ((long_term, share), (session, 1.0)):
        for value, types in taste.observed.items():
            into = observed.setdefault(value, {})
            for product_type, count in types.items():
                into[product_type] = into.get(product_type, 0.0) + part * count
    events: dict[str, float] = {}
    for taste, part in ((long_term, share), (session, 1.0)):
        for product_type, count in taste.events.items():
            events[product_type] = events.get(product_type, 0.0) + part * count
    shown: dict[str, dict[str, float]] = {}
    for taste, part in ((long_term, share), (session, 1.0)):
        lists.add_one(shown, taste.shown, part)
    return Taste(observed, events, shown)


def kinds_of(settings: Personal) -> dict[str, Kind]:
    """Both sorts of profiles, by the half-lives of the settings."""
    past, visit = settings.half_life_days * 86_400, settings.session_half_life_minutes * 60
    return {
        "shopper": Kind(LONG_TERM_WEIGHTS, past, True, Credit(settings.credit, settings.whole_credit, past)),
        "session": Kind(SESSION_WEIGHTS, visit, False, Credit(settings.visit_credit, settings.visit_credit, visit)),
    }


def combine(
    kinds: Mapping[str, Kind], shopper: Statistics | None, session: Statistics | None, now: float
) -> Affinities:
    """The long-term and the session profile as one set of affinities.

    Without a long-term profile its share is 0, and less evidence moves the lifts (κ is halved).
    """
    seen = frozenset(
        (attribute, value)
        for attribute, times in (session.last_seen if session else {}).items()
        for value, time in times.items()
        if now - time < TODAY_SECONDS
    )
    version = (shopper.count if shopper else 0, session.count if session else 0)
    purchases = kinds["shopper"].purchases(shopper, now) if shopper else None
    return Affinities(
        LazyTastes(partial(_mixed_of, kinds, shopper, session, now)),
        1.0 if shopper and shopper.observed else 0.0,
        seen,
        version,
        purchases,
        past=_past_of(kinds["shopper"], shopper, now) if shopper else (),
        visit=((session, kinds["session"].decay(session, now)),) if session else (),
        gates=_gates_of(kinds, shopper, session, now),
        sizes=shopper.sizes if shopper else {},
    )


def _past_of(kind: Kind, shopper: Statistics, now: float) -> tuple[Decayed, ...]:
    """What counts of the past, and of what was set aside as much as later visits have confirmed."""
    counts = ((shopper, kind.decay(shopper, now)),)
    share = kind.credit.confirmed(shopper.gains, now) if shopper.aside else 0.0
    return (*counts, (shopper.aside, share * kind.decay(shopper.aside, now))) if shopper.aside and share else counts


def _gates_of(
    kinds: Mapping[str, Kind], shopper: Statistics | None, session: Statistics | None, now: float
) -> dict[str, float]:
    """γ of the long-term profile, by all that was ever chosen, times that by what was chosen in this visit (ρ)."""
    found = kinds["shopper"].credit.gates(shopper.gains, now) if shopper else {}
    for name, gate in (kinds["session"].credit.gates(session.gains, now) if session and shopper else {}).items():
        found[name] = found.get(name, 1.0) * gate
    return found


def _mixed_of(
    kinds: Mapping[str, Kind], shopper: Statistics | None, session: Statistics | None, now: float
) -> dict[str, Taste]:
    past = kinds["shopper"].tastes(shopper, now) if shopper else {}
    for aside, factor in _past_of(kinds["shopper"], shopper, now)[1:] if shopper else ():
        past = mixed(past, _tastes(aside, factor), 1.0)
    today = kinds["session"].tastes(session, now) if session else {}
    return mixed(past, today, 1.0)


class LazyTastes(Mapping[str, Taste]):
    """Tastes that are worked out when somebody reads them: to rank, the counters suffice."""

    __slots__ = ("_found", "_work_out")

    def __init__(self, work_out: Callable[[], dict[str, Taste]]):
        self._work_out = work_out
        self._found: dict[str, Taste] | None = None

    def _tastes(self) -> dict[str, Taste]:
        if self._found is None:
            self._found = self._work_out()
        return self._found

    def __getitem__(self, attribute: str) -> Taste:
        return self._tastes()[attribute]

    def __iter__(self) -> Iterator[str]:
        return iter(self._tastes())

    def __len__(self) -> int:
        return len(self._tastes())
