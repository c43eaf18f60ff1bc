"""The personal order: lifts, gates, bounds, and the promise that goes with them.

A shopper's lift for a value is what was observed over what was to be expected: eleven Adidas where three
were expected. Evidence is thin, so each level leans on the one above: type → whole shop → 1.

    E(v)   = Σ_c N[c] · p0(v|c), for gender and category N · p0(v)
    L_g(v) = (O(v)   + κ_g)          / (E(v)           + κ_g)
    L_c(v) = (O(v,c) + κ_c · L_g(v)) / (N[c] · p0(v|c) + κ_c)
    x(d)   = proven · clip(log L(v_d), ±log 4), the mean over several values, 0 where there is none
    p(d)   = strength · clip(g · Σ_a b_a · w_a · (x_a(d) − x̄_a), ±B) + repeat(d), lowered where d would pass what fits
             the query better (`rerank/stated.py`); |repeat| ≤ strength · B_r (`rerank/repeat.py`)

Of a value that the shopper states to like or dislike, x is ±log 2, whatever was observed (`rerank/said.py`). What is
not to be had in the size that they state has size(d) = −2 · strength beside p, and counts as if A were so much less.

x̄_a is the mean of x_a over what the query shows to a stranger (its best hundred, weighed by softmax(R/T)). What
all results share cannot tell them apart: a runner's lift for running shoes, added to every pair of them, would
only use up the bound, and leave nothing of it for the brand. Without the bound the order is the same; the setting
`personal.centred` switches it off, to compare.

b_a is 0 where the query states a, or the shopper switched it off; g is the query's gate: 1 for a broad query, 0
for an exact product; `proven` is what the shop's log has proven tastes to be good for
(`search/personal/proving.py`).

What is promised, and proven by a property test: the set of results is unchanged; no product passes one of a better
tier; within a tier, j never passes i if A_i − A_j > 2·strength·(B + B_r), the size's term counted in A;
nothing climbs more than `places` above its anonymous rank; at strength 0 the order is the anonymous one.

Sources: Mei & Church 2008 (back-off); Ai et al., ZAM, arXiv 1908.11322 (personalize only where it is of use);
Teevan et al. 2008 (potential for personalization).
"""

from __future__ import annotations

import heapq
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from search.rerank.gates import GATE_DEPTH, query_gate, shares_shown, type_gate
from search.rerank.policies import EXACT
from search.rerank.repeat import REPEAT, Repeated, repeated
from search.rerank.said import STATED, opinions
from search.rerank.segments import carried_by, start_of, starts_of
from search.rerank.stated import FIT, yielding
from search.rerank.traits import SHOP_WIDE, Attribute, Catalogue
from search.settings import Personal
from search.types import TASTES, Affinities, Mask, Ranking, Repeats, Rows, Scores, Stated, Taste

CLIP = float(np.log(4.0))
SWITCHED_OFF = "switched off"
QUERY_STATES = "the query states it"
#: What the query states -> the taste that must not speak then, where they have different names.
TASTE_OF = {"price": "price_band", "price_level": "price_band", "product_type": "", "category": ""}
CHILDREN = ("kinder", "baby")
UNSEEN = Taste({}, {})
#: The features that the personal order adds, all 0 at first; and scaled_by, 1 at first.
COLUMNS = ("p", "yields", "repeat", "size", "wrong_size", "held", *(f"x_{name}" for name in TASTES))


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


@dataclass(frozen=True, slots=True)
class Term:
    """One attribute's share in a product's personal score, for the explanation."""

    attribute: str
    value: str
    lift: float
    level: str
    observed: float
    expected: float
    x: float
    x_shown: float
    weight: float
    blocked: str | None
    contribution: float


@dataclass(frozen=True, slots=True, eq=False)
class Personalized:
    """A personal ranking and what explains it.

    `gate` of the query; `proven` by the shop's log for what it shows; `lifts` and `shown` (x̄: the mean of x over what
    the query shows) per attribute; `blocked` attributes, and why; `repeat` purchase, None where nothing is known of it.
    """

    ranking: Ranking
    gate: float
    lifts: Mapping[str, Lifts]
    blocked: Mapping[str, str]
    shown: Mapping[str, float]
    repeat: Repeated | None = None
    proven: float = 1.0


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
    size, whole_shop = len(attribute.values), attribute.name == "category"
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
    for name in () if whole_shop else taste.events.keys() & wanted.keys():
        type_code, events = wanted[name], taste.events[name]
        if events > 0 or type_code in by_type:
            type_counts[type_code] = (
                by_type.get(type_code, np.zeros(size)),
                events * attribute.expected(type_code),
            )
    expected = _expected(taste, attribute, catalogue)
    shop = (observed + kappa_shop * (1.0 if prior is None else prior)) / (expected + kappa_shop)
    of_types = {code: (o + kappa_type * shop) / (e + kappa_type) for code, (o, e) in type_counts.items()}
    return Lifts(shop, (observed, expected), of_types, type_counts)


