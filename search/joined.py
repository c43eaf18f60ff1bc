"""Two words or one? English writes both: "screw driver" and "screwdriver", "bath tub" and "bathtub".

No dictionary: two neighbours of a query are one word where the catalogue writes them so, and a word is two where
products that hold either half mostly hold both. Languages with compounds need none of it: their products have the terms
of the parts (`search/compounds.py`).
"""

from __future__ import annotations

from typing import Protocol

import numpy as np

from search.text import STOP_WORDS, Word, stem
from search.types import Rows

#: Letters of the shortest word that may be half of another as written apart: "a", "x" and "t" stand for themselves.
SHORTEST_HALF = 2
#: Letters of the shortest half of a word that is torn, as of a compound's part (`search/compounds.py`).
SHORTEST_TORN = 3
#: Products that hold both halves, at least, and their share of those that hold the rarer one. All 20 words of 1,500
#: queries of home-en that reach it are two words indeed; halves that only spell a word ("car|pet") meet by chance.
LEAST_PRODUCTS = 3
LEAST_TOGETHER = 0.3


class Terms(Protocol):
    """Which products hold a term."""

    def document_frequency(self, term: str) -> int:
        """Products that hold the term; 0 if none."""

    def matching(self, term: str) -> Rows:
        """Their rows, ascending."""


def joined(one: Word, other: Word, text: str, language: str, catalogue: Terms) -> str:
    """The term of two neighbouring words written as one; "" where no product has it, or something stands between."""
    written = one.text + other.text
    shortest = min(len(one.text), len(other.text))
    if shortest < SHORTEST_HALF or not written.isalpha() or text[one.end : other.start].strip(" -"):
        return ""
    term = stem(written, language)
    return term if catalogue.document_frequency(term) else ""


def torn(word: str, language: str, catalogue: Terms) -> tuple[str, ...]:
    """A folded word as the two that most products hold instead; () where there are none."""
    if not word.isalpha():
        return ()
    stop, most = STOP_WORDS.get(language, frozenset()), LEAST_PRODUCTS - 1
    best: tuple[str, ...] = ()
    for at in range(SHORTEST_TORN, len(word) - SHORTEST_TORN + 1):
        halves = word[:at], word[at:]
        if stop.isdisjoint(halves) and (both := _together(halves, language, catalogue)) > most:
            most, best = both, halves
    return best


def _together(halves: tuple[str, str], language: str, catalogue: Terms) -> int:
    """Products that hold both halves; 0 where they are too small a share of those that hold the rarer one."""
    one, other = (stem(half, language) for half in halves)
    fewer = min(catalogue.document_frequency(one), catalogue.document_frequency(other))
    if not fewer:
        return 0
    both = len(np.intersect1d(catalogue.matching(one), catalogue.matching(other), assume_unique=True))
    return both if both >= LEAST_TOGETHER * fewer else 0
