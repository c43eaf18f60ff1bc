"""Where the lifts of somebody start of whom little is known: those of the groups that their evidence points to.

    post_s       ∝ π_s · exp(Σ_a w_a · Σ_v O_a(v) · log L_s(v))    π_s: the group's share, w_a: the weight
    L_segment(v) = Σ_s post_s · L_s(v) / Σ_s π_s · L_s(v)

So nothing observed points to all groups as they are, L_segment is 1, and the order is everybody's. L_segment takes the
place of the 1 that L_g leans on; own evidence outweighs it (κ_g = 3 events), and clip and bound hold as for all tastes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from search.rerank.said import STYLE_TEST
from search.rerank.style import prior_lifts
from search.rerank.traits import Attribute, Catalogue
from search.types import Affinities, Scores, Taste
from search.types.segments import Segments

#: The level of a lift that the groups carry: own evidence does not point where it does.
SEGMENT = "segment"
#: The same, where the shop's customer system names the value.
CRM = "crm"


@dataclass(frozen=True, eq=False)
class Cohorts:
    """The groups over one catalogue: `shares` (s,), they sum to 1; attribute -> log lifts (s, values)."""

    shares: Scores
    log_lifts: Mapping[str, Scores]

    @cached_property
    def against_all(self) -> dict[str, Scores]:
        """Attribute -> (s, values) the groups' lifts against everybody's: L_s / Σ π · L."""
        lifts = {name: np.exp(log_lifts) for name, log_lifts in self.log_lifts.items()}
        return {name: of / (self.shares @ of) for name, of in lifts.items()}


def cohorts_of(segments: Segments, catalogue: Catalogue) -> Cohorts | None:
    """Groups as arrays over a catalogue's values; of one that no group knows the lift is 1. None without groups."""
    if not segments.found:
        return None
    shares = np.array([float(segment.people) for segment in segments.found])
    found = {}
    for name, attribute in catalogue.attributes.items():
        log_lifts = np.zeros((len(shares), len(attribute.values)))
        for place, segment in enumerate(segments.found):
            for value, lift in segment.lifts.get(name, {}).items():
                if value in attribute.code_of:
                    log_lifts[place, attribute.code_of[value]] = np.log(lift)
        if log_lifts.any():
            found[name] = log_lifts
    return Cohorts(shares / shares.sum(), found)


def posterior(
    cohorts: Cohorts, tastes: Mapping[str, Taste], catalogue: Catalogue, weights: Mapping[str, float]
) -> Scores:
    """(s,) how likely somebody is of each group, by what they chose; they sum to 1. Nothing chosen: the shares."""
    told = np.log(cohorts.shares)
    for name, log_lifts in cohorts.log_lifts.items():
        taste = tastes.get(name)
        if taste is None:
            continue
        code_of = catalogue.attributes[name].code_of
        counts = {code_of[value]: sum(types.values()) for value, types in taste.observed.items() if value in code_of}
        if counts:
            told = told + weights[name] * (log_lifts[:, list(counts)] @ np.fromiter(counts.values(), np.float64))
    likely = np.exp(told - told.max())
    return np.asarray(likely / likely.sum(), np.float64)


def segment_lifts(cohorts: Cohorts, likely: Scores) -> dict[str, Scores]:
    """Attribute -> (values,) L_segment, for somebody who is of each group as likely as `likely` (s,) says.

    >>> cohorts = Cohorts(np.array([0.5, 0.5]), {"brand": np.log(np.array([[1.5, 0.5], [0.5, 1.5]]))})
    >>> segment_lifts(cohorts, np.array([0.9, 0.1]))["brand"].round(6).tolist()
    [1.4, 0.6]
    """
    return {name: likely @ against_all for name, against_all in cohorts.against_all.items()}


def start_of(attribute: Attribute, affinities: Affinities) -> Scores | None:
    """(values,) lifts from which observation starts: what the style test, the customer system and the groups say, times
    each other; None for 1 each."""
    tested = prior_lifts(attribute.name, attribute.values, affinities.stated.leanings)
    found = [*starts_of(attribute.name, affinities).values(), *([] if tested is None else [tested])]
    return np.prod(found, axis=0) if found else None


def starts_of(name: str, affinities: Affinities) -> dict[str, Scores]:
    """Level -> (values,) where what is not the shopper's own lets an attribute's lifts start, the surest first."""
    known = {CRM: affinities.crm.get(name), SEGMENT: affinities.start.get(name)}
    return {level: lifts for level, lifts in known.items() if lifts is not None}


def carried_by(
    lift: float, start: Mapping[str, Scores], code: int, counts: tuple[float, float], of_shop: tuple[Scores, Scores]
) -> str | None:
    """The level of a lift that own evidence does not back, neither in the type nor in the shop; None where it does.

    Args:
        start: level -> (values,) where the lifts start.
        counts: observed and expected of the value, at the lift's own level; `of_shop`: (values,) of the whole shop.
    """
    both = (counts, (float(of_shop[0][code]), float(of_shop[1][code])))
    if lift == 1.0 or any((observed - expected) * (lift - 1) > 0 for observed, expected in both):
        return None
    own = STYLE_TEST if counts == (0.0, 0.0) else None
    return next((level for level, lifts in start.items() if (lifts[code] - 1) * (lift - 1) > 0), own)
