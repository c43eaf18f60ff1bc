"""A shopper's own searches: remembered until something is done after them, offered again while they type, forgotten.

Words reach the log only with an event that follows the search, and only with leave (`search/learned/queries.py`); a
kiosk's stay in its session. What is offered comes from there, within the leave of whoever types: the visit's own
searches, and with leave for the past those before it. It is offered to nobody else, and changes no order of products.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from urllib.parse import quote

from search.errors import BadRequest
from search.learned.contexts import kept_context, told_context
from search.learned.queries import Recent, kept_query
from search.limits import check_country
from search.messages import EventIn, OwnQueryInfo, SearchRequest, Suggestion
from search.personal.levels import allowed, level_of
from search.personal.named import QUERIES
from search.profiles.exporting import iso
from search.profiles.kiosk import KioskStore
from search.profiles.searches import own_queries
from search.profiles.store import SqlStore
from search.settings import Settings
from search.text import clean, words
from search.types import Identity, OwnQuery

#: What a shopper switches off (`off` of their statement).
SWITCH = QUERIES


class OwnSearches:
    """What people searched for, over the stores that remember it. `now` in seconds since 1970."""

    def __init__(self, store: SqlStore, kiosks: KioskStore, settings: Settings, now: Callable[[], float]):
        self._store = store
        self._kiosks = kiosks
        self._settings = settings
        self._now = now
        self._recent = Recent[str]()
        self._contexts = Recent[dict[str, str]]()

    # --- from a search to its events ---

    def remember(self, request: SearchRequest, query_id: str, text: str) -> None:
        """Know what was searched for, and from where, when events come back with its id; nothing without leave."""
        privacy, kept = self._settings.privacy, kept_query(text)
        if (request.consent or privacy.default_consent) == "none":
            return
        context = kept_context(
            told_context(request.context, request.context.referrer), self._settings.business.contexts
        )
        if context and request.touchpoint != "kiosk":
            self._contexts.remember(query_id, context)
        if not privacy.keep_queries or kept is None:
            return
        if request.touchpoint != "kiosk":
            self._recent.remember(query_id, kept)
        elif request.session:
            self._kiosks.remember(request.session, query_id, kept)

    def query_of(self, event: EventIn) -> str | None:
        """What of the search that led to an event is kept with it."""
        if not self._settings.privacy.keep_queries:
            return None
        if event.touchpoint == "kiosk":
            return self._kiosks.text_of(event.session, event.query_id) or kept_query(event.query)
        return self._recent.of(event.query_id) or kept_query(event.query)

    def context_of(self, event: EventIn) -> dict[str, str]:
        """What of where the visit came from is kept with an event: only what the shop's order goes by.

        Raises:
            BadRequest: no country has such a code.
        """
        told = event.context
        check_country(told.country if told else None, "context.country")
        if told is None:
            return self._contexts.of(event.query_id) or {}
        return kept_context(told_context(told), self._settings.business.contexts)

    # --- offered again ---

    def lines(self, request: SearchRequest, identity: Identity, language: str, most: int) -> list[Suggestion]:
        """Lines of whoever types: what they searched for and begins so, or the last ones where nothing is typed yet.

        Args:
            request: what is typed (`q`), and how far the leave goes.
            most: lines at most; of typed words, at most the setting `personal.own_queries`.

        Raises:
            StoreUnavailable: the log cannot be read.
        """
        limit, who = self._settings.personal.own_queries, allowed(request, identity, self._settings)
        is_off = request.personalize == "off" or level_of(request, self._settings.personal) != "individual"
        if not limit or is_off or self._is_switched_off(request, who):
            return []
        store = self._kiosks if identity.is_kiosk else self._store
        found = own_queries(store.searched(who, request.personalize), self._now())
        typed = [word.text for word in words(clean(request.q), language)]
        if not typed:
            chosen = [] if clean(request.q) else sorted(found, key=lambda query: -query.last)[:most]
        else:
            chosen = beginning(found, typed, language)[: min(limit, most)]
        return [Suggestion("query", query.text, query.searches, own=True, remove=_path(query, who)) for query in chosen]

    def _is_switched_off(self, request: SearchRequest, who: Identity) -> bool:
        """Whether who asks does not want to see them, in this request or ever."""
        names = (who.shopper if request.personalize == "full" else None, who.session)
        of = self._kiosks.stated if who.is_kiosk else self._store.stated.of
        return SWITCH in request.without_tastes or any(SWITCH in of(name).off for name in names if name)

    # --- told and forgotten ---

    def of(self, id: str) -> list[OwnQuery]:
        """All that was searched for under an id, what counts most first."""
        return own_queries(self._store.searched_under(id), self._now())

    def forget(self, id: str, text: str, session: str | None = None, is_kiosk: bool = False) -> int:
        """Take one query out of what is kept of a person; how many events held its words.

        Args:
            session: a visit of theirs, in which they may not have been signed in yet.

        Raises:
            BadRequest: no words.
        """
        wanted = clean(text).lower()
        if not wanted:
            raise BadRequest("Which query? Send its words, as GET /v1/profiles/{id} lists them in 'queries'.", "q")
        if is_kiosk:
            return self._kiosks.forget_query(id, wanted)
        searches = self._store.forget_query(id, wanted, session).result()
        self._recent.forget(searches)
        return len(searches)


def beginning(queries: Sequence[OwnQuery], typed: Sequence[str], language: str) -> list[OwnQuery]:
    """The queries in which every typed word begins a word, in their order.

    >>> known = [OwnQuery(text, 1, 0.0, 1.0) for text in ("rote schuhe", "rock")]
    >>> [query.text for query in beginning(known, ["ro", "sch"], "de")]
    ['rote schuhe']
    """

    def fits(query: OwnQuery) -> bool:
        own = [word.text for word in words(query.text, language)]
        return all(any(part.startswith(word) for part in own) for word in typed)

    return [query for query in queries if fits(query)]


def own_query_info(query: OwnQuery) -> OwnQueryInfo:
    """A query for people to read."""
    return OwnQueryInfo(query.text, query.searches, iso(query.last))


def _path(query: OwnQuery, who: Identity) -> str:
    """What a page sends DELETE to, so that a line never comes again.

    >>> _path(OwnQuery("rote schuhe", 1, 0.0, 1.0), Identity("anna", "s1"))
    '/v1/profiles/anna/queries?q=rote%20schuhe&session=s1'
    """
    id = who.shopper or who.device or who.session or ""
    more = {"session": who.session if id != who.session else None, "touchpoint": "kiosk" if who.is_kiosk else None}
    told = "".join(f"&{name}={quote(value, safe='')}" for name, value in more.items() if value)
    return f"/v1/profiles/{quote(id, safe='')}/queries?q={quote(query.text, safe='')}{told}"
