"""Recall, nDCG, ERR, MRR, bpref and the judged share of a run: all queries at once, in numpy.

    gain(g)      2^g − 1, whole numbers from 0
    nDCG@10      Σ gain / log2(rank + 1) over the best ten, divided by what the ideal order has
    ERR@10       Σ 1/rank · p_rank · Π_before (1 − p), where p = gain / 2^(greatest grade in the judgements)
    MRR@10       1 / rank of the first relevant product (grade 1 or more), 0 if it is not among the first ten
    Recall@100   share of the relevant products among the first hundred; Recall@10 likewise: for known items
    judged@10    share of the first ten that anybody judged
    MRR@10 twins as MRR@10, where a *twin* of a relevant product counts as the product (`eval/judged/twins.py`)
    pairs 2+     share of the pairs of products, judged at least two grades apart, that are in the right order

What nobody judged is treated three ways, because each errs in its own direction: as wrong (gain 0: `nDCG@10`), as if it
were not in the list (`nDCG@10 condensed`), and not at all (`bpref`: how many judged wrong products stand above the
relevant ones). trec_eval and gdeval, through ir-measures, are the oracle of the tests.

Sources: Järvelin, Kekäläinen, TOIS 2002, doi:10.1145/582415.582418; Burges et al., ICML 2005 (2^g − 1); Chapelle et
al., CIKM 2009, doi:10.1145/1645953.1646033 (ERR); Buckley, Voorhees, SIGIR 2004, doi:10.1145/1008992.1009000 (bpref);
Sakai, SIGIR 2007, doi:10.1145/1277741.1277756 (condensed lists).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from statistics import fmean

import numpy as np
from numpy.typing import ArrayLike, NDArray

GAIN = "2^g − 1, unjudged 0"
RECALL, NDCG, ERR, MRR, JUDGED = "Recall@100", "nDCG@10", "ERR@10", "MRR@10", "judged@10"
CONDENSED, BPREF = "nDCG@10 condensed", "bpref"
RECALL_10 = "Recall@10"
TWINS, PAIRS = "MRR@10 twins", "pairs 2+"
NAMES = (RECALL, NDCG, ERR, MRR, JUDGED, CONDENSED, BPREF, RECALL_10, PAIRS, TWINS)
#: From this difference of grades on, people agree which of two products is better.
APART = 2
#: In place of a grade: nobody judged the product; the list is shorter than this.
UNJUDGED, ABSENT = -1, -2

#: metric -> query id -> value in 0..1; a query of which a metric says nothing is left out of it
PerQuery = dict[str, dict[str, float]]
Values = NDArray[np.float64]
Grades = NDArray[np.int16]


@dataclass(frozen=True, slots=True, eq=False)
class JudgedRun:
    """A run with its products replaced by what people thought of them.

    `grades` (n, depth): grade at each rank, UNJUDGED, or ABSENT behind the end of the list. `ideal` (n, 10): the best
    grades of the query, falling. `relevant`, `wrong` (n,): judged products of grade 1 or more, and of grade 0.
    `counts` (n, greatest + 1): judged products of each grade. `greatest`: the greatest grade in the judgements.
    """

    queries: tuple[str, ...]
    grades: Grades
    ideal: Grades
    relevant: NDArray[np.int64]
    wrong: NDArray[np.int64]
    counts: NDArray[np.int64]
    greatest: int


def judge(qrels: Mapping[str, Mapping[str, int]], run: Mapping[str, Sequence[str]], best: int = 10) -> JudgedRun:
    """Look up every product of a run in the judgements; judged queries without a list have an empty one.

    Args:
        qrels: query id -> product id -> grade.
        run: query id -> product ids, best first, none twice. Queries without judgements are left out.
        best: how many of the ideal order's grades are kept.
    """
    queries = tuple(qrels)
    lists = [run.get(query, ()) for query in queries]
    found = [list(map(qrels[query].get, ranked)) for query, ranked in zip(queries, lists, strict=True)]
    lengths = np.fromiter(map(len, found), np.int64, len(found))
    flat = np.fromiter(
        (UNJUDGED if grade is None else grade for grade in chain.from_iterable(found)), np.int16, int(lengths.sum())
    )
    grades = np.full((len(queries), int(lengths.max(initial=0))), ABSENT, np.int16)
    grades[np.arange(grades.shape[1]) < lengths[:, None]] = flat
    ideal = np.zeros((len(queries), best), np.int16)
    for row, query in enumerate(queries):
        top = sorted(qrels[query].values(), reverse=True)[:best]
        ideal[row, : len(top)] = top
    relevant = np.array([sum(grade > 0 for grade in qrels[query].values()) for query in queries], np.int64)
    judged = np.array([len(qrels[query]) for query in queries], np.int64)
    greatest = int(ideal.max(initial=0))
    counts = np.zeros((len(queries), greatest + 1), np.int64)
    for row, query in enumerate(queries):
        counts[row] = np.bincount(list(qrels[query].values()), minlength=greatest + 1)
    return JudgedRun(queries, grades, ideal, relevant, judged - relevant, counts, greatest)


def gains(grades: Grades) -> Values:
    """2^g − 1; 0 for what is unjudged or absent.

    >>> gains(np.array([0, 1, 3, -1, -2], np.int16)).tolist()
    [0.0, 1.0, 7.0, 0.0, 0.0]
    """
    return np.exp2(np.maximum(grades, 0).astype(np.float64)) - 1


def ndcg(judged: JudgedRun, k: int = 10) -> Values:
    """(n,) nDCG at k (at most as many as `ideal` has); 0 without any relevant product."""
    discount = 1 / np.log2(np.arange(2, k + 2))
    top = gains(judged.grades[:, :k])
    reached = top @ discount[: top.shape[1]]
    possible = gains(judged.ideal[:, :k]) @ discount[: judged.ideal[:, :k].shape[1]]
    return np.divide(reached, possible, out=np.zeros_like(reached), where=possible > 0)


def whole_list_ndcg(gains_of_list: ArrayLike, k: int = 10) -> float:
    """nDCG at k of one list that holds every candidate, so that its own gains, sorted, are the ideal; 0 without any.

    Args:
        gains_of_list: (n,) gains, not grades, best rank first; hits and misses are gains of 1 and 0.

    >>> whole_list_ndcg([True, False]), round(whole_list_ndcg([0, 1]), 4), whole_list_ndcg([0, 0])
    (1.0, 0.6309, 0.0)
    """
    found = np.asarray(gains_of_list, np.float64)
    top, ideal = found[:k], np.sort(found)[::-1][:k]
    discount = 1 / np.log2(np.arange(2, len(top) + 2))
    best = float(ideal @ discount)
    return float(top @ discount) / best if best else 0.0


def err(judged: JudgedRun, k: int = 10, greatest: int | None = None) -> Values:
    """(n,) expected reciprocal rank at k: a shopper reads down the list and stops where content.

    Args:
        greatest: grade that satisfies nearly always; the judgements' own if absent (gdeval has 4, always).
    """
    top = gains(judged.grades[:, :k]) / 2.0 ** (judged.greatest if greatest is None else greatest)
    goes_on = np.cumprod(1 - top, axis=1)
    arrives = np.concatenate([np.ones((len(top), 1)), goes_on[:, :-1]], axis=1)[:, : top.shape[1]]
    result: Values = (arrives * top / np.arange(1, top.shape[1] + 1)).sum(axis=1)
    return result


def reciprocal_rank(judged: JudgedRun, k: int = 10) -> Values:
    """(n,) 1 / rank of the first product of grade 1 or more among the first k, else 0."""
    hit = judged.grades[:, :k] > 0
    if not hit.shape[1]:
        return np.zeros(len(hit))
    return np.where(hit.any(axis=1), 1 / (hit.argmax(axis=1) + 1), 0.0)


def recall(judged: JudgedRun, k: int = 100) -> Values:
    """(n,) share of the relevant products among the first k; 0 where there are none."""
    return (judged.grades[:, :k] > 0).sum(axis=1) / np.maximum(judged.relevant, 1)


def judged_share(judged: JudgedRun, k: int = 10) -> Values:
    """(n,) share of the first k (of all, if there are fewer) that were judged; 0 for an empty list."""
    top = judged.grades[:, :k]
    return (top >= 0).sum(axis=1) / np.maximum((top != ABSENT).sum(axis=1), 1)


def condensed(judged: JudgedRun) -> JudgedRun:
    """The same run without the products that nobody judged."""
    grades = np.where(judged.grades == UNJUDGED, np.int16(ABSENT), judged.grades)
    order = np.argsort(grades < 0, axis=1, kind="stable")
    closed = np.take_along_axis(grades, order, axis=1)
    return replace(judged, grades=closed)


def bpref(judged: JudgedRun) -> Values:
    """(n,) 1/R · Σ over relevant products found of 1 − min(wrong above, R) / min(R, N), as trec_eval has it.

    R relevant and N wrong products were judged. Without wrong ones every relevant product found counts whole.
    """
    wrong_above = np.cumsum(judged.grades == 0, axis=1)
    r, n = judged.relevant[:, None], judged.wrong[:, None]
    cost = np.minimum(wrong_above, r) / np.maximum(np.minimum(r, n), 1)
    counts = np.where(n > 0, 1 - cost, 1.0)
    return np.where(judged.grades > 0, counts, 0.0).sum(axis=1) / np.maximum(judged.relevant, 1)


def pairs_in_order(judged: JudgedRun, apart: int = APART) -> Values:
    """(n,) of the pairs of judged products whose grades are at least `apart` apart, the share with the better one
    first; NaN without any such pair.

    What is not listed stands behind all that is; two products that are not count half.

    >>> run = judge({"q": {"a": 3, "b": 1, "c": 2, "d": 0}}, {"q": ["b", "x", "a", "c"]})
    >>> pairs_in_order(run).round(4).tolist()  # a before d, c before d, but b before a
    [0.6667]
    """
    right, pairs = np.zeros(len(judged.grades)), np.zeros(len(judged.grades))
    for grade in range(apart, judged.greatest + 1):
        here = judged.grades == grade
        worse = (judged.grades >= 0) & (judged.grades <= grade - apart)
        better_all, worse_all = judged.counts[:, grade], judged.counts[:, : grade - apart + 1].sum(axis=1)
        behind = worse_all[:, None] - np.cumsum(worse, axis=1)
        unlisted = (better_all - here.sum(axis=1)) * (worse_all - worse.sum(axis=1))
        right += (here * behind).sum(axis=1) + 0.5 * unlisted
        pairs += better_all * worse_all
    return np.divide(right, pairs, out=np.full(len(right), np.nan), where=pairs > 0)


#: A new metric is one line here.
MEASURES: Mapping[str, Callable[[JudgedRun], Values]] = {
    RECALL: recall,
    NDCG: ndcg,
    ERR: err,
    MRR: reciprocal_rank,
    JUDGED: judged_share,
    CONDENSED: lambda judged: ndcg(condensed(judged)),
    BPREF: bpref,
    RECALL_10: lambda judged: recall(judged, 10),
    PAIRS: pairs_in_order,
}
#: product id -> the same for products that are the same to a shopper
Twin = Callable[[str], Hashable]


def with_twins(
    qrels: Mapping[str, Mapping[str, int]], run: Mapping[str, Sequence[str]], twin: Twin, k: int = 10
) -> dict[str, dict[str, int]]:
    """The judgements, and for products among the first k that nobody judged the best grade of their twins.

    >>> with_twins({"q": {"a-1": 1}}, {"q": ["b-1", "a-2"]}, lambda id: id[0])
    {'q': {'a-1': 1, 'a-2': 1}}
    """
    found = {}
    for query, judged in qrels.items():
        grades: dict[Hashable, int] = {}
        for product, grade in judged.items():
            key = twin(product)
            grades[key] = max(grade, grades.get(key, 0))
        same = {one: grades[twin(one)] for one in run.get(query, ())[:k] if one not in judged and twin(one) in grades}
        found[query] = {**judged, **same}
    return found


def per_query(
    qrels: Mapping[str, Mapping[str, int]], run: Mapping[str, Sequence[str]], twin: Twin | None = None
) -> PerQuery:
    """Every metric of every judged query, 0 where the run has nothing for it.

    Args:
        qrels: query id -> product id -> grade.
        run: query id -> product ids, best first. Queries without judgements are left out.
        twin: what two products have in common that are the same to a shopper; without it there is no `MRR@10 twins`.

    >>> values = per_query({"q": {"a": 3, "b": 1}}, {"q": ["b", "a"]})
    >>> round(values["nDCG@10"]["q"], 4)  # (1 + 7 / log2(3)) / (7 + 1 / log2(3))
    0.7098
    """
    judged = judge(qrels, run)
    values = {name: known for name, of in MEASURES.items() if (known := _known(judged.queries, of(judged)))}
    if twin is not None:
        extended = judge(with_twins(qrels, run, twin), run)
        values[TWINS] = _known(extended.queries, reciprocal_rank(extended))
    return values


def _known(queries: Sequence[str], values: Values) -> dict[str, float]:
    return {query: value for query, value in zip(queries, values.tolist(), strict=True) if value == value}


def means(values: PerQuery) -> dict[str, float]:
    """Metric -> its mean over the queries; 0 without any.

    >>> means({"MRR@10": {"a": 1.0, "b": 0.5}})
    {'MRR@10': 0.75}
    """
    return {name: fmean(of.values()) if of else 0.0 for name, of in values.items()}
