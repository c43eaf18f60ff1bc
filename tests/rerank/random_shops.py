"""Random catalogues, shoppers and queries: the ground that the property tests walk on.

Everything comes from one seed. A product is a plain dict, so that a reference implementation can read it
without the code under test; `catalogue_of` lays the same products out as columns.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any

import msgspec
import numpy as np

from search.index.columns import Columns, ColumnsBuilder
from search.profiles.statistics import LONG_TERM_WEIGHTS, SESSION_WEIGHTS, Kind, combine
from search.rerank.exposure import shares_shown
from search.rerank.policies import anonymous
from search.rerank.traits import Catalogue, read_catalogue
from search.settings import Personal
from search.types import Affinities, Hazards, Mask, Ranking, Repeats, Scores, StatedTastes, Taste, Traits, TypeRepeats
from search.types.repeats import REPEAT_EDGES

KINDS = {"shopper": Kind(LONG_TERM_WEIGHTS, 180 * 86_400.0, keeps_items=True), "session": Kind(SESSION_WEIGHTS, 1200.0)}
TYPES = ("Shorts", "Shirts", "Schuhe", "Laptops")
VALUES = {
    "brand": ("Adidas", "Esprit", "Nike", "Puma", "Nordkai", "HP"),
    "gender": ("damen", "herren", "unisex"),
    "color": ("blau", "rot", "schwarz", "weiß"),
    "category": ("Damen > Hosen", "Herren > Hosen", "Technik", "Sale"),
}

#: Fields that this shop counts beside the five tastes of every shop.
OWN, MATERIALS = ("material", "heel_height_cm"), ("Leder", "Samt", "Wolle")

Goods = list[dict[str, Any]]


def random_goods(rng: Random, size: int, gaps: float = 0.2) -> Goods:
    """`size` products; a share `gaps` of all values is missing, some colours and categories come in twos."""

    def some(name: str, most: int) -> list[str]:
        return sorted(rng.sample(VALUES[name], rng.randint(1, most))) if rng.random() > gaps else []

    return [
        {
            "type": rng.choice(TYPES) if rng.random() > gaps else "",
            "brand": some("brand", 1),
            "gender": some("gender", 1),
            "color": some("color", 3),
            "category": some("category", 2),
            "price_band": [str(rng.randrange(8))] if rng.random() > gaps else [],
            **_own(at, gaps),
        }
        for at in range(size)
    ]


def _own(at: int, gaps: float) -> dict[str, Any]:
    """What a product has of the shop's own fields, by its row: one word or two, and a number with many ties."""
    own = Random(at)
    materials = sorted(own.sample(MATERIALS, own.randint(1, 2))) if own.random() > gaps else []
    return {"material": materials, "heel_height_cm": float(own.randint(3, 9)) if own.random() > gaps else None}


def catalogue_of(goods: Goods) -> Catalogue:
    """The same products as the tastes' view of a snapshot."""
    return read_catalogue(columns_of(goods), OWN)


def columns_of(goods: Goods) -> Columns:
    """The same products as a snapshot's columns."""
    builder = ColumnsBuilder()
    for row, product in enumerate(goods):
        builder.keyword("product_type", row, product["type"])
        for name, column in (("brand", "brand"), ("gender", "gender"), ("color", "color")):
            for value in product[name]:
                builder.keyword(column, row, value)
        for value in product["category"]:
            builder.keyword("_category_leaf", row, value)
        for value in product.get("material", ()):
            builder.keyword("material", row, value)
        if product.get("heel_height_cm") is not None:
            builder.number("heel_height_cm", row, product["heel_height_cm"])
        for band in product["price_band"]:
            builder.number("_price_band", row, float(band))
    return builder.freeze(len(goods))


def random_affinities(rng: Random, catalogue: Catalogue, now: float = 1e9) -> Affinities:
    """A shopper with a past, or a session, or both; some of what they knew is no longer sold."""
    folded = {}
    for kind, reach in (("shopper", 400 * 86_400), ("session", 3600)):
        statistics = None
        if rng.random() < 0.75:
            for _ in range(rng.randint(1, 40)):
                row = rng.randrange(len(catalogue.types))
                traits = with_list(row, catalogue)
                type = rng.choice(["view", "click", "cart", "remove", "purchase", "return", "impression"])
                statistics = KINDS[kind].fold(statistics, type, traits, now - rng.random() * reach)
        folded[kind] = statistics
    known = combine(KINDS, folded["shopper"], folded["session"], now)
    known = with_things_no_longer_sold(rng, known) if rng.random() < 0.3 else known
    return replace(known, stated=random_statement(rng)) if rng.random() < 0.5 else known


def with_list(row: int, catalogue: Catalogue) -> Traits:
    """What an event about a product says; of two thirds of the products with a list that they were chosen from."""
    own, traits = np.random.default_rng([row, len(catalogue.types)]), catalogue.traits(row, str(row))
    rows = own.permutation(len(catalogue.types)).astype(np.int32)[: own.integers(2, 9)]
    told = [name for name in traits.values if own.random() < 0.8] if own.random() < 0.67 else []
    return msgspec.structs.replace(traits, shown=shares_shown(catalogue, rows, int(own.integers(30)), told))


def with_starts(rng: np.random.Generator, known: Affinities, catalogue: Catalogue) -> Affinities:
    """The same shopper, whose lifts of some attributes start where groups and a customer system say, however wild."""

    def lifts() -> dict[str, Scores]:
        wild = {name: np.exp(rng.normal(0, 1.5, len(of.values))) for name, of in catalogue.attributes.items()}
        return {name: values for name, values in wild.items() if rng.random() < 0.5}

    return replace(known, start=lifts(), crm=lifts()) if rng.random() < 0.5 else known


