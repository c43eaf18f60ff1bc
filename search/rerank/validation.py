"""What a shopper's profile is worth: does it tell what they choose from what they are shown?

Before a choice y among the shown d is learned from, each taste is asked how likely it thought it, against what a
stranger would have chosen, q = softmax(A):

    s_a = w_a · x_a(y) − log Σ_d q(d) · e^(w_a · x_a(d))        nats; of repeat purchase, and of all together, likewise
    S_a ← min(S_a · 2^(−Δt/h) + s_a, S0)
    γ_a = clip((S0 + S_a) / S0, 0, 1)                           S0 = 1 nat, for all together 3

So a profile speaks from the first event on, and loses its voice where it is wrong: somebody else's on a shared device,
a taste that is none, one that was given up. The sums are kept with the counters (`profiles/statistics.py`); those of a
visit, which fade within minutes, gate the past while somebody shops for another (ρ). What the past may not say, this
visit may: x = γ · x(past and visit) + (1 − γ) · x(visit).

Source: Dawid 1984, doi:10.2307/2981683 (prequential: judge a forecaster by the forecasts that it made).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from search.rerank.personal import tastes_of
from search.rerank.repeat import REPEAT, repeated
from search.rerank.traits import Catalogue
from search.rerank.weights import weights_of
from search.settings import Personal
from search.types import Affinities, Repeats, Rows, Scores

#: All tastes and repeat purchase together.
WHOLE = ""


def gains(
    known: Affinities,
    catalogue: Catalogue,
    settings: Personal,
    rows: Rows,
    log_odds: Scores,
    chosen: NDArray[np.intp],
    repeats: Repeats | None = None,
) -> dict[str, float]:
    """What the profile was worth for a choice: attribute, "repeat" and "" -> nats; empty where it says nothing.

    Args:
        known: of the past alone, as it was before the choice.
        rows: (n,) products that were shown.
        log_odds: (n,) A of each.
        chosen: (m,) positions of what was chosen among them; several count by their mean.
    """
    shares = np.exp(log_odds - log_odds.max(initial=-np.inf))
    shares /= max(shares.sum(), 1e-300)
    ungated = replace(known, gates={})  # what is silenced goes on being judged, or it would stay so for ever
    names, x = tastes_of(ungated, catalogue, settings, rows, 1.0)
    weights = weights_of(settings)
    terms = np.array([weights[name] for name in names])[:, None] * (x - (x @ shares)[:, None])
    again = repeated(known.purchases, repeats, catalogue, rows, shares, settings)
    bound, repeat_bound = settings.bound, settings.repeat_bound
    term = np.zeros(len(rows)) if again is None else np.clip(again.raw, -repeat_bound, repeat_bound)
    told = dict(zip(names, terms, strict=True))
    told |= {} if again is None else {REPEAT: term}
    told |= {WHOLE: np.clip(terms.sum(0), -bound, bound) + term} if told else {}
    return {name: _gain(of_one, shares, chosen) for name, of_one in told.items() if np.ptp(of_one) > 0}


def _gain(term: Scores, shares: Scores, chosen: NDArray[np.intp]) -> float:
    return float(term[chosen].mean() - np.log(shares @ np.exp(term)))
