"""One query against one snapshot: both legs scored once, over the rows they reach, then candidates under any filter.

A product is a candidate where one of its words is in the query or its calibrated cosine reaches `dense.least`, and
where its R reaches a share (`fusion.floor`) of the best R that the query has in the whole catalogue. None of this
depends on the filter or on how many others there are: a filter can only take results away, and hits, totals,
facets and pages all come from the same set.

Where a query names a kind and states wishes about it ("rote Pumps", "Laptop 2 kg"), what only the wishes' words find is
no candidate, does not raise the bar, and what the kind alone would find stays one.
"""

from __future__ import annotations

from functools import cached_property, partial

import msgspec
import numpy as np
from numpy.typing import NDArray

from search.index.columns import Columns
from search.index.compressed import MOST_ASKED
from search.index.dense import Cosines
from search.index.held import common
from search.index.postings import Postings, Touched
from search.index.snapshot import Snapshot
from search.index.titles import adjacency, places
from search.messages import ExplainKind
from search.reached import Reached
from search.rerank.fuse import (
    best_rows,
    calibrate_cosine,
    calibrate_lexical,
    fuse,
    kind_gain,
    kind_trust,
    lexical_weight,
    uncalibrated,
)
from search.results import results_of
from search.retrieved import Retrieved, exact_rows
from search.settings import Fusion, Settings
from search.types import UNKNOWN_KIND, Mask, Query, Ranking, Rows, Scores, Vectors
from search.understand.bare import names_kind
from search.understand.kinds import Wanted, wanted_kinds

#: Kinds that an explanation lists.
MOST_EXPLAINED = 5
NO_ROWS = np.empty(0, np.int32)
#: Products whose titles are looked at for neighbours: a page. A title takes 40 µs, the second time 1.
MOST_TITLES = 20

#: What another retrieval of the same query need not score again …
LEGS = ("_touched", "wanted", "_of_wanted_kind", "cosines")
#: … and what is found.
FOUND = ("found", "adjacent")


