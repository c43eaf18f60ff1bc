"""Numbers with their units, written one way: "1,5 l", "1.500 ml" and "1500ml" are the same measure.

A measure is a number and a unit, converted to the unit's base (ml, g, mm; inches, watts and the like stay what they
are) and written as one term, "=1500ml". "2 x 500 g" is the measure of one and the count: "=500g" and "=2x500g". The
words of the text are terms as before; the measure stands beside them, so "0,5 l" finds "500 ml".

A dot before three digits and a unit is a German thousand ("1.500 ml"), in other languages a comma ("1,500 ml").
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

#: unit -> what it is written as, and how many of those it is. Inches stay inches: screens are asked for so.
UNITS: dict[str, tuple[str, str]] = {
    name: (base, factor)
    for names, base, factor in (
        ("ml milliliter millilitre milliliters", "ml", "1"),
        ("cl zentiliter", "ml", "10"),
        ("dl", "ml", "100"),
        ("l liter litre liters litres ltr", "ml", "1000"),
        ("mg", "g", "0.001"),
        ("g gr gramm gram grams", "g", "1"),
        ("kg kilo kilogramm kilogram", "g", "1000"),
        ("mm millimeter", "mm", "1"),
        ("cm zentimeter centimeter centimeters", "mm", "10"),
        ("m meter metre meters", "mm", "1000"),
        ("zoll inch inches \" ″ “ ” ''", "in", "1"),
        ("w watt watts", "w", "1"),
        ("kw kilowatt", "w", "1000"),
        ("v volt", "v", "1"),
        ("mah", "mah", "1"),
        ("mb", "mb", "1"),
        ("gb gigabyte", "gb", "1"),
        ("tb terabyte", "gb", "1000"),
        ("hz hertz", "hz", "1"),
        ("st stk stück stueck pcs", "st", "1"),
    )
    for name in names.split()
    for base, factor in [(base, factor)]
}
_NUMBER = r"\d{1,3}(?:[.,]\d{3})+(?!\d)|\d+(?:[.,]\d+)?"
#: A whole word (not the x between two numbers) or a sign, looked up then: as alternatives, each unit would be tried
#: behind each number.
_UNIT = "(?!x(?!\\w))[^\\W\\d_]+|''|[\"″“”]"
_MEASURE = re.compile(
    rf"(?<![\w.,])(?:(?P<count>\d{{1,3}})\s*[x×*]\s*)?(?P<number>{_NUMBER})\s*-?\s*(?P<unit>{_UNIT})(?!\w)", re.I
)
_DIGIT = re.compile(r"\d")
MARK = "="


@dataclass(frozen=True, slots=True)
class Measure:
    """A measure in a text: its terms, the most telling first, and where it stands, in code points."""

    terms: tuple[str, ...]
    start: int
    end: int


def measures(text: str, language: str) -> Iterator[Measure]:
    """The measures of a text, in order.

    >>> [m.terms for m in measures('1,5 l, 1.500 ml, 55" und 2 x 500 g', "de")]
    [('=1500ml',), ('=1500ml',), ('=55in',), ('=2x500g', '=500g')]
    """
    if not _DIGIT.search(text):  # as in most texts
        return
    for match in _found(text):
        base, factor = UNITS[match["unit"].casefold()]
        amount = f"{(read_number(match['number'], language) * Decimal(factor)).normalize():f}{base}"
        count = int(match["count"] or 1)
        terms = (f"{MARK}{count}x{amount}", MARK + amount) if count > 1 else (MARK + amount,)
        yield Measure(terms, match.start(), match.end())


def _found(text: str) -> Iterator[re.Match[str]]:
    return (match for match in _MEASURE.finditer(text) if match["unit"].casefold() in UNITS)


def amounts(text: str, language: str) -> Iterator[tuple[str, float]]:
    """The base and the amount of each measure of a text; of a pack those of one.

    >>> list(amounts('1,5 l, 55", 2 x 500 g', "de"))
    [('ml', 1500.0), ('in', 55.0), ('g', 500.0)]
    """
    for match in _found(text):
        base, factor = UNITS[match["unit"].casefold()]
        yield base, float(read_number(match["number"], language) * Decimal(factor))


def is_measure(text: str) -> bool:
    """True where a text is one measure and nothing else.

    >>> is_measure("1500ml"), is_measure("dv7")
    (True, False)
    """
    match = _MEASURE.fullmatch(text)
    return match is not None and match["unit"].casefold() in UNITS


def read_number(text: str, language: str) -> Decimal:
    """A number as people of a language write it; three digits after their thousands' sign are thousands.

    >>> read_number("1.500", "de"), read_number("1.500", "en"), read_number("0,75", "de")
    (Decimal('1500'), Decimal('1.500'), Decimal('0.75'))
    """
    thousands = "." if language == "de" else ","
    grouped = re.fullmatch(rf"[1-9]\d{{0,2}}(?:\{thousands}\d{{3}})+", text)
    return Decimal(text.replace(thousands, "") if grouped else text.replace(",", "."))
