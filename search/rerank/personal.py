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
(`search/learned/proving.py`).

What is promised, and proven by a property test: the set of results is unchanged; no product passes one of a better
tier; within a tier, j never passes i if A_i − A_j > 2·strength·(B + B_r), the size's term counted in A;
nothing climbs more than `places` above its anonymous rank; at strength 0 the order is the anonymous one.

Sources: Mei & Church 2008 (back-off); Ai et al., ZAM, arXiv 1908.11322 (personalize only where it is of use);
Teevan et al. 2008 (potential for personalization).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial

import numpy as np

from search.rerank.gates import query_gate, shares_shown, type_gate
from search.rerank.lifts import UNSEEN, Lifts, lifts
from search.rerank.pairs import log_lifts, pairs_of
from search.rerank.place import depth, place
from search.rerank.policies import EXACT
from search.rerank.repeat import REPEAT, Repeated, repeated
from search.rerank.said import STATED, opinions
from search.rerank.segments import carried_by, start_of, starts_of
from search.rerank.stated import FIT, yielding
from search.rerank.traits import DISCOUNT, Catalogue
from search.rerank.weights import weights_of
from search.settings import Personal
from search.types import TASTES, Affinities, Mask, Ranking, Repeats, Rows, Scores, Stated

SWITCHED_OFF = "switched off"
QUERY_STATES = "the query states it"
#: What the query states -> the taste that must not speak then, where they have different names.
TASTE_OF = {"price": "price_band", "price_level": "price_band", "product_type": "", "category": ""}
SALE = "sale"
CHILDREN = ("kinder", "baby")
NO_CODES = np.empty(0, np.int32)
#: The features that the personal order adds, all 0 at first; and scaled_by, 1 at first.
COLUMNS = ("p", "yields", "repeat", "size", "wrong_size", "held", *(f"x_{name}" for name in TASTES))


@dataclass(frozen=True, slots=True)
class Term:
    """One attribute's share in a product's personal score, for the explanation. `is_band`: its value is a number's."""

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
    trust: float = 1.0
    is_band: bool = False


@dataclass(frozen=True, eq=False)
class Personalized:
    """A personal ranking and what explains it.

    `gate` of the query; `proven` by the shop's log for what it shows; `blocked` attributes, and why; `shown` (x̄: the
    mean of x over what the query shows) per attribute that something is known of; `repeat` purchase, None where nothing
    is known of it; `trust`: attribute -> how far the profile has proven itself.
    """

    ranking: Ranking
    gate: float
    blocked: Mapping[str, str]
    shown: Mapping[str, float]
    repeat: Repeated | None = None
    proven: float = 1.0
    lifts_of: Callable[[], Mapping[str, Lifts]] = dict
    trust: Callable[[str], float] = lambda attribute: 1.0

    @cached_property
    def lifts(self) -> Mapping[str, Lifts]:
        """Attribute -> lifts behind the order; worked out once somebody asks."""
        return self.lifts_of()


def blocked_attributes(
    stated: Collection[Stated], switched_off: Collection[str], tastes: Collection[str] = TASTES
) -> dict[str, str]:
    """Attributes that must not speak, and why; whom something is for is one thing, told by gender or age.

    Args:
        tastes: all attributes of the catalogue, which a named product line silences.
    """
    spoken = [item for item in stated if item.effect != "off"]
    names = {TASTE_OF.get(item.attribute, item.attribute) for item in spoken}
    names |= {"gender" for item in spoken if item.attribute == "age_group" and item.value in CHILDREN}
    names |= {"age_group"} & set(tastes) if "gender" in names else set()
    is_sale = any(item.attribute == "price" and item.value == SALE for item in spoken)
    names |= {DISCOUNT} & set(tastes) if is_sale else set()
    names |= set(tastes) if "line" in names else set()
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
    means: dict[str, float] = {}
    again: Repeated | None = None
    lifts_of: Callable[[], Mapping[str, Lifts]] = dict
    if strength > 0 and not affinities.is_empty:
        rows = ranking.rows[part]
        names, x = tastes_of(affinities, catalogue, settings, rows, proven)
        lifts_of = partial(_lifts_of, affinities, catalogue, settings, proven)
        mean = x[:, : len(shown)] @ shown if settings.centred else np.zeros(len(x))
        x -= mean[:, None]
        means = dict(zip(names, mean.tolist(), strict=True))
        for name, of_one in zip(names, x, strict=True):
            columns.setdefault(f"x_{name}", np.zeros(len(ranking)))[part] = of_one
        bounded, columns["scaled_by"][part] = _bounded(names, x, blocked, gate, settings)
        if REPEAT not in blocked and not (ranking.features["tier"] == EXACT).any():
            again = repeated(affinities.purchases, repeats, catalogue, rows, shown, settings)
        if again is not None:
            trusted = strength * affinities.gate(REPEAT)
            columns["repeat"][part] = trusted * np.clip(again.raw, -settings.repeat_bound, settings.repeat_bound)
        wanted = strength * bounded + columns["repeat"][part]
        fits = [column[part] for name, column in ranking.features.items() if name.startswith(FIT)]
        columns["p"][part] = yielding(wanted, fits)
        columns["yields"][part] = columns["p"][part] - wanted
        if wrong_size is not None:
            columns["wrong_size"][part] = wrong_size
            columns["size"] = -strength * settings.wrong_size * columns["wrong_size"]
    final = _placed(ranking.with_features(**columns), part, settings)
    return Personalized(final, gate, blocked, means, again, proven, lifts_of, affinities.gate)


