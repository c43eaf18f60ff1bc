"""Two legs to one relevance R in (0, 1]: a convex combination of calibrated scores.

By score and not by rank: reciprocal rank fusion throws away how sure each leg is and had 0.692 nDCG@10 where
BM25 alone had 0.749 (19,406 electronics products).

Source: Bruch, Gai, Ingber, An Analysis of Fusion Functions for Hybrid Retrieval, arXiv 2210.11934.
"""

from __future__ import annotations

import numpy as np

from search.types import UNKNOWN_KIND, Rows, Scores

#: Of so many scores one is looked at to guess which ones are among the best.
SAMPLED = 16


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


def best_rows(scores: Scores, most: int) -> Rows:
    """The rows of the best scores above 0, at most so many; ties by row.

    >>> best_rows(np.array([0.2, 0.0, 0.5, 0.2]), 2).tolist()
    [2, 0]
    """
    guess = reached_by(scores, most)
    rows = np.flatnonzero(scores >= guess if guess > 0 else scores > 0)
    if len(rows) < most and guess > 0:  # the sample was not like the others
        rows = np.flatnonzero(scores > 0)
    if len(rows) > most:
        least = np.partition(scores[rows], -most)[-most]
        rows = rows[scores[rows] >= least]
    return rows[np.argsort(-scores[rows], kind="stable")[:most]].astype(np.int32)


def reached_by(scores: Scores, most: int) -> float:
    """A score that somewhat more than so many reach, as far as a sample can tell; 0 where there are not many scores."""
    expected = most / SAMPLED
    rank = int(expected + 4 * np.sqrt(expected) + 4)
    sample = scores[::SAMPLED]
    return 0.0 if 2 * rank > len(sample) else float(np.partition(sample, -rank)[-rank])


def calibrate_cosine(cosine: Scores, noise: float) -> Scores:
    """Cosine to 0..1: 0 for what unrelated products have (`noise`), 1 for the same text.

    >>> calibrate_cosine(np.array([-0.5, 0.0, 0.5, 1.0]), noise=0.0).tolist()
    [0.0, 0.0, 0.5, 1.0]
    """
    return np.clip((cosine - noise) / max(1.0 - noise, 1e-6), 0.0, 1.0)


def uncalibrated(dense: float, noise: float) -> float:
    """The cosine that has a calibrated one, less a rounding error: whoever has more reaches it.

    >>> round(uncalibrated(0.25, noise=0.2), 6)
    0.4
    """
    return dense * max(1.0 - noise, 1e-6) + noise - 1e-9


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


def kind_gain(bm25: Scores, best: float, kind: Scores, credit: float, penalty: float) -> Scores:
    """(n,) what the kind adds to the score of the word that names it, or takes.

    of a wanted kind: credit · kind · (best − bm25), as if the product held some more of the word;
    known to be something else: − penalty · (1 − kind) · bm25, because the word says what it is for.

    Args:
        bm25: (n,) the word's scores, at most `best`.
        kind: (n,) how much each is of a wanted kind: 1 it is, 0 it is something else, 0.5 where nobody can tell.
        credit, penalty: 0..1.

    >>> kind_gain(np.array([1.0, 0.0, 1.0, 1.0]), 2.0, np.array([1.0, 1.0, 0.0, 0.5]), 0.5, 0.25).tolist()
    [0.5, 1.0, -0.25, -0.125]
    """
    gain = credit * np.where(kind > UNKNOWN_KIND, kind, 0.0) * (best - bm25)
    return gain - penalty * (1 - kind) * bm25


def kind_trust(of_kind: int, holding: int) -> float:
    """How far a query's kind decides: the number of its products against those that hold the word, at most 1.

    Where a shop has 500 notebooks and 300 products speak of laptops, what speaks of laptops and is none is an
    accessory. Where three of 500 that say "desktop" are known to be one, the titles do not name the kind.

    >>> kind_trust(500, 300), kind_trust(3, 300), kind_trust(84, 0)
    (1.0, 0.01, 1.0)
    """
    return min(of_kind / holding, 1.0) if holding else 1.0
