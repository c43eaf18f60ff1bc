"""A query's words to what they state, in one pass: prices, negations, names of fields, the kind, sizes, adjectives.

What one reader takes is gone for the next, so that "unter 50 €" is no size and "nicht rot" no wish for red. Prices,
sizes and negations are not searched as words any more; everything else is, and is preferred besides.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from search.text import Word, stem, words
from search.types import Clause, Stated
from search.understand.adjectives import Adjectives, Mentions
from search.understand.fields import ColumnsLike, Kind
from search.understand.kin import kin, named_after
from search.understand.lexicon import Lexicon, Meaning, Phrase, read_gifts
from search.understand.prices import read_prices
from search.understand.sizes import read_measures, read_sizes

_NOT = re.compile(
    r"""\b(?:ohne|nicht|kein(?:e[nmrs]?)?|außer|bloß\ nicht|without|not|no|non|except|excluding|anything\ but)\s+
        (?:(?:in|aus|von|vom|für|mit|der|die|das|den|dem|eine?[nmrs]?|the|an?|any|by|from|made\ of|for|of)\s+)*""",
    re.IGNORECASE | re.VERBOSE,
)
_AND_NOT = re.compile(r"\s*(?:,|und|oder|noch|and|or|nor)\s+(?:in|aus|von|from|the)?\s*", re.IGNORECASE)
#: After these words stands what the product is for or with, not what it is.
_FOR = re.compile(r"\b(?:für|passend\s+zu|kompatibel\s+mit|mit|zu[mr]?|for|compatible\s+with|with|to)\b", re.IGNORECASE)
#: "wie Adidas Samba": something like it, of any brand.
_LIKE = re.compile(r"\b(?:(?:ähnlich\s+)?wie|(?:similar|alternative)\s+to|like|statt|instead\s+of)\b", re.IGNORECASE)
#: Fields that are understood whatever the kind; others only as values that the kind has.
NAMED = ("brand", "color", "gender", "age_group", "material", "season")
KINDS = ("product_type", "category")
WHOM = ("gender", "age_group")
ADULTS, CHILDREN = ("damen", "herren"), ("mädchen", "jungen")
#: How well something fits that is nearly what was asked: the same family of colours, a blend, for both genders.
AKIN, BOTH = 0.7, 0.8
#: A mask and a few counts each.
KNOWN_KINDS = 100
#: Shorter words are no names of lines.
SHORTEST_LINE = 3


@dataclass(frozen=True, slots=True)
class Reading:
    """What a text states, in its order, and what of it is still searched for as words."""

    stated: tuple[Stated, ...]
    searched: str


@dataclass(frozen=True, eq=False)
class Reader:
    """Reads what queries state about one catalogue. Without columns: names only, no kinds, sizes and adjectives."""

    lexicon: Lexicon
    columns: ColumnsLike | None = None
    adjectives: Adjectives | None = None
    mentions: Mentions | None = None
    _known: dict[tuple[Clause, ...], Kind] = field(default_factory=dict)

    def read(self, text: str, language: str, off: Collection[str] = ()) -> Reading:
        """What a text states.

        Args:
            off: attributes that the shopper switched off: told as such, without effect, and searched as words.
        """
        found: list[Stated] = []
        free = list(words(text, language))
        for stated in [*self._prices(text), *self._negations(text, language)]:
            if any(_overlaps(stated, other) for other in found if other.text != stated.text):
                continue
            found.append(stated)
        free = _left(free, found)
        phrases = [phrase for group in _runs(free) for phrase in self._phrases(text, group, language)]
        kind, of_kind = self._kind(text, phrases, language)
        found += of_kind
        found += self._sizes(text, free, kind, bool(of_kind))
        found += [wish for phrase in phrases if (wish := self._named(phrase, kind, bool(of_kind)))]
        found += [told for stated in found if (told := self._age_of(stated))]
        found += self._adjectives(text, language, _left(free, found), kind, bool(of_kind))
        found += self._lines(language, _left(free, found), found)
        found = _in_comparison(text, [*read_gifts(text), *found])
        switched = [replace(item, effect="off", searched=True) if item.attribute in off else item for item in found]
        return Reading(tuple(sorted(switched, key=lambda item: item.start)), _without(text, switched))

    @cached_property
    def everything(self) -> Kind | None:
        """The kind that all products are of."""
        return None if self.columns is None else Kind(self.columns)

    # --- one reader each ---

    def _prices(self, text: str) -> Iterator[Stated]:
        if self.columns is None:
            yield from read_prices(text)
        else:
            yield from read_prices(text, "_list_price" in self.columns.columns, "_sale_price" in self.columns.columns)

    def _negations(self, text: str, language: str) -> Iterator[Stated]:
        """What the query does not want, as far as a field of the catalogue knows it."""
        tokens = list(words(text, language))
        for match in _NOT.finditer(text):
            start, at = match.start(), match.end()
            while (phrase := self._phrase_at(text, tokens, at, language)) is not None:
                wanted = self._unwanted(phrase)
                end = phrase.start + len(phrase.text)
                if not wanted:
                    break
                attribute, value = phrase.meanings[0][0].removeprefix("with:"), phrase.meanings[0][1]
                yield Stated(attribute, value, text[start:end], "exclude", wanted, start, searched=False)
                more = _AND_NOT.match(text, end)
                if more is None:
                    break
                start, at = end, more.end()

    def _phrase_at(self, text: str, tokens: Sequence[Word], place: int, language: str) -> Phrase | None:
        at = next((number for number, token in enumerate(tokens) if token.start == place), None)
        return None if at is None else self.lexicon.at(text, tokens, at, language)

    def _unwanted(self, phrase: Phrase) -> tuple[tuple[float, Clause], ...]:
        """The clauses of everything that goes by this name; nothing where the catalogue has no such field."""
        clauses: list[tuple[float, Clause]] = []
        for attribute, value in phrase.meanings:
            name = attribute.removeprefix("with:")
            values = [value, *named_after(value, self._values(name))] if name in ("color", "material") else [value]
            if self.columns is not None and name in self.columns.columns:
                clauses.append((1.0, Clause(name, values=tuple(values))))
        return tuple(clauses[:1] if phrase.meanings[0][0] in NAMED else clauses)

    def _phrases(self, text: str, tokens: Sequence[Word], language: str) -> Iterator[Phrase]:
        """Known phrases; of an unknown compound its front ("leinenhemd") and its head."""
        at = 0
        while at < len(tokens):
            phrase = self.lexicon.at(text, tokens, at, language)
            if phrase is None or (
                phrase.words == 1 and all(name not in (*NAMED, *KINDS) for name, _ in phrase.meanings)
            ):
                yield from self._compound(tokens[at], language)
            if phrase is not None:
                yield phrase
                if phrase.words > 1 and not _names_kind(phrase):
                    yield from self._kind_inside(text, tokens[at : at + phrase.words], language)
            at += phrase.words if phrase else 1

    def _kind_inside(self, text: str, tokens: Sequence[Word], language: str) -> Iterator[Phrase]:
        """The kind that ends a longer name: "cordless vacuum cleaner" is a vacuum cleaner."""
        for at in range(1, len(tokens)):
            phrase = self.lexicon.at(text, tokens, at, language)
            if phrase and _names_kind(phrase) and at + phrase.words == len(tokens):
                yield phrase
                return

    def _compound(self, word: Word, language: str) -> Iterator[Phrase]:
        """Front and head of a compound; the head must be a kind, unless the front says whom it is for."""
        splits = [
            (front, head, self._kinds_named(head, language)) for front, head in self.lexicon.fronts(word, language)
        ]
        sure = [split for split in splits if split[2]]
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
        term = stem(word, language)
        if len(term) < 4:
            return ()
        return tuple(
            ("product_type", value) for value in self._values("product_type") if _ends_with(value, term, language)
        )

    def _kind(self, text: str, phrases: Iterable[Phrase], language: str) -> tuple[Kind | None, list[Stated]]:
        """The kind that the query wants: the last one that it names before what it is for."""
        if self.columns is None:
            return None, []
        purpose = _FOR.search(text)
        border = purpose.start() if purpose and purpose.start() > 0 else len(text)
        named = [phrase for phrase in phrases if _names_kind(phrase)]
        named = [phrase for phrase in named if phrase.start < border] or named
        typed = [phrase for phrase in named if any(name == "product_type" for name, _ in phrase.meanings)]
        if not named:
            return self.everything, []
        phrase = (typed or named)[-1]
        exact = tuple(_clauses([meaning for meaning in phrase.meanings if meaning[0] in KINDS]))
        types = {value for name, value in phrase.meanings if name == "product_type"}
        term = stem(phrase.text.casefold().split()[-1], language)
        akin = [
            value for value in self._values("product_type") if value not in types and _ends_with(value, term, language)
        ]
        wanted = [(1.0, clause) for clause in exact]
        if akin and len(term) >= 4:
            wanted.append((AKIN, Clause("product_type", values=tuple(akin))))
        name, value = next(meaning for meaning in phrase.meanings if meaning[0] in KINDS)
        kind = self._kind_of(tuple(clause for _, clause in wanted))
        return kind, [Stated(name, value.split(" > ")[-1], phrase.text, "prefer", tuple(wanted), phrase.start)]

    def _kind_of(self, clauses: tuple[Clause, ...]) -> Kind:
        """The kind of these clauses; what was counted of the last hundred kinds is kept."""
        if clauses not in self._known:
            if len(self._known) >= KNOWN_KINDS:
                self._known.clear()
            assert self.columns is not None, "kinds are read from columns"
            self._known[clauses] = Kind(self.columns, clauses)
        return self._known.get(clauses) or Kind(self.columns, clauses)  # type: ignore[arg-type]

    def _sizes(self, text: str, free: Sequence[Word], kind: Kind | None, named: bool) -> Iterator[Stated]:
        """Sizes, then the measures that are none; only in what is left of the text."""
        if kind is None:
            return
        left = "".join(_kept(text, free))
        sizes = list(read_sizes(left, kind, named))
        yield from sizes
        if sizes and sizes[0].start >= 0:
            item = sizes[0]
            left = left[: item.start] + " " * len(item.text) + left[item.start + len(item.text) :]
        if named:
            yield from read_measures(left, kind, [word.text for word in free])

    def _named(self, phrase: Phrase, kind: Kind | None, named: bool) -> Stated | None:
        """What a phrase states of this kind, by the field that most of its products have."""
        first = phrase.meanings[0]
        if first[0] in KINDS:
            return None
        if first[0] in NAMED and not (named and len(phrase.meanings) > 1):
            return self._wish(phrase, first)
        if kind is None:
            return None
        model = phrase.words > 1 and any(character.isdigit() for character in phrase.text)
        usual = [meaning for meaning in phrase.meanings if not meaning[0].startswith(("with:", *KINDS))]
        shares = [(kind.values(name).get(value, 0), (name, value)) for name, value in usual] if named or model else []
        having = [(count, meaning) for count, meaning in shares if count]
        if not having:
            return self._wish(phrase, first) if first[0] in NAMED else None
        return self._wish(phrase, max(having, key=lambda pair: (kind.share(pair[1][0]), pair[0]))[1])

    def _wish(self, phrase: Phrase, meaning: Meaning) -> Stated:
        name, value = meaning
        wanted = tuple(self._degrees(name, value)) if self.columns is not None and name in self.columns.columns else ()
        return Stated(name, value, phrase.text, "prefer", wanted, phrase.start)

    def _degrees(self, name: str, value: str) -> Iterator[tuple[float, Clause]]:
        """The value itself, and what is nearly it."""
        yield 1.0, Clause(name, values=(value,))
        akin: list[str] = []
        if name == "gender" and value != "unisex":
            yield BOTH, Clause(name, values=("unisex",))
        elif name == "season" and "ganzjährig" in self._values(name):
            yield 0.5, Clause(name, values=("ganzjährig",))
        elif name == "color":
            akin = kin(value, self._values(name))
        elif name == "material":
            akin = named_after(value, self._values(name))
        if akin:
            yield AKIN, Clause(name, values=tuple(akin))

    def _age_of(self, stated: Stated) -> Stated | None:
        """Women and men are grown up, girls and boys are not."""
        if stated.attribute != "gender" or stated.effect != "prefer" or "age_group" not in self._columns:
            return None
        age = "erwachsene" if stated.value in ADULTS else "kinder" if stated.value in CHILDREN else ""
        wanted = ((1.0, Clause("age_group", values=(age,))),)
        return Stated("age_group", age, stated.text, "prefer", wanted, stated.start) if age else None

    def _adjectives(
        self, text: str, language: str, free: Sequence[Word], kind: Kind | None, named: bool
    ) -> Iterator[Stated]:
        if kind is None or not named or self.adjectives is None:
            return
        for word in free:
            if stated := self.adjectives.read(word.text, language, kind, text[word.start : word.end], word.start):
                yield stated

    def _lines(self, language: str, free: Sequence[Word], found: Iterable[Stated]) -> Iterator[Stated]:
        """A brand and a word that only this brand's products have name one line: no taste is of use any more."""
        brand = next((item.value for item in found if item.attribute == "brand" and item.effect == "prefer"), None)
        column = None if self.columns is None else self.columns.keyword("brand")
        if brand is None or column is None or self.mentions is None:
            return
        others = ~self.columns.mask(Clause("brand", values=(brand,)))  # type: ignore[union-attr]
        for word in free:
            rows = self.mentions(word.term, language)
            if len(word.text) >= SHORTEST_LINE and len(rows) > 0 and not others[rows].any():
                yield Stated("line", word.text, word.text, "silence", start=word.start)

    @property
    def _columns(self) -> Collection[str]:
        return () if self.columns is None else self.columns.columns.keys()

    def _values(self, name: str) -> list[str]:
        column = None if self.columns is None else self.columns.keyword(name)
        return [] if column is None else column.values


