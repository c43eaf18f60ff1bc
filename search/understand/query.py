"""Raw text to a Query: cleaned, its language found, misspelt words corrected, what it states read."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial

from search.settings import Spelling
from search.spelling.corrector import SymSpellCorrector
from search.spelling.last_resort import Thorough
from search.spelling.speller import Spelled, Speller
from search.text import Word, clean, words
from search.types import Instead, Query, Sought, Stated, UsedSynonym, Vocabulary, apply_corrections
from search.understand.bare import bare_words
from search.understand.browsing import only_states
from search.understand.intents import Reader, Reading
from search.understand.kinds import KindLexicon, with_plurals
from search.understand.language import Languages
from search.understand.lexicon import KINDS, Lexicon
from search.understand.meant import meant_words
from search.understand.plurals import singular
from search.understand.prices import read_prices
from search.words.analysis import Analyzer
from search.words.synonyms import used_synonyms


@dataclass(frozen=True, eq=False)
class Understanding:
    """Reads queries against one snapshot's words: a vocabulary for each language that the catalogue has texts in.

    `is_code` says of a text whether a product has it as its id, model number or EAN; `translate` of a word that no
    product holds in a language what those are called there which hold it in another one.
    """

    vocabularies: Mapping[str, Vocabulary]
    lexicon: Lexicon
    corrector: SymSpellCorrector | None
    settings: Spelling
    is_code: Callable[[str], bool] = lambda text: False
    analyzers: Mapping[str, Analyzer] = field(default_factory=dict)
    reader: Reader | None = None
    languages: Languages | None = None
    kinds: Mapping[str, KindLexicon] = field(default_factory=dict)
    translate: Callable[[str, str], str | None] = lambda word, language: None

    def understand(
        self,
        text: str,
        language: str | None = None,
        correct: bool = True,
        off: Collection[str] = (),
        branch: str | None = None,
        anyhow: float | None = None,
    ) -> Query:
        """What the shopper asked.

        Args:
            text: as typed, any length that the door let in.
            language: of the query; None to find it from the catalogue's words.
            correct: read words without hits as what was likely meant.
            off: attributes that the shopper switched off; their words are words.
            branch: of the shop, from which the search is asked.
            anyhow: also read words as others from this probability on, by all means: for a query that finds too little.

        The name of a product is a name, whatever its words say ("ab 12 Monaten"). A misspelt query is in the language
        of what was meant: "puumps" is written like English, and means Pumps.
        """
        original = clean(text)
        given, language = language, language or self.detect(original)
        reader = self.reader or Reader(self.lexicon)
        spelled = self._spelled_now(original, language, reader, anyhow) if correct else Spelled()
        corrected = apply_corrections(original, spelled.corrections)
        if not given and spelled.corrections and (meant := self.detect(corrected)) != language:
            return self.understand(text, meant, correct, off, branch, anyhow)
        is_name = self.is_code(corrected)
        corrected, replaced = (corrected, ()) if is_name else self.replaced(corrected, language)
        corrected = corrected if is_name else singular(corrected, language, self.lexicon)
        reading = reader.read(corrected, language, off, branch)
        understood = _understood(reading.stated, language)
        readings = () if is_name else self.readings(corrected, language, understood)
        stated = (*reading.stated, *_kinds_of(corrected, readings, language, reader, reading, off))
        searched = corrected if is_name else self._searched(reading, language)
        sought = self._sought(searched, language, understood)
        return Query(
            original=original,
            text=corrected,
            language=language,
            terms=tuple(item.term for item in sought),
            corrections=spelled.corrections,
            proposals=spelled.proposals,
            stated=tuple(item for item in stated if not is_name or item.effect != "limit"),
            sought=sought,
            searched=searched,
            readings=readings,
            synonyms=(*replaced, *used_synonyms(instead for item in sought for instead in item.insteads())),
            bare=() if is_name else self._sought(bare_words(corrected, stated), language, understood),
        )

    def _sought(self, text: str, language: str, understood: Collection[str]) -> tuple[Sought, ...]:
        """What stands for the words of a text; the borrowed plural of a kind ("Laptops") for its singular too."""
        found, kinds = self.analyzer(language).sought(text), self.kinds.get(language)
        if kinds is not None:
            found = [with_plurals(item, language, kinds.endings) for item in found]
        instead = self.translations(text, language, understood)
        return tuple(
            self._translated(item, *instead[item.term], language) if item.term in instead else item for item in found
        )

    def translations(self, text: str, language: str, understood: Collection[str] = ()) -> dict[str, tuple[Word, str]]:
        """Term -> a word that only texts in another language hold, as it stands in the text, and what it is called.

        Args:
            understood: words that need none ("kids").
        """
        vocabulary, analyzer = self.vocabulary(language), self.analyzer(language)
        found = {}
        for word in words(clean(text), language) if len(self.vocabularies) > 1 else ():
            if not word.text.isalpha() or word.text in understood:
                continue
            is_held = any(holds(vocabulary, item) for item in analyzer.sought(word.text))
            if not is_held and (called := self.translate(word.text, language)):
                found[word.term] = word, called
        return found

    def _translated(self, item: Sought, word: Word, called: str, language: str) -> Sought:
        read = Instead(tuple(self.analyzer(language).sought(called)), (), word.text, called, "translation")
        return replace(item, synonyms=(*item.synonyms, read))

    def _searched(self, reading: Reading, language: str) -> str:
        """The words to search for; none where the query only states what is wanted."""
        vocabulary, analyzer = self.vocabulary(language), self.analyzer(language)

        def is_held(word: str) -> bool:
            held = any(holds(vocabulary, item) for item in analyzer.sought(word))
            return held or bool(self.translations(word, language))

        return "" if only_states(reading.searched, language, reading.stated, is_held) else reading.searched

    def _told(self, text: str, language: str, reader: Reader) -> list[Stated]:
        """What a text states before it is corrected: its words stay ("cheap laptop" means no cap)."""
        prices = read_prices(text, language=language, pence=reader.counts_pence)
        return [*self.lexicon.stated(text, language), *reader.availability.read(text), *prices]

    def _spelled_now(self, text: str, language: str, reader: Reader, anyhow: float | None) -> Spelled:
        spelled = self.spelled(text, language, self._told(text, language, reader), anyhow is not None)
        if anyhow is None:
            return spelled
        likely = tuple(item for item in spelled.proposals if item.probability >= anyhow)
        rest = tuple(item for item in spelled.proposals if item not in likely)
        return Spelled((*spelled.corrections, *likely), rest)

    def detect(self, text: str) -> str:
        """The language that the catalogue's words speak for; the leading one where they do not tell."""
        return self.languages.detect(text) if self.languages else next(iter(self.vocabularies))

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

    def readings(self, text: str, language: str, understood: Collection[str] = ()) -> tuple[str, ...]:
        """A text with one of its synonyms in place, or with the words of another language translated."""
        thesaurus, translated = self.analyzer(language).thesaurus, text
        for word, called in reversed(self.translations(text, language, understood).values()):
            translated = translated[: word.start] + called + translated[word.end :]
        listed = thesaurus.readings(text) if thesaurus else ()
        return listed if translated == text else (*listed, translated)

    @cached_property
    def _speller(self) -> Speller | None:
        if self.corrector is None or not self.settings.enabled:
            return None
        return Speller(self.corrector, self.settings, partial(_split, self.analyzers), dict(self._meant()))

    def _meant(self) -> Iterator[tuple[str, SymSpellCorrector]]:
        """Language -> the words that are understood whether or not a product holds them."""
        columns = self.reader.columns if self.reader else None
        for language, vocabulary in self.vocabularies.items():
            counts = meant_words(language, columns, self.analyzer(language).thesaurus, vocabulary)
            yield language, SymSpellCorrector(counts, self.settings.max_edits, self.settings.beta)

    def spelled(self, text: str, language: str, stated: Sequence[Stated], anyhow: bool = False) -> Spelled:
        """The words that are read as others, and those to ask about.

        A word that states something is understood ("Geschenk für meine Frau") and stays, also without hits; so does
        one that the shop lists a synonym for, and all of a number that a product has. The name of a kind has hits if
        it is one.
        """
        if self._speller is None or self.is_code(text):
            return Spelled()
        understood = _understood(stated, language)
        if thesaurus := self.analyzer(language).thesaurus:
            understood |= thesaurus.words_in(text)
        last_resort = Thorough() if anyhow else None
        return self._speller.spell(text, language, self.vocabulary(language), understood, last_resort)


