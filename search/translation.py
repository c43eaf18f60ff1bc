"""What a word of another language is called in this one, from the products that have texts in both.

A German query for "hoodie" is read in German texts, which say Kapuzenpullover. So are the products called whose English
texts say hoodie: of the words of their German titles it is the one that stands for nearly the same products.

    likeness(t) = |E and D(t)| / |E or D(t)|      E: products whose other texts hold the word, D(t): whose own hold t
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np

from search.index.snapshot import Snapshot
from search.text import clean, stem, words

#: Products from which a word is learned, titles that are read for it, and how like the products must be.
LEAST_PRODUCTS, MOST_TITLES, LEAST_LIKENESS = 3, 40, 0.5
#: A word of the titles is looked at where this share of them has it.
USUAL = 0.4


@dataclass(frozen=True, eq=False)
class Translator:
    """Translates words by one snapshot."""

    snapshot: Snapshot
    _known: dict[tuple[str, str], str | None] = field(default_factory=dict)

    def __call__(self, word: str, language: str) -> str | None:
        """What a folded word of another language is called in this one; None where nothing is.

        The words that were asked for last are kept, so that a query costs this once.
        """
        key = word, language
        if key not in self._known:
            if len(self._known) >= 1000:
                self._known.clear()
            others = (other for other in self.snapshot.postings if other != language)
            self._known[key] = next(filter(None, (self._translate(word, other, language) for other in others)), None)
        return self._known.get(key)

    def _translate(self, word: str, other: str, language: str) -> str | None:
        rows = self.snapshot.lexical(other).matching(stem(word, other))
        if len(rows) < LEAST_PRODUCTS:
            return None
        chosen = rows[np.linspace(0, len(rows) - 1, min(len(rows), MOST_TITLES)).astype(int)]
        titles = [self.snapshot.documents.product(int(row)).title.get(language, "") for row in chosen]
        found = Counter(item.text for title in titles for item in {*words(clean(title), language)})
        usual = [text for text, count in found.items() if count >= USUAL * len(titles) and text.isalpha()]
        likeness = {text: self._likeness(text, rows, language) for text in usual}
        best = max(likeness, key=lambda text: (likeness[text], text), default=None)
        return best if best is not None and likeness[best] >= LEAST_LIKENESS else None

    def _likeness(self, text: str, rows: np.ndarray, language: str) -> float:
        own = self.snapshot.lexical(language).matching(stem(text, language))
        return len(np.intersect1d(rows, own)) / max(len(np.union1d(rows, own)), 1)
