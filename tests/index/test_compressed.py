"""Compressed vectors: the nearest are found, their cosines are true, and filters find what is far behind."""

import random

import numpy as np
import pytest

from search.index import compressed
from search.index.build import build_snapshot
from search.index.compressed import CompressedIndex, build_compressed, load_compressed, save_compressed
from search.index.dense import build_dense
from search.index.snapshot import load_snapshot
from search.messages import SearchRequest
from search.pipeline import Pipeline
from search.settings import Settings
from search.types import Product
from tests.stand_ins import Clock, StubEncoder, shop_products

N, DIMENSION, MIDDLING = 20_000, 64, 5_000


def clustered(count, seed):
    """Unit vectors around 200 centres, as a shop's products are."""
    random = np.random.default_rng(seed)
    centres = random.normal(size=(200, DIMENSION))
    vectors = centres[random.integers(0, 200, count)] + 0.7 * random.normal(size=(count, DIMENSION))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


VECTORS = clustered(N, 5)
QUERIES = VECTORS[::400] + 0.05
QUERIES = (QUERIES / np.linalg.norm(QUERIES, axis=1, keepdims=True)).astype(np.float32)
INDEX = build_compressed(VECTORS)


def nearest(cosines, most=100):
    return set(np.argsort(-cosines, kind="stable")[:most].tolist())


def recall(mask, index=INDEX):
    """Mean share of the true 100 nearest inside a mask that a query knows."""
    shares = []
    for query in QUERIES:
        true = np.where(mask, VECTORS @ query, -2.0)
        wanted = nearest(true, min(100, int(mask.sum())))
        known = set(index.score(query).within(mask).above(-1.0).tolist())
        shares.append(len(wanted & known) / len(wanted))
    return np.mean(shares)


