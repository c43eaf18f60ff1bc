"""Ours as it serves: understanding, both legs, fusion, filters, facets, the personal order, whole hits.

The vectors are given, to ours as to the others: the stand-in for the encoder knows the catalogue's words and keeps the
vectors of its queries; its time in a build is told apart.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from datetime import date, timedelta

import numpy as np

from eval.bench.peers.catalogue import COLORS, SHOPPERS, Ask, Catalogue
from eval.bench.peers.engine import Engine
from eval.bench.peers.words import text_vectors
from search.index.build import build_snapshot
from search.index.snapshot import load_snapshot
from search.messages.requests import SearchRequest
from search.pipeline import Pipeline
from search.profiles.opening import open_store
from search.profiles.store import SqlStore
from search.settings import Settings
from search.types import Event, Identity, Product, Variant, Vectors

#: Words of a product's title; the others are its description.
TITLE = 6
DEPARTMENTS = 20
#: What each known shopper clicked on, one an hour until the bench began.
CLICKS = 30
#: Nothing is kept from one pass to the next: the same queries come in each.
SETTINGS = Settings().but(dense={"max_characters": 5000}, server={"deadline_ms": 60_000.0, "cache_mb": 0.0})


class MadeEncoder:
    """Texts to vectors by the catalogue's own table of words; unknown words say nothing. `seconds` is its time."""

    name = "made-words"

    def __init__(self, catalogue: Catalogue):
        self.dimension = catalogue.workload.dimension
        self.seconds = 0.0
        self._table: Vectors | None = np.asarray(catalogue.table)
        self._numbers: dict[str, int] = {word: number for number, word in enumerate(catalogue.words)}
        texts = (ask.text for ask in catalogue.asks)
        self._known = dict(zip(texts, catalogue.ask_vectors, strict=True))

    def forget(self) -> None:
        """Only queries from now on; another text has no vector."""
        self._table, self._numbers = None, {}

    def encode_query(self, texts: Sequence[str]) -> Vectors:
        """(n,) texts -> (n, dimension) float32, looked up."""
        nothing = np.zeros(self.dimension, np.float32)
        return np.stack([self._known.get(text, nothing) for text in texts])

    def encode_document(self, texts: Sequence[str]) -> Vectors:
        """(n,) texts -> (n, dimension) float32, rows of length 1."""
        started = time.perf_counter()
        assert self._table is not None
        found = [
            [number for word in words if (number := self._of(word)) is not None] for words in map(str.split, texts)
        ]
        offsets = np.concatenate([[0], np.cumsum([len(numbers) for numbers in found])])
        tokens = np.array([number for numbers in found for number in numbers], np.int32)
        vectors = text_vectors(tokens, offsets, self._table)
        self.seconds += time.perf_counter() - started
        return vectors

    def _of(self, word: str) -> int | None:
        return self._numbers.get(word.strip(".,"))


class TresenPlain(Engine):
    """The whole pipeline, asked the words only."""

    kind = "hybrid"

    def build(self, catalogue: Catalogue) -> None:
        """Index products from memory; making them is not part of the time, nor is encoding."""
        encoder = MadeEncoder(catalogue)
        started = time.perf_counter()
        products = list(products_of(catalogue))
        self.seconds_elsewhere = time.perf_counter() - started
        build_snapshot(products, self.folder, SETTINGS, encoder)
        del products
        self.seconds_elsewhere += encoder.seconds
        self._pipeline = Pipeline(load_snapshot(self.folder), encoder, SETTINGS)
        encoder.forget()
        self._store = open_store(self.folder, SETTINGS)
        self._requests = {ask.text: self.request(ask, catalogue) for ask in catalogue.asks}
        remember(self._store, self._pipeline, catalogue)

    def request(self, ask: Ask, catalogue: Catalogue) -> SearchRequest:
        """What is asked for a query."""
        return SearchRequest(q=ask.text, per_page=catalogue.workload.k)

    def query(self, text: str, vector: Vectors, k: int) -> list[int]:
        """The hits of the first page, all their fields read."""
        request = self._requests[text]
        answer = self._pipeline.search(request, self._store, Identity(shopper=request.shopper))
        return [int(hit.id[1:]) for hit in answer.hits]

    def close(self) -> None:
        """Close the store."""
        self._store.close()


class Tresen(TresenPlain):
    """The whole pipeline with filters, facets and known shoppers, as the workload has them."""

    def request(self, ask: Ask, catalogue: Catalogue) -> SearchRequest:
        """The words, and what else the workload says."""
        shopper = None if ask.shopper is None else f"s{ask.shopper}"
        k, facets = catalogue.workload.k, list(catalogue.workload.facets)
        return SearchRequest(q=ask.text, filter=ask.filter, facet=facets, per_page=k, shopper=shopper)


def remember(store: SqlStore, pipeline: Pipeline, catalogue: Catalogue) -> None:
    """Tell the store what the known shoppers clicked on."""
    rng, now = np.random.default_rng(catalogue.workload.seed), time.time()
    for shopper in range(SHOPPERS):
        rows = rng.integers(0, catalogue.size, CLICKS).tolist()
        told = [_click(shopper, number, id_of(row), now) for number, row in enumerate(rows)]
        store.append([(event, pipeline.traits(event.product_id)) for event in told])


def _click(shopper: int, number: int, product: str, now: float) -> Event:
    when = now - 3600.0 * (CLICKS - number)
    return Event(event_id=f"{shopper}-{number}", type="click", product_id=product, time=when, shopper=f"s{shopper}")


def id_of(row: int) -> str:
    """A product's id; in the order of rows."""
    return f"p{row:08d}"


def products_of(catalogue: Catalogue) -> Iterator[Product]:
    """The made products as a shop would tell of them."""
    for row in range(catalogue.size):
        terms, group = catalogue.terms(row), int(catalogue.group[row])
        kind, cents = f"Gruppe{group}", int(catalogue.price_cents[row])
        stock = {"online": 5 * int(catalogue.in_stock[row]), "mitte": row % 3}
        yield Product(
            id=id_of(row),
            title={"de": " ".join(terms[:TITLE])},
            description={"de": " ".join(terms[TITLE:])},
            brand=f"Marke{int(catalogue.brand[row])}",
            categories=((f"Bereich{group % DEPARTMENTS}", kind),),
            product_type=kind,
            price_cents=cents,
            currency="EUR",
            sale_price_cents=cents * 4 // 5 if row % 10 == 0 else None,
            released=date(2025, 1, 1) + timedelta(days=row % 365),
            popularity=float((row * 7919) % 1000),
            attributes={"color": [COLORS[int(catalogue.color[row])]]},
            variants=(Variant(id=f"{id_of(row)}/1", stock=stock),),
        )
