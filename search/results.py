"""What one query finds in the whole catalogue: both legs as one R, cut at the bar.

The bar is a share (`fusion.floor`) of the best R. Of a large catalogue the vectors are asked about some thousand
products only (`Retrieval.asked`), the best by words among them; all others are known by their words alone. So the best
of those that were asked about tells the least that the bar can be, and of the others only those are looked at whose
words reach it: of the 450,000 products that hold one of two frequent words some 2,000.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from search.reached import Reached, inserted
from search.rerank.fuse import fuse
from search.types import Mask, Ranking, Rows, Scores
from search.understand.bare import names_kind

if TYPE_CHECKING:
    from search.retrieval import Retrieval

#: R of what is found whatever the bar, and the least that any result has.
LEAST = 1e-6


def results_of(retrieval: Retrieval) -> Ranking:
    """The results, by row, with R and the features lexical, dense, kind and R. Without a query every product is a
    result, with R = 1.

    Exact matches have R = 1 and do not raise the bar: what is like them is still of use. Neither do words side by
    side: what is found is found without them.
    """
    if retrieval.query.is_empty:
        rows = retrieval.reached.rows
        relevance = np.ones(len(rows))
        return Ranking(rows, relevance, dict.fromkeys(("lexical", "dense", "R"), relevance))
    others = _whatever_the_bar(retrieval)
    some, plain = _looked_at(retrieval, others)
    fused, dense = _fused(retrieval, some, plain)
    exact, kept = some.places(retrieval.exact), some.mark(others)
    fused[(fused < _bar(retrieval, some, fused)) & ~kept] = 0.0
    lexical = plain
    if retrieval.adjacent:
        beside, inside = some.find(np.array(list(retrieval.adjacent), np.int32))
        beside = beside[inside]
        lexical = plain.copy()
        lexical[beside] = retrieval.reached.at(retrieval.lexical, some.rows[beside])
        together = beside[fused[beside] > 0]
        fused[together] = fuse(lexical[together], dense[together], retrieval.weight)
    fused[kept] = np.maximum(fused[kept], LEAST)
    fused[exact] = 1.0
    places = np.flatnonzero(fused > 0)  # of truth values eight times as fast as of numbers
    rows, relevance = some.rows[places], fused[places]
    features = {"lexical": lexical[places], "dense": dense[places]}
    kind = {} if retrieval.wanted is None else {"kind": retrieval.kind_of(rows)}
    return Ranking(rows, relevance, {**features, **kind, "R": relevance})


def _looked_at(retrieval: Retrieval, others: Rows) -> tuple[Reached, Scores]:
    """All products that may be results (s,), and as few others as can be told; their calibrated lexical scores.

    Args:
        others: what is found whatever the bar.
    """
    asked, reached, plain = retrieval.asked, retrieval.reached, retrieval.plain
    of_asked = reached.at(plain, asked.rows)
    if retrieval.asked_all:
        some = asked.joined(others)
        return some, of_asked if some is asked else reached.at(plain, some.rows)
    least = _bar(retrieval, asked, _fused(retrieval, asked, of_asked)[0])
    # R is rounded to 1e-6
    by_words = np.flatnonzero(retrieval.weight * plain >= least - 1e-6)
    some = Reached(reached.rows.take(by_words), retrieval.size)
    new = asked.joined(others).rows
    new = new[~some.find(new)[1]]
    at = np.searchsorted(some.rows, new)
    rows = inserted(some.rows, at, new)
    return Reached(rows, retrieval.size), inserted(plain.take(by_words), at, reached.at(plain, new))


def _fused(retrieval: Retrieval, some: Reached, plain: Scores) -> tuple[Scores, Scores]:
    """R before the bar of some products (s,), 0 where no leg finds them; and their calibrated cosines.

    Args:
        plain: (s,) their calibrated lexical scores.
    """
    asked, dense = retrieval.asked, retrieval.dense
    if some is not asked:
        places, inside = some.find(asked.rows)
        dense = np.zeros(len(some))
        dense[places[inside]] = retrieval.dense[inside]
    near = dense >= retrieval.least_dense
    found = (plain > 0) | near
    if (alone := retrieval.of_kind_alone) is not None:
        held = alone.reached.rows[alone.lexical > 0]
        found &= some.mark(held) | near | _of_stated_kind(retrieval, some.rows)
    return np.where(found, fuse(plain, dense, retrieval.weight), 0.0), dense


def _bar(retrieval: Retrieval, some: Reached, fused: Scores) -> float:
    """The least R of a result, as far as some products (s,) tell, which hold all exact matches."""
    others = fused
    if len(retrieval.exact):
        others = fused.copy()
        others[some.places(retrieval.exact)] = 0.0
    return max(retrieval.floor * float(others.max(initial=0.0)), LEAST)


def _whatever_the_bar(retrieval: Retrieval) -> Rows:
    """Rows that are found whatever the bar: without synonyms, and by the kind alone."""
    found = [] if retrieval.without_synonyms is None else [retrieval.without_synonyms.found.rows]
    if (alone := retrieval.of_kind_alone) is not None:
        rows = alone.found.rows
        found.append(rows if retrieval.wanted is None else rows[retrieval.kind_of(rows) > 0])
    return np.concatenate(found) if found else np.empty(0, np.int32)


def _of_stated_kind(retrieval: Retrieval, rows: Rows) -> Mask:
    """(m,) products whose fields say that they are of the kind that the query states: "Pfanne" for "Bratpfanne"."""
    columns = retrieval.base_columns
    found = np.zeros(len(rows), bool)
    for _, clause in (pair for item in retrieval.query.stated if names_kind(item) for pair in item.wanted):
        found |= columns.holds(clause, rows) if clause.field in columns.columns else False
    return found
