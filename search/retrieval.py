"""One query against one snapshot: both legs scored once, then candidates under any filter.

A product is a candidate where one of its words is in the query or its calibrated cosine reaches `dense.least`, and
where its R reaches a share (`fusion.floor`) of the best R that the query has in the whole catalogue. None of this
depends on the filter or on how many others there are: a filter can only take results away, and hits, totals,
facets and pages all come from the same set.

Where a query names a kind and states wishes about it ("rote Pumps", "Laptop 2 kg"), what only the wishes' words find is
no candidate, does not raise the bar, and what the kind alone would find stays one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import msgspec
import numpy as np

from search.index.fields import asked_keys
from search.index.postings import Postings
from search.index.snapshot import Snapshot
from search.index.titles import adjacency, places
from search.messages import ExplainKind
from search.rerank.fuse import (
    UNKNOWN,
    best_rows,
    calibrate_cosine,
    calibrate_lexical,
    fuse,
    kind_gain,
    kind_trust,
    lexical_weight,
    match_kinds,
)
from search.settings import Fusion, Settings
from search.types import Candidates, Mask, Query, Ranking, Rows, Scores, Vectors
from search.understand.bare import names_kind
from search.understand.kinds import Wanted, wanted_kinds

#: Kinds that an explanation lists.
MOST_EXPLAINED = 5
#: Products whose titles are looked at for neighbours: a page. A title takes 40 µs, the second time 1.
MOST_TITLES = 20


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
        self.exact: Rows = exact_rows(snapshot.exact, query)

    @property
    def size(self) -> int:
        """Products in the catalogue."""
        return len(self._snapshot)

    @property
    def vocabulary(self) -> Postings:
        """The terms of the query's language."""
        return self._snapshot.lexical(self.query.language)

    @cached_property
    def wanted(self) -> Wanted | None:
        """The kinds of product that the query wants; None where it wants no kind, or nobody is to ask.

        A kind that a synonym names is surer than any that is only near by meaning.
        """
        kinds = self._snapshot.kinds.get(self.query.language)
        if kinds is None or not self._settings.kinds.enabled or self.query.is_empty or len(self.exact):
            return None
        query, settings = self.query, self._settings.kinds
        wanted = wanted_kinds(query.text, query.language, kinds, self._vector, settings.least, settings.most_words)
        named = [wanted_kinds(text, query.language, kinds, None, 1.0, settings.most_words) for text in query.readings]
        if any(other.is_known for other in named):
            own = wanted_kinds(query.text, query.language, kinds, None, 1.0, settings.most_words)
            terms = tuple(item.term for item in query.sought if item.synonyms)
            wanted = Wanted(np.max([own.weights, *(other.weights for other in named)], axis=0), terms)
        return wanted if wanted.is_known else None

    @cached_property
    def kind(self) -> Scores | None:
        """(n,) how much each product is of a wanted kind, 0..1, 0.5 where nobody can tell; None without one."""
        if self.wanted is None:
            return None
        kinds = self._snapshot.kinds[self.query.language]
        return match_kinds(self.wanted.weights, kinds.offsets, kinds.heads)

    def explain_kind(self, row: int) -> ExplainKind | None:
        """What a product is and what the query wants, by name; None where the query wants no kind."""
        if self.wanted is None:
            return None
        kinds, weights = self._snapshot.kinds[self.query.language], self.wanted.weights
        best = np.argsort(-weights, kind="stable")[:MOST_EXPLAINED].tolist()
        wanted = {kinds.labels[code]: round(float(weights[code]), 3) for code in best if weights[code] > 0}
        return ExplainKind(kinds.of_row(row), wanted)

    @cached_property
    def _words(self) -> tuple[Scores, float]:
        """The calibrated lexical scores, and the best that words alone had, before any kind counted for one."""
        postings, coverage = self._snapshot.lexical(self.query.language), self._settings.lexical.coverage
        scores = postings.score(self.query.sought or self.query.terms)
        plain = calibrate_lexical(scores.bm25, scores.found, scores.best, coverage)
        best = float(plain.max(initial=0.0))
        if self.kind is None:
            return plain, best
        gain, found = self._kind_scores(postings, self.kind)
        return calibrate_lexical(scores.bm25 + gain, scores.found + found, scores.best, coverage), best

    def _kind_scores(self, postings: Postings, kind: Scores) -> tuple[Scores, Scores]:
        """(n,) what the kind adds to the BM25F score, and to the share of the query's words that a product holds."""
        gain, found, settings = np.zeros(len(kind)), np.zeros(len(kind)), self._settings.kinds
        known = np.where(kind > UNKNOWN, kind, 0.0)
        of_kind = int(np.count_nonzero(known))
        sought = {item.term: item for item in self.query.sought}
        for term in set(self.wanted.terms if self.wanted else ()) & set(self.query.terms):
            part = postings.score([sought[term]] if term in sought else [term])
            trust = kind_trust(of_kind, postings.document_frequency(term))
            gain += kind_gain(part.bm25, part.best, kind, trust * settings.credit, trust * settings.penalty)
            found += np.where(part.found > 0, 0.0, known) / len(self.query.terms)
        return gain, found

    @cached_property
    def of_kind(self) -> tuple[Scores, Scores]:
        """(n,) what being of a wanted kind adds to the BM25F score, and to the share found: for explanations."""
        if self.kind is None:
            return np.zeros(len(self._snapshot)), np.zeros(len(self._snapshot))
        return self._kind_scores(self._snapshot.lexical(self.query.language), self.kind)

    @cached_property
    def cosines(self) -> Scores | None:
        """(n,) cosine of every product with the query; None without an encoder."""
        dense = self._snapshot.dense
        return None if dense is None or self._vector is None else dense.cosines(self._vector)

    @cached_property
    def lexical(self) -> Scores:
        """(n,) calibrated lexical score of every product; 0 where no word is found.

        A product of the wanted kind counts as if it held some of the word that names the kind: "laptop" finds
        notebooks. Of the best products those gain whose titles have words of the query side by side.
        """
        plain, adjacent = self._words[0], self.adjacent
        if not adjacent:
            return plain
        rows, shares = np.array(list(adjacent)), np.array(list(adjacent.values()))
        lexical = plain.copy()
        lexical[rows] = np.minimum(plain[rows] * (1 + self._settings.fusion.adjacent * shares), 1.0)
        return lexical

    @cached_property
    def adjacent(self) -> dict[int, float]:
        """Row -> share of the query's neighbours that its title has side by side, where it is not 0."""
        if not self._settings.fusion.adjacent or len(self.query.sought) < 2:
            return {}
        sought, language = self.query.sought, self.query.language
        asked = places([set(item.all_terms()) for item in sought])
        rows = np.sort(best_rows(self._words[0], MOST_TITLES)).tolist()
        shares = {row: adjacency(self._snapshot.title(language, row), asked, len(sought)) for row in rows}
        return {row: share for row, share in shares.items() if share}

    @cached_property
    def dense(self) -> Scores:
        """(n,) calibrated cosine of every product; 0 without an encoder."""
        dense, cosines = self._snapshot.dense, self.cosines
        if dense is None or cosines is None:
            return np.zeros(len(self._snapshot))
        return calibrate_cosine(cosines, dense.noise_of(cosines))

    @cached_property
    def near(self) -> Scores:
        """(n,) the same where it reaches `dense.least`, else 0: what the dense leg finds by itself."""
        return np.where(self.dense >= max(self._settings.dense.least, 1e-6), self.dense, 0.0)

    @property
    def confidence(self) -> tuple[float, float]:
        """How sure each leg is, lexical and dense: the best that words, and vectors, have in the whole catalogue."""
        return self._words[1], float(self.near.max(initial=0.0))

    @cached_property
    def weight(self) -> float:
        """The lexical leg's share for this query."""
        fusion = self._settings.fusion
        return lexical_weight(*self.confidence, fusion.lexical_weight, fusion.dense_trust)

    @cached_property
    def _without_synonyms(self) -> Mask:
        """(n,) what the query finds without the shop's synonyms, and finds with them whatever bar they raise."""
        plain = self.query.plain()
        if plain is self.query:
            return np.zeros(len(self._snapshot), bool)
        other = Retrieval(self._snapshot, plain, self._vector, self._settings)
        other.__dict__.update(dense=self.dense, near=self.near, adjacent={})
        return other.relevance > 0

    @cached_property
    def _of_kind_alone(self) -> Retrieval | None:
        """The same without the words that only state wishes; None where there are none, the rest is not held, or
        names no kind."""
        query, terms = self.query.of_kind(), self.wanted.terms if self.wanted else ()
        if query is self.query or not (any(map(names_kind, query.stated)) or (terms and {*terms} <= {*query.terms})):
            return None
        other = Retrieval(self._snapshot, query, self._vector, self._settings)
        other.__dict__.update(dense=self.dense, near=self.near, adjacent={})
        return other if other.lexical.any() else None

    @cached_property
    def _of_stated_kind(self) -> Mask:
        """(n,) products whose fields say that they are of the kind that the query states: "Pfanne" for "Bratpfanne"."""
        columns, found = self._snapshot.base_columns, np.zeros(len(self._snapshot), bool)
        for _, clause in (pair for item in self.query.stated if names_kind(item) for pair in item.wanted):
            found |= columns.mask(clause) if clause.field in columns.columns else False
        return found

    @cached_property
    def relevance(self) -> Scores:
        """(n,) R of every result, 0 of the others. Without a query every product is a result, with R = 1.

        Exact matches have R = 1 and do not raise the bar: what is like them is still of use. Neither do words side by
        side: what is found is found without them.
        """
        if self.query.is_empty:
            return np.ones(len(self._snapshot))
        plain, alone = self._words[0], self._of_kind_alone
        found = (plain > 0) | (self.near > 0)
        if alone is not None:
            found &= (alone.lexical > 0) | (self.near > 0) | self._of_stated_kind
        fused = np.where(found, fuse(plain, self.dense, self.weight), 0.0)
        others = fused.copy()
        others[self.exact] = 0.0
        bar = max(self._settings.fusion.floor * float(others.max(initial=0.0)), 1e-6)
        kept = self._without_synonyms
        if alone is not None:
            kept = kept | ((alone.relevance > 0) & (True if self.kind is None else self.kind > 0))
        fused[(fused < bar) & ~kept] = 0.0
        together = [row for row in self.adjacent if fused[row]]
        fused[together] = fuse(self.lexical[together], self.dense[together], self.weight)
        fused[kept] = np.maximum(fused[kept], 1e-6)
        fused[self.exact] = 1.0
        return fused

    def fused_by(self, fusion: Fusion) -> Retrieval:
        """The same legs, fused by other settings, without scoring again: for calibration."""
        settings = msgspec.structs.replace(self._settings, fusion=fusion)
        other = Retrieval(self._snapshot, self.query, self._vector, settings)
        other.__dict__.update(self._legs(), near=self.near)
        other.__dict__["_of_kind_alone"] = self._of_kind_alone and self._of_kind_alone.fused_by(fusion)
        return other

    def _legs(self) -> dict[str, object]:
        """What another retrieval of the same query need not score again."""
        return {name: getattr(self, name) for name in ("_words", "wanted", "kind", "dense")}

    @property
    def finds_anything(self) -> bool:
        """True where the catalogue has a result, whatever the filter."""
        return bool(self.relevance.any())

    def lowered(self, least: float) -> Retrieval:
        """The same legs, the dense one finding something by itself from this calibrated cosine on, if it is lower."""
        least = min(least, self._settings.dense.least)
        settings = self._settings.but(dense={"least": least})
        other = Retrieval(self._snapshot, self.query, self._vector, settings)
        other.__dict__.update(self._legs())
        return other

    def retrieve(self, mask: Mask | None) -> Retrieved:
        """The legs and the results inside a mask (None: no filter), each best first, ties by row."""
        if self.query.is_empty:
            return Retrieved(Candidates.none(), Candidates.none(), self.results(mask))
        return Retrieved(_leg(self.lexical, mask), _leg(self.near, mask), self.results(mask))

    def pool(self, rows: Rows) -> Retrieved:
        """The legs and R over these products, all of them, whatever they reach: what a judged pool is ranked by.

        Args:
            rows: unique, ascending.
        """
        lexical, dense = self.lexical[rows], self.dense[rows]
        fused = np.where(np.isin(rows, self.exact), 1.0, fuse(lexical, dense, self.weight))
        order = np.lexsort((rows, -fused))
        features = {"lexical": lexical, "dense": dense, **self._kind_of(rows), "R": fused}
        ranking = Ranking(rows, fused, features).take(order)
        return Retrieved(_ordered(rows, lexical), _ordered(rows, dense), ranking)

    def results(self, mask: Mask | None) -> Ranking:
        """The results inside a mask by R, with the features lexical, dense and R."""
        found = _leg(self.relevance, mask)
        legs = {"lexical": self.lexical, "dense": self.dense}
        features = {name: found.scores if self.query.is_empty else leg[found.rows] for name, leg in legs.items()}
        return Ranking(found.rows, found.scores, {**features, **self._kind_of(found.rows), "R": found.scores})

    def _kind_of(self, rows: Rows) -> dict[str, Scores]:
        return {} if self.kind is None else {"kind": self.kind[rows]}


def exact_rows(exact: Mapping[str, Sequence[int]], query: Query) -> Rows:
    """Products whose name, model number, SKU or EAN the whole query is, as typed or else as corrected; ascending.

    Many may share a title: all of them stand at the top, in the order of the shop's own terms.
    """
    for text in (query.original, query.text):
        rows = {row for key in asked_keys(text) for row in exact.get(key, ())}
        if rows:
            return np.array(sorted(rows), np.int32)
    return np.empty(0, np.int32)


def _leg(scores: Scores, mask: Mask | None) -> Candidates:
    """The rows inside the mask that have a score, best first, ties by row."""
    rows = np.flatnonzero(scores if mask is None else scores * mask).astype(np.int32)
    return _ordered(rows, scores[rows])


def _ordered(rows: Rows, scores: Scores) -> Candidates:
    """Best first to 1e-9, ties by row: each score and its place as one number, which sorts at once.

    Args:
        rows: ascending.
        scores: 0..1.
    """
    keys = (1e9 - np.rint(scores * 1e9)).astype(np.int64) << 32 | np.arange(len(rows))
    keys.sort()
    order = keys & 0xFFFFFFFF
    return Candidates(rows[order], scores[order])
