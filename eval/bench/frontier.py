"""`python -m eval.bench.frontier NAME… --out FILE.svg`: what encoders find against what they cost, as a picture.

Across: products encoded a second of processor time (`eval.bench.encode`, texts of 48 words), each doubling as wide as
the next. Up: nDCG@10 of cosines alone on the paraphrase set, the mean of German, English and both directions across.
An encoder with none above it and to its right is on the frontier.
"""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from statistics import mean
from typing import Annotated, Any

import typer

from eval.bench.encode import MOST_TEXTS, cut_texts, in_own_process
from eval.bench.latency import medians
from eval.bench.machine import describe, told
from eval.bench.picture import alone
from eval.encoders import measure_paraphrases, read_paraphrases
from eval.measures import means
from eval.report.charts import Point, Series, xy_chart
from eval.report.svg import SHAPES, Axis, reach
from eval.terminal import run_app
from search.cli import err, out, print_json
from search.embed import load_encoder

app = typer.Typer(add_completion=False)
WIDTH, HEIGHT = 720, 300


@app.command()
def frontier(
    names: Annotated[list[str], typer.Argument(help="Encoders: names or folders.", metavar="NAME…")],
    svg: Annotated[Path, typer.Option("--out", help="The picture, overwritten.")],
    seconds: Annotated[float, typer.Option(min=0, help="Processor time for products, a run.")] = 3.0,
    repeats: Annotated[int, typer.Option(min=1, max=20, help="Runs an encoder, of which the median counts.")] = 3,
    json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
) -> None:
    """Measure encoders and draw quality against cost."""
    texts = list(islice(cut_texts(None), MOST_TEXTS))
    asked = [query.text for query in read_paraphrases().queries]
    machine = describe()
    rows: dict[str, dict[str, float]] = {}
    for name in names:
        runs = []
        for turn in range(repeats):
            with err.status(f"{name}, {turn + 1} of {repeats} …"):
                runs.append(in_own_process(name, texts, asked, seconds))
        with err.status(f"{name}, paraphrases …"):
            rows[Path(name).name if Path(name).name not in rows else name] = {**medians(runs), "ndcg": quality(name)}
    svg.parent.mkdir(parents=True, exist_ok=True)
    svg.write_text(picture(rows), encoding="utf-8")
    if json:
        print_json({"repeats": repeats, "machine": machine, "rows": rows})
        return
    for name, row in rows.items():
        out.print(f"{name}: nDCG@10 {row['ndcg']:.3f} at {row['products_per_cpu_second']:,.0f} products a CPU second")
    out.print(told(machine))


def quality(name: str) -> float:
    """nDCG@10 on the paraphrase set, the mean of the four pairs of languages."""
    found = measure_paraphrases(load_encoder(name), read_paraphrases())
    return mean(means(values)["nDCG@10"] for values in found.values())


def picture(rows: dict[str, dict[str, Any]]) -> str:
    """The rows as an SVG file of its own, with the reports' colours."""
    shapes = list(SHAPES)
    ordered = sorted(rows.items(), key=lambda item: -item[1]["ndcg"])
    series = [
        Series(name, [Point(row["products_per_cpu_second"], row["ndcg"], title=name)], True, "main", shapes[at % 5])
        for at, (name, row) in enumerate(ordered)
    ]
    costs = [row["products_per_cpu_second"] for row in rows.values()]
    x = Axis(
        "products encoded a second of processor time", min(costs) / 2, max(costs) * 2, lambda v: f"{v:g}", log=True
    )
    y = Axis("nDCG@10, paraphrases", *reach([row["ndcg"] for row in rows.values()], hold=[0.0]), lambda v: f"{v:.1f}")
    spoken = "; ".join(f"{name} {row['ndcg']:.3f} at {row['products_per_cpu_second']:,.0f}" for name, row in ordered)
    drawn = str(xy_chart(series, x, y, WIDTH, f"Quality against cost: {spoken}", HEIGHT))
    return alone(drawn, WIDTH, HEIGHT)


if __name__ == "__main__":
    run_app(app)
