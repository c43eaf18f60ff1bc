"""The lexical index scores as rank-bm25 does, and as its formula says.

1. With one field of weight 1 the scores are those of rank_bm25.BM25Okapi, to 1e-5 (frequencies are float32).
2. With several fields they are those of BM25F written as a plain loop, and of FieldedBM25 itself.
3. Coverage is the share of the query's words that a product holds.
4. What is saved is what is loaded.
"""

import math
from collections import Counter

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rank_bm25 import BM25Okapi

from search.index import adding
from search.index.build import build_snapshot
from search.index.posting_files import TERMS, file_of, load_postings, save_postings
from search.index.postings import LEAST_IDF, FieldedBM25, build_postings, weigh
from search.index.snapshot import load_snapshot
from search.retrieval import Retrieval
from search.settings import Settings
from search.types import Product, Sought
from search.understand.lexicon import Lexicon
from search.understand.query import Understanding

WORDS = ["rot", "blau", "schuh", "hemd", "rock", "socke", "laptop", "dv7", "lang", "kurz"]
WEIGHTS = {"title": 3.0, "brand": 2.0, "description": 1.0}

texts = st.lists(st.sampled_from(WORDS), max_size=8)
corpora = st.lists(texts, min_size=1, max_size=12).filter(any)
queries = st.lists(st.sampled_from([*WORDS, "unbekannt"]), min_size=1, max_size=5, unique=True)
fielded = st.lists(st.fixed_dictionaries(dict.fromkeys(WEIGHTS, texts)), min_size=1, max_size=12).filter(
    lambda corpus: any(any(document.values()) for document in corpus)
)


def one_field(corpus, k1=1.5, b=0.75):
    return build_postings(weigh([{"text": words} for words in corpus], {"text": 1.0}, b), k1)


def plain_bm25f(corpus, weights, query, k1, b):
    """BM25F as in the paper: combine the fields' normalised frequencies, saturate once, weigh by idf."""
    mean = {name: sum(len(d[name]) for d in corpus) / len(corpus) for name in weights}
    idf = rank_bm25_idf(corpus)
    scores = []
    for document in corpus:
        score = 0.0
        for term in query:
            frequency = 0.0
            for name, weight in weights.items():
                if count := document[name].count(term):
                    frequency += weight * count / (1 - b + b * len(document[name]) / mean[name])
            if frequency:
                score += idf[term] * frequency * (k1 + 1) / (frequency + k1)
        scores.append(score)
    return scores


def rank_bm25_idf(corpus, epsilon=0.25):
    """rank-bm25's idf: log((N − n + ½) / (n + ½)); where that is negative, a quarter of the mean."""
    holding = Counter(term for document in corpus for term in {t for words in document.values() for t in words})
    idf = {term: math.log((len(corpus) - n + 0.5) / (n + 0.5)) for term, n in holding.items()}
    floor = epsilon * sum(idf.values()) / len(idf)
    return positive({term: value if value >= 0 else floor for term, value in idf.items()})


def positive(idf):
    """What Tresen adds: a word that is found is worth something, in a shop of two products too."""
    return {term: value if value > 0 else LEAST_IDF for term, value in idf.items()}


sought = st.builds(
    lambda term, weight, parts: Sought(term, weight=weight, parts=tuple(map(Sought, parts))),
    st.sampled_from([*WORDS, "unbekannt"]),
    st.sampled_from([1.0, 0.5, 0.3]),
    st.sampled_from([(), ("rot", "hemd")]),
)


@given(corpora, st.lists(sought, min_size=1, max_size=5, unique_by=lambda word: word.term))
def test_frequent_words_and_compiled_loops_add_up_to_the_very_same_numbers(corpus, words):
    found = []
    # never over all rows, always, and as it is installed
    for much, compiled in ((0, None), (1_000_000, None), (adding.MUCH, adding.loops())):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(adding, "MUCH", much)
            patch.setattr(adding, "loops", lambda compiled=compiled: compiled)
            touched = one_field(corpus).touch(words)
            found.append((touched.reached.rows.tolist(), touched.bm25.tolist(), touched.found.tolist()))
    assert found[0] == found[1] == found[2]


@given(corpora, queries, st.floats(0.1, 3), st.floats(0, 0.99))
def test_one_field_scores_as_rank_bm25(corpus, query, k1, b):
    oracle = BM25Okapi(corpus, k1=k1, b=b)  # b = 1 would be 0 / 0 for an empty product
    oracle.idf = positive(oracle.idf)
    np.testing.assert_allclose(one_field(corpus, k1, b).score(query).bm25, oracle.get_scores(query), atol=1e-5)


def test_one_field_scores_as_rank_bm25_left_alone():
    corpus = [["rot", "schuh"], ["blau", "schuh", "lang"], ["hemd"], ["rock", "kurz"], ["socke"], ["laptop", "dv7"]]
    oracle = BM25Okapi(corpus)
    assert min(oracle.idf.values()) > 0
    for query in (["schuh"], ["rot", "schuh"], ["laptop", "unbekannt"]):
        np.testing.assert_allclose(one_field(corpus).score(query).bm25, oracle.get_scores(query), atol=1e-5)


