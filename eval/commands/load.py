"""`tresen-eval load`: a public collection of judged queries as products, queries and qrels."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from eval.terminal import Json
from search.cli import out, print_json, progress_bars


def load(
    form: Annotated[str, typer.Argument(help="plain, ratings (a CSV), wands or esci.", metavar="FORM")],
    source: Annotated[
        Path, typer.Argument(help="The collection's folder; for ratings the CSV file.", metavar="SOURCE")
    ],
    target: Annotated[Path, typer.Option("--out", help="Folder to write products, queries and qrels to.")],
    ratings: Annotated[Path | None, typer.Option("--csv", help="Also write query,id,rating here.")] = None,
    locale: Annotated[str, typer.Option(help="ESCI only: us, es or jp.")] = "us",
    json: Json = False,
) -> None:
    """Turn a public collection (WANDS, ESCI) into a feed, queries and qrels."""
    from eval.judged.collections import load_collection
    from eval.judged.qrels import read_qrels, read_queries
    from eval.judged.ratings import write_ratings

    options = {"locale": locale} if form == "esci" else {}
    with progress_bars() as advance:
        loaded = load_collection(form, source, target, lambda count: advance("products", count, None), **options)
    if ratings is not None:
        write_ratings(ratings, read_queries(target / "queries.tsv"), read_qrels(target / "qrels.txt"))
    if json:
        print_json(asdict(loaded))
        return
    out.print(
        f"{loaded.products:,} products, {loaded.queries:,} queries, {loaded.judgements:,} judgements in {target}."
    )
    if loaded.products:
        out.print(f"Index them: tresen index {target}/products.jsonl.gz --out DIR")
