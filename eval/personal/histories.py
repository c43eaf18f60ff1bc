"""Histories of made-up shoppers: events about products that their conditions describe."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence

import numpy as np

from eval.personal.facts import Facts, conditions, meets
from eval.personal.intent_files import Profile
from search.errors import BadInput
from search.types import Event, EventType, Identity, Product

#: A history lies in the two months before the query; at a half-life of 180 days hardly anything of it is forgotten.
DAYS = 60
DAY_SECONDS = 86_400.0
#: The shopper is in the middle of a visit: the last views, this long ago. A session's view counts ten times one of
#: the past, so what a query states is tried against the strongest profile that the server can know.
VISIT_MINUTES = (15.0, 10.0, 5.0)


def identity_of(name: str) -> Identity:
    """A profile's shopper, in the visit that goes on."""
    return Identity(name, f"{name}-today")


def history(
    name: str, profile: Profile, facts: Sequence[Facts], product: Callable[[int], Product], now: float, seed: int
) -> list[Event]:
    """A profile's events, oldest first; the last three views are of the visit that goes on.

    Products are drawn without replacement, and anew from the start where `times` is more than there are. Where one
    size is asked for, the event is about the variant of that size.

    Args:
        facts: by row.
        product: row -> product.
        now: seconds since 1970.
        seed: same seed, profile and snapshot give the same events.

    Raises:
        BadInput: an event whose conditions no product meets.
    """
    rng = np.random.default_rng([seed, zlib.crc32(name.encode())])
    steps = _steps(name, profile, facts, product, rng)
    views = [at for at, (type, _) in enumerate(steps) if type == "view"]
    visit = views[-len(VISIT_MINUTES) :]
    past = [step for at, step in enumerate(steps) if at not in visit]
    ago = DAYS * DAY_SECONDS * (1 - (np.arange(len(past)) + rng.random(len(past))) / max(len(past), 1))
    ago = np.maximum(ago, DAY_SECONDS)  # the visit is another than the last one
    today = [60 * minutes for minutes in VISIT_MINUTES[len(VISIT_MINUTES) - len(visit) :]]
    told = zip([*past, *(steps[at] for at in visit)], [*ago.tolist(), *today], strict=True)
    return [
        Event(
            event_id=f"{name}-{number}",
            type=type,
            product_id=id,
            time=now - seconds,
            shopper=name,
            session=identity_of(name).session if number >= len(past) else None,
        )
        for number, ((type, id), seconds) in enumerate(told)
    ]


def _steps(
    name: str, profile: Profile, facts: Sequence[Facts], product: Callable[[int], Product], rng: np.random.Generator
) -> list[tuple[EventType, str]]:
    """What was done with which product or variant, in a random order."""
    steps = []
    for number, looks in enumerate(profile.events, 1):
        rows = np.flatnonzero(meets(facts, conditions(looks.where)))
        if not len(rows):
            raise BadInput(f"No product of the index is as profile '{name}', event {number} wants it.", "where")
        size = looks.where.size[0] if looks.where.size and len(looks.where.size) == 1 else None
        chosen = np.resize(rng.permutation(rows), looks.times)
        steps += [(looks.type, _bought(product(int(row)), size)) for row in chosen]
    return [steps[at] for at in rng.permutation(len(steps))]


def _bought(product: Product, size: str | None) -> str:
    """The id of the variant of that size; the product's without one."""
    return next((variant.id for variant in product.variants if size and variant.size == size), product.id)
