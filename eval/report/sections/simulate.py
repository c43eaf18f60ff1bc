"""The section of a `simulate`: how much of what planted tastes allow is won, and what it costs who has none."""

from __future__ import annotations

from collections.abc import Sequence

from eval.documents import Recovery, Simulate
from eval.report.blocks import Chart, Part, Section, Table
from eval.report.charts import Point, Row, Series, row_chart, xy_chart
from eval.report.sections.common import tone_of
from eval.report.svg import SHAPES, Axis, reach
from eval.report.words import Words, sentence


def simulate_section(document: Simulate, w: Words, id: str, file: str) -> Section:
    """Headroom and recovery by clicks, regret, harm, placebo."""
    parts = []
    if document.kinds:
        charts = [_headroom(document.kinds, w)]
        if any(one.correlation is not None for one in document.kinds):
            charts.append(_correlation(document.kinds, w))
        parts.append(Part(w("recovery"), [*charts, _table(document.kinds, w)]))
    if document.placebo:
        parts.append(Part(w("placebo"), [_placebo_chart(document.placebo, w), _placebo_table(document.placebo, w)]))
    return Section(id, w("kind_simulate"), file, _says(document, w), parts, document.made, document.notes)


def _says(document: Simulate, w: Words) -> list[str]:
    says = [
        sentence(
            w(
                "simulate_says" if last.headroom.low > 0 else "simulate_none",
                name=w.name(name),
                clicks=_after(last, w),
                share=w.percent(last.headroom.mean),
                reach=w("reach", low=w.percent(last.headroom.low), high=w.percent(last.headroom.high)),
                worse=w.percent(last.worse),
                much=w.percent(last.much_worse),
            )
        )
        for name, kinds in _by_name(document.kinds).items()
        for last in [kinds[-1]]
    ]
    if document.placebo:
        worst = min(document.placebo, key=lambda one: one.personal - one.anonymous)
        says.append(
            w(
                "simulate_placebo",
                change=w.signed(worst.personal - worst.anonymous, 4),
                name=w.name(worst.name),
                clicks=_after(worst, w),
            )
        )
    return [*says, w.count("n_simulated", document.shoppers)]


def _by_name(kinds: Sequence[Recovery]) -> dict[str, list[Recovery]]:
    """Kind -> what was measured, by what was known."""
    found: dict[str, list[Recovery]] = {}
    for one in kinds:
        found.setdefault(one.name, []).append(one)
    return {name: sorted(steps, key=_step) for name, steps in found.items()}


def _step(one: Recovery) -> float:
    """How much was known: sessions, or clicks where they were not counted (clicks are means of a kind)."""
    return one.sessions or one.clicks


def _after(one: Recovery, w: Words) -> str:
    """40 sessions (127 clicks)."""
    clicks = w.count("n_clicks", round(one.clicks))
    return f"{w.count('n_sessions', one.sessions)} ({clicks})" if one.sessions else clicks


def _clicks_axis(kinds: Sequence[Recovery], w: Words) -> tuple[Axis, dict[float, int]]:
    """Clicks as steps of equal width: they are measured at a few numbers only, each a multiple of the last."""
    places = {step: index for index, step in enumerate(sorted({_step(one) for one in kinds}))}
    steps = list(places)
    axis = Axis(
        w("sessions_axis" if any(one.sessions for one in kinds) else "clicks_axis"),
        -0.3,
        len(steps) - 0.7,
        lambda value: w.loose(steps[round(value)]) if 0 <= round(value) < len(steps) else "",
        ticks=list(range(len(steps))),
    )
    return axis, places


def _headroom(kinds: Sequence[Recovery], w: Words) -> Chart:
    x, places = _clicks_axis(kinds, w)
    series = [
        Series(
            w.name(name),
            [
                Point(
                    places[_step(one)],
                    100 * one.headroom.mean,
                    100 * one.headroom.low,
                    100 * one.headroom.high,
                    title=f"{w.name(name)}, {_after(one, w)}: {w.percent(one.headroom.mean)}",
                )
                for one in found
            ],
            line=True,
            tone=f"series-{index % 5}",
            shape=list(SHAPES)[index % len(SHAPES)],
        )
        for index, (name, found) in enumerate(_by_name(kinds).items())
    ]
    edges = [edge for one in series for point in one.points for edge in (point.low or 0, point.high or 0)]
    low, high = reach(edges, hold=[0.0])
    y = Axis(w("headroom_axis"), low, high, lambda value: w.loose(value) + " %", reference=0.0)
    return _lines(w("headroom_chart"), series, x, y, w("headroom_note"), w)


