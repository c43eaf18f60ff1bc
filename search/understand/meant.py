"""Words that no product holds and that are meant all the same: whom it is for, the season, the shop's synonyms.

A misspelt word may be one of them ("Mäner", "pyjma"), so the speller looks among them too. How frequent such a word is
says what it stands for: the products for men, those that hold the synonym's other side.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from search.text import STOP_WORDS, Word, clean, words
from search.types import Clause, Vocabulary
from search.understand.fields import ColumnsLike
from search.understand.lexicon import AGE_WORDS, GENDER_WORDS, SEASON_WORDS
from search.words.synonyms import Thesaurus

TABLES = (("gender", GENDER_WORDS), ("age_group", AGE_WORDS), ("season", SEASON_WORDS))
#: Shorter words are near too many others.
SHORTEST = 4


def meant_words(
    language: str, columns: ColumnsLike | None, thesaurus: Thesaurus | None, vocabulary: Vocabulary
) -> dict[str, int]:
    """Folded word -> the products that it stands for; only words of letters, at least four, that are no stop words."""
    found: dict[str, int] = {}
    for word, count in (*_of_fields(language, columns), *_of_synonyms(thesaurus, vocabulary)):
        stays = len(word) < SHORTEST or not word.isalpha() or word in STOP_WORDS.get(language, ())
        if count and not stays:
            found[word] = max(count, found.get(word, 0))
    return found


def _of_fields(language: str, columns: ColumnsLike | None) -> Iterator[tuple[str, int]]:
    for name, table in TABLES if columns is not None else ():
        if columns is None or name not in columns.columns:
            continue
        for value, lists in table.items():
            count = int(np.count_nonzero(columns.mask(Clause(name, values=(value,)))))
            yield from ((word.text, count) for word in _said(lists, language))


def _said(lists: Sequence[tuple[str, str]], language: str) -> Iterator[Word]:
    for spoken, said in lists:
        if spoken == language:
            yield from words(clean(said), language)


def _of_synonyms(thesaurus: Thesaurus | None, vocabulary: Vocabulary) -> Iterator[tuple[str, int]]:
    sides: Mapping[str, tuple[str, ...]] = thesaurus.sides() if thesaurus else {}
    for side, finds in sides.items():
        held = [vocabulary.document_frequency(term) for find in finds for term in thesaurus.terms(find)]  # type: ignore[union-attr]
        said = list(words(clean(side), thesaurus.language))  # type: ignore[union-attr]
        if len(said) == 1:
            yield said[0].text, max(held, default=0)
