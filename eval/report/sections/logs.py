"""The section of `logs`: what another ranking would have won, estimated from what was clicked on this one."""

from __future__ import annotations

from eval.documents import Estimate, Logs
from eval.report.blocks import Chart, Part, Section, Table
from eval.report.charts import Row, row_chart
from eval.report.svg import Axis, reach
from eval.report.words import Words

#: Below this effective sample size there is no verdict: a few impressions carry the whole estimate.
LEAST_SIZE = 200


def logs_section(document: Logs, w: Words, id: str, file: str) -> Section:
    """Estimates with intervals, and how many impressions they really rest on."""
    parts = [Part(w("estimates"), [_values(document, w), _sizes(document, w), _table(document, w)])]
    warnings = [w("logs_covered", share=w.percent(document.covered))] if document.covered < 1 else []
    if document.left_out:
        warnings.append(w.count("logs_left_out", document.left_out))
    return Section(id, w("kind_logs"), file, _says(document, w), parts, document.made, warnings)


def _says(document: Logs, w: Words) -> list[str]:
    says = [_verdict(one, document, w) for one in document.estimates]
    if change := document.difference:
        says.append(w("logs_difference", difference=w.signed(change.mean, 4), reach=w.signed_between(change, 4)))
    says.append(w("logs_size", n=w.number(document.impressions), logged=w.number(document.logged, 4)))
    if document.verdict:
        says.append(w("verdict_words", verdict=document.verdict))
    return says


def _verdict(one: Estimate, document: Logs, w: Words) -> str:
    values = {
        "name": one.name,
        "size": w.number(one.effective_sample_size),
        "least": w.number(LEAST_SIZE),
        "value": w.number(one.value.mean, 4),
        "reach": w.between(one.value, 4),
        "logged": w.number(document.logged, 4),
    }
    if one.effective_sample_size < LEAST_SIZE:
        return w("logs_too_few", **values)
    if one.value.low > document.logged:
        return w("logs_better", **values)
    return w("logs_worse" if one.value.high < document.logged else "logs_none", **values)


def _tone(one: Estimate, logged: float) -> str:
    if one.effective_sample_size < LEAST_SIZE:
        return "quiet"
    return "good" if one.value.low > logged else "bad" if one.value.high < logged else "quiet"


def _values(document: Logs, w: Words) -> Chart:
    rows = [
        Row(
            one.name,
            one.value.mean,
            one.value.low,
            one.value.high,
            w.number(one.value.mean, 4),
            _tone(one, document.logged),
        )
        for one in document.estimates
    ]
    edges = [edge for one in document.estimates for edge in (one.value.low, one.value.high)]
    low, high = reach([*edges, document.logged])
    axis = Axis(w("value_axis"), low, high, w.loose, reference=document.logged)
    title = w("estimates_chart")
    return Chart.of(
        title,
        lambda width: row_chart(rows, axis, width, title),
        w("estimates_note", logged=w.number(document.logged, 4)),
    )


def _sizes(document: Logs, w: Words) -> Chart:
    rows = [
        Row(
            one.name,
            one.effective_sample_size,
            text=w.number(one.effective_sample_size),
            bar=True,
            tone="main" if one.effective_sample_size >= LEAST_SIZE else "bad",
        )
        for one in document.estimates
    ]
    _, high = reach([*(row.value for row in rows), 1.2 * LEAST_SIZE], hold=[0.0])
    axis = Axis(w("size_axis"), 0.0, high, w.loose, reference=float(LEAST_SIZE))
    title = w("size_chart")
    return Chart.of(
        title, lambda width: row_chart(rows, axis, width, title), w("size_note", least=w.number(LEAST_SIZE))
    )


def _table(document: Logs, w: Words) -> Table:
    rows = [
        [
            one.name,
            w.number(one.value.mean, 4),
            w.between(one.value, 4),
            w.number(one.effective_sample_size),
            w.percent(one.clipped),
        ]
        for one in document.estimates
    ]
    return Table(w("estimates_table"), [w("estimator"), w("value"), w("interval"), w("size"), w("clipped")], rows)
