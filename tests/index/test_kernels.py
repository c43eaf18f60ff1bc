"""Compiled loops do what numpy does: the same numbers, or none that anybody could tell apart.

That words add up to the same numbers is asked in test_postings.py.
"""

import importlib
import sys
import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.index import columns, compressed
from search.index.columns import KeywordColumn
from search.kernels import _found, load_behind, loops

pytestmark = pytest.mark.skipif(loops() is None, reason="numba is not installed: pip install 'tresen[fast]'")

DIMENSION = 32


@pytest.fixture
def forgotten():
    _found.cache_clear()
    yield
    _found.cache_clear()


def test_a_numba_that_does_not_load_or_shall_not_is_left_out(forgotten, monkeypatch):
    monkeypatch.setitem(sys.modules, "search.kernels.compiled", None)
    assert loops() is None

    def unknown(name):
        raise RuntimeError("LLVM does not know llvm.prefetch")

    _found.cache_clear()
    monkeypatch.setattr("search.kernels.import_module", unknown)
    assert loops() is None
    monkeypatch.undo()
    _found.cache_clear()
    monkeypatch.setenv("NUMBA_DISABLE_JIT", "1")
    assert loops() is None


def test_while_they_load_numpy_does_it(forgotten, monkeypatch):
    begun, gate = threading.Event(), threading.Event()

    def slow(name):
        begun.set()
        gate.wait(60)
        return importlib.import_module(name)

    monkeypatch.setattr("search.kernels.import_module", slow)
    loading = load_behind()
    assert begun.wait(60) and loops() is None
    gate.set()
    loading.join(60)
    assert loops() is not None


@pytest.fixture(scope="module")
def index():
    vectors = np.random.default_rng(3).normal(size=(1500, DIMENSION)).astype(np.float32)
    return compressed.build_compressed(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))


@pytest.mark.parametrize("rows", [[], [7], [3, 3, 1499], list(range(0, 1500, 2))], ids=len)
def test_cosines_are_the_same_but_for_rounding(index, rows, monkeypatch):
    rows, vector = np.array(rows, np.int64), index.vectors()[5]
    mine = index.at(vector, rows)
    monkeypatch.setattr(compressed, "loops", lambda: None)
    np.testing.assert_allclose(mine, index.at(vector, rows), atol=2e-6)


@st.composite
def columns_and_products(draw):
    """A column of up to 12 products, of some of them several values or none, and some of the products."""
    values = draw(st.lists(st.lists(st.integers(0, 4), max_size=3, unique=True), min_size=1, max_size=12))
    rows = [row for row, of_row in enumerate(values) for _ in of_row]
    codes = [code for of_row in values for code in of_row]
    some = draw(st.sets(st.integers(0, len(values) + 2)))
    column = KeywordColumn(list("abcde"), np.array(rows, np.int32), np.array(codes, np.int32))
    return column, np.array(sorted(some), np.int32), values


@given(columns_and_products())
def test_facets_are_counted_alike(drawn):
    column, some, values = drawn
    told = [values[row] for row in some.tolist() if row < len(values)]
    expected = [sum(code in of_row for of_row in told) for code in range(5)], sum(map(bool, told))
    for compiled in (None, loops()):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(columns, "loops", lambda compiled=compiled: compiled)
            counts, having = column.counts(some)
        assert (counts.tolist(), having) == expected
