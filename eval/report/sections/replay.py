"""The section of a `replay`: what knowing real shoppers gives, whom it harms, and whether it would give the same to
anybody (somebody else's profile, a placebo).
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from eval.documents import Gain, Replay
from eval.report.blocks import Block, Chart, Part, Section, Table
from eval.report.charts import Point, Row, Series, row_chart, xy_chart
from eval.report.sections.common import gain_chart, gain_rows, tone_of
from eval.report.svg import Axis, reach
from eval.report.words import Words, sentence


def replay_section(document: Replay, w: Words, id: str, file: str) -> Section:
    """Gains and controls, harm, slices, cold start, calibration of lifts, brand entropy."""
    rows = [
        *gain_rows(document.rankers, w, w("personal")),
        *gain_rows(document.shuffled, w, w("shuffled")),
        *gain_rows(document.placebo, w, w("placebo")),
    ]
    everybody = [
        *document.rankers,
        *_named(document.shuffled, w("shuffled"), w),
        *_named(document.placebo, w("placebo"), w),
    ]
    parts = [
        Part(w("gain_and_controls"), [gain_chart(w("gain_chart"), rows, w), gain_table(w("gain_table"), everybody, w)]),
        Part(w("harm"), [harm_chart(document.rankers, w), harm_table(document, everybody, w)]),
    ]
    slices = [
        gain_chart(w(key), gain_rows(gains, w), w)
        for key, gains in (("by_evidence", document.by_evidence), ("by_entropy", document.by_entropy))
        if gains
    ]
    if slices:
        parts.append(Part(w("by_slice"), slices))
    if document.cold_start:
        table = gain_table(w("cold_table"), document.cold_start, w)
        parts.append(Part(w("cold_start"), [_cold_start(document.cold_start, w), table]))
    if lifts := _lifts(document, w):
        parts.append(Part(w("model"), lifts))
    return Section(id, w("kind_replay"), file, _says(document, w), parts, document.made, document.notes)


def _says(document: Replay, w: Words) -> list[str]:
    size = {"people": w.count("n_people", document.people), "queries": w.count("n_queries", document.queries)}
    says = [w("replay_size", protocol=document.protocol, **size)]
    says = [_gain_says(gain, w) for gain in document.rankers[:1]] + says
    says += [_gain_says(gain, w) for gain in document.rankers[1:2]]
    controls = (
        ("shuffled_says", "shuffled_off", document.shuffled),
        ("placebo_says", "placebo_off", document.placebo),
    )
    for as_it_should, off, gains in controls:
        for gain in gains[:1]:
            key = as_it_should if tone_of(gain.percent) == "quiet" else off
            says.append(w(key, gain=w.signed_percent(gain.percent.mean), reach=_reach(gain, w)))
    return says


def _reach(gain: Gain, w: Words) -> str:
    return w.signed_between(gain.percent, 1) + " %"


def _gain_says(gain: Gain, w: Words) -> str:
    key = {"good": "gain_better", "bad": "gain_worse", "quiet": "gain_none"}[tone_of(gain.percent)]
    percent = gain.percent.mean
    said = w(
        key,
        name=w.name(gain.name),
        gain=w.signed_percent(percent) if key == "gain_none" else w.percent(abs(percent) / 100),
        reach=_reach(gain, w),
        queries=w.count("n_queries", gain.n),
        better=w.percent(gain.better),
        worse=w.percent(gain.worse),
        much=w.percent(gain.much_worse),
    )
    return sentence(said)


def gain_table(caption: str, gains: Sequence[Gain], w: Words) -> Table:
    """Gains as figures."""
    rows = [
        [
            w.name(one.name),
            w.number(one.n),
            w.number(one.anonymous, 3),
            w.number(one.personal, 3),
            w.signed_percent(one.percent.mean),
            _reach(one, w),
        ]
        for one in gains
    ]
    columns = [w("name"), w("queries"), w("anonymous"), w("personal"), w("gain"), w("interval")]
    return Table(caption, columns, rows)


def harm_chart(gains: Sequence[Gain], w: Words) -> Chart:
    """Better, worse, much worse of each ranker, as shares of its queries."""
    rows = [
        Row(name=w(key), group=w.name(gain.name), value=100 * value, text=w.percent(value), tone=tone, bar=True)
        for gain in gains
        for key, value, tone in (
            ("better", gain.better, "good"),
            ("worse", gain.worse, "bad"),
            ("much_worse", gain.much_worse, "worst"),
        )
    ]
    _, high = reach([row.value for row in rows], hold=[0.0])
    axis = Axis(w("queries_axis"), 0.0, min(100.0, high), lambda value: w.loose(value) + " %")
    return Chart.of(w("harm_chart"), lambda width: row_chart(rows, axis, width, w("harm_chart")), w("harm_note"))


def _named(gains: Sequence[Gain], group: str, w: Words) -> list[Gain]:
    """Gains whose names tell their group."""
    return [msgspec.structs.replace(gain, name=f"{group}: {w.name(gain.name)}") for gain in gains]


def harm_table(document: Replay, gains: Sequence[Gain], w: Words) -> Table:
    """The same for every ranker, control and slice."""
    slices = [*_named(document.by_evidence, w("evidence"), w), *_named(document.by_entropy, w("entropy"), w)]
    rows = [
        [w.name(one.name), w.number(one.n), w.percent(one.better), w.percent(one.worse), w.percent(one.much_worse)]
        for one in [*gains, *slices]
    ]
    return Table(w("harm_table"), [w("name"), w("queries"), w("better"), w("worse"), w("much_worse")], rows)


def _cold_start(gains: Sequence[Gain], w: Words) -> Chart:
    """Gain by what is known of the shopper."""
    points = [
        Point(
            index,
            gain.percent.mean,
            gain.percent.low,
            gain.percent.high,
            title=f"{w.name(gain.name)}: {w.signed_percent(gain.percent.mean)} ({_reach(gain, w)})",
        )
        for index, gain in enumerate(gains)
    ]
    low, high = reach([edge for point in points for edge in (point.low or 0, point.high or 0)] + [0.0])
    x = Axis(
        w("events_axis"),
        -0.4,
        len(points) - 0.6,
        lambda value: w.name(gains[round(value)].name) if 0 <= round(value) < len(gains) else "",
        ticks=list(range(len(points))),
    )
    y = Axis(w("gain_axis"), low, high, lambda value: w.loose(value) + " %", reference=0.0)
    title = w("cold_chart")
    described = f"{title}: " + "; ".join(f"{one.name} {w.signed_percent(one.percent.mean)}" for one in gains)
    series = [Series("", points, line=True)]
    return Chart.of(title, lambda width: xy_chart(series, x, y, width, described), w("cold_note"))


def _lifts(document: Replay, w: Words) -> list[Block]:
    blocks: list[Block] = []
    if document.lift_calibration:
        blocks += [_calibration(document, w), _calibration_table(document, w)]
    if document.brand_entropy:
        rows = [
            Row(w.name(name), value, text=w.number(value, 3), tone="quiet" if name == "anonymous" else "main", bar=True)
            for name, value in document.brand_entropy.items()
        ]
        axis = Axis(w("brand_axis"), 0.0, reach([row.value for row in rows], hold=[0.0])[1], w.loose)
        title = w("brand_chart")
        blocks.append(Chart.of(title, lambda width: row_chart(rows, axis, width, title), w("brand_note")))
    return blocks


def _calibration(document: Replay, w: Words) -> Chart:
    """Predicted against observed lifts, both as ratios; on the diagonal the prediction is right."""
    bins = document.lift_calibration
    values = [value for one in bins for value in (one.predicted, one.observed) if value > 0]
    low, high = min(values, default=0.5) / 1.3, max(values, default=2.0) * 1.3
    largest = max(one.n for one in bins)
    points = [
        Point(
            one.predicted,
            one.observed,
            size=max(0.6, (one.n / max(largest, 1)) ** 0.5 * 2.2),
            tone="main",
            title=f"{w.number(one.predicted, 2)} → {w.number(one.observed, 2)}, n {w.number(one.n)}",
        )
        for one in bins
    ]
    x = Axis(w("predicted_axis"), low, high, w.loose, log=True)
    y = Axis(w("observed_axis"), low, high, w.loose, log=True)
    title = w("lift_chart")
    told = "; ".join(f"{w.number(one.predicted, 2)} → {w.number(one.observed, 2)}" for one in bins)
    return Chart.of(
        title,
        lambda width: xy_chart([Series("", points)], x, y, min(width, 440), f"{title}: {told}", min(width, 440), True),
        w("lift_note"),
    )


def _calibration_table(document: Replay, w: Words) -> Table:
    rows = [
        [w.number(one.predicted, 2), w.number(one.observed, 2), w.number(one.n)] for one in document.lift_calibration
    ]
    return Table(w("lift_table"), [w("predicted"), w("observed"), w("products")], rows)