def random_statement(rng: Random) -> StatedTastes:
    """A few values liked or disliked, some of them not sold, and now and then a taste that is off."""
    said = StatedTastes()
    for _ in range(rng.randint(0, 6)):
        name = rng.choice(list(VALUES))
        said = said.with_opinion(name, rng.choice([*VALUES[name], "gone"]), rng.choice([1, -1]))
    said = said.with_opinion("price_band", str(rng.randrange(8)), 1) if rng.random() < 0.3 else said
    tested = {name: {rng.choice(VALUES[name]): rng.uniform(-1, 1)} for name in VALUES if rng.random() < 0.3}
    return msgspec.structs.replace(said, leanings=tested)


def with_things_no_longer_sold(rng: Random, known: Affinities) -> Affinities:
    """The same shopper, who also knew a brand and a type that the catalogue has dropped."""
    tastes = {}
    for name, taste in known.tastes.items():
        count = 5 * rng.random()
        observed = {**taste.observed, "gone": {"Gone": count, **dict.fromkeys(taste.events, count)}}
        shown = {**taste.shown, "Gone": {"gone": count / 2}}
        events = {kind: events + count for kind, events in taste.events.items()}
        tastes[name] = Taste(observed, {**events, "Gone": count}, shown)
    purchases = known.purchases
    if purchases is not None:
        gone = {kind: {**items, "-1": (1.5, purchases.now)} for kind, items in purchases.counts.items()}
        purchases = replace(purchases, counts={**gone, "Gone": {"-2": (1.5, purchases.now)}})
    return replace(known, tastes=tastes, past=(), visit=(), purchases=purchases)


def random_repeats(rng: Random, catalogue: Catalogue) -> Repeats:
    """Any ratios for most types; items are named by their rows, and those with names below 0 are sold no more."""

    def ratios() -> list[float]:
        return [rng.choice([0.0, 0.2, 1.0, 3.0, 50.0]) for _ in REPEAT_EDGES[1:]]

    types = {
        name: TypeRepeats(ratios(), ratios(), rng.random(), 100 * rng.random())
        for name in catalogue.type_names
        if rng.random() < 0.8
    }
    gates = {name: rng.random() for name in catalogue.type_names if rng.random() < 0.3}
    return Repeats(Hazards(types, gates), lambda item: int(item) if int(item) >= 0 else None)


def random_ranking(rng: Random, catalogue: Catalogue, settings: Personal, exact_share: float = 0.0) -> Ranking:
    """An anonymous ranking of some of the products: random R, business terms, and a few exact matches."""
    size = len(catalogue.types)
    rows = np.array(sorted(rng.sample(range(size), rng.randint(0, size))), np.int32)
    steps = rng.choice([3, 20, 10**6])  # few steps: many ties
    relevance = np.array([rng.randint(1, steps) / steps for _ in rows], np.float64)
    exact = np.array([rng.random() < exact_share for _ in rows], bool)
    terms = {
        "bestseller": np.array([0.2 * rng.random() for _ in rows], np.float64),
        "sold_out": np.array([-1.0 * (rng.random() < 0.1) for _ in rows], np.float64),
    }
    return frozen(anonymous(Ranking(rows, relevance, {"R": relevance}), exact, terms, settings))


def frozen(ranking: Ranking) -> Ranking:
    """The same ranking; writing to any of its arrays raises."""
    for array in (ranking.rows, ranking.scores, *ranking.features.values()):
        array.flags.writeable = False
    return ranking


@dataclass(frozen=True, eq=False)
class Case:
    """Everything that `personalize` is given."""

    catalogue: Catalogue
    base: Ranking
    affinities: Affinities
    blocked: dict[str, str]
    settings: Personal
    strength: float
    window: int
    repeats: Repeats
    wrong_size: Mask | None = None


def random_settings(rng: Random) -> Personal:
    """Bounds, places, temperature and weights anywhere that the settings allow."""
    return Personal(
        temperature=rng.choice([0.05, 0.1, 0.5]),
        bound=rng.choice([0.0, 0.1, 0.5, 2.0]),
        repeat_bound=rng.choice([0.0, 2.0]),
        places=rng.choice([0, 1, 3, 10]),
        close=rng.choice([0.0, 0.5, 1.0]),
        brand=rng.choice([0.0, 0.5, 2.0]),
        gender=rng.choice([0.0, 0.5, 2.0]),
        wrong_size=rng.choice([0.5, 2.0]),
    )


def random_case(seed: int, size: int, names: Sequence[str] = tuple(VALUES)) -> Case:
    """A catalogue, a shopper, a query and the settings, all from one seed."""
    rng = Random(seed)
    settings = random_settings(rng)
    catalogue = catalogue_of(random_goods(rng, size, gaps=rng.choice([0.0, 0.3, 0.9])))
    base = random_ranking(rng, catalogue, settings, rng.choice([0.0, 0.0, 0.1]))
    sizes = np.random.default_rng(seed)
    return Case(
        catalogue=catalogue,
        base=base,
        wrong_size=sizes.random(len(base)) < 0.3 if sizes.random() < 0.5 else None,
        affinities=with_starts(np.random.default_rng([seed, 1]), random_affinities(rng, catalogue), catalogue),
        blocked={name: "the query states it" for name in names if rng.random() < 0.15},
        settings=settings,
        strength=rng.choice([0.01, 0.37, 1.0, 1.0]),
        window=rng.choice([1, 5, 20, 1000]),
        repeats=random_repeats(rng, catalogue),
    )
