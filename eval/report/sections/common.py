"""What several kinds of documents draw alike: differences, gains, intervals, which queries are worth keeping."""

from __future__ import annotations

from collections.abc import Sequence

from eval.documents import Difference, Gain, Interval, Shown
from eval.report.blocks import Chart, Table
from eval.report.charts import Row, row_chart
from eval.report.svg import Axis, reach
from eval.report.words import Words

#: Below this, a difference is called one; the same level for slices, after Holm.
SIGNIFICANT = 0.05
#: Queries whose result lists are kept in a page; 300 lists of 2 × 10 products are some 2 MB.
MOST_KEPT = 300


def tone_of(interval: Interval) -> str:
    """good or bad if the whole interval is on one side of zero, else quiet."""
    return "good" if interval.low > 0 else "bad" if interval.high < 0 else "quiet"


def p_of(difference: Difference) -> float:
    """The p value that counts: corrected where several were looked at."""
    return difference.p if difference.p_holm is None else difference.p_holm


def difference_tone(difference: Difference) -> str:
    """good, bad, or quiet where the test finds nothing."""
    if p_of(difference) >= SIGNIFICANT:
        return "quiet"
    return "good" if difference.difference.mean > 0 else "bad"


def difference_chart(title: str, named: dict[str, Difference], w: Words, note: str = "") -> Chart:
    """A forest plot: each difference with its interval, around zero."""
    rows = [
        Row(
            name=name,
            value=one.difference.mean,
            low=one.difference.low,
            high=one.difference.high,
            text=f"{w.signed(one.difference.mean)} · {w.p(p_of(one))}",
            tone=difference_tone(one),
        )
        for name, one in named.items()
    ]
    low, high = reach([edge for row in rows for edge in (row.low or 0, row.high or 0)] + [0.0])
    axis = Axis(w("difference_axis"), low, high, w.loose, reference=0.0)
    return Chart.of(title, lambda width: row_chart(rows, axis, width, title), note or w("forest_note"))


def difference_table(caption: str, first: str, named: dict[str, Difference], w: Words) -> Table:
    """The same differences as figures."""
    corrected = any(one.p_holm is not None for one in named.values())
    columns = [first, w("queries"), "A", "B", "B − A", w("interval"), "p", *([w("p_holm")] if corrected else [])]
    rows = [
        [
            name,
            w.number(one.n),
            w.number(one.a, 3),
            w.number(one.b, 3),
            w.signed(one.difference.mean),
            w.signed_between(one.difference),
            w.number(one.p, 3),
            *([w.number(one.p_holm, 3) if one.p_holm is not None else "–"] if corrected else []),
            w.number(one.wins),
            w.number(one.losses),
            w.number(one.ties),
        ]
        for name, one in named.items()
    ]
    return Table(caption, [*columns, w("wins"), w("losses"), w("ties")], rows)


def result_of(difference: Difference, b: str, a: str, w: Words) -> str:
    """What one difference says, in a sentence; that nothing was found is said as such."""
    tally = ", ".join(
        [
            w.count("tally_win", difference.wins),
            w.count("tally_lose", difference.losses),
            w.count("tally_tie", difference.ties),
        ]
    )
    interval = difference.difference
    values = {
        "a": a,
        "b": b,
        "metric": difference.metric,
        "by": w.number(abs(interval.mean), 3),
        "difference": w.signed(interval.mean),
        "reach": w.signed_between(interval),
        "p": w.p(p_of(difference)) + (w("after_holm") if difference.p_holm is not None else ""),
        "tally": tally,
    }
    if p_of(difference) >= SIGNIFICANT:
        return w("not_significant", **values)
    return w("b_better" if interval.mean > 0 else "b_worse", **values)


def gain_rows(gains: Sequence[Gain], w: Words, group: str = "") -> list[Row]:
    """Gains in per cent, as rows around zero."""
    return [
        Row(
            name=w.name(gain.name),
            value=gain.percent.mean,
            low=gain.percent.low,
            high=gain.percent.high,
            text=f"{w.signed_percent(gain.percent.mean)} · n {w.number(gain.n)}",
            tone=tone_of(gain.percent),
            group=group,
        )
        for gain in gains
    ]


def gain_chart(title: str, rows: Sequence[Row], w: Words, note: str = "") -> Chart:
    """Gains with their intervals around zero."""
    low, high = reach([edge for row in rows for edge in (row.low or 0, row.high or 0)] + [0.0])
    axis = Axis(w("gain_axis"), low, high, lambda value: w.loose(value) + " %", reference=0.0)
    return Chart.of(title, lambda width: row_chart(rows, axis, width, title), note or w("gain_note"))


def shown_items(shown: Sequence[Shown], places: int = 10) -> list[list[object]]:
    """A result list for the page's script: [rank, id, title, gain, features]."""
    return [
        [one.rank, one.id, one.title, one.gain, {name: round(value, 4) for name, value in one.features.items()}]
        for one in shown[:places]
    ]


def slices_column(wanted: bool, w: Words) -> list[dict[str, str]]:
    """The column of slices, where there are any: it is the last one, so that rows may be longer."""
    return [{"label": w("slices"), "kind": "words"}] if wanted else []


def most_interesting(values: Sequence[float], most: int, both_ends: bool) -> set[int]:
    """Positions that are worth keeping: the lowest values, with `both_ends` half of them the greatest.

    >>> sorted(most_interesting([5, 1, 4, 2, 3], 2, both_ends=True))
    [0, 1]
    >>> sorted(most_interesting([5, 1, 4, 2, 3], 2, both_ends=False))
    [1, 3]
    """
    ordered = sorted(range(len(values)), key=lambda index: (values[index], index))
    if len(ordered) <= most:
        return set(ordered)
    lowest = most - most // 2 if both_ends else most
    greatest = ordered[len(ordered) - (most - lowest) :] if most > lowest else []
    return {*ordered[:lowest], *greatest}
