"""A student learns, goes on where it was cut off, and is written as what the server loads."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

import numpy as np
import pytest
import torch

from search.embed import load_encoder
from training.corpus import Bank, Corpus, Source
from training.fit import Examples, Fit, Recipe, cut, info_nce
from training.make import Material, begin, write
from training.vocabulary import count_words, train_tokenizer

pytestmark = pytest.mark.model

RECIPE = Recipe(steps=60, batch=32, pairs=16, hidden=16, dimension=16, rate=0.01, seed=3)
PAIRS = [("warme jacke", "winterparka"), ("nasse haare trocknen", "föhn"), ("licht zum lesen", "leselampe"),
         ("kaffee mahlen", "mühle"), ("rasen kürzen", "mäher"), ("zähne putzen", "zahnbürste")]  # fmt: skip


@pytest.fixture(scope="module")
def material():
    bank = Bank()
    source = Source("s", 1.0, 1)
    for query, document in PAIRS:
        source.add([bank.row(query)], [bank.row(document)])
    tokenizer = train_tokenizer(count_words(bank.texts * 5), 120)
    chance = np.random.default_rng(0)
    vectors = chance.normal(size=(len(bank.texts), 16)).astype(np.float16)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    rows = np.arange(len(bank.texts))
    corpus = Corpus(bank, [source], [(row, row) for row in rows.tolist()])
    return Material(corpus, tokenizer, cut(tokenizer, bank.texts), Examples(rows, rows, vectors, vectors))


def fitted(material, recipe, state=None, stop=None):
    losses = []

    def on_step(step, found):
        losses.append(found)
        if step == stop:
            raise KeyboardInterrupt

    student = begin(material, recipe)
    with suppress(KeyboardInterrupt):
        Fit(student, material.texts, material.examples, material.corpus.draw, recipe).run(state, on_step)
    return student, losses


def test_fitting_brings_pairs_together_and_students_nearer_to_their_teachers(material):
    _, losses = fitted(material, RECIPE)
    assert losses[-1]["contrast"] < losses[0]["contrast"] / 2
    alone = replace(RECIPE, contrast=0.0, similarity=0.0)
    _, losses = fitted(material, alone)
    assert losses[-1]["cosine"] < losses[0]["cosine"] / 2


def test_a_fit_that_was_cut_off_ends_where_an_unbroken_one_does(material, tmp_path, monkeypatch):
    monkeypatch.setattr("training.fit.SAVED", 20)
    whole, _ = fitted(material, RECIPE)
    fitted(material, RECIPE, tmp_path / "fit.pt", stop=50)
    again, losses = fitted(material, RECIPE, tmp_path / "fit.pt")
    assert len(losses) == 20  # from step 40
    for name, values in whole.state_dict().items():
        torch.testing.assert_close(values, again.state_dict()[name], msg=name)


def test_what_is_written_is_what_the_server_loads(material, tmp_path):
    student, _ = fitted(material, RECIPE)
    write(student, material.tokenizer, tmp_path / "model", {"made": "for a test"})
    encoder = load_encoder(str(tmp_path / "model"))
    queries, documents = ([pair[side] for pair in PAIRS] for side in (0, 1))
    asked, found = encoder.encode_query(queries), encoder.encode_document(documents)
    assert (asked @ found.T).argmax(1).tolist() == list(range(len(PAIRS)))
    texts = cut(material.tokenizer, queries)
    exact = student(torch.from_numpy(texts.ids), torch.from_numpy(texts.starts[:-1].copy()), "query").detach().numpy()
    assert (asked * exact).sum(1).min() > 0.999  # rows of 8 bits


def test_pairs_of_one_group_are_no_opposites():
    same = torch.ones(2, 3) / 3**0.5
    assert float(info_nce(same, same, torch.tensor([5, 5]), 0.05)) < 1e-6
    assert float(info_nce(same, same, torch.tensor([5, 6]), 0.05)) > 0.5


def test_hard_opposites_are_pushed_away_from_the_query_that_they_are_mistaken_for(material):
    """ "rasen kürzen" is nobody's document: only an opposite makes "kaffee mahlen" keep away from it."""
    bank, given = material.corpus.bank, material.corpus.sources[0]
    mistaken = [[(bank.row("rasen kürzen"), 4)] if group == 3 else [] for group in range(len(PAIRS))]
    source = Source("s", 1.0, 1, given.queries, given.documents, opposites=mistaken)
    corpus = Corpus(bank, [source], material.corpus.examples)
    texts = cut(material.tokenizer, ["kaffee mahlen", "rasen kürzen"])
    ids, starts = torch.from_numpy(texts.ids), torch.from_numpy(texts.starts[:-1].copy())

    def nearness(count):
        student = begin(material, RECIPE)
        recipe = replace(RECIPE, opposites=count, similarity=0.0)
        Fit(student, material.texts, material.examples, corpus.draw, recipe).run(None, lambda *_: None)
        asked, found = (student(ids, starts, side).detach() for side in ("query", "document"))
        return float(asked[0] @ found[1])

    assert nearness(16) < nearness(0) - 0.02


def test_opposites_of_a_pairs_own_group_do_not_count():
    apart = torch.eye(3)
    own = info_nce(apart[:2], torch.cat([apart[:2], apart[:1]]), torch.tensor([0, 1, 0]), 0.05)
    other = info_nce(apart[:2], torch.cat([apart[:2], apart[:1]]), torch.tensor([0, 1, 2]), 0.05)
    assert float(own) < 1e-6 < 0.1 < float(other)


def test_the_first_dimensions_learn_to_stand_alone(material):
    def contrast_of_first(recipe):
        student, _ = fitted(material, recipe)
        texts = [cut(material.tokenizer, [pair[side] for pair in PAIRS]) for side in (0, 1)]
        sides = [
            student(torch.from_numpy(each.ids), torch.from_numpy(each.starts[:-1].copy()), side)[:, :4]
            for each, side in zip(texts, ("query", "document"), strict=True)
        ]
        asked, found = (torch.nn.functional.normalize(each, dim=1) for each in sides)
        return float(info_nce(asked, found, torch.arange(len(PAIRS)), 0.05).detach())

    assert contrast_of_first(replace(RECIPE, cut=4)) < contrast_of_first(replace(RECIPE, cut=0))
