"""The four kinds of charts: rows (bars, intervals), points and lines, and sorted differences. Data in, markup out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from markupsafe import Markup

from eval.report.blocks import WIDE
from eval.report.svg import Axis, Scale, drawing, label, mark, tag, text_width

ROW, TALL_ROW, GROUP, FOOT = 28, 44, 30, 46


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a row chart. `text` is the value as it is written beside it.

    A bar starts at the axis' low end; a point does not. Tones: main, quiet, good, bad; good points up, bad down.
    """

    name: str
    value: float
    low: float | None = None
    high: float | None = None
    text: str = ""
    tone: str = "main"
    group: str = ""
    bar: bool = False


def told(title: str, rows: Sequence[Row]) -> str:
    """A row chart in words.

    >>> told("nDCG@10", [Row("fused", 0.5, text="0.500")])
    'nDCG@10: fused 0.500'
    """
    parts = [" ".join(part for part in (row.group, row.name, row.text) if part) for row in rows]
    return f"{title}: {'; '.join(parts)}"


def row_chart(rows: Sequence[Row], axis: Axis, width: int, title: str) -> Markup:
    """Rows under each other: wide with their names at the left and values at the right, narrow with both above."""
    wide = width >= WIDE
    left = min(max((text_width(row.name) for row in rows), default=0) + 8, width * 0.36) if wide else 4.0
    right = max((text_width(row.text) for row in rows), default=0) + 12 if wide else 14.0
    scale = axis.scale(left + 4, width - max(right, 18.0))
    drawn: list[Markup] = []
    y, group = 4.0, ""
    for row in rows:
        if row.group and row.group != group:
            drawn.append(label(row.group, 0, y + 19, width, kind="group"))
            y, group = y + GROUP, row.group
        drawn += _row(row, scale, y, width, wide, left, width - right)
        y += ROW if wide else TALL_ROW
    behind = _x_axis(axis, scale, 0.0, y, width)
    return drawing(width, y + FOOT, told(title, rows), *behind, *drawn)


def _row(row: Row, scale: Scale, y: float, width: float, wide: bool, left: float, end: float) -> list[Markup]:
    middle = y + (ROW / 2 if wide else 30)
    if wide:
        words = [label(row.name, left, middle + 4.5, left, "end"), label(row.text, end + 10, middle + 4.5, 400)]
    else:
        room = width - text_width(row.text) - 12
        words = [label(row.name, 0, y + 16, room), label(row.text, width, y + 16, width, "end")]
    x = scale(row.value)
    parts: list[Markup] = []
    if row.bar:
        start = scale(scale.low)
        parts.append(
            tag("rect", x=start, y=middle - 7, width=max(x - start, 0.5), height=14.0, rx=2, class_=f"bar {row.tone}")
        )
    if row.low is not None and row.high is not None:
        parts.append(_whisker(scale(row.low), scale(row.high), middle))
    if not row.bar:
        shape = {"good": "up", "bad": "down", "quiet": "circle"}.get(row.tone, "diamond")
        parts.append(mark(shape, x, middle, row.tone, title=f"{row.name}: {row.text}"))
    return [*words, *parts]


def _whisker(low: float, high: float, y: float) -> Markup:
    path = f"M{low:.1f} {y:.1f}H{high:.1f}M{low:.1f} {y - 4:.1f}v8M{high:.1f} {y - 4:.1f}v8"
    # Twice: paper under ink, so that it is seen on dark bars too.
    return tag("path", d=path, class_="whisker halo") + tag("path", d=path, class_="whisker")


def _x_axis(axis: Axis, scale: Scale, top: float, bottom: float, width: float) -> list[Markup]:
    """Grid lines, ticks, the reference and the axis' title, for a plot between top and bottom."""
    room = abs(scale.end - scale.start)
    longest = max((text_width(axis.tick(value)) for value in axis.places(room, 45)), default=30) + 12
    parts: list[Markup] = []
    for value in axis.places(room, max(longest, 34)):
        x = scale(value)
        parts.append(tag("line", x1=x, x2=x, y1=top, y2=bottom + 4, class_="grid"))
        parts.append(tag("text", axis.tick(value), x=x, y=bottom + 18, class_="tick", text_anchor="middle"))
    if axis.reference is not None:
        x = scale(axis.reference)
        parts.append(tag("line", x1=x, x2=x, y1=top, y2=bottom + 4, class_="reference"))
    parts.append(label(axis.title, scale.start, bottom + 38, width - scale.start, kind="title"))
    return parts


@dataclass(frozen=True, slots=True)
class Point:
    """A point; `size` 1 is the usual one; `href` a place on the page that tells more."""

    x: float
    y: float
    low: float | None = None
    high: float | None = None
    title: str = ""
    size: float = 1.0
    href: str = ""
    tone: str = "main"
    shape: str = "circle"


@dataclass(frozen=True, slots=True)
class Series:
    """Points that belong together; with `line` they are joined, and named at the end."""

    name: str
    points: Sequence[Point]
    line: bool = False
    tone: str = "main"
    shape: str = "circle"


