"""Repeat purchase: a durable falls just after it was bought, a consumable rises when it is due.

What the shop's purchases say about buying again (`Hazards`) meets what this shopper bought and when:

    x_type(d) = clip(log r(Δt), −1.5, 1)            Δt since anything of the product type was bought
    x_item(d) = c · [ clip(log r_i(Δt), −1.5, 1)    since this item was bought; 0 for what never was
                      + w · log L_i ]               its own lift: how often
    L_i       = (n_i + κ_i) / (Σ n · p_i + κ_i)     n_i: its purchases, decayed; p_i: its share in its type
    c         = min(1, repeats / 0.2)               1 for consumables, 0 for durables
    repeat(d) = strength · clip(x_type(d) − x̄_type + x_item(d), ±B_r)

x̄_type is the mean over what the query shows (as x̄ of tastes): where all results are of one type, only items count.
Nothing where the query names an exact product, and for a type without purchases: r = 1, c = 0.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import numpy as np

from search.messages import ExplainRepeat, Reason
from search.rerank.traits import Catalogue
from search.settings import Personal
from search.types import Bought, Purchases, Repeats, Rows, Scores, TypeRepeats
from search.types.repeats import DAY_SECONDS, REPEAT_EDGES

LEAST, MOST = -1.5, 1.0
#: From this share of purchases that another one followed, a product type is a consumable. On real baskets 0.1, 0.2 and
#: 0.4 gave the same gain to 0.2 %.
CONSUMABLE = 0.2
#: The name by which a shopper switches it off.
REPEAT: Final = "repeat"
#: An item is due from this share of the usual interval on.
DUE = 0.7

SENTENCES: Mapping[str, Mapping[str, str]] = {
    "de": {
        "due": "Könnte bald wieder fällig sein",
        "often": "Kaufst du öfter",
        "item": "Hast du vor kurzem gekauft",
        "type": "So etwas hast du vor kurzem gekauft",
    },
    "en": {
        "due": "May soon be due again",
        "often": "You often buy this",
        "item": "You bought this a short while ago",
        "type": "You bought something like this a short while ago",
    },
}


@dataclass(frozen=True, slots=True, eq=False)
class Repeated:
    """What repeat purchase says of products: `raw` (n,) before the bound, in the ranking's order.

    `often` (n,): c · log L_i, of which `raw` holds w times as much. `kinds`: type -> its x, what the shop's purchases
    say, and days since the last one; `items`: row -> what the shopper bought; `shown`: the mean of x_type over what the
    query shows.
    """

    raw: Scores
    often: Scores
    kinds: Mapping[str, tuple[float, TypeRepeats, float]]
    items: Mapping[int, Bought]
    shown: float


def repeated(
    purchases: Purchases | None, repeats: Repeats | None, catalogue: Catalogue, rows: Rows, shown: Scores, w: Personal
) -> Repeated | None:
    """How likely each product is bought again, against any other time; None where nothing is known.

    Args:
        rows: (n,) products in anonymous order.
        shown: (m ≤ n,) shares of attention, as `shares_shown`.
        w: the settings.
    """
    if purchases is None or repeats is None:
        return None
    codes, raw, often, x_type = catalogue.types[rows], *np.zeros((3, len(rows)))
    kinds: dict[str, tuple[float, TypeRepeats, float]] = {}
    known: dict[int, Bought] = {}
    for code in np.unique(codes).tolist():
        name = catalogue.type_names[code]
        learned, bought = repeats.hazards.types.get(name), purchases.of(name)
        if learned is None or not bought:
            continue
        days = min(item.days for item in bought.values())
        kinds[name] = clipped(learned.type_ratio, days), learned, days
        here = np.flatnonzero(codes == code)
        place = dict(zip(rows[here].tolist(), here.tolist(), strict=True))
        x_type[here] = kinds[name][0]
        total = sum(item.count for item in bought.values())
        for id, item in bought.items():
            row = repeats.row_of(id)
            if row is not None and row in place:
                known[row] = item
                due, often[place[row]] = item_terms(item, total, catalogue.item_share(row), learned, w)
                raw[place[row]] = due + w.repeat * often[place[row]]
    mean = float(x_type[: len(shown)] @ shown)
    return Repeated(raw + x_type - mean, often, kinds, known, mean) if kinds else None


def clipped(ratios: list[float], days: float) -> float:
    """clip(log r(Δt), −1.5, 1).

    >>> round(clipped([2.0] * 19, 5.0), 3), clipped([9.0] * 19, 5.0)
    (0.693, 1.0)
    """
    at = min(max(bisect_right(REPEAT_EDGES, days) - 1, 0), len(ratios) - 1)
    return float(np.clip(np.log(max(ratios[at], 1e-9)), LEAST, MOST))


def own_lift(item: Bought, total: float, share: float, kappa: float) -> float:
    """L_i: how often the shopper bought the item, against what its share in its type lets expect.

    >>> own_lift(Bought(4.0, 10.0), total=8.0, share=0.1, kappa=0.5).__round__(2)
    3.46
    """
    return (item.count + kappa) / (total * share + kappa)


def item_terms(
    item: Bought, total: float, share: float, learned: TypeRepeats, settings: Personal
) -> tuple[float, float]:
    """The two parts of x_item of a product that was bought before: that it is due, and how often (before w)."""
    consumable = min(1.0, learned.repeats / CONSUMABLE)
    lift = float(np.log(own_lift(item, total, share, settings.kappa_item)))
    return consumable * clipped(learned.item_ratio, item.days), consumable * lift


def explain_repeat(
    found: Repeated | None, row: int, catalogue: Catalogue, purchases: Purchases
) -> ExplainRepeat | None:
    """Where a product's repeat term comes from; None where it has none."""
    name = catalogue.type_names[catalogue.types[row]]
    if found is None or (name not in found.kinds and not found.shown):
        return None
    x, learned, days = found.kinds.get(name, (0.0, None, None))
    item = found.items.get(row)
    since = days if item is None else item.days
    return ExplainRepeat(
        level="other" if since is None else "type" if item is None else "item",
        last_bought=None if since is None else _day(purchases.now - since * DAY_SECONDS),
        days=since,
        interval_days=learned.interval_days or None if learned else None,
        bought=item.count if item else 0.0,
        x_type=x,
        x_shown=found.shown,
    )


def _day(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


def repeat_reason(told: ExplainRepeat, repeat: float, moved: int, language: str) -> Reason | None:
    """The sentence for a product that repeat purchase moved; None where it did not, or moved it the other way."""
    if repeat * moved <= 0 or (told.level == "other"):
        return None
    sentences = SENTENCES.get(language, SENTENCES["en"])
    due = told.interval_days is not None and told.days is not None and told.days >= DUE * told.interval_days
    if moved > 0:
        name = "due" if due else "often"
        return Reason(sentences[name], moved, REPEAT) if told.level == "item" or due else None
    return Reason(sentences[told.level], moved, REPEAT) if not due else None
