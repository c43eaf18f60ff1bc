"""Which queries are alike? Names under which a figure is looked at apart.

    head, torso, tail          asked most (together half of all requests), the next three tenths, the rest
    1 word … 4+ words
    misspelt                   a word that no text holds and that has a near one in the catalogue
    compound                   a German word that is two or more of the catalogue's words in one
    model number               letters and digits in one word, or six digits and more
    zero hits                  no product holds any of its words
    overlap none|some|full     share of the query's words that the relevant products hold: none, all, or between
    de, en                     its language
    anything                   the shop's own: a list of queries or a regular expression

A query has several. Slices of a catalogue are found from its words alone, before any spelling correction, so that two
configurations of the pipeline have the same slices.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from eval.judged.qrels import read_lines
from search.errors import BadInput
from search.index.snapshot import Snapshot
from search.settings import Spelling
from search.spelling.corrector import SymSpellCorrector
from search.text import clean, query_terms, words

HEAD, TORSO = 0.5, 0.8
MODEL_NUMBER = re.compile(r"(?=\w*\d)(?=\w*[^\W\d])\w{3,}|\d{6,}")
#: Letters and digits that are a size, an amount or a plug, not a model.
UNITS = re.compile(
    r"\d+(mm|cm|m|m2|m²|ml|l|g|kg|w|v|ah|mah|gb|tb|hz|mp|zoll|inch|in|er|tlg|x\d+\w*)|[wl]\d{2}|x{0,4}[sml]|e\d{2}|\dx\d",
    re.I,
)


@dataclass(frozen=True, slots=True)
class OwnSlice:
    """A slice of the shop's own: its queries' ids or texts (case folded), or a regular expression over the text."""

    name: str
    queries: frozenset[str] = frozenset()
    pattern: re.Pattern[str] | None = None

    def holds(self, id: str, text: str) -> bool:
        """Whether the query belongs to it."""
        listed = {id.casefold(), text.casefold()} & self.queries
        return bool(listed) or (self.pattern is not None and self.pattern.search(text) is not None)


def own_slice(name: str, queries: Path | None = None, regex: str | None = None) -> OwnSlice:
    """Read a slice of the shop's own.

    Args:
        queries: a file with one id or text a line.
        regex: searched in the text, whatever its capitals.

    Raises:
        BadInput: a file that cannot be read, no regular expression.
    """
    listed = frozenset(line.strip().casefold() for _, line in read_lines(queries)) if queries else frozenset()
    try:
        pattern = re.compile(regex, re.I) if regex else None
    except re.error as error:
        raise BadInput(f"'{regex}' is no regular expression: {error}.", f"slices.{name}") from error
    return OwnSlice(name, listed, pattern)


def by_demand(counts: Mapping[str, int]) -> dict[str, str]:
    """Query id -> head, torso or tail, from how often each is asked; ties by id.

    >>> by_demand({"a": 50, "b": 30, "c": 15, "d": 5})
    {'a': 'head', 'b': 'torso', 'c': 'tail', 'd': 'tail'}
    """
    total = sum(counts.values())
    found, before = {}, 0
    for id in sorted(counts, key=lambda id: (-counts[id], id)):
        share = before / total if total else 1.0
        found[id] = "head" if share < HEAD else "torso" if share < TORSO else "tail"
        before += counts[id]
    return found


class Slicer:
    """Names the slices of queries against one snapshot.

    Args:
        counts: query id -> how often it is asked, where that is known.
        own: slices of the shop's own.
    """

    def __init__(self, snapshot: Snapshot, counts: Mapping[str, int] | None = None, own: tuple[OwnSlice, ...] = ()):
        self._snapshot = snapshot
        self._demand = by_demand(counts or {})
        self._own = own

    @cached_property
    def _corrector(self) -> SymSpellCorrector:
        return SymSpellCorrector(self._snapshot.words.counts, Spelling().max_edits)

    def slices(self, id: str, text: str, language: str, judged: Mapping[str, int] | None = None) -> list[str]:
        """The slices of one query.

        Args:
            id: of the query, for its demand and the shop's own slices.
            language: in which it is read.
            judged: product id -> grade, for the overlap.
        """
        text = clean(text)
        found = [self._demand[id]] if id in self._demand else []
        count = len(text.split())
        found.append("1 word" if count == 1 else f"{count} words" if count < 4 else "4+ words")
        found += [name for name, holds in self._traits(text, language).items() if holds]
        if judged:
            found.append(f"overlap {self._overlap(text, language, judged)}")
        return [*found, language, *(own.name for own in self._own if own.holds(id, text))]

    def _traits(self, text: str, language: str) -> dict[str, bool]:
        return {
            "misspelt": any(self._misspelt(word.text, language) for word in words(text, language)),
            "compound": language == "de" and any(self.split(word.text) for word in words(text, language)),
            "model number": any(self._is_model(word) for word in text.split()),
            "zero hits": not any(self._known(term) for term in query_terms(text, language)),
        }

    def _known(self, term: str) -> bool:
        return any(postings.document_frequency(term) for postings in self._snapshot.postings.values())

    def _misspelt(self, word: str, language: str) -> bool:
        if not word.isalpha() or len(word) < 4 or any(self._known(term) for term in query_terms(word, language)):
            return False
        return self._corrector.correct(word) is not None and not self.split(word)

    @staticmethod
    def _is_model(word: str) -> bool:
        return MODEL_NUMBER.fullmatch(word) is not None and UNITS.fullmatch(word) is None

    def split(self, word: str) -> tuple[str, ...]:
        """A word as the catalogue's words, the head last; () where it is no compound."""
        splitter = self._snapshot.analyzer("de").splitter
        return splitter.split(word) if splitter else ()

    def _overlap(self, text: str, language: str, judged: Mapping[str, int]) -> str:
        relevant = [self._snapshot.documents.row_of(product) for product, grade in judged.items() if grade > 0]
        rows = np.array([row for row in relevant if row is not None], np.int32)
        terms = query_terms(text, language)
        if not len(rows) or not terms:
            return "none"
        share = float(self._snapshot.lexical(language).score(terms).found[rows].mean())
        return "none" if share < 0.01 else "full" if share > 0.99 else "some"
