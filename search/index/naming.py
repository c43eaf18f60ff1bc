"""The phrases that name a product, in its title and its type, and the words that end them.

English and German both put the word that says what a thing is last: "laptop **bag**", "Damen-**Shorts** aus Leinen".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from search.text import clean
from search.types import Product

#: They end a naming phrase; what stands behind them is a part, a purpose or a place, and no kind of this product.
BREAKS = frozenset(
    """für mit aus im in zum zur von vom ohne bei gegen auf an am ab bis inkl inklusive passend kompatibel geeignet
    for with from of by without w on at incl including compatible""".split()
)
#: What stands before it belongs to what follows: "USB **to** VGA adapter".
_JOINS = frozenset(["to"])
_TOKEN = re.compile(r"\d+(?:[.,/]\d+)*(?![^\W_])|[^\W_]+|[^\w\s]|\s+")
_LETTERS = re.compile(r"[^\W\d_]+")
_SERIES = re.compile(r"\b([^\W\d_]{2,})[\s-](?=([^\W_]*\d[^\W_]*))")
_CUT = frozenset(',;:()[]|/"“”„!?–—')
_TYPES = re.compile(r"\s*(?:[&,/>]|\bund\b|\band\b|\bor\b|\boder\b)\s*")
#: A longer value of an attribute is a text.
MOST_CHARACTERS = 40
#: Behind a number they are a measure, and name nothing.
_UNITS = frozenset(
    """mm cm dm m km in inch inches zoll ft feet yd qm sqm mg g kg lb lbs oz ml cl dl l liter litre gal w kw wh v va kva
    a ah mah hz khz mhz ghz kb mb gb tb kbit mbit gbit mbps gbps dpi ppm rpm lm k db dbi s min h std st stk stück pc
    pcs pk ct er x btu f c nm tog den wl pack packs packung lagig ply psi tpi cfm m² m³ mm² kva mp px""".split()
)
#: A word, a number or a size behind it, and what follows that.
_NUMBERED = re.compile(
    r"""\b([^\W\d_]{2,})(?:\s*[.:]\s*|\s)(?:\d{1,3}(?:[.,/-]\d{1,3})*|x{0,3}[sl]|m)(?![^\W_])\s*-?\s*([^\W\d_]+[²³]?|[%"″×])?""",
    re.IGNORECASE | re.VERBOSE,
)


def phrases(text: str) -> list[list[str]]:
    """The naming phrases of a title: folded words, cut at punctuation, at codes, and at numbers with their units.

    Nothing from the first preposition on, and nothing before "to"; hyphens join. A slash stands between two names of
    the same product.

    >>> phrases("HP 255 G7 Notebook Black 39,6 cm for students")
    [['hp'], ['notebook', 'black']]
    >>> phrases("Nordkai Damen-Shorts aus Leinen, marine")
    [['nordkai', 'damen', 'shorts']]
    >>> phrases("27-inch monitor"), phrases("3-in-1 charger"), phrases("bolts, 10-pack")
    ([['monitor']], [['charger']], [['bolts']])
    >>> phrases("HDMI to VGA adapter")
    [['vga', 'adapter']]
    >>> phrases("HP 50W AC power adapter/inverter")
    [['hp'], ['ac', 'power', 'adapter'], ['inverter']]
    """
    found: list[list[str]] = [[]]
    counting = False
    tokens = _TOKEN.findall(clean(text))
    for at, token in enumerate(tokens):
        word = token.casefold()
        if word.isspace() or (word == "-" and counting and not _stands_alone(tokens, at)):
            continue
        plain = word.isalpha()
        unit = counting and plain and word in _UNITS
        if word in BREAKS and not unit and any(found) and _stands_alone(tokens, at):
            break
        counting = word[0].isdigit() and not any(character.isalpha() for character in word)
        if word in _JOINS:
            found[-1] = []
        elif plain and not unit:
            found[-1].append(word)
        elif word[0].isalnum() or word in _CUT or _stands_alone(tokens, at):
            found.append([])
    return [phrase for phrase in found if phrase]


def series(text: str) -> set[str]:
    """The words, folded, that stand before a code: they name a series of products, and no kind of them.

    >>> series("HP Photosmart M525 Digital Camera"), series("KYOCERA FS-9130DN 1800 x 600 DPI")
    ({'photosmart'}, {'fs'})
    >>> series("LED TV 55 Zoll, Shampoo 3in1 250ml")
    set()
    """
    return {match[1].casefold() for match in _SERIES.finditer(clean(text)) if _is_code(match[2].casefold())}


def numbered(text: str) -> set[str]:
    """The words, folded, that a number or a size stands behind, without a unit: sizes, classes, series.

    >>> sorted(numbered("Sonnencreme LSF 50, 50 ml")), sorted(numbered("Nappies size S, Laptop 15 inch"))
    (['lsf'], ['size'])
    """
    found = (match for match in _NUMBERED.finditer(clean(text)))
    return {match[1].casefold() for match in found if not _is_unit(match[2])}


def _is_unit(word: str | None) -> bool:
    return word is not None and (not word[0].isalpha() or word.casefold() in _UNITS)


def _is_code(token: str) -> bool:
    """Digits behind letters, letters that are no unit behind digits, or four digits and more."""
    if token.isdigit():
        return len(token) >= 4
    rest = token.lstrip("0123456789")
    return rest == token or not (rest in _UNITS or rest[0] == "x" or rest[:2] in ("in", "er", "fa"))


def _stands_alone(tokens: list[str], at: int) -> bool:
    """Between spaces: the dash of "A - B" parts, that of "A-B" joins; the "in" of "3-in-1" is no preposition."""
    return 0 < at < len(tokens) - 1 and tokens[at - 1].isspace() and tokens[at + 1].isspace()


def title_of(product: Product, language: str) -> str:
    """A product's title as people of the language read it, clean."""
    return clean(product.title.get(language) or next(iter(product.title.values()), ""))


def capitalized(title: str) -> set[str]:
    """The words, folded, that a title writes with a capital letter: in German its nouns and names.

    >>> sorted(capitalized("Rote Schuhe für den Strand"))
    ['rote', 'schuhe', 'strand']
    """
    return {word.casefold() for word in _LETTERS.findall(title) if word[0].isupper()}


def type_heads(product: Product, language: str) -> Iterator[str]:
    """The heads of the feed's product type, or of its category's leaf: "Jacken & Mäntel" has two.

    >>> list(type_heads(Product(id="1", title={"de": "x"}, product_type="Smartphone-Hülle"), "de"))
    ['hülle']
    """
    labels = product.labels.get(language, {})
    path = product.categories[0] if product.categories else ()
    if product.product_type:
        text = labels.get("product_type", {}).get(product.product_type, product.product_type)
    else:
        text = labels.get("category", {}).get(" > ".join(path), path[-1] if path else "").split(" > ")[-1]
    yield from _heads(text)


@lru_cache(maxsize=10_000)
def _heads(text: str) -> tuple[str, ...]:
    named = (phrase[-1] for part in _TYPES.split(text) for phrase in phrases(part)[-1:])
    return tuple(word for word in named if len(word) > 2)


def attribute_words(product: Product, language: str) -> Iterator[tuple[str, str]]:
    """(attribute, folded word) of the product's brand and its short attributes."""
    labels = product.labels.get(language, {})
    values = {name: value for name, value in product.attributes.items() if isinstance(value, list)}
    for name, texts in {**values, "brand": [product.brand or ""]}.items():
        for text in texts:
            if len(text) <= MOST_CHARACTERS:
                shown = labels.get(name, {}).get(text, text)
                yield from ((name, word) for word in _LETTERS.findall(shown.casefold()))
