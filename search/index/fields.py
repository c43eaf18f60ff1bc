"""What of a product goes where: texts for the lexical leg, one text for the encoder, values for columns."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from search.index.columns import Columns, ColumnsBuilder
from search.index.price_bands import with_price_bands
from search.settings import Lexical
from search.text import clean
from search.types import AttributeValue, Product
from search.words.analysis import Analyzer
from search.words.codes import MARK as CODE
from search.words.measures import amounts, is_measure

#: The field of whole codes, each one term, beside the words that they are written with.
KEYS = "keys"
SEARCHED = ("title", "brand", "category", "description", "attributes", "codes")
#: Bases of units whose measures are taken from titles.
MEASURED = {"ml", "g", "mm", "in"}
#: Fields that the server fills itself; an attribute of that name is kept as "attributes.<name>".
RESERVED = {
    "category",
    "brand",
    "product_type",
    "currency",
    "price",
    "discount",
    "released",
    "popularity",
    "margin",
    "in_stock",
    "stock",
}
_SEPARATORS = re.compile(r"[\W_]+")
#: The ways to write umlauts in a key, which is case folded: ß is ss already.
_TRANSCRIBED, _FOLDED = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"}), str.maketrans("äöü", "aou")
#: First and last day (ordinals) of a sale price that gives none.
ALWAYS = (date.min.toordinal(), date.max.toordinal())


def languages_of(products: Sequence[Product], languages: Sequence[str]) -> list[str]:
    """Those of the shop's languages in which some product has a title; the leading one where there are none."""
    present = {language for product in products for language in product.title}
    return [language for language in languages if language in present] or [languages[0]]


def searched_texts(product: Product, language: str) -> dict[str, str]:
    """Field -> text of one product, as people of one language read it.

    A text or a value that has no translation counts as it is: brands, codes, sizes, and what nobody translated.
    Each language has postings of its own, so that "Shorts" does not find every "short" of the English texts.
    """
    labels = product.labels.get(language, {})
    return {
        "title": in_language(product.title, language),
        "brand": product.brand or "",
        "category": " ".join(_category_words(product, labels)),
        "description": in_language(product.description, language),
        "attributes": " ".join(_attribute_words(product, labels)),
        "codes": " ".join(codes(product)),
    }


def field_weights(settings: Lexical) -> dict[str, float]:
    """Field -> its weight; a whole code counts 1."""
    return {name: getattr(settings, name) for name in SEARCHED} | {KEYS: 1.0}


def analysed(product: Product, language: str, analyzer: Analyzer) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """Field -> its terms in order; field -> terms of its compounds' parts and of what else stands beside its words."""
    read = {name: analyzer.terms(text) for name, text in searched_texts(product, language).items()}
    terms = {name: found for name, (found, _) in read.items()}
    terms[KEYS] = list(map(whole_code, codes(product)))
    return terms, {name: beside for name, (_, beside) in read.items()}


def in_language(texts: dict[str, str], language: str) -> str:
    """A text in the language, or else in whichever there is; "" without any."""
    return texts.get(language) or next(iter(texts.values()), "")


def _category_words(product: Product, labels: dict[str, dict[str, str]]) -> Iterator[str]:
    paths = [labels.get("category", {}).get(" > ".join(path), " ".join(path)) for path in product.categories]
    yield from paths
    kind = labels.get("product_type", {}).get(product.product_type or "", product.product_type)
    if kind and not any(kind in path for path in paths):
        yield kind


def _attribute_words(product: Product, labels: dict[str, dict[str, str]]) -> Iterator[str]:
    for name, value in product.attributes.items():
        yield from (labels.get(name, {}).get(word, word) for word in _as_words(value))
    for variant in product.variants:
        if variant.size:
            yield variant.size
        if variant.color:
            yield labels.get("color", {}).get(variant.color, variant.color)


def _as_words(value: AttributeValue) -> list[str]:
    if isinstance(value, float | int):
        return [f"{value:.15g}"]
    return [word for word in value if word not in ("true", "false")]


def codes(product: Product) -> Iterator[str]:
    """Ids, model numbers and EANs of the product and its variants."""
    yield from (code for code in (product.id, product.mpn, product.gtin) if code)
    for variant in product.variants:
        yield from (code for code in (variant.mpn, variant.gtin) if code)


def code_key(text: str) -> str:
    """A name or a code with separators and case ignored: "DV7-1211 ea" is "dv71211ea".

    >>> code_key("Nike Pegasus 41"), code_key("DV7-1211ea")
    ('nikepegasus41', 'dv71211ea')
    """
    return _SEPARATORS.sub("", clean(text).casefold())


def whole_code(code: str) -> str:
    """The term of a whole code.

    >>> whole_code("DV7-1211ea")
    '#dv71211ea'
    """
    return CODE + code_key(code)


def exact_keys(product: Product) -> set[str]:
    """What a query must equal to be an exact match: a title that is a name, a model number, an EAN, an id.

    Umlauts may be written in any way: "Wollmütze Ida" is found by "wollmuetze ida" and "Wollmutze Ida".
    """
    names = [title for title in product.title.values() if is_name(title)]
    skus = [variant.id for variant in product.variants]
    return {key for text in (*names, *codes(product), *skus) for key in _spelled_keys(text) if key}


