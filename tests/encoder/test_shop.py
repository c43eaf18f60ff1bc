"""The shop encoder on the server's path: no torch.

1. Texts are cut as the tokenizer cuts them, whatever they hold, word by word.
2. A vector is the formula of its docstring: rows, head of its side, length 1; zeros for a text that says nothing.
3. It is the same alone and among others, in any thread, before and after all words are forgotten.
4. Fewer dimensions are the first ones, of length 1 again.
5. Neither loading, encoding nor serving imports torch.
"""

import json
import math
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.embed import load_encoder
from search.encoder import pieces
from search.encoder.pieces import ALONE, Pieces, sendable
from search.encoder.shop import load_shop
from search.errors import MissingModel
from search.index.build import build_snapshot
from search.index.fields import encoded_text
from search.index.snapshot import load_snapshot
from search.messages import SearchRequest
from search.service import Service
from search.settings import Settings
from search.types import Encoder, Identity
from tests.conftest import ROOT
from tests.encoder.tiny_model import DIMENSION, tiny_head, tiny_rows, tiny_tokenizer, write_tiny
from tests.stand_ins import shop_products

TEXTS = ["Rote Laufschuhe, Größe 42", "running shoes", "LAUF-SCHUHE für Damen", "x", "日本語の靴 rot", "Jacke", "blau"]
SILENT = ["", "  ", "!?", "…", "👟"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_tiny(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture(scope="module")
def encoder(folder):
    return load_shop(folder)


def by_the_tokenizer(text, longest=96):
    return tiny_tokenizer().encode(sendable(text), add_special_tokens=False).ids[:longest]


# --- pieces ---

CUT = Pieces(tiny_tokenizer(), 96)


@given(st.text(max_size=200) | st.text("aäeß sSchuhe-1²ﬁ½\u0308´\u00a0ΣςİıǅŐ각ᄀ\u0301é\ud800", max_size=60))
def test_any_text_is_cut_as_the_tokenizer_cuts_it(text):
    assert CUT(text) == by_the_tokenizer(text)


def test_every_character_that_is_asked_for_alone_is_the_same_between_others():
    tokenizer = tiny_tokenizer()
    for low, high in ALONE:
        texts = [f"ro{chr(code)}t {chr(code)}" for code in range(low, high)]
        told = [encoding.ids for encoding in tokenizer.encode_batch_fast(texts, add_special_tokens=False)]
        wrong = [text for text, ids in zip(texts, told, strict=True) if CUT(text) != ids]
        assert wrong == []


def test_a_known_word_is_not_cut_again(monkeypatch):
    cut = Pieces(tiny_tokenizer(), 96)
    first = cut("Laufschuhe rot")
    monkeypatch.setattr(cut, "_cut", None)
    assert cut("LAUFSCHUHE, rot!") == first


def test_full_memory_is_emptied_and_long_words_are_not_kept(monkeypatch):
    monkeypatch.setattr(pieces, "MOST_WORDS", 3)
    cut = Pieces(tiny_tokenizer(), 96)
    for text in ["rot blau schuh", "lauf damen", "rot " + "a" * 60]:
        assert cut(text) == by_the_tokenizer(text)
        assert len(cut._words) <= 3
        assert "a" * 60 not in cut._words


# --- vectors ---


def gelu(x):
    """As Hendrycks and Gimpel write it, in double precision."""
    return 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


def by_the_formula(text, head):
    mean = tiny_rows()[by_the_tokenizer(text)].astype(np.float64).mean(0)
    u = mean / np.linalg.norm(mean)
    inner, first, outer, second = head.values()
    v = u + outer @ gelu(inner @ u + first) + second
    return v / np.linalg.norm(v)


@pytest.mark.parametrize(("side", "seed"), [("query", 1), ("document", 2)])
def test_a_vector_is_the_formula_with_the_head_of_its_side(encoder, side, seed):
    expected = np.array([by_the_formula(text, tiny_head(side, seed)) for text in TEXTS])
    found = getattr(encoder, f"encode_{side}")(TEXTS)
    assert found.dtype == np.float32 and found.shape == (len(TEXTS), DIMENSION)
    assert (found * expected).sum(1).min() > 0.9999  # int8 rows, float16 heads
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-6)


def test_without_heads_a_vector_is_the_direction_of_the_mean(tmp_path):
    encoder = load_shop(write_tiny(tmp_path, {}))
    mean = tiny_rows()[by_the_tokenizer(TEXTS[0])].mean(0)
    assert encoder.encode_query(TEXTS[:1])[0] @ (mean / np.linalg.norm(mean)) > 0.9999
    assert np.array_equal(encoder.encode_query(TEXTS), encoder.encode_document(TEXTS))


def test_a_shared_head_serves_both_sides_and_is_stored_once(tmp_path, encoder):
    same = tiny_head("query", 1) | {f"document{name[5:]}": array for name, array in tiny_head("query", 1).items()}
    shared = load_shop(write_tiny(tmp_path, same))
    assert (tmp_path / "model.safetensors").read_bytes().count(b"inner.weight") == 1
    assert np.array_equal(shared.encode_document(TEXTS), encoder.encode_query(TEXTS))


def test_a_text_that_says_nothing_is_a_vector_of_zeros(encoder):
    assert not encoder.encode_query(SILENT).any()
    mixed = encoder.encode_document(["rot", "", "blau"])
    assert np.array_equal(mixed.any(1), [True, False, True])


def test_no_texts_are_no_vectors(encoder):
    assert encoder.encode_query([]).shape == (0, DIMENSION)


def test_only_the_first_pieces_of_a_text_are_read(tmp_path):
    encoder = load_shop(write_tiny(tmp_path, longest=3))
    long, cut, whole = encoder.encode_document(["rot blau schuh jacke", "rot blau schuh", "rot blau schuhxyz"])
    assert np.array_equal(long, cut)
    assert np.array_equal(whole, encoder.encode_document(["rot blau schuhxy"])[0]), "cut inside the word"


def test_a_text_has_the_same_vector_alone_and_among_others_in_any_thread(encoder, folder):
    texts = TEXTS * 20
    together = encoder.encode_document(texts)
    alone = np.concatenate([encoder.encode_document([text]) for text in texts])
    assert np.abs(alone - together).max() < 1e-6
    fresh = load_shop(folder)
    with ThreadPoolExecutor(4) as pool:
        for found in pool.map(lambda _: fresh.encode_document(texts), range(8)):
            assert np.array_equal(found, together)


def test_fewer_dimensions_are_the_first_ones_of_length_1(folder, encoder):
    short = load_shop(folder, dimensions=3)
    first = encoder.encode_query(TEXTS)[:, :3]
    assert short.dimension == 3
    np.testing.assert_allclose(
        short.encode_query(TEXTS), first / np.linalg.norm(first, axis=1, keepdims=True), atol=1e-6
    )
    for wrong in (0, DIMENSION + 1):
        with pytest.raises(ValueError, match="1 to 8 dimensions"):
            load_shop(folder, dimensions=wrong)


def test_a_name_with_dimensions_is_a_cut_encoder_that_is_found_again_by_its_name(folder, monkeypatch):
    short = load_encoder(f"{folder}@3")
    assert (short.name, short.dimension) == (f"{folder}@3", 3)
    assert load_shop(folder, dimensions=3).name == "tiny@3"
    with pytest.raises(MissingModel, match="1 to 8 dimensions, not 9. Write fewer behind the '@'"):
        load_encoder(f"{folder}@9")


# --- without torch ---

WITHOUT_TORCH = """
import json, sys
from search.embed import load_encoder
encoder = load_encoder(sys.argv[1])
shapes = [encoder.encode_query(["Schuhe"]).shape, encoder.encode_document(["Schuhe", "rot"]).shape]
heavy = ["torch", "transformers", "sentence_transformers", "scipy", "sklearn"]
print(json.dumps([encoder.name, shapes, [name for name in heavy if name in sys.modules]]))
"""


def test_a_folder_of_ours_is_loaded_and_encodes_without_torch(folder):
    command = [sys.executable, "-c", WITHOUT_TORCH, str(folder)]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert json.loads(ran.stdout) == [str(folder), [[1, DIMENSION], [2, DIMENSION]], []]


SERVED = """
import json, sys
from pathlib import Path
from starlette.testclient import TestClient
from search.app import create_app
from search.service import Service
from search.settings import Settings
with TestClient(create_app(lambda: Service(Path(sys.argv[1]), Settings()))) as client:
    found = client.post("/v1/search", json={"q": "rote Laufschuhe"}).json()
    client.get("/v1/suggest", params={"q": "lau"}).raise_for_status()
print(json.dumps([found["degraded"], "torch" in sys.modules]))
"""


def test_a_shop_that_was_indexed_with_it_is_served_with_its_meaning_and_without_torch(folder, tmp_path):
    build_snapshot(shop_products(), tmp_path, Settings(), load_encoder(str(folder)))
    command = [sys.executable, "-c", SERVED, str(tmp_path)]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert json.loads(ran.stdout.splitlines()[-1]) == [[], False]


def test_a_model_trained_anew_under_its_old_name_encodes_anew(tmp_path):
    for heads in ({}, tiny_head("shared", 1)):
        encoder = load_encoder(str(write_tiny(tmp_path / "model", heads)))
        build_snapshot(shop_products(), tmp_path / "shop", Settings(), encoder)
        dense = load_snapshot(tmp_path / "shop").dense
        texts = [encoded_text(product, ("de", "en"), 400) for product in shop_products()]
        np.testing.assert_allclose(dense.vectors(), encoder.encode_document(texts), atol=1e-6)


def test_an_index_of_other_dimensions_is_served_by_words_alone(folder, tmp_path):
    build_snapshot(shop_products(), tmp_path, Settings(), load_encoder(str(folder)))
    with Service(tmp_path, Settings(), lambda _: load_shop(folder, dimensions=3)) as service:
        assert service.search(SearchRequest(q="rote Laufschuhe"), Identity()).degraded == ["dense"]


def test_the_shipped_models_name_leads_to_its_folder(folder, monkeypatch):
    monkeypatch.setattr("search.encoder.shop_files.SHIPPED", folder)
    encoder: Encoder = load_encoder("tresen-shop-2")
    assert (encoder.name, encoder.dimension) == ("tresen-shop-2", DIMENSION)