@pytest.fixture(scope="module")
def listed():
    """The same vectors, in lists."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compressed, "LISTED", N)
        index = build_compressed(VECTORS)
    assert index.brief.nlist == round(N**0.5) and not hasattr(INDEX.brief, "nlist")
    return index


@pytest.mark.parametrize("share", [1.0, 0.5, 0.1, 0.01, 0.001])
def test_the_nearest_are_known_inside_any_filter(share, listed, monkeypatch):
    monkeypatch.setattr(compressed, "FEW", N // 100)
    mask = np.random.default_rng(1).random(N) < share
    assert recall(mask) >= 0.98
    assert recall(mask, listed) >= 0.97  # lists are made for twenty times as many


def test_of_the_lists_only_the_nearest_are_read(listed):
    """All of them have as many of the nearest as one pass over all, a share fewer; who wants all reads all."""
    found = dict.fromkeys((1.0, 1 / 8, 0.0), 0)
    for query in QUERIES:
        whole = set(INDEX.near_in_brief(query, 100, 1.0).tolist())
        for read in found:
            found[read] += len(whole & set(listed.near_in_brief(query, 100, read).tolist()))
    shares = [count / (100 * len(QUERIES)) for count in found.values()]
    assert shares[0] > 0.99 and shares[0] > shares[1] > shares[2] and shares[1] > 0.95
    assert len(listed.near_in_brief(QUERIES[0], N, 0.0)) == N


def test_a_filter_that_is_neither_few_nor_many_is_looked_through_in_brief(monkeypatch):
    monkeypatch.setattr(compressed, "FEW", MIDDLING - 1)
    mask = np.zeros(N, bool)
    mask[np.argsort(VECTORS @ QUERIES[0])[:MIDDLING]] = True  # what is furthest from the first query
    assert recall(mask) >= 0.9


def test_cosines_are_true_to_the_compression():
    rows = np.array([3, 7, N - 1])
    for query in QUERIES[:5]:
        np.testing.assert_allclose(INDEX.score(query).at(rows), VECTORS[rows] @ query, atol=0.01)


def test_noise_is_that_of_the_exact_index():
    exact = build_dense(VECTORS)
    for query in QUERIES[:5]:
        assert INDEX.score(query).noise == pytest.approx(exact.score(query).noise, abs=0.01)
    assert INDEX.noise == exact.noise


def test_the_best_is_the_nearest():
    for query in QUERIES[:5]:
        assert INDEX.score(query).best == pytest.approx(float((VECTORS @ query).max()), abs=0.01)


@pytest.mark.parametrize("lists", [False, True])
def test_a_saved_index_is_read_as_it_was_and_the_same_vectors_give_the_same_codes(tmp_path, listed, lists, monkeypatch):
    index = listed if lists else INDEX
    monkeypatch.setattr(compressed, "LISTED", N if lists else N + 1)
    save_compressed(index, tmp_path)
    loaded = load_compressed(tmp_path, index.noise)
    again = build_compressed(VECTORS)
    assert type(loaded.brief) is type(index.brief) is type(again.brief)
    for query in QUERIES[:5]:
        one, two, three = (made.score(query) for made in (index, loaded, again))
        rows = one.above(0.2)
        assert rows.tolist() == two.above(0.2).tolist() == three.above(0.2).tolist()
        assert one.at(rows).tolist() == two.at(rows).tolist() == three.at(rows).tolist()


def test_a_loaded_index_outlives_the_removal_of_its_files(tmp_path):
    save_compressed(INDEX, tmp_path)
    loaded = load_compressed(tmp_path, INDEX.noise)
    for path in tmp_path.iterdir():
        path.unlink()
    assert len(loaded.score(QUERIES[0]).above(0.5))


# --- a whole search ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def shops(tmp_path_factory):
    """The same shop with all vectors compared, and with compressed ones."""
    chance = random.Random(4)
    words = [f"{one}{two}" for one in ("Ka", "Mo", "Ti", "Lu", "Re", "So") for two in ("ba", "lin", "ro", "pex", "dur")]
    products = [
        Product(
            id=f"{n:05d}",
            title={"de": " ".join(chance.sample(words, 3))},
            brand=chance.choice(words),
            price_cents=chance.randint(100, 9000),
        )
        for n in range(3_000)
    ]
    encoder, opened = StubEncoder(), []
    for exhaustive in (100_000, 0):
        home, settings = tmp_path_factory.mktemp("shop"), Settings().but(dense={"exhaustive": exhaustive})
        build_snapshot(products, home, settings, encoder)
        opened.append(Pipeline(load_snapshot(home), encoder, settings, now=Clock()))
    return opened


def test_a_search_finds_the_same_with_compressed_vectors(shops):
    exact, brief = shops
    assert isinstance(brief.snapshot.dense, CompressedIndex) and not isinstance(exact.snapshot.dense, CompressedIndex)
    for text in ("Kaba", "Moro Tilin", "Lupex Sodur Reba", "kabba"):
        for tree in ("", "brand:Kaba", "price:..20"):
            request = SearchRequest(q=text, filter=tree, facet=["brand"], per_page=10)
            one, two = exact.search(request), brief.search(request)
            scores = [[hit.score for hit in answer.hits] for answer in (one, two)]
            np.testing.assert_allclose(*scores, atol=0.005)  # what is nearly the same may change places
            assert one.hits[0].id == two.hits[0].id
            assert two.total == pytest.approx(one.total, rel=0.05)
            assert two.facets["brand"].count == pytest.approx(one.facets["brand"].count, rel=0.05)


def test_under_a_filter_the_vectors_are_looked_through_once(shops, monkeypatch):
    _, brief = shops
    counted = []
    searched = CompressedIndex.score
    monkeypatch.setattr(CompressedIndex, "score", lambda self, vector: counted.append(1) or searched(self, vector))
    asked = SearchRequest(q="Kaba Tilin", filter="brand:Kaba", facet=["brand"])  # nobody asked for this before
    brief.search(asked)
    assert len(counted) == 1
    for _ in range(2):
        brief.search(asked)
    assert len(counted) == 2  # who asks again is not alone with it: what was found is known from the third time on


def test_a_handful_of_products_is_never_compressed(tmp_path):
    settings = Settings().but(dense={"exhaustive": 0})
    build_snapshot(shop_products(), tmp_path, settings, StubEncoder())
    assert not isinstance(load_snapshot(tmp_path).dense, CompressedIndex)
