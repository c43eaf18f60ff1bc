"""A workload is data: the same file makes the same products and queries, and what is made has the shape it tells."""

import msgspec
import numpy as np
import pytest

from eval.bench.peers.catalogue import COLORS, make
from eval.bench.peers.exact import count, fuse, terms_of
from eval.bench.peers.workload import FOLDER, Workload, read_workload
from search.errors import BadInput
from tests.eval.peers.conftest import SIZE, TINY

FILES = ("asks.json", "asks.npy", "brand.npy", "facts.json", "offsets.npy", "tokens.npy", "vectors.npy")


def test_the_same_workload_makes_the_same_products_and_queries(made, tmp_path):
    again = make(TINY, SIZE, tmp_path)
    assert again.folder.name == made.folder.name
    for name in FILES:
        assert (again.folder / name).read_bytes() == (made.folder / name).read_bytes(), name


def test_another_seed_makes_others(made, tmp_path):
    other = make(msgspec.structs.replace(TINY, seed=8), SIZE, tmp_path)
    assert other.folder.name != made.folder.name
    assert [ask.text for ask in other.asks] != [ask.text for ask in made.asks]


def test_what_is_made_is_not_made_again(made, bench_home):
    before = (made.folder / "tokens.npy").stat().st_mtime_ns
    assert make(TINY, SIZE, bench_home).folder == made.folder
    assert (made.folder / "tokens.npy").stat().st_mtime_ns == before


def test_some_words_are_heavy_and_most_are_rare(made):
    held = np.diff(count(made).offsets)
    assert held.max() > made.size / 4
    assert np.median(held[held > 0]) < made.size / 30


def test_queries_are_words_of_their_own_product(made):
    for ask in made.asks:
        assert set(ask.text.split()) <= set(made.terms(ask.row))


def test_head_queries_are_made_of_frequent_words(tmp_path):
    head = make(msgspec.structs.replace(TINY, head=1.0), SIZE, tmp_path)
    tail = make(msgspec.structs.replace(TINY, head=0.0), SIZE, tmp_path)
    held = np.diff(count(head).offsets)
    mean_held = [np.mean([held[term] for terms in terms_of(made) for term in terms]) for made in (head, tail)]
    assert mean_held[0] > 2 * mean_held[1]


def test_filters_let_the_own_product_through(made):
    filtered = [ask for ask in made.asks if ask.filter]
    assert filtered
    for ask in filtered:
        field, _, value = ask.filter.partition(":")
        if field == "color":
            assert value == COLORS[made.color[ask.row]]
        else:
            low, high = map(float, value.split(".."))
            assert low <= made.price_cents[ask.row] / 100 <= high


def test_vectors_have_length_one_and_a_query_is_near_its_product(made):
    assert np.linalg.norm(made.vectors, axis=1) == pytest.approx(1, abs=1e-5)
    own = np.array([ask.row for ask in made.asks])
    cosines = made.ask_vectors @ np.asarray(made.vectors).T
    assert np.mean(cosines[np.arange(len(own)), own]) > cosines.mean() + 0.2


def test_vectors_vary_in_as_many_directions_as_the_workload_says(made, tmp_path):
    few = make(msgspec.structs.replace(TINY, directions=4), SIZE, tmp_path)
    assert np.linalg.matrix_rank(np.asarray(few.vectors), tol=1e-3) == 4
    assert np.linalg.matrix_rank(np.asarray(made.vectors), tol=1e-3) == TINY.dimension


def test_what_was_made_is_told(made):
    facts = made.facts()
    assert facts["made"] is True
    assert facts["products"] == SIZE
    assert 0 < facts["distinct_texts"] <= SIZE
    assert facts["distinct_words"] == len(np.unique(made.tokens))


def test_products_can_be_let_go_of_and_queries_stay(made):
    asks = made.asks
    assert made.terms(0)
    made.forget()
    assert "tokens" not in vars(made) and "words" not in vars(made)
    assert made.asks is asks


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.json")), ids=lambda path: path.stem)
def test_workloads_that_come_with_the_bench_can_be_read(path):
    assert read_workload(path).name == path.stem


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"name": "a"}', "generator"),
        ('{"name": "a", "generator": "zipf", "seed": 1, "sizes": [100], "queriez": 5}', "queriez"),
        ('{"name": "a", "generator": "zipf", "seed": 1, "sizes": [200, 100]}', "not ascending"),
        ("[", "no workload"),
    ],
)
def test_a_workload_that_does_not_fit_is_told_with_its_place(content, message, tmp_path):
    (tmp_path / "w.json").write_text(content)
    with pytest.raises(BadInput, match=message):
        read_workload(tmp_path / "w.json")


def test_an_unknown_workload_names_those_that_there_are():
    with pytest.raises(BadInput, match=r"million, small, tiny"):
        read_workload(FOLDER.relative_to("/") / "none" if FOLDER.is_absolute() else FOLDER)


def test_ranks_are_fused_by_their_reciprocals():
    assert fuse([[1, 2, 3], [3, 4]], 3) == [3, 1, 2]


def test_exact_answers_hold_the_best_of_each_leg(made, exact):
    cosines = made.ask_vectors @ np.asarray(made.vectors).T
    for number, terms in enumerate(terms_of(made)):
        assert exact.dense[number, 0] == np.argmax(cosines[number])
        scores = exact.bm25.score(terms)
        assert exact.recall("lexical", number, [int(np.argmax(scores))] * 10, terms) == 1.0
        assert exact.recall("dense", number, exact.dense[number].tolist(), terms) == 1.0
        assert exact.recall("hybrid", number, exact.fused[number].tolist(), terms) == 1.0


def test_frequent_settings_do_not_remake_products():
    assert TINY.key(SIZE) == msgspec.structs.replace(TINY, repeats=5, clients=(4,)).key(SIZE)
    assert isinstance(TINY, Workload)
