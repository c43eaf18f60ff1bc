"""What people say of their own tastes: it holds until they say otherwise, whatever was observed."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec


class CrmTraits(msgspec.Struct, frozen=True):
    """What a customer system says of a shopper as of a day (ISO 8601): name -> values."""

    date: str
    traits: dict[str, list[str]]


class StatedTastes(msgspec.Struct, frozen=True, omit_defaults=True):
    """What one shopper, or one visit, has stated.

    `likes` and `dislikes`: attribute -> values as the catalogue writes them; `sizes`: product type, "" for every one,
    -> sizes that fit; `off`: attributes that must not count; `answers`: of the style test, product -> 1 heart, −1
    cross, 0 no opinion; `leanings`: what follows from them, attribute -> value -> −1 … 1; `revision`: grows with each
    change, 0 where nothing was ever said. `crm`: what the shop's customer systems say beside it, by system.
    """

    likes: dict[str, list[str]] = {}
    dislikes: dict[str, list[str]] = {}
    sizes: dict[str, list[str]] = {}
    off: list[str] = []
    answers: dict[str, int] = {}
    leanings: dict[str, dict[str, float]] = {}
    revision: int = 0
    crm: dict[str, CrmTraits] = {}

    @property
    def is_empty(self) -> bool:
        """True where nothing is said."""
        return not (self.likes or self.dislikes or self.sizes or self.off or self.leanings or self.crm)

    @property
    def count(self) -> int:
        """How many things are said: values, sizes, attributes switched off, answers of the style test, and values that
        customer systems name."""
        named = (values for said in self.crm.values() for values in said.traits.values())
        lists = (*named, *self.likes.values(), *self.dislikes.values(), *self.sizes.values(), self.off, self.answers)
        return sum(len(values) for values in lists)

    def opinion(self, attribute: str, value: str) -> int:
        """1 where the value is liked, −1 where it is disliked, 0 where nothing is said of it."""
        return (value in self.likes.get(attribute, ())) - (value in self.dislikes.get(attribute, ()))

    def with_opinion(self, attribute: str, value: str, opinion: int) -> StatedTastes:
        """The same with one value liked (1), disliked (−1), or neither (0).

        >>> said = StatedTastes(likes={"brand": ["Adidas"]}).with_opinion("brand", "Adidas", -1)
        >>> said.likes, said.dislikes, said.opinion("brand", "Adidas")
        ({}, {'brand': ['Adidas']}, -1)
        """
        changed = {
            name: _with(getattr(self, name), attribute, value, opinion == sign)
            for name, sign in (("likes", 1), ("dislikes", -1))
        }
        return msgspec.structs.replace(self, **changed)

    def with_off(self, attribute: str, is_off: bool) -> StatedTastes:
        """The same with an attribute switched off, or on again."""
        off = [name for name in self.off if name != attribute]
        return msgspec.structs.replace(self, off=[*off, attribute] if is_off else off)


def _with(said: Mapping[str, list[str]], attribute: str, value: str, wanted: bool) -> dict[str, list[str]]:
    """Attribute -> values with one value among them, or not; attributes without values are left out."""
    values = [one for one in said.get(attribute, ()) if one != value] + ([value] if wanted else [])
    return {name: list(those) for name, those in {**said, attribute: values}.items() if those}


def stated_together(past: StatedTastes, visit: StatedTastes) -> StatedTastes:
    """What a shopper stated and what this visit did; of one value, or one type's sizes, the visit's word holds.

    >>> past = StatedTastes(likes={"brand": ["Nike"]}, sizes={"": ["M"]})
    >>> both = stated_together(past, StatedTastes(dislikes={"brand": ["Nike"]}, off=["color"]))
    >>> both.opinion("brand", "Nike"), both.sizes, both.off
    (-1, {'': ['M']}, ['color'])
    """
    if visit.is_empty or past.is_empty:
        one = past if visit.is_empty else visit
        return msgspec.structs.replace(one, revision=past.revision + visit.revision)
    both = past
    for said, opinion in ((visit.likes, 1), (visit.dislikes, -1)):
        for attribute, values in said.items():
            for value in values:
                both = both.with_opinion(attribute, value, opinion)
    off = [*past.off, *(name for name in visit.off if name not in past.off)]
    leanings = {
        attribute: {**past.leanings.get(attribute, {}), **visit.leanings.get(attribute, {})}
        for attribute in (*past.leanings, *visit.leanings)
    }
    sizes, revision = {**past.sizes, **visit.sizes}, past.revision + visit.revision
    return msgspec.structs.replace(both, sizes=sizes, off=off, leanings=leanings, revision=revision)


NOTHING_STATED = StatedTastes()
