"""What to offer while the shopper types: brands, categories and products by prefix, and by typo."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from functools import cached_property

import numpy as np

from search.index.columns import KeywordColumn
from search.index.fields import in_language
from search.index.held import among
from search.index.labels import Labels
from search.index.snapshot import Snapshot
from search.index.vocabulary import BEYOND
from search.messages import Suggestion
from search.reached import Reached
from search.text import clean, stem, words
from search.types import Corrector, Rows, Scores

#: A prefix of one letter stands for many words; the most frequent ones are enough.
EXPANSIONS = 50
#: field -> lines at most
GROUPS = {"category": 2, "brand": 2}
#: Products whose titles are read, for each line that is wanted.
READ = 20


class Names:
    """Lines of one field in one language, found by how the words of their names begin.

    Args:
        named: (words of the name, line) of each.
    """

    def __init__(self, named: Iterable[tuple[list[str], Suggestion]]):
        ordered = sorted(named, key=lambda pair: (-pair[1].count, pair[1].text))
        begins = sorted((word, place) for place, (name, _) in enumerate(ordered) for word in set(name))
        self._lines = [line for _, line in ordered]
        self._words = [word for word, _ in begins]
        self._places = np.array([place for _, place in begins], np.int32)

    def beginning(self, typed: list[str], most: int) -> list[Suggestion]:
        """Those in which every typed word (at least one) begins a word, with the most products first, ties by name."""
        found = None
        for word in typed:
            start, end = bisect_left(self._words, word), bisect_left(self._words, word + BEYOND)
            places = np.unique(self._places[start:end])
            found = places if found is None else places[among(places, found)]
        return [] if found is None else [self._lines[place] for place in found[:most].tolist()]


class Suggester:
    """Suggestions from one snapshot. `popularity` (n,) orders products; ties by row."""

    def __init__(self, snapshot: Snapshot, popularity: Scores, corrector: Corrector | None):
        self._snapshot = snapshot
        self._popularity = popularity
        self._corrector = corrector
        self._names: dict[tuple[str, str], Names] = {}

    def over(self, snapshot: Snapshot, popularity: Scores, corrector: Corrector | None) -> Suggester:
        """The same over changed products; what was counted stays where its columns did."""
        other = Suggester(snapshot, popularity, corrector)
        columns, before = snapshot.base_columns, self._snapshot.base_columns
        if "_counted" in self.__dict__ and all(columns.keyword(name) is before.keyword(name) for name in GROUPS):
            other.__dict__["_counted"] = self._counted
            if _named(snapshot.labels) == _named(self._snapshot.labels):
                other._names = self._names
        return other

    def suggest(self, text: str, language: str, most: int = 8) -> list[Suggestion]:
        """Up to `most` lines: categories and brands whose words begin so, then products.

        A last word that begins nothing is corrected; such lines are marked.
        """
        typed = [word.text for word in words(clean(text), language)]
        if not typed:
            return []
        found = self._find(typed, language, most)
        if found or self._corrector is None:
            return found
        corrected = [self._known(word, language) for word in typed]
        if corrected == typed:
            return []
        return [
            Suggestion(line.kind, line.text, line.count, line.id, line.filter, corrected=True)
            for line in self._find(corrected, language, most)
        ]

    def popular(self, language: str, most: int = 6) -> list[Suggestion]:
        """The largest categories: what to offer where nothing is found."""
        labels = self._snapshot.labels.get(language, {}).get("category", {})
        largest = sorted(self._counted["category"], key=lambda pair: (-pair[1], pair[0]))
        top = [(value, count) for value, count in largest if " > " not in value] or largest
        return [
            Suggestion("category", labels.get(value, value), count, filter=f'category:"{value}"')
            for value, count in top[:most]
        ]

    def _known(self, word: str, language: str) -> str:
        if self._snapshot.words.starting_with(word, 1) or self._corrector is None:
            return word
        better = self._corrector.correct(word)
        return better[0] if better else word

    def _find(self, typed: list[str], language: str, most: int) -> list[Suggestion]:
        found: list[Suggestion] = []
        for field, share in GROUPS.items():
            found += self._names_of(field, language).beginning(typed, share)
        return (found + self._products(typed, language, most - len(found)))[: max(most, 0)]

    def _names_of(self, field: str, language: str) -> Names:
        """Values of a column by their words; a category path by those of its last part."""
        known = self._names.get((field, language))
        return known or self._names.setdefault((field, language), Names(self._named(field, language)))

    def _named(self, field: str, language: str) -> Iterable[tuple[list[str], Suggestion]]:
        labels = self._snapshot.labels.get(language, {}).get(field, {})
        for value, count in self._counted[field]:
            if count:
                shown = labels.get(value, value)
                name = shown.split(" > ")[-1] if field == "category" else shown
                line = Suggestion(field, shown, count, filter=f'{field}:"{value}"')  # type: ignore[arg-type]
                yield [word.text for word in words(name, language)], line

    @cached_property
    def _counted(self) -> dict[str, list[tuple[str, int]]]:
        """Field -> its values with the number of products that have each."""
        columns = {field: self._snapshot.base_columns.keyword(field) for field in GROUPS}
        return {field: [] if column is None else _counts(column) for field, column in columns.items()}

    def _products(self, typed: list[str], language: str, most: int) -> list[Suggestion]:
        if most <= 0:
            return []
        postings, (*whole, last) = self._snapshot.lexical(language), typed
        expanded = self._snapshot.words.starting_with(last, EXPANSIONS) or [last]
        terms = dict.fromkeys(stem(word, language) for word in expanded)
        rows = Reached.of(postings.size, *(postings.matching(term) for term in terms)).rows
        for word in whole:
            rows = rows[among(rows, postings.matching(stem(word, language)))]
        return self._titles(self._most_popular(rows, READ * most), typed, language, most)

    def _most_popular(self, rows: Rows, most: int) -> Rows:
        """At most so many of rows, ascending, the most popular first; ties by row."""
        popularity = self._popularity.take(rows)
        if len(rows) > most:
            kept = np.flatnonzero(popularity >= np.partition(popularity, -most)[-most])
            rows, popularity = rows[kept], popularity[kept]
        return rows[np.argsort(-popularity, kind="stable")[:most]]

    def _titles(self, rows: Rows, typed: list[str], language: str, most: int) -> list[Suggestion]:
        """Products of the rows, those first in whose title every typed word begins a word."""
        lines: dict[str, Suggestion] = {}
        others: dict[str, Suggestion] = {}
        for row in rows.tolist():
            product = self._snapshot.documents.product(row)
            title = in_language(product.title, language)
            parts = [word.text for word in words(title, language)]
            into = lines if all(any(part.startswith(word) for part in parts) for word in typed) else others
            into.setdefault(title, Suggestion("product", title, 1, id=product.id))
            if len(lines) >= most:
                break
        return [*lines.values(), *(line for title, line in others.items() if title not in lines)][:most]


def _counts(column: KeywordColumn) -> list[tuple[str, int]]:
    counts = np.bincount(column.codes, minlength=len(column.values))
    return list(zip(column.values, counts.tolist(), strict=True))


def _named(labels: Labels) -> list[dict[str, str]]:
    """What the values are called, in each language."""
    return [fields.get(field, {}) for _, fields in sorted(labels.items()) for field in GROUPS]
