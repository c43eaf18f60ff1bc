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
from numpy.typing import NDArray

from search.index.columns import Columns
from search.index.fields import code_key
from search.index.snapshot import Snapshot
from search.rerank.fuse import calibrate_cosine, calibrate_lexical, fuse, lexical_weight, raw_cosine
from search.settings import Settings
from search.types import And, Candidates, Filter, Mask, Query, Ranking, Rows, Scores, Vectors
from search.understand.filters import fields_of, without


@dataclass(frozen=True, slots=True, eq=False)
class Retrieved:
    """What each leg found inside one mask, calibrated to 0..1, and the results: both fused, cut at the bar."""

    lexical: Candidates
    dense: Candidates
    fused: Ranking


class Retrieval:
    """The legs of one query, scored once over the whole catalogue; filters only select.

    `vector` is None where there is no encoder: lexical results only.
    """

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
    def near(self) -> Candidates:
        """The rows whose calibrated cosine reaches `dense.least`, best first, with it."""
        dense = self._snapshot.dense
        if dense is None or self._vector is None:
            return Candidates.none()
        found = dense.within(self._vector, raw_cosine(self._settings.dense.least, dense.noise))
        return Candidates(found.rows, calibrate_cosine(found.scores, dense.noise))

    @cached_property
    def dense(self) -> Scores:
        """(n,) calibrated cosine of the near rows and of the best lexical ones; 0 elsewhere."""
        cosine, dense = np.zeros(len(self._snapshot)), self._snapshot.dense
        if dense is None or self._vector is None:
            return cosine
        best = _best_first(np.flatnonzero(self.lexical), self.lexical, self._settings.fusion.rescore)
        cosine[best] = calibrate_cosine(dense.cosines(self._vector, best), dense.noise)
        cosine[self.near.rows] = self.near.scores
        return cosine

    @cached_property
    def weight(self) -> float:
        """The lexical leg's share for this query, from how sure both legs are over the whole catalogue."""
        return lexical_weight(float(self.lexical.max(initial=0.0)), float(self.near.scores.max(initial=0.0)))

    @cached_property
    def relevance(self) -> Scores:
        """(n,) R of every result, 0 of the others. Without a query every product is a result, with R = 1.

        Exact matches have R = 1 and do not raise the bar: what is like them is still of use.
        """
        if self.query.is_empty:
            return np.ones(len(self._snapshot))
        found = self.lexical > 0
        found[self.near.rows] = True
        fused = np.where(found, fuse(self.lexical, self.dense, self.weight), 0.0)
        others = fused.copy()
        others[self.exact] = 0.0
        bar = max(self._settings.fusion.floor * float(others.max(initial=0.0)), 1e-6)
        fused[fused < bar] = 0.0
        fused[self.exact] = 1.0
        return fused

    def retrieve(self, mask: Mask | None) -> Retrieved:
        """The legs and the results inside a mask (None: no filter), each best first, ties by row."""
        if self.query.is_empty:
            return Retrieved(Candidates.none(), Candidates.none(), self._ranking(mask))
        lexical = _best_first(np.flatnonzero(_inside(self.lexical, mask)), self.lexical)
        near = self.near if mask is None else _only(self.near, mask)
        return Retrieved(Candidates(lexical, self.lexical[lexical]), near, self._ranking(mask))

    def _ranking(self, mask: Mask | None) -> Ranking:
        rows = _best_first(np.flatnonzero(_inside(self.relevance, mask)), self.relevance)
        relevance = self.relevance[rows]
        if self.query.is_empty:
            return Ranking(rows, relevance, {"lexical": relevance, "dense": relevance, "R": relevance})
        return Ranking(rows, relevance, {"lexical": self.lexical[rows], "dense": self.dense[rows], "R": relevance})


def _inside(scores: Scores, mask: Mask | None) -> Scores:
    return scores if mask is None else scores * mask


def _only(candidates: Candidates, mask: Mask) -> Candidates:
    inside = mask[candidates.rows]
    return Candidates(candidates.rows[inside], candidates.scores[inside])


def _best_first(rows: NDArray[np.intp], scores: Scores, most: int | None = None) -> Rows:
    """Rows by their scores, ties by row; the first `most` of them, found without sorting the others."""
    if most is not None and len(rows) > most:
        least = np.partition(scores[rows], len(rows) - most)[len(rows) - most]
        rows = rows[scores[rows] >= least]
    return rows[np.lexsort((rows, -np.round(scores[rows], 9)))][:most].astype(np.int32)


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
