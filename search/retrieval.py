"""One query against one snapshot: both legs scored once, then candidates under any filter.

A product is a candidate where one of its words is in the query or its calibrated cosine reaches `dense.least`, and
where its R reaches a share (`fusion.floor`) of the best R that the query has in the whole catalogue. None of this
depends on the filter or on how many others there are: a filter can only take results away, and hits, totals,
facets and pages all come from the same set.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from search.index.columns import Columns
from search.index.fields import code_key
from search.index.snapshot import Snapshot
from search.rerank.fuse import calibrate_cosine, calibrate_lexical, fuse, lexical_weight, raw_cosine
from search.settings import Settings
from search.types import And, Candidates, Filter, Mask, Query, Ranking, Rows, Scores, Vectors
from search.understand.filters import fields_of, without


@dataclass(frozen=True, slots=True, eq=False)
class Retrieved:
    """What each leg found inside one mask, calibrated to 0..1, and both fused; the fused one not yet cut."""

    lexical: Candidates
    dense: Candidates
    fused: Ranking


class Retrieval:
    """The legs of one query. `vector` is None where there is no encoder: lexical results only."""

    def __init__(self, snapshot: Snapshot, query: Query, vector: Vectors | None, settings: Settings):
        self._snapshot = snapshot
        self._settings = settings
        self._vector = vector if snapshot.dense is not None else None
        self.query = query
        self.exact: Rows = np.array(snapshot.exact.get(code_key(query.text), []), np.int32)

    @cached_property
    def lexical(self) -> Scores:
        """(n,) calibrated lexical score of every product; 0 where no word is found."""
        scores = self._snapshot.lexical(self.query.language).score(self.query.terms)
        return calibrate_lexical(scores.bm25, scores.found, scores.best, self._settings.lexical.coverage)

    @cached_property
    def _dense_everywhere(self) -> Candidates:
        return self._dense_leg(None)

    @cached_property
    def weight(self) -> float:
        """The lexical leg's share for this query, from how sure both legs are over the whole catalogue."""
        return lexical_weight(
            float(self.lexical.max(initial=0.0)), float(self._dense_everywhere.scores.max(initial=0.0))
        )

    @cached_property
    def everywhere(self) -> Retrieved:
        """What was found without any filter."""
        return self._retrieve(None, self._dense_everywhere)

    @cached_property
    def bar(self) -> float:
        """The least R of a result. Exact matches do not raise it: what is like them is still of use."""
        fused = self.everywhere.fused
        relevance = fused.features["R"][~np.isin(fused.rows, self.exact)]
        return max(self._settings.fusion.floor * float(relevance.max(initial=0.0)), 1e-6)

    def retrieve(self, mask: Mask | None) -> Retrieved:
        """Both legs inside a mask (None: no filter), and the fused ranking cut at the bar.

        Without a query every product is a result, with R = 1. Exact matches have R = 1.
        """
        if self.query.is_empty:
            return self._browse(mask)
        found = self.everywhere if mask is None else self._retrieve(mask, self._dense_leg(mask))
        above = np.flatnonzero(found.fused.features["R"] >= self.bar)
        return Retrieved(found.lexical, found.dense, found.fused.take(above))

    def _lexical_leg(self, mask: Mask | None) -> Candidates:
        rows = np.flatnonzero(self.lexical if mask is None else self.lexical * mask).astype(np.int32)
        scores = self.lexical[rows]
        order = np.lexsort((rows, -np.round(scores, 9)))
        return Candidates(rows[order], scores[order])

    def _dense_leg(self, mask: Mask | None) -> Candidates:
        dense = self._snapshot.dense
        if dense is None or self._vector is None:
            return Candidates.none()
        found = dense.within(self._vector, raw_cosine(self._settings.dense.least, dense.noise), mask)
        return Candidates(found.rows, calibrate_cosine(found.scores, dense.noise))

    def _browse(self, mask: Mask | None) -> Retrieved:
        rows = np.arange(len(self._snapshot)) if mask is None else np.flatnonzero(mask)
        ones = np.ones(len(rows))
        everything = Ranking(rows.astype(np.int32), ones, {"lexical": ones, "dense": ones, "R": ones})
        return Retrieved(Candidates.none(), Candidates.none(), everything)

    def _retrieve(self, mask: Mask | None, dense: Candidates) -> Retrieved:
        lexical = self._lexical_leg(mask)
        exact = self.exact if mask is None else self.exact[mask[self.exact]]
        rows = np.unique(np.concatenate([lexical.rows, dense.rows, exact]))
        ranking = fuse(rows, self.lexical[rows], self._cosines(rows), self.weight)
        relevance = np.where(np.isin(ranking.rows, exact), 1.0, ranking.features["R"])
        order = np.lexsort((ranking.rows, -relevance))
        features = {**ranking.features, "R": relevance}
        return Retrieved(lexical, dense, Ranking(ranking.rows, relevance, features).take(order))

    def _cosines(self, rows: Rows) -> Scores:
        """(n,) calibrated cosine of each row; 0 without an encoder."""
        dense = self._snapshot.dense
        if dense is None or self._vector is None:
            return np.zeros(len(rows))
        return calibrate_cosine(dense.cosines(self._vector, rows), dense.noise)


class CandidateSet:
    """The candidates of one request: fixed once; hits, totals, facets and pages all read it."""

    def __init__(self, retrieval: Retrieval, tree: Filter, columns: Columns):
        self.retrieval = retrieval
        self._tree = tree
        self._columns = columns
        self.found = retrieval.retrieve(self._mask_of(tree))

    @property
    def ranking(self) -> Ranking:
        """The results by R, best first."""
        return self.found.fused

    def _mask_of(self, tree: Filter) -> Mask | None:
        return None if tree == And(()) else self._columns.mask(tree)

    def under_facet(self, name: str) -> Mask:
        """(n,) the candidates that a facet counts: its own refinement does not shrink it."""
        members = np.zeros(self._columns.size, bool)
        members[self.ranking.rows] = True
        if name in fields_of(self._tree):
            members[self.retrieval.retrieve(self._mask_of(without(self._tree, name))).fused.rows] = True
        return members
