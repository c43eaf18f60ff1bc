"""A noisy channel: which of some readings of a word was meant.

    score(c) = log1p(tf) − β·distance + γ·log1p(hits of the whole query with c)
    P = softmax(score / temperature) over all readings, the word as typed among them; readings of one stem count
    together, because a search cannot tell them apart.

The word as typed, where the catalogue does not hold it, has the score unfamiliar + unfamiliar_letter·(letters − 6):
shoppers also type right words that a shop does not sell.

Source: Kernighan, Church & Gale, A spelling correction program based on a noisy channel model, COLING 1990,
doi:10.3115/997939.997975
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from search.settings import Spelling

#: Letters from which a word does not become any more unlikely to be near another by chance.
LONG = 14


@dataclass(frozen=True, slots=True)
class Reading:
    """What a typed word may mean.

    `terms` are its stems, `edits` whole and `distance` weighted edits, `frequency` the products that hold the
    word, `hits` those that the query finds with it (`Context.hits`). `known` is False for a word as typed that
    the catalogue does not hold.
    """

    text: str
    terms: tuple[str, ...]
    edits: int
    distance: float
    frequency: int
    hits: float
    known: bool = True


@dataclass(frozen=True, slots=True)
class Choice:
    """The likeliest other reading: its probability in 0..1, and how far it is ahead of the next, in nats."""

    reading: Reading
    probability: float
    margin: float


def score(reading: Reading, settings: Spelling) -> float:
    """A reading's score, by the formula above.

    >>> shirt = Reading("shirt", ("shirt",), 1, 0.7, 200, 200.0)
    >>> round(score(shirt, Spelling(beta=5.0, gamma=0.5)), 2)
    4.45
    """
    if not reading.known:
        return settings.unfamiliar + settings.unfamiliar_letter * (min(len(reading.text), LONG) - 6)
    found = settings.gamma * math.log1p(reading.hits)
    return math.log1p(reading.frequency) - settings.beta * reading.distance + found


def choose(typed: Reading, others: Sequence[Reading], settings: Spelling) -> Choice | None:
    """The likeliest reading that finds something else than the word as typed; None without any.

    >>> typed = Reading("shrit", ("shrit",), 0, 0.0, 0, 0.0, known=False)
    >>> shirts = [Reading(word, ("shirt",), 1, 0.7, 200, 200.0) for word in ("shirt", "shirts")]
    >>> choice = choose(typed, shirts, Spelling(beta=5.0, gamma=0.5, unfamiliar=0.0, temperature=1.0))
    >>> choice.reading.text, round(choice.probability, 2)
    ('shirt', 0.99)
    """
    different = [reading for reading in others if reading.terms != typed.terms]
    if not different:
        return None
    shares = probabilities((typed, *others), settings)
    best = max(different, key=lambda reading: (shares[reading.terms], score(reading, settings), -len(reading.text)))
    mine = shares.pop(best.terms)
    second = max(shares.values(), default=0.0)
    margin = math.log(mine / second) if second and mine else math.copysign(math.inf, mine - second)
    return Choice(best, mine, margin)


def probabilities(readings: Sequence[Reading], settings: Spelling) -> dict[tuple[str, ...], float]:
    """Stems -> the probability that a reading with them was meant; they add up to 1."""
    scores = [score(reading, settings) for reading in readings]
    most = max(scores)
    weights: dict[tuple[str, ...], float] = {}
    for reading, value in zip(readings, scores, strict=True):
        weights[reading.terms] = weights.get(reading.terms, 0.0) + math.exp((value - most) / settings.temperature)
    total = sum(weights.values())
    return {terms: weight / total for terms, weight in weights.items()}
