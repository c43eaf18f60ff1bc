"""How far tastes may speak in a query: wholly where it shows many things that are equally good, not at all where one.

Source: Ai et al., ZAM, arXiv 1908.11322 (personalize only where it is of use); Teevan et al. 2008 (potential for
personalization).
"""

from __future__ import annotations

import numpy as np

from search.rerank.traits import Catalogue
from search.types import Repeats, Rows, Scores

#: The gate opens between a choice of two and a choice of twenty equally good products.
NARROW, BROAD = float(np.log(2.0)), float(np.log(20.0))
GATE_DEPTH = 100


def shares_shown(relevance: Scores, temperature: float) -> Scores:
    """How a stranger's attention is spread over the first hundred: softmax(R/T), in the ranking's order.

    Args:
        relevance: (n,) R, in anonymous order.
        temperature: difference in R that is one unit of log-odds.

    Returns:
        (min(n, 100),) shares that sum to 1.
    """
    best = relevance[:GATE_DEPTH] / temperature
    shares = np.exp(best - best.max(initial=0.0))
    return shares / max(shares.sum(), 1e-300)


def query_gate(shown: Scores, tier: Scores) -> float:
    """How broad a query is, 0..1: the entropy of what it shows, between a choice of two and one of twenty.

    0 where an exact product was found.

    >>> query_gate(np.full(20, 0.05), np.ones(20)), query_gate(np.full(2, 0.5), np.ones(2))
    (1.0, 0.0)
    """
    if not len(shown) or (tier == 0).any():
        return 0.0
    entropy = float(-(shown * np.log(np.maximum(shown, 1e-300))).sum())
    return float(np.clip((entropy - NARROW) / (BROAD - NARROW), 0.0, 1.0))


def type_gate(shown: Scores, rows: Rows, catalogue: Catalogue, repeats: Repeats | None) -> float:
    """Of how much use tastes have proven to be for what a query shows, 0..1: its types' gates, by their shares.

    1 where nothing is learned (`search/learned/proving.py`).
    """
    if repeats is None or not repeats.hazards.gates:
        return 1.0
    shares = np.bincount(catalogue.types[rows[: len(shown)]], shown, len(catalogue.type_names))
    gates = repeats.hazards.gates
    closed = sum(
        shares[code] * (1.0 - gates.get(catalogue.type_names[code], 1.0)) for code in np.flatnonzero(shares).tolist()
    )
    return float(np.clip(1.0 - closed, 0.0, 1.0))
