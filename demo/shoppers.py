"""Who shops in the made-up shop, and what did they do in the last 120 days?

Six demo shoppers, each a rule about products rather than a list of ids, so
that a history fits whatever feed the seed gives. A visit is a chain that a
shop's own script would report: click, view, perhaps wishlist, cart, purchase.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

DAYS = 120
EVENT_TYPES = frozenset(
    {"impression", "click", "view", "hover", "wishlist", "cart", "remove", "purchase", "return", "like", "dislike"}
)
# How a look at a product goes on, and how often; most looks end without a purchase, as in a real shop.
CHAINS: dict[tuple[str, ...], int] = {
    ("impression",): 1,
    ("click", "view"): 5,
    ("click", "view", "hover"): 2,
    ("click", "view", "wishlist"): 2,
    ("click", "view", "like"): 1,
    ("click", "view", "dislike"): 1,
    ("click", "view", "cart"): 1,
    ("click", "view", "cart", "remove"): 1,
    ("click", "view", "cart", "purchase"): 4,
}
AFTER_PURCHASE = 0.25  # share of purchases that come back within three weeks


@dataclass(frozen=True, slots=True)
class Interest:
    """A kind of product a shopper looks at; every condition that is set must hold."""

    weight: int
    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    category: str = ""
    reduced: bool = False
    below_euros: float = float("inf")


@dataclass(frozen=True, slots=True)
class Shopper:
    """One demo shopper; `session_only` means that nothing is kept about them."""

    id: str
    name: str
    story: str
    story_en: str
    interests: tuple[Interest, ...] = ()
    repeats: tuple[str, ...] = ()
    sizes: tuple[str, ...] = ()
    visits: int = 0
    session_only: bool = False
    branch: str | None = None


SHOPPERS: tuple[Shopper, ...] = (
    Shopper(
        id="anna",
        name="Anna",
        story="Kauft Damenmode in Größe 38, mag Leinen und die Marke Nordkai.",
        story_en="Buys women's fashion in size 38, likes linen and the brand Nordkai.",
        interests=(
            Interest(5, {"gender": ("damen",), "material": ("Leinen", "Leinenmischung")}),
            Interest(5, {"gender": ("damen",), "brand": ("Nordkai",)}),
            Interest(2, {"gender": ("damen",), "product_type": ("Kleid", "Bluse", "Rock", "Sandalen", "Sneaker")}),
        ),
        sizes=("38", "M"),
        visits=10,
    ),
    Shopper(
        id="bernd",
        name="Bernd",
        story="Sucht in allen Abteilungen nach reduzierten und günstigen Artikeln.",
        story_en="Looks for reduced and cheap things in every department.",
        interests=(
            Interest(6, reduced=True, below_euros=120),
            Interest(3, below_euros=10),
            Interest(2, {"brand": ("Solvik",)}, below_euros=30),
        ),
        visits=11,
    ),
    Shopper(
        id="cem",
        name="Cem",
        story="Läuft viermal in der Woche, am liebsten in Adidas.",
        story_en="Runs four times a week, preferably in Adidas.",
        interests=(
            Interest(6, {"gender": ("herren",), "brand": ("Adidas",)}),
            Interest(3, {"gender": ("herren",), "product_type": ("Laufschuhe", "Laufshirt", "Laufhose")}),
            Interest(1, {"product_type": ("Smartwatch", "Kopfhörer")}),
        ),
        sizes=("43", "L"),
        visits=10,
    ),
    Shopper(
        id="familie-vogt",
        name="Familie Vogt",
        story="Zwei Kinder in Größe 104 und 128, ein Baby: Kindermode, Windeln, Waschmittel und Vorräte.",
        story_en="Two children in sizes 104 and 128 and a baby: kids' clothes, nappies, detergent and supplies.",
        interests=(
            Interest(6, {"age_group": ("kinder",)}),
            Interest(2, {"age_group": ("baby",)}),
            Interest(1, category="Haus & Garten > Bad"),
        ),
        repeats=("Windeln", "Waschmittel", "Toilettenpapier", "Müsli"),
        sizes=("104", "128"),
        visits=6,
    ),
    Shopper(
        id="neu",
        name="Neu hier",
        story="Zum ersten Mal im Shop, ohne Vorgeschichte.",
        story_en="In the shop for the first time, without a history.",
    ),
    Shopper(
        id="kiosk",
        name="Kiosk in der Filiale Mitte",
        story="Ein Bildschirm im Laden: Es zählt nur die laufende Sitzung, gesucht wird im Bestand der Filiale.",
        story_en="A screen in the shop: only the current session counts, over the branch's own stock.",
        session_only=True,
        branch="mitte",
    ),
)


def shopper_events(rows: Iterable[Mapping[str, Any]], seed: int, now: datetime) -> list[dict[str, Any]]:
    """Histories of all shoppers over the DAYS before `now`, oldest event first.

    Args:
        rows: feed rows; a history needs groups released before the DAYS began.
        seed: same rows, seed and now give the same events.
        now: with a time zone; no event lies after it.

    Returns:
        dicts of event_id, type, product_id (the group), time (ISO 8601, UTC),
        shopper, and for cart, purchase and return also price in euros and quantity.
    """
    now = now.astimezone(UTC)
    groups = _groups(rows, now)
    events = [event for shopper in SHOPPERS for event in _history(shopper, groups, seed, now)]
    return sorted(events, key=lambda event: event["time"])


def _groups(rows: Iterable[Mapping[str, Any]], now: datetime) -> list[dict[str, Any]]:
    """One entry a product, in feed order, with the sizes it comes in."""
    groups: dict[str, dict[str, Any]] = {}
    start = (now - timedelta(DAYS)).date().isoformat()
    for row in rows:
        if row["release_date"] > start:
            continue
        group = groups.setdefault(row["item_group_id"], {**row, "sizes": set()})
        group["sizes"].add(row.get("size"))
    return list(groups.values())


def _history(shopper: Shopper, groups: list[dict], seed: int, now: datetime) -> list[dict[str, Any]]:
    """Visits spread over the days, and for families the purchases that come back every month."""
    rng = random.Random(f"{seed}:{shopper.id}")
    steps = [step for _ in range(shopper.visits) for step in _visit(shopper, groups, rng, now)]
    for product_type in shopper.repeats:
        steps += _repeat_purchases(shopper, product_type, groups, rng, now)
    return [
        _event(shopper, seed, number, kind, group, time)
        for number, (time, kind, group) in enumerate(sorted(steps, key=lambda step: step[0]))
        if time < now
    ]


def _visit(shopper: Shopper, groups: list[dict], rng: random.Random, now: datetime) -> list[tuple]:
    """One to three products looked at in one evening, minutes apart."""
    time = _evening(now, rng.uniform(1, DAYS), rng)
    interest = rng.choices(shopper.interests, [interest.weight for interest in shopper.interests])[0]
    liked = [group for group in groups if likes(interest, group) and _fits(shopper, group)]
    steps = []
    for group in rng.sample(liked, min(len(liked), rng.randint(1, 3))):
        chain = rng.choices(list(CHAINS), list(CHAINS.values()))[0]
        for kind in chain:
            steps.append((time, kind, group))
            time += timedelta(seconds=rng.randint(15, 240))
        if chain[-1] == "purchase" and rng.random() < AFTER_PURCHASE:
            steps.append((time + timedelta(days=rng.randint(5, 20)), "return", group))
    return steps


def _repeat_purchases(
    shopper: Shopper, product_type: str, groups: list[dict], rng: random.Random, now: datetime
) -> list[tuple]:
    """The same consumable about every 30 days: put into the cart and bought."""
    choice = [group for group in groups if group["product_type"] == product_type]
    if not choice:
        return []
    group = rng.choice(choice)
    steps = []
    for days_ago in range(rng.randint(95, 115), 0, -30):
        time = _evening(now, max(1, days_ago + rng.randint(-3, 3)), rng)
        steps += [(time, "cart", group), (time + timedelta(minutes=rng.randint(1, 9)), "purchase", group)]
    return steps


def _evening(now: datetime, days_ago: float, rng: random.Random) -> datetime:
    """A moment between five and nine in the evening, that many days ago."""
    day = (now - timedelta(days_ago)).replace(hour=17, minute=0, second=0, microsecond=0)
    return day + timedelta(seconds=rng.randint(0, 4 * 3600))


def likes(interest: Interest, group: Mapping[str, Any]) -> bool:
    """Whether a product is of the kind a shopper looks at."""
    price = price_euros(group)
    return (
        all(group.get(name) in allowed for name, allowed in interest.fields.items())
        and group["category"].startswith(interest.category)
        and (not interest.reduced or "sale_price" in group)
        and price < interest.below_euros
    )


def _fits(shopper: Shopper, group: Mapping[str, Any]) -> bool:
    """Whether a product comes in one of the shopper's sizes, where sizes matter to either."""
    numbered = any(size and (size.isdigit() or size in {"S", "M", "L", "XL"}) for size in group["sizes"])
    grown_up = group.get("age_group") == "erwachsene"
    shoes = "Schuhe" in group["category"]
    if not shopper.sizes or not numbered or (shoes and shopper.id != "cem") or group.get("age_group") == "baby":
        return True
    return bool(group["sizes"] & set(shopper.sizes)) or (grown_up and shopper.id == "familie-vogt")


def price_euros(group: Mapping[str, Any]) -> float:
    """The price now asked, in euros.

    >>> price_euros({"price": "39,95 EUR", "sale_price": "29,95 EUR"})
    29.95
    """
    text = group.get("sale_price", group["price"])
    return float(text.removesuffix(" EUR").replace(",", "."))


def _event(shopper: Shopper, seed: int, number: int, kind: str, group: Mapping, time: datetime) -> dict[str, Any]:
    """One event as the shop's script would send it; its id depends on nothing but its place."""
    name = f"tresen-demo:{seed}:{shopper.id}:{number}:{kind}:{group['item_group_id']}"
    event = {
        "event_id": str(uuid.uuid5(uuid.NAMESPACE_URL, name)),
        "type": kind,
        "product_id": group["item_group_id"],
        "time": time.isoformat(timespec="seconds").replace("+00:00", "Z"),
        "shopper": shopper.id,
    }
    if kind in {"cart", "purchase", "return"}:
        event |= {"price": price_euros(group), "quantity": 1}
    return event
