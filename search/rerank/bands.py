"""Numbers as bands: eighths of the products of a type, from the least to the most.

A heel of 12 cm is high for sandals and usual for pumps, so what a number says is where it stands in its type. Equal
numbers share a band, that of their mean place. A band spreads over its neighbours, so that who looks at heels of 14 to
18 cm finds those of 12 cm before those of 5 (triangular, half-width 2: ¼ ½ ¼; at an end ⅔ ⅓). Where a type has few
different numbers, the neighbours are those that it has.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from search.rerank.distinct import distinct
from search.types import Scores

BANDS = 8


def band_kernel() -> Scores:
    """(8, 8) how a band spreads over bands; each row sums to 1.

    >>> band_kernel()[3].tolist()
    [0.0, 0.0, 0.25, 0.5, 0.25, 0.0, 0.0, 0.0]
    """
    distance = np.abs(np.subtract.outer(np.arange(BANDS), np.arange(BANDS)))
    kernel = np.clip(1 - distance / 2, 0, None)
    return kernel / kernel.sum(1, keepdims=True)


def spread(bands: NDArray[np.int32]) -> tuple[NDArray[np.intp], NDArray[np.int32], Scores]:
    """What bands (n,) count for, as `band_kernel` says.

    Returns:
        (n,) over how many bands each spreads; one after the other (m,) those bands, and the shares of them.

    >>> [found.tolist() for found in spread(np.array([0, 3], np.int32))][:2]
    [[2, 3], [0, 1, 2, 3, 4]]
    """
    kernel = band_kernel()
    from_, over = np.nonzero(kernel)
    counts = np.bincount(from_, minlength=BANDS)
    lengths, starts = counts[bands], np.cumsum(counts) - counts
    before = np.cumsum(lengths) - lengths
    at = np.arange(int(lengths.sum())) + np.repeat(starts[bands] - before, lengths)
    return lengths, over.astype(np.int32)[at], kernel[from_, over][at]


def bands_of(numbers: Scores, types: NDArray[np.int32]) -> NDArray[np.int32]:
    """(n,) the band of each number within its type, 0 least … 7 most: ⌊8 · (mean place + ½) / how many⌋.

    >>> bands_of(np.array([5.0, 8.0, 8.0, 15.0, 70.0]), np.array([1, 1, 1, 1, 2])).tolist()
    [1, 4, 4, 7, 4]
    """
    if not len(numbers):
        return np.empty(0, np.int32)
    order = np.lexsort((numbers, types))
    kinds, sorted_numbers = types[order], numbers[order]
    is_first = np.append(True, kinds[1:] != kinds[:-1])
    is_new = is_first | np.append(True, sorted_numbers[1:] != sorted_numbers[:-1])
    starts, of_kind, of_number = np.flatnonzero(is_first), np.cumsum(is_first) - 1, np.cumsum(is_new) - 1
    place = np.arange(len(order)) - starts[of_kind]
    mean = np.bincount(of_number, place) / np.bincount(of_number)
    bands = np.empty(len(order), np.int32)
    bands[order] = (mean[of_number] + 0.5) * BANDS // np.bincount(of_kind)[of_kind]
    return bands


def spread_over(
    bands: NDArray[np.int32], types: NDArray[np.int32]
) -> tuple[NDArray[np.intp], NDArray[np.int32], Scores]:
    """What bands (n,) of products of `types` (n,) count for.

    Returns:
        (m,) positions in 0..n−1, ascending, the bands that each spreads over, and its shares of them, which sum to 1.

    >>> positions, over, shares = spread_over(np.array([1, 4, 7]), np.array([1, 1, 1]))
    >>> over[positions == 1].tolist(), shares[positions == 1].tolist()
    ([1, 4, 7], [0.25, 0.5, 0.25])
    """
    keys = types.astype(np.int64) * BANDS + bands
    held, at = distinct(keys, int(keys.max(initial=-1)) + 1)
    beside = np.append(held[1:] // BANDS == held[:-1] // BANDS, False)  # whether the next band is of the same type
    weights = np.stack([0.5 * np.append(False, beside[:-1]), np.ones(len(held)), 0.5 * beside], axis=1)
    weights /= weights.sum(1, keepdims=True)
    of_product = weights[at]
    positions, step = np.nonzero(of_product)
    over = held[at[positions] + step - 1] % BANDS
    return positions, over.astype(np.int32), of_product[positions, step]
