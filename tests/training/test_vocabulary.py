"""Frequent words are whole, the rest falls into parts."""

from __future__ import annotations

import pytest

from training.lexicon import read_types
from training.vocabulary import count_words, train_tokenizer, words_of_teachers


@pytest.fixture(scope="module")
def tokenizer():
    fields = [field for each in read_types() for field in (each.names, each.titles)]
    return train_tokenizer(count_words(text for field in fields for found in field.values() for text in found), 8000)


def test_a_frequent_word_is_one_piece_and_a_rare_compound_falls_into_known_parts(tokenizer):
    assert pieces(tokenizer, "Damen Schuhe") == ["damen", "schuhe"]
    assert pieces(tokenizer, "kinderregenhose") == ["kinder", "regen", "hose"]


def pieces(tokenizer, text):
    return [piece for token in tokenizer.encode(text).tokens if (piece := token.removeprefix("▁"))]


def test_case_and_punctuation_are_no_part_of_a_word(tokenizer):
    assert tokenizer.encode("DAMEN-Laufschuhe, (Jacke)!").ids == tokenizer.encode("damen laufschuhe jacke").ids
    assert count_words(["Rot, ROT; rot"]) == {"rot": 3}


def test_words_that_read_like_the_known_ones_come_first():
    known = ["schuhe", "schal", "schrank", "tasche", "flasche", "lampe", "kissen", "decke", "schere"]
    pieces = ["▁muschel", "▁xqzzy", "▁kwjxv", "▁schachtel", "teil", "▁漢字"]
    assert set(words_of_teachers(pieces, known, 2)) == {"muschel", "schachtel"}
