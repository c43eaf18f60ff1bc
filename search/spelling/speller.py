"""Which words of a query were meant otherwise: those that are corrected, and those that are only proposed.

Only words are read again that the catalogue does not hold, or in hardly any product; never words with digits, in
quotes, or that state something (brands). In this order, all readings in one channel:

    fold          the same letters without dots ("gurtel")
    split, join   two words that are sold together ("damenlaufschuhe"), one that was torn ("lauf schuhe")
    SymSpell      words within the edits allowed
    compound      a word made of known ones is likely what was meant, however near another one is
    sound         the last resort: Kölner Phonetik, German only
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import Protocol

import numpy as np

from search.settings import Spelling
from search.spelling.channel import Choice, Reading, choose
from search.spelling.corrector import SHORTEST, Near, SymSpellCorrector
from search.spelling.distance import bare_letters
from search.text import STOP_WORDS, Word, stem, words
from search.types import Correction, Rows, Scores, Vocabulary

#: Weighted edits of a blank too few or too many, as a doubled letter.
BLANK = 0.5

#: Up to this share of the products, 1 in so many, are few.
FEW = 64

_QUOTED = re.compile(r'"[^"]*"|„[^“”"]*[“”"]|“[^”]*”|»[^«]*«|«[^»]*»')
_WITH_DIGITS = re.compile(r"\S*\d\S*")


class LastResort(Protocol):
    """Reads words that nothing else reads (`search.spelling.last_resort`)."""

    def __call__(self, speller: Speller, query: Typed, word: str, others: Sequence[str]) -> list[Reading]:
        """Readings of one word; `others` are the terms of the query's other words."""

    def torn(self, speller: Speller, query: Typed, word: str, others: Sequence[str]) -> list[Reading]:
        """One word as two."""

    def joined(self, speller: Speller, query: Typed, word: str, others: Sequence[str], scraps: bool) -> list[Reading]:
        """Readings of two words written together as one; `scraps`: neither is a word of the catalogue."""


