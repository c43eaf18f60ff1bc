"""What a shopper said before this call, as a soft term of the anonymous order.

Somebody searched elsewhere for "vergünstigte Pumps" and lands on the page of all women's shoes: what was understood of
those words, and the words themselves, put what goes with them first. Nothing is hidden, and all of it together weighs
less than one thing that the query itself states:

    context(d) = −weight · mean over the parts of (1 − degree_part(d)),    weight < boost of `rerank/stated.py`

A part is an attribute that was stated (1 it fits … 0 it contradicts, 0.5 it does not say), or the words (the product's
relevance for them against the best one's). It moves nothing from one tier to another.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from search.types import Ranking, Scores

#: Features of a ranking that hold the degrees of the parts are named so.
PART = "context_"
WORDS = "words"
#: The term itself, and the places that a product has gained by it.
TERM, GAINED = "context", "gained_by_context"


def context_term(parts: Mapping[str, Scores], weight: float, size: int) -> Scores:
    """(size,) the term of the anonymous order, log-odds, in −weight … 0; 0 without parts.

    Args:
        parts: name -> (size,) degrees, 0..1.
        weight: log-odds that a product loses to which no part fits.

    >>> context_term({"price": np.array([1.0, 0.0]), "words": np.array([1.0, 0.5])}, 1.5, 2).tolist()
    [0.0, -1.125]
    """
    if not parts:
        return np.zeros(size)
    return weight * (np.mean(list(parts.values()), axis=0) - 1.0)


def word_degrees(relevance: Scores) -> Scores | None:
    """(n,) how well each candidate goes with the words, against the best of them; None where none does.

    >>> word_degrees(np.array([0.2, 0.0, 0.4])).tolist()
    [0.5, 0.0, 1.0]
    """
    best = float(relevance.max(initial=0.0))
    return relevance / best if best > 0 else None


def gained(ranking: Ranking) -> Scores:
    """(n,) places by which each product stands higher than without the context, in the ranking's order.

    Args:
        ranking: in anonymous order, with the features tier, A and context.
    """
    without = np.round(ranking.features["A"] - ranking.features[TERM], 6)
    order = np.lexsort((ranking.rows, -without, ranking.features["tier"]))
    place = np.empty(len(ranking))
    place[order] = np.arange(len(ranking))
    return place - np.arange(len(ranking))
