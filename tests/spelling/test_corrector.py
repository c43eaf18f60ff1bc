"""Corrections over a catalogue's words: near words only, frequent ones first, never a word with digits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.spelling.corrector import SymSpellCorrector, edits_allowed

COUNTS = {
    "shirt": 200,
    "shirts": 40,
    "shorts": 90,
    "socke": 500,
    "rock": 1,
    "hose": 80,
    "laufschuhe": 30,
    "gürtel": 12,
    "strasse": 3,
    "dv7": 9,
    "xl": 99,
}
CORRECTOR = SymSpellCorrector(COUNTS)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("shrit", ("shirt", 1)),
        ("shitr", ("shirt", 1)),
        ("shirtt", ("shirt", 1)),
        ("shorst", ("shorts", 1)),
        ("gurtel", ("gürtel", 1)),
        ("laufschue", ("laufschuhe", 1)),
        ("laufschuehe", ("laufschuhe", 1)),
        ("lafschuhhe", ("laufschuhe", 2)),
    ],
)
def test_swapped_missing_doubled_and_wrong_letters(typed, meant):
    assert CORRECTOR.correct(typed) == meant


def test_rock_is_never_read_as_socke():
    assert CORRECTOR.correct("rock") is None
    assert SymSpellCorrector({"socke": 500}).correct("rock") is None
    assert SymSpellCorrector({"rock": 500, "socken": 500}).correct("sockn") == ("socken", 1)


@pytest.mark.parametrize("typed", ["dv8", "shirt2", "4oo6", "42", "1,5"])
def test_words_with_digits_are_never_corrected_nor_proposed(typed):
    assert CORRECTOR.correct(typed) is None


@pytest.mark.parametrize("typed", ["x", "xk", "hos", "rto"])
def test_words_of_up_to_three_letters_stay(typed):
    assert CORRECTOR.correct(typed) is None


@pytest.mark.parametrize("typed", ["hosenträgerx", "qqqqqqqq", "waschmaschine"])
def test_words_without_a_neighbour_stay(typed):
    assert CORRECTOR.correct(typed) is None


def test_of_equally_near_words_the_most_frequent_is_proposed_then_the_first_by_letter():
    assert SymSpellCorrector({"hase": 3, "hose": 80, "hise": 3}).correct("hxse") == ("hose", 1)
    assert SymSpellCorrector({"hose": 3, "hase": 3}).correct("hxse") == ("hase", 1)


def test_a_misspelt_word_that_a_feed_holds_has_a_proposal_too():
    assert SymSpellCorrector({"shrit": 1, "shirt": 200}).correct("shrit") == ("shirt", 1)


def test_a_word_is_never_proposed_for_itself():
    assert SymSpellCorrector({"shirt": 200}).correct("shirt") is None


def test_fewer_edits_can_be_allowed():
    assert SymSpellCorrector(COUNTS, max_edits=1).correct("lafschuhhe") is None
    assert SymSpellCorrector(COUNTS, max_edits=0).correct("shrit") is None


def test_an_empty_catalogue_corrects_nothing():
    assert SymSpellCorrector({}).correct("shrit") is None


@given(st.text(max_size=20))
def test_whatever_is_typed_the_proposal_is_a_known_word_within_the_edits(word):
    proposal = CORRECTOR.correct(word)
    if proposal is not None:
        better, edits = proposal
        assert better in COUNTS
        assert better != word
        assert 1 <= edits <= max(edits_allowed(word), 1)
