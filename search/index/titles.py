"""Do words of a query stand side by side in a title? The postings know that a product holds them, not where.

Only the titles of a query's best products are read, and kept.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from functools import lru_cache
from itertools import pairwise

from search.index.documents import Documents
from search.index.fields import in_language
from search.text import STOP_WORDS, clean, words
from search.words.analysis import Analyzer

#: A title of eight words takes some 2 kB.
CACHED = 20_000

#: A title's words in order, without stop words: the terms of each, and of its parts.
Title = tuple[frozenset[str], ...]


def title_reader(documents: Documents, analyzer_of: Callable[[str], Analyzer]) -> Callable[[str, int], Title]:
    """Reads the title of a row in a language; those read last are kept."""

    @lru_cache(CACHED)
    def read(language: str, row: int) -> Title:
        return title_words(in_language(documents.product(row).title, language), analyzer_of(language))

    return read


def title_words(title: str, analyzer: Analyzer) -> Title:
    """A title's words in order.

    >>> [sorted(terms) for terms in title_words("Schuhe für den Lauf", Analyzer("de"))]
    [['schuh'], ['lauf']]
    """
    stop = STOP_WORDS.get(analyzer.language, frozenset())
    found = (word for word in words(clean(title), analyzer.language) if word.text not in stop)
    return tuple(frozenset((word.term, *analyzer.parts(word.text))) for word in found)


def adjacency(title: Title, asked: Sequence[Collection[str]]) -> float:
    """Share of the query's neighbours that are neighbours in the title too, in the same order, or one compound; 0..1.

    Args:
        asked: the terms that each word of the query may be held by, at least one word.

    >>> title = (frozenset({"schwarz"}), frozenset({"laufschuh", "lauf", "schuh"}))
    >>> adjacency(title, [{"schwarz"}, {"lauf"}, {"schuh"}]), adjacency(title, [{"schuh"}, {"schwarz"}])
    (1.0, 0.0)
    """
    places = [{at for at, terms in enumerate(title) if not terms.isdisjoint(word)} for word in asked]
    together = sum(any(at in then or at + 1 in then for at in first) for first, then in pairwise(places))
    return together / max(len(asked) - 1, 1)
