"""What is true of a product, and conditions on it: `{gender = ["herren"], price_max = 50, attributes.spf = [50]}`.

Facts are read from the snapshot's documents, so from what the shop said and not from what search made of it; the
price is the one asked on the day. A fact that is missing meets no condition.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from msgspec import Struct

from search.index.snapshot import Snapshot
from search.pipeline import Pipeline
from search.types import AttributeValue, Mask, Product

Value = str | float
#: What is known of one product: field -> its values; attributes under "attributes.<name>".
Facts = Mapping[str, frozenset[Value]]
#: Conditions that have names of their own; those of the second line are attributes in a feed.
FIELDS = ("brand", "product_type", "category", "size")
ATTRIBUTES = ("gender", "age_group", "color", "material", "season")


class Range(Struct, frozen=True, forbid_unknown_fields=True):
    """A number from `min` to `max`, both included; None is open."""

    min: float | None = None
    max: float | None = None


class Conditions(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Conditions that all must hold; of a list one value suffices.

    `category` is a path or the beginning of one ("Damen > Schuhe"); `size` one of the variants' sizes; prices in the
    catalogue's currency.
    """

    brand: list[str] | None = None
    product_type: list[str] | None = None
    category: list[str] | None = None
    size: list[str] | None = None
    gender: list[str] | None = None
    age_group: list[str] | None = None
    color: list[str] | None = None
    material: list[str] | None = None
    season: list[str] | None = None
    price_min: float | None = None
    price_max: float | None = None
    attributes: dict[str, list[Value] | Range] = {}


@dataclass(frozen=True, slots=True)
class Condition:
    """One of them: the field has one of the values, or a number of the range."""

    field: str
    allowed: frozenset[Value] | None = None
    low: float = -np.inf
    high: float = np.inf

    def holds(self, facts: Facts) -> bool:
        """Whether one of the product's values meets it."""
        values = facts.get(self.field, frozenset())
        if self.allowed is not None:
            return not values.isdisjoint(self.allowed)
        return any(isinstance(value, float) and self.low <= value <= self.high for value in values)

    def told(self, facts: Facts) -> str:
        """What the product says instead: "gender damen"; "no season" where it says nothing."""
        name = self.field.removeprefix("attributes.")
        values = facts.get(self.field, frozenset())
        if self.field == "category":  # a path says all that its beginnings say
            values = frozenset({max(values, key=lambda path: len(str(path)))}) if values else values
        shown = ", ".join(sorted(f"{value:g}" if isinstance(value, float) else value for value in values))
        return f"{name} {shown}" if shown else f"no {name}"


def conditions(stated: Conditions) -> list[Condition]:
    """Conditions one by one, in the order of their fields.

    >>> [condition.field for condition in conditions(Conditions(gender=["damen"], price_max=50))]
    ['attributes.gender', 'price']
    """
    found = []
    for name in (*FIELDS, *ATTRIBUTES):
        values = getattr(stated, name)
        if values is not None:
            found.append(Condition(name if name in FIELDS else f"attributes.{name}", frozenset(values)))
    if stated.price_min is not None or stated.price_max is not None:
        found.append(_between("price", stated.price_min, stated.price_max))
    for name, wanted in stated.attributes.items():
        field = f"attributes.{name}"
        found.append(
            _between(field, wanted.min, wanted.max)
            if isinstance(wanted, Range)
            else Condition(field, frozenset(wanted))
        )
    return found


def _between(field: str, low: float | None, high: float | None) -> Condition:
    return Condition(field, None, -np.inf if low is None else low, np.inf if high is None else high)


def read_facts(pipeline: Pipeline) -> list[Facts]:
    """The facts of every product of a pipeline's snapshot, by row, with today's prices."""
    column = pipeline.columns.number("price")
    prices = column.dense(len(pipeline.snapshot)).tolist() if column else []
    return [
        facts_of(product, price)
        for product, price in zip(pipeline.snapshot.documents, prices or _none(pipeline.snapshot), strict=True)
    ]


def _none(snapshot: Snapshot) -> list[float]:
    return [float("nan")] * len(snapshot)


def facts_of(product: Product, price: float) -> Facts:
    """What is true of one product; `price` is the one asked now, NaN without one."""
    paths = [" > ".join(path[:depth]) for path in product.categories for depth in range(1, len(path) + 1)]
    facts: dict[str, set[Value]] = {
        "brand": {product.brand} if product.brand else set(),
        "product_type": {product.product_type} if product.product_type else set(),
        "category": set(paths),
        "size": {variant.size for variant in product.variants if variant.size},
        "price": {price} if price == price else set(),
        "attributes.color": {variant.color for variant in product.variants if variant.color},
    }
    said = chain(product.attributes.items(), *(variant.attributes.items() for variant in product.variants))
    for name, value in said:
        facts.setdefault(f"attributes.{name}", set()).update(_values(value))
    return {name: frozenset(values) for name, values in facts.items() if values}


def _values(value: AttributeValue) -> list[Value]:
    return [*value] if isinstance(value, list) else [float(value)]


def meets(facts: Sequence[Facts], wanted: Sequence[Condition]) -> Mask:
    """(n,) products for which all conditions hold.

    >>> meets([{"brand": frozenset({"Nike"})}, {}], [Condition("brand", frozenset({"Nike"}))]).tolist()
    [True, False]
    """
    return np.array([all(condition.holds(of_one) for condition in wanted) for of_one in facts], bool)
