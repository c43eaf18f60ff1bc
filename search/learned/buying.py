"""When people buy again, and where tastes tell: learned from a shop's log, written beside it, handed to the pipeline.

It lies in `state/repeats.json`: ratios by product type, no ids of shoppers or products. It is learned when an index is
opened for the first time, then every `personal.repeat_learn_minutes`, and at once after somebody was erased.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from msgspec.structs import replace

from search.errors import TresenError
from search.learned.proving import learn_gates, pasts_of
from search.pipeline import Pipeline
from search.profiles.repeats import histories_of, learn_hazards, read_hazards, write_hazards
from search.profiles.store import SqlStore
from search.settings import Personal
from search.types import Hazards, Repeats


def shares_of(pipeline: Pipeline) -> Callable[[str], float | None]:
    """Item -> its share in its product type; None for one that is not sold."""
    row_of, catalogue = pipeline.snapshot.documents.row_of, pipeline.catalogue

    def share_of(item: str) -> float | None:
        row = row_of(item)
        return None if row is None else catalogue.item_share(row)

    return share_of


class Buying:
    """The hazards of one shop. `now` in seconds since 1970."""

    def __init__(self, home: Path, settings: Personal, now: Callable[[], float]):
        self._path = home / "state" / "repeats.json"
        self._settings = settings
        self._now = now
        self._learning = threading.Lock()
        self._erased = False
        self.hazards = read_hazards(self._path)

    @property
    def is_due(self) -> bool:
        """Whether it should be learned anew."""
        age = self._now() - self.hazards.learned
        return self._erased or abs(age) >= 60 * self._settings.repeat_learn_minutes

    def forget(self) -> None:
        """Somebody was erased: what was learned from them goes with the next learning, which is due."""
        self._erased = True

    def hand_to(self, pipeline: Pipeline) -> None:
        """Let a pipeline rank by it."""
        pipeline.repeats = Repeats(self.hazards, pipeline.snapshot.documents.row_of)

    def learn(self, store: SqlStore, pipeline: Pipeline) -> Hazards:
        """Learn from the whole log, keep it, and rank by it.

        Where the log cannot be read, what was known stays; where nothing can be written, it lasts until the end.
        """
        with self._learning:
            self._erased, now = False, self._now()
            try:
                found = learn_hazards(histories_of(store.logged()), shares_of(pipeline), now, self._settings)
                row_of = pipeline.snapshot.documents.row_of
                gates = learn_gates(pasts_of(store.logged()), pipeline.catalogue, row_of, self._settings)
                self.hazards = replace(found, gates=gates, learned=now)
                write_hazards(self._path, self.hazards)
            except (TresenError, OSError):
                self.hazards = replace(self.hazards, learned=now)
            self.hand_to(pipeline)
            return self.hazards
