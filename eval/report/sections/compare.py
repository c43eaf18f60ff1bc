"""The section of a `compare`: each configuration against the baseline, over all queries, slices and single ones."""

from __future__ import annotations

from typing import Any

from eval.documents import Compare, Comparison, Difference, QueryDifference, Shown
from eval.report.blocks import Chart, Part, Queries, Section
from eval.report.charts import Fall, Point, Series, waterfall, xy_chart
from eval.report.sections.common import (
    MOST_KEPT,
    difference_chart,
    difference_table,
    difference_tone,
    most_interesting,
    p_of,
    result_of,
    shown_items,
    slices_column,
)
from eval.report.svg import Axis, reach
from eval.report.words import Words

#: |B − A| up to this is a tie, as in `eval.documents.Difference`.
TIE = 0.01
#: Queries of a scatter within a cell of this size share a mark, whose area is their number; from MANY on a coarser one.
CELL, COARSE_CELL, MANY = 0.01, 0.025, 1_000
FEATURES = 5


def compare_section(document: Compare, w: Words, id: str, file: str) -> Section:
    """For each configuration: overall, per query, slices, and the table of queries."""
    parts = [
        part
        for number, comparison in enumerate(document.comparisons, 1)
        for part in _parts(document, comparison, w, f"{id}-{number}")
    ]
    warnings = [
        w(
            "baseline_says",
            baseline=document.baseline,
            metric=document.metric,
            stage=w.name(document.stage),
            gain=document.gain,
            n=w.number(document.permutations),
        )
    ]
    warnings += [text for one in document.comparisons for text in _left_out(one, w)]
    says = _says(document, w)
    return Section(id, w("kind_compare"), file, says, parts, document.made, [*warnings, *document.notes])


def _left_out(comparison: Comparison, w: Words) -> list[str]:
    """What was not compared."""
    counts = {"left_out": comparison.left_out, "small_slices": comparison.small_slices}
    return [w.count(key, count, name=comparison.name) for key, count in counts.items() if count]


def _principal(document: Compare, comparison: Comparison) -> Difference | None:
    """The difference that decides: the document's metric."""
    named = {one.metric: one for one in comparison.overall}
    return named.get(document.metric) or next(iter(comparison.overall), None)


def _says(document: Compare, w: Words) -> list[str]:
    says = []
    for comparison in document.comparisons:
        if overall := _principal(document, comparison):
            says.append(result_of(overall, comparison.name, document.baseline, w))
        if comparison.slices:
            says.append(_slices_say(comparison, w))
    return says or [w("compare_nothing")]


def _slices_say(comparison: Comparison, w: Words) -> str:
    found = {
        name: f"{name} ({w.signed(one.difference.mean)}, {w.p(p_of(one))})"
        for name, one in comparison.slices.items()
        if difference_tone(one) != "quiet"
    }
    count = w.number(len(comparison.slices))
    if not found:
        return w("slices_none", n=count, name=comparison.name)
    return w("slices_some", n=count, name=comparison.name, found=w.listed(found.values()))


def _parts(document: Compare, comparison: Comparison, w: Words, id: str) -> list[Part]:
    titles = {"b": comparison.name, "a": document.baseline}
    decisive_first = sorted(comparison.overall, key=lambda one: one.metric != document.metric)
    overall = {one.metric: one for one in decisive_first}
    blocks: list[Any] = [
        difference_chart(w("overall_chart"), overall, w),
        difference_table(w("overall_table", **titles), w("metric"), overall, w),
    ]
    parts = [Part(w("b_against_a", **titles), blocks)]
    if comparison.slices:
        slices = dict(sorted(comparison.slices.items(), key=lambda pair: -pair[1].difference.mean))
        parts.append(
            Part(
                w("slices_of", **titles),
                [
                    difference_chart(w("slices_chart"), slices, w, w("slices_note")),
                    difference_table(w("slices_table"), w("slice"), slices, w),
                ],
            )
        )
    if comparison.queries:
        charts = [_scatter(document, comparison, w, id), _waterfall(document, comparison, w)]
        parts.append(Part(w("by_query_of", **titles), [*charts, _queries(document, comparison, w, id)]))
    return parts


# --- pictures ------------------------------------------------------------------------------------------


def _scatter(document: Compare, comparison: Comparison, w: Words, id: str) -> Chart:
    """A against B, one mark a query; those in one place share a mark."""
    cells: dict[tuple[int, int, int], list[int]] = {}
    many = len(comparison.queries) > MANY
    size = COARSE_CELL if many else CELL
    for index, query in enumerate(comparison.queries):
        kind = (query.b - query.a > TIE) - (query.b - query.a < -TIE)
        cells.setdefault((round(query.a / size), round(query.b / size), kind), []).append(index)
    points = [_point(comparison.queries, cell, 0.45 if many else 0.7, w, id) for cell in cells.values()]
    points.sort(key=lambda point: -point.size)
    _, high = reach([one for query in comparison.queries for one in (query.a, query.b)], hold=[0.0])
    high = min(1.0, high)
    metric = document.metric
    x = Axis(f"A: {document.baseline}, {metric}", 0.0, high, w.loose)
    y = Axis(f"B: {comparison.name}, {metric}", 0.0, high, w.loose)
    title = w("scatter", metric=metric)
    described = w("scatter_label", metric=metric, n=w.number(len(comparison.queries)))
    return Chart.of(
        title,
        lambda width: xy_chart(
            [Series("", points)], x, y, min(width, 460), described, height=min(width, 460), diagonal=True
        ),
        w("scatter_note"),
    )


