"""What a shopper says of their tastes, as x: +log 2 for a liked value, −log 2 for a disliked one. No decay.

Stated beats inferred: whatever was observed of the value does not count beside it. A dislike lowers and never hides:
the weight, the query's gate and the bound hold for it as for all tastes, so that one brand liked and another disliked
lie 0.5 · 2 · log 2 = 0.69 apart, which B = 0.5 on either side lets through.
"""

from __future__ import annotations

import numpy as np

from search.rerank.traits import Attribute
from search.types import Scores, StatedTastes

#: A stated value counts as one that was chosen twice as often as was to be expected.
SAID = float(np.log(2.0))
#: The level of such a term, beside "shop" and "type".
STATED = "stated"
#: The level of a value of which only the style test says something.
STYLE_TEST = "style test"


def opinions(attribute: Attribute, stated: StatedTastes) -> Scores | None:
    """(values,) x of what is stated of the attribute's values, NaN of the others; None where nothing is.

    Values that the catalogue does not have any more say nothing.
    """
    if attribute.name not in stated.likes and attribute.name not in stated.dislikes:
        return None
    x = np.full(len(attribute.values), np.nan)
    for said, sign in ((stated.likes, 1.0), (stated.dislikes, -1.0)):
        for value in said.get(attribute.name, ()):
            code = attribute.code_of.get(value)
            if code is not None:
                x[code] = sign * SAID
    return None if np.isnan(x).all() else x
