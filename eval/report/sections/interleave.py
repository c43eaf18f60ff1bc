"""The section of an `interleave`: the verdict on what shoppers did, or the proof that the procedure can be trusted."""

from __future__ import annotations

from eval.documents import Interleave
from eval.report.blocks import Block, Chart, Part, Section, Table
from eval.report.charts import Point, Row, Series, row_chart, xy_chart
from eval.report.svg import Axis, reach
from eval.report.words import Words

#: Points of the path that are drawn: more cannot be told apart.
MOST_STEPS = 400


def interleave_section(document: Interleave, w: Words, id: str, file: str) -> Section:
    """Sessions won, the p path; false positives, power, sessions that are needed."""
    parts = []
    if document.sessions or document.path:
        blocks: list[Block] = [_wins(document, w)] if document.sessions else []
        parts.append(Part(w("what_shoppers_did"), [*blocks, *([_path(document, w)] if document.path else [])]))
    if document.power:
        parts.append(Part(w("power"), [_power_chart(document, w), _power_table(document, w)]))
    if document.sessions_needed:
        parts.append(Part(w("needed"), [_needed(document, w)]))
    if document.nulls:
        rows = [[w.name(name), w.percent(share)] for name, share in document.nulls.items()]
        if document.exact_false_positives is not None:
            rows.append([w("exact"), w.percent(document.exact_false_positives)])
        parts.append(Part(w("nulls_part"), [Table(w("nulls_table"), [w("name"), w("found")], rows)]))
    counts = {"stray": document.stray_events, "identical": document.identical_lists}
    warnings = [w.count(key, count) for key, count in counts.items() if count]
    return Section(id, w("kind_interleave"), file, _says(document, w), parts, document.made, warnings)


def _needed(document: Interleave, w: Words) -> Table:
    """Sessions by effect: with a fixed length, and with stopping where that was measured."""
    ways = [
        (w("fixed_length"), document.sessions_needed),
        (w("stop_mean"), document.sessions_mean),
        (w("stop_sequential"), document.sessions_sequential),
    ]
    ways = [(name, counts) for name, counts in ways if counts]
    rows = [
        [effect, *(w.number(counts[effect]) if effect in counts else "–" for _, counts in ways)]
        for effect in document.sessions_needed
    ]
    return Table(w("needed_table"), [w("effect"), *(name for name, _ in ways)], rows)


def _says(document: Interleave, w: Words) -> list[str]:
    says = []
    if document.sessions:
        says.append(_verdict(document, w))
    if share := document.share_b:
        reach = w("reach", low=w.percent(share.low), high=w.percent(share.high))
        says.append(w("share_of_b", share=w.percent(share.mean), reach=reach))
    if document.aa_p is not None:
        says.append(w("aa_says", n=w.number(document.aa_sessions), p=w.p(document.aa_p)))
    if document.false_positives is not None:
        kept = document.false_positives <= document.alpha
        says.append(
            w(
                "false_positives_kept" if kept else "false_positives_broken",
                level=w.percent(document.alpha, 0),
                share=w.percent(document.false_positives),
                n=w.number(document.false_positive_runs),
            )
        )
    says += [
        w(
            "power_says",
            effect=w.percent(one.effect),
            found=w.percent(one.found),
            sessions=w("after_sessions", n=w.number(one.mean_sessions)) if one.mean_sessions is not None else "",
        )
        for one in document.power
    ]
    if document.verdict:
        says.append(w("verdict_words", verdict=document.verdict))
    return says


def _verdict(document: Interleave, w: Words) -> str:
    p = document.p_always_valid
    values = {
        "sessions": w.number(document.sessions),
        "a": w.number(document.wins_a),
        "b": w.number(document.wins_b),
        "ties": w.number(document.ties),
        "p": w.p(p) if p is not None else "p –",
    }
    if p is None or p >= document.alpha:
        return w("interleave_none", **values)
    return w("interleave_won", winner="B" if document.wins_b > document.wins_a else "A", **values)


def _wins(document: Interleave, w: Words) -> Chart:
    rows = [
        Row(w(key), count, text=f"{w.number(count)} ({w.percent(count / document.sessions)})", tone=tone, bar=True)
        for key, count, tone in (
            ("wins_b", document.wins_b, "good"),
            ("wins_a", document.wins_a, "bad"),
            ("ties", document.ties, "quiet"),
        )
    ]
    axis = Axis(w("sessions"), 0.0, reach([row.value for row in rows], hold=[0.0])[1], w.number)
    title = w("wins_chart")
    return Chart.of(title, lambda width: row_chart(rows, axis, width, title))


def _path(document: Interleave, w: Words) -> Chart:
    """The always-valid p after each session: it may be looked at any time, and only falls."""
    step = max(1, len(document.path) // MOST_STEPS)
    indices = sorted({*range(0, len(document.path), step), len(document.path) - 1})
    points = [Point((index + 1) * document.path_step, max(document.path[index], 1e-6)) for index in indices]
    low = min([point.y for point in points] + [0.01]) / 1.5
    decades = [value for value in (1e-6, 1e-5, 1e-4, 0.001, 0.01, 0.1, 1.0) if value >= low]
    x = Axis(w("looks_axis"), 0.0, float(len(document.path) * document.path_step), w.number)
    y = Axis(
        w("p_axis"),
        low,
        1.0,
        w.loose,
        ticks=decades,
        log=True,
        reference=document.alpha,
        reference_name=w("level", level=w.percent(document.alpha, 0)),
    )
    title = w("path_chart")
    described = w(
        "path_label", title=title, p=w.p(document.path[-1]), n=w.number(len(document.path) * document.path_step)
    )
    return Chart.of(
        title, lambda width: xy_chart([Series("", points, line=True)], x, y, width, described), w("path_note")
    )


def _power_chart(document: Interleave, w: Words) -> Chart:
    rows = [Row(w.percent(one.effect), 100 * one.found, text=w.percent(one.found), bar=True) for one in document.power]
    if document.false_positives is not None:
        share = document.false_positives
        rows.insert(0, Row(w("no_effect"), 100 * share, text=w.percent(share), bar=True, tone="bad"))
    axis = Axis(w("found_axis"), 0.0, 100.0, lambda value: w.loose(value) + " %")
    title = w("power_chart")
    return Chart.of(
        title, lambda width: row_chart(rows, axis, width, title), w("power_note", level=w.percent(document.alpha, 0))
    )


def _power_table(document: Interleave, w: Words) -> Table:
    rows = [
        [
            w.percent(one.effect),
            w.percent(one.found),
            "–" if one.mean_sessions is None else w.number(one.mean_sessions),
            w.number(one.runs),
        ]
        for one in document.power
    ]
    return Table(w("power_table"), [w("effect"), w("found"), w("mean_sessions"), w("runs")], rows)