#: A word and its language -> the known words that it is made of; none if it is no compound.
Compounds = Callable[[str, str], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Spelled:
    """Words to read as others, and words to ask about."""

    corrections: tuple[Correction, ...] = ()
    proposals: tuple[Correction, ...] = ()


class Context:
    """The products that hold a query's other words: how often they are sold with a reading.

    hits(c) = Σ over the products that hold c of (share of the other words that the product holds)²; without other
    words the products that hold c.
    """

    def __init__(self, vocabulary: Vocabulary, terms: Sequence[str]):
        self._vocabulary = vocabulary
        self._terms = terms

    @cached_property
    def _shares(self) -> Scores:
        """(n,) the square above; counted only once a reading is there."""
        found = np.zeros(self._vocabulary.size, np.float32)
        for term in self._terms:
            found[self._vocabulary.matching(term)] += 1
        return (found / len(self._terms)) ** 2

    def hits(self, terms: Sequence[str]) -> float:
        """Products that hold all the terms, weighted as above."""
        rows = _all_of(self._vocabulary, terms)
        if not self._terms or not len(rows):
            return float(len(rows))
        return float(self._shares_of(rows).sum())

    def _shares_of(self, rows: Rows) -> Scores:
        """The squares of some products; of few ones without a look at all of them (1.2 ms of 70,787)."""
        if len(rows) * FEW > self._vocabulary.size:
            return self._shares[rows]
        found = np.zeros(len(rows), np.float32)
        for term in self._terms:
            holding = self._vocabulary.matching(term)
            at = np.minimum(np.searchsorted(holding, rows), len(holding) - 1)
            found += holding[at] == rows
        return (found / len(self._terms)) ** 2


def held_together(vocabulary: Vocabulary, terms: Sequence[str]) -> int:
    """Products that hold all the terms, whatever else the query says."""
    return len(_all_of(vocabulary, terms))


def _all_of(vocabulary: Vocabulary, terms: Sequence[str]) -> Rows:
    rows = vocabulary.matching(terms[0])
    for term in terms[1:]:
        rows = np.intersect1d(rows, vocabulary.matching(term), assume_unique=True)
    return rows


@dataclass(frozen=True, eq=False)
class Speller:
    """Reads queries against the catalogue's words.

    Args:
        compounds: where the analysis takes words apart; without it every unknown word counts as one.
        meant: language -> words that no product has to hold; they are read only from words that begin alike.
    """

    corrector: SymSpellCorrector
    settings: Spelling
    compounds: Compounds | None = None
    meant: Mapping[str, SymSpellCorrector] = field(default_factory=dict)

    def spell(
        self,
        text: str,
        language: str,
        vocabulary: Vocabulary,
        kept: frozenset[str] = frozenset(),
        last_resort: LastResort | None = None,
    ) -> Spelled:
        """The corrections and proposals for a clean text.

        Args:
            vocabulary: the catalogue's terms in the language.
            kept: folded words that are understood and stay.
            last_resort: reads what nothing else reads; slow, so only for a query that finds nothing otherwise.
        """
        query = read_typed(text, language, vocabulary, kept, self.corrector.counts)
        joined = list(self._joined(query, last_resort))
        torn = {start for item, _ in joined for start in range(item.start, item.start + len(item.original))}
        found = joined + [
            item
            for token in query.tokens
            if token.start not in torn and (item := self._read_again(query, token, last_resort))
        ]
        return Spelled(
            tuple(item for item, sure in found if sure),
            tuple(item for item, sure in found if not sure),
        )

    def readings(self, query: Typed, token: Word) -> tuple[Reading, list[Reading]]:
        """The word as typed and its other readings."""
        context = Context(query.vocabulary, query.others(token))
        near = self.corrector.near(token.text, query.language)
        split = list(self._split(query, token, context))
        others = self.known(query, [item for item in near if item.word != token.text], context)
        others += self._meant(query, token.text)
        if not others and query.language == "de":
            others = self.known(query, self.corrector.sounding_like(token.text, query.language), context)
        return self._typed(query, token, context), [*split, *others]

    def _meant(self, query: Typed, word: str) -> list[Reading]:
        """Near words that are understood though hardly any product holds them; no context tells them apart.

        Their first letters are alike: "Kater" is no "Vater" in a shop that knows neither.
        """
        meant = self.meant.get(query.language)
        near = [] if meant is None else meant.near(word, query.language)
        return [
            Reading(item.word, (stem(item.word, query.language),), item.edits, item.distance, item.frequency, 0.0)
            for item in near
            if item.word != word and bare_letters(item.word)[0] == bare_letters(word)[0]
        ]

    def known(self, query: Typed, near: Sequence[Near], context: Context) -> list[Reading]:
        """The readings among near words: those that a product holds in the query's language, and no stop words."""
        stop = STOP_WORDS.get(query.language, frozenset())
        readings = (self._reading(item, query.language, context) for item in near if item.word not in stop)
        return [item for item in readings if query.vocabulary.document_frequency(item.terms[0])]

    def _read_again(self, query: Typed, token: Word, last_resort: LastResort | None) -> tuple[Correction, bool] | None:
        """A word's correction, and whether it is sure; what only the last resort reads never is."""
        if not query.is_doubtful(token, self.settings.hardly_any):
            return None
        original = query.text[token.start : token.end]
        if choice := self._same_letters(query, token):
            return self._decided(choice, original, token.start)
        typed, others = self.readings(query, token)
        decided = self._decided(choose(typed, others, self.settings), original, token.start)
        if last_resort is None or query.frequency[token.term] or (decided and decided[1]):
            return decided
        return self._decided_at_last(query, token, typed, others, last_resort)

    def _decided_at_last(
        self, query: Typed, token: Word, typed: Reading, others: Sequence[Reading], last_resort: LastResort
    ) -> tuple[Correction, bool] | None:
        """The usual readings beside torn ones; where those say nothing, all others of the last resort."""
        original, rest = query.text[token.start : token.end], query.others(token)
        for read in (last_resort.torn, last_resort):
            found = [*others, *read(self, query, token.text, rest)]
            if unsure := self._decided(choose(typed, found, self.settings), original, token.start):
                return unsure[0], False
        return None

    def _same_letters(self, query: Typed, token: Word) -> Choice | None:
        """The catalogue's word that differs only in dots and accents: no other word, but another keyboard."""
        if query.frequency[token.term]:
            return None
        bare = bare_letters(token.text)
        near = (item for item in self.corrector.near(token.text, query.language) if bare_letters(item.word) == bare)
        known = [item for item in near if query.vocabulary.document_frequency(stem(item.word, query.language))]
        if not known:
            return None
        best = max(known, key=lambda item: (item.frequency, item.word))
        return Choice(self._reading(best, query.language, Context(query.vocabulary, [])), 1.0, math.inf)

    def _decided(self, choice: Choice | None, original: str, start: int) -> tuple[Correction, bool] | None:
        if choice is None or choice.probability < self.settings.propose:
            return None
        reading, probability = choice.reading, choice.probability
        sure = probability >= self.settings.sure and choice.margin >= self.settings.margin
        return Correction(original, reading.text, reading.edits, start, round(probability, 4)), sure

    def _typed(self, query: Typed, token: Word, context: Context) -> Reading:
        parts = self.compounds(token.text, query.language) if self.compounds else ()
        if parts:
            frequency = min(self.corrector.counts.get(part, 0) for part in parts)
            hits = context.hits([stem(part, query.language) for part in parts])
            return Reading(token.text, (token.term,), 0, 0.0, frequency, hits)
        counts = self.corrector.counts  # of all languages: "sneakers" is a word of a shop that sells "Sneaker"
        singular = token.text[:-1] if token.text.endswith("s") and not token.text.endswith("ss") else token.text
        frequency = counts.get(token.text, 0) or counts.get(singular, 0)
        hits = context.hits([token.term])
        return Reading(token.text, (token.term,), 0, 0.0, frequency, hits, known=frequency > 0 or hits > 0)

    def _reading(self, near: Near, language: str, context: Context) -> Reading:
        term = stem(near.word, language)
        return Reading(near.word, (term,), near.edits, near.distance, near.frequency, context.hits([term]))

    def _split(self, query: Typed, token: Word, context: Context) -> Iterator[Reading]:
        """Two words of the catalogue, written as one, that some product holds both."""
        counts, word = self.corrector.counts, token.text
        for at in range(SHORTEST, len(word) - SHORTEST + 1):
            parts = word[:at], word[at:]
            if all(part in counts for part in parts):
                terms = tuple(stem(part, query.language) for part in parts)
                if hits := context.hits(terms):
                    frequency = min(counts[part] for part in parts)
                    yield Reading(" ".join(parts), terms, 1, BLANK, frequency, hits)

    def _joined(self, query: Typed, last_resort: LastResort | None) -> Iterator[tuple[Correction, bool]]:
        """Neighbouring words that are one word of the catalogue, and by themselves find nothing together."""
        last = -1
        for first, second in pairwise(query.tokens):
            if first.start > last and query.are_torn(first, second):
                item = self._join(query, first, second) or self._join_anyhow(query, first, second, last_resort)
                if item:
                    last = second.start
                    yield item

    def _join_anyhow(
        self, query: Typed, first: Word, second: Word, last_resort: LastResort | None
    ) -> tuple[Correction, bool] | None:
        """Two words that the catalogue lacks, or one of them, as a compound or a misspelt word."""
        lost = [word for word in (first, second) if not query.frequency[word.term]]
        if last_resort is None or not lost:
            return None
        if len(lost) == 1 and self._read_again(query, lost[0], last_resort):
            return None
        word = first.text + second.text
        others = query.others(first, second)
        readings = last_resort.joined(self, query, word, others, len(lost) == 2)
        typed = Reading(word, (first.term, second.term), 0, 0.0, 0, 0.0, known=False)
        original = query.text[first.start : second.end]
        unsure = self._decided(choose(typed, readings, self.settings), original, first.start)
        return unsure and (unsure[0], False)

    def _join(self, query: Typed, first: Word, second: Word) -> tuple[Correction, bool] | None:
        word = first.text + second.text
        held = query.vocabulary.document_frequency(stem(word, query.language))
        frequency = self.corrector.counts.get(word, 0) or held
        if not held:
            return None
        together = len(_all_of(query.vocabulary, [first.term, second.term]))
        if together > self.settings.hardly_any:
            return None
        context = Context(query.vocabulary, query.others(first, second))
        term = stem(word, query.language)
        least = min(self.corrector.counts.get(part.text, 0) for part in (first, second))
        hits = context.hits([first.term, second.term])
        typed = Reading(word, (first.term, second.term), 0, 0.0, least if together else 0, hits, known=together > 0)
        joined = Reading(word, (term,), 1, BLANK, frequency, context.hits([term]))
        return self._decided(choose(typed, [joined], self.settings), query.text[first.start : second.end], first.start)


@dataclass(frozen=True, slots=True, eq=False)
class Typed:
    """A query's words with what is known of them; `fixed` are the places of those that stay."""

    text: str
    language: str
    vocabulary: Vocabulary
    tokens: list[Word]
    frequency: dict[str, int]
    fixed: frozenset[int]

    def is_doubtful(self, token: Word, most: int) -> bool:
        """It does not have to stay, and has no more hits than that."""
        return token.start not in self.fixed and self.frequency[token.term] <= most

    def are_torn(self, first: Word, second: Word) -> bool:
        """They may be one word: a blank between, and neither has to stay."""
        return self.text[first.end : second.start] == " " and not {first.start, second.start} & self.fixed

    def others(self, *tokens: Word) -> list[str]:
        """Terms of the other words that the catalogue holds."""
        stop = STOP_WORDS.get(self.language, frozenset())
        mine = {token.term for token in tokens}
        terms = (token.term for token in self.tokens if token.text not in stop and token.term not in mine)
        return list(dict.fromkeys(term for term in terms if self.frequency[term]))


def read_typed(
    text: str,
    language: str,
    vocabulary: Vocabulary,
    kept: frozenset[str] = frozenset(),
    counts: Mapping[str, int] | None = None,
) -> Typed:
    """A clean text's words; `kept` are folded words that stay, `counts` the words as the catalogue writes them."""
    tokens = list(words(text, language))
    stop = STOP_WORDS.get(language, frozenset())
    frequency = {
        token.term: 0 if _is_torso(token, stop, counts) else vocabulary.document_frequency(token.term)
        for token in tokens
    }
    return Typed(text, language, vocabulary, tokens, frequency, _untouchable(text, tokens, kept, language))


def _is_torso(token: Word, stop: frozenset[str], counts: Mapping[str, int] | None) -> bool:
    """A word that nobody writes, with the stem of a stop word: "Mäner" has none of the hits of "man"."""
    return counts is not None and token.term in stop and token.text not in stop and token.text not in counts


def _untouchable(text: str, tokens: Sequence[Word], kept: frozenset[str], language: str) -> frozenset[int]:
    """Places of words that stay: short ones, stop words, what is quoted, holds a digit or is understood."""
    spans = [match.span() for pattern in (_QUOTED, _WITH_DIGITS) for match in pattern.finditer(text)]
    stays = kept | STOP_WORDS.get(language, frozenset())
    return frozenset(
        token.start
        for token in tokens
        if len(token.text) < SHORTEST
        or not token.text.isalpha()
        or token.text in stays
        or any(start <= token.start < end for start, end in spans)
    )
