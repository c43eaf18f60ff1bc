"""Small shops for one question each: titles to a pipeline, without a model unless one is given."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from search.index.build import build_snapshot
from search.index.snapshot import load_snapshot
from search.messages import SearchAnswer, SearchRequest
from search.pipeline import Pipeline
from search.settings import Settings
from search.types import Encoder, Product, Vectors
from tests.stand_ins import Clock


def titled(titles: Mapping[str, str], language: str = "de") -> list[Product]:
    """A product for each id and title."""
    return [Product(id=id, title={language: title}) for id, title in titles.items()]


def open_pipeline(
    home: Path, products: Iterable[Product], settings: Settings | None = None, encoder: Encoder | None = None
) -> Pipeline:
    """Index the products under `home` and open them; settings are the defaults unless given."""
    chosen = settings or Settings()
    build_snapshot(list(products), home, chosen, encoder)
    return Pipeline(load_snapshot(home), encoder, chosen, Clock())


def ask(pipeline: Pipeline, text: str, **request: object) -> SearchAnswer:
    """The answer to a query, up to 100 hits."""
    return pipeline.search(SearchRequest(**{"q": text, "per_page": 100, **request}))  # type: ignore[arg-type]


def found(pipeline: Pipeline, text: str, **request: object) -> list[str]:
    """Ids of a query's hits, best first."""
    return [hit.id for hit in ask(pipeline, text, **request).hits]


class TaughtEncoder:
    """An encoder whose meanings are written down: text -> place on a circle, in degrees; other texts mean nothing.

    A text is known by a phrase that it contains, the longest one counts. What means nothing is a direction of its own.
    """

    name = "taught"
    dimension = 16

    def __init__(self, meanings: Mapping[str, float]):
        self._meanings = {phrase.casefold(): degrees for phrase, degrees in meanings.items()}
        self.queries: list[str] = []

    def encode_query(self, texts: Sequence[str]) -> Vectors:
        """(n,) texts -> (n, 16) float32, rows of length 1."""
        self.queries += texts
        return self._encode(texts)

    def encode_document(self, texts: Sequence[str]) -> Vectors:
        """(n,) texts -> (n, 16) float32, rows of length 1."""
        return self._encode(texts)

    def _encode(self, texts: Sequence[str]) -> Vectors:
        vectors = np.zeros((len(texts), self.dimension), np.float32)
        for vector, text in zip(vectors, texts, strict=True):
            known = [phrase for phrase in self._meanings if phrase in text.casefold()]
            if known:
                angle = np.deg2rad(self._meanings[max(known, key=len)])
                vector[:2] = np.cos(angle), np.sin(angle)
            else:
                vector[2 + sum(text.encode()) % (self.dimension - 2)] = 1.0
        return vectors
