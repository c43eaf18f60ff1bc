"""What some products of a feed say by themselves, before anything is known of the others: words as numbers, columns,
keys, the phrases of titles. Everything that takes long is here, so that processes can share it, and a build that was
killed goes on with the chunks that it had read.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np

from search.index.fields import encoded_text, exact_keys, read_columns
from search.index.keys import hash_of
from search.index.labels import LabelsBy, read_labels
from search.index.languages import count_languages
from search.index.merged_columns import StoredColumn, stored
from search.index.tokens import Numbers, Spoken, Tokens, lengths_of, read_tokens
from search.index.wording import Titles, read_titles
from search.types import Product

#: The words of all languages together.
ANY = ""


class Hashed(msgspec.Struct, frozen=True):
    """Keys by their hashes (m,) uint64, and the place (m,) of the product of each."""

    hashes: np.ndarray
    places: np.ndarray

    @classmethod
    def of(cls, keys: Sequence[tuple[str, int]]) -> Hashed:
        """From (key, place) pairs."""
        hashes = np.array([hash_of(key) for key, _ in keys], np.uint64)
        return cls(hashes, np.array([place for _, place in keys], np.int32))


class Texts(msgspec.Struct, frozen=True):
    """The texts of n products as tokens: `written` those of all languages by number, and language -> `tokens`."""

    written: list[str]
    tokens: dict[str, Tokens]


class Chunk(msgspec.Struct, frozen=True, kw_only=True):
    """What n products say beside their texts, in the order of the feed.

    `lengths`: language -> (fields,) terms in each field, of all products together. `holding`: language, or `ANY`, ->
    word -> products. `own`: language -> word -> products whose own texts hold it. `embedded` are the texts that get a
    vector, one a product; none where there is no encoder.
    """

    lengths: dict[str, np.ndarray]
    holding: dict[str, dict[str, int]]
    own: dict[str, dict[str, int]]
    titles: dict[str, Titles]
    columns: dict[str, StoredColumn]
    labels: LabelsBy
    ids: Hashed
    variants: Hashed
    exact: Hashed
    embedded: list[str]


class Reading(msgspec.Struct, frozen=True):
    """How products are read: the shop's languages; the longest text that is embedded, None where nothing is."""

    languages: tuple[str, ...]
    max_characters: int | None


def read_chunk(products: Sequence[Product], reading: Reading, languages: Sequence[str]) -> tuple[Texts, Chunk]:
    """Read some products, their texts in the languages named."""
    numbers = Numbers()
    tokens = {language: read_tokens(products, language, numbers) for language in languages}
    texts = Texts(list(numbers), tokens)
    spoken = Spoken.in_tokens(texts.written)
    holding = {language: spoken.counted([of]) for language, of in tokens.items()}
    holding[ANY] = spoken.counted(list(tokens.values())) if len(tokens) != 1 else holding[languages[0]]
    variants = [(variant.id, place) for place, product in enumerate(products) for variant in product.variants]
    exact = [(key, place) for place, product in enumerate(products) for key in exact_keys(product)]
    most = reading.max_characters
    return texts, Chunk(
        lengths={language: lengths_of(of, texts.written).sum(axis=0) for language, of in tokens.items()},
        holding=holding,
        own=count_languages(products, languages),
        titles={language: read_titles(products, language) for language in languages},
        columns={name: stored(column) for name, column in read_columns(products).columns.items()},
        labels=read_labels(products),
        ids=Hashed.of([(product.id, place) for place, product in enumerate(products)]),
        variants=Hashed.of(variants),
        exact=Hashed.of(exact),
        embedded=[] if most is None else [encoded_text(product, reading.languages, most) for product in products],
    )
