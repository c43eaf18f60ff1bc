"""Sizes and measures in a query: "Gr. 38", "W32 L34", "xl", "155x220"; "55 zoll", "16 gb ram", "lsf 50".

A size is what the catalogue has as a size. With a word for it ("Größe 38", "size 10") any size of the wanted kind
counts; a bare number only where most products of the kind have sizes and one of them has this one. A measure is a
number with a unit that ends the name of a field ("ram_gb"), or a number behind a field's name ("spf 50").
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np

from search.types import Clause, Stated
from search.understand.fields import BELONGS, Kind

_SIZE_WORD = re.compile(
    r"\b(?:(?:in\s+)?(?:(?:schuh|konfektions|kleider)?gr(?:ö|oe)(?:ß|ss)en?|gr\.|gr(?=\s*\d)|size|sz\.?))\s*[:.]?\s*"
    r"(?P<size>[\w½/.,–-]+(?:\s*[x×]\s*\d+(?:\s*cm\b)?)?(?:[ /]l\d+)?)",
    re.IGNORECASE,
)
_BARE = re.compile(
    r"\b(?:in\s+)?(?P<size>w\d{2}[ /]*l\d{2}|\d{2,3}\s*[x×]\s*\d{2,3}(?:\s*cm\b)?|\d?x{0,4}[sl]|m"
    r"|\d{2,3}(?:[–/-]\d{2,3})?)"
    r"(?![\w.,]|\s*(?:zoll|inch|[\"″”%€$£]|euro|eur\b|er\b|[kmgt]b\b|[mckd]?m[²2]?\b|[km]?g\b|m?l\b|w\b|watt|v\b|m?ah\b|hz\b))",
    re.IGNORECASE,
)
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
_MEASURE = re.compile(
    rf"(?<![\w.,])(?:(?P<low>{_FIGURE})\s*(?:-|–|bis|to)\s*)?(?P<figure>{_FIGURE})\s*-?\s*"
    rf"(?P<unit>{'|'.join(sorted(map(re.escape, _UNIT_OF), key=len, reverse=True))})(?![\w²])",
    re.IGNORECASE,
)
_NAMED = re.compile(rf"\b(?P<name>[^\W\d_]+)\s*[:=]?\s*(?P<figure>{_FIGURE})\b(?!\s*[x×]\s*\d)", re.IGNORECASE)
#: As near as this is the same; a little further off still fits better than the rest.
SAME, NEAR = 0.015, 0.15


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
    sizes: dict[str, list[str]] = {}
    for value in kind.values("size"):
        sizes.setdefault(size_key(value), []).append(value)
    for match in _SIZE_WORD.finditer(text):
        stated = _size(match, sizes) or _numbered(match, kind)
        if stated:
            yield stated
            return
    if named and kind.share("size") >= BELONGS:
        for match in _BARE.finditer(text):
            if stated := _size(match, sizes):
                yield stated
                return


def _size(match: re.Match[str], sizes: dict[str, list[str]]) -> Stated | None:
    """The longest part of what stands there that is a size."""
    parts = re.split(r"(?=\s)", match.group("size"))
    for length in range(len(parts), 0, -1):
        said = "".join(parts[:length]).rstrip(".,")
        values = sizes.get(size_key(said))
        if values:
            written = match.string[match.start() : match.start("size") + len(said)]
            wanted = ((1.0, Clause("size", values=tuple(values))),)
            return Stated("size", values[0], written, "prefer", wanted, match.start(), searched=False)
    return None


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


def read_measures(text: str, kind: Kind, words: Sequence[str]) -> Iterator[Stated]:
    """The measures that a text states of a kind: what is as large fits, what is nearly so fits by half.

    Args:
        words: of the query, folded: they say which of several fields is meant ("32 gb ram").
    """
    sides = {_SIDE_OF.get(word, word) for word in words}
    taken: list[tuple[int, int]] = []
    for match in _MEASURE.finditer(text):
        scales = _UNIT_OF[match.group("unit").casefold()]
        fields = [(name, scale) for ending, scale in scales for name in _ending(kind, ending)]
        stated = _measured(match, kind, _preferred(fields, sides))
        if stated:
            taken.append(match.span())
            yield stated
    for match in _NAMED.finditer(text):
        part = _SIDE_OF.get(match.group("name").casefold(), match.group("name").casefold())
        names = [(name, 1.0) for name in kind.number_fields if part in name.split("_") or part == name]
        free = not any(start < match.end() and match.start() < end for start, end in taken)
        if names and free and (stated := _measured(match, kind, names)):
            yield stated


def _ending(kind: Kind, ending: str) -> list[str]:
    return [name for name in kind.number_fields if name == ending or name.endswith(f"_{ending}")]


def _preferred(fields: list[tuple[str, float]], sides: set[str]) -> list[tuple[str, float]]:
    """Of several fields those that the query names a part of."""
    return [(name, scale) for name, scale in fields if sides & set(name.split("_"))] or fields


def _measured(match: re.Match[str], kind: Kind, fields: list[tuple[str, float]]) -> Stated | None:
    groups = match.groupdict()
    high = float(groups["figure"].replace(",", "."))
    low = float(groups["low"].replace(",", ".")) if groups.get("low") else high
    if low > high:
        return None
    wanted: list[tuple[float, Clause]] = []
    named = ""
    for name, scale in fields:
        numbers = kind.numbers(name)
        for degree, width in ((1.0, SAME), (0.5, NEAR)):
            least, most = low * scale * (1 - width), high * scale * (1 + width)
            if ((numbers >= least) & (numbers <= most)).any():
                wanted.append((degree, Clause(name, low=f"{least:.6g}", high=f"{most:.6g}")))
                named = named if named or degree < 1 else name
    if not named or _tells_nothing(kind, wanted):
        return None
    wanted = [(degree, clause) for degree, clause in wanted if degree == 1 or clause.field == named]
    value = f"{low:g}..{high:g}" if low < high else f"{high:g}"
    return Stated(named, value, match.group().strip(), "prefer", tuple(wanted), match.start())


def _tells_nothing(kind: Kind, wanted: Sequence[tuple[float, Clause]]) -> bool:
    """Whether all products of the kind fit alike."""
    fitting = [kind.columns.mask(clause)[kind.mask] for degree, clause in wanted if degree == 1]
    return bool(np.logical_or.reduce(fitting).all())
