"""The dense index is exact: what numpy finds by multiplying everything."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.index.dense import build_dense, load_dense, measure_noise, save_dense


def unit_vectors(count, dimension=16, seed=0):
    vectors = np.random.default_rng(seed).normal(size=(count, dimension)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


VECTORS = unit_vectors(300)
INDEX = build_dense(VECTORS)


@given(st.integers(0, 2**32 - 1))
def test_it_finds_what_numpy_finds(seed):
    vector = unit_vectors(1, seed=seed)[0]
    np.testing.assert_allclose(INDEX.cosines(vector), VECTORS @ vector, atol=2e-6)


@pytest.mark.parametrize("dimension", [1, 3, 4, 7, 16, 64, 512])
def test_every_dimension_will_do(dimension):
    vectors = unit_vectors(50, dimension)
    np.testing.assert_allclose(build_dense(vectors).cosines(vectors[3]), vectors @ vectors[3], atol=2e-6)


def test_equal_products_have_equal_cosines():
    vectors = np.repeat(unit_vectors(1), 20, axis=0)
    assert len(set(build_dense(vectors).cosines(vectors[0]).tolist())) == 1


def test_the_callers_vector_may_be_a_view():
    vector = np.asfortranarray(VECTORS[:2]).T[:, 1]
    np.testing.assert_allclose(INDEX.cosines(vector), VECTORS @ VECTORS[1], atol=2e-6)


def test_what_is_saved_is_what_is_loaded(tmp_path):
    save_dense(INDEX, tmp_path)
    loaded = load_dense(tmp_path, INDEX.noise)
    assert len(loaded) == 300
    for row in (0, 150, 299):
        assert loaded.cosines(VECTORS[row]).tolist() == INDEX.cosines(VECTORS[row]).tolist()
        assert loaded.cosines(VECTORS[row])[row] == 1.0


def test_a_loaded_index_outlives_the_removal_of_its_file(tmp_path):
    save_dense(INDEX, tmp_path)
    loaded = load_dense(tmp_path, 0.0)
    (tmp_path / "vectors.faiss").unlink()
    assert loaded.cosines(VECTORS[9])[9] == 1.0


def test_noise_is_the_median_cosine_of_two_different_products():
    vectors = unit_vectors(200, dimension=4, seed=5)
    cosines = (vectors @ vectors.T)[np.triu_indices(200, 1)]
    assert measure_noise(vectors) == pytest.approx(float(np.median(cosines)), abs=0.02)
    assert measure_noise(vectors) == measure_noise(vectors)
    assert measure_noise(vectors[:1]) == 0.0


def test_the_noise_of_a_query_is_what_most_products_have_with_it_and_no_more_than_between_products():
    chance = np.random.default_rng(3)
    around = np.array([1.0] + [0.0] * 15)
    vectors = chance.normal(size=(5000, 16)) + 2 * around  # all alike, as one shop's texts are
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    index = build_dense(vectors)
    far, like_all = np.eye(16, dtype=np.float32)[5], vectors.mean(0) / np.linalg.norm(vectors.mean(0))
    cosines = index.cosines(far)
    assert index.noise_of(cosines) == pytest.approx(float(np.median(cosines)), abs=0.03)
    assert index.noise_of(cosines) < index.noise - 0.2
    assert index.noise_of(index.cosines(like_all.astype(np.float32))) == index.noise
    assert index.noise_of(np.empty(0)) == index.noise