def _correlation(kinds: Sequence[Recovery], w: Words) -> Chart:
    x, places = _clicks_axis(kinds, w)
    series = [
        Series(
            w.name(name),
            [
                Point(places[_step(one)], one.correlation, title=f"{w.name(name)}: {w.number(one.correlation, 2)}")
                for one in found
                if one.correlation is not None
            ],
            line=True,
            tone=f"series-{index % 5}",
            shape=list(SHAPES)[index % len(SHAPES)],
        )
        for index, (name, found) in enumerate(_by_name(kinds).items())
    ]
    low, high = reach([point.y for one in series for point in one.points], hold=[0.0])
    y = Axis(w("correlation_axis"), low, min(1.0, high), w.loose)
    return _lines(w("correlation_chart"), series, x, y, w("correlation_note"), w)


def _lines(title: str, series: list[Series], x: Axis, y: Axis, note: str, w: Words) -> Chart:
    told = "; ".join(f"{one.name} {w.number(one.points[-1].y, 1)}" for one in series if one.points)
    return Chart.of(title, lambda width: xy_chart(series, x, y, width, f"{title}: {told}"), note)


def _table(kinds: Sequence[Recovery], w: Words) -> Table:
    columns = [
        w("name"),
        w("after"),
        w("shoppers"),
        w("anonymous"),
        w("personal"),
        w("oracle"),
        w("headroom"),
        w("interval"),
        w("correlation"),
        w("regret"),
        w("worse"),
        w("much_worse"),
    ]
    rows = [
        [
            w.name(one.name),
            _after(one, w),
            w.number(one.n),
            w.number(one.anonymous, 3),
            w.number(one.personal, 3),
            w.number(one.oracle, 3),
            w.percent(one.headroom.mean),
            w("reach", low=w.percent(one.headroom.low), high=w.percent(one.headroom.high)),
            "–" if one.correlation is None else w.number(one.correlation, 2),
            w.number(one.regret, 3),
            w.percent(one.worse),
            w.percent(one.much_worse),
        ]
        for found in _by_name(kinds).values()
        for one in found
    ]
    return Table(w("recovery_table"), columns, rows)


def _placebo_chart(placebo: Sequence[Recovery], w: Words) -> Chart:
    """Personal − anonymous, with its interval where it was measured; the kind's name, then what was known."""
    rows = [
        Row(
            name=_after(one, w),
            value=one.personal - one.anonymous,
            low=one.difference.low if one.difference else None,
            high=one.difference.high if one.difference else None,
            text=w.signed(one.personal - one.anonymous, 4),
            tone=tone_of(one.difference) if one.difference else "quiet",
            group=w.name(one.name),
        )
        for one in placebo
    ]
    edges = [edge for row in rows for edge in (row.value, row.low, row.high) if edge is not None]
    low, high = reach([*edges, 0.0, -0.002])
    axis = Axis(w("placebo_axis"), low, max(high, 0.0005), w.loose, reference=0.0)
    title = w("placebo_chart")
    return Chart.of(title, lambda width: row_chart(rows, axis, width, title), w("placebo_note"))


def _placebo_table(placebo: Sequence[Recovery], w: Words) -> Table:
    rows = [
        [
            w.name(one.name),
            _after(one, w),
            w.number(one.n),
            w.signed(one.personal - one.anonymous, 4),
            w.percent(one.worse),
            w.percent(one.much_worse),
        ]
        for one in placebo
    ]
    columns = [w("name"), w("after"), w("shoppers"), w("change"), w("worse"), w("much_worse")]
    return Table(w("placebo_table"), columns, rows)
