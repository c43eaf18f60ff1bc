"""An index with another list of compounds, without indexing anew: the products that hold a word whose split changed are
read again, and only the terms of its parts get new entries. The result is that of an index made with the new list.

What a product's words weigh depends on the lengths of its fields, which parts do not change, and on how many products
hold a term, which is counted again. Only the floor of words that more than half of the products hold, a quarter of the
mean idf, stays that of the old list for words that are no parts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from search.index.documents import Documents
from search.index.fields import analysed, field_weights
from search.index.postings import Entries, Postings, weigh
from search.index.snapshot import Snapshot
from search.lists.files import Lists
from search.settings import Lexical
from search.text import stem
from search.types import Rows
from search.words.analysis import Analyzer
from search.words.compounds import Listed, Splitter

#: A word inside a compound may have lost its last letters.
LOST = 2


def with_lists(snapshot: Snapshot, lists: Lists) -> Snapshot:
    """A snapshot as its queries are to be read by a shop's lists: splits, and synonyms."""
    edited = {
        language: relisted(
            snapshot.analyzer(language),
            postings,
            snapshot.documents,
            lists.listed(snapshot.listed),
            snapshot.manifest.lexical,
        )
        for language, postings in snapshot.postings.items()
    }
    return replace(
        snapshot,
        postings={language: postings for language, (_, postings) in edited.items()},
        analyzers={
            language: replace(analyzer, thesaurus=lists.thesaurus(language))
            for language, (analyzer, _) in edited.items()
        },
    )


def relisted(
    analyzer: Analyzer, postings: Postings, documents: Documents, listed: Listed, settings: Lexical
) -> tuple[Analyzer, Postings]:
    """An analyzer and its postings as if the index had been made with this list of compounds.

    Args:
        analyzer, postings: of one language, as they were indexed.
        documents: the products, by row.
        settings: those that the index was made with.
    """
    splitter = analyzer.splitter
    if splitter is None or splitter.listed == listed:
        return analyzer, postings
    edited = replace(analyzer, splitter=splitter.relisted(listed))
    words = _changed(splitter, edited.splitter)  # type: ignore[arg-type]
    terms = {term for word in words for reader in (analyzer, edited) for term in reader.parts(word)}
    rows = _holding(postings, {stem(word, analyzer.language) for word in words})
    if not terms or not len(rows):
        return edited, postings
    fresh = _weights(rows, documents, edited, postings, settings)
    patched = {term: _patch(postings, term, rows, fresh) for term in terms}
    edited_postings = replace(postings, patched=patched)
    return replace(edited, vocabulary=edited_postings), edited_postings


def _changed(before: Splitter, after: Splitter) -> list[str]:
    """The catalogue's words that are split otherwise than before: those listed, and compounds made of them."""
    words = {word for word in before.listed.keys() | after.listed.keys() if _parts(before, word) != _parts(after, word)}
    stumps = {stem(word, "de")[: max(len(word) - LOST, 1)] for word in words}
    inside = {word for word in before.words if any(stump in word or stump in stem(word, "de") for stump in stumps)}
    return sorted(word for word in inside | words if _parts(before, word) != _parts(after, word))


def _parts(splitter: Splitter, word: str) -> tuple[str, ...]:
    return (*splitter.split(word), *splitter.leaves(word))


def _holding(postings: Postings, terms: Iterable[str]) -> Rows:
    found = [postings.matching(term) for term in terms]
    return np.unique(np.concatenate(found)) if found else np.empty(0, np.int32)


def _weights(
    rows: Rows, documents: Documents, analyzer: Analyzer, postings: Postings, settings: Lexical
) -> list[dict[str, float]]:
    """Term -> weighted frequency in each of the rows, read anew."""
    read = [analysed(documents.product(row), analyzer.language, analyzer) for row in rows.tolist()]
    terms, parts = [terms for terms, _ in read], [beside for _, beside in read]
    return list(weigh(terms, field_weights(settings), settings.b, parts, settings.parts, postings.lengths))


def _patch(postings: Postings, term: str, rows: Rows, fresh: list[dict[str, float]]) -> Entries:
    """A term's entries: the old ones, but in the rows those that were read anew."""
    known, saturated = postings.entries(term)
    stays = ~np.isin(known, rows)
    frequency = np.array([weights.get(term, 0.0) for weights in fresh])
    there = frequency > 0
    new = frequency[there] * (postings.k1 + 1) / (frequency[there] + postings.k1)
    all_rows = np.concatenate([known[stays], rows[there]]).astype(np.int32)
    order = np.argsort(all_rows, kind="stable")
    values = np.concatenate([saturated[stays], new.astype(np.float32)])[order]
    return Entries(all_rows[order], values, postings.idf_of(len(all_rows)))
