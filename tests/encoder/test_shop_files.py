"""The folder of a shop encoder: written whole, read as written, refused with advice where it is not.

1. Rows keep their direction in int8, however short; the scale is one of each row.
2. A damaged, missing or foreign file is a MissingModel that says what to do.
3. What does not fit together is not written.
"""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import models, pre_tokenizers

from search.doctor import examine
from search.embed import load_encoder
from search.encoder.shop_files import Config, check_files, quantise, read_model, write_model
from search.errors import MissingModel
from tests.encoder.tiny_model import DIMENSION, tiny_head, tiny_rows, tiny_tokenizer, write_tiny

FILES = ["card.json", "config.json", "config_sentence_transformers.json", "model.safetensors"]
FILES += ["modules.json", "tokenizer.json"]


@pytest.fixture
def folder(tmp_path):
    return write_tiny(tmp_path / "tiny")


@given(st.integers(0, 2**32 - 1), st.floats(1e-30, 1e30), st.floats(1e-4, 1))
def test_rows_keep_their_direction_whatever_their_length(seed, size, shortest):
    rows = np.random.default_rng(seed).standard_normal((6, 32)) * size * np.geomspace(shortest, 1, 6)[:, None]
    table, scale = quantise(rows.astype(np.float32))
    again = table.astype(np.float32) * scale.astype(np.float32)[:, None]
    cosines = (again * rows).sum(1) / np.linalg.norm(again, axis=1) / np.linalg.norm(rows, axis=1)
    assert cosines.min() > 0.9999
    lengths = np.linalg.norm(again, axis=1) / np.linalg.norm(rows, axis=1)
    assert lengths.max() / lengths.min() < 1.02, "rows weigh what they weighed against each other"


def test_a_row_of_zeros_stays_one():
    table, scale = quantise(np.zeros((2, 4), np.float32))
    assert not table.any() and not scale.any()


def test_a_folder_is_read_as_it_was_written(folder):
    assert sorted(path.name for path in folder.iterdir()) == FILES
    model = read_model(folder)
    assert model.config == Config("tiny", DIMENSION, longest=96, unknown=0)
    assert model.about == {"licence": "none"}
    assert model.tokenizer.encode("Laufschuhe").ids == tiny_tokenizer().encode("Laufschuhe").ids
    head = model.head("query")
    assert head is not None
    for stored, written in zip(head, tiny_head("query", 1).values(), strict=True):
        np.testing.assert_allclose(stored, written, rtol=1e-3)


def test_writing_twice_gives_the_same_bytes(folder, tmp_path):
    again = write_tiny(tmp_path / "again")
    assert all((folder / name).read_bytes() == (again / name).read_bytes() for name in FILES)


@pytest.mark.parametrize("name", FILES[1:])
def test_a_damaged_file_is_refused_with_advice(folder, name):
    data = bytearray((folder / name).read_bytes())
    data[len(data) // 2] ^= 1
    (folder / name).write_bytes(data)
    with pytest.raises(MissingModel, match=rf"another {name} than its card \(sha256 .*Fetch or export the folder"):
        load_encoder(str(folder))


@pytest.mark.parametrize("name", FILES[1:])
def test_a_missing_file_is_refused_with_advice(folder, name):
    (folder / name).unlink()
    with pytest.raises(MissingModel, match=rf"has no {name}\. Fetch or export"):
        check_files(folder)


@pytest.mark.parametrize("card", ["", "[]", "{}", '{"format": 1, "sha256": 3}'])
def test_a_card_that_cannot_be_read_is_refused(folder, card):
    (folder / "card.json").write_text(card)
    with pytest.raises(MissingModel, match="card.json that cannot be read"):
        check_files(folder)


def test_a_card_must_name_what_decides_the_vectors(folder):
    card = json.loads((folder / "card.json").read_text())
    del card["sha256"]["model.safetensors"]
    (folder / "card.json").write_text(json.dumps(card))
    with pytest.raises(MissingModel, match="another model.safetensors than its card"):
        check_files(folder)


def test_a_newer_format_is_refused_with_advice(folder):
    card = json.loads((folder / "card.json").read_text())
    (folder / "card.json").write_text(json.dumps(card | {"format": 2}))
    with pytest.raises(MissingModel, match="has format 2, this server reads 1. Install the tresen"):
        check_files(folder)


def test_without_its_folder_the_shipped_model_is_missing_with_advice(tmp_path, monkeypatch):
    monkeypatch.setattr("search.encoder.shop_files.SHIPPED", tmp_path / "none")
    with pytest.raises(MissingModel, match=r"has no card\.json\. Install tresen again"):
        load_encoder("tresen-shop-2")


def test_the_doctor_checks_the_default_encoder_and_tells_of_damage(folder, monkeypatch):
    monkeypatch.setattr("search.doctor.DEFAULT_MODEL", str(folder))
    assert encoder_finding().ok
    (folder / "model.safetensors").write_bytes(b"version https://git-lfs.github.com/spec/v1")
    assert "another model.safetensors" in encoder_finding().told


def encoder_finding():
    return next(finding for finding in examine(None) if finding.what == "encoder")


def crossing():
    tokenizer = tiny_tokenizer()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always", split=False)
    return tokenizer


def of_another_kind():
    tokenizer = tiny_tokenizer()
    tokenizer.model = models.WordLevel({"a": 0}, "a")
    return tokenizer


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"tokenizer": crossing()}, "cross words"),
        ({"tokenizer": of_another_kind()}, "not a Unigram"),
        ({"rows": tiny_rows()[:-1]}, "the table is not int8"),
        ({"rows": tiny_rows()[:, :-1]}, "the table is not int8"),
        ({"heads": {"query.inner.weight": np.zeros((3, DIMENSION))}}, "head of query is not whole"),
        ({"heads": tiny_head("query", 1) | {"query.inner.bias": np.zeros(3)}}, "head of query has shapes"),
        ({"heads": tiny_head("query", 1) | tiny_head("shared", 1)}, "heads of query, shared"),
        ({"heads": tiny_head("third", 1)}, "heads of third"),
        ({"heads": tiny_head("query", 1) | {"query.more": np.zeros(3)}}, "unknown arrays: query.more"),
    ],
)
def test_what_does_not_fit_together_is_not_written(tmp_path, changed, told):
    parts = {"tokenizer": tiny_tokenizer(), "rows": tiny_rows(), "heads": {}} | changed
    with pytest.raises(ValueError, match=told):
        write_model(tmp_path / "new", **parts, config=Config("tiny", DIMENSION))
    assert not (tmp_path / "new").exists()
