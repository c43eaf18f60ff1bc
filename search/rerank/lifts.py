"""One attribute's lifts, value by value: for profile pages and explanations. To rank, `rerank/pairs.py` works out only
those that the candidates need.

    E(v,c) = N'[c] · p0(v|c) + shown[c][v]        N': events without a known list, shown: of those with one
    E(v)   = Σ_c E(v,c), for gender and category N · p0(v)
    L_g(v) = (O(v)   + κ_g)          / (E(v)   + κ_g)
    L_c(v) = (O(v,c) + κ_c · L_g(v)) / (E(v,c) + κ_c)

Source: Mei & Church 2008 (back-off).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from search.rerank.pairs import CLIP, expected_of
from search.rerank.traits import Attribute, Catalogue
from search.settings import Personal
from search.types import Rows, Scores, Taste, parted

UNSEEN = Taste({}, {})
T = TypeVar("T")


class OfTypes(Mapping[int, T]):
    """By type code, worked out when it is asked for: of a shopper's ten types a page names two."""

    def __init__(self, codes: Collection[int], make: Callable[[int], T]):
        self._codes, self._make = codes, make
        self._made: dict[int, T] = {}

    def __getitem__(self, code: int) -> T:
        if code not in self._made:
            if code not in self._codes:
                raise KeyError(code)
            self._made[code] = self._make(code)
        return self._made[code]

    def __contains__(self, code: object) -> bool:
        return code in self._codes

    def __iter__(self) -> Iterator[int]:
        return iter(self._codes)

    def __len__(self) -> int:
        return len(self._codes)


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
    shop_counts: tuple[Scores, Scores] | None = None,
) -> Lifts:
    """Observed against expected for every value of an attribute, with back-off.

    Less long-term evidence (`long_term` 0..1) means that less evidence suffices: κ shrinks to a half.
    `only`: type codes whose own lifts are wanted; None for all of which something is known. `prior`: (values,) lifts
    before anything was observed; None for 1 each. `shop_counts`: what was observed of the values (values,) and what was
    to be expected of them in the whole shop; None: it is counted here.
    """
    kappa_shop, kappa_type = (kappa * (1 + long_term) / 2 for kappa in (settings.kappa_shop, settings.kappa_type))
    size, whole_shop = len(attribute.values), not attribute.has_types
    wanted = catalogue.type_code if only is None else {catalogue.type_names[code]: code for code in only}
    of_type: dict[int, dict[int, float]] = {}  # type -> value -> what was chosen
    for value, types in taste.observed.items():
        code = attribute.code_of.get(value)
        for name in () if whole_shop else types.keys() & wanted.keys():
            if code is not None and types[name] > 0:
                of_type.setdefault(wanted[name], {})[code] = types[name]
    events, shown = parted(taste.events, taste.shown)
    held = () if whole_shop else taste.events.keys() & wanted.keys()
    name_of = {wanted[name]: name for name in held if taste.events[name] > 0 or wanted[name] in of_type}

    def counted(type_code: int) -> tuple[Scores, Scores]:
        name, chosen = name_of[type_code], np.zeros(size)
        for code, count in of_type.get(type_code, {}).items():
            chosen[code] = count
        due = events[name] * attribute.expected(type_code)
        _add(due, shown.get(name, {}), attribute)
        return chosen, due

    def lifted(type_code: int) -> Scores:
        o, e = type_counts[type_code]
        return (o + kappa_type * shop) / (e + kappa_type)

    type_counts = OfTypes(name_of.keys(), counted)
    observed, expected = _of_shop(taste, attribute, catalogue) if shop_counts is None else shop_counts
    shop = (observed + kappa_shop * (1.0 if prior is None else prior)) / (expected + kappa_shop)
    return Lifts(shop, (observed, expected), OfTypes(name_of.keys(), lifted), type_counts)


def _of_shop(taste: Taste, attribute: Attribute, catalogue: Catalogue) -> tuple[Scores, Scores]:
    """What was observed of an attribute's values in the whole shop, and what was to be expected of them."""
    events, shown = parted(taste.events, taste.shown)
    observed, expected = np.zeros(len(attribute.values)), expected_of(attribute, catalogue, events)
    _add(observed, {value: sum(types.values()) for value, types in taste.observed.items()}, attribute)
    for values in shown.values():
        _add(expected, values, attribute)
    return observed, expected


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
