"""Made products of any size, on disk and memory-mapped, with the queries that are asked about them.

Words are drawn by Zipf's law (the r-th word 1/(r + 2.7) as often as the first), a third of them from sixty words that
a product's group shares: so there are words that half of the catalogue holds, and words of a handful of products. A
query is made of the words of one product, so that there is a product to be found; head queries take its frequent
words, tail queries its rare ones.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import msgspec
import numpy as np

from eval.bench.peers.words import text_vectors, vocabulary, word_vectors
from eval.bench.peers.workload import Workload
from search.types import Vectors

GROUP_WORDS, GROUPED_SHARE = 60, 0.33
#: Words of groups are not the most frequent ones.
GROUPED_FROM = 200
#: The most frequent so many-th of the words (1,000 of 60,000) make head queries, the others tail queries.
HEAD = 60
BLOCK = 4000
#: Shoppers that are known to ours.
SHOPPERS = 20
BRANDS, COLORS = 500, ("schwarz", "weiß", "blau", "rot", "grün", "grau", "beige", "braun")


class Ask(msgspec.Struct, frozen=True):
    """One query: its words, the product they were taken from, and what only ours is asked beside."""

    text: str
    row: int
    is_head: bool
    filter: str = ""
    shopper: int | None = None


@dataclass(frozen=True, eq=False)
class Catalogue:
    """What was made at one size. Arrays are memory-mapped; `forget` lets go of them.

    `tokens` word numbers, one product after the other; `offsets` (n + 1,); `vectors` (n, dimension); `brand`,
    `group`, `color` (n,) codes; `price_cents` (n,); `in_stock` (n,) bool.
    """

    folder: Path
    workload: Workload
    size: int

    @cached_property
    def words(self) -> list[str]:
        """The vocabulary, most frequent first."""
        return vocabulary(self.workload.vocabulary, self.workload.seed)

    @cached_property
    def asks(self) -> list[Ask]:
        """The queries, in the order in which they are asked."""
        return msgspec.json.decode((self.folder / "asks.json").read_bytes(), type=list[Ask])

    @cached_property
    def ask_vectors(self) -> Vectors:
        """(queries, dimension) float32, in memory."""
        return np.load(self.folder / "asks.npy")

    def __getattr__(self, name: str) -> np.ndarray:
        if name.startswith("_") or not (self.folder / f"{name}.npy").is_file():
            raise AttributeError(name)
        found = np.load(self.folder / f"{name}.npy", mmap_mode="r")
        self.__dict__[name] = found
        return found

    def terms(self, row: int) -> list[str]:
        """A product's words in order."""
        words = self.words
        return [words[number] for number in self.tokens[self.offsets[row] : self.offsets[row + 1]].tolist()]

    def texts(self) -> Iterator[str]:
        """Every product's words as one text."""
        return (" ".join(self.terms(row)) for row in range(self.size))

    def forget(self) -> None:
        """Unmap the products, so that what an engine keeps is seen apart; the queries stay."""
        kept = {name: self.__dict__[name] for name in ("folder", "workload", "size")}
        kept |= {"asks": self.asks, "ask_vectors": self.ask_vectors}
        self.__dict__.clear()
        self.__dict__.update(kept)

    def facts(self) -> dict[str, int | bool]:
        """What stands beside the figures: how many products, texts that differ, words that occur."""
        return msgspec.json.decode((self.folder / "facts.json").read_bytes())


def make(workload: Workload, size: int, home: Path) -> Catalogue:
    """The catalogue of that size under `home`, made where it is not there yet."""
    folder = home / workload.key(size)
    catalogue = Catalogue(folder, workload, size)
    if not (folder / "facts.json").is_file():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        _write(catalogue)
    return catalogue


