"""Every engine answers the same few names in the same way, over a tiny catalogue; those that are installed.

1. What comes back are rows of the catalogue, unique, at most k, and the same when asked again.
2. Lexical engines find what holds the words, and the best of it; dense ones the nearest; hybrid ones both.
3. Several threads may ask at once.
"""

from statistics import mean

import numpy as np
import pytest

from eval.bench.peers.exact import terms_of
from eval.bench.peers.measure import together
from eval.bench.peers.registry import ENTRIES, named

K = 10
#: kind -> how much of what is right an engine has to find at its most thorough. PostgreSQL's rank knows no idf.
LEAST = {"lexical": 0.9, "dense": 0.95, "hybrid": 0.0}
BY_FREQUENCY_ONLY = "PostgreSQL words"
#: Equal ranks come out in any order.
ANY_ORDER = "qdrant-edge"


@pytest.fixture(params=[entry.name for entry in ENTRIES], ids=lambda name: name.replace(" ", "-"))
def engine(request, tmp_path, made):
    entry = named([request.param])[0]
    if reason := entry.missing():
        pytest.skip(reason)
    opened = entry.open(tmp_path)
    assert opened.kind == entry.kind
    opened.build(made)
    if opened.efforts:
        opened.set_effort(opened.efforts[-1])
    yield opened
    opened.close()


def answer(engine, made, number, k=K):
    return engine.query(made.asks[number].text, made.ask_vectors[number], k)


def test_an_engine_keeps_the_contract(engine, made, exact, request):
    asked, terms = range(len(made.asks)), terms_of(made)
    answers = [answer(engine, made, number) for number in asked]
    for rows in answers:
        assert 0 < len(rows) <= K
        assert len(set(rows)) == len(rows)
        assert all(isinstance(row, int) and 0 <= row < made.size for row in rows)
    if BY_FREQUENCY_ONLY not in request.node.name.replace("-", " "):
        recalls = [exact.recall(engine.kind, number, answers[number], terms[number]) for number in asked]
        assert mean(recalls) >= LEAST[engine.kind]
    assert mean(made.asks[number].row in answers[number] for number in asked) > 0.25  # its own product, of 300
    if ANY_ORDER not in request.node.name:
        assert [answer(engine, made, number) for number in asked] == answers
    assert together(lambda number: answer(engine, made, number), len(asked), clients=2, seconds=0.05) > 0
    assert engine.memory() > 0 and engine.cpu_ms() > 0 and engine.disk() >= 0


@pytest.mark.parametrize("name", ["tresen postings", "rank-bm25", "SQLite FTS5"])
def test_lexical_engines_agree_on_the_best_product_of_each_query(name, made, exact, tmp_path):
    engine = named([name])[0].open(tmp_path)
    engine.build(made)
    for number, terms in enumerate(terms_of(made)):
        scores = exact.bm25.score(terms)
        rows = engine.query(made.asks[number].text, made.ask_vectors[number], K)
        held = {row for term in terms for row in range(made.size) if made.words[term] in made.terms(row)}
        assert set(rows) <= held
        assert len(rows) == min(K, len(held))
        if len(terms) == 1:  # idf, in which they differ, does not matter
            assert scores[rows] == pytest.approx(np.sort(scores)[::-1][: len(rows)], abs=1e-3)


def test_ours_is_asked_what_the_workload_says(made, tmp_path):
    ours = named(["tresen"])[0].open(tmp_path)
    ours.build(made)
    asked = {ask.text: ask for ask in made.asks}
    assert any(ask.filter for ask in asked.values()) and any(ask.shopper is not None for ask in asked.values())
    for text, ask in asked.items():
        request = ours._requests[text]
        assert (request.filter, tuple(request.facet)) == (ask.filter, made.workload.facets)
        assert request.shopper == (None if ask.shopper is None else f"s{ask.shopper}")
    ours.close()


def test_known_shoppers_have_tastes(made, tmp_path):
    ours = named(["tresen"])[0].open(tmp_path)
    ours.build(made)
    from search.types import Identity

    assert not ours._store.affinities(Identity(shopper="s0"), "full", ours._pipeline.now()).is_empty
    ours.close()
