"""The dense index is exact: what numpy finds by multiplying everything."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.index.dense import build_dense, load_dense, measure_noise, save_dense


def unit_vectors(count, dimension=16, seed=0):
    vectors = np.random.default_rng(seed).normal(size=(count, dimension)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def by_numpy(vectors, vector, least):
    """All cosines to 1e-6, the best first, ties by row."""
    cosines = np.round((vectors @ vector).astype(np.float64), 6)
    rows = np.flatnonzero(cosines >= least)
    return rows[np.lexsort((rows, -cosines[rows]))], cosines


VECTORS = unit_vectors(300)
INDEX = build_dense(VECTORS)
EVERYTHING = -2.0


@given(st.integers(0, 2**32 - 1), st.floats(-1.1, 1.1))
def test_it_finds_what_numpy_finds(seed, least):
    vector = unit_vectors(1, seed=seed)[0]
    found = INDEX.within(vector, least)
    rows, cosines = by_numpy(VECTORS, vector, least)
    assert set(found.rows.tolist()) ^ set(rows.tolist()) <= set(np.flatnonzero(np.abs(cosines - least) < 3e-6).tolist())
    np.testing.assert_allclose(found.scores, cosines[found.rows], atol=2e-6)
    assert np.all(np.diff(found.scores) <= 0)


def test_the_bar_decides_and_no_depth():
    assert sorted(INDEX.within(VECTORS[7], EVERYTHING).rows.tolist()) == list(range(300))
    assert INDEX.within(VECTORS[7], 0.999).rows.tolist() == [7]
    assert len(INDEX.within(VECTORS[7], 1.1).rows) == 0


def test_equal_cosines_are_ordered_by_row():
    vectors = np.repeat(unit_vectors(1), 20, axis=0)
    assert build_dense(vectors).within(vectors[0], 0.9).rows.tolist() == list(range(20))


def test_cosines_of_given_rows_are_those_of_a_search():
    found = INDEX.within(VECTORS[3], 0.2)
    np.testing.assert_allclose(INDEX.cosines(VECTORS[3], found.rows), found.scores, atol=2e-6)


def test_what_is_saved_is_what_is_loaded(tmp_path):
    save_dense(INDEX, tmp_path)
    loaded = load_dense(tmp_path, INDEX.noise)
    assert len(loaded) == 300
    for row in (0, 150, 299):
        before, after = INDEX.within(VECTORS[row], 0.1), loaded.within(VECTORS[row], 0.1)
        assert after.rows.tolist() == before.rows.tolist()
        assert after.scores.tolist() == before.scores.tolist()
    assert loaded.cosines(VECTORS[5], np.array([5], np.int32)).tolist() == [1.0]


def test_a_loaded_index_outlives_the_removal_of_its_file(tmp_path):
    save_dense(INDEX, tmp_path)
    loaded = load_dense(tmp_path, 0.0)
    (tmp_path / "vectors.faiss").unlink()
    assert loaded.within(VECTORS[9], 0.999).rows.tolist() == [9]


def test_noise_is_the_median_cosine_of_two_different_products():
    vectors = unit_vectors(200, dimension=4, seed=5)
    cosines = (vectors @ vectors.T)[np.triu_indices(200, 1)]
    assert measure_noise(vectors) == pytest.approx(float(np.median(cosines)), abs=0.02)
    assert measure_noise(vectors) == measure_noise(vectors)
    assert measure_noise(vectors[:1]) == 0.0
