"""The catalogue's own words near a typed one (symspellpy), and those that sound like it.

Short words are not corrected: one edit turns "Rock" into half of the dictionary. Edits allowed: none up to
3 letters, one for 4 to 7, two from 8 on. Words with digits are never touched: they are model numbers,
sizes, measures. Words are looked up without dots and accents, so "gurtl" is one edit from "Gürtel".
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from copy import copy
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import chain
from pathlib import Path

from symspellpy import Verbosity

from search.settings import Spelling
from search.spelling.deletes import LEAST_KEPT, symspell_of
from search.spelling.distance import DOUBLING, contracted, typing_distance, without_dots
from search.spelling.keyboard import neighbours
from search.spelling.phonetics import cologne_code

SHORTEST = 3
#: Where in an index directory is kept what takes long to work out.
KEPT_IN = Path("cache") / "spelling"
#: Words whose neighbours are kept.
FOUND = 10_000
#: A word that only sounds alike may be this far away, in edits of `typing_distance`.
FARTHEST_SOUND = 2.5


def edits_allowed(word: str, most: int = 2) -> int:
    """Edits that a misspelt word of this length may be away from the right one.

    >>> edits_allowed("rot"), edits_allowed("shrit"), edits_allowed("laufschuhhe")
    (0, 1, 2)
    """
    length = len(word)
    return min(most, 0 if length <= 3 else 1 if length <= 7 else 2)


@dataclass(frozen=True, slots=True)
class Near:
    """A word of the catalogue near a typed one: whole edits, weighted edits, products that hold it."""

    word: str
    edits: int
    distance: float
    frequency: int


def _is_proposed(word: str) -> bool:
    return len(word) >= SHORTEST and word.isalpha()


class Added:
    """Words that came since the catalogue was indexed. It only grows, by one thread; whoever reads it looks at its own
    counts for what there is."""

    def __init__(self, max_edits: int):
        self.symspell = symspell_of({}, max_edits)
        self.spelt: dict[str, tuple[str, ...]] = {}
        self.sounding: dict[str, tuple[str, ...]] = {}
        self._words: set[str] = set()

    def add(self, words: Iterable[str]) -> None:
        """Know these words, too."""
        for word in sorted(set(words) - self._words):
            self._words.add(word)
            key, code = without_dots(word), cologne_code(word)
            self.spelt[key] = (*self.spelt.get(key, ()), word)
            self.sounding[code] = (*self.sounding.get(code, ()), word)
            self.symspell.create_dictionary_entry(key, 1)


def prepare(counts: Mapping[str, int], spelling: Spelling, cache: Path) -> None:
    """Work out what a corrector of these words needs, and keep it in a folder; of few words it takes no time."""
    if spelling.enabled and len(counts) >= LEAST_KEPT:
        SymSpellCorrector(counts, spelling.max_edits, spelling.beta, cache)


class SymSpellCorrector:
    """Finds the catalogue's words near a typed one. `counts` maps folded words to the products that hold them; in the
    folder `cache`, if there is one, is kept what takes long to work out of them."""

    def __init__(
        self, counts: Mapping[str, int], max_edits: int = 2, beta: float = Spelling().beta, cache: Path | None = None
    ):
        self.counts = counts
        self._beta = beta
        self._max_edits = max_edits
        self._found = lru_cache(FOUND)(self._find)  # a word is looked up once for each way to read it
        self._spelt: dict[str, list[str]] = defaultdict(list)
        for word in filter(_is_proposed, counts):
            self._spelt[without_dots(word)].append(word)
        frequencies = {key: max(counts[word] for word in spelt) for key, spelt in self._spelt.items()}
        self._symspell = symspell_of(frequencies, max(max_edits, 1), cache)
        self._indexed, self._added = counts, Added(max(max_edits, 1))

    def over(self, counts: Mapping[str, int], added: Iterable[str]) -> SymSpellCorrector:
        """The same with other counts, of added words too; words that are not counted are none."""
        other = copy(self)
        other.counts = counts
        other._found = lru_cache(FOUND)(other._find)
        self._added.add(word for word in added if word not in self._indexed and _is_proposed(word))
        return other

    @cached_property
    def _sounding(self) -> dict[str, list[str]]:
        """Code -> the words that sound so; worked out when a word is first looked up by its sound."""
        sounding: dict[str, list[str]] = defaultdict(list)
        for word in chain.from_iterable(self._spelt.values()):
            sounding[cologne_code(word)].append(word)
        return sounding

    def correct(self, word: str) -> tuple[str, int] | None:
        """A folded word -> (better word, edits); None where nothing is near enough or it has digits.

        The best without a query around it: log1p(tf) − β·distance, ties by letter.
        """
        near = [item for item in self.near(word) if item.word != word] if edits_allowed(word, self._max_edits) else []
        if not near:
            return None
        best = min(near, key=lambda item: (self._beta * item.distance - math.log1p(item.frequency), item.word))
        return best.word, max(best.edits, 1)

    def near(self, word: str, language: str = "de", allowed: int | None = None) -> list[Near]:
        """Words within the edits allowed, the word itself too if it is one; keys of the language's keyboard."""
        if not word.isalpha() or len(word) < SHORTEST:
            return []
        allowed = edits_allowed(word, self._max_edits) if allowed is None else min(allowed, self._max_edits)
        return list(self._found(word, language, allowed))

    def _find(self, word: str, language: str, allowed: int) -> tuple[Near, ...]:
        edits: dict[str, int] = {}
        for key in {without_dots(word), without_dots(contracted(word))}:
            for symspell in (self._symspell, self._added.symspell):
                for item in symspell.lookup(key, Verbosity.ALL, max_edit_distance=allowed):
                    edits[item.term] = min(item.distance, edits.get(item.term, allowed))
        return tuple(self._near(word, other, edits[key], language) for key in edits for other in self._spelt_as(key))

    def _spelt_as(self, key: str) -> list[str]:
        """The words that are written so but for dots."""
        known = (*self._spelt.get(key, ()), *self._added.spelt.get(key, ()))
        return [word for word in known if word in self.counts]

    def sounding_like(self, word: str, language: str = "de") -> list[Near]:
        """Words with the same code of the Kölner Phonetik; of short words only those with a letter doubled or not."""
        if not word.isalpha() or len(word) < SHORTEST or not self._max_edits:
            return []
        farthest = FARTHEST_SOUND if edits_allowed(word) else DOUBLING
        code = cologne_code(word)
        alike = (*self._sounding.get(code, ()), *self._added.sounding.get(code, ()))
        known = (other for other in alike if other in self.counts)
        near = (self._near(word, other, 0, language) for other in known if abs(len(other) - len(word)) <= 2)
        return [item for item in near if item.word != word and item.distance <= farthest]

    def _near(self, typed: str, word: str, edits: int, language: str) -> Near:
        distance = typing_distance(typed, word, neighbours(language))
        return Near(word, edits or math.ceil(distance), distance, self.counts[word])
