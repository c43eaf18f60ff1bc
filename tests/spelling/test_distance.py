"""What fingers and ears often do costs less than what they seldom do."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.spelling import distance
from search.spelling.distance import typing_distance
from search.spelling.keyboard import neighbours

DE, EN = neighbours("de"), neighbours("en")


@pytest.mark.parametrize(
    ("typed", "meant", "cost"),
    [
        ("guertel", "gürtel", distance.UMLAUT),
        ("gürtel", "guertel", distance.UMLAUT),
        ("gurtel", "gürtel", distance.UMLAUT),
        ("shirtt", "shirt", distance.DOUBLING),
        ("zahnpassta", "zahnpasta", distance.DOUBLING),
        ("rok", "rock", distance.SOUND),
        ("müze", "mütze", distance.SOUND),
        ("shrit", "shirt", distance.SWAPPED),
        ("laufschue", "laufschuhe", distance.LETTER),
        ("shiert", "shirt", distance.LETTER),
        ("shqrt", "shirt", distance.OTHER),
        ("shart", "shirt", distance.NEIGHBOUR),  # a vowel for a vowel
        ("hirt", "shirt", distance.LETTER + distance.FIRST),
        ("hsirt", "shirt", distance.SWAPPED + distance.FIRST),
        ("lafschuehe", "laufschuhe", 2 * distance.LETTER),
        ("", "abc", 3 * distance.LETTER + distance.FIRST),
    ],
)
def test_each_edit_has_its_cost(typed, meant, cost):
    assert typing_distance(typed, meant, DE) == pytest.approx(cost)


def test_neighbouring_keys_are_those_of_the_languages_keyboard():
    assert typing_distance("gazn", "gatn", DE) < typing_distance("gaxn", "gatn", DE)
    assert typing_distance("shirz", "shirt", DE) < typing_distance("shirz", "shirt", EN)
    assert typing_distance("shiry", "shirt", EN) < typing_distance("shiry", "shirt", DE)


@given(st.text("abkmnoürtz", max_size=9), st.text("abkmnoürtz", max_size=9))
def test_it_is_a_distance_zero_only_for_the_same_word_and_the_same_both_ways(one, other):
    found = typing_distance(one, other, DE)
    assert (found == 0) == (one == other)
    assert found == pytest.approx(typing_distance(other, one, DE))
    assert found <= (len(one) + len(other)) * (distance.LETTER + distance.FIRST) + 1e-6
