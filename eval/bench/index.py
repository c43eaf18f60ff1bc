"""`python -m eval.bench.index FEED --out DIR`: an import measured, and a second one with the embeddings cached.

Each build runs in a process of its own, so that its peak of resident memory is its own. Phases:

load       the encoder (not with --lexical-only)
analyse    the feed to products, in this process; their texts to words, in all
weigh      words to postings
embed      texts to vectors, while there are chunks to come
write      nearest-neighbour index, kinds, products, columns; checksums and fsync

Memory is the most that one process had resident: of this one, and of those that share its work.
"""

from __future__ import annotations

import os
import resource
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from eval.bench.machine import describe, told
from eval.terminal import run_app
from search.cli import err, out, print_json
from search.errors import BadInput
from search.settings import Settings, read_settings

app = typer.Typer(add_completion=False)


@app.command()
def bench(
    feed: Annotated[Path, typer.Argument(help="CSV, TSV or JSONL, also .gz.")],
    out_dir: Annotated[Path, typer.Option("--out", help="A new index directory.", metavar="DIR")],
    lang: Annotated[str, typer.Option(help="Languages of the shop, the leading one first.")] = "",
    lexical_only: Annotated[bool, typer.Option(help="Without vectors.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
) -> None:
    """Measure two imports of a feed: the first one, and one with cached embeddings."""
    if out_dir.exists() and any(out_dir.iterdir()):
        raise BadInput(f"{out_dir} is not empty. The first import must not find cached embeddings.", "--out")
    settings = read_settings(flags={"analysis.languages": lang.split(",")} if lang else {})
    machine = describe()
    imports = {}
    for name in ("first", "again"):
        with err.status(f"Importing: {name} …"):
            imports[name] = in_own_process(feed, out_dir, settings, not lexical_only)
    report = {"feed": str(feed), "machine": machine, "imports": imports, "bytes": bytes_on_disk(out_dir)}
    if json:
        print_json(report)
    else:
        show(report)


def in_own_process(feed: Path, home: Path, settings: Settings, with_vectors: bool) -> dict[str, Any]:
    """`build` in a fresh process."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(build, feed, home, settings, with_vectors).result()


class Phases:
    """Which phase took how long. A phase lasts from its first event to the first event of the next one."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._now = ""
        self._since = time.perf_counter()

    def begin(self, phase: str, *_: object) -> None:
        """The phase goes on, or begins and so ends the one before. Takes what on_progress is given."""
        if phase == self._now:
            return
        now = time.perf_counter()
        if self._now:
            self.seconds[self._now] = self.seconds.get(self._now, 0.0) + now - self._since
        self._now, self._since = phase, now


def build(feed: Path, home: Path, settings: Settings, with_vectors: bool) -> dict[str, Any]:
    """One import with its phases, in this process; products/s counts all but the loading of the encoder."""
    from catalog_loader import Mapping, load
    from search.index.build import build_snapshot

    phases = Phases()
    encoder = None
    if with_vectors:
        from search.embed import load_encoder

        phases.begin("load")
        threads = settings.dense.threads or os.cpu_count() or 1
        encoder = load_encoder(settings.dense.model, threads, settings.dense.batch_size)
    phases.begin("analyse")
    products = load(feed, Mapping(languages=settings.analysis.languages))
    built = build_snapshot(products, home, settings, encoder, {"feed": feed.name}, phases.begin)
    phases.begin("end")
    working = sum(seconds for phase, seconds in phases.seconds.items() if phase != "load")
    return {
        "products": built.products,
        "seconds": round(sum(phases.seconds.values()), 2),
        "products_per_second": round(built.products / working),
        "phases": {phase: round(seconds, 2) for phase, seconds in phases.seconds.items()},
        "peak_rss_mb": _peak(resource.RUSAGE_SELF),
        "workers_peak_rss_mb": _peak(resource.RUSAGE_CHILDREN),
    }


def _peak(of: int) -> float:
    return round(resource.getrusage(of).ru_maxrss * 1024 / 1e6, 1)


def bytes_on_disk(home: Path) -> dict[str, int]:
    """Bytes of the snapshot that serves, and of the cached embeddings."""
    from search.index.snapshot import current_number, snapshots_folder

    snapshot = snapshots_folder(home) / str(current_number(home))
    return {"snapshot": _size(snapshot), "embedding_cache": _size(home / "cache")}


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def show(report: dict[str, Any]) -> None:
    """A report as a table."""
    table = Table("import", "products/s", "s", "phases", "peak RSS + of a worker", title=report["feed"])
    for name, done in report["imports"].items():
        phases = ", ".join(f"{phase} {seconds:.1f} s" for phase, seconds in done["phases"].items())
        speed = f"{done['products_per_second']:,}"
        memory = f"{done['peak_rss_mb']:,.0f} + {done['workers_peak_rss_mb']:,.0f} MB"
        table.add_row(name, speed, f"{done['seconds']:.1f}", phases, memory)
    out.print(table)
    sizes = report["bytes"]
    out.print(f"snapshot {sizes['snapshot'] / 1e6:.1f} MB, embedding cache {sizes['embedding_cache'] / 1e6:.1f} MB")
    out.print(f"{report['imports']['first']['products']:,} products; {told(report['machine'])}")


if __name__ == "__main__":
    run_app(app)
