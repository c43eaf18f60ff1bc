"""Recall, nDCG, MRR and the judged share of a run, by ir-measures (its engine: pytrec_eval).

nDCG@10 here is Σ gain / log2(rank + 1) over the best ten, divided by what the ideal order has, with
gain = 2^g − 1 for a product judged g. ir-measures' own exponential gain goes through gdeval, which fails on
query ids that are no numbers; naming every grade's gain (`gains={2: 3, 3: 7}`) gives the same figure through
trec_eval. What nobody judged has gain 0.

Sources: Järvelin, Kekäläinen, TOIS 2002, doi:10.1145/582415.582418; Burges et al., ICML 2005 (2^g − 1).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean

import ir_measures
from ir_measures import RR, Judged, Measure, R, nDCG

from eval.judged.qrels import GREATEST_GAIN
from eval.judged.runs import falling_scores

GAIN = "2^g − 1, unjudged 0"
RECALL, NDCG, MRR, JUDGED = "Recall@100", "nDCG@10", "MRR@10", "judged@10"
NAMES = (RECALL, NDCG, MRR, JUDGED)

#: metric -> query id -> value in 0..1
PerQuery = dict[str, dict[str, float]]

_GAINS = {grade: 2**grade - 1 for grade in range(GREATEST_GAIN + 1)}
_MEASURES: dict[Measure, str] = {
    R @ 100: RECALL,
    nDCG(gains=_GAINS) @ 10: NDCG,
    RR @ 10: MRR,
    Judged @ 10: JUDGED,
}


def per_query(qrels: Mapping[str, Mapping[str, int]], run: Mapping[str, Sequence[str]]) -> PerQuery:
    """Every metric of every judged query, 0 where the run has nothing for it.

    Args:
        qrels: query id -> product id -> gain. Relevant is a gain of 1 or more.
        run: query id -> product ids, best first. Queries without judgements are left out.

    >>> values = per_query({"q": {"a": 3, "b": 1}}, {"q": ["b", "a"]})
    >>> round(values["nDCG@10"]["q"], 4)  # (1 + 7 / log2(3)) / (7 + 1 / log2(3))
    0.7098
    """
    judgements = [
        ir_measures.Qrel(query, product, gain) for query, judged in qrels.items() for product, gain in judged.items()
    ]
    scored = [
        ir_measures.ScoredDoc(query, product, score)
        for query, ranked in run.items()
        if query in qrels
        for product, score in falling_scores(ranked).items()
    ]
    values: PerQuery = {name: dict.fromkeys(qrels, 0.0) for name in NAMES}
    for metric in ir_measures.iter_calc(list(_MEASURES), judgements, scored):
        values[_MEASURES[metric.measure]][metric.query_id] = metric.value
    return values


def means(values: PerQuery) -> dict[str, float]:
    """Metric -> its mean over the queries; 0 without any.

    >>> means({"MRR@10": {"a": 1.0, "b": 0.5}})
    {'MRR@10': 0.75}
    """
    return {name: fmean(of.values()) if of else 0.0 for name, of in values.items()}