def xy_chart(
    series: Sequence[Series], x: Axis, y: Axis, width: int, title: str, height: int = 300, diagonal: bool = False
) -> Markup:
    """Points and lines over two axes. The upright axis' title stands above it, where it is read without turning."""
    named = [one for one in series if one.line and len(series) > 1]
    right = 14 + (min(max(text_width(one.name) for one in named), width * 0.3) + 6 if named else 0)
    ticks = y.places(height - 90, 34)
    left = max(text_width(y.tick(value)) for value in ticks) + 10 if ticks else 40.0
    across, up = x.scale(left, width - right), y.scale(height - FOOT, 34)
    parts = [label(y.title, 0, 14, width, kind="title"), *_x_axis(x, across, 30, height - FOOT, width)]
    for value in ticks:
        at = up(value)
        parts.append(tag("line", x1=left - 4, x2=width - right, y1=at, y2=at, class_="grid"))
        parts.append(tag("text", y.tick(value), x=left - 8, y=at + 4.5, class_="tick", text_anchor="end"))
    if y.reference is not None:
        parts += _level(y, up(y.reference), left, width - right)
    if diagonal:
        low, high = max(x.low, y.low), min(x.high, y.high)
        parts.append(tag("line", x1=across(low), y1=up(low), x2=across(high), y2=up(high), class_="reference diagonal"))
    for one in series:
        parts += _drawn(one, across, up)
    parts += _end_names(named, up, width - right + 8, right - 8)
    return drawing(width, height, title, *parts)


def _level(axis: Axis, at: float, left: float, end: float) -> list[Markup]:
    line = tag("line", x1=left - 4, x2=end, y1=at, y2=at, class_="reference")
    return [line, label(axis.reference_name, end, at - 5, end - left, "end", "note")]


def _drawn(one: Series, across: Scale, up: Scale) -> list[Markup]:
    parts: list[Markup] = []
    places = [(across(point.x), up(point.y)) for point in one.points]
    for point, (x, _) in zip(one.points, places, strict=True):
        if point.low is not None and point.high is not None:
            low, high = up(point.low), up(point.high)
            path = f"M{x:.1f} {low:.1f}V{high:.1f}M{x - 4:.1f} {low:.1f}h8M{x - 4:.1f} {high:.1f}h8"
            parts.append(tag("path", d=path, class_="whisker"))
    if one.line and len(places) > 1:
        path = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in places)
        parts.append(tag("path", d=path, class_=f"line {one.tone}"))
    if one.line and len(places) > 60:  # a path of very many points is its own mark
        return parts
    for point, (x, y) in zip(one.points, places, strict=True):
        tone, shape = (one.tone, one.shape) if one.line else (point.tone, point.shape)
        drawn = mark(shape, x, y, tone, point.size, point.title)
        # No stop for the keyboard: a picture is one thing to a screen reader; the table leads to every row.
        parts.append(tag("a", drawn, href=point.href, tabindex=-1) if point.href else drawn)
    return parts


def _end_names(series: Sequence[Series], up: Scale, x: float, room: float) -> list[Markup]:
    """Names beside the last points, pushed apart where they would cover each other."""
    ends = sorted((up(one.points[-1].y), one.name) for one in series if one.points)
    places = [at for at, _ in ends]
    for before, after in pairwise(range(len(places))):
        places[after] = max(places[after], places[before] + 15)
    return [label(name, x, at + 4.5, room) for at, (_, name) in zip(places, ends, strict=True)]


@dataclass(frozen=True, slots=True)
class Fall:
    """One query of a waterfall."""

    difference: float
    title: str


#: Bars of a waterfall; more queries than these share bars, neighbours in the order of their differences.
MOST_BARS = 280


def waterfall(
    falls: Sequence[Fall], y: Axis, width: int, title: str, names: tuple[str, str, str], tie: float
) -> Markup:
    """Differences from the greatest to the least, each a bar from 0; `names` tell wins, ties, losses over theirs."""
    ordered = sorted(falls, key=lambda fall: -fall.difference)
    height, top = 260, 56.0
    ticks = y.places(height - top, 34)
    left = max(text_width(y.tick(value)) for value in ticks) + 10
    up, room = y.scale(height - 14, top), width - left - 8
    parts = [label(y.title, 0, 14, width, kind="title")]
    for value in ticks:
        at = up(value)
        kind = "reference" if value == 0 else "grid"
        parts.append(tag("line", x1=left - 4, x2=width - 8, y1=at, y2=at, class_=kind))
        parts.append(tag("text", y.tick(value), x=left - 8, y=at + 4.5, class_="tick", text_anchor="end"))
    bins = min(len(ordered), MOST_BARS if width >= WIDE else MOST_BARS // 2)
    for index in range(bins):
        start, end = index * len(ordered) // bins, (index + 1) * len(ordered) // bins
        parts.append(_fall(ordered[start:end], left + room * index / bins, room / bins, up, tie))
    third = room / 3
    for place, (name, anchor) in enumerate(zip(names, ("start", "middle", "end"), strict=True)):
        kind = ("good", "quiet", "bad")[place]
        parts.append(label(name, left + room * place / 2, 38, third, anchor, f"label {kind}"))
    return drawing(width, height, title, *parts)


def _fall(falls: Sequence[Fall], x: float, room: float, up: Scale, tie: float) -> Markup:
    mean = sum(fall.difference for fall in falls) / len(falls)
    zero, at = up(0.0), up(mean)
    tone = "good" if mean > tie else "bad" if mean < -tie else "quiet"
    more = f" … {falls[-1].title}" if len(falls) > 1 else ""
    return tag(
        "rect",
        tag("title", falls[0].title + more),
        x=x,
        y=min(zero, at),
        width=max(room - (1 if room > 4 else 0), 0.6),
        height=max(abs(zero - at), 0.8),
        class_=f"bar {tone}",
    )
