"""A tiny made catalogue that the tests of engines share."""

import pytest

from eval.bench.peers.catalogue import Catalogue, make
from eval.bench.peers.exact import Exact, prepare
from eval.bench.peers.workload import Workload

SIZE = 300
TINY = Workload(
    name="tiny",
    generator="zipf",
    seed=7,
    sizes=[SIZE],
    tokens=12,
    vocabulary=1200,
    clusters=10,
    dimension=16,
    queries=30,
    repeats=1,
    seconds=0.05,
    clients=(1, 2),
)


@pytest.fixture(scope="session")
def bench_home(tmp_path_factory):
    """Where made catalogues lie."""
    return tmp_path_factory.mktemp("bench")


@pytest.fixture(scope="session")
def exact(bench_home) -> Exact:
    """The right answers to the tiny catalogue's queries."""
    return prepare(make(TINY, SIZE, bench_home))


@pytest.fixture
def made(bench_home) -> Catalogue:
    """The tiny catalogue."""
    return make(TINY, SIZE, bench_home)