def is_name(title: str) -> bool:
    """True where a title names one product: two words of two letters or more, or one that has letters and digits.

    A title of one word ("Shorts", "T-Shirt") names a kind of thing: locked at the top, a product that is called so
    would stand before all better shorts. One with digits ("WH-1000XM5") is a model number.

    >>> [is_name(title) for title in ("Shorts", "T Shirt", "500g", "WH-1000XM5", "Shorts Lena")]
    [False, False, False, True, True]
    """
    words = [word for word in clean(title).split() if _is_word(word)]
    if len(words) != 1:
        return len(words) > 1
    return any(map(str.isdigit, words[0])) and any(map(str.isalpha, words[0])) and not is_measure(words[0])


def _is_word(text: str) -> bool:
    """Two letters or digits, or more."""
    return len(text) > 1 and (text.isalnum() or sum(map(str.isalnum, text)) > 1)


def asked_keys(text: str) -> tuple[str, ...]:
    """The keys of `exact_keys` that a query may equal: its text as it is, and with umlauts transcribed.

    What was typed without umlauts is not read as if it had any: "Bücher" never equals "Bucher".

    >>> asked_keys("Wollmütze Ida"), asked_keys("wollmutze-ida")
    (('wollmützeida', 'wollmuetzeida'), ('wollmutzeida',))
    """
    key = code_key(text)
    return tuple(dict.fromkeys((key, key.translate(_TRANSCRIBED))))


def _spelled_keys(text: str) -> tuple[str, ...]:
    key = code_key(text)
    return (key,) if key.isascii() else (key, key.translate(_TRANSCRIBED), key.translate(_FOLDED))


def encoded_text(product: Product, languages: Sequence[str], characters: int) -> str:
    """The one text of a product that is embedded: its titles in all languages, brand, what it is, then as much
    description as fits.

    What a query shares with a product stands in its titles and category; a description alone drowns them, and a query
    in the other language is near to the title in that language (demo shop, cosine alone: nDCG@10 0.713 to 0.768).
    """
    spoken = [language for language in languages if language in product.title] or list(product.title)[:1]
    head = list(dict.fromkeys(product.title[language] for language in spoken))
    path = product.categories[0][-2:] if product.categories else ()
    for part in (product.brand, *path, product.product_type):
        if part and part.casefold() not in ", ".join(head).casefold():
            head.append(part)
    description = product.description.get(spoken[0], "") if spoken else ""
    return ". ".join([", ".join(head), description])[:characters].strip(". ")


def build_columns(products: Sequence[Product]) -> Columns:
    """Every field that can be filtered, counted, sorted by or learned from, as columns."""
    return with_price_bands(read_columns(products))


def read_columns(products: Sequence[Product]) -> Columns:
    """The same of a part of a catalogue: all that a product tells by itself."""
    return columns_of(enumerate(products), len(products))


def columns_of(products: Iterable[tuple[int, Product]], size: int) -> Columns:
    """The columns of some rows of `size`, ascending, each of them a product; without what only all of them tell."""
    builder = ColumnsBuilder()
    for row, product in products:
        _add_product(builder, row, product)
        for name, value in product.attributes.items():
            name = f"attributes.{name}" if name in RESERVED or name.startswith(("_", "stock.")) else name
            if isinstance(value, float | int):
                builder.number(name, row, value)
            else:
                for word in value:
                    builder.keyword(name, row, word)
        _add_variants(builder, row, product)
        _add_measures(builder, row, product)
    return builder.freeze(size)


def _add_product(builder: ColumnsBuilder, row: int, product: Product) -> None:
    for path in product.categories:
        for depth in range(len(path)):
            builder.keyword("category", row, " > ".join(path[: depth + 1]))
        # the last part alone: "Damen > Hosen > Shorts" would say once more whom the product is for
        builder.keyword("_category_leaf", row, path[-1])
    for name, word in (
        ("brand", product.brand),
        ("product_type", product.product_type),
        ("currency", product.currency),
    ):
        if word:
            builder.keyword(name, row, word)
    if product.price_cents is not None:
        builder.number("_list_price", row, product.price_cents / 100)
    if product.sale_price_cents is not None:
        builder.number("_sale_price", row, product.sale_price_cents / 100)
        builder.number("_sale_from", row, product.sale_from.toordinal() if product.sale_from else ALWAYS[0])
        builder.number("_sale_until", row, product.sale_until.toordinal() if product.sale_until else ALWAYS[1])
    if product.released:
        builder.number("released", row, product.released.toordinal())
    if product.popularity is not None:
        builder.number("popularity", row, product.popularity)
    if product.margin is not None:
        builder.number("_margin", row, product.margin)


def _add_variants(builder: ColumnsBuilder, row: int, product: Product) -> None:
    stock: dict[str, int] = {}
    for variant in product.variants:
        if variant.size:
            builder.keyword("size", row, variant.size)
        if variant.color:
            builder.keyword("color", row, variant.color)
        for branch, pieces in variant.stock.items():
            stock[branch] = stock.get(branch, 0) + pieces
    for branch, pieces in stock.items():
        builder.number(f"stock.{branch}", row, pieces)
        if pieces > 0:
            builder.keyword("in_stock", row, branch)
    if stock:
        builder.number("stock", row, sum(stock.values()))


def _add_measures(builder: ColumnsBuilder, row: int, product: Product) -> None:
    """The first measure of each kind that the title tells, for catalogues that have them nowhere else."""
    language, title = next(iter(product.title.items()), ("", ""))
    told: dict[str, float] = {}
    for base, amount in amounts(title, language):
        told.setdefault(base, amount)
    for base in MEASURED & told.keys():
        builder.number(f"_measure_{base}", row, told[base])
