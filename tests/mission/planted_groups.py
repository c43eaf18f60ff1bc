"""Shoppers of two tastes for the hand-written shop: sporty ones and elegant ones, in brands that both sexes wear."""

from __future__ import annotations

from datetime import timedelta
from random import Random

from tests.stand_ins import NOW

SPORTY = {
    "Nike": ["shorts-men-black", "shirt-men-white", "shirt-men-black", "shoes-women-red", "shoes-men-blue"],
    "Puma": ["shorts-women-red", "shorts-men-green", "shorts-girls-red", "sock-unisex-black"],
}
ELEGANT = {
    "Esprit": ["shorts-women-black", "shorts-women-sale", "shirt-women-white", "shirt-boys-green", "skirt-women-green"],
    "Marc O'Polo": ["shirt-women-red", "pumps-women-black"],
}
OTHER = ["laptop-eco", "kettle", "toaster", "blanket", "heater", "shoes-men-white", "shirt-men-blue"]


def event(shopper: str | None, product: str, number: int, type: str = "purchase", **more) -> dict:
    """Something that a shopper did, `number` hours ago."""
    moment = (NOW - timedelta(hours=number)).isoformat()
    told = {
        "event_id": f"{shopper}-{more.get('session')}-{number}",
        "type": type,
        "product_id": product,
        "time": moment,
    }
    return {**told, "shopper": shopper, **more} if shopper else {**told, **more}


def choices(taste: dict[str, list[str]], rng: Random, count: int) -> list[str]:
    """What somebody of a taste chooses: any of its brands, and now and then something else."""
    brands = list(taste)
    return [rng.choice(OTHER if rng.random() < 0.2 else taste[rng.choice(brands)]) for _ in range(count)]


def planted(sporty: int = 80, elegant: int = 80, seed: int = 0) -> list[dict]:
    """The pasts of people of both tastes, eight purchases each."""
    rng, events = Random(seed), []
    for name, taste, people in (("sporty", SPORTY, sporty), ("elegant", ELEGANT, elegant)):
        for number in range(people):
            bought = choices(taste, rng, 8)
            events += [event(f"{name}-{number}", product, 1 + 20 * at) for at, product in enumerate(bought)]
    return events


def tasteless(people: int = 160, seed: int = 0) -> list[dict]:
    """People who choose at random."""
    rng, events = Random(seed), []
    everything = sorted({id for taste in (SPORTY, ELEGANT) for ids in taste.values() for id in ids} | set(OTHER))
    for number in range(people):
        events += [event(f"any-{number}", rng.choice(everything), 1 + 20 * at) for at in range(8)]
    return events
