"""Measures in a query: "55 Zoll", "16 gb ram", "lsf 50", "Absatz ca. 15 cm", "14 bis 18 cm", "ab 2 kg", "13-15".

A measure is a number with a unit that ends the name of a field ("ram_gb"), or a number behind a field's name
("spf 50"). Two numbers without a unit are a measure of the field in which most products of the kind lie between them.
Where no field has the unit, the measures in titles count (`_measure_ml` and the like, search/index/fields.py).

What is as large fits, what is nearly so fits the better, the nearer it is (`types.Near`); nothing is hidden:

    low', high' = low · (1 − 0.015), high · (1 + 0.015)                 what rounding makes of the same measure
    reach       = max(high − low, SPREAD · high)                        in the field's unit; SPREAD · low of "ab 2 kg"
    degree(x)   = max(0, 1 − distance(x, [low', high']) / reach)
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from search.types import Near, Scores, Stated
from search.understand.fields import BELONGS, Kind
from search.words.measures import UNITS as BASES

#: What people call a unit -> (how names of fields end, how many of it one is).
UNITS = {
    "gb": (("gb", 1.0), ("tb", 0.001)),
    "tb": (("gb", 1000.0), ("tb", 1.0)),
    'zoll inch inches in " ″ ”': (("inch", 1.0), ("zoll", 1.0)),
    "mm": (("mm", 1.0), ("cm", 0.1)),
    "cm": (("cm", 1.0), ("mm", 10.0), ("m", 0.01)),
    "m meter metre metres meters": (("m", 1.0), ("cm", 100.0)),
    "ml": (("ml", 1.0), ("l", 0.001)),
    "l liter litre litres": (("l", 1.0), ("ml", 1000.0)),
    "mg": (("mg", 1.0),),
    "g gramm gram grams gr": (("g", 1.0), ("kg", 0.001)),
    "kg kilo": (("kg", 1.0), ("g", 1000.0)),
    "w watt": (("w", 1.0), ("watt", 1.0)),
    "v volt": (("v", 1.0),),
    "mah": (("mah", 1.0),),
    "ah": (("ah", 1.0),),
    "hz hertz": (("hz", 1.0),),
    "db dezibel decibel": (("db", 1.0),),
    "lm lumen": (("lm", 1.0),),
    "bar": (("bar", 1.0),),
    "nm": (("nm", 1.0),),
    "m² m2 qm quadratmeter": (("m2", 1.0),),
    "dpi": (("dpi", 1.0),),
    "tog": (("tog", 1.0),),
    "stück stk pieces pcs rollen rolls pack packung tabs tabletten tablets kapseln capsules": (("count", 1.0),),
    "waschladungen waschgänge loads washes": (("loads", 1.0),),
    "lagig lagen ply": (("ply", 1.0),),
}
_UNIT_OF = {word: fields for words, fields in UNITS.items() for word in words.split()}
_FIELD_UNITS = {ending for fields in UNITS.values() for ending, _ in fields} - {"count", "ply", "loads"}
#: Words that name a side of a thing -> what a field's name holds; so do the words of the name itself ("ram").
SIDES = {
    "breit breite wide width": "width",
    "hoch höhe high tall height": "height",
    "lang länge long length": "length",
    "durchmesser diameter": "diameter",
    "dick dicke thick thickness": "thickness",
    "absatz absätze heel heels": "heel",
    "arbeitsspeicher memory": "ram",
    "festplatte speicher storage": "ssd",
    "lsf lichtschutzfaktor sonnenschutzfaktor": "spf",
    "lagig": "ply",
}
_SIDE_OF = {word: part for words, part in SIDES.items() for word in words.split()}
_FIGURE = r"\d+(?:[.,]\d+)?"
_UNIT = "|".join(sorted(map(re.escape, _UNIT_OF), key=len, reverse=True))
_ABOUT = r"um\s+die|um|ca\.?|circa|etwa|ungefähr|rund|around|about|approx\.?|roughly"
_LEAST = r"ab|mindestens|min\.?|über|mehr\s+als|from|at\s+least|over|above|more\s+than"
_MOST = r"bis(?:\s+zu)?|maximal|max\.?|höchstens|unter|weniger\s+als|up\s+to|at\s+most|under|below|less\s+than"
_TO = rf"(?:\s*(?:{_UNIT}))?\s*(?:-|–|bis|to)\s*"
_MEASURE = re.compile(
    rf"""(?<![\w.,/])
    (?: (?:zwischen|between)\s+(?P<from>{_FIGURE})(?:\s*(?:{_UNIT}))?\s*(?:und|and|bis|to|-|–)\s*
      | (?:(?:von|from)\s+)?(?P<low>{_FIGURE}){_TO}
      | (?P<about>{_ABOUT})\s+ | (?P<least>{_LEAST})\s+ | (?P<most>{_MOST})\s+ )?
    (?P<figure>{_FIGURE})\s*-?\s*(?P<unit>{_UNIT})(?![\w²])""",
    re.IGNORECASE | re.VERBOSE,
)
_NAMED = re.compile(
    rf"\b(?P<name>[^\W\d_]+)\s*[:=]?\s*(?:(?P<low>{_FIGURE}){_TO})?(?P<figure>{_FIGURE})\b(?!\s*[x×]\s*\d)",
    re.IGNORECASE,
)
_BARE_RANGE = re.compile(
    rf"(?<![\w.,/-])(?P<low>{_FIGURE})\s*(?:-|–|bis|to)\s*(?P<figure>{_FIGURE})(?![\w.,/-]|\s*(?:[x×%€$£]|{_UNIT}|eur))",
    re.IGNORECASE,
)
#: As near as this is the same. How far off something still fits a little, as a share of what was asked.
SAME, SPREAD = 0.015, 0.3
#: What measures in titles are called in the answer, by the base of their unit.
TITLE_MEASURES = {"ml": "volume", "g": "weight", "mm": "length", "in": "inches"}


@dataclass(frozen=True, slots=True)
class Amount:
    """What a query asks of a number: low..high (None is open), in the unit that it was said in. `loose`: no figure
    that must be met, but about one, or a range."""

    low: float | None
    high: float | None
    loose: bool

    def near(self, field: str, scale: float) -> Near:
        """The numbers of a field near it, of which one unit has `scale`."""
        low = None if self.low is None else self.low * scale * (1 - SAME)
        high = None if self.high is None else self.high * scale * (1 + SAME)
        width = high - low if low is not None and high is not None else 0.0
        return Near(field, low, high, max(width, SPREAD * (high if high is not None else low or 0.0), 1e-9))

    @property
    def value(self) -> str:
        """As it is told: "15", "14..18", "2..".

        >>> Amount(14.0, 18.0, True).value, Amount(2.0, None, True).value, Amount(15.0, 15.0, True).value
        ('14..18', '2..', '15')
        """
        if self.low == self.high:
            return f"{self.high:g}"
        low, high = ("" if number is None else f"{number:g}" for number in (self.low, self.high))
        return f"{low}..{high}"


def read_measures(text: str, kind: Kind, words: Sequence[str], named: bool = True) -> Iterator[Stated]:
    """The measures that a text states of a kind; each stretch of the text is read once.

    Args:
        named: the query names the kind; without one only a field's own name behind a number tells ("LSF 50").
        words: of the query, folded: they say which of several fields is meant ("32 gb ram").
    """
    sides = {_SIDE_OF.get(word, word) for word in words}
    taken: list[tuple[int, int]] = []
    readers = ((_MEASURE, _with_unit), (_NAMED, _with_name), (_BARE_RANGE, _with_most_inside))
    for pattern, fields_of in readers if named else readers[1:2]:
        for match in pattern.finditer(text):
            if any(start < match.end() and match.start() < end for start, end in taken):
                continue
            amount = None if not named and match["name"].casefold() in _UNIT_OF else _amount(match)
            fields = fields_of(match, kind, sides) if amount else []
            if amount and (stated := _measured(match, amount, kind, fields)):
                taken.append(match.span())
                yield stated


def _amount(match: re.Match[str]) -> Amount | None:
    said = match.groupdict()
    figure = _number(said["figure"])
    low = said.get("low") or said.get("from")
    if low:
        return Amount(_number(low), figure, True) if _number(low) < figure else None
    if said.get("least"):
        return Amount(figure, None, True)
    if said.get("most"):
        return Amount(None, figure, True)
    return Amount(figure, figure, bool(said.get("about")))


def _number(text: str) -> float:
    return float(text.replace(",", "."))


# --- which fields, each with how many of its unit one of the query's is ---

Fields = list[tuple[str, float]]


def _with_unit(match: re.Match[str], kind: Kind, sides: set[str]) -> Fields:
    """The fields with that unit; of several those that the query names a part of; none: the measure in titles."""
    unit = match.group("unit").casefold()
    names = [(name, scale) for ending, scale in _UNIT_OF[unit] for name in _ending(kind, ending)]
    fields = [(name, scale) for name, scale in names if sides & set(name.split("_"))] or names
    base, factor = BASES.get(unit, ("", "1"))
    if not fields and kind.share(title_measure(base)) >= BELONGS:
        return [(title_measure(base), float(factor))]
    return fields


def _ending(kind: Kind, ending: str) -> list[str]:
    return [name for name in kind.number_fields if name == ending or name.endswith(f"_{ending}")]


def title_measure(base: str) -> str:
    """The column that holds the measures in titles with this base of units."""
    return f"_measure_{base}"


def _with_name(match: re.Match[str], kind: Kind, sides: set[str]) -> Fields:
    """The fields that have the word before the number as a part of their names."""
    part = _SIDE_OF.get(match.group("name").casefold(), match.group("name").casefold())
    return [(name, 1.0) for name in kind.number_fields if part in name.split("_") or part == name]


def _with_most_inside(match: re.Match[str], kind: Kind, sides: set[str]) -> Fields:
    """The field with a unit in which most products of the kind lie between the two numbers."""
    low, high = _number(match.group("low")), _number(match.group("figure"))
    inside = {
        name: np.mean((low <= numbers) & (numbers <= high)) * kind.share(name)
        for name in kind.number_fields
        if name.rsplit("_", 1)[-1] in _FIELD_UNITS and len(numbers := kind.numbers(name))
    }
    best = max(inside, key=lambda name: inside[name], default="")
    return [(best, 1.0)] if best and inside[best] > 0 and kind.share(best) >= BELONGS else []


def _measured(match: re.Match[str], amount: Amount, kind: Kind, fields: Fields) -> Stated | None:
    """What is asked of the fields that have such a number; of one alone also where it has only nearly such a one."""
    nears = [amount.near(name, scale) for name, scale in fields]
    exact = [near for near in nears if _inside(kind.numbers(near.field), near).any()]
    usual = [near for near in nears if kind.share(near.field) >= BELONGS]
    nearly = [near for near in usual if _inside(kind.numbers(near.field), near, near.reach).any()]
    meant = exact or (nearly if len(usual) == 1 else [])
    if not meant or all(_inside(kind.numbers(near.field), near).all() for near in meant):
        return None
    name = meant[0].field
    told = next((said for base, said in TITLE_MEASURES.items() if name == title_measure(base)), name)
    start, text = match.start(), match.group().rstrip()
    searched = bool(exact) and not amount.loose  # what none of the kind has, only other kinds say
    return Stated(told, amount.value, text, "prefer", (), start, searched, tuple(meant))


def _inside(numbers: Scores, near: Near, further: float = 0.0) -> np.ndarray:
    low = -np.inf if near.low is None else near.low - further
    high = np.inf if near.high is None else near.high + further
    return (low <= numbers) & (numbers <= high)
