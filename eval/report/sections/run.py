"""The section of a `run`: relevance and time of every stage, and what each query found."""

from __future__ import annotations

from typing import Any

from eval.documents import Configuration, Interval, QueryResult, Run
from eval.report.blocks import Chart, Part, Queries, Section, Table
from eval.report.charts import Row, row_chart
from eval.report.sections.common import MOST_KEPT, most_interesting, shown_items, slices_column
from eval.report.svg import Axis, reach
from eval.report.words import Words

PRINCIPAL = "nDCG@10"
#: Metrics that are drawn; the table has all of them.
DRAWN = (PRINCIPAL, "Recall@100", "MRR@10", "judged@10")
TOTAL = "total"


def run_section(document: Run, w: Words, id: str, file: str) -> Section:
    """Bars of every metric, times, and a table of the queries."""
    parts = [
        Part(w("relevance"), [*_charts(document, w), _stage_table(document, w)], w("run_gain", gain=document.gain))
    ]
    if any(configuration.times_ms for configuration in document.configurations):
        parts.append(Part(w("time"), [_time_chart(document, w), _time_table(document, w)]))
    if any(configuration.queries for configuration in document.configurations):
        parts.append(Part(w("by_query"), [_queries(document, w, id)]))
    return Section(id, w("kind_run"), file, _says(document, w), parts, document.made, _warnings(document, w))


def _metrics(document: Run) -> list[str]:
    """Metrics in their order, the principal one first."""
    names: dict[str, None] = {}
    for configuration in document.configurations:
        for values in configuration.stages.values():
            names.update(dict.fromkeys(values))
    return sorted(names, key=lambda name: name != PRINCIPAL)


def _stages(document: Run) -> list[str]:
    return list(dict.fromkeys(stage for one in document.configurations for stage in one.stages))


def _served(configuration: Configuration, document: Run, metric: str) -> Interval | None:
    return configuration.stages.get(document.served, {}).get(metric)


def _says(document: Run, w: Words) -> list[str]:
    metric = next(iter(_metrics(document)), PRINCIPAL)
    known = [(one, value) for one in document.configurations if (value := _served(one, document, metric))]
    if not known:
        return [w("run_nothing", stage=w.name(document.served))]
    ranked = sorted(known, key=lambda pair: -pair[1].mean)
    best, value = ranked[0]
    n = max(len(best.queries), *(len(one.queries) for one, _ in known), 0)
    over = w.count("over_queries", n) if n else ""
    says = [
        w(
            "run_says",
            metric=metric,
            value=w.number(value.mean, 3),
            reach=w.between(value),
            over=over,
            stage=w.name(document.served),
            configuration=w("run_of", name=best.name) if len(known) > 1 else "",
        )
    ]
    if len(ranked) > 1:
        says.append(
            w(
                "run_several",
                best=best.name,
                value=w.number(value.mean, 3),
                last=ranked[-1][0].name,
                least=w.number(ranked[-1][1].mean, 3),
            )
        )
    stages = [
        f"{w.name(stage)} {w.number(values[metric].mean, 3)}"
        for stage, values in best.stages.items()
        if metric in values
    ]
    says.append(w("run_stages", metric=metric, stages=w.listed(stages)))
    if total := best.times_ms.get(TOTAL):
        says.append(w("run_time", p50=w.milliseconds(total.p50), p95=w.milliseconds(total.p95)))
    return says


def _warnings(document: Run, w: Words) -> list[str]:
    warnings = [w("pool")] if document.pool else []
    if document.without_relevant:
        warnings.append(w.count("without_relevant", document.without_relevant))
    if document.judged_but_not_indexed:
        warnings.append(w.count("not_indexed", document.judged_but_not_indexed))
    warnings += [
        w.count("degraded", count, stage=w.name(stage), name=configuration.name)
        for configuration in document.configurations
        for stage, count in configuration.degraded.items()
    ]
    return warnings


def _charts(document: Run, w: Words) -> list[Chart]:
    metrics = _metrics(document)
    drawn = [metric for metric in metrics if metric in DRAWN] or metrics[: len(DRAWN)]
    return [_bars(document, metric, w) for metric in drawn]


def _bars(document: Run, metric: str, w: Words) -> Chart:
    """A metric's bars: one a stage; with several configurations a group a stage."""
    several = len(document.configurations) > 1
    rows = [
        Row(
            name=one.name if several else w.name(stage),
            group=w.name(stage) if several else "",
            value=value.mean,
            low=value.low,
            high=value.high,
            text=f"{w.number(value.mean, 3)} ({w.number(value.low, 3)}–{w.number(value.high, 3)})",
            tone="main" if stage == document.served else "quiet",
            bar=True,
        )
        for stage in _stages(document)
        for one in document.configurations
        if (value := one.stages.get(stage, {}).get(metric))
    ]
    _, high = reach([row.high or row.value for row in rows], hold=[0.0])
    axis = Axis(w("share_axis"), 0.0, min(1.0, high), w.loose)
    title = w("metric_by_stage", metric=metric)
    return Chart.of(
        title, lambda width: row_chart(rows, axis, width, title), w("bars_note", stage=w.name(document.served))
    )


