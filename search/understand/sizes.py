"""Sizes in a query: "Gr. 38", "W32 L34", "xl", "155x220".

A size is what the catalogue has as a size. With a word for it ("Größe 38", "size 10") any size of the wanted kind
counts; a bare number only where most products of the kind have sizes and one of them has this one.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Sequence

from search.types import Clause, Stated
from search.understand.fields import BELONGS, Kind

_NO_UNIT = r"""(?![\w.,]|\s*(?:zoll|inch|["″”%€$£]|euro|eur\b|er\b|[kmgt]b\b|[mckd]?m[²2]?\b|[km]?g\b|m?l\b|w\b|watt|v\b
    |m?ah\b|hz\b))"""
_SIZE_WORD = re.compile(
    r"""\b(?:(?:in\s+)?(?:(?:schuh|konfektions|kleider)?gr(?:ö|oe)(?:ß|ss)en?|gr\.|gr(?=\s*\d)|sizes?|sz\.?)
        (?:\s*[:.]?\s*(?:eur?|de)(?=\s*\d))?|(?:in\s+)?eur?(?=\s*\d))\s*[:.]?\s*
    (?P<size>\d{2}\s+[12]/[23](?!\w)|[\w½⅓⅔/.,–-]+(?:\s*[x×]\s*\d+(?:\s*cm\b)?)?(?:[ /]l\d+)?)""",
    re.IGNORECASE | re.VERBOSE,
)
#: A letter behind a number is its unit: "Koffer 40 l", "Kabel 2 m".
_BARE = re.compile(
    r"""(?<!['’])\b(?:in\s+)?(?P<size>w\d{2}[ /]*l\d{2}|\d{2,3}\s*[x×]\s*\d{2,3}(?:\s*cm\b)?|\d?x{1,4}[sl]
    |(?<!\d\s)[sml]|\d{2}\s+[12]/[23]|\d{2}[½⅓⅔]|\d{2}[.,]5|\d{2,3}(?:\s*[–/-]\s*\d{2,3})?)"""
    + _NO_UNIT,
    re.IGNORECASE | re.VERBOSE,
)
#: "Größe 40 bis 42": no limit of a price.
_RANGE = re.compile(
    _SIZE_WORD.pattern[: _SIZE_WORD.pattern.index("(?P<size>")]
    + r"(?P<low>\d{2,3}|x{0,4}s|m|x{0,4}l)\s*(?:-|–|bis|to)\s*(?P<high>\d{2,3}|x{0,4}s|m|x{0,4}l)(?![\w.,])",
    re.IGNORECASE | re.VERBOSE,
)
#: What is a size wherever the shop has it, where a query says nothing else.
_ALONE = re.compile(r"(?P<size>w\d{2}[ /]*l\d{2}|\d?x{1,4}[sl]|[sml])", re.IGNORECASE)
_FIGURE = r"\d+(?:[.,]\d+)?"
LETTERS = ("xxxs", "xxs", "xs", "s", "m", "l", "xl", "xxl", "xxxl", "xxxxl")
#: A size between two that the shop has fits both of them nearly.
BETWEEN = 0.7


def size_key(text: str) -> str:
    """How sizes are compared: without spaces, slashes, "cm", and in one spelling of ×.

    >>> size_key("155 x 220 cm"), size_key("155x220"), size_key("W32 L34"), size_key("W32/L34")
    ('155x220', '155x220', 'w32l34', 'w32l34')
    """
    folded = text.casefold().replace("×", "x").replace("–", "-").removesuffix(" cm").removesuffix("cm")
    return re.sub(r"[\s/]", "", folded)


def read_sizes(text: str, kind: Kind, named: bool) -> Iterator[Stated]:
    """The sizes that a text states of a kind.

    Args:
        named: the query names the kind, so that a bare number can be a size of it.

    A word for size without a known size behind it states nothing.
    """
    sizes = kind.keyed("size", size_key)
    for match in _RANGE.finditer(text):
        if stated := _between(match, sizes):
            yield stated
            return
    for match in _SIZE_WORD.finditer(text):
        if stated := _size(match, sizes) or _numbered(match, kind):
            yield stated
            return
    if named and kind.share("size") >= BELONGS:
        for match in _BARE.finditer(text):
            if stated := _size(match, sizes):
                yield stated
                return


def read_size_alone(text: str, kind: Kind) -> Iterator[Stated]:
    """The size that a text is, and nothing else: "XL", "W32 L34"; a bare number could be anything."""
    match = _ALONE.fullmatch(text, len(text) - len(text.lstrip()), len(text.rstrip()))
    stated = _size(match, kind.keyed("size", size_key)) if match else None
    if stated is not None:
        yield stated


def read_size_ranges(text: str) -> Iterator[Stated]:
    """Where a text says "Größe 40 bis 42": what stands there is no price, whatever sizes there are."""
    for match in _RANGE.finditer(text):
        yield Stated("size", f"{match['low']}..{match['high']}", match.group(), start=match.start())


def _size(match: re.Match[str], sizes: dict[str, list[str]]) -> Stated | None:
    """The longest part of what stands there that is a size; else two sizes ("128/134"), or those around it."""
    parts = re.split(r"(?=\s)", match.group("size"))
    for length in range(len(parts), 0, -1):
        said = "".join(parts[:length]).rstrip(".,")
        written = match.string[match.start() : match.start("size") + len(said)]
        if values := sizes.get(size_key(said)):
            return _stated(values[0], written, ((1.0, values),), match)
        if both := _both(said, sizes):
            return _stated(said, written, ((1.0, both),), match)
        if around := _around(said, sizes):
            return _stated(said, written, ((BETWEEN, around),), match)
        if first := _first_of(said, sizes):
            return _stated(said, written, ((BETWEEN, first),), match)
    return None


def _both(said: str, sizes: dict[str, list[str]]) -> list[str]:
    """The sizes of a double one: "128/134", "38-40"; none unless the shop has both."""
    parts = re.split(r"\s*[–/-]\s*", said.strip())
    found = [sizes.get(size_key(part), []) for part in parts]
    return [value for values in found for value in values] if len(parts) == 2 and all(found) else []


def _around(said: str, sizes: dict[str, list[str]]) -> list[str]:
    """The whole sizes below and above "42 2/3", "42,5" and "42½"."""
    whole = re.fullmatch(r"\s*(\d{2})(?:\s+[12]/[23]|[½⅓⅔]|[.,]5)", said)
    near = [str(int(whole[1]) + step) for step in (0, 1)] if whole else []
    return [value for size in near for value in sizes.get(size, [])]


def _first_of(said: str, sizes: dict[str, list[str]]) -> list[str]:
    """The sizes of several numbers that begin with this one: "38" is nearly W38 L32 and W38 L34."""
    number = said.strip()
    first = {key: re.findall(r"\d+", key) for key in sizes} if number.isdigit() else {}
    return [value for key, found in first.items() if len(found) > 1 and found[0] == number for value in sizes[key]]


def _between(match: re.Match[str], sizes: dict[str, list[str]]) -> Stated | None:
    """All sizes of a range."""
    low, high = (_place(match[end].casefold()) for end in ("low", "high"))
    inside = [value for key, values in sizes.items() if low <= _place(key) <= high for value in values]
    return _stated(f"{match['low']}..{match['high']}", match.group(), ((1.0, inside),), match) if inside else None


def _place(key: str) -> tuple[bool, float]:
    """Where a size stands among those of its sort, numbers or letters; others nowhere."""
    if key.isdigit():
        return True, float(key)
    return False, float(LETTERS.index(key)) if key in LETTERS else math.nan


def _stated(value: str, written: str, wanted: Iterable[tuple[float, Sequence[str]]], match: re.Match[str]) -> Stated:
    clauses = tuple((degree, Clause("size", values=tuple(values))) for degree, values in wanted)
    return Stated("size", value.strip(), written, "prefer", clauses, match.start(), searched=False)


def _numbered(match: re.Match[str], kind: Kind) -> Stated | None:
    """A size that the catalogue keeps as a number ("diaper_size")."""
    said = re.match(_FIGURE, match.group("size"))
    if said is None or not kind.clauses:
        return None
    names = [
        name for name in kind.number_fields if re.search(r"size|größe|groesse", name) and kind.share(name) >= BELONGS
    ]
    if not names:
        return None
    number = float(said.group().replace(",", "."))
    if number not in kind.numbers(names[0]):
        return None
    wanted = ((1.0, Clause(names[0], values=(f"{number:g}",))),)
    written = match.string[match.start() : match.start("size") + len(said.group())]
    return Stated("size", f"{number:g}", written, "prefer", wanted, match.start(), searched=False)
