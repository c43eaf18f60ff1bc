"""The terms of an index, ascending, and their numbers: looked up in blocks of text that stay on disk.

A million products have two million terms, ids among them. As a dictionary they took 1.2 s and 200 MB in each process,
as a list 0.4 s and 140 MB. Here a process holds the first term of each block only, the blocks are mapped.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate, chain

import numpy as np
from numpy.typing import NDArray

#: Terms of one block: as many as are read for one.
BLOCK = 64
BETWEEN = "\n"


class Terms(Mapping[str, int]):
    """Term -> its place among all, which are ascending and unique, and hold no line break.

    Args:
        text: (b,) uint8, the blocks in UTF-8, a line break between the terms of one.
        starts: (blocks + 1,) where each begins, and the end.
        firsts: (blocks,) the first term of each.
        size: terms.

    >>> terms = Terms.of(["hose", "rot", "schuh"])
    >>> terms["rot"], terms.get("blau"), "schuh" in terms, terms.starting_with("s", 5)
    (1, None, True, ('schuh',))
    """

    def __init__(self, text: NDArray[np.uint8], starts: NDArray[np.int64], firsts: Sequence[str], size: int):
        self.text, self.starts, self.firsts, self._size = text, starts, firsts, size

    @classmethod
    def of(cls, ordered: Sequence[str]) -> Terms:
        """Of terms in order.

        Raises:
            ValueError: one holds a line break.
        """
        if any(BETWEEN in term for term in ordered):
            raise ValueError("A term holds a line break. Terms are words, measures and codes: clean the text first.")
        firsts = range(0, len(ordered), BLOCK)
        blocks = [BETWEEN.join(ordered[first : first + BLOCK]).encode() for first in firsts]
        starts = np.array([0, *accumulate(map(len, blocks))], np.int64)
        text = np.frombuffer(b"".join(blocks), np.uint8)
        return cls(text, starts, [ordered[first] for first in firsts], len(ordered))

    def _block(self, number: int) -> list[str]:
        start, end = self.starts[number : number + 2].tolist()
        return self.text[start:end].tobytes().decode().split(BETWEEN)

    def _blocks(self, first: int = 0) -> Iterator[list[str]]:
        return map(self._block, range(first, len(self.firsts)))

    def __getitem__(self, term: str) -> int:
        number = bisect_right(self.firsts, term) - 1
        block = self._block(number) if number >= 0 else []
        at = bisect_left(block, term)
        if at == len(block) or block[at] != term:
            raise KeyError(term)
        return number * BLOCK + at

    def __iter__(self) -> Iterator[str]:
        return chain.from_iterable(self._blocks())

    def __len__(self) -> int:
        return self._size

    def starting_with(self, prefix: str, most: int) -> tuple[str, ...]:
        """Terms that begin with the prefix, in order, at most so many."""
        return tuple(term for term, _ in zip(self.all_starting_with(prefix), range(most), strict=False))

    def all_starting_with(self, prefix: str) -> Iterator[str]:
        """All of them, in order."""
        number = max(bisect_right(self.firsts, prefix) - 1, 0)
        for block in self._blocks(number):
            for term in block[bisect_left(block, prefix) :]:
                if not term.startswith(prefix):
                    return
                yield term
