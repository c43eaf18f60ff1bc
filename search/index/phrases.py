"""Which products hold words next to each other? The postings know that a product holds them, not where.

Only synonyms of several words ask. The texts of the products that hold all the words are read once for each phrase.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache, reduce

import numpy as np

from search.index.documents import Documents
from search.index.fields import searched_texts
from search.index.postings import Postings
from search.text import analyze
from search.types import Rows

CACHED = 10_000
#: Of more products than this, those that hold all the words are taken to hold the phrase: reading one takes 0.2 ms.
MOST_READ = 3_000


class Phrases:
    """The phrases in one language's texts.

    Args:
        documents: the products, by row.
        postings: which of them holds a term.
    """

    def __init__(self, documents: Documents, postings: Postings, language: str):
        self._documents = documents
        self._postings = postings
        self._language = language
        self.rows = lru_cache(CACHED)(self._rows)

    def _rows(self, phrase: tuple[str, ...]) -> Rows:
        """Rows that hold the terms next to each other in this order in some field, ascending."""
        holding = reduce(np.intersect1d, [self._postings.matching(term) for term in dict.fromkeys(phrase)])
        if len(holding) > MOST_READ:
            return holding.astype(np.int32)
        return np.array([row for row in holding.tolist() if self._holds(row, phrase)], np.int32)

    def _holds(self, row: int, phrase: tuple[str, ...]) -> bool:
        texts = searched_texts(self._documents.product(row), self._language)
        return any(_stands(phrase, analyze(text, self._language)) for text in texts.values())


def _stands(phrase: tuple[str, ...], terms: Sequence[str]) -> bool:
    """True where the phrase stands somewhere in the terms.

    >>> _stands(("t", "shirt"), ["rot", "t", "shirt"]), _stands(("t", "shirt"), ["shirt", "t"])
    (True, False)
    """
    return any(tuple(terms[at : at + len(phrase)]) == phrase for at in range(len(terms) - len(phrase) + 1))
