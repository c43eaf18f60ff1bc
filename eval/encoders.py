"""Encoders by themselves: how well their cosines rank, without words, spelling or fusion.

On the paraphrase set (`eval/paraphrase/`): short German and English products, and queries that share few words with
what they want. German queries rank the German texts, English ones the English texts, and both the other language's
texts ("across"). On an index: its judged queries rank the texts that the index embeds of its products.
"""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from eval.measures import PerQuery, per_query
from search.errors import BadInput
from search.index.fields import encoded_text
from search.index.snapshot import load_snapshot
from search.types import Encoder, Vectors

FOLDER = Path(__file__).parent / "paraphrase"
LANGUAGES = ("de", "en")
DEPTH = 100
#: A text of which this share of all words is another's too is a near-duplicate of it.
ALIKE = 0.8
#: Words of at least so many letters count as shared when their first letters, as many, are the same.
SHARED_LETTERS = 5
_WORD = re.compile(r"\w+")

Grades = dict[str, int]


@dataclass(frozen=True, slots=True)
class ParaphraseQuery:
    """A query, its language, and the grades (1 or 2) of the products that it wants."""

    id: str
    language: str
    text: str
    wanted: Grades


@dataclass(frozen=True, slots=True)
class ParaphraseSet:
    """Products (id -> text) by language, and queries. Not every product has an English text."""

    products: dict[str, dict[str, str]]
    queries: list[ParaphraseQuery]

    def texts(self) -> list[str]:
        """Everything that is written in it."""
        return [text for of in self.products.values() for text in of.values()] + [each.text for each in self.queries]


def read_paraphrases(folder: Path = FOLDER) -> ParaphraseSet:
    """products.tsv (id, category, de, en) and queries.tsv (id, lang, text, wanted as "product:grade …").

    Raises:
        BadInput: a query wants a product that is not there; `place` is the query.
    """
    products: dict[str, dict[str, str]] = {language: {} for language in LANGUAGES}
    for row in _rows(folder / "products.tsv"):
        for language in LANGUAGES:
            if row[language]:
                products[language][row["id"]] = row[language]
    queries = []
    for row in _rows(folder / "queries.tsv"):
        wanted = {id: int(grade) for id, grade in (each.rsplit(":", 1) for each in row["wanted"].split())}
        if unknown := wanted.keys() - products["de"].keys():
            raise BadInput(f"Query {row['id']} wants unknown products: {', '.join(sorted(unknown))}.", row["id"])
        queries.append(ParaphraseQuery(row["id"], row["lang"], row["text"], wanted))
    return ParaphraseSet(products, queries)


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)


def measure_paraphrases(encoder: Encoder, given: ParaphraseSet) -> dict[str, PerQuery]:
    """ "de", "en", "across de" (German queries, English texts) and "across en" -> metric -> query -> value."""
    found = {}
    for asked in LANGUAGES:
        for shown in LANGUAGES:
            texts = given.products[shown]
            qrels = {
                each.id: grades
                for each in given.queries
                if each.language == asked and (grades := {p: g for p, g in each.wanted.items() if p in texts})
            }
            queries = {each.id: each.text for each in given.queries if each.id in qrels}
            name = asked if asked == shown else f"across {asked}"
            found[name] = per_query(qrels, rank_all(encoder, texts, queries))
    return found


def rank_all(encoder: Encoder, documents: Mapping[str, str], queries: Mapping[str, str]) -> dict[str, list[str]]:
    """Query id -> the best hundred documents by cosine; ties by id."""
    ids = sorted(documents)
    vectors = encoder.encode_document([documents[id] for id in ids])
    asked = encoder.encode_query(list(queries.values()))
    run = {}
    for id, row in zip(queries, asked, strict=True):
        cosines = np.round(vectors @ row, 6)
        best = np.argpartition(-cosines, min(DEPTH, len(ids) - 1))[:DEPTH] if len(ids) > DEPTH else np.arange(len(ids))
        run[id] = [ids[place] for place in best[np.lexsort((best, -cosines[best]))]]
    return run


def rank_pools(
    encoder: Encoder, documents: Mapping[str, str], queries: Mapping[str, str], pools: Mapping[str, Iterable[str]]
) -> dict[str, list[str]]:
    """Query id -> its judged products by cosine; ties by id."""
    ids = sorted({id for pool in pools.values() for id in pool if id in documents})
    place = {id: i for i, id in enumerate(ids)}
    vectors = encoder.encode_document([documents[id] for id in ids])
    asked = encoder.encode_query(list(queries.values()))
    run = {}
    for id, row in zip(queries, asked, strict=True):
        pool = sorted(each for each in pools[id] if each in place)
        cosines = np.round(vectors[[place[each] for each in pool]] @ row, 6)
        run[id] = [pool[i] for i in np.argsort(-cosines, kind="stable")]
    return run


def shared_words(given: ParaphraseSet) -> dict[str, int]:
    """Query id -> words that it shares with a product of grade 2 in its language, by their first letters."""
    found = {}
    for each in given.queries:
        own = _stems(each.text)
        texts = (given.products[each.language].get(id, "") for id, grade in each.wanted.items() if grade == 2)
        found[each.id] = len(own & {stem for text in texts for stem in _stems(text)})
    return found


def _stems(text: str) -> set[str]:
    return {word[:SHARED_LETTERS] for word in _WORD.findall(text.lower()) if len(word) >= SHARED_LETTERS}


def near_duplicates(texts: Sequence[str], others: Sequence[str]) -> list[tuple[str, str]]:
    """(text, other) where most of both texts' words are the same, whatever their order and case.

    >>> near_duplicates(["Regenjacke, Damen", "Hose"], ["regenjacke damen", "Rote Hose"])
    [('Regenjacke, Damen', 'regenjacke damen')]
    """
    sets = [frozenset(_WORD.findall(other.lower())) for other in others]
    with_word = defaultdict(list)
    for number, words in enumerate(sets):
        for word in words:
            with_word[word].append(number)
    found = []
    for text in texts:
        words = frozenset(_WORD.findall(text.lower()))
        for number in {number for word in words for number in with_word.get(word, ())}:
            if len(words & sets[number]) >= ALIKE * len(words | sets[number]):
                found.append((text, others[number]))
                break
    return found


def embedded_texts(home: Path) -> dict[str, str]:
    """Product id -> the text that an index embeds of it."""
    snapshot = load_snapshot(home)
    settings = snapshot.manifest
    return {
        product.id: encoded_text(product, settings.analysis.languages, settings.dense.max_characters)
        for product in snapshot.documents
    }


class FirstDimensions:
    """An encoder's vectors cut to their first dimensions, of length 1 again."""

    def __init__(self, encoder: Encoder, dimension: int):
        self.name = f"{encoder.name}[:{dimension}]"
        self.dimension = dimension
        self._encoder = encoder

    def encode_query(self, texts: Sequence[str]) -> Vectors:
        """(n,) texts -> (n, dimension), rows of length 1."""
        return self._cut(self._encoder.encode_query(texts))

    def encode_document(self, texts: Sequence[str]) -> Vectors:
        """(n,) texts -> (n, dimension), rows of length 1."""
        return self._cut(self._encoder.encode_document(texts))

    def _cut(self, vectors: Vectors) -> Vectors:
        short = vectors[:, : self.dimension]
        return np.ascontiguousarray(short / np.maximum(np.linalg.norm(short, axis=1, keepdims=True), 1e-12))
