"""Sparse matching is the dense formula: whole arrays over all products for every word, part and synonym."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.index.postings import FOLDED, LEAST_IDF, TOGETHER, WHOLE, build_postings, weigh
from search.index.snapshot import load_snapshot
from search.pipeline import Pipeline
from search.relax import Asked
from search.settings import Settings
from search.types import Instead, Sought

QUERIES = Path(__file__).parents[2] / "demo" / "judged" / "queries.tsv"


def dense_match(postings, word):
    """`Postings.match` as its docstring says it: (n,) saturated, (n,) found, idf."""
    saturated = np.zeros(postings.size)
    for term in (word.term, *word.others):
        rows, frequency = postings.entries(term)
        saturated[rows] = np.maximum(saturated[rows], frequency)
    found = (saturated > 0).astype(float)
    saturated = saturated * dense_spelling(postings, word)
    if not (word.parts or word.others or word.synonyms):
        return saturated, found, postings._idf(word.term)
    if word.parts:
        parts = [dense_match(postings, part) for part in word.parts]
        all_idf, head = sum(idf for _, _, idf in parts), parts[-1][1] > 0
        together = head * sum(idf * of for of, _, idf in parts) / all_idf
        share = head * sum(idf * of for _, of, idf in parts) / all_idf
        if found.any():
            together, share = together * (share > WHOLE), share * (share > WHOLE)
        saturated, found = np.maximum(saturated, TOGETHER * together), np.maximum(found, share)
    for instead in word.synonyms:
        there = dense_instead(postings, instead)
        saturated, found = np.maximum(saturated, there), np.maximum(found, there > 0)
    holding = int(np.count_nonzero(found > WHOLE))
    return saturated, found, max(float(np.log((postings.size - holding + 0.5) / (holding + 0.5))), LEAST_IDF)


def dense_spelling(postings, word):
    factor = np.ones(postings.size)
    if word.spelled:
        factor[:] = 1 - FOLDED
        factor[postings.matching(word.spelled[-1])] = 1 - (FOLDED / 2 if len(word.spelled) > 1 else 0.0)
        factor[postings.matching(word.spelled[0])] = 1.0
    return factor


def dense_instead(postings, instead):
    parts = [dense_match(postings, word) for word in instead.words]
    whole = np.all([found > WHOLE for _, found, _ in parts], axis=0)
    return whole * sum(idf * of for of, _, idf in parts) / sum(idf for _, _, idf in parts)


def dense_score(postings, words):
    """`Postings.score`, of words that may be more than one term."""
    bm25, found, total = np.zeros(postings.size), np.zeros(postings.size), 0.0
    for word in words:
        saturated, share, idf = dense_match(postings, word)
        bm25 += word.weight * idf * saturated
        found += word.weight * share / sum(word.weight for word in words)
        total += word.weight * idf
    return bm25, found, total * (postings.k1 + 1)


def assert_the_same(postings, words):
    scores, (bm25, found, best) = postings.score(words), dense_score(postings, words)
    np.testing.assert_allclose(scores.bm25, bm25, rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(scores.found, found, atol=1e-9)
    assert scores.best == pytest.approx(best, abs=1e-9)
    for word in words:
        match, (saturated, share, idf) = postings.match(word), dense_match(postings, word)
        np.testing.assert_allclose(match.saturated, saturated, atol=1e-9)
        np.testing.assert_allclose(match.found, share, atol=1e-9)
        assert match.idf == pytest.approx(idf, abs=1e-9)


TERMS = st.sampled_from(["rot", "schuh", "lauf", "woll", "mutz", "~mutz:ü", "~mutz:ue", "nirgends"])
corpora = st.lists(st.lists(TERMS, max_size=6), min_size=1, max_size=12)
words = st.recursive(
    st.builds(
        Sought,
        TERMS,
        others=st.lists(TERMS, max_size=2).map(tuple),
        weight=st.sampled_from([1.0, 2.0]),
        spelled=st.sampled_from([(), ("~mutz:ü", "~mutz:ue"), ("~mutz:ue",)]),
    ),
    lambda inner: st.builds(
        Sought,
        TERMS,
        parts=st.lists(inner, max_size=3).map(tuple),
        synonyms=st.lists(st.builds(Instead, st.lists(inner, min_size=1, max_size=2).map(tuple)), max_size=2).map(
            tuple
        ),
    ),
    max_leaves=6,
)


@given(corpora, st.lists(words, min_size=1, max_size=4))
def test_words_with_parts_spellings_and_synonyms_score_as_the_dense_formula(corpus, sought):
    postings = build_postings(weigh([{"title": terms} for terms in corpus], {"title": 2.0}, 0.75))
    assert_the_same(postings, sought)


@pytest.mark.model
def test_every_query_of_the_demo_shop_scores_as_the_dense_formula(demo_home):
    pipeline = Pipeline(load_snapshot(demo_home), None, Settings())
    for line in QUERIES.read_text().splitlines():
        query = pipeline.read(Asked(line.split("\t")[1]))
        assert_the_same(pipeline.snapshot.lexical(query.language), query.sought)
