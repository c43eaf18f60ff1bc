"""The tree from the query's words to R: its numbers are those that ranked, so they add up, for every hit.

1. word.score = weight · idf · saturated, and the scores add up to bm25.
2. lexical and dense follow from their variables, R from both.
3. What a product holds of a word is told: which term, in which way, as it is written.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from search.embed import load_encoder
from search.index.build import build_snapshot
from search.index.postings import TOGETHER
from search.index.snapshot import load_snapshot
from search.messages import SearchRequest
from search.pipeline import Pipeline
from search.settings import Settings
from search.terminal.account import account
from search.types import Product
from tests.conftest import ROOT
from tests.stand_ins import Clock, StubEncoder

QUERIES = (
    "shorts",
    "Laufschuhe Pegasus",
    "rote Damenshorts unter 50 €",
    "laptop",
    "Notebook 45 Watt",
    "dv7-1211ea",
    "Winterjakce",
    "etwas Warmes",
    "xyzzy shorts",
    "Gartenhäuser",
)


def check(told):
    """All sums of one hit."""
    words, dense, fusion = told.lexical, told.dense, told.fusion
    for word in words.words:
        check_word(word)
    assert sum(word.score for word in words.words) == pytest.approx(words.bm25, abs=1e-9)
    share = 1 - words.coverage + words.coverage * (words.found + words.kind_found)
    share *= 1 + words.adjacent_weight * words.adjacent
    lexical = min(max((words.bm25 + words.kind_gain) / words.best * share, 0.0), 1.0) if words.best > 0 else 0.0
    assert lexical == pytest.approx(words.lexical, abs=1e-7), "the postings hold 32 bits"
    vectors = 0.0
    if dense is not None:
        vectors = min(max((dense.cosine - dense.noise) / (1 - dense.noise), 0.0), 1.0)
        assert vectors == pytest.approx(dense.dense, abs=1e-6)
    w = fusion.lexical_weight
    if fusion.best_lexical > 0 and fusion.best_dense > 0:
        assert w == pytest.approx(1 - fusion.trust * fusion.best_dense * (1 - fusion.best_lexical), abs=1e-9)
    fused = 1.0 if fusion.exact else w * lexical + (1 - w) * vectors
    assert fused == pytest.approx(fusion.R, abs=1e-6)
    assert told.relevance["R"] == fusion.R
    assert (words.lexical, w) == (told.relevance["lexical"], told.relevance["lexical_weight"])


def check_word(word):
    """The score of one word, and where its saturated frequency comes from."""
    assert word.score == pytest.approx(word.weight * word.idf * word.saturated, abs=1e-9)
    assert (word.saturated > 0) == (word.found > 0)
    own = max((match.saturated for match in word.matched), default=0.0)
    if word.spelling in ("transcribed", "folded"):
        assert word.saturated < own or word.parts
    elif not word.parts:
        assert word.saturated == pytest.approx(own, abs=1e-6)
    else:
        together = sum(part.score for part in word.parts)
        assert any(word.saturated == pytest.approx(value, abs=1e-6) for value in (own, together))
        assert sum(part.weight * part.idf for part in word.parts) == pytest.approx(TOGETHER)
        for part in word.parts:
            check_word(part)


@pytest.mark.parametrize("q", QUERIES)
def test_every_number_leads_to_r(pipeline, q):
    answer = pipeline.search(SearchRequest(q=q, explain=True, per_page=100))
    assert answer.hits
    for hit in answer.hits:
        check(hit.explain)
        assert hit.score == hit.explain.fusion.R


def test_without_an_encoder_there_is_no_dense_leg(snapshot):
    pipeline = Pipeline(snapshot, None, Settings(), Clock())
    for hit in pipeline.search(SearchRequest(q="rote shorts", explain=True)).hits:
        assert hit.explain.dense is None
        check(hit.explain)


def test_browsing_has_no_words_to_explain(pipeline):
    [hit, *_] = pipeline.search(SearchRequest(q="", explain=True)).hits
    assert (hit.explain.lexical, hit.explain.fusion) == (None, None)


def test_nothing_of_it_is_made_unasked(pipeline):
    assert all(hit.explain is None for hit in pipeline.search(SearchRequest(q="shorts")).hits)


def product(id, title):
    return Product(id=id, title={"de": title}, price_cents=1000, currency="EUR")


@pytest.fixture(scope="module")
def counter(tmp_path_factory):
    """A shop with compounds, umlauts, measures and codes."""
    titles = [
        ("boots", "Damenlaufschuhe Pegasus"),
        ("shoes", "Laufschuhe für Damen"),
        ("women", "Damen Jacke"),
        ("run", "Lauf Hose"),
        ("water", "Wasser 500 ml"),
        ("big", "Wasser 1,5 l"),
        ("folded", "Bucher Regal"),
        ("books", "Bücher Kiste"),
        ("spelled", "Buecher Stapel"),
        ("code", "Nike FD2722-001"),
        *[(f"other-{n}", f"Ding {n} Schuh") for n in range(8)],
    ]
    home = tmp_path_factory.mktemp("counter")
    build_snapshot([product(*line) for line in titles], home, Settings(), StubEncoder())
    return Pipeline(load_snapshot(home), None, Settings(), Clock())


def word_of(counter, q, id):
    hits = counter.search(SearchRequest(q=q, explain=True, per_page=50, correct=False)).hits
    told = next(hit.explain for hit in hits if hit.id == id)
    check(told)
    return told.lexical.words[0]


def test_the_way_in_which_a_word_is_held_is_told(counter):
    [whole] = word_of(counter, "damenlaufschuhe", "boots").matched
    assert (whole.how, whole.written) == ("word", ["Damenlaufschuhe"])
    [part] = word_of(counter, "laufschuhe", "boots").matched
    assert (part.how, part.written) == ("part", ["laufschuhe"])
    apart = word_of(counter, "damenlaufschuhe", "shoes")
    assert apart.matched == [] and [item.matched[0].written for item in apart.parts] == [["Damen"], ["Laufschuhe"]]
    [measure] = word_of(counter, "0,5 l", "water").matched
    assert (measure.term, measure.how, measure.written) == ("=500ml", "measure", ["500 ml"])
    [code] = word_of(counter, "fd 2722 001", "code").matched
    assert (code.how, code.written) == ("code", ["FD2722-001"])


def test_the_spelling_of_umlauts_is_told_and_counts(counter):
    told = {id: word_of(counter, "bücher", id) for id in ("books", "spelled", "folded")}
    assert [word.spelling for word in told.values()] == ["as typed", "transcribed", "folded"]
    shares = [word.saturated / word.matched[0].saturated for word in told.values()]
    assert shares[0] == pytest.approx(1.0) and shares[0] > shares[1] > shares[2]


def test_the_frequency_is_the_one_that_was_saturated(counter):
    [match] = word_of(counter, "pegasus", "boots").matched
    k1 = Settings().lexical.k1
    assert match.frequency * (k1 + 1) / (match.frequency + k1) == pytest.approx(match.saturated)


def test_the_terminal_shows_the_tree(pipeline):
    [hit, *_] = pipeline.search(SearchRequest(q="Laufschuhe Pegasus", explain=True)).hits
    shown = account(hit.explain)
    assert "laufschuh: word laufschuh in Laufschuhe" in shown
    assert "idf" in shown and "lexical" in shown and "= R" in shown and shown.splitlines()[-1].startswith("final")


@pytest.mark.model
def test_every_demo_query_adds_up(demo_home):
    """All judged queries of the demo shop, with the real encoder."""
    pipeline = Pipeline(load_snapshot(demo_home), load_encoder(), Settings())
    lines = (ROOT / "demo" / "judged" / "queries.tsv").read_text(encoding="utf-8").splitlines()
    queries = [line.split("\t")[1] for line in lines if "\t" in line]
    assert len(queries) > 150 and Path(demo_home).exists()
    gained = 0
    for q in queries:
        for hit in pipeline.search(SearchRequest(q=q, explain=True, per_page=10)).hits:
            check(hit.explain)
            gained += hit.explain.lexical is not None and hit.explain.lexical.kind_gain != 0
    assert gained > 100, "the gain of a product's kind is part of the sums"
