"""The baseline is BM25 and nothing else: rank-bm25 gives the same order over the same words."""

import numpy as np
import pytest
from rank_bm25 import BM25Okapi

from eval.judged.runs import read_run
from eval.onefield import one_field
from eval.stages import Ask, pool_of
from search.index.fields import searched_texts
from search.text import analyze, query_terms
from tests.eval.test_eval_cli import invoke


@pytest.fixture(scope="module")
def ranked(snapshot):
    return one_field(snapshot, "de")


@pytest.mark.parametrize("text", ["schuhe", "rote laufschuhe", "schwarze shorts damen"])
def test_products_stand_in_the_order_of_rank_bm25(snapshot, ranked, text):
    products = list(snapshot.documents)
    corpus = [analyze(" ".join(searched_texts(product, "de").values()), "de") for product in products]
    terms = query_terms(text, "de")
    scores = BM25Okapi(corpus).get_scores(terms)
    holding = [row for row, words in enumerate(corpus) if set(terms) & set(words)]
    wanted = sorted(holding, key=lambda row: (-round(scores[row], 9), row))
    assert ranked.rank(Ask("q", text, "q")) == [products[row].id for row in wanted]


def test_nothing_is_understood_and_nothing_corrected(ranked):
    assert ranked.rank(Ask("q", "Shrit", "q")) == []


def test_a_pool_is_ranked_whole(snapshot, ranked):
    ids = [product.id for product in snapshot.documents][:5]
    rows = pool_of(type("P", (), {"snapshot": snapshot})(), dict.fromkeys(ids, 1))
    assert sorted(ranked.rank(Ask("q", "schuhe", "q", pool=rows))) == sorted(ids)
    assert np.all(np.diff(rows) > 0)


def test_the_command_writes_a_run(shop, snapshot, tmp_path):
    wanted = next(iter(snapshot.documents)).id
    (tmp_path / "q.tsv").write_text("q1\tschuhe\n")
    (tmp_path / "qrels.txt").write_text(f"q1 0 {wanted} 1\n")
    files = ["--queries", tmp_path / "q.tsv", "--qrels", tmp_path / "qrels.txt"]
    done = invoke("bm25", shop, *files, "--lang", "de", "--run-out", tmp_path / "bm25.run")
    assert done.exit_code == 0, done.output
    assert read_run(tmp_path / "bm25.run")["q1"]
