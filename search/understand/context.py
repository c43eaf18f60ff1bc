"""What a shopper typed elsewhere before they came here, read as a wish: softer than anything in the query itself."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from search.types import Clause, Query, Stated
from search.understand.lexicon import KINDS
from search.understand.query import Understanding

#: Whoever asks for reduced things asks for cheap ones too; a name of its own, so that both count.
PRICE_LEVEL = "price_level"
#: Half as much as being reduced: that is what was said. Bands of a price within its kind, 0 cheapest … 7 dearest.
RATHER_CHEAP = (
    (1.0, Clause("_price_band", high="3")),
    (0.8, Clause("_price_band", high="5")),
    (0.5, Clause("_price_band", low="6")),
)


@dataclass(frozen=True, slots=True)
class Entry:
    """The words that led here, understood. `stated` are wishes only: "prefer", or "off"."""

    query: Query
    stated: tuple[Stated, ...]


def read_entry(text: str, own: Query, understanding: Understanding, off: Collection[str] = ()) -> Entry | None:
    """What somebody said who came with these words; None without words.

    A limit ("unter 50 €") is a wish here, a negation is none. What the query itself states counts instead of what was
    stated before: of such an attribute nothing is kept.

    Args:
        text: as typed elsewhere.
        own: the query of this call.
        off: attributes that the shopper switched off.
    """
    query = understanding.understand(text, None, True, off)
    if not query.text:
        return None
    own_names = {item.attribute for item in own.stated if item.effect != "off"}
    own_names |= set(KINDS) if own_names & set(KINDS) else set()
    wished = [_wish(item) for item in query.stated if item.effect in ("prefer", "limit", "off")]
    wished += [_cheap(item, off) for item in wished if item.value == "sale"]
    return Entry(query, tuple(item for item in wished if item.attribute not in own_names))


def _wish(item: Stated) -> Stated:
    return item if item.effect == "off" else replace(item, effect="prefer")


def _cheap(item: Stated, off: Collection[str]) -> Stated:
    """ "vergünstigt" is said of what costs little, not only of what costs less than before."""
    effect = "off" if PRICE_LEVEL in off else item.effect
    return replace(item, attribute=PRICE_LEVEL, value="cheap", effect=effect, wanted=RATHER_CHEAP)
