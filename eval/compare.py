"""Two ways to search on the same queries: is one better, where, and what moved?

Everything is paired: B − A query by query. A query that several shoppers ask is one: all its pairs take the same sign
and are drawn together. Of the metric that decides, p is told for every slice and, because with
enough slices one is always striking, corrected by Holm over the slices that were tested.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np
from msgspec.structs import replace

from eval.documents import Comparison, Difference, Moved, QueryDifference, QueryResult, Run, Shown
from eval.statistics import PERMUTATIONS, cluster_interval, holm, randomisation_p
from search.errors import BadInput

#: A query is won or lost from this difference on; what is less nobody sees.
TIE = 0.01
#: A loss that a shopper may notice.
FAR = 0.02
#: A slice with fewer queries is not tested: among nine even the surest difference costs others their Holm.
LEAST_SLICE = 10
#: Greatest losses, and wins, that are kept with both lists, and how many products of each.
LISTED, SHOWN = 20, 10
RUN_STAGE = "run"


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """One way to search: its stage that is compared, and query id -> result."""

    name: str
    stage: str
    queries: Mapping[str, QueryResult]

    def values(self, metric: str) -> dict[str, float]:
        """Query id -> value at the stage, of the queries that have one."""
        found = {id: result.values.get(self.stage, {}).get(metric) for id, result in self.queries.items()}
        return {id: value for id, value in found.items() if value is not None}

    def texts(self) -> dict[str, str]:
        """Query id -> id of the query without who asks it ("q1@anna" -> "q1")."""
        return {id: id.removesuffix(f"@{one.shopper}") for id, one in self.queries.items()}

    def metrics(self) -> list[str]:
        """Names of what was measured at the stage, in their order."""
        return list(dict.fromkeys(name for one in self.queries.values() for name in one.values.get(self.stage, {})))

    def stages(self) -> list[str]:
        """Stages that were measured, in their order."""
        return list(dict.fromkeys(stage for one in self.queries.values() for stage in one.values))


@dataclass(frozen=True, slots=True)
class Rule:
    """How differences are tested: the metric that decides, permutations, least queries of a slice, seed."""

    metric: str
    permutations: int = PERMUTATIONS
    least_slice: int = LEAST_SLICE
    seed: int = 0


def sides_of(run: Run, stage: str | None = None, prefix: str = "") -> list[Side]:
    """The configurations of a document.

    Args:
        stage: which stage to compare; None for the one that shoppers get.
        prefix: of their names.
    """
    return [
        Side(prefix + one.name, stage or run.served, {query.id: query for query in one.queries})
        for one in run.configurations
    ]


def side_of_run(
    name: str,
    ranked: Mapping[str, Sequence[str]],
    values: Mapping[str, Mapping[str, float]],
    qrels: Mapping[str, Mapping[str, int]],
    texts: Mapping[str, str],
    slices: Mapping[str, Sequence[str]],
) -> Side:
    """Another engine's run: only lists, no features.

    Args:
        ranked: query id -> product ids, best first.
        values: metric -> query id -> value.
        qrels: query id -> product id -> grade.
        texts, slices: of the queries, where they are known.
    """
    results = {}
    for id, judged in qrels.items():
        top = [Shown(one, "", at, judged.get(one)) for at, one in enumerate(ranked.get(id, [])[:SHOWN], 1)]
        results[id] = QueryResult(
            id=id,
            text=texts.get(id, ""),
            slices=list(slices.get(id, [])),
            values={RUN_STAGE: {metric: of[id] for metric, of in values.items() if id in of}},
            top=top,
        )
    return Side(name, RUN_STAGE, results)


def check_sides(sides: Sequence[Side], metric: str) -> None:
    """Refuse what cannot be compared.

    Raises:
        BadInput: fewer than two sides, a name twice, an unknown stage or metric, no common query.
    """
    if len(sides) < 2:
        raise BadInput("There is only one configuration here. Give a second run to compare with.", "RUN")
    names = [side.name for side in sides]
    for name in names:
        if names.count(name) > 1:
            raise BadInput(f"Two runs are called '{name}'. Tell them apart: --names before,after", "--names")
    for side in sides:
        if side.stage not in side.stages():
            raise BadInput(f"{side.name} has no stage '{side.stage}'. Known: {', '.join(side.stages())}.", "--stage")
        if metric not in side.metrics():
            raise BadInput(f"{side.name} has no metric '{metric}'. Known: {', '.join(side.metrics())}.", "--metric")
        if not sides[0].values(metric).keys() & side.values(metric).keys():
            raise BadInput(f"{sides[0].name} and {side.name} have no query in common. Are the ids the same?", "RUN")


def compare(a: Side, b: Side, rule: Rule, on_done: Callable[[str], None] = lambda what: None) -> Comparison:
    """B against A on their common queries.

    Args:
        on_done: called after every test with what was tested.
    """
    values_a, values_b = a.values(rule.metric), b.values(rule.metric)
    common = [id for id in values_a if id in values_b]
    overall = []
    for metric in [metric for metric in a.metrics() if metric in b.metrics()]:
        overall.append(difference(metric, a.values(metric), b.values(metric), common, rule, a.texts()))
        on_done(metric)
    slices, small = compare_slices(a, values_a, values_b, common, rule, on_done)
    ordered = sorted(common, key=lambda id: (values_b[id] - values_a[id], id))
    worst = [id for id in ordered[:LISTED] if values_b[id] - values_a[id] < -TIE]
    best = [id for id in ordered[::-1][:LISTED] if values_b[id] - values_a[id] > TIE]
    listed = {*worst, *best}
    return Comparison(
        name=b.name,
        overall=overall,
        slices=slices,
        queries=[
            query_difference(a.queries[id], b.queries[id], values_a[id], values_b[id], id in listed) for id in common
        ],
        worst=worst,
        best=best,
        left_out=len(values_a.keys() ^ values_b.keys()),
        small_slices=small,
    )


def difference(
    metric: str,
    a: Mapping[str, float],
    b: Mapping[str, float],
    ids: Sequence[str],
    rule: Rule,
    texts: Mapping[str, str] | None = None,
) -> Difference:
    """B − A over some queries; those that lack the metric on a side are left out.

    Args:
        texts: id -> the query that it asks, where several shoppers ask the same; p and interval are over these.

    >>> one = difference("MRR@10", {"q": 0.5, "r": 0.5}, {"q": 1.0, "r": 0.5}, ["q", "r"], Rule("MRR@10"))
    >>> one.difference.mean, one.wins, one.losses, one.ties, one.p
    (0.25, 1, 0, 1, 1.0)
    """
    both = [id for id in ids if id in a and id in b]
    of_a, of_b = (np.array([side[id] for id in both], np.float64) for side in (a, b))
    d = of_b - of_a
    asked = [texts[id] if texts else id for id in both]
    _, which = np.unique(np.array(asked, str), return_inverse=True)
    return Difference(
        metric=metric,
        n=len(both),
        a=fmean(of_a.tolist()) if both else 0.0,
        b=fmean(of_b.tolist()) if both else 0.0,
        difference=cluster_interval(d, which, rule.seed),
        p=randomisation_p(np.bincount(which, d) if texts else d, rule.seed, rule.permutations),
        wins=int((d > TIE).sum()),
        losses=int((d < -TIE).sum()),
        ties=int((np.abs(d) <= TIE).sum()),
        far_losses=int((d < -FAR).sum()),
    )


def compare_slices(
    a: Side,
    values_a: Mapping[str, float],
    values_b: Mapping[str, float],
    common: Sequence[str],
    rule: Rule,
    on_done: Callable[[str], None] = lambda what: None,
) -> tuple[dict[str, Difference], int]:
    """The metric that decides, slice by slice, p corrected over the slices; and how many slices were too small."""
    members: dict[str, list[str]] = {}
    texts = a.texts()
    for id in common:
        for name in dict.fromkeys(a.queries[id].slices):
            members.setdefault(name, []).append(id)
    tested = {}
    for name, ids in members.items():
        if len({texts[id] for id in ids}) >= rule.least_slice:
            tested[name] = difference(rule.metric, values_a, values_b, ids, rule, texts)
            on_done(name)
    corrected = holm({name: one.p for name, one in tested.items()})
    return {name: replace(one, p_holm=corrected[name]) for name, one in tested.items()}, len(members) - len(tested)


def query_difference(a: QueryResult, b: QueryResult, of_a: float, of_b: float, with_lists: bool) -> QueryDifference:
    """One query in both; lists and what moved only where they are wanted: they are most of a document."""
    top_a, top_b = (a.top[:SHOWN], b.top[:SHOWN]) if with_lists else ([], [])
    return QueryDifference(
        id=a.id, text=a.text, slices=a.slices, a=of_a, b=of_b, top_a=top_a, top_b=top_b, moved=moved(top_a, top_b)
    )


def moved(top_a: Sequence[Shown], top_b: Sequence[Shown]) -> list[Moved]:
    """Products whose rank differs, those that stand highest in either list first.

    >>> [(one.id, one.rank_a, one.rank_b) for one in moved([Shown("x", "X", 1)], [Shown("y", "Y", 1)])]
    [('x', 1, None), ('y', None, 1)]
    """
    in_a, in_b = ({one.id: one for one in top} for top in (top_a, top_b))
    found = []
    for id in dict.fromkeys([*in_a, *in_b]):
        one, other = in_a.get(id), in_b.get(id)
        if one and other and one.rank == other.rank:
            continue
        known = one or other
        assert known is not None
        found.append(
            Moved(
                id,
                known.title,
                known.gain,
                one.rank if one else None,
                other.rank if other else None,
                dict(one.features) if one else {},
                dict(other.features) if other else {},
            )
        )
    return sorted(found, key=lambda one: min(rank for rank in (one.rank_a, one.rank_b) if rank is not None))
