"""What everybody chooses, as a term of the anonymous order: bounded, the same for all, and never across tiers.

Of the choices C (`search/profiles/choices.py`) of a product d for the query q and in its product type c:

    t(d)       = C(d, c) / (max C(·, c) + κ)                     0 … 1, small while little was chosen
    x(d)       = (C(d, q) + κ · t(d)) / (max C(·, q) + κ)        starts from the type, and forgets it with evidence
    clicked(d) = bound · x(d)

Without choices every x is 0.
"""

from __future__ import annotations

import numpy as np

from search.types import Scores


def of_type(counts: Scores, best: float, kappa: float) -> Scores:
    """(n,) t: how much products of one type are chosen, 0..1.

    Args:
        counts: (n,) C(d, c).
        best: the greatest C of the type.
        kappa: choices that weigh as much as knowing nothing.

    >>> of_type(np.array([60.0, 20.0, 0.0]), 60.0, 20.0).tolist()
    [0.75, 0.25, 0.0]
    """
    return counts / (best + kappa)


def clicked_degrees(counts: Scores, best: float | Scores, types: Scores, kappa: float) -> Scores:
    """(n,) x: how much products are chosen for a query, 0..1.

    Args:
        counts: (n,) C(d, q); zeros where nothing is known of the query.
        best: the greatest C of the query, over the whole shop; (n,) where it is another one for each.
        types: (n,) t.

    >>> clicked_degrees(np.array([20.0, 0.0]), 20.0, np.array([0.0, 0.5]), 20.0).tolist()
    [0.5, 0.25]
    """
    return np.clip((counts + kappa * types) / (best + kappa), 0.0, 1.0)
