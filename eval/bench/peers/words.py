"""A made vocabulary, most frequent word first, and a vector for each word: what a text means is the mean of its words.

Words are syllables that no language has in this order, so that nothing in them is known beforehand. A share of them
are compounds of two others, as German has them.
"""

from __future__ import annotations

import random

import numpy as np

from search.types import Vectors

STARTS, VOWELS, ENDS = "bdfghklmnprstvwz", "aiou", "klmpt"
#: Share of words that are made of two others: about as many as of the words in titles of a German shop.
COMPOUNDS = 0.15
#: The most frequent words say little about what a product is: their vectors count less.
COMMON = 200
COMMON_WEIGHT = 0.3
#: How much of a word's vector is its group's, against a random part of length 1.
GROUPED = 1.0


def vocabulary(size: int, seed: int) -> list[str]:
    """`size` distinct words; the same for the same seed.

    >>> vocabulary(1000, 1)[:2] == vocabulary(1000, 1)[:2]
    True
    >>> len(set(vocabulary(1000, 1)))
    1000
    """
    chance, seen = random.Random(seed), set()
    words: list[str] = []
    while len(words) < size:
        if len(words) > 100 and chance.random() < COMPOUNDS:
            word = chance.choice(words) + chance.choice(words)
        else:
            word = "".join(chance.choice(STARTS) + chance.choice(VOWELS) for _ in range(chance.randint(2, 4)))
            word += chance.choice(ENDS)
        if word not in seen and len(word) <= 24:
            seen.add(word)
            words.append(word)
    return words


def word_vectors(size: int, dimension: int, groups: np.ndarray, seed: int, directions: int | None = None) -> Vectors:
    """(size, dimension) float32: a random direction a word, those of a group leaning to the same side.

    Args:
        groups: (g, m) word numbers; a word in two groups leans to the later one.
        directions: all vectors lie in a random space of so many; of `dimension` if absent.
    """
    rng = np.random.default_rng(seed)
    table = _directions(rng, size, dimension)
    for members, center in zip(groups, _directions(rng, len(groups), dimension), strict=True):
        table[members] += GROUPED * center
    table[:COMMON] *= COMMON_WEIGHT
    if directions is not None and directions < dimension:
        basis = np.linalg.qr(rng.standard_normal((dimension, directions)).astype(np.float32))[0]
        table = (table @ basis) @ basis.T
    return table


def _directions(rng: np.random.Generator, count: int, dimension: int) -> Vectors:
    found = rng.standard_normal((count, dimension), np.float32)
    return found / np.linalg.norm(found, axis=1, keepdims=True)


def text_vectors(tokens: np.ndarray, offsets: np.ndarray, table: Vectors) -> Vectors:
    """(n, dimension) float32, length 1: the mean direction of each text's words; zeros for a text without words.

    Args:
        tokens: word numbers, one text after the other.
        offsets: (n + 1,) where each text begins and the last one ends.
    """
    sums = np.zeros((len(offsets) - 1, table.shape[1]), np.float32)
    filled = np.flatnonzero(np.diff(offsets))
    if len(filled):
        sums[filled] = np.add.reduceat(table[tokens], offsets[filled] - offsets[0], axis=0)
    lengths = np.linalg.norm(sums, axis=1, keepdims=True)
    lengths[lengths == 0] = 1
    sums /= lengths
    return sums
