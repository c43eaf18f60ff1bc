"""Something like what is named: "wie iPhone 15 Hülle", "ähnlich wie Nike Pegasus 41", "similar to", "like".

What stands behind the words is what the product shall be like, and need not be: its brand is not asked for, and not
searched as a word beside others. Where the query says no kind of thing beside it, the kind is that of the products that
the name stands for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from search.text import STOP_WORDS, words
from search.types import Clause, Rows, Stated
from search.understand.adjectives import Mentions
from search.understand.fields import ColumnsLike
from search.understand.lexicon import KINDS
from search.understand.spans import without

_LIKE = re.compile(
    r"""\b(?:(?:so\s+)?ähnlich\w*\s+(?:wie|zu[mr]?)|im\s+stil\s+von|alternativen?\s+(?:zu[mr]?|für)|so\s+wie|statt
        |wie(?!\s+(?:viele?|teuer|groß|lange?|hoch|breit|schwer|oft|gut|ist|sind|kann|geht|funktioniert)\b)
        |(?:similar|alternatives?)\s+to|something\s+like|in\s+the\s+style\s+of|instead\s+of
        |(?<!\bi\s)(?<!would\s)like)\s+(?=\w)""",
    re.IGNORECASE | re.VERBOSE,
)
#: A share of the products that a name stands for, from which on their kind is the kind of the name.
MOST = 0.5


def read_comparison(
    text: str,
    language: str,
    found: Sequence[Stated],
    columns: ColumnsLike | None,
    mentions: Mentions | None,
) -> list[Stated]:
    """What was found, with the brand that the product shall only be like kept quiet, and the comparison itself.

    Nothing changes where the words behind "wie" and "like" name nothing of this catalogue.
    """
    match = _LIKE.search(text)
    if match is None:
        return list(found)
    behind = [item for item in found if item.start >= match.end()]
    end = min((item.start for item in behind if not item.searched), default=len(text))
    named = text[match.end() : end].strip(" ,.;:-")
    kinds = tuple(_kind_of(_meant(named, language, mentions), columns))
    if not kinds and not any(item.effect == "prefer" and item.start < end for item in behind):
        return list(found)
    if any(item.attribute in KINDS for item in found):
        kinds = ()
    similar = Stated("similar", named, match.group().rstrip(), "prefer", kinds, match.start(), searched=False)
    quiet = [
        replace(item, effect="silence", wanted=(), searched=False) if _names_brand(item, behind) else item
        for item in found
    ]
    if not _content(without(text, [*quiet, similar]), language):  # a bare brand is all there is to search for
        quiet = [replace(item, searched=True) if _is_quiet(item) else item for item in quiet]
    return [*quiet, similar]


def _content(text: str, language: str) -> list[str]:
    stop = STOP_WORDS.get(language, frozenset())
    return [word.text for word in words(text, language) if word.text not in stop]


def _is_quiet(item: Stated) -> bool:
    return item.attribute == "brand" and item.effect == "silence"


def _names_brand(item: Stated, behind: Sequence[Stated]) -> bool:
    return item.attribute == "brand" and bool(item.value) and item in behind


def _meant(named: str, language: str, mentions: Mentions | None) -> Rows:
    """The products whose texts hold all the words of a name."""
    stop = STOP_WORDS.get(language, frozenset())
    terms = [word.term for word in words(named, language) if word.text not in stop]
    if mentions is None or not terms:
        return np.empty(0, np.int32)
    rows = mentions(terms[0], language)
    for term in terms[1:]:
        rows = np.intersect1d(rows, mentions(term, language), assume_unique=True)
    return rows


def _kind_of(rows: Rows, columns: ColumnsLike | None) -> Iterable[tuple[float, Clause]]:
    """The kind that most of these products are of, if there is one."""
    for name in ("product_type", "_category_leaf"):
        column = None if columns is None else columns.keyword(name)
        if column is None or not len(rows):
            continue
        counts = np.bincount(column.codes[np.isin(column.rows, rows)], minlength=len(column.values))
        if counts.size and counts.max() >= MOST * len(rows):
            return ((1.0, Clause(name, values=(column.values[int(counts.argmax())],))),)
    return ()
