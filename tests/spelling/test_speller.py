"""Queries against a small catalogue of which every product is known: what is corrected, what is asked, what stays.

1. A word with hits, a digit or quotes, a brand, a stop word, a short word: never read as another.
2. A sure reading is searched for, an unsure one is proposed; a far one is neither.
3. The other words of the query decide between near words: what is sold together.
4. Two words may be one and one may be two.
5. A compound of known words is not misspelt.
6. What only sounds alike is the last resort.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.settings import Settings, Spelling
from search.spelling.channel import Reading, choose, score
from search.spelling.corrector import SymSpellCorrector
from search.spelling.speller import Context, Speller
from search.text import words
from search.types import apply_corrections
from tests.stand_ins import Shelf

#: text of a product, how many there are of it
SOLD = {
    "rock damen schwarz": 60,
    "rock herren": 2,
    "socke herren": 90,
    "shirt damen": 400,
    "laufschuhe damen": 80,
    "laufschuhe herren": 80,
    "sonnencreme lotion": 200,
    "farbe wand weiss": 200,
    "faser teppich": 200,
    "wein flasche rot": 30,
    "café tasse": 30,
    "kinder jacke": 25,
    "jacke winter": 25,
    "bilderbuch": 400,
    "buch kinder": 8,
    "dv7 laptop": 30,
    "shrit": 1,
}


SHELF = Shelf(SOLD)
SPELLER = Speller(SymSpellCorrector(SHELF.counts), Spelling())


def read(text, speller=SPELLER, kept=()):
    """What is searched for, and what is asked ("" for nothing)."""
    spelled = speller.spell(text, "de", SHELF, frozenset(kept))
    searched = apply_corrections(text, spelled.corrections)
    asked = apply_corrections(text, (*spelled.corrections, *spelled.proposals))
    return searched, asked if spelled.proposals else ""


@pytest.mark.parametrize(
    "text",
    [
        "rock",
        "socke",
        "dv8",
        "shirt2",
        "LF14-shritt",
        '"shritt"',
        "„shritt damen“",
        "für",
        "xk",
        "hos",
        "rto",
        "quarkstrudel",
        "",
    ],
)
def test_what_is_never_read_as_another(text):
    assert read(text) == (text, "")


def test_a_word_that_is_understood_stays():
    assert read("shirtt damen", kept=["shirtt"]) == ("shirtt damen", "")
    assert read("shirtt damen") == ("shirt damen", "")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("shitr", "shirt"),
        ("laufshcuhe damen", "laufschuhe damen"),
        ("Damen Lafschuhe", "Damen laufschuhe"),
        ("sonnenkreme", "sonnencreme"),
        ("cafe tasse", "café tasse"),
        ("shrit damen", "shirt damen"),  # although a product holds it
    ],
)
def test_a_sure_reading_is_searched_for(typed, meant):
    assert read(typed) == (meant, "")


def test_an_unsure_reading_is_proposed_and_a_far_one_is_not():
    assert read("wain") == ("wain", "wein")
    assert read("quilderbux") == ("quilderbux", "")


def test_how_sure_a_reading_has_to_be_is_set():
    strict = Speller(SPELLER.corrector, Spelling(sure=1.0))
    assert read("shitr", strict) == ("shitr", "shirt")
    silent = Speller(SPELLER.corrector, Spelling(sure=1.0, propose=1.0))
    assert read("shitr", silent) == ("shitr", "")
    bold = Speller(SPELLER.corrector, Spelling(sure=0.0, margin=0.0, propose=0.0))
    assert read("wain", bold) == ("wein", "")


@pytest.mark.parametrize(("typed", "meant"), [("wand fabe", "wand farbe"), ("teppich fasr", "teppich faser")])
def test_what_is_sold_together_decides(typed, meant):
    assert read(typed)[0] == meant


def test_without_the_weight_of_the_hits_the_other_words_do_not_matter():
    shelf = Shelf({"tasse haus": 30, "tasche leder": 30})
    for gamma, differ in ((1.0, True), (0.0, False)):
        speller = Speller(SymSpellCorrector(shelf.counts), Spelling(gamma=gamma, propose=0.0))
        with_house, with_leather = (speller.spell(text, "de", shelf) for text in ("haus tase", "leder tase"))
        probabilities = [(found.corrections + found.proposals)[0].probability for found in (with_house, with_leather)]
        assert (probabilities[0] != probabilities[1]) is differ


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("kinderjacke", "kinder jacke"),
        ("laufschuhedamen", "laufschuhe damen"),
        ("lauf schuhe", "laufschuhe"),
        ("sonnen creme lotion", "sonnencreme lotion"),
    ],
)
def test_one_word_may_be_two_and_two_may_be_one(typed, meant):
    assert read(typed)[0] == meant


@pytest.mark.parametrize("typed", ["winterrock", "jacke winter", "rock damen", "lauf-schuhe"])
def test_words_are_not_split_or_joined_that_are_not_sold_so(typed):
    assert read(typed)[0] == typed


def test_a_compound_of_known_words_is_not_misspelt():
    typed = "bildebuch"  # one edit from Bilderbuch, and, to this analysis, a compound
    assert read(typed)[0] == "bilderbuch"
    analysed = Speller(SPELLER.corrector, SPELLER.settings, lambda word, language: ["kinder", "buch"])
    assert read(typed, analysed)[0] == typed


def test_what_only_sounds_alike_is_the_last_resort_and_needs_the_same_letters_in_short_words():
    assert "rock damen" in read("rok damen")
    assert read("rog damen") == ("rog damen", "")
    assert read("soque")[1] == "socke"


def test_hits_count_products_with_the_other_words_more():
    context = Context(SHELF, ["dam", "schwarz"])
    assert context.hits(["rock"]) == pytest.approx(60)
    assert context.hits(["shirt"]) == pytest.approx(400 / 4)
    assert Context(SHELF, []).hits(["rock"]) == 62
    assert Context(SHELF, []).hits(["rock", "herr"]) == 2


def test_readings_of_one_stem_count_together():
    typed = Reading("shrit", ("shrit",), 0, 0.0, 0, 0.0, known=False)
    one = [Reading("shirt", ("shirt",), 1, 0.7, 20, 20.0), Reading("sprit", ("sprit",), 1, 0.85, 20, 20.0)]
    more = [*one, Reading("shirts", ("shirt",), 2, 1.2, 20, 20.0)]
    alone, together = choose(typed, one, Spelling()), choose(typed, more, Spelling())
    assert together.reading == alone.reading
    assert together.probability > alone.probability
    assert together.margin > alone.margin
    assert choose(typed, [Reading("shrits", ("shrit",), 1, 0.5, 9, 9.0)], Spelling()) is None


def test_longer_words_are_seldom_right_and_unknown():
    short, long = (Reading(text, (text,), 0, 0.0, 0, 0.0, known=False) for text in ("wain", "sonnenkreme"))
    assert score(short, Spelling()) > score(long, Spelling())


@given(st.text(alphabet='abcdeorkshitznuücß "„“0123-', max_size=30))
def test_whatever_is_typed_only_doubtful_words_change_and_the_rest_stays_in_its_place(text):
    spelled = SPELLER.spell(text, "de", SHELF)
    for item in (*spelled.corrections, *spelled.proposals):
        assert text[item.start :].startswith(item.original)
        assert not any(character.isdigit() for character in item.original)
        assert 0 < item.probability <= 1
        assert item.distance >= 1
        assert any(SHELF.document_frequency(word.term) for word in words(item.corrected, "de"))
    assert apply_corrections(text, ()) == text


def test_spelling_settings_reach_the_speller(open_shop):
    off, on = (
        open_shop(settings=Settings().but(spelling={"sure": sure, "margin": 0.0})).generation.pipeline
        for sure in (1.0, 0.3)
    )
    assert not off.understanding.understand("Shrit").corrections
    assert on.understanding.understand("Shrit").corrections
