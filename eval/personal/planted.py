"""A made-up shop and shoppers whose tastes are known, because they were planted.

The truth lies outside the class of the model that has to find it. How likely a shopper is to click on a product that
they look at is logistic in

    u(d) = popularity(d) + θ·(0.8·z_b + 0.6·e_bc)/√8 − 0.12·(price(d) − μ)² + gender + colour − 1

θ is a shopper's latent vector, z_b a brand's, e_bc what is particular to the brand in type c: brands that are alike are
liked by the same people, but not in the same measure everywhere. μ is the price level that suits best, on 0..7 within
the type: dearer and cheaper are both worse, which no lift of a single band says.

    plain       one person
    household   two people behind one profile, each session by one of them
    drift       tastes of the first half of the sessions are not those of the second; gender and types stay
    taste-free  popularity only: there is no taste to learn (placebo)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from search.index.columns import Column, Columns, KeywordColumn, NumberColumn
from search.rerank.traits import BANDS, Catalogue, read_catalogue
from search.types import Rows, Scores

KINDS = ("plain", "household", "drift", "taste-free")
COLORS, GENDERS = 12, 3
GENDER_SHARES = (0.45, 0.35, 0.2)
#: Dimensions of the latent tastes, and how much of them a brand has in all types and in each.
LATENT, SHARED, PARTICULAR = 8, 0.8, 0.6
POPULARITY_SD, COLOR_SD, BELL = 0.8, 0.3, 0.12
#: What a shopper of one gender thinks of products for women, for men, for both; the third kind does not care.
GENDER_TASTES = ((1.2, -1.8, 0.2), (-1.8, 1.2, 0.2), (0.0, 0.0, 0.0))
SHOPPER_GENDERS = (0.45, 0.4, 0.15)
#: The smaller, the fewer types somebody looks for.
FAVOURITES = 0.3


@dataclass(frozen=True, slots=True)
class Size:
    """How large the shop is; every type has `per_type` of the brands."""

    types: int = 20
    products: int = 4_000
    brands: int = 120
    per_type: int = 25


@dataclass(frozen=True, slots=True, eq=False)
class Shop:
    """The catalogue as the ranker sees it, and what is planted: per product (n,), `latent` (types, brands, 8)."""

    catalogue: Catalogue
    types: NDArray[np.intp]
    brands: NDArray[np.intp]
    genders: NDArray[np.intp]
    colors: NDArray[np.intp]
    price: Scores
    popularity: Scores
    latent: Scores

    def of_type(self, kind: int) -> Rows:
        """The products of a type, ascending."""
        return np.flatnonzero(self.types == kind).astype(np.int32)


@dataclass(frozen=True, slots=True, eq=False)
class Person:
    """Planted tastes: `taste` (n,) per product, log-odds; `brands` (types, brands); `favourites` (types,) shares."""

    taste: Scores
    brands: Scores
    favourites: Scores
    gender: int


@dataclass(frozen=True, slots=True, eq=False)
class Shopper:
    """One profile and the people behind it, one after the other (drift) or in turns (household)."""

    kind: str
    people: tuple[Person, ...]

    def who(self, session: int, sessions: int, rng: np.random.Generator) -> Person:
        """Who comes in a session, counted from 0, of so many; `session` = `sessions` is after the last one."""
        if self.kind == "household":
            return self.people[int(rng.integers(len(self.people)))]
        if self.kind == "drift":
            return self.people[int(2 * session >= sessions)]
        return self.people[0]

    @property
    def present(self) -> tuple[Person, ...]:
        """Whose tastes the profile should tell now."""
        return self.people[-1:] if self.kind == "drift" else self.people


@lru_cache(maxsize=2)
def plant_shop(seed: int, size: Size = Size()) -> Shop:
    """A shop: many products of few brands in each type, all price bands, twelve colours of which few are common."""
    rng = np.random.default_rng([seed, 0])
    types = rng.integers(0, size.types, size.products)
    sold = np.stack([rng.choice(size.brands, size.per_type, replace=False) for _ in range(size.types)])
    brands = sold[types, np.minimum((rng.pareto(1.1, size.products) * 3).astype(int), size.per_type - 1)]
    genders = rng.choice(GENDERS, size.products, p=GENDER_SHARES)
    colors = np.minimum((rng.pareto(1.0, size.products) * 2).astype(int), COLORS - 1)
    price = _within_types(rng.random(size.products), types)
    own = rng.normal(0, 1, (size.brands, LATENT))
    latent = SHARED * own + PARTICULAR * rng.normal(0, 1, (size.types, size.brands, LATENT))
    popularity = rng.normal(0, POPULARITY_SD, size.products)
    catalogue = read_catalogue(_columns(types, brands, genders, colors, price))
    return Shop(catalogue, types, brands, genders, colors, price, popularity, latent)


def _within_types(price: Scores, types: NDArray[np.intp]) -> Scores:
    """(n,) each product's place among the prices of its type, −0.5 cheapest … 7.5 dearest."""
    place = np.empty(len(price))
    for kind in np.unique(types):
        rows = np.flatnonzero(types == kind)
        place[rows] = BANDS * (np.argsort(np.argsort(price[rows])) + 0.5) / len(rows) - 0.5
    return place