def _expected(taste: Taste, attribute: Attribute, catalogue: Catalogue) -> Scores:
    """(values,) what somebody without this taste would have chosen, over the whole shop."""
    if attribute.name in SHOP_WIDE:
        return sum(taste.events.values()) * attribute.share
    events: dict[int | None, float] = {}
    for name, count in taste.events.items():
        code = catalogue.type_code.get(name)
        events[code] = events.get(code, 0.0) + count
    return attribute.expected_of(events)


def taste_scores(found: Lifts, attribute: Attribute, catalogue: Catalogue, rows: Rows) -> Scores:
    """(n,) x(d): the clipped log lift of each product's value, the mean over several, 0 without one."""
    positions, codes = attribute.entries(rows)
    x = found.log_lifts(codes, catalogue.types[rows][positions])
    several = np.maximum(np.bincount(positions, minlength=len(rows)), 1)
    return np.bincount(positions, x, len(rows)) / several


def weights_of(settings: Personal) -> dict[str, float]:
    """Attribute -> weight."""
    return {name: getattr(settings, name) for name in TASTES}


def blocked_attributes(stated: Collection[Stated], switched_off: Collection[str]) -> dict[str, str]:
    """Attributes that must not speak, and why."""
    spoken = [item for item in stated if item.effect != "off"]
    names = {TASTE_OF.get(item.attribute, item.attribute) for item in spoken}
    names |= {"gender" for item in spoken if item.attribute == "age_group" and item.value in CHILDREN}
    names |= set(TASTES) if "line" in names else set()
    return {**dict.fromkeys(switched_off, SWITCHED_OFF), **dict.fromkeys(sorted(names - {""}), QUERY_STATES)}


def personalize(
    ranking: Ranking,
    affinities: Affinities,
    catalogue: Catalogue,
    blocked: Mapping[str, str],
    settings: Personal,
    strength: float,
    window: int,
    wrong_size: Mask | None = None,
    repeats: Repeats | None = None,
) -> Personalized:
    """The personal order of an anonymous ranking.

    Args:
        ranking: in anonymous order, with the features R, tier, A and rank_anonymous.
        affinities: what is known of the shopper; nothing gives the ranking back.
        blocked: attributes that must not speak.
        strength: the dial, 0..1.
        window: places from the top that are ordered personally; the rest keeps its order.
        wrong_size: (depth(n, window),) products from the top that are not to be had in the shopper's size.
        repeats: when people buy again; None: nobody knows.

    Returns:
        The ranking with the features p, yields (≤ 0: what p lost to what the query states), repeat, size, wrong_size (0
        or 1), x_<attribute>, scaled_by and held added; 0 outside the window.
    """
    shown = shares_shown(ranking.features["R"], settings.temperature)
    proven = type_gate(shown, ranking.rows, catalogue, repeats) if settings.proving > 0 else 1.0
    gate = query_gate(shown, ranking.features["tier"])
    part = slice(0, depth(len(ranking), window, settings))
    columns = {name: np.zeros(len(ranking)) for name in COLUMNS} | {"scaled_by": np.ones(len(ranking))}
    found: dict[str, Lifts] = {}
    means: dict[str, float] = {}
    again: Repeated | None = None
    if strength > 0 and not affinities.is_empty:
        rows = ranking.rows[part]
        found = _lifts_of(affinities, catalogue, settings, rows, proven)
        for name, of_one in found.items():
            x = taste_scores(of_one, catalogue.attributes[name], catalogue, rows)
            means[name] = float(x[: len(shown)] @ shown) if settings.centred else 0.0
            columns[f"x_{name}"][part] = x - means[name]
        bounded, columns["scaled_by"][part] = _bounded(columns, part, found.keys() - blocked.keys(), gate, settings)
        if REPEAT not in blocked and not (ranking.features["tier"] == EXACT).any():
            again = repeated(affinities.purchases, repeats, catalogue, rows, shown, settings)
        if again is not None:
            columns["repeat"][part] = strength * np.clip(again.raw, -settings.repeat_bound, settings.repeat_bound)
        wanted = strength * bounded + columns["repeat"][part]
        fits = [column[part] for name, column in ranking.features.items() if name.startswith(FIT)]
        columns["p"][part] = yielding(wanted, fits)
        columns["yields"][part] = columns["p"][part] - wanted
        if wrong_size is not None:
            columns["wrong_size"][part] = wrong_size
            columns["size"] = -strength * settings.wrong_size * columns["wrong_size"]
    final = _placed(ranking.with_features(**columns), part, settings)
    return Personalized(final, gate, found, blocked, means, again, proven)


def _lifts_of(
    affinities: Affinities, catalogue: Catalogue, settings: Personal, rows: Rows, proven: float
) -> dict[str, Lifts]:
    """Attribute -> lifts, of those that something is known or stated of."""
    kinds, found = set(catalogue.types[rows].tolist()), {}
    for name, attribute in catalogue.attributes.items():
        taste, said = affinities.tastes.get(name), opinions(attribute, affinities.stated)
        prior, start = start_of(attribute, affinities), starts_of(name, affinities)
        if (taste is None and said is None and prior is None) or not len(attribute.values):
            continue
        known = lifts(taste or UNSEEN, attribute, catalogue, settings, affinities.long_term, kinds, prior)
        found[name] = replace(known, stated=said, proven=proven, start=start)
    return found


