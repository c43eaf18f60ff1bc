"""Texts made by combination: product types with attributes, in both languages, and misspelt copies.

    query     "schwarze Jacke wasserdicht", "jacket that keeps the rain out", "Jakce schwarz"
    document  "Regenjacke, schwarz, wasserdicht, mit Kapuze"

Each combination is made twice with other attributes, so that a batch holds the same thing in the wrong colour: what a
document must be told apart from. All is drawn with a seed.
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
