"""Twins: products that are the same to a shopper, because their titles have the same words.

A known item's judgement names one product; the shop may sell the same article a second time, under another number or
by another retailer. Who gets that one has found what was sought.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from search.index.documents import Documents
from search.text import clean, words
from search.words.measures import measures

#: The words of a title.
Title = frozenset[str]


def title_key(title: str) -> Title:
    """A title's words in whatever order and case, its measures in whatever unit and writing.

    >>> title_key("Milch, 1,5 l Bio") == title_key("BIO Milch 1500 ml")
    True
    """
    text = clean(title)
    told = list(measures(text, "de"))
    plain = [word.text for word in words(text, "") if not any(one.start <= word.start < one.end for one in told)]
    return frozenset([*plain, *(one.terms[0] for one in told)])


def twins_of(documents: Documents) -> Callable[[str], Title | str]:
    """What a product's twins share: the key of its title; a product that is not in the index has no twin but itself."""

    @cache
    def twin(id: str) -> Title | str:
        row = documents.row_of(id)
        return id if row is None else title_key(next(iter(documents.product(row).title.values()), id))

    return twin
