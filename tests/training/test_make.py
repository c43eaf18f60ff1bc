"""The whole way in small: texts, a teacher, the fit, a folder that the server loads. And the model that is shipped."""

from __future__ import annotations

import gzip
import json

import numpy as np
import pytest

from eval.encoders import measure_paraphrases, read_paraphrases
from eval.measures import means
from search.embed import load_encoder
from search.encoder.shop_files import check_files, shop_model
from training import make as making
from training.fit import Recipe

pytestmark = pytest.mark.model


def catalogue(folder, rows):
    folder.mkdir(parents=True)
    with gzip.open(folder / "products.jsonl.gz", "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)


def test_a_small_run_makes_a_model_that_the_server_loads_and_goes_on_from_what_it_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(making, "WORDS_OF_TEACHERS", 300)
    row = {"item_group_id": "1", "title": "Rote Hose", "title_en": "Red trousers", "description": "Warm."}
    monkeypatch.setattr("training.corpus.generate_rows", lambda today: iter([row]))
    catalogue(tmp_path / "electronics-en", [{"title": "Acme laptop 15 inch", "description": "A light notebook"}])
    catalogue(tmp_path / "fashion-en", [{"title": "Acme red shirt", "category": ["Shirts"], "color": "Red"}])
    recipe = Recipe(steps=40, batch=128, pairs=128, hidden=32, dimension=64, opposites=16, added=True)
    plan = making.Plan(tmp_path, tmp_path / "work", recipe, ("use",), types=40, pieces=4000, threads=1)
    told = []
    making.make(plan, tmp_path / "model", lambda stage, done, total: told.append(stage), {"data": "a test"})
    assert {"use", "fit"} <= set(told)
    encoder = load_encoder(str(tmp_path / "model"))
    names = making.read_types()[0].names
    texts = [names["de"][0], names["en"][0], "Schraubenschlüssel"]
    vectors = encoder.encode_document(texts)
    assert vectors.shape == (3, 64)
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2], "a type is nearer to its English name than to another"
    told.clear()
    making.make(plan, tmp_path / "again", lambda stage, done, total: told.append(stage), {"data": "a test"})
    assert set(told) == {"opposites"}, "vectors and fit were kept"
    again = load_encoder(str(tmp_path / "again")).encode_document(texts)
    np.testing.assert_array_equal(vectors, again)


def test_the_shipped_model_is_what_its_card_says_and_small_enough_to_ship():
    found = shop_model(making.NAME)
    assert found is not None
    folder, _ = found
    card = check_files(folder)
    assert sum(path.stat().st_size for path in folder.iterdir()) < 30e6
    assert {"data", "teachers", "recipe"} <= card.keys()


def test_the_shipped_model_finds_paraphrases_in_german_english_and_across():
    encoder = load_encoder(making.NAME)
    found = measure_paraphrases(encoder, read_paraphrases())
    figures = {name: means(values)["nDCG@10"] for name, values in found.items()}
    assert min(figures.values()) > 0.5, figures
    short = load_encoder(f"{making.NAME}@128")
    cut = measure_paraphrases(short, read_paraphrases())
    assert all(means(cut[name])["nDCG@10"] > 0.5 for name in figures), "docs/figures.md says how much is lost"
