"""Compounds split into the catalogue's words.

1. Parts are words of the catalogue, in any inflection, with or without a linking letter; three letters or more.
2. The head has two letters only where it is Öl or Ei and the catalogue has it.
3. Scraps, suffixes, words that the catalogue writes far more often, and words with digits are left whole.
4. A list of the shop's own adds, changes and forbids.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.words.compounds import Splitter, read_listed

WORDS = """damen laufschuhe lauf schuh winter jacke terrasse schraube riemchen pumps wolle decke arbeit hose kind
    zimmer liebe film kokos öl oster ei hals tuch bezirk teil steil accessoire arm bar halt ung hell"""
COUNTS = dict.fromkeys(WORDS.split(), 5)


@pytest.fixture(scope="module")
def splitter():
    return Splitter(COUNTS)


@pytest.mark.parametrize(
    ("word", "parts"),
    [
        ("terrassenschrauben", ("terrasse", "schrauben")),
        ("riemchenpumps", ("riemchen", "pumps")),
        ("damenlaufschuhe", ("damen", "laufschuhe")),
        ("wolldecke", ("wolle", "decke")),
        ("arbeitshose", ("arbeit", "hose")),
        ("kinderzimmer", ("kind", "zimmer")),
        ("liebesfilm", ("liebe", "film")),
        ("halstuch", ("hals", "tuch")),
        ("kokosöl", ("kokos", "öl")),
        ("osterei", ("oster", "ei")),
        ("damenwinterjacke", ("damen", "winter", "jacke")),
    ],
)
def test_a_compound_is_the_catalogues_words(splitter, word, parts):
    assert splitter.split(word) == parts


@pytest.mark.parametrize(
    "word", ["armoire", "haltung", "haltbar", "schuh", "schuhxyz", "laufschuhe2", "", "öl", "xyzzyschuh", "damen"]
)
def test_what_is_no_compound_stays_whole(splitter, word):
    assert splitter.split(word) == ()


def test_an_ending_is_no_letter_of_a_part():
    shop = Splitter({"licht": 5, "streifen": 5, "reifen": 5})
    assert shop.split("lichtstreifen") == ("licht", "streifen")  # "lichtst" has the stem of "Licht"


def test_parts_that_are_compounds_are_split_further(splitter):
    assert splitter.leaves("damenlaufschuhe") == ("damen", "lauf", "schuhe")
    assert splitter.leaves("schuh") == ()


def test_oil_is_a_head_only_where_the_catalogue_has_it():
    assert Splitter({"kokos": 5}).split("kokosöl") == ()


def test_a_word_that_stands_far_more_often_than_its_parts_is_none():
    assert Splitter({"pul": 1, "fer": 1, "pulfer": 300}).split("pulfer") == ()
    assert Splitter({"pul": 1, "fer": 1, "pulfer": 3}).split("pulfer") == ("pul", "fer")


def test_the_more_frequent_parts_win():
    assert Splitter({"staub": 9, "ecken": 9, "stau": 1, "becken": 900}).split("staubecken") == ("stau", "becken")
    assert Splitter({"staub": 900, "ecken": 900, "stau": 1, "becken": 1}).split("staubecken") == ("staub", "ecken")


def test_the_shops_list_adds_changes_and_forbids():
    listed = read_listed("# ours\nArmoire = Arm Oire\nLaufschuhe = Lauf Schuh\nHalstuch =\n\n")
    splitter = Splitter(COUNTS, listed)
    assert splitter.split("armoire") == ("arm", "oire")
    assert splitter.split("laufschuhe") == ("lauf", "schuh")
    assert splitter.split("halstuch") == ()


def test_a_listed_word_may_be_a_part_of_itself():
    assert Splitter(COUNTS, {"schuh": ("lauf", "schuh")}).leaves("schuh") == ("lauf", "schuh")


@pytest.mark.parametrize("text", ["Armoire", "a b = c d", "laufschuhe = lauf"])
def test_a_line_that_is_no_split_is_named(text):
    with pytest.raises(ValueError, match="Line 2"):
        read_listed(f"# ours\n{text}")


@given(st.lists(st.sampled_from(WORDS.split()), min_size=1, max_size=4), st.text("enrsabc", max_size=3))
def test_every_part_is_the_catalogues_word_and_the_head_ends_the_word(parts, tail):
    splitter, word = Splitter(COUNTS), "".join(parts) + tail
    split = splitter.split(word)
    assert not split or (len(split) in (2, 3) and word.endswith(split[-1]))
