"""What counts as a word, and as the same word."""

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from search.text import analyze, clean, normalized_length, stem, words


@pytest.mark.parametrize(
    "same",
    [
        ["Bücher", "Buecher", "BÜCHER", "Bu\u0308cher", "buch"],
        ["Straße", "Strasse", "STRASSEN"],
        ["Schuh", "Schuhe", "schuhen"],
        ["schwarzer", "schwarzes", "schwarze", "schwarz"],
        ["Gürtel", "Guertel", "Gurtel"],
    ],
    ids=lambda same: same[0],
)
def test_german_words_that_are_the_same_are_one_term(same):
    assert len({tuple(analyze(word, "de")) for word in same}) == 1


@pytest.mark.parametrize("same", [["shirt", "shirts", "Shirts"], ["running", "runs", "run"]], ids=lambda same: same[0])
def test_english_words_that_are_the_same_are_one_term(same):
    assert len({tuple(analyze(word, "en")) for word in same}) == 1


@pytest.mark.parametrize(("one", "other"), [("Rock", "Socke"), ("Shirt", "Shorts"), ("Hose", "Hase"), ("dv7", "dv8")])
def test_different_words_stay_different(one, other):
    assert analyze(one, "de") != analyze(other, "de")


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("1,5 l", ["1.5", "l"]),
        ("43.2 Zoll", ["43.2", "zoll"]),
        ("006R90321", ["006r90321"]),
        ("DV7-1211ea", ["dv7", "1211ea"]),
        ("riemchen-pumps", ["riemch", "pumps"]),
        ("marc o'polo", ["marc", "o", "polo"]),
        ("W30/L32", ["w30", "l32"]),
        ("snake_case", ["snak", "cas"]),
        ("1,5l", ["1", "5l"]),
        ("  ", []),
        ("!?…", []),
    ],
)
def test_what_a_word_is(text, terms):
    assert analyze(text, "de") == terms


def test_a_language_without_a_stemmer_keeps_its_words():
    assert analyze("Chaussures Rouges", "xx") == ["chaussures", "rouges"]
    assert stem("laufschuhe", "xx") == "laufschuhe"


def test_words_with_digits_have_no_stem():
    assert stem("1211en", "de") == "1211en"


@given(st.text())
@example("ß" * 3)
@example("İstanbul")
@example("ﷺ")
@example("\u0308")
def test_words_stand_where_they_say(text):
    end = 0
    for word in words(text, "de"):
        assert end <= word.start < word.end <= len(text)
        assert word.text == unicodedata.normalize("NFC", text[word.start : word.end]).casefold()
        assert word.term
        end = word.end


@given(st.text(), st.sampled_from(["de", "en", "fr"]))
def test_any_text_can_be_analysed_and_case_does_not_matter(text, language):
    assert all(analyze(text, language))
    assert analyze(clean(text), language) == analyze(text, language)


@given(st.text())
def test_cleaning_twice_changes_nothing(text):
    once = clean(text)
    assert clean(once) == once
    assert once == once.strip()


@pytest.mark.parametrize("character", ["\u200b", "\u202e", "\u2066", "\ufeff", "\u00ad", "\x00", "\x7f"])
def test_invisible_characters_disappear_inside_a_word(character):
    assert clean(f"Sho{character}rts") == "Shorts"


def test_a_line_break_separates_words():
    assert clean("rote\nShorts\t\r\nblau") == "rote Shorts blau"


def test_a_character_that_grows_counts_as_what_it_becomes():
    assert normalized_length("\ufdfa") == 18
    assert normalized_length("Schuhe") == 6