def _names_kind(phrase: Phrase) -> bool:
    """Whether it is a kind's name; "Herren" and "Adidas" may be categories too, but say something else first."""
    return phrase.meanings[0][0] not in (*WHOM, "brand", "color") and any(name in KINDS for name, _ in phrase.meanings)


def _overlaps(one: Stated, other: Stated) -> bool:
    return one.start < other.start + len(other.text) and other.start < one.start + len(one.text)


def _left(tokens: Sequence[Word], found: Iterable[Stated]) -> list[Word]:
    """The words that nothing has been read from."""
    spans = [(item.start, item.start + len(item.text)) for item in found]
    return [word for word in tokens if not any(start < word.end and word.start < end for start, end in spans)]


def _runs(tokens: Sequence[Word]) -> Iterator[list[Word]]:
    """Words that stand together: a phrase never reaches over what was taken out."""
    run: list[Word] = []
    for word in tokens:
        if run and word.start - run[-1].end > 3:
            yield run
            run = []
        run.append(word)
    if run:
        yield run


def _kept(text: str, free: Sequence[Word]) -> Iterator[str]:
    """The text with spaces for all that is not free, so that places stay."""
    at = 0
    for number, word in enumerate(free):
        gap = text[at : word.start]
        together = number > 0 and len(gap) <= 3 and not any(character.isalnum() for character in gap)
        yield gap if together else " " * len(gap)
        yield text[word.start : word.end]
        at = word.end
    yield text[at:] if not any(character.isalnum() for character in text[at:]) else " " * (len(text) - at)


