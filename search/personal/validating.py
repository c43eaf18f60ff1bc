"""Each choice, before it is learned: what was the shopper's past worth in predicting it?

The products that were shown are those of the search that the event names, while they are known; else the best sold ones
of the type stand for them. What comes out is logged with the event, so that a replay needs neither.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec
import numpy as np

from search.learned.proving import CHOICES, RUN_SECONDS
from search.learned.shelves import shelves_of
from search.pipeline import Pipeline
from search.profiles.statistics import Kind, Statistics, combine
from search.profiles.worth import ASIDE
from search.rerank.exposure import shares_shown
from search.rerank.repeat import REPEAT
from search.rerank.validation import WHOLE, gains
from search.types import Event, Rows, Scores, Traits

#: What was set aside is confirmed by another visit, not by the one that it came from.
ANOTHER_DAY_SECONDS = 43_200.0
#: Who goes another way by less goes the same way: a hair's breadth in a taste that says little is set aside by nobody,
#: and does not make what was set aside wait for yet another day.
LEAST_DEPARTED = 0.05
#: Choices that are remembered, so that a click and the purchase that follows are one.
MOST_REMEMBERED = 20_000


class Validator:
    """Weighs choices one after the other, in the order in which they are learned; for the thread that writes."""

    def __init__(self, pipeline: Callable[[], Pipeline], kinds: Mapping[str, Kind]):
        self._pipeline = pipeline
        self._kinds = kinds
        self._chosen: dict[tuple[str, str], float] = {}

    def __call__(self, event: Event, traits: Traits, past: Statistics | None, visit: Statistics | None) -> Traits:
        """The traits, with what was shown, what the past was worth for this choice, and how far the event is like it.

        Args:
            past, visit: what was known before; without a past only what was shown is told.
        """
        traits = self.with_shown(event, traits)
        if past is None or not past.observed:
            return traits
        worth = {} if event.type not in CHOICES or self._is_again(event, traits) else self._worth(event, past)
        trust = self._trust(worth, past, visit, event.time)
        return msgspec.structs.replace(traits, gains=worth, trust=trust, spared=self._spared(worth, visit, event.time))

    def with_shown(self, event: Event, traits: Traits) -> Traits:
        """The traits, with what was shown where the product was chosen; as they are where no list is known that holds
        it among others. In any thread."""
        pipeline = self._pipeline()
        found = pipeline.shown.of(event.query_id) if event.type != "impression" else None
        row = pipeline.snapshot.documents.row_of(event.product_id) if found is not None else None
        if found is None or row is None or not found.has(row):
            return traits
        names = [name for name in traits.values if name not in found.said]
        shown = shares_shown(pipeline.catalogue, found.rows, found.places, names)
        return msgspec.structs.replace(traits, shown=shown)

    def forget(self, id: str) -> None:
        """Keep nothing of a shopper or a device that was erased."""
        for key in list(self._chosen):
            if key[0] == id:
                self._chosen.pop(key, None)

    def _worth(self, event: Event, past: Statistics) -> dict[str, float]:
        pipeline = self._pipeline()
        row = pipeline.snapshot.documents.row_of(event.product_id)
        offered = None if row is None else self._offered(pipeline, event, row)
        if offered is None:
            return {}
        rows, log_odds = offered
        args = pipeline.catalogue, pipeline.settings.personal, rows, log_odds, np.flatnonzero(rows == row)
        found = gains(combine(self._kinds, past, None, event.time), *args, pipeline.repeats)
        aside = past.aside
        if aside is not None and event.time - aside.newest > ANOTHER_DAY_SECONDS:
            told = gains(combine(self._kinds, aside, None, event.time), *args)
            found |= {ASIDE: told[WHOLE]} if WHOLE in told else {}
        return found

    def _spared(self, worth: Mapping[str, float], visit: Statistics | None, now: float) -> dict[str, float]:
        """What of each loss goes beyond what one visit may cost the past: a present is no change of mind."""
        if visit is None:
            return {}
        credit = self._kinds["session"].credit
        found = {}
        for name, gain in worth.items():
            left = max(0.0, credit.of(name) + credit.total(name, visit.gains, now))
            if name != ASIDE and gain < -left and credit.of(name):
                found[name] = -left - gain
        return found

    def _trust(
        self, worth: Mapping[str, float], past: Statistics, visit: Statistics | None, now: float
    ) -> dict[str, float]:
        """Attribute -> 1 − (1 − ρ_a) · e_a: ρ_a, how far this visit, this choice with it, goes the way of the past in a
        taste; e_a, how far that had proven itself before the visit. What has proven nothing cannot be departed from: it
        has to be learned."""
        short, long, here = self._kinds["session"].credit, self._kinds["shopper"].credit, visit.gains if visit else {}
        found: dict[str, float] = {}
        for name, gate in short.gates(short.added(here, worth, now), now).items():
            charged = min(max(0.0, -short.total(name, here, now)), short.of(name))
            departed = (1.0 - gate) * long.earned(name, past.gains, now, charged)
            found |= {name: 1.0 - departed} if departed >= LEAST_DEPARTED and name not in (WHOLE, REPEAT) else {}
        return found

    def _is_again(self, event: Event, traits: Traits) -> bool:
        key = event.shopper or event.device or "", traits.item
        last = self._chosen.pop(key, -np.inf)
        self._chosen[key] = max(last, event.time)
        if len(self._chosen) > MOST_REMEMBERED:
            del self._chosen[next(iter(self._chosen))]
        return abs(event.time - last) <= RUN_SECONDS

    @staticmethod
    def _offered(pipeline: Pipeline, event: Event, row: int) -> tuple[Rows, Scores] | None:
        """What it was chosen from, and A of each; None where that cannot be told."""
        shown = pipeline.shown.of(event.query_id)
        if shown is not None and shown.has(row):
            return shown.rows, shown.log_odds
        shelf = shelves_of(pipeline.catalogue).of(int(pipeline.catalogue.types[row]))
        if shelf is None or not (shelf[0] == row).any():
            return None
        return shelf[0], np.log(shelf[1])
