"""Raw text to a Query: cleaned, its language found, misspelt words corrected, what it states read."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from search.analysis import Analyzer
from search.settings import Spelling
from search.spelling.corrector import SymSpellCorrector
from search.spelling.last_resort import Thorough
from search.spelling.speller import Spelled, Speller
from search.text import analyze, clean, words
from search.types import Query, Stated, Vocabulary, apply_corrections
from search.understand.intents import KINDS, Reader
from search.understand.lexicon import Lexicon


@dataclass(frozen=True, eq=False)
class Understanding:
    """Reads queries against one snapshot's words: a vocabulary for each language that the catalogue has texts in.

    `is_code` says of a text whether a product has it as its id, model number or EAN.
    """

    vocabularies: Mapping[str, Vocabulary]
    lexicon: Lexicon
    corrector: SymSpellCorrector | None
    settings: Spelling
    is_code: Callable[[str], bool] = lambda text: False
    analyzers: Mapping[str, Analyzer] = field(default_factory=dict)
    reader: Reader | None = None

    def understand(
        self,
        text: str,
        language: str | None = None,
        correct: bool = True,
        off: Collection[str] = (),
        anyhow: float | None = None,
    ) -> Query:
        """What the shopper asked.

        Args:
            text: as typed, any length that the door let in.
            language: of the query; None to find it from the catalogue's words.
            correct: read words without hits as what was likely meant.
            off: attributes that the shopper switched off; their words are words.
            anyhow: also read words as others from this probability on, by all means: for a query that finds too little.

        The name of a product is a name, whatever its words say ("ab 12 Monaten").
        """
        original = clean(text)
        language = language or self.detect(original, correct, anyhow is not None)
        spelled = self._spelled_now(original, language, anyhow) if correct else Spelled()
        corrected = apply_corrections(original, spelled.corrections)
        is_name = self.is_code(corrected)
        reading = (self.reader or Reader(self.lexicon)).read(corrected, language, off)
        searched = corrected if is_name else reading.searched
        sought = self.analyzer(language).sought(searched)
        return Query(
            original=original,
            text=corrected,
            language=language,
            terms=tuple(item.term for item in sought),
            corrections=spelled.corrections,
            proposals=spelled.proposals,
            stated=tuple(item for item in reading.stated if not is_name or item.effect != "limit"),
            sought=tuple(sought),
            searched=searched,
        )

    def _spelled_now(self, text: str, language: str, anyhow: float | None) -> Spelled:
        spelled = self.spelled(text, language, self.lexicon.stated(text, language), anyhow is not None)
        if anyhow is None:
            return spelled
        likely = tuple(item for item in spelled.proposals if item.probability >= anyhow)
        rest = tuple(item for item in spelled.proposals if item not in likely)
        return Spelled((*spelled.corrections, *likely), rest)

    def detect(self, text: str, correct: bool = True, anyhow: bool = False) -> str:
        """The language whose stems the catalogue knows best.

        On a tie the leading one if it knows all words, else the one in which misspelt words are read best.
        """
        if not text or len(self.vocabularies) == 1:
            return next(iter(self.vocabularies))
        terms = {language: analyze(text, language) for language in self.vocabularies}
        known = {
            language: sum(vocabulary.document_frequency(term) > 0 for term in terms[language])
            for language, vocabulary in self.vocabularies.items()
        }
        most = max(known.values())
        best = [language for language in known if known[language] == most]
        if len(best) == 1 or not correct or most == len(terms[best[0]]):
            return best[0]
        return max(best, key=lambda language: self._read(text, language, anyhow))

    def _read(self, text: str, language: str, anyhow: bool) -> float:
        """How sure the readings of a text in a language are together."""
        spelled = self.spelled(text, language, self.lexicon.stated(text, language), anyhow)
        return sum(item.probability for item in (*spelled.corrections, *spelled.proposals))

    def vocabulary(self, language: str) -> Vocabulary:
        """The words of a language; the leading one's where the catalogue has no texts in it."""
        return self.vocabularies.get(language) or next(iter(self.vocabularies.values()))

    def analyzer(self, language: str) -> Analyzer:
        """What reads the words of a language."""
        return self.analyzers.get(language) or Analyzer(language)

    @cached_property
    def _speller(self) -> Speller | None:
        if self.corrector is None or not self.settings.enabled:
            return None
        return Speller(self.corrector, self.settings, self._split)

    def _split(self, word: str, language: str) -> Sequence[str]:
        splitter = self.analyzer(language).splitter
        return splitter.split(word) if splitter else ()

    def spelled(self, text: str, language: str, stated: Sequence[Stated], anyhow: bool = False) -> Spelled:
        """The words that are read as others, and those to ask about.

        A word that states something is understood ("Geschenk für meine Frau") and stays, also without hits; so does
        all of a number that a product has. The name of a kind has hits if it is one.
        """
        if self._speller is None or self.is_code(text):
            return Spelled()
        understood = frozenset(
            word.text for item in stated if item.attribute not in KINDS for word in words(item.text, language)
        )
        last_resort = Thorough() if anyhow else None
        return self._speller.spell(text, language, self.vocabulary(language), understood, last_resort)
