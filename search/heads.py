"""What a shop's frequent queries need not have worked out again: their vectors, what they mean, what they find.

None of it depends on who asks. It is true of one generation with one state of its products, lists and settings; where
one of these changes, what it no longer holds of is let go of:

| | kept by | goes when |
|---|---|---|
| vectors | the text | the encoder does |
| queries | what was asked, and how it shall be read | words, names or lists change |
| found | the same | so do they |
| filters | each condition | any product changes, prices and stock too; so does the day |
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from search.index.columns import Columns
from search.index.postings import Touched
from search.index.snapshot import Snapshot
from search.kept import Kept, bytes_of
from search.reached import Reached
from search.relax import Asked
from search.retrieval import FOUND, LEGS, Retrieval
from search.settings import Settings
from search.types import Filter, Query, Vectors

Values = TypeVar("Values", bound=np.ndarray)

#: Shares of the budget.
SHARES = {"vectors": 0.1, "queries": 0.1, "found": 0.6, "filters": 0.2}


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """What a query found, as `parts` of a retrieval; without the snapshot, which may have other prices by now."""

    query: Query
    vector: Vectors | None
    parts: Mapping[str, object]

    @classmethod
    def of(cls, retrieval: Retrieval) -> Found:
        """What decides what is found, and nothing else."""
        held = retrieval.__dict__
        parts = {name: held[name] for name in (*LEGS, *FOUND) if name in held}
        if isinstance(touched := parts.get("_touched"), Touched):
            reached = Reached(_own(touched.reached.rows), touched.reached.size)
            parts["_touched"] = replace(touched, reached=reached, bm25=_own(touched.bm25), found=_own(touched.found))
        return cls(retrieval.query, held["_vector"], parts)

    @property
    def held_bytes(self) -> int:
        """Bytes of the parts; the query is kept by itself."""
        return bytes_of(self.parts)

    def over(self, snapshot: Snapshot, settings: Settings) -> Retrieval:
        """The retrieval; what else is asked of it, it works out for itself."""
        other = Retrieval(snapshot, self.query, self.vector, settings)
        other.__dict__.update(self.parts)
        return other


def _own(values: Values) -> Values:
    """Without the room that is left behind them where lists were merged; what lies in a file stays there."""
    return values if values.base is None or not values.flags.writeable else cast(Values, values.copy())


class Heads:
    """What is kept of one pipeline's queries, in so many bytes altogether."""

    def __init__(self, budget: int):
        of = {name: int(budget * share) for name, share in SHARES.items()}
        self.vectors: Kept[str, Vectors] = Kept(of["vectors"])
        self.queries: Kept[Asked, Query] = Kept(of["queries"])
        self.found: Kept[Asked, Found] = Kept(of["found"])
        self.filters: Kept[Filter, NDArray[np.uint8]] = Kept(of["filters"])
        self._filtering: tuple[Columns, Columns] | None = None

    def __iter__(self) -> Iterator[tuple[str, Kept]]:
        for name in SHARES:
            yield name, getattr(self, name)

    def told(self) -> dict[str, tuple[int, int, int]]:
        """By name: bytes, times found, times missed."""
        return {name: (kept.bytes, kept.tally.hits, kept.tally.misses) for name, kept in self}

    def reread(self) -> Heads:
        """For a pipeline that reads queries otherwise, or finds other products by them."""
        other = self.restocked()
        other.queries, other.found = self.queries.emptied(), self.found.emptied()
        self.queries.clear()
        self.found.clear()
        return other

    def restocked(self) -> Heads:
        """For a pipeline with other prices and stock: columns know themselves that they are others.

        What is not handed on is let go of, since the pipeline before may stay for long (`search.garbage`)."""
        other = Heads(0)
        other.vectors, other.queries, other.found = self.vectors, self.queries, self.found
        other.filters = self.filters.emptied()
        self.filters.clear()
        return other

    def filtering(self, columns: Columns) -> Columns:
        """The columns, which keep what their filters let through."""
        known = self._filtering
        if known is None or known[0] is not columns:
            kept = self.filters if known is None else self.filters.emptied()
            self.filters = kept
            self._filtering = known = columns, replace(columns, masks=kept)
        return known[1]

    def query(self, asked: Asked, read: Callable[[Asked], Query]) -> Query:
        """What a query means."""
        found = self.queries.get(asked)
        return self.queries.put(asked, read(asked)) if found is None else found

    def retrieval(self, asked: Asked, query: Query, snapshot: Snapshot, settings: Settings) -> Retrieval | None:
        """What a query finds, None where it has to be worked out.

        Args:
            query: as `query` has it.
        """
        found = self.found.get(asked)
        return found.over(snapshot, settings) if found is not None and found.query is query else None

    def remember(self, asked: Asked, retrieval: Retrieval) -> None:
        """Keep what a query found, as far as it has been worked out."""
        self.found.put(asked, Found.of(retrieval))