def _split(analyzers: Mapping[str, Analyzer], word: str, language: str) -> Sequence[str]:
    """The parts of a compound, as a language's texts are read."""
    analyzer = analyzers.get(language)
    return analyzer.splitter.split(word) if analyzer and analyzer.splitter else ()


def _understood(stated: Sequence[Stated], language: str) -> frozenset[str]:
    """The folded words that state something other than a kind."""
    return frozenset(word.text for item in stated if item.attribute not in KINDS for word in words(item.text, language))


def holds(vocabulary: Vocabulary, item: Sought) -> bool:
    """Whether any product holds a word, a part of it, or what stands for it."""
    phrases = (instead.phrase for instead in item.insteads() if instead.phrase)
    return any(vocabulary.document_frequency(term) for term in item.all_terms()) or any(
        all(vocabulary.document_frequency(term) for term in phrase) for phrase in phrases
    )


def _kinds_of(
    text: str, readings: Sequence[str], language: str, reader: Reader, reading: Reading, off: Collection[str]
) -> Iterator[Stated]:
    """The kind that a synonym names ("sweater" wants jumpers), where the query itself names none."""
    if any(item.attribute in KINDS for item in reading.stated):
        return
    kinds = [
        (item, side)
        for side in readings
        for item in reader.read(side, language).stated
        if item.attribute == KINDS[0] and item.effect == "prefer"
    ]
    if kinds:
        first, side = kinds[0]
        typed = next(
            (word for word, other in zip(words(text, ""), words(side, ""), strict=False) if word != other), None
        )
        if typed is not None:
            wanted = tuple(pair for item, _ in kinds for pair in item.wanted)
            effect = "off" if first.attribute in off else first.effect
            yield Stated(first.attribute, first.value, text[typed.start : typed.end], effect, wanted, typed.start)
