"""How a hit got its place, for a shopper and for an engineer."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from search.messages.requests import Taste
from search.messages.stated import TasteAction


class ReasonAction(Struct, frozen=True):
    """What a button beside a reason does: POST the body to the path. It counts in the next search, until it is undone.

    "less" of the value that the reason is about, "off" for the whole taste. A gender is never named: the body says
    that the product's is meant.
    """

    do: Literal["less", "off"]
    text: str
    path: str
    body: TasteAction


class Reason(Struct, frozen=True, omit_defaults=True):
    """Why a hit moved for this shopper, in a sentence; `switch_off` is the taste to leave out next time.

    `actions` let the shopper have less of it, or switch it off, for good.
    """

    text: str
    moved: int
    switch_off: Taste | None = None
    actions: list[ReasonAction] = []


class ExplainTerm(Struct, frozen=True, omit_defaults=True):
    """One taste's share in a hit's score, in log-odds. An attribute that the query states is blocked.

    contribution = strength · query_gate · gate · weight · (x − x_shown) · scaled_by, where x is the clipped log of the
    lift and x_shown its mean over what the query shows: what all results share moves none of them. `level`: "shop",
    "type" or "stated". `rank_without`: the hit's rank in a search with `without_tastes` of this attribute, and
    `without` says so. `trust`: how far this shopper's past has proven itself in this taste, 0..1; x is weighed by it
    already.
    """

    attribute: str
    value: str
    lift: float
    level: str
    evidence: str
    x: float
    x_shown: float
    weight: float
    gate: float
    contribution: float
    blocked: str | None = None
    rank_without: int | None = None
    without: str | None = None
    trust: float = 1.0


class ExplainPersonal(Struct, frozen=True):
    """The personal part: the gate of the query, the sum of its terms and of `yields`, the bound.

    `proven` (0..1), part of each inferred x: of how much use tastes were for choices of these product types.

    `yields` (≤ 0) is what tastes gave up, because the product would have passed one that fits the query better.
    """

    query_gate: float
    sum: float
    cap: float
    scaled_by: float
    terms: list[ExplainTerm]
    yields: float = 0.0
    proven: float = 1.0


class ExplainRepeat(Struct, frozen=True):
    """Where a hit's `repeat` comes from: this "item" or something of its "type" was bought, or of an "other" type.

    `days` since then; `bought`: decayed purchases of the item; `interval_days`: median time until the shop's shoppers
    buy of the type again (null: nobody did). x_type: clipped log of the type's hazard against its base, x_shown its
    mean over what the query shows.
    """

    level: str
    last_bought: str | None
    days: float | None
    interval_days: float | None
    bought: float
    x_type: float
    x_shown: float


class ExplainBusiness(Struct, frozen=True, omit_defaults=True):
    """A term that is the same for everybody, in log-odds; `evidence`: what it was learned or read from."""

    name: str
    contribution: float
    evidence: str = ""


class ExplainKind(Struct, frozen=True):
    """What the product is, the surest first, and which kinds of product the query wants, 0..1."""

    product: list[str]
    wanted: dict[str, float]


class ExplainStated(Struct, frozen=True):
    """How well a hit fits what the query states of an attribute: 1 it does, 0 it contradicts, 0.5 it does not say."""

    attribute: str
    degree: float
    contribution: float


class ExplainContext(Struct, frozen=True):
    """How well a hit goes with what the shopper typed elsewhere: a part of it (an attribute, or "words"), 0..1."""

    part: str
    degree: float
    contribution: float


class ExplainMatch(Struct, frozen=True):
    """A term that the product holds: as a "word", a "part" of one, a "measure", a "code", a "synonym", or "elsewhere"
    than in the texts that are shown.

    `written`: as it stands there. frequency f = fields' weights over their lengths, summed; saturated = f·(k1 + 1) /
    (f + k1).
    """

    term: str
    how: str
    written: list[str]
    frequency: float
    saturated: float


class ExplainWord(Struct, frozen=True, omit_defaults=True):
    """What one word of the query adds: score = weight · idf · saturated.

    saturated is that of its terms in `matched`, less where the product writes the umlauts otherwise (`spelling`: "as
    typed", "transcribed", "folded"), or that of its `parts` together: the sum of their scores, each of weight
    0.8 / Σ idf. `found` is how much of the word the product holds, 0..1.
    """

    term: str
    weight: float
    idf: float
    saturated: float
    found: float
    score: float
    matched: list[ExplainMatch]
    spelling: str | None = None
    parts: list[ExplainWord] = []


class ExplainLexical(Struct, frozen=True):
    """The words' leg, in 0..1:

        lexical = (bm25 + kind_gain) / best · (1 − coverage + coverage · (found + kind_found)) · (1 + a · adjacent)

    bm25 = Σ words' scores; found = Σ weight · found / Σ weight; best = what no product reaches: every word saturated.
    `kind_gain`, `kind_found`: what being of a wanted kind adds, as if the product held some more of the word.
    `adjacent`: share of the query's neighbours that stand side by side in the title; a = `adjacent_weight`.
    """

    words: list[ExplainWord]
    bm25: float
    kind_gain: float
    best: float
    found: float
    kind_found: float
    coverage: float
    lexical: float
    adjacent: float = 0.0
    adjacent_weight: float = 0.0


class ExplainDense(Struct, frozen=True):
    """The vectors' leg: dense = (cosine − noise) / (1 − noise), in 0..1; `noise`: that of unrelated products."""

    cosine: float
    noise: float
    dense: float


class ExplainFusion(Struct, frozen=True):
    """Both legs as one: R = w · lexical + (1 − w) · dense, to 1e-6; 1 for an exact match of a name or number.

    w = `lexical_weight` = 1 − trust · best_dense · (1 − best_lexical), in 0..1, unless a setting fixes it or a leg
    found nothing; the best are those of the whole catalogue for this query.
    """

    lexical_weight: float
    best_lexical: float
    best_dense: float
    trust: float
    exact: bool
    R: float


class Explanation(Struct, frozen=True):
    """How a hit got its place.

    `lexical`, `dense` and `fusion` lead from the query's words to R. Then
    relevance log_odds + stated + context + business + size + personal.sum + repeat = final
    """

    id: str
    rank: int
    rank_anonymous: int
    held_by: str | None
    tier: str
    relevance: dict[str, float]
    stated: list[ExplainStated]
    business: list[ExplainBusiness]
    size: float
    personal: ExplainPersonal
    repeat: float
    final: float
    because: str | None
    kind: ExplainKind | None = None
    context: list[ExplainContext] = []
    repeat_from: ExplainRepeat | None = None
    lexical: ExplainLexical | None = None
    dense: ExplainDense | None = None
    fusion: ExplainFusion | None = None
