"""Each choice, before it is learned: what was the shopper's past worth in predicting it?

The products that were shown are those of the search that the event names, while they are known; else the best sold ones
of the type stand for them. What comes out is logged with the event, so that a replay needs neither.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec
import numpy as np

from search.personal.proving import CHOICES, RUN_SECONDS
from search.personal.shelves import shelves_of
from search.pipeline import Pipeline
from search.profiles.statistics import Kind, Statistics, combine
from search.rerank.validation import gains
from search.types import Event, Rows, Scores, Traits

#: Choices that are remembered, so that a click and the purchase that follows are one.
MOST_REMEMBERED = 20_000


class Validator:
    """Weighs choices one after the other, in the order in which they are learned; for the thread that writes."""

    def __init__(self, pipeline: Callable[[], Pipeline], kinds: Mapping[str, Kind]):
        self._pipeline = pipeline
        self._kinds = kinds
        self._chosen: dict[tuple[str, str], float] = {}

    def __call__(self, event: Event, traits: Traits, past: Statistics | None) -> Traits:
        """The traits, with what the past was worth for this choice; unchanged where it is none, or says nothing."""
        if event.type not in CHOICES or past is None or not past.observed or self._is_again(event, traits):
            return traits
        pipeline = self._pipeline()
        row = pipeline.snapshot.documents.row_of(event.product_id)
        offered = None if row is None else self._offered(pipeline, event, row)
        if offered is None:
            return traits
        rows, log_odds = offered
        known = combine(self._kinds, past, None, event.time)
        args = pipeline.catalogue, pipeline.settings.personal, rows, log_odds, np.flatnonzero(rows == row)
        return msgspec.structs.replace(traits, gains=gains(known, *args, pipeline.repeats))

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
        shown = pipeline.shown.of(event.query_id) if event.query_id else None
        if shown is not None and (shown[0] == row).any() and len(shown[0]) > 1:
            return shown
        shelf = shelves_of(pipeline.catalogue).of(int(pipeline.catalogue.types[row]))
        if shelf is None or not (shelf[0] == row).any():
            return None
        return shelf[0], np.log(shelf[1])
