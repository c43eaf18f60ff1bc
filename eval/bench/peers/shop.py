"""`python -m eval.bench.peers.shop DIR --size N`: made products as an index to serve, and searches to load it with.

    python -m eval.bench.peers.shop /tmp/made --size 20000
    python -m eval.bench.http /tmp/made --queries /tmp/made/asks.jsonl

The searches have the workload's filters, facets and known shoppers. The encoder is a real one, so that a server can
load it; its texts mean nothing all the same.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from eval.bench.peers.catalogue import Ask, Catalogue, make
from eval.bench.peers.engines.tresen_whole import products_of, remember
from eval.bench.peers.workload import read_workload
from eval.terminal import run_app
from search.cli import err, out
from search.embed import load_encoder
from search.errors import BadInput
from search.index.build import build_snapshot
from search.index.snapshot import current_number, load_snapshot
from search.pipeline import Pipeline
from search.profiles.opening import open_store
from search.settings import read_settings

app = typer.Typer(add_completion=False)


@app.command()
def shop(
    home: Annotated[Path, typer.Argument(help="Index directory to make; nothing may be indexed there.", metavar="DIR")],
    size: Annotated[int, typer.Option(min=100, max=2_000_000, help="Products.")] = 20_000,
    workload: Annotated[Path, typer.Option(help="A workload's name or file.")] = Path("small"),
    lexical_only: Annotated[bool, typer.Option("--lexical-only", help="Without vectors.")] = False,
    bench_home: Annotated[Path, typer.Option("--home", help="Where made catalogues lie.")] = Path(".bench"),
) -> None:
    """Index made products, with shoppers and searches."""
    if current_number(home) is not None:
        raise BadInput(f"{home} holds an index. Give another directory: made products would replace it.", "DIR")
    settings = read_settings()
    encoder = None if lexical_only else load_encoder(settings.dense.model)
    with err.status("Making and indexing products …"):
        made = make(read_workload(workload), size, bench_home)
        build_snapshot(list(products_of(made)), home, settings, encoder, {"feed": "made"})
        pipeline = Pipeline(load_snapshot(home), encoder, settings)
        store = open_store(home, settings)
        remember(store, pipeline, made)
        store.close()
    asks = home / "asks.jsonl"
    asks.write_bytes(msgspec.json.Encoder().encode_lines([parameters(ask, made) for ask in made.asks]))
    out.print(f"{size:,} made products in {home}. Load it: python -m eval.bench.http {home} --queries {asks}")


def parameters(ask: Ask, made: Catalogue) -> dict[str, Any]:
    """What GET /v1/search is asked for a query."""
    wished = {"q": ask.text, "facet": list(made.workload.facets), "per_page": str(made.workload.k)}
    if ask.filter:
        wished["filter"] = ask.filter
    if ask.shopper is not None:
        wished["shopper"] = f"s{ask.shopper}"
    return wished


if __name__ == "__main__":
    run_app(app)
