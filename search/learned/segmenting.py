"""Groups of shoppers with like tastes, and who is like whom: learned from the profiles, handed to the pipeline.

Groups lie in `state/segments.json`: how often a group chooses a value, no ids of shoppers. They are learned when an
index is opened for the first time, then every `personal.segment_learn_minutes`, and at once after somebody was erased.
Who is like whom is kept in memory only, from the first question on, and forgotten with each learning and erasure.
"""

from __future__ import annotations

import threading
import zlib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import numpy as np
from msgspec.structs import replace

from search.errors import TresenError
from search.pipeline import Pipeline
from search.profiles.segments import People, learn_segments, read_segments, write_segments
from search.profiles.store import SqlStore
from search.rerank.lifts import lifts
from search.rerank.segments import cohorts_of
from search.rerank.traits import Attribute, Catalogue
from search.rerank.weights import weights_of
from search.settings import Personal
from search.types import Scores, Taste
from search.types.segments import LEAST_PEOPLE, Segments

#: A sample of so many shoppers, drawn by a hash of their ids, is enough; and of an attribute so many values, those
#: that most people chose.
MOST_PEOPLE, MOST_VALUES = 10_000, 128
#: Events (a purchase is 3, a view 0.1) from which a shopper has enough evidence to teach.
LEAST_EVENTS = 2.0
UNSEEN = Taste({}, {})

Known = Iterable[tuple[str, Mapping[str, Taste]]]


class Segmenting:
    """The groups of one shop. `now` in seconds since 1970."""

    def __init__(self, home: Path, settings: Personal, now: Callable[[], float]):
        self._path = home / "state" / "segments.json"
        self._settings = settings
        self._now = now
        self._learning = threading.Lock()
        self._erased = False
        self._people: People | None = None
        self.segments = read_segments(self._path)

    @property
    def is_due(self) -> bool:
        """Whether they should be learned anew."""
        age = self._now() - self.segments.learned
        return self._erased or abs(age) >= 60 * self._settings.segment_learn_minutes

    def forget(self) -> None:
        """Somebody was erased: who is like them is forgotten at once, the groups are learned anew, which is due."""
        self._erased, self._people = True, None

    def hand_to(self, pipeline: Pipeline) -> None:
        """Let a pipeline start lifts by them."""
        pipeline.cohorts = cohorts_of(self.segments, pipeline.catalogue) if self._settings.segments else None

    def learn(self, store: SqlStore, pipeline: Pipeline) -> Segments:
        """Learn from everybody's profile, keep it, and rank by it.

        Where the profiles cannot be read, what was known stays; where nothing can be written, it lasts until the end.
        """
        with self._learning:
            self._erased, self._people, now = False, None, self._now()
            try:
                people = self._read(store, pipeline.catalogue)
                self.segments = replace(learn_segments(people, self._settings.kappa_shop), learned=now)
                write_segments(self._path, self.segments)
            except (TresenError, OSError):
                self.segments = replace(self.segments, learned=now)
            self.hand_to(pipeline)
            return self.segments

    def people(self, store: SqlStore, pipeline: Pipeline) -> People:
        """Everybody with enough evidence; read once, until something is learned or erased.

        Raises:
            StoreUnavailable: the profiles cannot be read.
        """
        with self._learning:
            if self._people is None:
                self._people = self._read(store, pipeline.catalogue)
            return self._people

    def _read(self, store: SqlStore, catalogue: Catalogue) -> People:
        kind, now = store.kinds["shopper"], self._now()
        known = ((id, kind.tastes(statistics, now)) for id, statistics in store.people())
        return people_of(known, catalogue, self._settings)


def people_of(known: Known, catalogue: Catalogue, settings: Personal) -> People:
    """Shoppers with enough evidence, over the values that enough of them chose, in the order of a hash of their ids.

    Args:
        known: id and tastes as of now.
    """
    rows = [(zlib.crc32(id.encode()), id, tastes) for id, tastes in known if _events(tastes) >= LEAST_EVENTS]
    rows = sorted(rows, key=lambda row: row[:2])[:MOST_PEOPLE]
    columns: list[tuple[str, str]] = []
    parts = []
    for name, attribute in catalogue.attributes.items():
        if len(attribute.values):
            observed, expected = _counts([tastes for _, _, tastes in rows], attribute, catalogue, settings)
            codes = _common(observed)
            columns += [(name, attribute.values[code]) for code in codes.tolist()]
            parts.append((observed[:, codes], expected[:, codes]))
    nothing = np.zeros((len(rows), 0))
    return People(
        [id for _, id, _ in rows],
        columns,
        np.array([weights_of(settings)[name] for name, _ in columns]),
        np.hstack([nothing, *(observed for observed, _ in parts)]),
        np.hstack([nothing, *(expected for _, expected in parts)]),
    )


def counts_of(tastes: Mapping[str, Taste], people: People, catalogue: Catalogue, settings: Personal) -> People:
    """One shopper, whoever they are, over the columns of others."""
    observed, expected = np.zeros((1, len(people.columns))), np.zeros((1, len(people.columns)))
    names = np.array([name for name, _ in people.columns])
    for name in people.names:
        attribute, inside = catalogue.attributes.get(name), np.flatnonzero(names == name)
        if attribute is None:  # of a catalogue that has been swapped meanwhile
            continue
        codes = [attribute.code_of.get(people.columns[at][1]) for at in inside.tolist()]
        seen, due = _counts([tastes], attribute, catalogue, settings)
        for at, code in zip(inside.tolist(), codes, strict=True):
            if code is not None:
                observed[0, at], expected[0, at] = seen[0, code], due[0, code]
    return People([""], people.columns, people.weights, observed, expected)


def _counts(
    known: list[Mapping[str, Taste]], attribute: Attribute, catalogue: Catalogue, settings: Personal
) -> tuple[Scores, Scores]:
    """(n, values) observed and expected of each shopper, over the whole shop."""
    shape = len(known), len(attribute.values)
    observed, expected = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    for place, tastes in enumerate(known):
        found = lifts(tastes.get(attribute.name, UNSEEN), attribute, catalogue, settings, 1.0, ())
        observed[place], expected[place] = found.shop_counts
    return observed.astype(np.float64), expected.astype(np.float64)


def _common(observed: Scores) -> np.ndarray:
    """Codes, ascending, of the values that most people chose, and enough of them."""
    chose = (observed > 0).sum(0)
    codes = np.sort(np.argsort(-chose, kind="stable")[:MOST_VALUES])
    return codes[chose[codes] >= LEAST_PEOPLE]


def _events(tastes: Mapping[str, Taste]) -> float:
    return max((sum(taste.events.values()) for taste in tastes.values()), default=0.0)
