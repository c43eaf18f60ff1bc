"""The names of a query: what the catalogue calls so, also inside compounds, and which of them is the kind of thing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from search.text import Word, stem
from search.types import Clause, Stated
from search.understand.fields import ColumnsLike, Kind, values_of
from search.understand.lexicon import KINDS, NAMED, WHOM, Lexicon, Meaning, Phrase

#: After these words stands what the product is for or with, not what it is.
_FOR = re.compile(r"\b(?:für|passend\s+zu|kompatibel\s+mit|mit|zu[mr]?|for|compatible\s+with|with|to)\b", re.IGNORECASE)
#: How well a kind fits whose name only ends as was asked.
AKIN = 0.7
#: A mask and a few counts each.
KNOWN_KINDS = 100
#: Shorter stems end too many names.
SHORTEST_HEAD = 4


@dataclass(frozen=True, eq=False)
class Names:
    """Finds names in queries over one catalogue; without columns there are no kinds."""

    lexicon: Lexicon
    columns: ColumnsLike | None = None
    _known: dict[tuple[Clause, ...], Kind] = field(default_factory=dict)
    _heads: dict[str, Mapping[str, list[str]]] = field(default_factory=dict)

    def phrases(self, text: str, tokens: Sequence[Word], language: str) -> Iterator[Phrase]:
        """Known phrases; of an unknown compound its front ("leinenhemd") and its head."""
        at = 0
        while at < len(tokens):
            phrase = self._at(text, tokens, at, language)
            if phrase is None or (
                phrase.words == 1 and all(name not in (*NAMED, *KINDS) for name, _ in phrase.meanings)
            ):
                yield from self._compound(tokens[at], language)
            if phrase is not None:
                yield phrase
                if phrase.words > 1 and not names_kind(phrase):
                    yield from self._kind_inside(text, tokens[at : at + phrase.words], language)
            at += phrase.words if phrase else 1

    def _at(self, text: str, tokens: Sequence[Word], at: int, language: str) -> Phrase | None:
        """The longest known phrase; a kind's name of another language only where none of the query's own ends so.

        "Shirt" is what English readers call a Hemd; for German ones T-Shirts and Laufshirts are.
        """
        phrase = self.lexicon.at(text, tokens, at, language)
        if phrase is None or phrase.words > 1 or not names_kind(phrase):
            return phrase
        if self.lexicon.is_borrowed(tokens[at], language):
            own = self._kinds_named(tokens[at].text, language, whole=False)
            return Phrase(phrase.text, phrase.start, own) if own else phrase
        return phrase

    def _kind_inside(self, text: str, tokens: Sequence[Word], language: str) -> Iterator[Phrase]:
        """The kind that ends a longer name: "cordless vacuum cleaner" is a vacuum cleaner."""
        for at in range(1, len(tokens)):
            phrase = self.lexicon.at(text, tokens, at, language)
            if phrase and names_kind(phrase) and at + phrase.words == len(tokens):
                yield phrase
                return

    def _compound(self, word: Word, language: str) -> Iterator[Phrase]:
        """Front and head of a compound; the head must be a kind, unless the front says whom it is for.

        It may only end a kind's name behind what every kind can be: a "sommerdecke" is a Bettdecke for the summer.
        """
        fronts = list(self.lexicon.fronts(word, language))
        splits = [(front, head, self._kinds_named(head, language)) for front, head in fronts]
        sure = [split for split in splits if split[2]] or [
            (front, head, kinds)
            for front, head in fronts
            if front.meanings[0][0] in NAMED and (kinds := self._kinds_named(head, language, whole=False))
        ]
        likely = [split for split in splits if split[0].meanings[0][0] in WHOM]
        if sure or likely:
            front, head, kinds = sure[0] if sure else likely[-1]
            yield front
            if kinds := kinds or self._kinds_named(head, language, whole=False):
                yield Phrase(word.text[-len(head) :], word.end - len(head), kinds)
            return
        if kinds := self._kinds_named(word.text, language, whole=False):
            yield Phrase(word.text, word.start, kinds)

    def _kinds_named(self, word: str, language: str, whole: bool = True) -> tuple[Meaning, ...]:
        """Kinds that are called so; `whole=False`: those whose name ends so ("jacke": Regenjacke, Winterjacke)."""
        if whole:
            return tuple(meaning for meaning in self.lexicon.meanings(word, language) if meaning[0] in KINDS)
        return tuple(("product_type", value) for value in self._ending(stem(word, language), language))

    def _ending(self, term: str, language: str) -> list[str]:
        if len(term) < SHORTEST_HEAD:
            return []
        if language not in self._heads:
            self._heads[language] = _by_ending(self.lexicon, tuple(values_of(self.columns, "product_type")), language)
        return self._heads[language].get(term, [])

    def kind(self, text: str, phrases: Iterable[Phrase], language: str) -> tuple[Kind | None, list[Stated]]:
        """The kind that the query wants: the last one that it names before what it is for.

        Where it names none it is everything, and nothing is stated.
        """
        if self.columns is None:
            return None, []
        purpose = _FOR.search(text)
        border = purpose.start() if purpose and purpose.start() > 0 else len(text)
        named = [phrase for phrase in phrases if names_kind(phrase)]
        named = [phrase for phrase in named if phrase.start < border] or named
        typed = [phrase for phrase in named if any(name == "product_type" for name, _ in phrase.meanings)]
        if not named:
            return self.kind_of(()), []
        phrase = (typed or named)[-1]
        wanted = self._wanted(phrase, language)
        name, value = next(meaning for meaning in phrase.meanings if meaning[0] in KINDS)
        told = value.split(" > ")[-1] if self._is_called(phrase, language) else _as_noun(phrase.text, language)
        stated = Stated(name, told, phrase.text, "prefer", wanted, phrase.start)
        return self.kind_of(tuple(clause for _, clause in wanted)), [stated]

    def _is_called(self, phrase: Phrase, language: str) -> bool:
        """Whether a kind is called so, and not only some whose names end so ("Tasche" of Laptoptasche)."""
        return phrase.words > 1 or any(name in KINDS for name, _ in self.lexicon.meanings(phrase.text, language))

    def _wanted(self, phrase: Phrase, language: str) -> tuple[tuple[float, Clause], ...]:
        """The kinds of that name, and behind them those whose name ends so."""
        exact = _clauses([meaning for meaning in phrase.meanings if meaning[0] in KINDS])
        types = {value for name, value in phrase.meanings if name == "product_type"}
        term = stem(phrase.text.casefold().split()[-1], language)
        akin = tuple(value for value in self._ending(term, language) if value not in types)
        nearly = [(AKIN, Clause("product_type", values=akin))] if akin else []
        return (*((1.0, clause) for clause in exact), *nearly)

    def kind_of(self, clauses: tuple[Clause, ...]) -> Kind:
        """The kind of these clauses; what was counted of the last hundred kinds is kept."""
        assert self.columns is not None, "kinds are read from columns"
        if clauses not in self._known:
            if len(self._known) >= KNOWN_KINDS:
                self._known.clear()
            self._known[clauses] = Kind(self.columns, clauses)
        return self._known.get(clauses) or Kind(self.columns, clauses)


def names_kind(phrase: Phrase) -> bool:
    """Whether it is a kind's name; "Herren" and "Adidas" may be categories too, but say something else first."""
    return phrase.meanings[0][0] not in (*WHOM, "brand", "color") and any(name in KINDS for name, _ in phrase.meanings)


