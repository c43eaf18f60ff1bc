"""The loops themselves, compiled by numba to machine code: once, kept beside this file, or in the user's cache.

Each does what numpy's calls spell out elsewhere, with the same additions in the same order, so the numbers are the
same; only the sums of `dots` are added up in another order. The interpreter's lock is not held meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import numba
import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

_ROWS = types.Array(types.int32, 1, "C", readonly=True)
_SINGLE = types.Array(types.float32, 1, "C", readonly=True)
_DOUBLE = types.Array(types.float64, 1, "C", readonly=True)
_BYTES = types.Array(types.uint8, 2, "C", readonly=True)

#: What a row counts that only the first list has, only the second, or both: a table, since a processor guesses wrong
#: at every other row which of two lists is next.
_FIRST, _SECOND = np.array([0.0, 1.0, 0.0, 1.0]), np.array([0.0, 0.0, 1.0, 1.0])
_1 = np.uintp(1)
#: Rows that are fetched before their turn, and bytes that come from memory at once.
AHEAD, LINE = 8, 64
_PLACES = types.int32, types.int64


def _compiled(*signatures: Any, **options: Any) -> Callable[[Callable], Any]:
    """numba's compiler, at once for these types, so that no search waits for it."""

    def made(loop: Callable) -> Any:
        try:
            return numba.njit(list(signatures), nogil=True, cache=True, **options)(loop)
        except RuntimeError:  # nowhere to keep it
            return numba.njit(list(signatures), nogil=True, **options)(loop)

    return made


def _merging(one: Any, other: Any) -> Any:
    lists = ((_ROWS, values, _DOUBLE, values.dtype, types.float64, types.float64) for values in (one, other))
    into = types.int32[::1], types.float64[::1], types.float64[::1]
    return types.int64(*(kind for of in lists for kind in of), *into)


@_compiled(*(_merging(one, other) for one, other in product((_SINGLE, _DOUBLE), repeat=2)))
def merge(  # type: ignore[no-untyped-def]
    rows,
    values,
    founds,
    factor,
    weight,
    whole,
    other_rows,
    other_values,
    other_founds,
    other_factor,
    other_weight,
    other_whole,
    reached,
    scores,
    shares,
):
    """How many rows two lists have; these, ascending, and Σ factor · value and Σ weight · found / whole of each.

    Args:
        rows, other_rows: (m,) ascending and unique.
        values, other_values: (m,).
        founds, other_founds: (m,), or empty: all 1.
        reached, scores, shares: where to write them, as long as both lists together. numpy's own memory: the system
            gives that of large arrays in large pages, five times as fast as a page at a time.
    """
    is_whole, is_other_whole = len(founds) == 0, len(other_founds) == 0
    share, other_share = weight / whole, other_weight / other_whole
    at, other_at, taken = np.uintp(0), np.uintp(0), np.uintp(0)
    end, other_end = np.uintp(len(rows)), np.uintp(len(other_rows))
    while at < end and other_at < other_end:
        mine, theirs = rows[at], other_rows[other_at]
        row = min(mine, theirs)
        is_mine, is_theirs = np.uintp(mine == row), np.uintp(theirs == row)
        which = is_mine + is_theirs * np.uintp(2)
        first, second = _FIRST[which], _SECOND[which]
        my_share = share if is_whole else founds[at] * weight / whole
        their_share = other_share if is_other_whole else other_founds[other_at] * other_weight / other_whole
        reached[taken] = row
        scores[taken] = (
            np.float64(factor * values[at]) * first + np.float64(other_factor * other_values[other_at]) * second
        )
        shares[taken] = my_share * first + their_share * second
        at, other_at, taken = at + is_mine, other_at + is_theirs, taken + _1
    while at < end:
        reached[taken], scores[taken] = rows[at], factor * values[at]
        shares[taken] = share if is_whole else founds[at] * weight / whole
        at, taken = at + _1, taken + _1
    while other_at < other_end:
        reached[taken], scores[taken] = other_rows[other_at], other_factor * other_values[other_at]
        shares[taken] = other_share if is_other_whole else other_founds[other_at] * other_weight / other_whole
        other_at, taken = other_at + _1, taken + _1
    return taken


@intrinsic  # type: ignore[untyped-decorator]
def _fetch(typing: Any, codes: Any, at: Any) -> tuple[Any, Callable]:
    """Have the processor read from the byte at a place of codes (n, d) on, without waiting for it."""

    def written(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        whole = ir.IntType(32)
        array = context.make_array(signature.args[0])(context, builder, values[0])
        byte = builder.gep(array.data, [values[1]])
        kind = ir.FunctionType(ir.VoidType(), [byte.type, whole, whole, whole])
        fetch = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0i8")
        builder.call(fetch, [byte, whole(0), whole(3), whole(1)])  # to read, to be kept near, data
        return context.get_dummy_value()

    return types.void(codes, types.intp), written


@_compiled(types.float32[::1](_BYTES, _ROWS, _SINGLE, types.float32), fastmath={"reassoc", "contract"})
def dots(codes, rows, each, start):  # type: ignore[no-untyped-def]
    """(m,) start + Σ code · each, over the codes (n, d) of rows (m,).

    Rows that lie far from each other come from memory one by one, each five times as long as its sum takes: those
    further on are fetched meanwhile, which halves the time.
    """
    found = np.empty(len(rows), np.float32)
    width = np.intp(len(each))
    for place in range(len(rows)):
        if place + AHEAD < len(rows):
            for part in range(0, width, LINE):
                _fetch(codes, np.intp(rows[place + AHEAD]) * width + part)  # type: ignore[call-arg]
        of_row, total = codes[np.uintp(rows[place])], np.float32(0.0)
        for at in range(len(each)):
            total += np.float32(of_row[at]) * each[at]
        found[place] = total + start
    return found


@_compiled(*(types.int64[::1](_ROWS, types.Array(places, 1, "C", readonly=True), types.int64) for places in _PLACES))
def count(codes, places, values):  # type: ignore[no-untyped-def]
    """(values,) how often each of the codes stands at some places (m,)."""
    counts = np.zeros(values, np.int64)
    for place in places:
        counts[np.uintp(codes[np.uintp(place)])] += 1
    return counts
