"""Queries get the slices that a person would put them in.

1. Head, torso and tail by demand; words, language, model numbers, compounds, misspelt words, zero hits, overlap.
2. A size, an amount or a plug is no model number; a word of the catalogue is never misspelt.
3. The shop's own slices: a list of ids or texts, or a regular expression; a broken one is named.
"""

import pytest

from eval.slices import Slicer, by_demand, own_slice
from search.errors import BadInput


@pytest.fixture(scope="module")
def slicer(snapshot):
    return Slicer(snapshot)


def of(slicer, text, language="de", judged=None):
    return set(slicer.slices("q", text, language, judged))


def test_half_of_all_requests_is_the_head():
    assert by_demand({"a": 40, "b": 30, "c": 20, "d": 9, "e": 1}) == {
        "a": "head",
        "b": "head",
        "c": "torso",
        "d": "tail",
        "e": "tail",
    }
    assert by_demand({}) == {}


def test_demand_is_told_where_it_is_known(snapshot):
    slicer = Slicer(snapshot, {"q1": 90, "q2": 10})
    assert "head" in slicer.slices("q1", "Shorts", "de")
    assert {"head", "torso", "tail"}.isdisjoint(slicer.slices("q3", "Shorts", "de"))


def test_words_and_language_are_told(slicer):
    assert of(slicer, "Laufschuhe") >= {"1 word", "de"}
    assert of(slicer, "red  shoes for women", "en") >= {"4+ words", "en"}


@pytest.mark.parametrize("text", ["FD2722-001", "WH1000XM5", "006R90321", "pegasus 4006381333931"])
def test_model_numbers_are_found(slicer, text):
    assert "model number" in of(slicer, text.replace("-", " ") if text == "FD2722-001" else text)


@pytest.mark.parametrize(
    "text", ["55 Zoll", "500ml", "W32", "xxl", "128 GB", "20cm Pfanne", "e27 lampe", "3 in 1", "powerbank 20000 mah"]
)
def test_sizes_and_amounts_are_no_model_numbers(slicer, text):
    assert "model number" not in of(slicer, text)


def test_a_compound_is_two_of_the_catalogues_words(snapshot, slicer):
    assert {"laptop", "schwarz"} <= set(snapshot.words.counts)
    assert slicer.split("laptopschwarz") == ("laptop", "schwarz")
    assert "compound" in of(slicer, "Laptopschwarz")
    assert "compound" not in of(slicer, "laptopschwarz", "en")
    assert slicer.split("laptop") == ()


def test_a_misspelt_word_has_a_near_one(slicer):
    assert "misspelt" in of(slicer, "Lapptop")
    assert "misspelt" not in of(slicer, "Laptop")
    assert "misspelt" not in of(slicer, "Xyzzyqwertz")


def test_zero_hits_is_no_word_found(slicer):
    assert "zero hits" in of(slicer, "Xyzzyqwertz")
    assert "zero hits" not in of(slicer, "Laptop Xyzzyqwertz")


def test_overlap_is_with_the_relevant_products(snapshot, slicer):
    row = int(snapshot.lexical("de").matching("laptop")[0])
    laptop = snapshot.documents.product(row).id
    assert "overlap full" in of(slicer, "Laptop", judged={laptop: 3})
    assert "overlap none" in of(slicer, "Xyzzyqwertz", judged={laptop: 3, "shoes-men-blue": 0})
    assert "overlap some" in of(slicer, "Laptop Xyzzyqwertz", judged={laptop: 3})


def test_the_shops_own_slices(snapshot, tmp_path):
    (tmp_path / "list.txt").write_text("Q1\nrote Schuhe\n", encoding="utf-8")
    own = (own_slice("campaign", tmp_path / "list.txt"), own_slice("shoes", regex="schuh"))
    slicer = Slicer(snapshot, own=own)
    assert {"campaign", "shoes"} <= set(slicer.slices("q9", "Rote Schuhe", "de"))
    assert "campaign" in slicer.slices("q1", "Hose", "de")
    assert {"campaign", "shoes"}.isdisjoint(slicer.slices("q2", "Hose", "de"))


def test_a_broken_slice_is_named(tmp_path):
    with pytest.raises(BadInput, match="no regular expression") as caught:
        own_slice("broken", regex="(")
    assert caught.value.place == "slices.broken"
    with pytest.raises(BadInput, match="cannot be read"):
        own_slice("gone", tmp_path / "gone.txt")