def _write(made: Catalogue) -> None:
    workload, size, folder = made.workload, made.size, made.folder
    rng = np.random.default_rng(workload.seed)
    own = rng.integers(
        min(GROUPED_FROM, workload.vocabulary // 2), workload.vocabulary, (workload.clusters, GROUP_WORDS)
    )
    group = rng.integers(0, workload.clusters, size).astype(np.int32)
    tokens, offsets = _draw(workload, size, group, own, rng)
    table = word_vectors(workload.vocabulary, workload.dimension, own, workload.seed, workload.directions)
    price_cents = np.round(np.exp(rng.normal(8.0, 1.0, size))).astype(np.int32) + 99
    arrays = {
        "tokens": tokens,
        "offsets": offsets,
        "group": group,
        "brand": np.minimum(rng.zipf(1.3, size), BRANDS).astype(np.int32),
        "color": rng.integers(0, len(COLORS), size).astype(np.int32),
        "price_cents": price_cents,
        "in_stock": rng.random(size) < 0.8,
        "table": table,
    }
    for name, values in arrays.items():
        np.save(folder / f"{name}.npy", values)
    shape = (size, workload.dimension)
    vectors = np.lib.format.open_memmap(folder / "vectors.npy", "w+", np.float32, shape)
    for start in range(0, size, BLOCK):
        bounds = offsets[start : start + BLOCK + 1]
        vectors[start : start + BLOCK] = text_vectors(tokens[bounds[0] : bounds[-1]], bounds, table)
    vectors.flush()
    _write_asks(made, rng)
    facts = {"products": size, "made": True, "distinct_texts": _distinct(tokens, offsets)}
    facts |= {"distinct_words": len(np.unique(tokens)), "words": len(tokens)}
    (folder / "facts.json").write_bytes(msgspec.json.encode(facts))


def _draw(
    workload: Workload, size: int, group: np.ndarray, own: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    lengths = np.clip(rng.poisson(workload.tokens, size), 3, workload.tokens * 3)
    offsets = np.zeros(size + 1, np.int64)
    np.cumsum(lengths, out=offsets[1:])
    count = int(offsets[-1])
    cumulated = np.cumsum(1 / (np.arange(workload.vocabulary) + 2.7))
    drawn = np.searchsorted(cumulated / cumulated[-1], rng.random(count))
    tokens = np.minimum(drawn, workload.vocabulary - 1).astype(np.int32)
    shared = rng.random(count) < GROUPED_SHARE
    place = (rng.random(int(shared.sum())) ** 2 * GROUP_WORDS).astype(np.int64)
    tokens[shared] = own[np.repeat(group, lengths)[shared], place]
    return tokens, offsets


def _write_asks(made: Catalogue, rng: np.random.Generator) -> None:
    asks, numbers = [], []
    for row in rng.integers(0, made.size, made.workload.queries).tolist():
        terms = np.unique(made.tokens[made.offsets[row] : made.offsets[row + 1]])
        is_head = bool(rng.random() < made.workload.head)
        fitting = terms[(terms < made.workload.vocabulary // HEAD) == is_head]
        most = int(rng.choice([1, 2, 2, 3] if is_head else [1, 2, 3, 4]))
        chosen = rng.permutation(fitting if len(fitting) else terms)[:most]
        numbers.append(chosen)
        text = " ".join(made.words[number] for number in chosen.tolist())
        asks.append(Ask(text, row, is_head, _filter(made, row, rng), _shopper(made.workload, rng)))
    offsets = np.concatenate([[0], np.cumsum([len(chosen) for chosen in numbers])])
    np.save(made.folder / "asks.npy", text_vectors(np.concatenate(numbers), offsets, made.table))
    (made.folder / "asks.json").write_bytes(msgspec.json.encode(asks))


def _filter(made: Catalogue, row: int, rng: np.random.Generator) -> str:
    """Now the product's colour, now half to twice its price; "" for most queries."""
    if rng.random() >= made.workload.filtered:
        return ""
    if rng.random() < 0.5:
        return f"color:{COLORS[int(made.color[row])]}"
    euros = int(made.price_cents[row]) / 100
    return f"price:{euros / 2:.2f}..{euros * 2:.2f}"


def _shopper(workload: Workload, rng: np.random.Generator) -> int | None:
    return int(rng.integers(SHOPPERS)) if rng.random() < workload.personal else None


def _distinct(tokens: np.ndarray, offsets: np.ndarray) -> int:
    raw = tokens.tobytes()
    return len(
        {raw[4 * start : 4 * end] for start, end in zip(offsets[:-1].tolist(), offsets[1:].tolist(), strict=True)}
    )
