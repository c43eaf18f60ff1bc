"""A pipeline over changed products, from the one before: what the changes do not touch is carried over.

Whoever has the old one goes on with the old products. A change of prices and stock alone reads nothing anew: not the
names that queries can use, not the tastes' view of the products, not what everybody chooses.
"""

from __future__ import annotations

from copy import copy
from dataclasses import replace

from search.anonymous import Declared
from search.index.columns import Columns, KeywordColumn
from search.index.live import with_lists
from search.index.snapshot import Snapshot
from search.pipeline import Pipeline
from search.reading import codes_of, read_lexicon, reader_of
from search.suggest import Suggester
from search.translation import Translator
from search.understand.language import Languages


def renewed(pipeline: Pipeline, indexed: Snapshot) -> Pipeline:
    """The pipeline over a snapshot that changes of products were applied to (`search.index.overlay`).

    Args:
        indexed: made of the pipeline's own snapshot as it was indexed, without the shop's live lists.
    """
    before, other = pipeline.indexed, copy(pipeline)
    other.indexed = indexed
    if indexed.postings is before.postings:
        other.snapshot = pipeline.snapshot.restocked(indexed.prices, indexed.documents, indexed.changes)
        other.heads = pipeline.heads.restocked()
    else:
        other.heads = pipeline.heads.reread()
        other.snapshot = with_lists(indexed, pipeline.lists)
        _reread(other, before)
    other.__dict__["declared"] = _declared(pipeline.declared, indexed.base_columns)
    return other


def _reread(pipeline: Pipeline, before: Snapshot) -> None:
    """Read queries by the words and names of the changed products."""
    read, asked = pipeline.snapshot, pipeline.understanding
    if _names(read) != _names(before):
        pipeline.__dict__["lexicon"] = read_lexicon(read, pipeline.settings.understanding.enabled)
    pipeline.__dict__["reader"] = reader_of(read, pipeline.lexicon, pipeline.settings.understanding)
    corrector = asked.corrector
    if corrector is not None and read.words.counts is not before.words.counts:
        corrector = corrector.over(read.words.counts, read.words.added)
    pipeline.understanding = replace(
        asked,
        vocabularies=read.postings,
        lexicon=pipeline.lexicon,
        corrector=corrector,
        is_code=codes_of(read),
        analyzers=read.analyzers,
        reader=pipeline.reader,
        languages=Languages(read.spoken) if read.spoken else None,
        kinds=read.kinds,
        translate=Translator(read),
    )


def _names(snapshot: Snapshot) -> tuple[dict[str, list[str]], object]:
    """What the names that queries can use are made of."""
    columns = snapshot.base_columns.columns.items()
    return {name: column.values for name, column in columns if isinstance(column, KeywordColumn)}, snapshot.labels


def _declared(before: Declared, columns: Columns) -> Declared:
    """What the products declare, without working out anew what stayed the same."""
    found = Declared(columns)
    for of, name in (("popularity", "popularity"), ("_margin", "margin")):
        same = columns.size == before.columns.size and columns.columns.get(of) is before.columns.columns.get(of)
        if same and name in before.__dict__:
            found.__dict__[name] = before.__dict__[name]
    if columns.size == before.columns.size and columns.columns.get("season") is before.columns.columns.get("season"):
        found._season.update(before._season)
    return found


def renewed_suggester(before: Suggester, pipeline: Pipeline) -> Suggester:
    """What to offer over the changed products."""
    return before.over(pipeline.snapshot, pipeline.declared.popularity, pipeline.understanding.corrector)
