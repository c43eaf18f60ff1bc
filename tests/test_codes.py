"""Codes are told from words and measures, whatever separators are written."""

import pytest

from search.words.codes import code_terms, codes_in, is_code


@pytest.mark.parametrize("text", ["FD2722001", "fd2722-001", "FD 2722-001", "fd2722.001", "FD_2722/001"])
def test_separators_are_ignored(text):
    assert "fd2722001" in [code.key for code in codes_in(text)]


@pytest.mark.parametrize("text", ["laufschuhe", "2024", "500ml", "55zoll", "w30", ""])
def test_words_years_and_measures_are_no_codes(text):
    assert not is_code(text)


def test_a_comma_ends_a_code():
    assert "fd2722001" not in [code.key for code in codes_in("FD2722, 001")]


def test_a_text_has_the_codes_that_are_written_in_one_piece():
    assert code_terms("HP DV7-1211ea Notebook, 43 cm, EAN 4006381333931") == ["#dv71211ea", "#4006381333931"]
