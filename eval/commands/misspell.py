"""`tresen-eval misspell`: a misspelt copy of a query set, for `run` on the same judgements."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from eval.terminal import Seed
from search.cli import out


def misspell(
    queries: Annotated[Path, typer.Argument(help="queries.tsv: id<TAB>text[<TAB>times asked].", metavar="QUERIES")],
    target: Annotated[Path, typer.Option("--out", help="Where the misspelt copy goes.")],
    lang: Annotated[str, typer.Option(help="Language of the queries: its keyboard, its letters.")] = "de",
    seed: Seed = 0,
) -> None:
    """Write a copy of a query set with one error in each query."""
    from eval.judged.qrels import read_counts, read_queries, write_queries
    from eval.misspell import misspell_all

    asked = read_queries(queries)
    wrong = misspell_all(asked, lang, seed)
    write_queries(target, wrong, read_counts(queries))
    changed = sum(wrong[id] != text for id, text in asked.items())
    out.print(f"{changed:,} of {len(asked):,} queries misspelt in {target}; measure them: tresen-eval run … --queries")