def _columns(
    types: NDArray[np.intp],
    brands: NDArray[np.intp],
    genders: NDArray[np.intp],
    colors: NDArray[np.intp],
    price: Scores,
) -> Columns:
    """The products as an index would hold them; the category is the type's."""
    keywords = {"product_type": types, "_category_leaf": types, "brand": brands, "gender": genders, "color": colors}
    columns: dict[str, Column] = {name: _keyword(name, codes) for name, codes in keywords.items()}
    bands = np.clip(np.floor(price + 0.5), 0, BANDS - 1)
    columns["_price_band"] = NumberColumn(np.arange(len(price), dtype=np.int32), bands)
    return Columns(len(price), columns)


def _keyword(name: str, codes: NDArray[np.intp]) -> KeywordColumn:
    values = [f"{name} {code:03}" for code in range(int(codes.max(initial=0)) + 1)]
    return KeywordColumn(values, np.arange(len(codes), dtype=np.int32), codes.astype(np.int32))


def plant_person(shop: Shop, rng: np.random.Generator, like: Person | None = None, strength: float = 1.0) -> Person:
    """A person with tastes of their own.

    Args:
        like: whose gender and favourite types to have; None for own ones.
        strength: 0 for no tastes at all.
    """
    latent = rng.normal(0, 1, LATENT)
    latent *= np.sqrt(LATENT) / np.linalg.norm(latent)  # everybody's tastes are equally strong
    brands = strength * (shop.latent @ latent) / np.sqrt(LATENT)
    level = rng.beta(1.5, 1.5) * (BANDS - 1)
    colors = rng.normal(0, COLOR_SD, COLORS)
    gender = int(rng.choice(len(SHOPPER_GENDERS), p=SHOPPER_GENDERS))
    favourites = rng.dirichlet(np.full(len(shop.latent), FAVOURITES))
    if like is not None:
        gender, favourites = like.gender, like.favourites
    other = np.asarray(GENDER_TASTES[gender])[shop.genders] + colors[shop.colors] - BELL * (shop.price - level) ** 2
    return Person(brands[shop.types, shop.brands] + strength * other, brands, favourites, gender)


def plant_shopper(shop: Shop, kind: str, seed: int, number: int) -> Shopper:
    """Shopper `number` of a kind; the first person of the same number is the same in every kind."""
    first, second = (np.random.default_rng([seed, 1, number, one]) for one in range(2))
    person = plant_person(shop, first)
    if kind == "household":
        return Shopper(kind, (person, plant_person(shop, second)))
    if kind == "drift":
        return Shopper(kind, (person, plant_person(shop, second, like=person)))
    if kind == "taste-free":
        return Shopper(kind, (plant_person(shop, second, like=person, strength=0.0),))
    return Shopper(kind, (person,))


def click_probability(shop: Shop, person: Person, rows: Rows) -> Scores:
    """(n,) how likely a click is once a product is looked at: logistic(u − 1)."""
    return 1 / (1 + np.exp(1 - shop.popularity[rows] - person.taste[rows]))


def oracle(shop: Shop, person: Person, rows: Rows) -> Rows:
    """The rows in the order of who knows the tastes, and popularity without a ranker's noise; ties by row."""
    return rows[np.lexsort((rows, -click_probability(shop, person, rows)))]


def brands_of(shop: Shop, kind: int) -> NDArray[np.intp]:
    """The brands that a type has, ascending."""
    return np.unique(shop.brands[shop.types == kind])


def planted_brands(people: Sequence[Person], kind: int) -> Scores:
    """(brands,) what people behind a profile think of brands in a type, on average."""
    return np.mean([person.brands[kind] for person in people], axis=0)