def _stage_table(document: Run, w: Words) -> Table:
    stages = _stages(document)
    rows = [
        [one.name, metric, *(_cell(one.stages.get(stage, {}).get(metric), w) for stage in stages)]
        for one in document.configurations
        for metric in _metrics(document)
    ]
    columns = [w("configuration"), w("metric"), *(w.name(stage) for stage in stages)]
    return Table(w("stage_table"), columns, rows, w("interval_note"), words=[1], broad=True)


def _cell(value: Interval | None, w: Words) -> str:
    return f"{w.number(value.mean, 3)} ({w.number(value.low, 3)}–{w.number(value.high, 3)})" if value else "–"


def _time_chart(document: Run, w: Words) -> Chart:
    several = len(document.configurations) > 1
    steps = list(dict.fromkeys(step for one in document.configurations for step in one.times_ms))
    rows = [
        Row(
            name=one.name if several else w.name(step),
            group=w.name(step) if several else "",
            value=times.p50,
            low=times.p50,
            high=times.p95,
            text=f"{w.milliseconds(times.p50)} · {w.milliseconds(times.p95)} ms",
            tone="main" if step == TOTAL else "quiet",
            bar=True,
        )
        for step in steps
        for one in document.configurations
        if (times := one.times_ms.get(step))
    ]
    _, high = reach([row.high or row.value for row in rows], hold=[0.0])
    axis = Axis(w("time_axis"), 0.0, high, w.loose)
    title = w("time_by_step")
    return Chart.of(title, lambda width: row_chart(rows, axis, width, title), w("time_note"))


def _time_table(document: Run, w: Words) -> Table:
    rows = [
        [one.name, w.name(step), w.milliseconds(times.p50), w.milliseconds(times.p95)]
        for one in document.configurations
        for step, times in one.times_ms.items()
    ]
    return Table(w("time_table"), [w("configuration"), w("step"), "p50 (ms)", "p95 (ms)"], rows, words=[1])


# --- queries -------------------------------------------------------------------------------------------


def _queries(document: Run, w: Words, id: str) -> Queries:
    """Every query's value at the served stage, in each configuration; the lists of the most interesting."""
    metric = next(iter(_metrics(document)), PRINCIPAL)
    asked = {one.name: {query.id: query for query in one.queries} for one in document.configurations}
    first = next(found for found in asked.values() if found)
    values = {query: [_value(found.get(query), document.served, metric) for found in asked.values()] for query in first}
    lists = [query for query in first if any(query in found and found[query].top for found in asked.values())]
    kept = {lists[index] for index in most_interesting([_least(values[query]) for query in lists], MOST_KEPT, False)}
    rows = [
        [query.id, query.text, *values[query.id], query.times_ms.get(TOTAL), ", ".join(query.slices)]
        for query in first.values()
    ]
    several = len(asked) > 1
    columns: list[dict[str, Any]] = [
        {"label": w("query"), "kind": "text"},
        *({"label": name if several else metric, "kind": "number", "digits": 3} for name in asked),
        {"label": w("time_ms"), "kind": "number", "digits": 1},
        *slices_column(any(query.slices for query in first.values()), w),
    ]
    details = {query: _detail(query, asked, document.served, metric, w) for query in first if query in kept}
    data = {"columns": columns, "rows": rows, "details": details, "sort": [1, "ascending"]}
    note = w("kept_lowest", n=w.number(MOST_KEPT)) if len(lists) > len(kept) else ""
    return Queries(f"{id}-q", w("queries_by", metric=metric, stage=w.name(document.served)), data, note)


def _value(query: QueryResult | None, stage: str, metric: str) -> float | None:
    value = query.values.get(stage, {}).get(metric) if query else None
    return None if value is None else round(value, 4)


def _least(values: list[float | None]) -> float:
    return min((value for value in values if value is not None), default=0.0)


def _detail(id: str, asked: dict[str, dict[str, QueryResult]], served: str, metric: str, w: Words) -> dict[str, Any]:
    """What a row opens to: how the query was read, its stages, and each configuration's list."""
    found = {name: queries[id] for name, queries in asked.items() if id in queries}
    one = next(iter(found.values()))
    facts = [
        (w("query_id"), one.id),
        (w("shopper"), one.shopper),
        (w("corrected"), one.corrected),
        (w("understood"), ", ".join(one.understood)),
    ]
    for name, query in found.items():
        stages = [
            f"{w.name(stage)} {w.number(values[metric], 3)}"
            for stage, values in query.values.items()
            if metric in values
        ]
        facts.append((f"{metric}, {name}" if len(found) > 1 else metric, " · ".join(stages)))
    lists = [
        {"name": name, "value": _value(query, served, metric), "items": shown_items(query.top)}
        for name, query in found.items()
        if query.top
    ]
    return {"facts": [fact for fact in facts if fact[1]], "lists": lists}
