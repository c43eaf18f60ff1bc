"""Pictures show the numbers they were given, at the right place."""

from __future__ import annotations

import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest

from eval.report.blocks import NARROW, WIDE
from eval.report.charts import Fall, Point, Row, Series, row_chart, waterfall, xy_chart
from eval.report.svg import Axis, Scale, nice_ticks, reach


def plain(value):
    return f"{value:g}"


def parsed(markup):
    return ElementTree.fromstring(str(markup))


def ticks_of(picture):
    """Text of a tick of the lower axis -> its x."""
    return {one.text: float(one.get("x")) for one in picture.iter("text") if one.get("text-anchor") == "middle"}


def place_of(mark):
    return tuple(float(part) for part in re.match(r"translate\((\S+) (\S+)\)", mark.get("transform")).groups())


def axis(title, low, high, **more):
    return Axis(title, low, high, plain, **more)


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_a_bar_is_as_long_as_its_value(width):
    rows = [Row("half", 0.5, text="0.5", bar=True), Row("whole", 1.0, text="1", bar=True)]
    picture = parsed(row_chart(rows, axis("share", 0.0, 1.0), width, "shares"))
    half, whole = (float(bar.get("width")) for bar in picture.iter("rect"))
    assert half == pytest.approx(whole / 2, abs=0.02)
    ticks = ticks_of(picture)
    assert whole == pytest.approx(ticks["1"] - ticks["0"], abs=0.02)


def test_an_interval_reaches_from_its_low_to_its_high_edge():
    picture = parsed(row_chart([Row("a", 0.5, 0.25, 0.75)], axis("share", 0.0, 1.0, ticks=[0.0, 1.0]), WIDE, "t"))
    ticks = ticks_of(picture)
    whisker = next(one for one in picture.iter("path") if one.get("class") == "whisker")
    low, high = (float(part) for part in re.match(r"M(\S+) \S+H([\d.]+)M", whisker.get("d")).groups())
    room = ticks["1"] - ticks["0"]
    assert low == pytest.approx(ticks["0"] + room / 4, abs=0.1)
    assert high == pytest.approx(ticks["0"] + room * 3 / 4, abs=0.1)


def test_better_worse_and_neither_have_shapes_of_their_own():
    rows = [Row(tone, 0.1, tone=tone) for tone in ("good", "bad", "quiet")]
    picture = parsed(row_chart(rows, axis("d", -1.0, 1.0), WIDE, "t"))
    shapes = {one.get("class"): one.get("d") for one in picture.iter("path")}
    assert len(set(shapes.values())) == 3


def test_a_point_stands_where_both_axes_say_and_leads_to_its_row():
    points = [Point(0.25, 0.75, href="#s1-q-4", title="boots")]
    picture = parsed(xy_chart([Series("", points)], axis("A", 0.0, 1.0), axis("B", 0.0, 1.0), 460, "t", 460))
    link = next(picture.iter("a"))
    x, y = place_of(next(link.iter("path")))
    across = ticks_of(picture)
    up = {one.text: float(one.get("y")) - 4.5 for one in picture.iter("text") if one.get("text-anchor") == "end"}
    assert x == pytest.approx(across["0"] + (across["1"] - across["0"]) / 4, abs=0.1)
    assert y == pytest.approx(up["0"] + (up["1"] - up["0"]) * 3 / 4, abs=0.1)
    assert link.get("href") == "#s1-q-4" and next(link.iter("title")).text == "boots"


def test_a_waterfall_falls_and_every_bar_starts_at_zero():
    falls = [Fall(value, str(value)) for value in (-0.2, 0.3, 0.0, 0.1)]
    names = ("2 wins", "1 tie", "1 loss")
    picture = parsed(waterfall(falls, axis("d", -0.4, 0.4), WIDE, "t", names, 0.01))
    bars = [(one.get("class"), float(one.get("y")), float(one.get("height"))) for one in picture.iter("rect")]
    assert [tone for tone, *_ in bars] == ["bar good", "bar good", "bar quiet", "bar bad"]
    assert bars[0][2] == pytest.approx(3 * bars[1][2], abs=0.05)
    assert bars[0][1] + bars[0][2] == pytest.approx(bars[3][1], abs=0.05)


def test_a_waterfall_of_thousands_has_a_few_hundred_bars():
    falls = [Fall(value / 6000, "q") for value in range(6000)]
    picture = parsed(waterfall(falls, axis("d", -1.0, 1.0), WIDE, "t", ("a", "b", "c"), 0.01))
    assert len(list(picture.iter("rect"))) <= 300


def test_names_of_lines_do_not_cover_each_other():
    series = [Series(name, [Point(0, 0.1), Point(1, 0.5)], line=True) for name in ("a", "b", "c")]
    picture = parsed(xy_chart(series, axis("x", 0, 1), axis("y", 0, 1), WIDE, "t"))
    places = sorted(float(one.get("y")) for one in picture.iter("text") if one.get("class") == "label")
    assert len(places) == 3 and all(after - before >= 14 for before, after in pairwise(places))


def test_labels_are_text_whatever_they_hold():
    markup = str(row_chart([Row("<script>1</script>", 0.5, text='"&')], axis("a < b", 0.0, 1.0), WIDE, "<b>"))
    assert "<script" not in markup and "<b>" not in markup
    parsed(markup)


def test_scales_ticks_and_reaches():
    assert Scale(1.0, 1.0, 0, 100)(1.0) == 50
    assert Scale(0, 1, 0, 100)(7.0) == 100, "what is outside is drawn at the border"
    assert nice_ticks(-0.024, 0.021) == [-0.02, -0.01, 0.0, 0.01, 0.02]
    assert nice_ticks(3.0, 3.0) == [3.0]
    assert reach([], []) == (0.0, 1.0)
