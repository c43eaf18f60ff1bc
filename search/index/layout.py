"""Postings of a whole catalogue from the weighed terms of its chunks, written straight to their files.

rank-bm25 stays the definition (`search.index.postings`): it says what a term's idf is. The order of the entries, term
by term and ascending by row, is found by counting: no sort goes over all of them unless the feed is in another order
than its ids.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from search.index.posting_files import file_of, save_terms
from search.index.postings import FieldedBM25
from search.index.terms import Terms
from search.index.tokens import Numbers, Weighed

#: Entries that are put in the order of their rows at once.
BLOCK = 4_000_000


def write_postings(
    parts: Sequence[Callable[[], Weighed]],
    folder: Path,
    language: str,
    size: int,
    k1: float,
    lengths: Mapping[str, float],
    on_part: Callable[[int], None] = lambda part: None,
) -> None:
    """Write the postings of one language, as `build_postings` and `save_postings` would.

    Args:
        parts: each reads what one chunk's terms weigh, with the rows of the whole catalogue; read twice.
        size: products.
        on_part: gets the number of each part that is laid out.
    """
    numbers, of, held = Numbers(), [], np.zeros(0, np.int64)
    for part in parts:
        weighed = part()
        of.append(np.array([numbers[term] for term in weighed.terms], np.int64))
        held = np.concatenate([held, np.zeros(len(numbers) - len(held), np.int64)])
        held[of[-1]] += weighed.counts
    names = list(numbers)
    ascending = sorted(range(len(names)), key=names.__getitem__)
    place = np.empty(len(names), np.int64)
    place[ascending] = np.arange(len(names))
    terms, held = [names[number] for number in ascending], held[ascending]
    del numbers, names, ascending
    offsets = np.zeros(len(terms) + 1, np.int64)
    np.cumsum(held, out=offsets[1:])
    idf = FieldedBM25.idf_of(dict(zip(terms, held.tolist(), strict=True)), size)
    np.save(file_of(folder, language, "offsets"), offsets, allow_pickle=False)
    np.save(file_of(folder, language, "idf"), np.array([idf[term] for term in terms]), allow_pickle=False)
    save_terms(Terms.of(terms), folder, language, size, k1, lengths)
    del terms, idf
    rows, saturated = (
        _mapped(file_of(folder, language, name), int(offsets[-1]), dtype)
        for name, dtype in (("rows", np.int32), ("saturated", np.float32))
    )
    at = offsets[:-1].copy()
    for number, part in enumerate(parts):
        _place(part(), place[of[number]], at, rows, saturated, k1)
        on_part(number)
    _put_in_order(rows, saturated, offsets)


def _mapped(path: Path, size: int, dtype: type) -> np.ndarray:
    """A new array in a file; an empty one cannot be mapped."""
    if size:
        return np.lib.format.open_memmap(path, "w+", dtype, (size,))
    np.save(path, np.empty(0, dtype), allow_pickle=False)
    return np.empty(0, dtype)


def _place(
    weighed: Weighed,
    terms: NDArray[np.int64],
    at: NDArray[np.int64],
    rows: NDArray[np.int32],
    saturated: NDArray[np.float32],
    k1: float,
) -> None:
    """Put a chunk's entries behind those of the chunks before; `at` moves on."""
    begin = np.cumsum(weighed.counts) - weighed.counts
    into = np.repeat(at[terms] - begin, weighed.counts) + np.arange(len(weighed.rows))
    rows[into] = weighed.rows
    saturated[into] = weighed.frequencies * (k1 + 1) / (weighed.frequencies + k1)
    at[terms] += weighed.counts


def _put_in_order(rows: NDArray[np.int32], saturated: NDArray[np.float32], offsets: NDArray[np.int64]) -> None:
    """Each term's entries ascending by row, as many terms at once as fit a block."""
    first = 0
    while first < len(offsets) - 1:
        last = max(int(np.searchsorted(offsets, offsets[first] + BLOCK, "right")) - 1, first + 1)
        run = slice(int(offsets[first]), int(offsets[last]))
        term = np.repeat(np.arange(last - first), np.diff(offsets[first : last + 1]))
        keys = term << 32 | rows[run]
        if (keys[1:] < keys[:-1]).any():
            order = np.argsort(keys, kind="stable")
            rows[run], saturated[run] = rows[run][order], saturated[run][order]
        first = last