def tastes_of(
    affinities: Affinities, catalogue: Catalogue, settings: Personal, rows: Rows, proven: float
) -> tuple[list[str], Scores]:
    """x of products, of the attributes that something is known or stated of.

    Args:
        rows: (n,) products.
        proven: what is inferred counts so much, 0..1; what is stated wholly.

    Returns:
        The attributes' names, and x (names, n): the mean over a product's several values, 0 without one.
    """
    pairs = pairs_of(catalogue)
    said, prior = _said(affinities, catalogue), _priors(affinities, catalogue)
    known = affinities.observed | said.keys() | prior.keys()
    positions, held = pairs.of(rows)
    args = held, pairs.flat(prior, 1.0), settings
    x = proven * log_lifts(pairs, pairs.sources(affinities), *args, affinities.long_term)
    gates = np.array([affinities.gate(name) for name in pairs.names])
    if (gates < 1.0).any():
        trusted = gates[pairs.attribute[held]]
        today = log_lifts(pairs, pairs.laid(affinities.visit), *args, 0.0)
        x = trusted * x + (1 - trusted) * proven * today
    stated = pairs.flat(said, np.nan)
    if stated is not None:
        told = stated[pairs.value[held]]
        x = np.where(np.isnan(told), x, told)
    of_attributes = pairs.means(positions, held, x, len(rows))
    places = [
        place for place, name in enumerate(pairs.names) if name in known and len(catalogue.attributes[name].values)
    ]
    return [pairs.names[place] for place in places], of_attributes[places]


def _said(affinities: Affinities, catalogue: Catalogue) -> dict[str, Scores]:
    """Attribute -> (values,) x of what is stated, NaN of the others; of those of which something is."""
    if affinities.stated.is_empty:
        return {}
    found = {name: opinions(attribute, affinities.stated) for name, attribute in catalogue.attributes.items()}
    return {name: x for name, x in found.items() if x is not None}


def _priors(affinities: Affinities, catalogue: Catalogue) -> dict[str, Scores]:
    """Attribute -> (values,) lifts before anything was observed, of those that do not start at 1."""
    found = {name: start_of(attribute, affinities) for name, attribute in catalogue.attributes.items()}
    return {name: lift for name, lift in found.items() if lift is not None}


def _lifts_of(affinities: Affinities, catalogue: Catalogue, settings: Personal, proven: float) -> dict[str, Lifts]:
    """Attribute -> lifts, of those that something is known or stated of."""
    found, pairs = {}, pairs_of(catalogue)
    counts = pairs.shop_counts(affinities)
    said, prior = _said(affinities, catalogue), _priors(affinities, catalogue)
    for at, (name, attribute) in enumerate(catalogue.attributes.items()):
        taste, of_values = affinities.tastes.get(name), slice(*pairs.bases[at : at + 2])
        if (taste is None and name not in said and name not in prior) or not len(attribute.values):
            continue
        args = attribute, catalogue, settings, affinities.long_term, None, prior.get(name)
        own = counts and (counts[0][of_values], counts[1][of_values])
        known, start = lifts(taste or UNSEEN, *args, own), starts_of(name, affinities)
        found[name] = replace(known, stated=said.get(name), proven=proven, start=start)
    return found


def _bounded(
    names: Sequence[str], x: Scores, blocked: Collection[str], gate: float, settings: Personal
) -> tuple[Scores, Scores]:
    """clip(g · Σ_a w_a · x_a, ±B) over the attributes that may speak, and by how much it shrank all terms alike."""
    weights = weights_of(settings)
    speaking = gate * np.array([0.0 if name in blocked else weights[name] for name in names])
    raw = (speaking[:, None] * x).sum(axis=0)  # a matrix product's last bits depend on how many products there are
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


def terms_of(
    result: Personalized, position: int, catalogue: Catalogue, settings: Personal, strength: float
) -> list[Term]:
    """The terms of one product's personal score; their contributions add up to p.

    For a product with several values of an attribute the value whose lift is furthest from 1 is named. One without
    a value has a term too, without a name and with lift 1: others' values count beside its silence.
    """
    row = int(result.ranking.rows[position])
    held, type_code = pairs_of(catalogue).codes_of(row), int(catalogue.types[row])
    scaled = float(result.ranking.features["scaled_by"][position])
    terms = []
    for name, found in result.lifts.items():
        attribute = catalogue.attributes[name]
        codes = held.get(name, NO_CODES)
        level, lift, counts = "shop", found.shop, found.shop_counts
        if type_code in found.by_type:
            level, lift, counts = "type", found.by_type[type_code], found.type_counts[type_code]
        value, told, (observed, expected) = "", 1.0, (0.0, 0.0)
        if len(codes):
            x = found.log_lifts(codes, np.full(len(codes), type_code)) if len(codes) > 1 else (1.0,)
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
        told_x, trust = (centred + mean, mean), 1.0 if level == STATED else result.trust(name)
        said = name, value, told, level, observed, expected, *told_x, weight, reason, contribution, trust
        terms.append(Term(*said, attribute.is_band))
    return terms
