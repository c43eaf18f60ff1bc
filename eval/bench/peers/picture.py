"""Growth as a picture: median time against products, both each doubling as wide as the next, an SVG file of its own."""

from __future__ import annotations

import math
from typing import Any

from eval.bench.peers.tables import OURS, costs
from eval.bench.picture import alone
from eval.report.charts import Point, Series, xy_chart
from eval.report.svg import SHAPES, Axis

WIDTH, HEIGHT = 720, 380


def picture(document: dict[str, Any], kind: str) -> str:
    """The engines of one kind; ours is drawn dark."""
    kinds = {row["name"]: row["kind"] for row in document["rows"]}
    lines = {name: by_size for name, by_size in costs(document).items() if kinds[name] == kind}
    shapes, sizes = list(SHAPES), document["workload"]["sizes"]
    series = [
        Series(
            name,
            [Point(size, ms, title=f"{name}: {ms:.3g} ms at {size:,}") for size, ms in by_size.items()],
            True,
            "main" if name == OURS[kind] else "quiet",
            shapes[at % len(shapes)],
        )
        for at, (name, by_size) in enumerate(lines.items())
    ]
    times = [ms for by_size in lines.values() for ms in by_size.values()] or [1.0]
    x = Axis("products", sizes[0] / 1.3, sizes[-1] * 1.3, lambda v: f"{v:,.0f}", ticks=sizes, log=True)
    tens = _tens(times)
    y = Axis("median, ms", tens[0], tens[-1], lambda v: f"{v:g}", ticks=tens, log=True)
    spoken = "; ".join(f"{name} " + ", ".join(f"{ms:.3g}" for ms in line.values()) for name, line in lines.items())
    at = ", ".join(f"{size:,}" for size in sizes)
    drawn = xy_chart(series, x, y, WIDTH, f"Median milliseconds at {at} products, {kind}: {spoken}", HEIGHT)
    return alone(str(drawn), WIDTH, HEIGHT)


def _tens(values: list[float]) -> list[float]:
    """Powers of ten around the values.

    >>> _tens([0.02, 3.0])
    [0.01, 0.1, 1.0, 10.0]
    >>> _tens([1.0])
    [1.0, 10.0]
    """
    first, last = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    return [10.0**power for power in range(first, max(last, first + 1) + 1)]
