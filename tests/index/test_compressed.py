"""Compressed vectors: the nearest are found, their cosines are true, and filters find what is far behind."""

import numpy as np
import pytest

from search.index.compressed import FEW, build_compressed, load_compressed, save_compressed
from search.index.dense import build_dense

N, DIMENSION = 20_000, 64


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


def recall(mask):
    """Mean share of the true 100 nearest inside a mask that a query knows."""
    shares = []
    for query in QUERIES:
        true = np.where(mask, VECTORS @ query, -2.0)
        wanted = nearest(true, min(100, int(mask.sum())))
        known = set(INDEX.score(query).within(mask).above(-1.0).tolist())
        shares.append(len(wanted & known) / len(wanted))
    return np.mean(shares)


@pytest.mark.parametrize("share", [1.0, 0.5, 0.1, 0.01, 0.001])
def test_the_nearest_are_known_inside_any_filter(share):
    assert recall(np.random.default_rng(1).random(N) < share) >= 0.98


def test_a_filter_that_is_neither_few_nor_many_is_looked_through_in_brief():
    mask = np.zeros(N, bool)
    mask[np.argsort(VECTORS @ QUERIES[0])[: FEW + 1]] = True  # what is furthest from the first query
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


def test_a_saved_index_is_read_as_it_was_and_the_same_vectors_give_the_same_codes(tmp_path):
    save_compressed(INDEX, tmp_path)
    loaded = load_compressed(tmp_path, INDEX.noise)
    again = build_compressed(VECTORS)
    for query in QUERIES[:5]:
        one, two, three = (index.score(query) for index in (INDEX, loaded, again))
        rows = one.above(0.2)
        assert rows.tolist() == two.above(0.2).tolist() == three.above(0.2).tolist()
        assert one.at(rows).tolist() == two.at(rows).tolist() == three.at(rows).tolist()


def test_a_loaded_index_outlives_the_removal_of_its_files(tmp_path):
    save_compressed(INDEX, tmp_path)
    loaded = load_compressed(tmp_path, INDEX.noise)
    for path in tmp_path.iterdir():
        path.unlink()
    assert len(loaded.score(QUERIES[0]).above(0.5))
