"""Which sizes somebody bought and kept: by product type, item and size, how often, and the decayed sum of it.

A purchase counts 1, and f = 2^((t − t0)/h) decayed. Whatever comes back is not kept: a return takes one purchase of
that item in that size away, with its share of the sum; where it does not tell the size, all of the item's sizes,
because nobody knows which one fits. A return for the reason "size" says nothing of tastes, so it touches nothing else.
"""

from __future__ import annotations

from search.types import EventType, SizesKept, Traits

#: Product type -> item -> size -> (purchases kept, sum of f).
Kept = dict[str, dict[str, dict[str, tuple[float, float]]]]
#: The reason of a return that is about nothing but the size.
WRONG_SIZE = "size"
#: Items of a product type that are kept; the ones that came first go.
MOST_ITEMS = 100


def is_only_about_size(type: EventType, traits: Traits) -> bool:
    """Whether an event says nothing of tastes."""
    return type == "return" and traits.reason == WRONG_SIZE


def with_event(kept: Kept, type: EventType, traits: Traits, f: float) -> Kept:
    """What is kept after a purchase or a return; the given one stays.

    Args:
        f: what one event counts at its time, forward-decayed.

    >>> bought = with_event({}, "purchase", Traits("Pumps", {}, "P1", size="38"), 1.0)
    >>> bought
    {'Pumps': {'P1': {'38': (1.0, 1.0)}}}
    >>> with_event(bought, "return", Traits("Pumps", {}, "P1", size="38"), 1.1)
    {'Pumps': {}}
    """
    items = {item: dict(sizes) for item, sizes in kept.get(traits.product_type, {}).items()}
    if type == "purchase" and traits.size:
        count, total = items.setdefault(traits.item, {}).get(traits.size, (0.0, 0.0))
        items[traits.item][traits.size] = count + 1.0, total + f
    elif type == "return" and traits.size:
        count, total = items.setdefault(traits.item, {}).get(traits.size, (0.0, 0.0))
        # what was bought under another id of theirs is missing there, so it has to be missing here
        items[traits.item][traits.size] = count - 1.0, total - (total / count if count > 0 else f)
    elif type == "return":
        items.pop(traits.item, None)
    else:
        return kept
    left = {item: {size: held for size, held in sizes.items() if held[0]} for item, sizes in items.items()}
    left = {item: sizes for item, sizes in left.items() if sizes}
    while len(left) > MOST_ITEMS:
        del left[next(iter(left))]
    return {**kept, traits.product_type: left}


def scaled(kept: SizesKept, factor: float) -> Kept:
    """The same as of another origin."""
    return {
        kind: {item: {size: (n, total * factor) for size, (n, total) in sizes.items()} for item, sizes in items.items()}
        for kind, items in kept.items()
    }


def add(into: Kept, part: SizesKept, factor: float) -> None:
    """Write a source's sizes into a sum that nobody else holds."""
    for kind, items in scaled(part, factor).items():
        for item, sizes in items.items():
            held = into.setdefault(kind, {}).setdefault(item, {})
            for size, (count, total) in sizes.items():
                before, summed = held.get(size, (0.0, 0.0))
                held[size] = before + count, summed + total
