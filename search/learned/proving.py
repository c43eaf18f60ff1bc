"""Of which product types do tastes prove to tell what is chosen? Learned from a shop's own log, before each choice.

For a sample of choices (a click, cart or purchase), the shopper's profile as it was then scores the products of the
type as the personal order would. What it was worth, in nats, against choosing as everybody does:

    s   = b(y) − log Σ_d q(d) · e^b(d)      b = clip(Σ_a w_a · (x_a − x̄_a), ±B), y what was chosen, q the share of sales
    n   = (max b − min b) / 2B              what was at stake: 0 of a profile that says nothing, 1 of a rich one
    g_c = clip((1 + S_c) / (1 + 0.35 · n_c), 0, 1)       S_c, n_c: sums over the choices of type c

So a type starts open, and stays so where a choice is worth 0.35 nats (`personal.proving`) on average; where tastes tell
nothing, it closes. The products of the type stand for the list that was shown, which no log holds.
"""

from __future__ import annotations

import zlib
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from search.learned.shelves import shelves_of
from search.profiles.statistics import Kind, Statistics, combine, kinds_of
from search.rerank.personal import tastes_of
from search.rerank.traits import Catalogue
from search.rerank.weights import weights_of
from search.settings import Personal
from search.types import Affinities, Event, EventType, Traits

#: Open at first, as if gained already, nats.
CREDIT = 1.0
CHOICES: tuple[EventType, ...] = ("click", "cart", "purchase")
#: Of a shopper so many choices are weighed, spread over their past; of a shop so many.
OF_SHOPPER, MOST_CHOICES = 16, 20_000
#: Events about one product within this time of each other are one choice, as in `tresen-eval replay DIR`.
RUN_SECONDS = 1_800.0

Past = Sequence[tuple[EventType, Traits, float]]


@dataclass(slots=True)
class _Sums:
    """Gains of one product type, and what was at stake."""

    gain: float = 0.0
    stake: float = 0.0

    def gate(self, price: float) -> float:
        """g_c, where what is at stake costs so much, in nats."""
        return float(np.clip((CREDIT + self.gain) / (CREDIT + price * self.stake), 0.0, 1.0))


def pasts_of(logged: Iterable[tuple[Event, Traits]]) -> dict[str, list[tuple[EventType, Traits, float]]]:
    """Shopper -> what they did, by time."""
    found: dict[str, list[tuple[EventType, Traits, float]]] = {}
    for event, traits in logged:
        if event.shopper:
            found.setdefault(event.shopper, []).append((event.type, traits, event.time))
    return {shopper: sorted(past, key=lambda step: step[2]) for shopper, past in found.items()}


def learn_gates(
    pasts: Mapping[str, Past], catalogue: Catalogue, row_of: Callable[[str], int | None], settings: Personal
) -> dict[str, float]:
    """Product type -> its gate, 0..1; a type without a choice has none: it is open.

    Args:
        pasts: each by time.
        row_of: item -> its row; None for one that is not sold.
    """
    sums: dict[str, _Sums] = {}
    left = MOST_CHOICES
    weighing = _Weighing(catalogue, settings)
    for shopper in sorted(pasts, key=lambda id: (zlib.crc32(id.encode()), id)):
        if left <= 0:
            break
        for product_type, gain, stake in _gains(pasts[shopper], weighing, row_of):
            of_type = sums.setdefault(product_type, _Sums())
            of_type.gain += gain
            of_type.stake += stake
            left -= 1
    return {kind: of_type.gate(settings.proving) for kind, of_type in sorted(sums.items())}


def runs_of(past: Past) -> list[int]:
    """Where the runs begin that hold a choice: events about one item, each within half an hour of the one before."""
    starts: list[int] = []
    running: dict[str, tuple[float, int, bool]] = {}
    for at, (type, traits, time) in enumerate(past):
        last, start, counted = running.get(traits.item, (-np.inf, at, False))
        if time - last > RUN_SECONDS:
            start, counted = at, False
        if traits.item and type in CHOICES and not counted:
            starts.append(start)
            counted = True
        running[traits.item] = (time, start, counted)
    return sorted(starts)


def _gains(past: Past, weighing: _Weighing, row_of: Callable[[str], int | None]) -> Iterator[tuple[str, float, float]]:
    starts, times = runs_of(past), [time for _, _, time in past]
    picked = np.unique(np.linspace(0, len(starts) - 1, min(OF_SHOPPER, len(starts))).astype(int)).tolist()
    kind: Kind = weighing.kinds["shopper"]
    known: Statistics | None = None
    learned = 0
    for pick in picked:
        _, traits, time = past[starts[pick]]
        before = bisect_left(times, time)
        known, learned = kind.fold_all(known, past[learned:before]), max(learned, before)
        row = row_of(traits.item)
        if row is None or known is None:
            continue
        weighed = weighing.gain(combine(weighing.kinds, known, None, time), row)
        if weighed is not None:
            yield traits.product_type, *weighed


@dataclass(slots=True)
class _Weighing:
    """Scores the products of a type as the personal order would."""

    catalogue: Catalogue
    settings: Personal
    kinds: Mapping[str, Kind] = field(init=False)

    def __post_init__(self) -> None:
        self.kinds = kinds_of(self.settings)

    def gain(self, known: Affinities, row: int) -> tuple[float, float] | None:
        """What the profile was worth for this choice, in nats, and what was at stake, 0..1.

        None where there was no choice among the best sold.
        """
        code = int(self.catalogue.types[row])
        shelf = shelves_of(self.catalogue).of(code)
        if shelf is None:
            return None
        rows, shares = shelf
        chosen = np.flatnonzero(rows == row)
        if not len(chosen):
            return None
        names, x = tastes_of(known, self.catalogue, self.settings, rows, 1.0)
        weights = weights_of(self.settings)
        total = np.array([weights[name] for name in names]) @ (x - (x @ shares)[:, None])
        bounded = np.clip(total, -self.settings.bound, self.settings.bound)
        stake = float(np.ptp(bounded) / (2 * self.settings.bound)) if self.settings.bound > 0 else 0.0
        return float(bounded[chosen[0]] - np.log(shares @ np.exp(bounded))), stake
