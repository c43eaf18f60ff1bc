"""Two legs to one relevance R in (0, 1]: a convex combination of calibrated scores.

By score and not by rank: reciprocal rank fusion throws away how sure each leg is and had 0.692 nDCG@10 where
BM25 alone had 0.749 (19,406 electronics products).

Source: Bruch, Gai, Ingber, An Analysis of Fusion Functions for Hybrid Retrieval, arXiv 2210.11934.
"""

from __future__ import annotations

import numpy as np

from search.types import Scores


def calibrate_lexical(bm25: Scores, found: Scores, best: float, coverage: float) -> Scores:
    """BM25F to 0..1: its share of the most that the query allows, less where words are missing.

    lexical = bm25 / best · (1 − coverage + coverage · found)

    Args:
        bm25: (n,) scores.
        found: (n,) share of the query's words that the product holds.
        best: score of a product in which every word of the query were saturated.
        coverage: how much missing words cost, 0..1.
    """
    if best <= 0:
        return np.zeros_like(bm25)
    return np.clip(bm25 / best * (1 - coverage + coverage * found), 0.0, 1.0)


def calibrate_cosine(cosine: Scores, noise: float) -> Scores:
    """Cosine to 0..1: 0 for what unrelated products have (`noise`, measured when building), 1 for the same text.

    >>> calibrate_cosine(np.array([-0.5, 0.0, 0.5, 1.0]), noise=0.0).tolist()
    [0.0, 0.0, 0.5, 1.0]
    """
    return np.clip((cosine - noise) / max(1.0 - noise, 1e-6), 0.0, 1.0)


def lexical_weight(best_lexical: float, best_dense: float, fixed: float | None = None, trust: float = 1.0) -> float:
    """The lexical leg's share for one query: the dense leg's vote is its confidence × the lexical leg's doubt.

    w_lexical = 1 − trust · best_dense · (1 − best_lexical), clipped to 0..1, where a leg's confidence is the best
    calibrated score that it has for this query, over the whole catalogue. A leg that found nothing has no say.

    No fixed weight is good everywhere: 0.9 is best for a catalogue of English model numbers, 0.5 for German names that
    share few words. This one is within 0.004 of the best fixed weight on each of four catalogues, home-en among them,
    which was not looked at when it was chosen (docs/figures.md). What suits one catalogue: `tresen-eval calibrate`.

    Args:
        best_lexical, best_dense: 0..1.
        fixed: the share wherever both legs found something; None to find it.
        trust: scales the dense leg's vote, 0..2.

    >>> lexical_weight(0.8, 0.5), lexical_weight(0.0, 0.5)
    (0.9, 0.0)
    >>> lexical_weight(0.8, 0.5, fixed=0.6), lexical_weight(0.8, 0.5, trust=2.0)
    (0.6, 0.8)
    """
    if best_lexical <= 0:
        return 0.0 if best_dense > 0 else 1.0
    if best_dense <= 0:
        return 1.0
    if fixed is not None:
        return fixed
    return min(max(1.0 - trust * best_dense * (1.0 - best_lexical), 0.0), 1.0)


def fuse(lexical: Scores, dense: Scores, weight: float) -> Scores:
    """R = weight · lexical + (1 − weight) · dense, to 1e-6.

    Args:
        lexical, dense: (n,) calibrated scores, 0..1; 0 where a leg did not find the row.
        weight: the lexical leg's share, 0..1.

    >>> fuse(np.array([0.5, 0.9]), np.array([0.9, 0.1]), 0.5).tolist()
    [0.7, 0.5]
    """
    return np.round(weight * lexical + (1 - weight) * dense, 6)
