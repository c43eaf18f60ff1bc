"""Kept deletes find what symspellpy finds."""

import random
import string

import pytest
from symspellpy import Verbosity

from search.spelling import deletes
from search.spelling.corrector import SymSpellCorrector
from search.spelling.deletes import LEAST_KEPT, symspell_of


def made_words(count, seed=1):
    chance = random.Random(seed)
    return {"".join(chance.choices(string.ascii_lowercase[:9], k=chance.randint(3, 10))): n + 1 for n in range(count)}


WORDS = made_words(LEAST_KEPT + 2_000)


def found(symspell, text):
    return [
        (item.term, item.distance, item.count) for item in symspell.lookup(text, Verbosity.ALL, max_edit_distance=2)
    ]


@pytest.fixture
def kept(tmp_path):
    symspell_of(WORDS, 2, tmp_path)
    return symspell_of(WORDS, 2, tmp_path)  # the second time they are mapped


def test_what_is_kept_finds_what_is_worked_out(kept):
    fresh = symspell_of(WORDS, 2)
    for text in (*list(WORDS)[::50], *made_words(200, seed=2)):
        assert found(kept, text) == found(fresh, text)


def test_the_second_start_works_nothing_out(kept, tmp_path, monkeypatch):
    monkeypatch.setattr(deletes, "_made", None)
    assert found(symspell_of(WORDS, 2, tmp_path), next(iter(WORDS)))


def test_other_words_and_other_settings_have_their_own(kept, tmp_path):
    others = {**WORDS, "zzzyx": 1}
    assert found(symspell_of(others, 2, tmp_path), "zzzyx")[0][0] == "zzzyx"
    assert symspell_of(WORDS, 1, tmp_path).lookup("zzzyx", Verbosity.ALL, max_edit_distance=1) == []
    assert len(list(tmp_path.iterdir())) == 3


def test_a_damaged_file_is_made_anew(kept, tmp_path):
    path = next(tmp_path.glob("*/words.npy"))
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 255
    path.write_bytes(data)
    fresh = symspell_of(WORDS, 2)
    mended = symspell_of(WORDS, 2, tmp_path)
    assert all(found(mended, word) == found(fresh, word) for word in list(WORDS)[::50])


def test_only_the_latest_are_kept(tmp_path):
    for more in range(deletes.MOST_KEPT + 3):
        symspell_of({**WORDS, "x" * (more + 3): 1}, 1, tmp_path)
    assert len(list(tmp_path.iterdir())) == deletes.MOST_KEPT


def test_a_folder_that_cannot_be_written_is_no_trouble(tmp_path):
    (tmp_path / "file").write_text("no folder")
    assert found(symspell_of(WORDS, 2, tmp_path / "file"), next(iter(WORDS)))


def test_a_corrector_corrects_alike_with_and_without(tmp_path):
    plain = SymSpellCorrector(WORDS)
    for _ in range(2):
        kept = SymSpellCorrector(WORDS, cache=tmp_path)
        assert all(kept.near(word) == plain.near(word) for word in made_words(60, seed=3))