def _without(text: str, stated: Iterable[Stated]) -> str:
    """The text without what is no longer searched as words."""
    for item in sorted(stated, key=lambda item: -item.start):
        if not item.searched:
            text = f"{text[: item.start]} {text[item.start + len(item.text) :]}"
    left = re.sub(r"\s+([,.;:])", r"\1", " ".join(text.split())).strip(" ,.;:-")
    return left


def _in_comparison(text: str, found: Sequence[Stated]) -> list[Stated]:
    """A brand that the product shall be like is not asked for; the shopper's own brands stay quiet all the same."""
    match = _LIKE.search(text)
    if match is None:
        return list(found)
    return [
        replace(item, effect="silence", wanted=()) if item.attribute == "brand" and item.start >= match.end() else item
        for item in found
    ]


def _clauses(meanings: Iterable[Meaning]) -> Iterator[Clause]:
    """One clause a field."""
    by_field: dict[str, list[str]] = {}
    for name, value in meanings:
        by_field.setdefault(name, []).append(value)
    for name, values in by_field.items():
        yield Clause(name, values=tuple(values))


def _ends_with(value: str, term: str, language: str) -> bool:
    """Whether a kind's name has this head: "Winterjacke" and "Laptop-Tasche" have, "Jackenbügel" has not."""
    last = re.split(r"[\s-]", value.casefold())[-1]
    return stem(last, language).endswith(term) or stem(last.replace("ß", "ss"), language).endswith(term)
