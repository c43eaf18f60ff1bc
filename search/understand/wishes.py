"""What a name in a query asks for: the field it is a value of, the value, and what is nearly it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from search.types import Clause, Stated
from search.understand.fields import BELONGS, ColumnsLike, Kind, values_of
from search.understand.kin import kin, named_after
from search.understand.lexicon import KINDS, NAMED, Meaning, Phrase

ADULTS, CHILDREN = ("damen", "herren"), ("mädchen", "jungen")
#: How well something fits that is nearly what was asked: the same family of colours or a blend, for both genders,
#: for all seasons.
AKIN, BOTH, ALL_YEAR = 0.7, 0.8, 0.5
_YEARS = re.compile(
    r"(?P<number>\d{1,2})[\s-]*(?P<unit>jährige\w*|jahren?\b|jahre\b|years?\b(?:[\s-]+olds?)?|monaten?\b|months?\b(?:[\s-]+olds?)?)",
    re.IGNORECASE,
)
#: In years: younger ones are babies, from the second on nobody is a child.
TODDLER, GROWN = 2, 14


@dataclass(frozen=True, eq=False)
class Wishes:
    """Reads names as wishes over one catalogue's fields."""

    columns: ColumnsLike | None = None

    def read(self, phrase: Phrase, kind: Kind | None, named: bool) -> Stated | None:
        """What a phrase states of this kind, by the field that most of its products have.

        Args:
            named: the query names the kind.
        """
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
        elif name == "season" and "ganzjährig" in values_of(self.columns, name):
            yield ALL_YEAR, Clause(name, values=("ganzjährig",))
        elif name == "color":
            akin = kin(value, values_of(self.columns, name))
        elif name == "material":
            akin = named_after(value, values_of(self.columns, name))
        if akin:
            yield AKIN, Clause(name, values=tuple(akin))

    def age_of(self, stated: Stated) -> Stated | None:
        """Women and men are grown up, girls and boys are not."""
        has_ages = self.columns is not None and "age_group" in self.columns.columns
        if stated.attribute != "gender" or stated.effect != "prefer" or not has_ages:
            return None
        age = "erwachsene" if stated.value in ADULTS else "kinder" if stated.value in CHILDREN else ""
        wanted = ((1.0, Clause("age_group", values=(age,))),)
        return Stated("age_group", age, stated.text, "prefer", wanted, stated.start) if age else None


def read_years(text: str, kind: Kind) -> Iterator[Stated]:
    """An age, "6 Jahre", "für 8-jährige", "12 months", of a kind whose products tell for whom they are.

    Grown-ups are not asked for by their age, and years may be a guarantee's: then nothing is stated.
    """
    if kind.share("age_group") < BELONGS:
        return
    for match in _YEARS.finditer(text):
        months = match["unit"].casefold().startswith("mon")
        years = int(match["number"]) / (12 if months else 1)
        group = "baby" if years < TODDLER else "kinder" if years < GROWN else ""
        if group and kind.values("age_group").get(group):
            wanted = ((1.0, Clause("age_group", values=(group,))),)
            yield Stated("age_group", group, match.group(), "prefer", wanted, match.start())
