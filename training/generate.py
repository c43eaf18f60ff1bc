"""Texts made by combination: product types with attributes, in both languages, and misspelt copies.

    query     "schwarze Jacke wasserdicht", "jacket that keeps the rain out", "Jakce schwarz"
    document  "Regenjacke, schwarz, wasserdicht, mit Kapuze"

Each combination is made twice with other attributes, so that a batch holds the same thing in the wrong colour: what a
document must be told apart from.

An article is the same thing as two shops name it: brand, line, what it is, attributes, size, in other words and
another order, some left out; beside it stand others of its brand that differ in a line, an attribute or a size.

    query     "Mirto Nachtcreme Abendtau, 50 ml"
    document  "Mirto Gesichtscreme für die Nacht Abendtau beruhigend 50 ml"

All is drawn with a seed.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from eval.misspell import misspell
from training.lexicon import LANGUAGES, Attribute, ProductType

#: Groups that any product may have; the others only go with what they are said of.
ANYWHERE = ("colour", "material", "size", "condition")
#: How often a combination's query says its attribute in other words, crosses the languages, or is misspelt.
PARAPHRASED, CROSSED, MISSPELT = 0.35, 0.4, 0.15
#: How often an article's name leaves out a word of its line, an attribute, or its size; or is in the other language.
DROPPED, OTHER_LANGUAGE = 0.25, 0.1
#: What a package says of how much it holds.
SIZES = (
    "30 ml", "50 ml", "75 ml", "100 ml", "200 ml", "250 ml", "500 ml", "1 l", "1,5 l", "5 g", "40 g", "100 g", "125 g",
    "250 g", "500 g", "1 kg", "1 St", "2 Stück", "6 Stück", "20 Stück", "2 m", "80 cm", "140x200 cm", "S", "M", "L",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Pair:
    """A query and a document that belong together; `group` names what they are about, so that no two of one group
    count as each other's opposite."""

    query: str
    document: str
    group: str


class Combiner:
    """Draws combinations of product types and attributes."""

    def __init__(self, types: Sequence[ProductType], attributes: Sequence[Attribute], seed: int):
        self._chance = random.Random(seed)
        self._types = types
        self._anywhere = [each for each in attributes if each.group in ANYWHERE]
        self._of: dict[str, list[Attribute]] = {}
        for each in attributes:
            for name in each.goes_with:
                self._of.setdefault(name.lower(), []).append(each)

    def pairs(self, times: int) -> Iterator[Pair]:
        """`times` combinations of every type, each in two variants that differ in their attributes."""
        for _ in range(times):
            for type in self._types:
                fitting = self._fitting(type)
                for _ in range(2):
                    yield self._pair(type, self._chance.sample(fitting, min(2, len(fitting))))

    def articles(self, times: int, words: Sequence[str]) -> Iterator[Pair]:
        """`times` brands of every type, each with three articles; `words` is what brands and lines are called."""
        for _ in range(times):
            for type in self._types:
                brand, fitting = self._chance.choice(words).capitalize(), self._fitting(type)
                for _ in range(3):
                    line = self._chance.sample(words, self._chance.randint(0, 2))
                    attributes = self._chance.sample(fitting, min(self._chance.randint(0, 2), len(fitting)))
                    size = self._chance.choice(SIZES)
                    language = self._chance.choice(LANGUAGES)
                    other = language
                    if self._chance.random() < OTHER_LANGUAGE:
                        other = LANGUAGES[1 - LANGUAGES.index(language)]
                    names = [self._name(brand, line, type, attributes, size, each) for each in (other, language)]
                    group = "+".join([type.id, brand, *line, size, *(each.forms["de"][0] for each in attributes)])
                    yield Pair(names[0], names[1], group)

    def _name(
        self,
        brand: str,
        line: Sequence[str],
        type: ProductType,
        attributes: Sequence[Attribute],
        size: str,
        language: str,
    ) -> str:
        """One shop's name of an article."""
        chance = self._chance
        said = [chance.choice(type.names[language]), *line]
        said += [chance.choice(each.forms[language]) for each in attributes]
        said = [said[0]] + [word for word in said[1:] if chance.random() > DROPPED]
        chance.shuffle(said)
        return " ".join([brand, *said]) + (f", {size}" if chance.random() > DROPPED else "")

    def _fitting(self, type: ProductType) -> list[Attribute]:
        names = [name.lower() for name in type.names["de"]]
        own = [
            each for known, found in self._of.items() if any(name.endswith(known) for name in names) for each in found
        ]
        return list({id(each): each for each in [*own, *own, *self._chance.sample(self._anywhere, 6)]}.values())

    def _pair(self, type: ProductType, attributes: Sequence[Attribute]) -> Pair:
        chance = self._chance
        shown, asked = chance.choice(LANGUAGES), chance.choice(LANGUAGES)
        if chance.random() > CROSSED:
            asked = shown
        document = [chance.choice((*type.names[shown], *type.titles[shown]))]
        document += [each.forms[shown][0] for each in attributes]
        wanted = attributes[: chance.randint(1, len(attributes))] if attributes else ()
        query = [chance.choice(type.names[asked])] + [self._say(each, asked) for each in wanted]
        chance.shuffle(query)
        text = " ".join(query)
        if chance.random() < MISSPELT:
            text, _ = misspell(text, asked, chance.randrange(1 << 30))
        group = "+".join([type.id, *sorted(each.forms["de"][0] for each in attributes)])
        return Pair(text, ", ".join(document), group)

    def _say(self, attribute: Attribute, language: str) -> str:
        said = attribute.says[language] if self._chance.random() < PARAPHRASED else attribute.forms[language]
        return self._chance.choice(said)
