"""Which terms a text is found by, beside its words: one reading for the catalogue and for the query.

A product's text is indexed by its words (`search.text`) and, with less weight, by the parts of its compounds; a query's
word is sought by itself and, where it is a compound, by its parts together, the head (the last part) mandatory. So
"Terrassenschrauben" is found by "schraube", and "damenlaufschuhe" finds "Laufschuhe für Damen", but no "Damenjacke".
"""

from __future__ import annotations

from dataclasses import dataclass

from search.compounds import Splitter
from search.text import STOP_WORDS, Word, clean, stem, words
from search.types import Sought


@dataclass(frozen=True, slots=True, eq=False)
class Analyzer:
    """Reads texts of one language against one catalogue's compounds; without a splitter no word has parts."""

    language: str
    splitter: Splitter | None = None

    def terms(self, text: str) -> tuple[list[str], list[str]]:
        """A text's words as terms, in order, and the terms of its compounds' parts.

        >>> Analyzer("de", Splitter({"lauf": 9, "schuh": 40})).terms("Rote Laufschuhe")
        (['rot', 'laufschuh'], ['lauf', 'schuh'])
        """
        found = list(words(clean(text), self.language))
        return [word.term for word in found], [part for word in found for part in self.parts(word.text)]

    def parts(self, word: str) -> tuple[str, ...]:
        """Terms of a folded word's parts and their parts, each once; () where it is no compound."""
        if self.splitter is None:
            return ()
        named = (*self.splitter.split(word), *self.splitter.leaves(word))
        own = stem(word, self.language)
        return tuple(term for term in dict.fromkeys(stem(part, self.language) for part in named) if term != own)

    def sought(self, text: str) -> list[Sought]:
        """What a query searches for: its words without stop words, unless it has nothing else; each term once.

        >>> [word] = Analyzer("de", Splitter({"lauf": 9, "schuh": 40})).sought("Laufschuhe")
        >>> word.term, [part.term for part in word.parts]
        ('laufschuh', ['lauf', 'schuh'])
        """
        found = list(words(clean(text), self.language))
        stop = STOP_WORDS.get(self.language, frozenset())
        kept = [word for word in found if word.text not in stop] or found
        return list({item.term: item for item in map(self._sought, reversed(kept))}.values())[::-1]

    def _sought(self, word: Word | str) -> Sought:
        written = word if isinstance(word, str) else word.text
        parts = self.splitter.split(written) if self.splitter else ()
        return Sought(stem(written, self.language), tuple(self._sought(part) for part in parts if part != written))
