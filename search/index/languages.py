"""What the catalogue writes in each of its languages: word -> products whose own texts in that language hold it.

A text in another language that stands in for a missing one does not count: it says nothing about its words' language.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from search.index.vocabulary import words_in
from search.types import Product

FILE = "languages.json"
#: Language -> word -> products.
Counts = dict[str, dict[str, int]]


def count_languages(products: Sequence[Product], languages: Sequence[str]) -> Counts:
    """The words of each language, the leading one first; nothing where there is only one to choose from.

    Values without a translation are the leading language's. A brand is written alike in all of them, so its words
    count in each and tell nothing. Words with digits are nobody's.
    """
    if len(languages) < 2:
        return {}
    counts: dict[str, Counter[str]] = {language: Counter() for language in languages}
    for product in products:
        for language in languages:
            counts[language].update(words_in(own_texts(product, language, language == languages[0])))
    return {language: dict(counter) for language, counter in counts.items()}


def own_texts(product: Product | None, language: str, leads: bool) -> set[str]:
    """A product's own texts in a language, none of no product; `leads`: it is the shop's leading one."""
    return set() if product is None else set(_own_texts(product, language, leads))


def _own_texts(product: Product, language: str, leads: bool) -> Iterator[str]:
    yield from (product.brand or "", product.title.get(language, ""), product.description.get(language, ""))
    yield from (label for labels in product.labels.get(language, {}).values() for label in labels.values())
    if leads:
        yield product.product_type or ""
        yield from (part for path in product.categories for part in path)
        yield from (word for value in product.attributes.values() if isinstance(value, list) for word in value)


def save_languages(counts: Counts, folder: Path) -> None:
    """Write the counts."""
    (folder / FILE).write_bytes(msgspec.json.encode(counts, order="deterministic"))


def load_languages(folder: Path) -> Counts:
    """Read what `save_languages` wrote."""
    return msgspec.json.decode((folder / FILE).read_bytes(), type=Counts)
