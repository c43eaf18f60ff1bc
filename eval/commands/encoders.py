"""`tresen-eval encoders`: encoders by themselves, on paraphrases and on judged queries over an index."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from eval.terminal import Json, Limit
from search.cli import err, out, print_json
from search.errors import BadInput

if TYPE_CHECKING:
    from eval.encoders import ParaphraseSet
    from eval.measures import PerQuery
    from search.types import Encoder

SHOWN = ("nDCG@10", "MRR@10", "Recall@10")


def encoders(
    names: Annotated[list[str], typer.Argument(help="Models: names, or folders that hold one.", metavar="MODEL…")],
    index: Annotated[Path | None, typer.Option(help="Index directory whose products are ranked instead.")] = None,
    queries: Annotated[Path | None, typer.Option(help="queries.tsv of the index.")] = None,
    qrels: Annotated[Path | None, typer.Option(help="Judgements of the index.")] = None,
    pool: Annotated[bool, typer.Option("--pool", help="Rank only the judged products of a query.")] = False,
    dimensions: Annotated[int | None, typer.Option(min=8, help="Only the first N dimensions.")] = None,
    limit: Limit = None,
    json: Json = False,
) -> None:
    """Rank by cosine alone: the paraphrase set, or the judged queries of an index."""
    from eval.encoders import FirstDimensions, read_paraphrases
    from search.embed import load_encoder

    if index and not (queries and qrels):
        raise BadInput("Which queries? Give --queries and --qrels with --index.", "--queries")
    given = read_paraphrases()
    found: dict[str, dict[str, PerQuery]] = {}
    for name in names:
        with err.status(f"{name} …"):
            encoder: Encoder = load_encoder(name)
            encoder = FirstDimensions(encoder, dimensions) if dimensions else encoder
            if index and queries and qrels:
                found[name] = {index.name: on_index(encoder, index, queries, qrels, pool, limit)}
            else:
                found[name] = on_paraphrases(encoder, given)
    show(found, None if index else given, json)


def on_paraphrases(encoder: Encoder, given: ParaphraseSet) -> dict[str, PerQuery]:
    """Each pair of languages -> metric -> query -> value."""
    from eval.encoders import measure_paraphrases

    return measure_paraphrases(encoder, given)


def on_index(encoder: Encoder, home: Path, queries: Path, qrels: Path, pool: bool, limit: int | None) -> PerQuery:
    """The judged queries over the texts that an index embeds."""
    from eval.encoders import embedded_texts, rank_all, rank_pools
    from eval.judged.qrels import with_relevant
    from eval.judged.ratings import read_judgements
    from eval.measures import per_query
    from eval.stages import poolable

    asked, judged = read_judgements(queries, qrels)
    judged = poolable(judged) if pool else with_relevant(judged)
    judged = {id: judged[id] for id in sorted(judged)[:limit] if id in asked}
    texts = {id: asked[id] for id in judged}
    documents = embedded_texts(home)
    run = rank_pools(encoder, documents, texts, judged) if pool else rank_all(encoder, documents, texts)
    return per_query(judged, run)


def show(found: dict[str, dict[str, PerQuery]], given: ParaphraseSet | None, json: bool) -> None:
    """Means as a table or as JSON, and how few words the queries share with what they want."""
    from eval.encoders import shared_words
    from eval.measures import means

    rows: dict[str, Any] = {name: {of: means(values) for of, values in parts.items()} for name, parts in found.items()}
    sharing = sum(count > 0 for count in shared_words(given).values()) if given else None
    if json:
        print_json({"models": rows, "queries_that_share_a_word": sharing})
        return
    table = Table("model", "queries", *SHOWN)
    for name, parts in rows.items():
        for of, values in parts.items():
            count = len(found[name][of][SHOWN[0]])
            table.add_row(name, f"{of} ({count})", *(f"{values[metric]:.3f}" for metric in SHOWN))
    out.print(table)
    if given:
        out.print(f"{sharing} of {len(given.queries)} queries share the beginning of a word with what they want.")
