"""What the serving process and its search processes tell each other, over a pipe between the two.

    serving process                       search process
    Ask(told, search)                →
                                     ←    Need("affinities", …)      as often as the search asks for the shopper
    Known(affinities)                →
                                     ←    Done(answer) or Failed

Both are the same program on the same machine, so values are pickled.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from search.answered import Answered
from search.learned.weights import Learned
from search.lists.files import Lists
from search.messages import SearchRequest
from search.opening import Generation
from search.personal.shown import Entry
from search.types import Changed, Hazards, Identity, Trends
from search.types.segments import Segments


@dataclass(frozen=True, slots=True, eq=False)
class Taught:
    """What a shop's people teach, as far as a generation answers by it."""

    hazards: Hazards
    trends: Trends
    segments: Segments
    weights: Learned | None

    def same_as(self, other: Taught) -> bool:
        """Whether it is the very same, not only equal."""
        return (
            self.hazards is other.hazards
            and self.trends is other.trends
            and self.segments is other.segments
            and self.weights is other.weights
        )


@dataclass(frozen=True, slots=True, eq=False)
class Standing:
    """By what a generation answers at a moment: what a search process has to have before it may answer in its name.

    Args:
        opened: counts openings; another one may be of the same number, with other changes over it.
        number: of its snapshot.
        base: the number of the last change that its snapshot has.
        changes: the number of the last change that counts over it.
    """

    opened: int
    number: int
    base: int
    changes: int
    lists: Lists
    taught: Taught

    @classmethod
    def of(cls, generation: Generation, taught: Taught) -> Standing:
        """That of a generation as it is now."""
        pipeline = generation.pipeline
        manifest, indexed = pipeline.indexed.manifest, pipeline.indexed
        return cls(generation.opened, manifest.number, manifest.changes, indexed.changes, pipeline.lists, taught)


@dataclass(frozen=True, slots=True, eq=False)
class Told:
    """What a search process lacks of a standing; None of what it has.

    Args:
        changes: those behind what it has, up to `last`. However many are told at once, each row is the same product.
    """

    opened: int
    number: int
    changes: Sequence[Changed]
    last: int
    lists: Lists | None
    taught: Taught | None


@dataclass(frozen=True, slots=True, eq=False)
class Search:
    """A search, at a moment (seconds since 1970), and what it may take."""

    request: SearchRequest
    identity: Identity
    moment: float
    deadline_ms: float


@dataclass(frozen=True, slots=True, eq=False)
class Ask:
    """Have what it takes, and then search, if there is anything to search for."""

    told: Told
    search: Search | None = None


@dataclass(frozen=True, slots=True)
class Need:
    """A question to the state, which the serving process alone may read and write."""

    name: str
    arguments: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Known:
    """Its answer, or why there is none."""

    value: Any = None
    error: Exception | None = None


#: What is kept of frequent queries, by name: bytes, times found, times missed.
KeptTold = dict[str, tuple[int, int, int]]


@dataclass(frozen=True, slots=True, eq=False)
class Done:
    """A search that was answered, or, without an answer, what was asked for is there."""

    answer: Answered | None = None
    shown: Entry | None = None
    kept: KeptTold | None = None


@dataclass(frozen=True, slots=True)
class Failed:
    """A search without an answer: an error for who asked, or (None) a fault of ours, in words.

    `ends`: it could not have what it was told, and ends.
    """

    error: Exception | None = None
    trouble: str = ""
    ends: bool = False
