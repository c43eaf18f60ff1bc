"""Do words of a query stand side by side in a title? The postings know that a product holds them, not where.

Only the titles of a query's best products are read, and kept.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import lru_cache

from search.index.documents import Documents
from search.index.fields import in_language
from search.text import STOP_WORDS, clean, words
from search.words.analysis import Analyzer

#: A title of eight words takes some 2 kB.
CACHED = 20_000

#: A title's words in order, without stop words: the terms of each, and of its parts.
Title = tuple[frozenset[str], ...]


def title_reader(documents: Documents, analyzers: Mapping[str, Analyzer]) -> Callable[[str, int], Title]:
    """Reads the title of a row in a language; those read last are kept."""

    @lru_cache(CACHED)
    def read(language: str, row: int) -> Title:
        analyzer = analyzers.get(language) or Analyzer(language)
        return title_words(in_language(documents.product(row).title, language), analyzer)

    return read


def title_words(title: str, analyzer: Analyzer) -> Title:
    """A title's words in order.

    >>> [sorted(terms) for terms in title_words("Schuhe für den Lauf", Analyzer("de"))]
    [['schuh'], ['lauf']]
    """
    stop = STOP_WORDS.get(analyzer.language, frozenset())
    found = (word for word in words(clean(title), analyzer.language) if word.text not in stop)
    return tuple(frozenset((word.term, *analyzer.parts(word.text))) for word in found)


def places(asked: Sequence[Collection[str]]) -> dict[str, list[int]]:
    """Term -> the words of the query, by number, that it stands for.

    >>> places([{"lauf"}, {"schuh", "sneak"}])["sneak"]
    [1]
    """
    found: dict[str, list[int]] = {}
    for at, terms in enumerate(asked):
        for term in terms:
            found.setdefault(term, []).append(at)
    return found


def adjacency(title: Title, asked: Mapping[str, Sequence[int]], count: int) -> float:
    """Share of the query's neighbours that are neighbours in the title too, in the same order, or one compound; 0..1.

    Args:
        asked: `places` of the query's words.
        count: of these words.

    >>> title = (frozenset({"schwarz"}), frozenset({"laufschuh", "lauf", "schuh"}))
    >>> adjacency(title, places([{"schwarz"}, {"lauf"}, {"schuh"}]), 3)
    1.0
    >>> adjacency(title, places([{"schuh"}, {"schwarz"}]), 2)
    0.0
    """
    together: set[int] = set()
    before: set[int] = set()
    for terms in title:
        here = {at for term in terms if term in asked for at in asked[term]}
        together.update(at for at in before | here if at + 1 in here)
        before = here
    return len(together) / max(count - 1, 1)
