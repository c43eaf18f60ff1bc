"""`python -m eval.bench.nearest DIR --queries F`: what compressed vectors find of the true nearest, and what it costs.

The vectors are an index's own. `recall` is the share of the true 100 nearest that a query knows, mean over queries, in
the whole catalogue and inside made filters that keep a random share of the products. Beside it inverted lists
(IVF-SQ8) that read more and more of the vectors, and FAISS's exact pass. Processor time, each query by itself.

With `--times T` the catalogue is made T times as large: each further copy of a vector is moved at random, as far as a
like product is away (`SPREAD`). Made vectors tell about cost; their recall only about made vectors.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import faiss
import numpy as np
import typer
from rich.table import Table

from eval.bench.latency import percentile
from eval.bench.machine import describe, told
from eval.judged.qrels import read_queries
from eval.terminal import run_app
from search.cli import err, out, print_json
from search.embed import load_encoder
from search.errors import BadInput
from search.index.compressed import CompressedIndex, build_compressed
from search.index.snapshot import load_snapshot
from search.types import Mask, Rows, Vectors

app = typer.Typer(add_completion=False)

DEEP = 100
#: Shares of the catalogue that the made filters keep.
SHARES = (1.0, 0.5, 0.1, 0.01, 0.001)
#: Lists that are read of the inverted ones.
PROBES = (8, 32, 128)
#: Length of the random step of a made copy.
SPREAD = 0.4

Find = Callable[[Vectors], Rows]


@app.command()
def bench(
    home: Annotated[Path, typer.Argument(help="Index directory.", metavar="DIR")],
    queries: Annotated[Path, typer.Option(help="queries.tsv: id<TAB>text.")],
    limit: Annotated[int, typer.Option(min=1, help="Only the first N queries, sorted by id.")] = 100,
    times: Annotated[int, typer.Option(min=1, help="Make the catalogue so many times as large.")] = 1,
    json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
) -> None:
    """Compare compressed vectors with exact ones."""
    snapshot, machine = load_snapshot(home), describe()
    if snapshot.dense is None or not snapshot.manifest.model:
        raise BadInput(f"{home} was indexed without an encoder. Index it with one.", "DIR")
    asked = read_queries(queries)
    texts = [asked[id] for id in sorted(asked)][:limit]
    faiss.omp_set_num_threads(1)
    with err.status("Encoding, training and comparing …"):
        vectors = enlarged(snapshot.dense.vectors(), times)
        wanted = np.ascontiguousarray(load_encoder(snapshot.manifest.model).encode_query(texts), np.float32)
        rows = measure(vectors, wanted)
    report = {"index": str(home), "products": len(vectors), "made": times > 1, "queries": len(texts), "rows": rows}
    if json:
        print_json({**report, "machine": machine})
        return
    show(report)
    out.print(told(machine))


def enlarged(vectors: Vectors, times: int) -> Vectors:
    """(times · n, dimension) unit vectors: the given ones, and copies of them that were moved at random."""
    random, dimension = np.random.default_rng(0), vectors.shape[1]
    parts = [vectors]
    for _ in range(times - 1):
        step = random.normal(0, SPREAD / np.sqrt(dimension), vectors.shape).astype(np.float32)
        moved = vectors + step
        parts.append(moved / np.linalg.norm(moved, axis=1, keepdims=True))
    return np.ascontiguousarray(np.concatenate(parts), np.float32)


def measure(vectors: Vectors, queries: Vectors) -> dict[str, dict[str, float]]:
    """What is compared -> recall, and percentiles of its time in ms."""
    exact = faiss.IndexFlatIP(vectors.shape[1])
    exact.add(vectors)
    cosines = queries @ vectors.T
    every = np.ones(len(vectors), bool)
    found = {"exact": judged(lambda query: exact.search(query[np.newaxis], DEEP)[1][0], queries, cosines, every)}
    index, random = build_compressed(vectors), np.random.default_rng(1)
    for share in SHARES:
        mask = every if share == 1.0 else random.random(len(vectors)) < share
        within = None if share == 1.0 else mask
        name = "compressed" if share == 1.0 else f"compressed, a filter that keeps {share:.1%}"
        found[name] = judged(partial(_compressed, index, within), queries, cosines, mask)
    lists = inverted(vectors)
    for probes in PROBES:
        lists.nprobe = probes
        name = f"inverted lists, {probes} of {lists.nlist}"
        found[name] = judged(lambda query: lists.search(query[np.newaxis], DEEP)[1][0], queries, cosines, every)
    return found


def _compressed(index: CompressedIndex, mask: Mask | None, query: Vectors) -> Rows:
    return index.score(query).within(mask).above(-1.0)


def inverted(vectors: Vectors) -> Any:
    """FAISS's IVF-SQ8 over the vectors, trained on 64 a list."""
    lists: Any = faiss.index_factory(vectors.shape[1], f"IVF{count_of(len(vectors))},SQ8", faiss.METRIC_INNER_PRODUCT)
    lists.cp.max_points_per_centroid, lists.cp.niter = 64, 10
    lists.train(vectors)
    lists.add(vectors)
    return lists


def count_of(products: int) -> int:
    """Inverted lists of a catalogue: FAISS's rule of thumb, the square root, times two.

    >>> count_of(70_787)
    532
    """
    return int(2 * np.sqrt(products))


def judged(find: Find, queries: Vectors, cosines: Vectors, mask: np.ndarray) -> dict[str, float]:
    """Recall and times of one way to find the nearest inside a mask (n,); `cosines` (queries, n) are the true ones."""
    shares, took, inside = [], [], np.flatnonzero(mask)
    for query, true in zip(queries, cosines, strict=True):
        started = time.thread_time()
        found = find(query)
        took.append((time.thread_time() - started) * 1000)
        held = true[inside]
        nearest = inside[np.argsort(-held, kind="stable")[: min(DEEP, len(held))]]
        shares.append(len(np.intersect1d(nearest, found)) / max(len(nearest), 1))
    return {"recall": round(float(np.mean(shares)), 4), **percentiles(took)}


def percentiles(took: Sequence[float]) -> dict[str, float]:
    """p50 and p95 in ms."""
    return {f"p{percent}_ms": round(percentile(list(took), percent), 3) for percent in (50, 95)}


def show(report: dict[str, Any]) -> None:
    """A report as a table."""
    made = ", made" if report["made"] else ""
    title = f"the nearest {DEEP} of {report['products']:,} vectors{made}, {report['index']}"
    drawn = Table("", f"recall@{DEEP}", "p50 ms", "p95 ms", title=title)
    for name, row in report["rows"].items():
        drawn.add_row(name, f"{row['recall']:.3f}", f"{row['p50_ms']:.2f}", f"{row['p95_ms']:.2f}")
    out.print(drawn)
    out.print(f"{report['queries']:,} queries, processor time")


if __name__ == "__main__":
    run_app(app)