def _point(queries: list[QueryDifference], cell: list[int], single: float, w: Words, id: str) -> Point:
    first = queries[cell[0]]
    change = first.b - first.a
    won, lost = change > TIE, change < -TIE
    more = " " + w.count("and_more", len(cell) - 1) if len(cell) > 1 else ""
    return Point(
        x=first.a,
        y=first.b,
        title=f"{first.text}: A {w.number(first.a, 3)}, B {w.number(first.b, 3)} ({w.signed(change)}){more}",
        size=min(3.2, single * len(cell) ** 0.5),  # areas in proportion to counts, 29 units wide at most
        href=f"#{id}-q-{cell[0]}",
        tone="good" if won else "bad" if lost else "quiet",
        shape="up" if won else "down" if lost else "circle",
    )


def _waterfall(document: Compare, comparison: Comparison, w: Words) -> Chart:
    falls = [Fall(one.b - one.a, f"{one.text}: {w.signed(one.b - one.a)}") for one in comparison.queries]
    wins = sum(fall.difference > TIE for fall in falls)
    losses = sum(fall.difference < -TIE for fall in falls)
    names = (
        w.count("n_wins", wins),
        w.count("n_ties", len(falls) - wins - losses),
        w.count("n_losses", losses),
    )
    low, high = reach([fall.difference for fall in falls] + [0.05, -0.05])
    axis = Axis(w("fall_axis", metric=document.metric), low, high, w.loose)
    title = w("waterfall")
    described = f"{title}: {', '.join(names)}"
    return Chart.of(title, lambda width: waterfall(falls, axis, width, described, names, TIE), w("waterfall_note"))


# --- queries -------------------------------------------------------------------------------------------


def _queries(document: Compare, comparison: Comparison, w: Words, id: str) -> Queries:
    """Every query; the result lists of the worst losses and the greatest wins."""
    most = MOST_KEPT // len(document.comparisons)
    kept = most_interesting([one.b - one.a for one in comparison.queries], most, both_ends=True)
    kept |= {index for index, one in enumerate(comparison.queries) if one.id in comparison.worst[: most // 2]}
    rows = [
        [one.id, one.text, round(one.a, 4), round(one.b, 4), round(one.b - one.a, 4), ", ".join(one.slices)]
        for one in comparison.queries
    ]
    columns: list[dict[str, Any]] = [
        {"label": w("query"), "kind": "text"},
        {"label": "A", "kind": "number", "digits": 3},
        {"label": "B", "kind": "number", "digits": 3},
        {"label": "B − A", "kind": "signed", "digits": 3},
        *slices_column(any(one.slices for one in comparison.queries), w),
    ]
    details = {
        comparison.queries[index].id: _detail(comparison.queries[index], document.baseline, comparison.name, w)
        for index in sorted(kept)
    }
    details = {query: detail for query, detail in details.items() if detail["lists"] or detail["moved"]}
    data = {"columns": columns, "rows": rows, "details": details, "sort": [3, "ascending"]}
    note = w("kept_both", n=w.number(len(details))) if len(details) < len(rows) else ""
    return Queries(f"{id}-q", w("queries_compared", metric=document.metric), data, note)


def _detail(query: QueryDifference, a: str, b: str, w: Words) -> dict[str, Any]:
    lists = [
        {"name": f"{letter}: {name}", "value": round(value, 4), "items": shown_items(shown)}
        for letter, name, value, shown in (("A", a, query.a, query.top_a), ("B", b, query.b, query.top_b))
    ]
    if lists[0]["items"] and lists[1]["items"]:
        lists[1]["moves"] = _moves(query.top_a, query.top_b)
    return {
        "facts": [(w("query_id"), query.id)],
        "lists": [one for one in lists if one["items"]],
        "moved": [
            [one.title, one.id, one.gain, one.rank_a, one.rank_b, _changes(one.features_a, one.features_b)]
            for one in query.moved
        ],
    }


def _moves(before: list[Shown], after: list[Shown]) -> dict[str, int | None]:
    """Product -> places won in B; None: it was not in A's list."""
    ranks = {one.id: one.rank for one in before}
    return {one.id: ranks[one.id] - one.rank if one.id in ranks else None for one in after}


def _changes(before: dict[str, float], after: dict[str, float]) -> list[list[Any]]:
    """[feature, in A, in B] of the features that changed most."""
    names = dict.fromkeys([*before, *after])
    changed = [name for name in names if before.get(name) != after.get(name)]
    changed.sort(key=lambda name: -abs(after.get(name, 0.0) - before.get(name, 0.0)))
    return [[name, _rounded(before.get(name)), _rounded(after.get(name))] for name in changed[:FEATURES]]


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