class Retrieval:
    """The legs of one query, each scored once over the products that it reaches; filters only select.

    The words reach `reached` (r of them); the vectors are asked about `asked` (a of them). `vector` is None where there
    is no encoder: lexical results only.
    """

    def __init__(self, snapshot: Snapshot, query: Query, vector: Vectors | None, settings: Settings):
        self._snapshot = snapshot
        self._settings = settings
        self._vector = vector if snapshot.dense is not None else None
        self.query = query
        self.exact: Rows = exact_rows(snapshot.exact, query)

    @property
    def size(self) -> int:
        """Rows of the catalogue."""
        return self._snapshot.size

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

    def within(self, mask: Mask | None) -> Retrieval:
        """The same for whoever looks inside a mask (n,) only: what is nearest in there is known, too."""
        if mask is None or self.cosines is None or (cosines := self.cosines.within(mask)) is self.cosines:
            return self
        other = Retrieval(self._snapshot, self.query, self._vector, self._settings)
        other.__dict__.update({**self._legs(), "cosines": cosines})
        return other

    # --- what the query reaches ---

    @cached_property
    def reached(self) -> Reached:
        """All rows that words may find, (r,): those that hold one, or are of a wanted kind. Without a query every
        product."""
        if self.query.is_empty:
            gone = len(self._snapshot.gone)
            return Reached(self._snapshot.rows, self.size) if gone else Reached.everything(self.size)
        return self._touched.reached.joined(self._of_wanted_kind[0])

    @cached_property
    def asked(self) -> Reached:
        """The rows whose vectors are asked about, (a,): of a large catalogue the nearest and the best by words; what
        is neither counts as unrelated."""
        some = self.reached if self.asked_all else Reached.of(self.size, self._best_by_words)
        return some.joined(self._near_rows, self.exact)

    @property
    def asked_all(self) -> bool:
        """Whether all that words reach is asked about."""
        return len(self.reached) <= self._most

    @property
    def _best_by_words(self) -> Rows:
        """The rows that the words find best: no other has more of them."""
        return self.reached.rows[best_rows(self.plain, self._most)]

    @property
    def _most(self) -> int:
        """How many are asked about; where there are no vectors, as many tell by their words where the bar is."""
        return MOST_ASKED if self.cosines is None else self.cosines.most

    @cached_property
    def _touched(self) -> Touched:
        return self.vocabulary.touch(self.query.sought or self.query.terms)

    @cached_property
    def _of_wanted_kind(self) -> tuple[Rows, Scores]:
        """The products that are known to be of a wanted kind, and how much."""
        if self.wanted is None:
            return np.empty(0, np.int32), np.empty(0)
        rows, kind = self._snapshot.kinds[self.query.language].of_rows.wanted(self.wanted.weights)
        known = kind > UNKNOWN_KIND
        return rows[known], kind[known]

    @cached_property
    def _near_rows(self) -> Rows:
        """The products that the dense leg finds by itself."""
        if self.cosines is None:
            return np.empty(0, np.int32)
        return self.cosines.above(uncalibrated(self.least_dense, self.cosines.noise))

    @cached_property
    def cosines(self) -> Cosines | None:
        """The query's cosines with products; None without an encoder."""
        dense = self._snapshot.dense
        return None if dense is None or self._vector is None else dense.score(self._vector)

    # --- the words, over the rows that they reach ---

    @cached_property
    def kind(self) -> Scores | None:
        """(r,) how much each product is of a wanted kind, 0..1, 0.5 where nobody can tell; None without one."""
        return None if self.wanted is None else self.kind_of(self.reached.rows)

    def kind_of(self, rows: Rows) -> Scores:
        """(m,) the same of any rows, ascending."""
        assert self.wanted is not None
        of_rows = self._snapshot.kinds[self.query.language].of_rows
        kind, (matching, weights) = of_rows.unknown(rows), of_rows.wanted(self.wanted.weights)
        mine, theirs = common(rows, matching)
        kind[mine] = weights[theirs]
        return kind

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
        """(r,) the calibrated lexical scores, and the best that words alone had, before any kind counted for one."""
        if self.query.is_empty:
            return np.zeros(len(self.reached)), 0.0
        touched, coverage = self._touched, self._settings.lexical.coverage
        plain = calibrate_lexical(touched.bm25, touched.found, touched.best, coverage)
        best = float(plain.max(initial=0.0))
        if self.kind is None:
            return plain, best
        bm25, found = (self.reached.spread(touched.reached.rows, each) for each in (touched.bm25, touched.found))
        gain, kind_found = self.of_kind
        return calibrate_lexical(bm25 + gain, found + kind_found, touched.best, coverage), best

    @property
    def plain(self) -> Scores:
        """(r,) the calibrated lexical scores, wherever the words stand."""
        return self._words[0]

    @cached_property
    def of_kind(self) -> tuple[Scores, Scores]:
        """(r,) what being of a wanted kind adds to the BM25F score, and to the share of the query's words that a
        product holds."""
        gain, found, settings = np.zeros(len(self.reached)), np.zeros(len(self.reached)), self._settings.kinds
        if self.wanted is None or self.kind is None:
            return gain, found
        known, of_kind = np.where(self.kind > UNKNOWN_KIND, self.kind, 0.0), len(self._of_wanted_kind[0])
        sought, postings = {item.term: item for item in self.query.sought}, self.vocabulary
        for term in set(self.wanted.terms) & set(self.query.terms):
            part = postings.touch([sought[term]] if term in sought else [term])
            bm25, held = (self.reached.spread(part.reached.rows, each) for each in (part.bm25, part.found))
            trust = kind_trust(of_kind, postings.document_frequency(term))
            gain += kind_gain(bm25, part.best, self.kind, trust * settings.credit, trust * settings.penalty)
            found += np.where(held > 0, 0.0, known) / len(self.query.terms)
        return gain, found

    @cached_property
    def lexical(self) -> Scores:
        """(r,) calibrated lexical scores; 0 where no word is found.

        A product of the wanted kind counts as if it held some of the word that names the kind: "laptop" finds
        notebooks. Of the best products those gain whose titles have words of the query side by side.
        """
        plain, adjacent = self.plain, self.adjacent
        if not adjacent:
            return plain
        at, shares = self._beside, np.array(list(adjacent.values()))
        lexical = plain.copy()
        lexical[at] = np.minimum(plain[at] * (1 + self._settings.fusion.adjacent * shares), 1.0)
        return lexical

    @cached_property
    def adjacent(self) -> dict[int, float]:
        """Row -> share of the query's neighbours that its title has side by side, where it is not 0."""
        if not self._settings.fusion.adjacent or len(self.query.sought) < 2:
            return {}
        sought, language = self.query.sought, self.query.language
        asked = places([set(item.all_terms()) for item in sought])
        rows = self.reached.rows[np.sort(best_rows(self.plain, MOST_TITLES))].tolist()
        shares = {row: adjacency(self._snapshot.title(language, row), asked, len(sought)) for row in rows}
        return {row: share for row, share in shares.items() if share}

    @property
    def _beside(self) -> NDArray[np.intp]:
        """Where the products with neighbours stand among those that are reached."""
        return self.reached.places(np.array(list(self.adjacent), np.int32))

    # --- the vectors, over the rows that are asked about ---

    @cached_property
    def dense(self) -> Scores:
        """(a,) calibrated cosines; 0 without an encoder."""
        return self._dense_at(self.asked.rows)

    def _dense_at(self, rows: Rows) -> Scores:
        """(m,) the same of any rows."""
        if self.cosines is None:
            return np.zeros(len(rows))
        return calibrate_cosine(self.cosines.at(rows), self.cosines.noise)

    @cached_property
    def near(self) -> Scores:
        """(a,) the same where it reaches `dense.least`, else 0: what the dense leg finds by itself."""
        return np.where(self.dense >= self.least_dense, self.dense, 0.0)

    @property
    def least_dense(self) -> float:
        """From this calibrated cosine on the dense leg finds something by itself."""
        return max(self._settings.dense.least, 1e-6)

    @property
    def confidence(self) -> tuple[float, float]:
        """How sure each leg is, lexical and dense: the best that words, and vectors, have in the whole catalogue."""
        return self._words[1], float(self.near.max(initial=0.0))

    @cached_property
    def weight(self) -> float:
        """The lexical leg's share for this query."""
        fusion = self._settings.fusion
        return lexical_weight(*self.confidence, fusion.lexical_weight, fusion.dense_trust)

    # --- what is found ---

    @property
    def floor(self) -> float:
        """The bar: a result's least share of the best R."""
        return self._settings.fusion.floor

    @property
    def base_columns(self) -> Columns:
        """The columns without prices of the day."""
        return self._snapshot.base_columns

    @cached_property
    def found(self) -> Ranking:
        """The results in the whole catalogue, by row, with their features (`search.results`)."""
        return results_of(self)

    @cached_property
    def without_synonyms(self) -> Retrieval | None:
        """The same without the shop's synonyms; None where there are none in the query."""
        plain = self.query.plain()
        return None if plain is self.query else self._of(plain)

    @cached_property
    def of_kind_alone(self) -> Retrieval | None:
        """The same without the words that only state wishes; None where there are none, the rest is not held, or
        names no kind."""
        query, terms = self.query.of_kind(), self.wanted.terms if self.wanted else ()
        if query is self.query or not (any(map(names_kind, query.stated)) or (terms and {*terms} <= {*query.terms})):
            return None
        other = self._of(query)
        return other if other.lexical.any() else None

    def _of(self, query: Query) -> Retrieval:
        """Another query with this one's vector, whose words need not stand side by side."""
        other = Retrieval(self._snapshot, query, self._vector, self._settings)
        other.__dict__.update(cosines=self.cosines, adjacent={})
        return other

    def fused_by(self, fusion: Fusion) -> Retrieval:
        """The same legs, fused by other settings, without scoring again: for calibration."""
        settings = msgspec.structs.replace(self._settings, fusion=fusion)
        other = Retrieval(self._snapshot, self.query, self._vector, settings)
        same = ("reached", "kind", "_words", "asked", "dense", "near")
        other.__dict__.update(self._legs(), **{name: getattr(self, name) for name in same})
        other.__dict__["of_kind_alone"] = self.of_kind_alone and self.of_kind_alone.fused_by(fusion)
        return other

    def _legs(self) -> dict[str, object]:
        return {name: getattr(self, name) for name in LEGS}

    @property
    def finds_anything(self) -> bool:
        """True where the catalogue has a result, whatever the filter."""
        return len(self.found) > 0

    def lowered(self, least: float) -> Retrieval:
        """The same legs, the dense one finding something by itself from this calibrated cosine on, if it is lower."""
        least = min(least, self._settings.dense.least)
        settings = self._settings.but(dense={"least": least})
        other = Retrieval(self._snapshot, self.query, self._vector, settings)
        other.__dict__.update(self._legs())
        return other

    def retrieve(self, mask: Mask | None) -> Retrieved:
        """The legs and the results inside a mask (None: no filter), each best first, ties by row."""
        return Retrieved(self.results(mask), partial(self._lexical_leg, mask), partial(self._dense_leg, mask))

    def _lexical_leg(self, mask: Mask | None) -> tuple[Rows, Scores]:
        return (NO_ROWS, np.empty(0)) if self.query.is_empty else _inside(self.reached.rows, self.lexical, mask)

    def _dense_leg(self, mask: Mask | None) -> tuple[Rows, Scores]:
        return (NO_ROWS, np.empty(0)) if self.query.is_empty else _inside(self.asked.rows, self.near, mask)

    def pool(self, rows: Rows) -> Retrieved:
        """The legs and R over these products, all of them, whatever they reach: what a judged pool is ranked by.

        Args:
            rows: unique, ascending.
        """
        lexical, dense = self.legs_of(rows)
        fused = np.where(np.isin(rows, self.exact), 1.0, fuse(lexical, dense, self.weight))
        kind = {} if self.wanted is None else {"kind": self.kind_of(rows)}
        ranking = Ranking(rows, fused, {"lexical": lexical, "dense": dense, **kind, "R": fused})
        return Retrieved(ranking, lambda: (rows, lexical), lambda: (rows, dense), whole=True)

    def legs_of(self, rows: Rows) -> tuple[Scores, Scores]:
        """(m,) the calibrated lexical and dense scores of any rows (m,)."""
        return self.reached.at(self.lexical, rows), self._dense_at(rows)

    def relevance_of(self, rows: Rows) -> Scores:
        """(m,) R of any rows (m,), 0 of those that are no result."""
        return Reached(self.found.rows, self.size).at(self.found.scores, rows)

    def results(self, mask: Mask | None) -> Ranking:
        """The results inside a mask (n,), by row, with the features lexical, dense, kind and R."""
        return self.found if mask is None else self.found.take(np.flatnonzero(mask[self.found.rows]))


def _inside(rows: Rows, scores: Scores, mask: Mask | None) -> tuple[Rows, Scores]:
    inside = slice(None) if mask is None else mask[rows]
    return rows[inside], scores[inside]
