"""The values that travel through the house, and the seams (Protocols) between its rooms.

Ground floor: imports nothing above. Values are frozen; those that hold arrays compare by identity.
A *row* is a product's position in one snapshot; an *id* is the shop's own string.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal, Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int32]
Scores = NDArray[np.float64]
Mask = NDArray[np.bool_]
Vectors = NDArray[np.float32]

AttributeValue = list[str] | float

EventType = Literal[
    "impression", "click", "view", "hover", "wishlist", "cart", "remove", "purchase", "return", "like", "dislike"
]
Personalize = Literal["off", "session", "full"]


# --- a catalogue ---------------------------------------------------------------------------------


class Variant(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One buyable form of a product: a size, a colour, with its own stock.

    `stock` maps a branch ("mitte", "online", …) to pieces; an absent branch says nothing.
    `price_cents` and `sale_price_cents` are set only where they differ from the product's.
    """

    id: str
    size: str | None = None
    color: str | None = None
    gtin: str | None = None
    mpn: str | None = None
    price_cents: int | None = None
    sale_price_cents: int | None = None
    stock: dict[str, int] = msgspec.field(default_factory=dict)
    attributes: dict[str, AttributeValue] = msgspec.field(default_factory=dict)


class Product(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One product of the shop, its variants grouped under it.

    Texts map a language ("de") to a text. `categories` are paths, root first. Prices are hundredths of
    `currency`, whatever its own minor unit; a sale price holds from `sale_from` to `sale_until`, both
    days included. `labels` maps language → field → value → what people of that language read
    (`{"en": {"color": {"schwarz": "black"}}}`; categories as "Damen > Hosen").
    """

    id: str
    title: dict[str, str]
    description: dict[str, str] = msgspec.field(default_factory=dict)
    brand: str | None = None
    categories: tuple[tuple[str, ...], ...] = ()
    product_type: str | None = None
    price_cents: int | None = None
    currency: str | None = None
    sale_price_cents: int | None = None
    sale_from: date | None = None
    sale_until: date | None = None
    released: date | None = None
    popularity: float | None = None
    mpn: str | None = None
    gtin: str | None = None
    image: str | None = None
    url: str | None = None
    attributes: dict[str, AttributeValue] = msgspec.field(default_factory=dict)
    labels: dict[str, dict[str, dict[str, str]]] = msgspec.field(default_factory=dict)
    variants: tuple[Variant, ...] = ()


@dataclass(frozen=True, slots=True)
class Rejected:
    """A feed's row that did not become a product. `line` counts from 1, header included."""

    line: int
    field: str
    reason: str


# --- a query -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Clause:
    """`field:value,value` or `field:low..high` (bounds inclusive, None is open)."""

    field: str
    values: tuple[str, ...] = ()
    low: str | None = None
    high: str | None = None

    @property
    def is_range(self) -> bool:
        """True for `low..high`, also with one open end."""
        return self.low is not None or self.high is not None


@dataclass(frozen=True, slots=True)
class Not:
    """All products that `part` does not match."""

    part: Filter


@dataclass(frozen=True, slots=True)
class And:
    """Products that every part matches; no parts match everything."""

    parts: tuple[Filter, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Products that at least one part matches."""

    parts: tuple[Filter, ...]


Filter = Clause | Not | And | Or


@dataclass(frozen=True, slots=True)
class Correction:
    """A word, or two, read as others. `probability` in 0..1, `distance` in edits, `start` in code points."""

    original: str
    corrected: str
    distance: int
    start: int
    probability: float = 1.0


Effect = Literal["prefer", "limit", "exclude", "silence", "off"]


@dataclass(frozen=True, slots=True)
class Stated:
    """Something the query says about an attribute: "herren" is gender:herren.

    `effect`: products that fit come first ("prefer"), others are left out ("limit"), those that fit are left out
    ("exclude"), only the shopper's own taste is kept quiet ("silence"), or the shopper switched it off ("off").
    `wanted`: (degree 0..1, clause): a product fits to the highest degree among the clauses that match it.
    `start`: place in the text that was understood, in code points. `searched`: its words are searched as words too.
    """

    attribute: str
    value: str
    text: str
    effect: Effect = "prefer"
    wanted: tuple[tuple[float, Clause], ...] = ()
    start: int = 0
    searched: bool = True


@dataclass(frozen=True, slots=True)
class Sought:
    """One word of a query: a term, and what may stand for it.

    `parts` are a compound's, the head last. Together they stand for the term; where no product holds the term, the
    head does by itself, and the others add to it. Any of `others` is as good as the term. `weight` is
    that of so many words. `spelled` are terms for the ways to write its umlauts, the query's own first.
    """

    term: str
    parts: tuple[Sought, ...] = ()
    others: tuple[str, ...] = ()
    weight: float = 1.0
    spelled: tuple[str, ...] = ()

    def all_terms(self) -> Iterator[str]:
        """The term, and those of the parts."""
        yield self.term
        yield from self.others
        for part in self.parts:
            yield from part.all_terms()


@dataclass(frozen=True, slots=True)
class Query:
    """What the shopper asked, understood.

    `terms` are analysed and unique, in order; `sought` says for each what may stand for it; `text` is what is
    searched for (after correction), `original` what was typed. `proposals` are readings of words of `original` that
    are too unsure to be searched for. `searched` is the text without what was understood as a price, a size or a
    negation (None: all of it). `lexical_weight` in 0..1 is this query's share of the lexical leg.
    """

    original: str
    text: str
    language: str
    terms: tuple[str, ...]
    corrections: tuple[Correction, ...] = ()
    proposals: tuple[Correction, ...] = ()
    stated: tuple[Stated, ...] = ()
    lexical_weight: float = 0.5
    sought: tuple[Sought, ...] = ()
    searched: str | None = None

    @property
    def words(self) -> str:
        """The text that is searched for as words."""
        return self.text if self.searched is None else self.searched

    @property
    def is_empty(self) -> bool:
        """True when there is nothing to search for: the shopper browses."""
        return not self.words

    @property
    def proposed_text(self) -> str:
        """The query with its corrections and its proposals; the corrected one where nothing is proposed."""
        return apply_corrections(self.original, (*self.corrections, *self.proposals))


def apply_corrections(text: str, corrections: Sequence[Correction]) -> str:
    """The text with each corrected word in its place.

    >>> apply_corrections("rotes Shrit", [Correction("Shrit", "shirt", 1, 6)])
    'rotes shirt'
    """
    for correction in sorted(corrections, key=lambda correction: -correction.start):
        end = correction.start + len(correction.original)
        text = text[: correction.start] + correction.corrected + text[end:]
    return text


# --- a ranking -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """Rows that one leg found, best first, unique, with the leg's own score."""

    rows: Rows
    scores: Scores

    @classmethod
    def none(cls) -> Candidates:
        """No candidates at all."""
        return cls(np.empty(0, np.int32), np.empty(0, np.float64))


@dataclass(frozen=True, slots=True, eq=False)
class Ranking:
    """Rows best first with the score that ordered them.

    `features` are named float64 columns, one value a row, that travel along: what the explanation,
    the logs and later training read. `held` is 1 where a bound and not the score decided the place.
    """

    rows: Rows
    scores: Scores
    features: Mapping[str, Scores] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, order: NDArray[np.intp]) -> Ranking:
        """The same ranking in another order, or a part of it; features follow their rows."""
        features = {name: column[order] for name, column in self.features.items()}
        return Ranking(self.rows[order], self.scores[order], features)

    def with_features(self, **columns: Scores) -> Ranking:
        """The same ranking with more columns."""
        return Ranking(self.rows, self.scores, {**self.features, **columns})


# --- an event ------------------------------------------------------------------------------------


class Event(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One thing that a shopper did. `time` is seconds since 1970, UTC; `position` counts from 1."""

    event_id: str
    type: EventType
    product_id: str
    time: float
    shopper: str | None = None
    session: str | None = None
    query_id: str | None = None
    position: int | None = None
    price_cents: int | None = None
    quantity: int = 1
    dwell_ms: int | None = None
    touchpoint: str = "web"


# --- the seams -----------------------------------------------------------------------------------


class Encoder(Protocol):
    """Texts to unit vectors; queries and documents may be encoded differently."""

    name: str
    dimension: int

    def encode_query(self, texts: Sequence[str]) -> Vectors:
        """(n,) texts -> (n, dimension) float32, rows of length 1."""

    def encode_document(self, texts: Sequence[str]) -> Vectors:
        """(n,) texts -> (n, dimension) float32, rows of length 1."""


class Vocabulary(Protocol):
    """The words of the catalogue, for understanding and correcting queries."""

    @property
    def size(self) -> int:
        """Products in all."""

    def document_frequency(self, term: str) -> int:
        """Products that hold the analysed term; 0 if none."""

    def matching(self, term: str) -> Rows:
        """Rows of those products, ascending."""


class Corrector(Protocol):
    """Proposes the catalogue's word for a misspelt one."""

    def correct(self, word: str) -> tuple[str, int] | None:
        """A word in lower case -> (better word, edits), or None where there is none."""


# --- a shopper -----------------------------------------------------------------------------------

#: Attributes that tastes are learned for. "category" is learned over the whole shop, the others per product type.
TASTES = ("brand", "gender", "price_band", "category", "color")


class Traits(msgspec.Struct, frozen=True):
    """What an event says about tastes: the product's type and, per attribute, its values with their shares.

    The shares of an attribute add up to 1: two colours count half each, a price band spreads over its
    neighbours. They are logged with the event, so that a replay needs no catalogue.
    """

    product_type: str
    values: dict[str, dict[str, float]]


@dataclass(frozen=True, slots=True, eq=False)
class Taste:
    """Decayed counts of one attribute: `observed` value -> type -> events; `events` type -> events (N)."""

    observed: Mapping[str, Mapping[str, float]]
    events: Mapping[str, float]


@dataclass(frozen=True, slots=True, eq=False)
class Affinities:
    """What is known of a shopper's tastes at one moment, as sufficient statistics per attribute.

    `long_term` in 0..1 is the share with which the long-term profile counts beside the session (ρ).
    `session_values` are the attribute values seen in this session, for reasons that say "today".
    """

    tastes: Mapping[str, Taste]
    long_term: float = 1.0
    session_values: frozenset[tuple[str, str]] = frozenset()

    @property
    def is_empty(self) -> bool:
        """True where nothing is known: the anonymous ranking."""
        return not any(taste.events for taste in self.tastes.values())


@dataclass(frozen=True, slots=True)
class Identity:
    """Who asks, as far as the request's leave goes. Without shopper and session: nobody known."""

    shopper: str | None = None
    session: str | None = None
    touchpoint: str = "web"

    @property
    def is_kiosk(self) -> bool:
        """A kiosk's sessions live in memory only."""
        return self.touchpoint == "kiosk"


@dataclass(frozen=True, slots=True)
class Appended:
    """What became of a batch of events: stored, known already, and about products nobody knows."""

    accepted: int
    duplicates: int
    unknown_products: int


class ProfileStore(Protocol):
    """Events in, affinities out. The one seam between the server and where shoppers are kept."""

    def append(self, events: Sequence[tuple[Event, Traits | None]]) -> Appended:
        """Store a batch durably; a known event_id changes nothing; without traits the product is unknown."""

    def affinities(self, identity: Identity, scope: Personalize, now: float) -> Affinities:
        """What the ranker may know of this shopper now (seconds since 1970)."""
