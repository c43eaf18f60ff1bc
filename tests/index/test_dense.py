"""The dense index is exact: what numpy finds by multiplying everything, under any mask."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.index.dense import build_dense, load_dense, measure_noise, save_dense


def unit_vectors(count, dimension=16, seed=0):
    vectors = np.random.default_rng(seed).normal(size=(count, dimension)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def by_numpy(vectors, vector, depth, mask):
    """All cosines to 1e-6, the best first, ties by row."""
    cosines = np.round((vectors @ vector).astype(np.float64), 6)
    rows = np.flatnonzero(mask)
    return rows[np.lexsort((rows, -cosines[rows]))][:depth], cosines


VECTORS = unit_vectors(300)
INDEX = build_dense(VECTORS)


@given(st.integers(0, 2**32 - 1), st.integers(0, 400), st.sampled_from([0.0, 0.01, 0.3, 1.0]))
def test_it_finds_what_numpy_finds(seed, depth, share):
    vector = unit_vectors(1, seed=seed)[0]
    mask = np.random.default_rng(seed).random(300) < share
    found = INDEX.retrieve(vector, depth, mask)
    rows, cosines = by_numpy(VECTORS, vector, depth, mask)
    np.testing.assert_allclose(found.scores, cosines[rows], atol=2e-6)
    assert np.array_equal(found.rows, rows) or np.abs(np.diff(cosines[rows])).min() < 3e-6


def test_no_mask_is_all_rows():
    everything = INDEX.retrieve(VECTORS[7], 300)
    assert everything.rows[0] == 7
    assert sorted(everything.rows.tolist()) == list(range(300))
    assert everything.rows.tolist() == INDEX.retrieve(VECTORS[7], 300, np.ones(300, bool)).rows.tolist()


@pytest.mark.parametrize("row", [0, 7, 8, 63, 64, 299])
def test_the_mask_acts_before_the_best_are_taken(row):
    mask = np.zeros(300, bool)
    mask[row] = True
    assert INDEX.retrieve(-VECTORS[row], 1, mask).rows.tolist() == [row]
    assert INDEX.retrieve(-VECTORS[row], 50, mask).rows.tolist() == [row]


def test_an_empty_mask_finds_nothing():
    assert len(INDEX.retrieve(VECTORS[0], 10, np.zeros(300, bool)).rows) == 0


def test_equal_cosines_are_ordered_by_row_and_cut_by_row():
    vectors = np.repeat(unit_vectors(1), 20, axis=0)
    index = build_dense(vectors)
    assert index.retrieve(vectors[0], 20).rows.tolist() == list(range(20))
    assert index.retrieve(vectors[0], 5).rows.tolist() == list(range(5))
    odd = np.arange(20) % 2 == 1
    assert index.retrieve(vectors[0], 4, odd).rows.tolist() == [1, 3, 5, 7]


def test_cosines_of_given_rows_are_those_of_a_search():
    found = INDEX.retrieve(VECTORS[3], 50)
    np.testing.assert_allclose(INDEX.cosines(VECTORS[3], found.rows), found.scores, atol=2e-6)


def test_what_is_saved_is_what_is_loaded(tmp_path):
    save_dense(INDEX, tmp_path)
    loaded = load_dense(tmp_path, INDEX.noise)
    assert len(loaded) == 300
    for row in (0, 150, 299):
        before, after = INDEX.retrieve(VECTORS[row], 40), loaded.retrieve(VECTORS[row], 40)
        assert after.rows.tolist() == before.rows.tolist()
        assert after.scores.tolist() == before.scores.tolist()
    assert loaded.cosines(VECTORS[5], np.array([5], np.int32)).tolist() == [1.0]


def test_a_loaded_index_outlives_the_removal_of_its_file(tmp_path):
    save_dense(INDEX, tmp_path)
    loaded = load_dense(tmp_path, 0.0)
    (tmp_path / "vectors.faiss").unlink()
    assert loaded.retrieve(VECTORS[9], 1).rows.tolist() == [9]


def test_noise_is_the_median_cosine_of_two_different_products():
    vectors = unit_vectors(200, dimension=4, seed=5)
    cosines = (vectors @ vectors.T)[np.triu_indices(200, 1)]
    assert measure_noise(vectors) == pytest.approx(float(np.median(cosines)), abs=0.02)
    assert measure_noise(vectors) == measure_noise(vectors)
    assert measure_noise(vectors[:1]) == 0.0
