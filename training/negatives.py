"""Hard negatives: what BM25 finds for a query and is another thing, so that words in common are not enough.

    "hp laserjet printer"  →  "HP LaserJet toner cartridge black"

For each group the documents of other groups are ranked by BM25 for some of its queries; the best ones are kept. Groups
of the same label (variants of one device) and texts of nearly the same words are no opposites.

Source: Karpukhin et al., Dense Passage Retrieval, arXiv 2004.04906 (one BM25 negative a question beside the batch's).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import numpy as np

from search.index.postings import Postings, build_postings, weigh
from search.text import analyze, query_terms
from training.corpus import Source

#: Opposites of a group at most, and queries of it that look for them.
MOST, ASKED = 8, 3
#: How many of the found are looked at: the first are often the group's own.
DEPTH = 64
#: Texts that share so many of their words mean the same.
ALIKE = 0.8
K1, B, FIELD = 1.2, 0.75, "text"

_WORD = re.compile(r"\w+")


def mine(source: Source, texts: Sequence[str], language: str, on_done: Callable[[], None] = lambda: None) -> None:
    """Find the opposites of each group of a source and write them into it.

    Args:
        texts: the bank's.
        language: whose stems are compared.
        on_done: called for every group.
    """
    rows = [row for documents in source.documents for row in documents]
    owners = np.repeat(np.arange(len(source.documents)), [len(documents) for documents in source.documents])
    postings = _postings([texts[row] for row in rows], language)
    words = [frozenset(_WORD.findall(texts[row].lower())) for row in rows]
    own = _words_of_groups(source, texts)
    for group, queries in enumerate(source.queries):
        found: dict[int, int] = {}
        for query in queries[:: max(1, len(queries) // ASKED)][:ASKED]:
            for place in _best(postings, query_terms(texts[query], language)):
                other = int(owners[place])
                if source.label(other) != source.label(group) and not _alike(words[place], own[group]):
                    found.setdefault(rows[place], other)
        source.opposites.append(list(found.items())[:MOST])
        on_done()


def _postings(texts: Sequence[str], language: str) -> Postings:
    return build_postings(weigh([{FIELD: analyze(text, language)} for text in texts], {FIELD: 1.0}, B), K1)


def _words_of_groups(source: Source, texts: Sequence[str]) -> list[list[frozenset[str]]]:
    return [[frozenset(_WORD.findall(texts[row].lower())) for row in documents] for documents in source.documents]


def _best(postings: Postings, terms: Sequence[str]) -> list[int]:
    scores = postings.score(terms).bm25
    most = min(DEPTH, int((scores > 0).sum()))
    if not most:
        return []
    best = np.argpartition(-scores, most - 1)[:most]
    return best[np.lexsort((best, -scores[best]))].tolist()


def _alike(words: frozenset[str], own: Sequence[frozenset[str]]) -> bool:
    return any(len(words & each) >= ALIKE * max(1, min(len(words), len(each))) for each in own)
