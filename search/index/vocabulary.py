"""The catalogue's words as written, with the number of products that hold each: for spelling and suggestions."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from search.text import clean, written_words
from search.types import Product

FILE = "words.json"
#: Shorter words are suggested, but never proposed as a correction.
SHORTEST = 3


class Words:
    """Folded words, sorted, with their document counts."""

    def __init__(self, counts: Mapping[str, int]):
        self.counts = counts
        self._sorted = sorted(counts)

    def __len__(self) -> int:
        return len(self._sorted)

    def starting_with(self, prefix: str, most: int) -> list[str]:
        """Words that begin with the prefix, the most frequent first, ties by word."""
        start = bisect_left(self._sorted, prefix)
        end = bisect_left(self._sorted, prefix + "\U0010ffff")
        return sorted(self._sorted[start:end], key=lambda word: (-self.counts[word], word))[:most]


def count_words(products: Iterable[Product]) -> dict[str, int]:
    """Word -> products that hold it, over all searched texts but ids and numbers."""
    counts: Counter[str] = Counter()
    for product in products:
        texts = [
            *product.title.values(),
            *product.description.values(),
            product.brand or "",
            product.product_type or "",
        ]
        texts += [part for path in product.categories for part in path]
        texts += [label for labels in product.labels.values() for field in labels.values() for label in field.values()]
        texts += [word for value in product.attributes.values() if isinstance(value, list) for word in value]
        counts.update(set(written_words(clean(" ".join(texts)))))
    return dict(counts)


def count_texts(texts: Iterable[str]) -> dict[str, int]:
    """Word -> texts that hold it, in one language: what its compounds are made of."""
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(set(written_words(text)))
    return dict(counts)


def save_words(counts: Mapping[str, int], folder: Path) -> None:
    """Write the counts."""
    (folder / FILE).write_bytes(msgspec.json.encode(counts, order="deterministic"))


def load_words(folder: Path) -> Words:
    """Read what `save_words` wrote."""
    return Words(msgspec.json.decode((folder / FILE).read_bytes(), type=dict[str, int]))
