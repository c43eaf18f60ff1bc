"""`tresen-eval bm25`: the ranking of plain BM25 over one text a product, as a TREC run to compare with."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from eval.commands.run import Pool, QrelsFile, QueriesFile
from eval.experiments import Experiment
from eval.terminal import Home, Language, Limit
from search.cli import err, out
from search.errors import BadInput
from search.settings import Settings


def bm25(
    home: Home,
    run_out: Annotated[Path, typer.Option(help="Where the TREC run is written.")],
    queries: QueriesFile = None,
    qrels: QrelsFile = None,
    limit: Limit = None,
    lang: Language = None,
    pool: Pool = False,
) -> None:
    """Rank judged queries by BM25 over one field, Snowball stems and nothing else: the usual baseline."""
    from eval.configurations import asks_of, read_judged
    from eval.judged.runs import write_run
    from eval.onefield import one_field
    from eval.stages import open_pipeline

    if qrels is None:
        raise BadInput("Which judgements? Give --queries and --qrels.", "--qrels")
    judged = read_judged(Experiment(index=home, queries=queries, qrels=qrels, lang=lang, pool=pool, limit=limit))
    with err.status("Reading the index's products …"):
        pipeline = open_pipeline(home, Settings(), lexical_only=True)
        ranked = one_field(pipeline.snapshot, lang or pipeline.snapshot.languages[0])
    asks = asks_of(judged, pipeline, [], pool)
    write_run(run_out, ranked.run(asks), "bm25-one-field")
    out.print(f"{len(asks):,} queries ranked by BM25 over one field: {run_out}")
