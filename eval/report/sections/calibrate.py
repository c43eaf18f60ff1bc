"""The section of a `calibrate`: what was chosen, what else was tried, and what it gives on the other half."""

from __future__ import annotations

from eval.documents import Calibrate, Candidate
from eval.report.blocks import Chart, Part, Section, Table
from eval.report.charts import Point, Series, xy_chart
from eval.report.sections.common import difference_chart, difference_table, result_of
from eval.report.svg import Axis, reach
from eval.report.words import Words, sentence

#: Rows of the table of what was tried: the best ones.
MOST_TRIED = 25


def calibrate_section(document: Calibrate, w: Words, id: str, file: str) -> Section:
    """The half that was not looked at comes first: only that half says what the choice is worth."""
    parts = []
    warnings = [w("calibrate_warning"), *([w("pool")] if document.pool else [])]
    if document.report:
        named = {one.metric: one for one in document.report}
        parts.append(
            Part(
                w("other_half", n=w.number(document.reported_on)),
                [
                    difference_chart(w("other_half_chart"), named, w),
                    difference_table(w("other_half_table"), w("metric"), named, w),
                ],
            )
        )
    if document.fusion_only:
        named = {one.metric: one for one in document.fusion_only}
        table = difference_table(w("fusion_only_table"), w("metric"), named, w)
        parts.append(Part(w("fusion_only_chart"), [difference_chart(w("fusion_only_chart"), named, w), table]))
    parts.append(Part(w("chosen"), _chosen(document, w)))
    if document.tried:
        parts.append(
            Part(w("tried", n=w.number(document.fitted_on)), [_tried_chart(document, w), _tried_table(document, w)])
        )
    return Section(id, w("kind_calibrate"), file, _says(document, w), parts, document.made, warnings)


def _says(document: Calibrate, w: Words) -> list[str]:
    says = []
    named = {one.metric: one for one in document.report}
    if decisive := named.get(document.metric) or next(iter(document.report), None):
        says.append(sentence(result_of(decisive, w("the_chosen"), w("the_defaults"), w)))
    chosen = w.settings(document.chosen) or w("nothing_changed")
    says.append(
        w(
            "chosen_says",
            chosen=chosen,
            fitted=w.number(document.fitted_on),
            tried=w.count("n_candidates", len(document.tried)),
            reported=w.number(document.reported_on),
        )
    )
    if document.temperature is not None:
        says.append(w("temperature_says", value=w.number(document.temperature, 4)))
    return says


def _chosen(document: Calibrate, w: Words) -> list[Table]:
    rows = [[name, w.value(value)] for name, value in document.chosen.items()]
    if document.temperature is not None:
        rows.append([w("temperature"), w.number(document.temperature, 4)])
    tables = [Table(w("chosen_table"), [w("setting"), w("value")], rows)]
    if document.log_likelihood:
        likelihoods = [[w.name(name), w.number(value, 4)] for name, value in document.log_likelihood.items()]
        tables.append(Table(w("likelihood_table"), [w("where"), w("log_likelihood")], likelihoods))
    return tables


def _is_chosen(candidate: Candidate, document: Calibrate) -> bool:
    return bool(candidate.settings) and candidate.settings.items() <= document.chosen.items()


def _tried_chart(document: Calibrate, w: Words) -> Chart:
    """One number tried: its curve; else the values of all candidates in their order."""
    curve = _curve(document)
    name, points = curve or ("", list(enumerate(sorted((one.value for one in document.tried), reverse=True), 1)))
    best = max(value for _, value in points)
    shown = [
        Point(
            x,
            y,
            title=f"{w.loose(x)}: {w.number(y, 4)}",
            tone="good" if y == best else "quiet",
            shape="diamond" if y == best else "circle",
            size=1.3 if y == best else 0.8,
        )
        for x, y in points
    ]
    x_low, x_high = reach([x for x, _ in points])
    y_low, y_high = reach([y for _, y in points], margin=0.15)
    x_axis = Axis(name or w("tried_axis"), x_low, x_high, w.loose)
    y_axis = Axis(w("tried_value", metric=document.metric), y_low, y_high, w.loose)
    title = w("tried_chart")
    described = w("tried_label", title=title, best=w.number(best, 4), n=w.number(len(points)))
    return Chart.of(
        title, lambda width: xy_chart([Series("", shown)], x_axis, y_axis, width, described, 280), w("tried_note")
    )


def _curve(document: Calibrate) -> tuple[str, list[tuple[float, float]]] | None:
    """(setting, [(its value, metric)]) if one number is all that was varied."""
    names = {name for one in document.tried for name in one.settings}
    if len(names) != 1:
        return None
    name = names.pop()
    values = [one.settings.get(name) for one in document.tried]
    if not all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
        return None
    return name, sorted((float(one.settings[name]), one.value) for one in document.tried)


def _tried_table(document: Calibrate, w: Words) -> Table:
    best = sorted(document.tried, key=lambda one: -one.value)[:MOST_TRIED]
    rows = [
        [
            w.settings(one.settings) or w("the_defaults"),
            w.number(one.value, 4),
            w("chosen_mark") if _is_chosen(one, document) else "",
        ]
        for one in best
    ]
    note = (
        w("tried_best", n=w.number(MOST_TRIED), all=w.number(len(document.tried)))
        if len(document.tried) > len(best)
        else ""
    )
    return Table(w("tried_table"), [w("settings"), document.metric, ""], rows, note, words=[2])