def _bounded(
    columns: Mapping[str, Scores], part: slice, speaking: Collection[str], gate: float, settings: Personal
) -> tuple[Scores, Scores]:
    """clip(g · Σ_a w_a · x_a, ±B) over the attributes that may speak, and by how much it shrank all terms alike."""
    weights = weights_of(settings)
    raw = gate * sum((weights[name] * columns[f"x_{name}"][part] for name in TASTES if name in speaking), np.zeros(1))
    raw = np.broadcast_to(raw, columns["p"][part].shape)
    bounded = np.clip(raw, -settings.bound, settings.bound)
    return bounded, np.divide(bounded, raw, out=np.ones(len(raw)), where=raw != 0)


def _placed(ranking: Ranking, part: slice, settings: Personal) -> Ranking:
    """In personal order, with the feature held."""
    score = ranking.features["A"] + ranking.features["size"] + ranking.features["p"]
    order, held = place(ranking.features["tier"][part], score[part], ranking.rows[part], settings.places)
    ranking.features["held"][order] = held  # type: ignore[index]
    order = np.concatenate([order, np.arange(part.stop, len(ranking))])
    ranked = ranking.take(order)
    return Ranking(ranked.rows, score[order], ranked.features)


def depth(size: int, window: int, settings: Personal) -> int:
    """How many of `size` products are ordered anew so that the first `window` places are right."""
    return min(size, max(window, GATE_DEPTH) + settings.places)


def place(tier: Scores, score: Scores, rows: Rows, places: int) -> tuple[NDArray[np.intp], Scores]:
    """Fill each place with the best product that may stand there.

    Position k takes the best (tier, score) among those not yet placed whose anonymous rank is at most
    k + places. Ties by row.

    Args:
        tier, score, rows: (n,) in anonymous order.
        places: how far a product may climb.

    Returns:
        order (n,): positions of the anonymous order, best first; held (n,), in that order: 1 where a product
        stands below one that it beats, because it may not climb higher.

    >>> order, held = place(np.zeros(4), np.array([4.0, 3, 2, 9]), np.arange(4), places=1)
    >>> order.tolist(), held.tolist()
    ([0, 1, 3, 2], [0.0, 0.0, 1.0, 0.0])
    """
    rounded = -np.round(score, 6)
    best = np.lexsort((rows, rounded, tier))
    if (best <= np.arange(len(best)) + places).all():  # nobody has to wait: the best order may stand
        return best, np.zeros(len(best))
    keys = list(zip(tier.tolist(), rounded.tolist(), rows.tolist(), strict=True))
    waiting: list[tuple[tuple[float, float, int], int]] = []
    order, held, allowed = [], [], 0
    worst: tuple[float, float, int] | None = None
    for position in range(len(keys)):
        while allowed < len(keys) and allowed <= position + places:
            heapq.heappush(waiting, (keys[allowed], allowed))
            allowed += 1
        key, at = heapq.heappop(waiting)
        order.append(at)
        held.append(1.0 if worst is not None and worst > key else 0.0)
        worst = key if worst is None else max(worst, key)
    return np.array(order, np.intp), np.array(held)


def terms_of(
    result: Personalized, position: int, catalogue: Catalogue, settings: Personal, strength: float
) -> list[Term]:
    """The terms of one product's personal score; their contributions add up to p.

    For a product with several values of an attribute the value whose lift is furthest from 1 is named. One without
    a value has a term too, without a name and with lift 1: others' values count beside its silence.
    """
    row = result.ranking.rows[position : position + 1]
    scaled = float(result.ranking.features["scaled_by"][position])
    terms = []
    for name, found in result.lifts.items():
        attribute = catalogue.attributes[name]
        codes = attribute.entries(row)[1]
        type_code = int(catalogue.types[row[0]])
        level, lift, counts = "shop", found.shop, found.shop_counts
        if type_code in found.by_type:
            level, lift, counts = "type", found.by_type[type_code], found.type_counts[type_code]
        value, told, (observed, expected) = "", 1.0, (0.0, 0.0)
        if len(codes):
            x = found.log_lifts(codes, np.full(len(codes), type_code))
            code = int(codes[np.argmax(np.abs(x))])
            value, told = attribute.values[code], float(lift[code])
            observed, expected = (float(count[code]) for count in counts)
            if found.stated is not None and not np.isnan(found.stated[code]):
                level, told = STATED, float(np.exp(found.stated[code]))
            elif start_level := carried_by(told, found.start, code, (observed, expected), found.shop_counts):
                level = start_level
        weight = weights_of(settings)[name]
        centred, mean = float(result.ranking.features[f"x_{name}"][position]), result.shown[name]
        reason = result.blocked.get(name)
        contribution = 0.0 if reason else strength * result.gate * weight * centred * scaled
        terms.append(
            Term(name, value, told, level, observed, expected, centred + mean, mean, weight, reason, contribution)
        )
    return terms
