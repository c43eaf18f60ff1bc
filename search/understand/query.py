"""Raw text to a Query: cleaned, its language found, misspelt words corrected, what it states read."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from search.analysis import Analyzer
from search.settings import Spelling
from search.spelling.corrector import SymSpellCorrector
from search.spelling.speller import Spelled, Speller
from search.synonyms import used_synonyms
from search.text import analyze, clean, words
from search.types import Query, Stated, UsedSynonym, Vocabulary, apply_corrections
from search.understand.intents import Reader
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
        self, text: str, language: str | None = None, correct: bool = True, off: Collection[str] = ()
    ) -> Query:
        """What the shopper asked.

        Args:
            text: as typed, any length that the door let in.
            language: of the query; None to find it from the catalogue's words.
            correct: read words without hits as what was likely meant.
            off: attributes that the shopper switched off; their words are words.

        The name of a product is a name, whatever its words say ("ab 12 Monaten").
        """
        original = clean(text)
        language = language or self.detect(original, correct)
        spelled = self.spelled(original, language, self.lexicon.stated(original, language)) if correct else Spelled()
        corrected = apply_corrections(original, spelled.corrections)
        is_name = self.is_code(corrected)
        corrected, replaced = (corrected, ()) if is_name else self.replaced(corrected, language)
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
            readings=() if is_name else self.readings(corrected, language),
            synonyms=(*replaced, *used_synonyms(instead for item in sought for instead in item.insteads())),
        )

    def detect(self, text: str, correct: bool = True) -> str:
        """The language whose stems the catalogue knows best; the leading one on a tie.

        Where no word is known in any, the one in which misspelt words are read best.
        """

        def known(language: str) -> int:
            vocabulary, thesaurus = self.vocabularies[language], self.analyzer(language).thesaurus
            terms = analyze(text, language)
            listed = {term for term in terms if thesaurus and thesaurus.knows(term)}
            return sum(term in listed or vocabulary.document_frequency(term) > 0 for term in terms)

        if not text or len(self.vocabularies) == 1:
            return next(iter(self.vocabularies))
        best = max(self.vocabularies, key=known)
        return best if known(best) or not correct else max(self.vocabularies, key=lambda code: self._read(text, code))

    def _read(self, text: str, language: str) -> float:
        """How sure the readings of a text in a language are together."""
        spelled = self.spelled(text, language, self.lexicon.stated(text, language))
        return sum(item.probability for item in (*spelled.corrections, *spelled.proposals))

    def vocabulary(self, language: str) -> Vocabulary:
        """The words of a language; the leading one's where the catalogue has no texts in it."""
        return self.vocabularies.get(language) or next(iter(self.vocabularies.values()))

    def analyzer(self, language: str) -> Analyzer:
        """What reads the words of a language."""
        return self.analyzers.get(language) or Analyzer(language)

    def replaced(self, text: str, language: str) -> tuple[str, tuple[UsedSynonym, ...]]:
        """A text as the shop's replacements have it searched, and which they were."""
        thesaurus = self.analyzer(language).thesaurus
        return thesaurus.replaced(text) if thesaurus else (text, ())

    def readings(self, text: str, language: str) -> tuple[str, ...]:
        """A text with one of its synonyms in place."""
        thesaurus = self.analyzer(language).thesaurus
        return thesaurus.readings(text) if thesaurus else ()

    @cached_property
    def _speller(self) -> Speller | None:
        if self.corrector is None or not self.settings.enabled:
            return None
        return Speller(self.corrector, self.settings, self._split)

    def _split(self, word: str, language: str) -> Sequence[str]:
        splitter = self.analyzer(language).splitter
        return splitter.split(word) if splitter else ()

    def spelled(self, text: str, language: str, stated: Sequence[Stated]) -> Spelled:
        """The words that are read as others, and those to ask about.

        A word that states something is understood ("Geschenk für meine Frau") and stays, also without hits; so does
        one that the shop lists a synonym for, and all of a number that a product has.
        """
        if self._speller is None or self.is_code(text):
            return Spelled()
        understood = frozenset(word.text for item in stated for word in words(item.text, language))
        if thesaurus := self.analyzer(language).thesaurus:
            understood |= thesaurus.words_in(text)
        return self._speller.spell(text, language, self.vocabulary(language), understood)
