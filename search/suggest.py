"""What to offer while the shopper types: brands, categories and products by prefix, and by typo."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from search.index.columns import KeywordColumn
from search.index.fields import in_language
from search.index.snapshot import Snapshot
from search.messages import Suggestion
from search.text import clean, stem, words
from search.types import Corrector, Rows, Scores

#: A prefix of one letter stands for many words; the most frequent ones are enough.
EXPANSIONS = 50
#: field -> lines at most
GROUPS = {"category": 2, "brand": 2}


class Suggester:
    """Suggestions from one snapshot. `popularity` (n,) orders products; ties by row."""

    def __init__(self, snapshot: Snapshot, popularity: Scores, corrector: Corrector | None):
        self._snapshot = snapshot
        self._popularity = popularity
        self._corrector = corrector

    def over(self, snapshot: Snapshot, popularity: Scores, corrector: Corrector | None) -> Suggester:
        """The same over changed products; what was counted stays where its columns did."""
        other = Suggester(snapshot, popularity, corrector)
        columns, before = snapshot.base_columns, self._snapshot.base_columns
        if "_counted" in self.__dict__ and all(columns.keyword(name) is before.keyword(name) for name in GROUPS):
            other.__dict__["_counted"] = self._counted
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
            found += self._values(field, typed, language)[:share]
        return (found + self._products(typed, language, most - len(found)))[: max(most, 0)]

    def _values(self, field: str, typed: list[str], language: str) -> list[Suggestion]:
        """Values of a column in which every typed word begins a word; of a category path, of its last part."""
        labels = self._snapshot.labels.get(language, {}).get(field, {})
        lines = []
        for value, count in self._counted[field]:
            shown = labels.get(value, value)
            name = shown.split(" > ")[-1] if field == "category" else shown
            parts = [word.text for word in words(name, language)]
            if all(any(part.startswith(word) for part in parts) for word in typed):
                lines.append(Suggestion(field, shown, count, filter=f'{field}:"{value}"'))  # type: ignore[arg-type]
        return sorted(lines, key=lambda line: (-line.count, line.text))

    @cached_property
    def _counted(self) -> dict[str, list[tuple[str, int]]]:
        """Field -> its values with the number of products that have each."""
        columns = {field: self._snapshot.base_columns.keyword(field) for field in GROUPS}
        return {field: [] if column is None else _counts(column) for field, column in columns.items()}

    def _products(self, typed: list[str], language: str, most: int) -> list[Suggestion]:
        postings = self._snapshot.lexical(language)
        rows: Rows | None = None
        for word in typed[:-1]:
            matching = postings.matching(stem(word, language))
            rows = matching if rows is None else np.intersect1d(rows, matching, assume_unique=True)
        expanded = self._snapshot.words.starting_with(typed[-1], EXPANSIONS) or [typed[-1]]
        last = np.unique(np.concatenate([postings.matching(stem(word, language)) for word in expanded]))
        rows = last if rows is None else np.intersect1d(rows, last, assume_unique=True)
        order = np.lexsort((rows, -self._popularity[rows]))
        return self._titles(rows[order], typed, language, most)

    def _titles(self, rows: Rows, typed: list[str], language: str, most: int) -> list[Suggestion]:
        """Products of the rows, those first in whose title every typed word begins a word."""
        lines: dict[str, Suggestion] = {}
        others: dict[str, Suggestion] = {}
        for row in rows[: 20 * max(most, 0)].tolist():
            product = self._snapshot.documents.product(row)
            title = in_language(product.title, language)
            parts = [word.text for word in words(title, language)]
            into = lines if all(any(part.startswith(word) for part in parts) for word in typed) else others
            into.setdefault(title, Suggestion("product", title, 1, id=product.id))
            if len(lines) >= most:
                break
        return [*lines.values(), *(line for title, line in others.items() if title not in lines)][: max(most, 0)]


def _counts(column: KeywordColumn) -> list[tuple[str, int]]:
    counts = np.bincount(column.codes, minlength=len(column.values))
    return list(zip(column.values, counts.tolist(), strict=True))
