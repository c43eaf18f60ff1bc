"""Which kind of product a query wants: "laptop bag" wants bags, "Klopapier" toilet paper.

The kind's word is the last word of the query that names a kind and does not stand behind "for", "für", "with" …. German
queries put it anywhere ("Wandhalterung Fernseher", "Fernseher Wandhalterung"): where two words name kinds, none is
wanted more than the other. A compound that no product ends with is
of the kind of its last part. Words that no product uses find their kind by meaning.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from search.text import STOP_WORDS, clean, words
from search.types import Scores, Sought, Vectors

#: What stands behind them is what the product is for, or has.
BREAKS = frozenset(
    """für mit aus zum zur ohne unter bis ab gegen wie
    for with without under from like of in im""".split()
)
#: Letters at the beginning by which two words only look alike.
ALIKE = 4
#: The shortest last part of a compound, and the shortest first part.
LEAST_PART = 4
LEAST_FIRST_PART = 3
#: Rows of a product with one vector.
PART = 512
#: A name and its products are about as near as this share of a kind's own, or the words only look alike.
NEAR_CENTRE = 0.8


class KindLexicon(Protocol):
    """The kinds of a catalogue in one language, as far as a query is read by them (`search/index/kinds.py`)."""

    @property
    def terms(self) -> list[str]:
        """(k,) the kinds' stems."""

    @property
    def names(self) -> Vectors:
        """(k, dimension) vectors of the kinds' names; (k, 0) without an encoder."""

    @property
    def centres(self) -> Vectors:
        """(k, dimension) the middle of each kind's products."""

    @property
    def scale(self) -> tuple[float, float, float]:
        """Median cosines: of two names, of a name and another kind's centre, of a name and its own."""

    @property
    def corrected(self) -> Mapping[str, int]:
        """Stem -> the kind that a merchandiser gave it, -1 for none."""

    @property
    def endings(self) -> Mapping[str, list[int]]:
        """Stem -> the kinds that it is or, as the last part of a compound, ends."""


@dataclass(frozen=True, slots=True, eq=False)
class Wanted:
    """The kinds that a query wants: `weights` (k,) in 0..1, 1 where it names the kind.

    `terms` are the query's words that stand for the kind: a product of the kind counts as if it held them.
    """

    weights: Scores
    terms: tuple[str, ...] = ()

    @property
    def is_known(self) -> bool:
        """True where the query wants some kind."""
        return bool(self.weights.any())


def wanted_kinds(
    text: str,
    language: str,
    kinds: KindLexicon,
    vector: Vectors | None = None,
    least: float = 0.55,
    most_words: int = 4,
) -> Wanted:
    """Which kinds a query wants, by its words and by its meaning.

    weight = 1 for the kinds that it names; for others min(1, nearness / .7) where their names are at least `least`
    near to the query's text and their products near to it as well. Nearness of a name: its cosine, 0 for two unlike
    kinds' names, 1 for the same.

    Args:
        vector: (dimension,) of the query's text, None without an encoder.
        least: nearness of a name from which it means the same.
        most_words: a longer query names one product, or describes it; its kind is not at issue.
    """
    weights = np.zeros(len(kinds.terms))
    read = _read(text, language)
    named = named_kinds(read, language, kinds) if len(read) <= most_words else []
    if len(named) > 1 or len(read) > most_words:
        return Wanted(weights)
    for _, codes in named:
        weights[codes] = 1.0
    if vector is not None and kinds.names.shape[1]:
        near = _near(vector, kinds, least)
        others = {term for term, _ in read} - {term for term, _ in named}
        near[[code for code in np.flatnonzero(near).tolist() if _misleads(kinds.terms[code], read, others)]] = 0.0
        weights = np.maximum(weights, near)
    return Wanted(weights, tuple(term for term, _ in named) or tuple(term for term, _ in read))


def _misleads(term: str, read: Sequence[tuple[str, str]], others: set[str]) -> bool:
    """Near for another reason than its meaning: a word of the query itself, or one that begins like it.

    Encoders read words by their pieces: "Officejet" is near to "office" and "Winterjacke" to "Winterstiefel".
    """
    return term in others or any(term != word and term[:ALIKE] == word[:ALIKE] for word, _ in read)


def _read(text: str, language: str) -> list[tuple[str, str]]:
    """(term, word) of the query up to what it is for, without stop words and numbers."""
    found: list[tuple[str, str]] = []
    for word in words(clean(text), language):
        if word.text in BREAKS and found:
            break
        if word.text not in STOP_WORDS.get(language, ()) and word.text.isalpha():
            found.append((word.term, word.text))
    return found


def named_kinds(read: Sequence[tuple[str, str]], language: str, kinds: KindLexicon) -> list[tuple[str, list[int]]]:
    """The words that name a kind, and the kinds: the last one, in German each."""
    found = [(term, codes) for term, _ in read if (codes := _codes(term, language, kinds))]
    return found if language == "de" else found[-1:]


def _codes(term: str, language: str, kinds: KindLexicon) -> list[int]:
    """The kinds that a word names: itself and, in German, what ends with it; else its own longest last part."""
    if term in kinds.corrected:
        return [kinds.corrected[term]] if kinds.corrected[term] >= 0 else []
    of = kinds.endings.get(term) or kinds.endings.get(plural_of(term, language, kinds.endings) or "", [])
    if language != "de":
        return [code for code in of if kinds.terms[code] == term]
    for at in range(LEAST_FIRST_PART, len(term) - LEAST_PART + 1) if not of else ():
        if any(kinds.terms[code] == term[at:] for code in kinds.endings.get(term[at:], ())):
            return kinds.endings[term[at:]]
    return of


def plural_of(term: str, language: str, kinds: Container[str]) -> str | None:
    """The kind whose borrowed plural the shop uses for a German word: "Laptops", which the stemmer leaves as it is.

    The catalogue tells: "laptops" names a kind, "laptop" none. A word on -i is none of them: an "Ei" is no Eis.

    >>> plural_of("laptop", "de", {"laptops"}), plural_of("ei", "de", {"eis"}), plural_of("schuh", "de", {"schuh"})
    ('laptops', None, None)
    """
    if language != "de" or len(term) < 3 or term.endswith("i") or term in kinds:
        return None
    return f"{term}s" if f"{term}s" in kinds else None


def with_plurals(item: Sought, language: str, kinds: Container[str]) -> Sought:
    """A word that is searched for, and as well as it the kind that it is called in the plural."""
    plural = plural_of(item.term, language, kinds)
    parts = tuple(with_plurals(part, language, kinds) for part in item.parts)
    others = (*item.others, plural) if plural else item.others
    return item if (parts, others) == (item.parts, item.others) else replace(item, parts=parts, others=others)


def _near(vector: Vectors, kinds: KindLexicon, least: float) -> Scores:
    """(k,) how surely a query's text means each kind, 0 below `least`."""
    unlike, across, own = kinds.scale
    name = (_cosines(kinds.names, vector) - unlike) / max(1 - unlike, 1e-6)
    likely = np.flatnonzero(name >= least)
    centre = (kinds.centres[likely] @ vector - across) / max(own - across, 1e-6)
    meant = likely[centre >= NEAR_CENTRE]
    near = np.zeros(len(name))
    near[meant] = np.minimum(name[meant] / 0.7, 1.0)
    return near


def _cosines(of: Vectors, vector: Vectors) -> Vectors:
    """(k,) in parts so small that BLAS starts no threads: on a busy machine those cost thirty times the sum itself."""
    return np.concatenate([of[at : at + PART] @ vector for at in range(0, len(of), PART)])
