"""Where visits come from and on what: told, kept with the event, and what those who came so choose, over one catalogue.

What people of one context choose starts from what everybody does, and forgets it with evidence: the same step of
`search/rerank/clicked.py` once more, with the same κ. So where a context says nothing, or the same, nothing changes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urlsplit

import numpy as np

from search.messages import VisitContext
from search.rerank.clicked import clicked_degrees
from search.rerank.evidence import CONTEXT_COUNT, CONTEXT_PEOPLE
from search.rerank.traits import Catalogue
from search.types import CONTEXT_NAMES, Choices, ContextName, Rows, Scores, Slice, VisitSource

#: Words of a host that tell what kind of page led here; the others tell nothing.
HOSTS: Mapping[VisitSource, frozenset[str]] = {
    "search": frozenset("google bing duckduckgo ecosia startpage qwant yahoo yandex baidu metager".split()),
    "social": frozenset(
        "facebook instagram tiktok pinterest youtube twitter t x reddit linkedin threads snapchat whatsapp".split()
    ),
}
#: Mail in a browser, before its host's other words: mail.google.com is no search.
MAIL = frozenset("mail outlook gmx webmail".split())


def source_of(referrer: str | None) -> VisitSource | None:
    """What kind of page led here, by its host; None where that does not tell.

    >>> [source_of(page) for page in ("https://www.google.de/", "https://l.instagram.com/?u=1", "https://mail.google.com")]
    ['search', 'social', 'mail']
    >>> source_of("https://news.example/shorts"), source_of(None), source_of("http://[")
    (None, None, None)
    """
    try:
        parts = (urlsplit(referrer or "").hostname or "").split(".")
    except ValueError:
        return None
    if MAIL.intersection(parts):
        return "mail"
    site = next((part for part in reversed(parts[:-1]) if part not in ("co", "com", "org")), "")
    return next((source for source, names in HOSTS.items() if site in names), None)


def told_context(context: VisitContext | None, referrer: str | None = None) -> dict[str, str]:
    """What is told of a visit, by name; a source that is not told is read from the referrer.

    >>> told_context(VisitContext(device="mobile", country="at"), "https://www.bing.com/")
    {'source': 'search', 'device': 'mobile', 'country': 'AT'}
    """
    told = context or VisitContext()
    country = told.country.upper() if told.country else None
    found = {"source": told.source or source_of(referrer), "device": told.device, "country": country}
    return {name: value for name, value in found.items() if value}


def kept_context(told: Mapping[str, str], names: Sequence[ContextName]) -> dict[str, str]:
    """What of it is kept with an event: only what the shop's order goes by."""
    return {name: told[name] for name in CONTEXT_NAMES if name in names and name in told}


def slices_of(told: Mapping[str, str], names: Sequence[ContextName]) -> list[str]:
    """The contexts that a visit belongs to, in the order in which they are asked.

    >>> slices_of({"country": "AT", "source": "social"}, ("country", "source"))
    ['source=social', 'country=AT']
    """
    return [f"{name}={value}" for name, value in kept_context(told, names).items()]


@dataclass(frozen=True, eq=False)
class ByRow:
    """Numbers of the few products that have some: ascending rows (k,), and each number of theirs, values (v, k)."""

    rows: Rows
    values: Scores

    def at(self, rows: Rows) -> Scores:
        """(v, n) the numbers of any rows (n,); 0 of the others."""
        if not len(self.rows):
            return np.zeros((len(self.values), len(rows)))
        places = np.minimum(np.searchsorted(self.rows, rows), len(self.rows) - 1)
        return np.where(self.rows[places] == rows, self.values[:, places], 0.0)


def column_of(items: Mapping[str, Choices], row_of: Callable[[str], int | None]) -> ByRow:
    """Counts and people of choices by item, by row; what is not sold any more is left out."""
    found: dict[int, list[float]] = {}
    for item, chosen in items.items():
        if (row := row_of(item)) is not None:
            sums = found.setdefault(row, [0.0, 0.0])
            sums[0] += chosen.count
            sums[1] += chosen.people
    rows = sorted(found)
    return ByRow(np.array(rows, np.int32), np.array([found[row] for row in rows], float).reshape(-1, 2).T)


def added_up(columns: Sequence[ByRow], count: int) -> ByRow:
    """Of each row the sum of what several columns, of `count` numbers each, hold of it.

    >>> one, other = (ByRow(np.array(rows), np.array([[1.0, 2.0]])) for rows in ([1, 3], [3, 4]))
    >>> both = added_up([one, other], 1)
    >>> both.rows.tolist(), both.values.tolist()
    ([1, 3, 4], [[1.0, 3.0, 2.0]])
    """
    rows = np.concatenate([np.empty(0, np.int32), *(column.rows for column in columns)])
    values = np.concatenate([np.empty((count, 0)), *(column.values for column in columns)], axis=1)
    found, inverse = np.unique(rows, return_inverse=True)
    sums = [np.bincount(inverse, each, len(found)) for each in values]
    return ByRow(found, np.array(sums, float).reshape(count, -1))


@dataclass(frozen=True, eq=False)
class ContextChoices:
    """What the people of one context choose, over a catalogue."""

    name: str
    chosen: Slice
    row_of: Callable[[str], int | None]
    catalogue: Catalogue
    kappa: float

    @cached_property
    def _of_types(self) -> tuple[ByRow, Scores]:
        """Choices of products in their types, and (types,) the most that one product of each type has."""
        best = np.zeros(len(self.catalogue.type_names))
        for name, items in self.chosen.types.items():
            if (code := self.catalogue.type_code.get(name)) is not None:
                best[code] = max(one.count for one in items.values())
        items = {item: one for those in self.chosen.types.values() for item, one in those.items()}
        return column_of(items, self.row_of), best

    def of_types(self, rows: Rows, types: Scores) -> Scores:
        """(n,) how much products are chosen in their types: everybody's `types` (n,) with what this context knows."""
        column, best = self._of_types
        return clicked_degrees(column.at(rows)[0], best[self.catalogue.types[rows]], types, self.kappa)

    def of_query(self, key: str, rows: Rows, degrees: Scores) -> Scores:
        """(n,) how much they are chosen for a query: everybody's `degrees` (n,) with what this context knows."""
        items = self.chosen.queries.get(key, {})
        if not items:
            return degrees
        counts, best = column_of(items, self.row_of).at(rows)[0], max(one.count for one in items.values())
        return clicked_degrees(counts, best, degrees, self.kappa)

    def evidence(self, key: str, rows: Rows) -> dict[str, Scores]:
        """What stands behind it, for an explanation: (n,) choices and people, for the query, else in the type."""
        of_query = column_of(self.chosen.queries.get(key, {}), self.row_of).at(rows)
        of_type = self._of_types[0].at(rows)
        own = of_query[1] > 0
        names = (CONTEXT_COUNT + self.name, CONTEXT_PEOPLE + self.name)
        return {name: np.where(own, a, b) for name, a, b in zip(names, of_query, of_type, strict=True)}
