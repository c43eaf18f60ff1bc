"""Reading the state: whose counters a request may be shown, as they are or as they were, through a cache.

A visit that one person has used is read whole. Once a second person appears in it, it is split: each is shown their own
share, and whoever is not signed in what was done by nobody known.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TypeVar

import msgspec
import sqlalchemy as sa

from search.errors import StoreUnavailable
from search.profiles import eventlog
from search.profiles.exporting import Stored, stored_of
from search.profiles.lifecycle import occasions_of
from search.profiles.links import links_of, view_of
from search.profiles.people import each_person
from search.profiles.searches import searched_in, searched_under
from search.profiles.sources import Key, View, counting, logged, merged
from search.profiles.stated import StatedBook
from search.profiles.statistics import Kind, Statistics, combine
from search.profiles.tables import EVENTS, PROFILES, told_by
from search.profiles.visits import VisitBook
from search.types import Affinities, Event, Identity, Link, Personalize, ProfileVersion, Searched, Traits

T = TypeVar("T")

CACHED_PROFILES = 10_000
#: Earlier states that somebody pages through.
CACHED_PAST = 1_000


class Reader:
    """The reading half of the store. Whatever it caches, `published` throws out once the writer has changed it."""

    def __init__(self, engine: sa.Engine, kinds: Mapping[str, Kind]):
        self.kinds = kinds
        self._engine = engine
        self.stated = StatedBook(engine)
        self._counting = counting(kinds)
        self._lock = threading.Lock()
        self._cache: dict[Key, Statistics | None] = {}
        self._past: dict[tuple[View, int], Statistics] = {}
        self._views: dict[str, View] = {}
        self._people: dict[str, frozenset[str]] = {}
        self._published = 0
        self._visits = VisitBook(self._reading)

    # --- one source ---

    def statistics(self, kind: str, id: str) -> Statistics | None:
        """A source's counters; immutable, so they can be read while events come in.

        Raises:
            StoreUnavailable: the file cannot be read, or what it holds makes no sense.
        """
        key = (kind, id)
        with self._lock:
            if key in self._cache:
                return self._cache[key]
            published = self._published
        found = self._reading(lambda connection: self._read(connection, key))
        with self._lock:
            if published == self._published:  # else the writer was faster, and this may be stale
                self._keep(key, found)
            return self._cache.get(key, found)

    def _read(self, connection: sa.Connection, key: Key) -> Statistics | None:
        with self._lock:
            if key in self._cache:
                return self._cache[key]
        blob = connection.execute(sa.select(PROFILES.c.statistics).where(is_profile(key))).scalar()
        return None if blob is None else eventlog.statistics_from(blob)

    def _keep(self, key: Key, statistics: Statistics | None) -> None:
        """Into the cache, as the newest; the oldest go. Call it under the lock."""
        self._cache.pop(key, None)
        self._cache[key] = statistics
        _bound(self._cache, CACHED_PROFILES)

    def _reading(self, read: Callable[[sa.Connection], T]) -> T:
        try:
            with self._engine.connect() as connection:
                return read(connection)
        except (sa.exc.SQLAlchemyError, msgspec.DecodeError) as error:
            raise StoreUnavailable(f"The profiles cannot be read ({told_by(error)}). Check the disk.") from error

    def _looked_up(self, cache: dict[str, T], id: str, read: Callable[[sa.Connection], T]) -> T:
        """What a small cache holds, or else the file; kept unless the writer was faster."""
        with self._lock:
            if id in cache:
                return cache[id]
            published = self._published
        found = self._reading(read)
        with self._lock:
            if published == self._published:
                cache[id] = found
                _bound(cache, CACHED_PROFILES)
        return found

    # --- whose ---

    def affinities(
        self, identity: Identity, scope: Personalize, now: float, version: ProfileVersion | None = None
    ) -> Affinities:
        """What the ranker may know: nothing, this session, or this session and the past of whoever asks."""
        past = self._past_of(identity) if scope == "full" else View()
        visit = self._visit_of(identity) if scope != "off" else View()
        mark = 2 * past.mark + visit.mark
        same = version is None or (version[2] if len(version) > 2 else 0) == mark
        counts = (None, None) if version is None else version[:2] if same else (0, 0)
        found = [self._as_of(view, count, now) for view, count in zip((past, visit), counts, strict=True)]
        known = combine(self.kinds, found[0], found[1], now)
        known = replace(known, version=(*known.version, mark)) if mark else known
        return self.stated.beside(known, identity, scope)

    def _past_of(self, identity: Identity) -> View:
        """The long-term profile: the shopper's, with what is linked if that may be read; else the device's."""
        if identity.shopper:
            return self.view(identity.shopper) if identity.linked else View((("shopper", identity.shopper),))
        return View((("device", identity.device),)) if identity.device else View()

    def last_visit(self, identity: Identity, now: float) -> float | None:
        """When whoever asks was here before this visit (`search.profiles.visits`); None where nobody may know."""
        view, session = self._past_of(identity), identity.session
        if not view.sources:
            view, session = View((("visit", session),) if session else ()), None
        if not view.sources:
            return None
        return self._visits.last_visit(view, session, now)

    def searched(self, identity: Identity, scope: Personalize) -> list[Searched]:
        """What whoever asks searched for lately, the newest first (`search.profiles.searches`).

        Words tell more than an order does: who is signed out is never told those of somebody who was signed in.
        """
        past = self._past_of(identity) if scope == "full" else View()
        visit = self._visit_of(identity) if scope != "off" else View()
        if visit.sources and visit.sources[0][0] == "session":  # nobody but who asks was signed in, as far as is known
            whose = {"", identity.shopper or ""} if not past.sources else {""}
            visit = View(tuple(("part", identity.session or "", shopper) for shopper in sorted(whose)))
        views = [view for view in (past, visit) if view.sources]
        return self._reading(lambda connection: searched_in(connection, views)) if views else []

    def searched_under(self, id: str) -> list[Searched]:
        """All that was searched for under an id: for the person themself."""
        return self._reading(lambda connection: searched_under(connection, id))

    def occasions(self, id: str, now: float) -> int:
        """On how many occasions somebody bought what they kept (`search.profiles.lifecycle`)."""
        return self._reading(lambda connection: occasions_of(connection, id, self.kinds["shopper"], now))

    def view(self, shopper: str) -> View:
        """All sources of a shopper, the linked ones too."""
        return self._looked_up(self._views, shopper, lambda connection: view_of(connection, shopper))

    def _visit_of(self, identity: Identity) -> View:
        """This visit, or this person's share where several people use it."""
        session = identity.session
        if not session:
            return View()
        people = self._looked_up(self._people, session, lambda connection: _people_in(connection, session))
        if len(people | {identity.shopper or ""} - {""}) <= 1:
            return View((("session", session),))
        return View((("part", session, identity.shopper or ""),), mark=1)

    def counters(self, view: View) -> Statistics | None:
        """The counters of a view, summed."""
        found = [self._source(key) for key in view.sources]
        parts = [statistics for statistics in found if statistics is not None]
        return merged(self._counting[view.sources[0][0]], parts) if view.sources else None

    def _source(self, key: Key) -> Statistics | None:
        if key[0] != "part":
            return self.statistics(key[0], key[1])
        return self._reading(lambda connection: eventlog.refolded(connection, key, self._counting))

    # --- as it was ---

    def _as_of(self, view: View, count: int | None, moment: float) -> Statistics | None:
        """A view's counters when it held so many events (None: now), folded anew where more have come since.

        None where it held none, and where that state is not known any more: it was erased. A profile that began after
        the moment (seconds since 1970) is another one.
        """
        now = self.counters(view) if count != 0 else None
        if count is None or now is None or now.count < count:
            return now if count is None else None
        then = now if now.count == count else self._earlier(view, count)
        return then if then is not None and then.count == count and then.newest <= moment else None

    def _earlier(self, view: View, count: int) -> Statistics | None:
        with self._lock:
            published, kept = self._published, self._past.get((view, count))
        if kept is not None:
            return kept
        states = self._reading(lambda connection: eventlog.first(connection, view, count, self._counting))
        found = merged(self._counting[view.sources[0][0]], states) if states else None
        with self._lock:
            if found is not None and published == self._published:  # else it may have been erased meanwhile
                self._past[(view, count)] = found
                _bound(self._past, CACHED_PAST)
        return found

    # --- what is told of a person ---

    def known_as(self, id: str) -> list[tuple[str, Statistics]]:
        """What is known of an id, by what it may name: a shopper with all that is linked, a device, a visit."""
        found = {
            "shopper": self.counters(self.view(id)),
            "device": self.statistics("device", id),
            "session": self.statistics("session", id),
        }
        return [(kind, statistics) for kind, statistics in found.items() if statistics]

    def links(self, shopper: str) -> list[Link]:
        """The links that a shopper's profile is summed over."""
        return self._reading(lambda connection: links_of(connection, shopper))

    def events(self, id: str) -> list[Event]:
        """All logged events of a shopper, session or device, in order: for export."""
        wanted = sa.or_(EVENTS.c.shopper == id, EVENTS.c.session == id, EVENTS.c.device == id)
        return self._reading(lambda connection: _events(connection, wanted))

    def stored(self, id: str) -> Stored:
        """All that is stored under an id, and of the shopper of that name with what is linked to them."""
        return self._reading(lambda connection: stored_of(connection, id))

    def rebuilt(self) -> dict[Key, Statistics]:
        """Every profile, folded anew from checkpoint and log: what the stored ones must equal."""
        return self._reading(lambda connection: eventlog.rebuilt(connection, self._counting))

    def logged(self) -> Iterator[tuple[Event, Traits]]:
        """All events about known products, in the order of the log.

        Raises:
            StoreUnavailable: the log cannot be read.
        """
        try:
            with self._engine.connect() as connection:
                yield from eventlog.teaching(connection, sa.true())
        except (sa.exc.SQLAlchemyError, msgspec.DecodeError) as error:
            raise StoreUnavailable(f"The events cannot be read ({told_by(error)}). Check the disk.") from error

    def people(self) -> Iterator[tuple[str, Statistics]]:
        """Everybody's long-term profile (`search.profiles.people`).

        Raises:
            StoreUnavailable: the profiles cannot be read.
        """
        try:
            with self._engine.connect() as connection:
                yield from each_person(connection, self.kinds["shopper"])
        except (sa.exc.SQLAlchemyError, msgspec.DecodeError) as error:
            raise StoreUnavailable(f"The profiles cannot be read ({told_by(error)}). Check the disk.") from error

    def check(self) -> None:
        """Raise StoreUnavailable unless the file can be read."""
        try:
            with self._engine.connect() as connection:
                connection.execute(sa.select(sa.func.count()).select_from(PROFILES))
        except sa.exc.SQLAlchemyError as error:
            raise StoreUnavailable(f"The state cannot be read ({told_by(error)}). Restore it from a backup.") from error

    def published(
        self, changed: Mapping[Key, Statistics | None], came: Iterable[Key], links: bool, erased: bool
    ) -> None:
        """Show what a commit changed: new counters at once, and nothing that was worked out from old ones.

        Args:
            came: the sources of events that came in, of unknown products too.
        """
        self._visits.published(came, erased)
        with self._lock:
            self._published += 1
            for key, statistics in changed.items():
                self._keep(key, statistics)
                if statistics is None:
                    del self._cache[key]
                if key[0] == "session":
                    self._people.pop(key[1], None)
            if links or erased:
                self._views.clear()
            if erased:
                self._past.clear()
                self._people.clear()


def is_profile(key: Key) -> sa.ColumnElement[bool]:
    """The row of a source."""
    return sa.and_(PROFILES.c.kind == key[0], PROFILES.c.id == key[1])


def _people_in(connection: sa.Connection, session: str) -> frozenset[str]:
    """Who was signed in during a visit."""
    whose = sa.select(EVENTS.c.shopper).where(logged(("session", session)), EVENTS.c.shopper.is_not(None))
    return frozenset(connection.execute(whose.distinct()).scalars())


def _events(connection: sa.Connection, wanted: sa.ColumnElement[bool]) -> list[Event]:
    query = sa.select(EVENTS.c.event).where(wanted).order_by(EVENTS.c.number)
    return [eventlog.event_from(blob) for blob in connection.execute(query).scalars()]


def _bound(cache: dict, most: int) -> None:
    while len(cache) > most:
        del cache[next(iter(cache))]
