"""The candidates of one request, inside its filters: hits, totals, facets and pages all read them."""

from __future__ import annotations

from search.index.columns import Columns
from search.reached import Reached
from search.retrieval import Retrieval
from search.types import And, Filter, Mask, Ranking, Rows
from search.understand.filters import conjuncts, fields_of, without


class CandidateSet:
    """The candidates of one request: fixed once; hits, totals, facets and pages all read it.

    With a `pool` of rows they are those of it that the filter lets through, all of them: for judged pools. `ruled` is
    what the query itself rules out ("unter 50 €"): unlike a refinement it holds for its own facet too.
    """

    def __init__(
        self, retrieval: Retrieval, tree: Filter, columns: Columns, pool: Rows | None = None, ruled: And = And(())
    ):
        self._tree = tree
        self._columns = columns
        self._pool = pool
        self._ruled = ruled
        self.retrieval = retrieval
        mask = self._mask_of(tree)
        self.retrieval = retrieval.within(mask) if pool is None else retrieval
        if pool is None:
            self.found = self.retrieval.retrieve(mask)
        else:
            self.found = retrieval.pool(pool if mask is None else pool[mask[pool]])

    @property
    def ranking(self) -> Ranking:
        """The results by R, best first."""
        return self.found.fused

    @property
    def results(self) -> Ranking:
        """The same by row: in whatever order, hits, totals and facets are counted over them."""
        return self.found.results

    @property
    def is_filtered(self) -> bool:
        """True where the request has a filter of its own."""
        return bool(conjuncts(self._tree))

    @property
    def filtered(self) -> set[str]:
        """The fields that the request's own filter reads."""
        return fields_of(self._tree)

    def by(self, retrieval: Retrieval) -> CandidateSet:
        """The candidates of another retrieval of the same query, inside the same filters."""
        return CandidateSet(retrieval, self._tree, self._columns, self._pool, self._ruled)

    def under(self, ruled: And) -> CandidateSet:
        """The candidates where the query rules something else out."""
        return CandidateSet(self.retrieval, self._tree, self._columns, self._pool, ruled)

    def without_filter(self) -> CandidateSet:
        """The candidates without the request's filter, still under what the query rules out."""
        return CandidateSet(self.retrieval, And(()), self._columns, self._pool, self._ruled)

    def _mask_of(self, tree: Filter) -> Mask | None:
        """What the query rules out holds for all but what it names: "Shampoo ohne Silikon" may be a title."""
        asked, exact = conjuncts(tree), self.retrieval.exact
        if not (self._ruled.parts and len(exact)):
            parts = And((*self._ruled.parts, *asked))
            return None if parts == And(()) else self._columns.mask(parts)
        mask = self._columns.mask(self._ruled)
        mask[exact] = True
        return mask & self._columns.mask(And(tuple(asked)))

    def under_facet(self, name: str) -> Rows:
        """Rows, ascending, of the candidates that a facet counts: its own refinement does not shrink it."""
        if name not in fields_of(self._tree):
            return self.results.rows
        mask = self._mask_of(without(self._tree, name))
        others = self.retrieval.within(mask).results(mask).rows
        return Reached.of(self.retrieval.size, self.results.rows, others).rows  # sooner than a sort
