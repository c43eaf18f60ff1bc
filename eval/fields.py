"""What a word weighs in each field, and how it saturates: fitted to a shop's own judgements, a coordinate at a time.

These settings are fixed when an index is built. So that trying one does not mean building another index, the products
are read once more and the queries' terms counted field by field; from the counts the postings of just these terms
follow for any weights, and with the index's own weights they are the index's (tests/eval/test_fields.py).

    J(θ)  = mean of the metric over the fitting half, ranked by R (`fused`), without tiers and declared terms
    search: each setting in turn is moved down or up by its step as long as J gains `LEAST_GAIN`; at most three rounds

Source: Taylor, Zaragoza, Craswell, Robertson, Burges, Optimisation methods for ranking functions with multiple
parameters, CIKM 2006 (line searches over BM25F's parameters).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import msgspec
import numpy as np
from numpy.typing import NDArray

from eval.calibrate import DEPTH, changed
from eval.compare import Rule, difference
from eval.configurations import Advance
from eval.documents import Candidate, Difference
from eval.judged.halves import halves
from eval.judged.qrels import Qrels
from eval.judged.twins import twins_of
from eval.measures import means, per_query
from eval.stages import Ask
from eval.workers import OpenIndex, Setup
from search.errors import BadInput
from search.index.fields import KEYS, SEARCHED, analysed
from search.index.postings import Postings
from search.index.snapshot import Snapshot
from search.index.terms import Terms
from search.retrieval import Retrieval
from search.settings import Lexical, Settings
from search.types import Query, Rows, Sought, Vectors

FIELDS = (*SEARCHED, KEYS)
#: Less than this is luck on any half.
LEAST_GAIN = 5e-4
MOST_ROUNDS = 3
#: setting -> (lower, upper) from its value: weights by factors, shares by steps.
MOVES: Mapping[str, Callable[[float], tuple[float, float]]] = {
    "k1": lambda x: (x / 1.6, x * 1.6),
    **{name: lambda x: (x / 1.6, x * 1.6) for name in SEARCHED},
    "b": lambda x: (max(x - 0.15, 0.0), min(x + 0.15, 1.0)),
    "parts": lambda x: (max(x - 0.25, 0.0), min(x + 0.25, 1.0)),
    "coverage": lambda x: (max(x - 0.1, 0.0), min(x + 0.1, 1.0)),
}


@dataclass(frozen=True, slots=True, eq=False)
class FieldCounts:
    """How often each field of each product holds each of some terms of one language.

    The entries of term t are offsets[t] : offsets[t + 1]. `rows` (m,) products; `counts`, `parts` (m, fields) how often
    as a word, and as a part of one; `lengths` (n, fields) words in all.
    """

    terms: dict[str, int]
    offsets: NDArray[np.int64]
    rows: Rows
    counts: NDArray[np.float32]
    parts: NDArray[np.float32]
    lengths: NDArray[np.float64]

    def postings(self, of_index: Postings, lexical: Lexical) -> Postings:
        """The postings of these terms under other settings; idf is that of the index."""
        weights = np.array([getattr(lexical, name, 1.0) for name in FIELDS])
        mean = np.maximum(self.lengths.mean(axis=0), 1e-9)
        shares = weights / (1 - lexical.b + lexical.b * self.lengths / mean)
        frequency = (shares[self.rows] * (self.counts + lexical.parts * self.parts)).sum(axis=1)
        saturated = frequency * (lexical.k1 + 1) / np.maximum(frequency + lexical.k1, 1e-9)
        idf = np.array([of_index.idf[of_index.terms[term]] for term in self.terms])
        arrays = self.offsets, self.rows, saturated.astype(np.float32), idf
        return Postings(Terms.of(list(self.terms)), *arrays, of_index.size, lexical.k1)  # they are ascending


def count_fields(snapshot: Snapshot, language: str, terms: Iterable[str]) -> FieldCounts:
    """Read all products once and count these terms (those that the index knows)."""
    known = sorted(set(terms) & snapshot.lexical(language).terms.keys())
    number = {term: at for at, term in enumerate(known)}
    lengths = np.zeros((len(snapshot), len(FIELDS)))
    found: list[dict[int, NDArray[np.float32]]] = [{} for _ in known]
    for row, product in enumerate(snapshot.documents):
        words, parts = analysed(product, language, snapshot.analyzer(language))
        for at, name in enumerate(FIELDS):
            lengths[row, at] = len(words.get(name, ()))
            if not lengths[row, at]:
                continue
            for kind, of in enumerate((words[name], parts.get(name, ()))):
                for term in of:
                    if term in number:
                        here = found[number[term]]
                        here.setdefault(row, np.zeros((2, len(FIELDS)), np.float32))[kind, at] += 1
    offsets = np.cumsum([0, *(len(of) for of in found)])
    both = np.array([counts for of in found for counts in of.values()], np.float32).reshape(-1, 2, len(FIELDS))
    rows = np.array([row for of in found for row in of], np.int32)
    return FieldCounts(number, offsets, rows, both[:, 0], both[:, 1], lengths)


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """One query, understood and encoded once."""

    ask: Ask
    query: Query
    vector: Vectors | None


@dataclass(frozen=True, slots=True, eq=False)
class Fields:
    """The judged queries over one index, to be ranked under any lexical settings."""

    snapshot: Snapshot
    counts: dict[str, FieldCounts]
    ids: list[str]
    pool: bool

    def run(self, asked: Sequence[Asked], settings: Settings) -> dict[str, list[str]]:
        """Query id -> the first products by R."""
        of_index = self.snapshot.postings
        postings = {name: of.postings(of_index[name], settings.lexical) for name, of in self.counts.items()}
        snapshot = replace(self.snapshot, postings={**of_index, **postings})
        found = {}
        for one in asked:
            retrieval = Retrieval(snapshot, one.query, one.vector, settings)
            rows = one.ask.pool if self.pool else None
            ranking = retrieval.retrieve(None).fused if rows is None else retrieval.pool(rows).fused
            found[one.ask.id] = [self.ids[row] for row in ranking.rows[:DEPTH].tolist()]
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """What was chosen on one half and what it gives on the other, where both legs are fused."""

    tried: list[Candidate]
    chosen: dict[str, object]
    fitted_on: int
    reported_on: int
    report: list[Difference]


def open_fields(
    index: OpenIndex, base: Settings, asks: Sequence[Ask], language: str | None, pool: bool, advance: Advance
) -> tuple[Fields, list[Asked]]:
    """Understand and encode the queries, and count their terms."""
    pipeline = index.pipeline(Setup(base))
    queries = [pipeline.understanding.understand(ask.text, language) for ask in asks]
    if index.snapshot.dense is not None:
        index.encode([query.words for query in queries], lambda: advance("encode", 1, len(asks)))
    asked = [
        Asked(ask, query, None if query.is_empty else pipeline.vector(query.words))
        for ask, query in zip(asks, queries, strict=True)
    ]
    snapshot, terms = index.snapshot, dict[str, set[str]]()
    for one in asked:
        spoken = one.query.language if one.query.language in snapshot.postings else snapshot.manifest.searched[0]
        terms.setdefault(spoken, set()).update(one.query.terms, *(_terms(item) for item in one.query.sought))
    counts = {spoken: count_fields(snapshot, spoken, of) for spoken, of in terms.items()}
    advance("read products", 1, 1)
    return Fields(snapshot, counts, [product.id for product in snapshot.documents], pool), asked


def _terms(item: Sought) -> set[str]:
    return {item.term, *item.others, *item.spelled}.union(*(_terms(part) for part in item.parts))


def fit_fields(
    index: OpenIndex,
    base: Settings,
    asks: Sequence[Ask],
    qrels: Qrels,
    metric: str,
    seed: int,
    language: str | None,
    pool: bool,
    advance: Advance = lambda step, done, total: None,
) -> Fitted:
    """Choose the lexical settings on one half, report on the other.

    The search begins at the settings that the index was built with, and `base`'s for all others.

    Raises:
        BadInput: no query in one of the halves.
    """
    fitting, reporting = map(frozenset, halves({ask.id: ask.text for ask in asks}, seed))
    if not fitting or not reporting:
        raise BadInput(f"{len(asks)} queries cannot be split into two halves. Judge more of them.", "--queries")
    built = msgspec.structs.replace(index.snapshot.manifest.lexical, coverage=base.lexical.coverage)
    base = msgspec.structs.replace(base, lexical=built)
    fields, asked = open_fields(index, base, asks, language, pool, advance)
    half, other = ([one for one in asked if one.ask.id in part] for part in (fitting, reporting))

    twin = twins_of(index.snapshot.documents)

    def value(settings: Settings) -> float:
        advance("try", 1, None)  # type: ignore[arg-type]
        return means(per_query({id: qrels[id] for id in fitting}, fields.run(half, settings), twin))[metric]

    settings, tried = climb(base, value)
    judged = {id: qrels[id] for id in sorted(reporting)}
    before, after = (per_query(judged, fields.run(other, of), twin) for of in (base, settings))
    names = [metric, *(name for name in before if name != metric)]
    rule = Rule(metric, seed=seed)
    return Fitted(
        tried=[Candidate(changed(base, of), found) for of, found in tried],
        chosen=changed(base, settings),
        fitted_on=len(half),
        reported_on=len(other),
        report=[difference(name, before[name], after[name], list(judged), rule) for name in names],
    )


def climb(base: Settings, value: Callable[[Settings], float]) -> tuple[Settings, list[tuple[Settings, float]]]:
    """The settings after a coordinate search, and all that was tried, the base first.

    >>> start = Settings().but(lexical={"b": 0.6})
    >>> found, tried = climb(start, lambda settings: -abs(settings.lexical.b - 0.9))
    >>> round(found.lexical.b, 2), len(tried) > 20
    (0.9, True)
    """
    best, settings = value(base), base
    tried = [(base, best)]
    for _ in range(MOST_ROUNDS):
        before = best
        for name, moves in MOVES.items():
            for side in (0, 1):
                while (at := getattr(settings.lexical, name)) != (to := round(moves(at)[side], 4)):
                    other = msgspec.structs.replace(
                        settings, lexical=msgspec.structs.replace(settings.lexical, **{name: to})
                    )
                    tried.append((other, value(other)))
                    if tried[-1][1] < best + LEAST_GAIN:
                        break
                    settings, best = tried[-1]
        if best == before:
            break
    return settings, tried
