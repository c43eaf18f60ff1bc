"""Numbers with units are one measure, however they are written."""

import pytest

from search.words.measures import measures, read_number


def of(text, language="de"):
    return [measure.terms for measure in measures(text, language)]


@pytest.mark.parametrize(
    "same",
    [
        ["55 Zoll", '55"', "55 inch", "55-Zoll", "55zoll", "55 ″"],
        ["1,5 l", "1.5 l", "1.500 ml", "1500ml", "1500 ml", "150 cl", "1,50 Liter"],
        ["2 x 500 g", "2x500g", "2 × 0,5 kg"],
        ["1,8 m", "180 cm", "1800mm"],
    ],
    ids=lambda same: same[0],
)
def test_the_same_measure_is_one_term(same):
    assert len({tuple(of(text)) for text in same}) == 1
    assert of(same[0])


@pytest.mark.parametrize("text", ["3 in 1", "iPhone 15", "5 Minuten", "v2ml", "12.05.2024", "m", "Größe 42", "1.2.3 l"])
def test_what_is_no_measure_is_left_alone(text):
    assert of(text) == []


def test_different_measures_differ():
    assert of("500 ml") != of("500 g") != of("50 g")


def test_a_pack_is_also_the_measure_of_one():
    assert of("6 x 1,5 l") == [("=6x1500ml", "=1500ml")]


def test_thousands_go_by_the_language():
    assert of("1.500 ml", "de") == of("1,500 ml", "en") == [("=1500ml",)]
    assert of("1.500 l", "en") == [("=1500ml",)]
    assert read_number("0.750", "de") == read_number("0,750", "en")