@given(fielded, queries, st.floats(0, 1))
def test_several_fields_score_as_the_formula_says(corpus, query, b):
    scores = build_postings(weigh(corpus, WEIGHTS, b), 1.2).score(query).bm25
    np.testing.assert_allclose(scores, plain_bm25f(corpus, WEIGHTS, query, 1.2, b), atol=1e-5)


@given(fielded, queries)
def test_several_fields_score_as_fielded_rank_bm25(corpus, query):
    weighted = list(weigh(corpus, WEIGHTS, 0.75))
    oracle = FieldedBM25(weighted, 1.5)
    np.testing.assert_allclose(build_postings(weighted).score(query).bm25, oracle.get_scores(query), atol=1e-5)


@given(fielded, queries)
def test_no_product_reaches_the_best_score(corpus, query):
    scores = build_postings(weigh(corpus, WEIGHTS, 0.75)).score(query)
    assert np.all(scores.bm25 >= 0)
    assert np.all(scores.bm25 < scores.best)


def test_a_field_without_a_weight_is_not_searched():
    corpus = [{"title": ["rot"], "notes": ["geheim"]}, {"title": ["blau"]}]
    assert build_postings(weigh(corpus, {"title": 1.0, "notes": 0.0}, 0.75)).document_frequency("geheim") == 0


@pytest.mark.parametrize("corpus", [[], [{}], [{"title": []}, {"title": []}]], ids=["none", "no fields", "no words"])
def test_an_empty_corpus_finds_nothing(corpus, tmp_path):
    postings = build_postings(weigh(corpus, WEIGHTS, 0.75))
    save_postings(postings, tmp_path, "de")
    for either in (postings, load_postings(tmp_path, "de")):
        assert either.score(["rot"]).bm25.tolist() == [0.0] * len(corpus)
        assert either.document_frequency("rot") == 0
        assert either.matching("rot").tolist() == []


def test_a_word_that_nobody_has_finds_nothing_and_counts_as_missing():
    postings = one_field([["rot", "schuh"], ["blau"], ["hemd"]])
    scores = postings.score(["schuh", "unbekannt"])
    assert scores.bm25[0] > 0
    assert scores.bm25[1:].tolist() == [0.0, 0.0]
    assert scores.found.tolist() == [0.5, 0.0, 0.0]
    assert scores.best == pytest.approx(2.5 * (math.log(2.5 / 1.5) + math.log(3.5 / 0.5)))


@given(corpora, queries)
def test_coverage_is_the_share_of_the_words_found(corpus, query):
    expected = [sum(term in document for term in query) / len(query) for document in corpus]
    np.testing.assert_allclose(one_field(corpus).score(query).found, expected)


@given(corpora)
def test_postings_list_who_holds_a_word_in_row_order(corpus):
    postings = one_field(corpus)
    for word in WORDS:
        rows = [row for row, document in enumerate(corpus) if word in document]
        assert postings.matching(word).tolist() == rows
        assert postings.document_frequency(word) == len(rows)


def test_what_is_saved_is_what_is_loaded(tmp_path):
    saved = one_field([["rot", "schuh"], ["blau", "schuh"], [], ["größe", "„lang“"]])
    save_postings(saved, tmp_path, "de")
    loaded = load_postings(tmp_path, "de")
    assert dict(loaded.terms) == dict(saved.terms)
    assert loaded.size == 4
    for query in (["schuh"], ["rot", "größe"], ["fehlt"]):
        assert loaded.score(query).bm25.tolist() == saved.score(query).bm25.tolist()


def test_an_index_that_has_its_terms_as_json_is_read_as_before(tmp_path):
    saved = one_field([["rot", "schuh"], ["größe"], ["rock"]])
    save_postings(saved, tmp_path, "de")
    file = tmp_path / "postings-de.json"
    now = msgspec.json.decode(file.read_bytes())
    before = {name: value for name, value in now.items() if name not in ("firsts", "terms_size")}
    file.write_bytes(msgspec.json.encode({**before, "terms": list(saved.terms)}))
    for name in TERMS:
        file_of(tmp_path, "de", f"terms-{name}").unlink()
    loaded = load_postings(tmp_path, "de")
    assert dict(loaded.terms) == dict(saved.terms)
    assert loaded.score(["rot", "größe"]).bm25.tolist() == saved.score(["rot", "größe"]).bm25.tolist()


@pytest.mark.parametrize("others", [[], ["Blaues Hemd"], ["Rotes Hemd", "Rote Socke"]])
def test_a_shop_of_one_or_two_products_finds_them(others, tmp_path):
    products = [Product(id=str(n), title={"de": title}) for n, title in enumerate(["Rote Schuhe", *others])]
    build_snapshot(products, tmp_path, Settings(), None)
    snapshot = load_snapshot(tmp_path)
    query = Understanding(snapshot.postings, Lexicon({}), None, Settings().spelling).understand("schuhe")
    assert Retrieval(snapshot, query, None, Settings()).retrieve(None).fused.rows.tolist() == [0]
