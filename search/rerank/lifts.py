"""One attribute's lifts, value by value: for profile pages and explanations. To rank, `rerank/pairs.py` works out only
those that the candidates need.

    E(v,c) = N'[c] · p0(v|c) + shown[c][v]        N': events without a known list, shown: of those with one
    E(v)   = Σ_c E(v,c), for gender and category N · p0(v)
    L_g(v) = (O(v)   + κ_g)          / (E(v)   + κ_g)
    L_c(v) = (O(v,c) + κ_c · L_g(v)) / (E(v,c) + κ_c)

Source: Mei & Church 2008 (back-off).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from search.rerank.pairs import CLIP, expected_of
from search.rerank.traits import Attribute, Catalogue
from search.settings import Personal
from search.types import Rows, Scores, Taste, parted

UNSEEN = Taste({}, {})


@dataclass(frozen=True, slots=True, eq=False)
class Lifts:
    """One attribute's lifts: `shop` (values,) and, for types with evidence, type code -> (values,).

    Beside each the counts: observed and expected, of the shop and of the types. `stated` (values,) is x of what the
    shopper states, NaN of other values; None where they state nothing of the attribute. `proven` (0..1): what is
    inferred counts so much, what is stated wholly. `start`: level -> (values,) where groups, or the customer
    system, let the lifts start.
    """

    shop: Scores
    shop_counts: tuple[Scores, Scores]
    by_type: Mapping[int, Scores]
    type_counts: Mapping[int, tuple[Scores, Scores]]
    stated: Scores | None = None
    proven: float = 1.0
    start: Mapping[str, Scores] = field(default_factory=dict)

    def log_lifts(self, codes: NDArray[np.int32], types: NDArray[np.int32]) -> Scores:
        """(m,) x of values in product types: proven · the clipped log of their lifts, or what is stated of them."""
        lift = self.shop[codes]
        for type_code, of_type in self.by_type.items():
            here = types == type_code
            lift[here] = of_type[codes[here]]
        x = self.proven * np.clip(np.log(lift), -CLIP, CLIP)
        return x if self.stated is None else np.where(np.isnan(self.stated[codes]), x, self.stated[codes])


def lifts(
    taste: Taste,
    attribute: Attribute,
    catalogue: Catalogue,
    settings: Personal,
    long_term: float,
    only: Collection[int] | None = None,
    prior: Scores | None = None,
) -> Lifts:
    """Observed against expected for every value of an attribute, with back-off.

    Less long-term evidence (`long_term` 0..1) means that less evidence suffices: κ shrinks to a half.
    `only`: type codes whose own lifts are wanted; None for all of which something is known. `prior`: (values,) lifts
    before anything was observed; None for 1 each.
    """
    kappa_shop, kappa_type = (kappa * (1 + long_term) / 2 for kappa in (settings.kappa_shop, settings.kappa_type))
    size, whole_shop = len(attribute.values), not attribute.has_types
    wanted = catalogue.type_code if only is None else {catalogue.type_names[code]: code for code in only}
    observed = np.zeros(size)
    by_type: dict[int, Scores] = {}
    for value, types in taste.observed.items():
        code = attribute.code_of.get(value)
        if code is not None:
            observed[code] += sum(types.values())
            for name in () if whole_shop else types.keys() & wanted.keys():
                if types[name] > 0:
                    by_type.setdefault(wanted[name], np.zeros(size))[code] += types[name]
    type_counts: dict[int, tuple[Scores, Scores]] = {}
    events, shown = parted(taste.events, taste.shown)
    for name in () if whole_shop else taste.events.keys() & wanted.keys():
        type_code = wanted[name]
        if taste.events[name] > 0 or type_code in by_type:
            due = events[name] * attribute.expected(type_code)
            _add(due, shown.get(name, {}), attribute)
            type_counts[type_code] = (by_type.get(type_code, np.zeros(size)), due)
    expected = expected_of(attribute, catalogue, events)
    for values in shown.values():
        _add(expected, values, attribute)
    shop = (observed + kappa_shop * (1.0 if prior is None else prior)) / (expected + kappa_shop)
    of_types = {code: (o + kappa_type * shop) / (e + kappa_type) for code, (o, e) in type_counts.items()}
    return Lifts(shop, (observed, expected), of_types, type_counts)


def _add(into: Scores, shown: Mapping[str, float], attribute: Attribute) -> None:
    for value, count in shown.items():
        code = attribute.code_of.get(value)
        if code is not None:
            into[code] += count


def taste_scores(found: Lifts, attribute: Attribute, catalogue: Catalogue, rows: Rows) -> Scores:
    """(n,) x(d): the clipped log lift of each product's value, the mean over several, 0 without one."""
    positions, codes = attribute.entries(rows)
    x = found.log_lifts(codes, catalogue.types[rows][positions])
    several = np.maximum(np.bincount(positions, minlength=len(rows)), 1)
    return np.bincount(positions, x, len(rows)) / several
