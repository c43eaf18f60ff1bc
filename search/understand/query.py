"""Raw text to a Query: cleaned, its language found, misspelt words corrected, what it states read."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from search.settings import Spelling
from search.text import analyze, clean, query_terms, stem, words
from search.types import Correction, Corrector, Query, Vocabulary
from search.understand.intents import Reader
from search.understand.lexicon import Lexicon


@dataclass(frozen=True, eq=False)
class Understanding:
    """Reads queries against one snapshot's words: a vocabulary for each language that the catalogue has texts in."""

    vocabularies: Mapping[str, Vocabulary]
    lexicon: Lexicon
    corrector: Corrector | None
    settings: Spelling
    reader: Reader | None = None
    is_name: Callable[[str], bool] = lambda text: False

    def understand(
        self, text: str, language: str | None = None, correct: bool = True, off: Collection[str] = ()
    ) -> Query:
        """What the shopper asked.

        Args:
            text: as typed, any length that the door let in.
            language: of the query; None to find it from the catalogue's words.
            correct: read words without hits as their nearest neighbours.
            off: attributes that the shopper switched off; their words are words.

        The name of a product is a name, whatever its words say ("ab 12 Monaten").
        """
        original = clean(text)
        language = language or self.detect(original)
        corrections = self.corrections(original, language) if correct else ()
        corrected = apply_corrections(original, corrections)
        is_name = self.is_name(corrected)
        reading = (self.reader or Reader(self.lexicon)).read(corrected, language, off)
        searched = corrected if is_name else reading.searched
        return Query(
            original=original,
            text=corrected,
            language=language,
            terms=tuple(dict.fromkeys(query_terms(searched, language))),
            corrections=corrections,
            stated=tuple(item for item in reading.stated if not is_name or item.effect != "limit"),
            searched=searched,
        )

    def detect(self, text: str) -> str:
        """The language whose stems the catalogue knows best; the leading one on a tie."""

        def known(language: str) -> int:
            vocabulary = self.vocabularies[language]
            return sum(vocabulary.document_frequency(term) > 0 for term in analyze(text, language))

        return max(self.vocabularies, key=known) if text else next(iter(self.vocabularies))

    def vocabulary(self, language: str) -> Vocabulary:
        """The words of a language; the leading one's where the catalogue has no texts in it."""
        return self.vocabularies.get(language) or next(iter(self.vocabularies.values()))

    def corrections(self, text: str, language: str) -> tuple[Correction, ...]:
        """The words that are read as others: those with no or hardly any hits, and a near, frequent neighbour.

        A word that states something is understood ("Geschenk für meine Frau") and stays, also without hits.
        """
        if self.corrector is None or not self.settings.enabled:
            return ()
        found, vocabulary = [], self.vocabulary(language)
        understood = {word.text for item in self.lexicon.stated(text, language) for word in words(item.text, language)}
        for word in words(text, language):
            if word.text in understood:
                continue
            hits = vocabulary.document_frequency(word.term)
            proposal = self.corrector.correct(word.text) if hits <= self.settings.hardly_any else None
            if proposal is None:
                continue
            better, edits = proposal
            gain = vocabulary.document_frequency(stem(better, language))
            if gain > hits * self.settings.times_as_frequent:
                found.append(Correction(text[word.start : word.end], better, edits, word.start))
        return tuple(found)


def apply_corrections(text: str, corrections: Sequence[Correction]) -> str:
    """The text with each corrected word in its place.

    >>> apply_corrections("rotes Shrit", [Correction("Shrit", "shirt", 1, 6)])
    'rotes shirt'
    """
    for correction in sorted(corrections, key=lambda correction: -correction.start):
        end = correction.start + len(correction.original)
        text = text[: correction.start] + correction.corrected + text[end:]
    return text
