"""What everybody chooses, and when in the year, over one catalogue: the log's items meet the snapshot's rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property, reduce

import numpy as np

from search.learned.contexts import ByRow, ContextChoices, added_up, column_of, slices_of
from search.rerank.clicked import clicked_degrees, of_type
from search.rerank.season import learned_degrees, monthly
from search.rerank.traits import Catalogue
from search.settings import Business
from search.text import query_terms
from search.types import Rows, Scores, Trends

#: The term's feature of a ranking, and those that tell where it comes from: choices, people, 1 where for this query.
CLICKED = "clicked"
COUNT, PEOPLE, OF_QUERY = "clicked_count", "clicked_people", "clicked_query"


def query_key(text: str, language: str) -> str:
    """Queries with the same key ask for the same: their words, whatever their order and ending.

    >>> query_key("Schuhe für den Winter", "de") == query_key("winter schuh", "de"), query_key("!", "de")
    (True, '')
    """
    return " ".join(sorted(set(query_terms(text, language))))


@dataclass(frozen=True, eq=False)
class Everybody:
    """Trends over one catalogue.

    `key_of`: query as it was searched for -> key; `row_of`: item -> its row, None for one that is not sold any more.
    """

    trends: Trends
    key_of: Callable[[str], str]
    row_of: Callable[[str], int | None]
    catalogue: Catalogue
    settings: Business
    _of_day: dict[date, Scores] = field(default_factory=dict)

    def clicked(self, text: str, rows: Rows, told: Mapping[str, str] | None = None) -> dict[str, Scores]:
        """The term of everybody's choices and where it comes from, each (n,); {} where nothing was chosen.

        Args:
            text: what is searched for.
            rows: (n,) candidates.
            told: where the visit comes from and on what (`search/learned/contexts.py`).
        """
        key = self.key_of(text) if text else ""
        chosen = self.trends.queries.get(key, {}) if key else {}
        types, type_counts, type_people = self._types.at(rows)
        if not self.settings.clicked or not (chosen or types.any()):
            return {}
        counts, people = column_of(chosen, self.row_of).at(rows)
        best = max((one.count for one in chosen.values()), default=0.0)
        contexts = [
            self._contexts[name] for name in slices_of(told or {}, self.settings.contexts) if name in self._contexts
        ]
        of_type = reduce(lambda degrees, context: context.of_types(rows, degrees), contexts, types)
        of_all = clicked_degrees(counts, best, of_type, self.settings.kappa_clicked)
        degrees = reduce(lambda degrees, context: context.of_query(key, rows, degrees), contexts, of_all)
        own = people > 0
        return {
            CLICKED: self.settings.clicked * degrees,
            COUNT: np.where(own, counts, type_counts),
            PEOPLE: np.where(own, people, type_people),
            OF_QUERY: own.astype(np.float64),
        } | {name: column for context in contexts for name, column in context.evidence(key, rows).items()}

    def season(self, day: date, rows: Rows) -> Scores:
        """(n,) log2 of how much more than usual the rows' product types are chosen at this time of the year."""
        if day not in self._of_day:
            self._of_day[day] = self._degrees(day)
        return self._of_day[day][self.catalogue.types[rows]]

    def _degrees(self, day: date) -> Scores:
        """(types,) of the catalogue."""
        names, counts = monthly(self.trends.months)
        found = np.zeros(len(self.catalogue.type_names))
        for name, degree in zip(names, learned_degrees(counts, self.settings.kappa_season, day), strict=True):
            if (code := self.catalogue.type_code.get(name)) is not None:
                found[code] = degree
        return found

    @cached_property
    def _contexts(self) -> dict[str, ContextChoices]:
        """What the people of each context chose, by its name."""
        of = self.row_of, self.catalogue, self.settings.kappa_clicked
        return {name: ContextChoices(name, chosen, *of) for name, chosen in self.trends.contexts.items()}

    @cached_property
    def _types(self) -> ByRow:
        """How much products are chosen in their types: 0..1, choices, people."""
        columns = []
        for items in self.trends.types.values():
            column, best = column_of(items, self.row_of), max(one.count for one in items.values())
            degrees = of_type(column.values[0], best, self.settings.kappa_clicked)
            columns.append(ByRow(column.rows, np.vstack([degrees, column.values])))
        found = added_up(columns, 3)
        return ByRow(found.rows, np.vstack([np.minimum(found.values[:1], 1.0), found.values[1:]]))