def _as_noun(text: str, language: str) -> str:
    """A word as it is told: German writes nouns with a capital."""
    return text[:1].upper() + text[1:] if language == "de" else text


def _clauses(meanings: Iterable[Meaning]) -> Iterator[Clause]:
    """One clause a field."""
    by_field: dict[str, list[str]] = {}
    for name, value in meanings:
        by_field.setdefault(name, []).append(value)
    for name, values in by_field.items():
        yield Clause(name, values=tuple(values))


@lru_cache(maxsize=8)
def _by_ending(lexicon: Lexicon, kinds: tuple[str, ...], language: str) -> Mapping[str, list[str]]:
    """What kinds may be asked for by -> those kinds, as they are called in a language: "Wanderschuhe" are hiking boots,
    which end as boots do. Kept: whoever reads queries over changed products has the same kinds."""
    found: dict[str, list[str]] = {}
    for value in kinds:
        for ending in _endings(lexicon.name(("product_type", value), language), language):
            found.setdefault(ending, []).append(value)
    return found


def _endings(name: str, language: str) -> set[str]:
    """All that a kind of this name may be asked for by: in German any end of its head, "headphones" are no phones.

    >>> sorted(_endings("Regenjacken", "de"), key=len)[:2], _endings("rain jackets", "en")
    (['jack', 'njack'], {'jacket'})
    """
    heads = set(_heads(name, language))
    if language != "de":
        return heads
    return {head[at:] for head in heads for at in range(max(len(head) - SHORTEST_HEAD, 0) + 1)}


def _heads(value: str, language: str) -> tuple[str, str]:
    """The stem of a kind's last word, also without ß: "Laptop-Tasche" ends as a bag, "Jackenbügel" not as a jacket."""
    last = re.split(r"[\s-]", value.casefold())[-1]
    return stem(last, language), stem(last.replace("ß", "ss"), language)
