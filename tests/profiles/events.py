"""Events about made-up products, for the tests of this folder."""

from __future__ import annotations

from random import Random

import msgspec

from search.profiles.statistics import LONG_TERM_WEIGHTS
from search.types import Event, Traits

DAY = 86_400.0
NOW = 1_780_000_000.0
OFFERED = {"brand": ["Adidas", "Puma", "Nike"], "color": ["blau", "rot", "grün"]}
#: Long-term weights are never 0 for these.
TYPES = tuple(LONG_TERM_WEIGHTS)


def event(id: str, type: str = "click", shopper: str | None = "anna", session: str | None = None, time: float = NOW):
    """One event; the product hardly matters, its traits do."""
    return Event(event_id=id, type=type, product_id="P1", time=time, shopper=shopper, session=session)  # type: ignore[arg-type]


def traits(brand: str = "Adidas", kind: str = "Shorts", colors: tuple[str, ...] = ("blau",)) -> Traits:
    """A product's traits; two colours count half each."""
    return Traits(kind, {"brand": {brand: 1.0}, "color": {color: 1 / len(colors) for color in colors}})


def random_traits(rng: Random) -> Traits | None:
    """Traits of some product; now and then of one without a colour, or of an unknown product (None)."""
    if rng.random() < 0.1:
        return None
    colors = tuple(rng.sample(["blau", "rot", "grün"], rng.randint(1, 3)))
    found = traits(rng.choice(["Adidas", "Puma", "Esprit"]), rng.choice(["Shorts", "Shirts", ""]), colors)
    if rng.random() < 0.2:
        del found.values["color"]
    return with_list(rng, found) if rng.random() < 0.4 else found


def with_list(rng: Random, found: Traits) -> Traits:
    """The same, chosen from a list of which most is told; it can hold what the product has not."""
    told = {name: rng.sample(values, rng.randint(1, 3)) for name, values in OFFERED.items()}
    drawn = {name: {value: rng.random() for value in values} for name, values in told.items()}
    whole = {name: sum(shares.values()) + 0.2 * rng.random() for name, shares in drawn.items()}
    shown = {name: {v: round(s / whole[name], 4) for v, s in shares.items()} for name, shares in drawn.items()}
    return msgspec.structs.replace(found, shown=shown)


def random_events(rng: Random, count: int, prefix: str = "e") -> list[tuple[Event, Traits | None]]:
    """Events of a few shoppers and sessions over two years, not in order, some without either."""
    return [
        (
            event(
                f"{prefix}{number}",
                rng.choice(TYPES),
                rng.choice(["anna", "bernd", None]),
                rng.choice(["s1", "s2", "s3", None]),
                NOW - rng.choice([1, 10, 730]) * DAY * rng.random(),
            ),
            random_traits(rng),
        )
        for number in range(count)
    ]
