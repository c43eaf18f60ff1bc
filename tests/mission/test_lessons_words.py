"""What other engines' users complain of in words: compounds, umlauts, numbers, codes, typos. Each test opens with the
thread that it answers; `test_lessons_of_peers.py` has the whole list."""

import unicodedata

import pytest

from search.settings import Settings
from search.suggest import Suggester
from search.types import Product
from tests.mission.german_compounds import SPLITS, VOCABULARY, WHOLE
from tests.mission.shelves import ask, found, open_pipeline, titled

#: Corrects whatever it can: what is still not corrected is held back by something else than doubt.
BOLD = {"sure": 0.0, "margin": 0.0, "propose": 0.0}

HARDWARE = {
    "terrace": "Edelstahl Terrassenschrauben 5x60",
    "screw": "Schraube aus Stahl",
    "terrasse": "Leuchte für die Terrasse",
    "steel": "Edelstahl Pflege",
}
HALLS = {
    "hall": "Sporthalle Nord",
    "sport": "Ball für Sport",
    "halle": "Halle aus Stahl",
    "wallbox": "Wallbox fürs Auto",
    "wall": "Wall aus Stein",
    "box": "Box aus Holz",
    "e": "E Bike",
    "en": "En Vogue",
}


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    """opened(titles or products, spelling={…}) -> a pipeline over them, without a model."""

    def open_shop(products, **sections):
        products = titled(products) if isinstance(products, dict) else products
        return open_pipeline(tmp_path_factory.mktemp("shop"), products, Settings().but(**sections))

    return open_shop


# --- compounds -------------------------------------------------------------------------------------


def test_compounds_are_found_by_their_parts_without_any_setting_wherever_they_stand(opened):
    """typesense#2486: compounds are on by default, and not in the first word only."""
    assert found(opened(HARDWARE), "schraube") == ["screw", "terrace"]
    assert found(opened(HARDWARE, lexical={"parts": 0.0}), "schraube") == ["screw"]


@pytest.mark.parametrize(("typed", "parts"), [("sporthalle", ("sport", "halle")), ("wallboxen", ())])
def test_a_split_leaves_no_scraps(opened, typed, parts):
    """charabia#367: sporthalle is sport and halle, never sport, hall, e; wallboxen is no wall, box, en."""
    shop = opened(HALLS)
    assert shop.snapshot.analyzer("de").splitter.split(typed) == parts
    [sought] = shop.understanding.understand(typed).sought
    assert {"e", "en"}.isdisjoint(sought.all_terms())


def test_a_compound_keeps_its_whole_and_is_marked_as_a_whole(opened):
    """charabia#367: wrong hits and highlights. The whole word stays a term, first and highlighted as one."""
    shop = opened(HALLS)
    [hit] = ask(shop, "sporthalle").hits
    assert (hit.id, hit.highlights) == ("hall", {"title": [(0, 10)]})
    assert found(shop, "wallboxen") == ["wallbox"]
    assert found(shop, "e") == ["e"]
    assert found(shop, "en") == ["en"]
    assert found(shop, "halle") == ["halle", "hall"]


def test_feuchteschutz_is_feuchte_and_schutz_or_a_word(opened):
    """charabia#359: Feuchteschutz was cut in bigrams, "Fe uc ht es"."""
    both = opened({"guard": "Feuchteschutz", "wet": "Feuchte Tücher", "safe": "Schutz Folie", "fe": "Fe ht uc"})
    assert both.snapshot.analyzer("de").splitter.split("feuchteschutz") == ("feuchte", "schutz")
    assert found(both, "feuchteschutz") == ["guard"]
    alone = opened({"guard": "Feuchteschutz", "fe": "Fe ht uc Es"})
    assert alone.snapshot.analyzer("de").splitter.split("feuchteschutz") == ()
    assert found(alone, "fe") == ["fe"]


@pytest.fixture(scope="module")
def small_shop(opened):
    """A product for each word of the regression set's vocabulary, called by it."""
    return opened([Product(id=f"{word}-1", title={"de": word}) for word in VOCABULARY], spelling={"enabled": False})


@pytest.mark.parametrize(("word", "parts"), SPLITS.items())
def test_german_compounds_are_split_as_people_split_them(small_shop, word, parts):
    """charabia#359, #360: a regression set of German compounds, each into words of the shop or not at all."""
    assert small_shop.snapshot.analyzer("de").splitter.split(word) == tuple(parts.split())


@pytest.mark.parametrize("word", WHOLE)
def test_words_that_only_look_like_compounds_stay_whole(small_shop, word):
    """charabia#367: a part is a word of the catalogue, of three letters or more."""
    assert small_shop.snapshot.analyzer("de").splitter.split(word) == ()


@pytest.mark.parametrize("word", [word for word, parts in SPLITS.items() if parts])
def test_a_compound_that_no_product_holds_finds_what_its_head_names(small_shop, word):
    """typesense#2486: through the search itself: the product called by the compound's head is found."""
    heads = [hit.id for hit in ask(small_shop, word).hits]
    assert any(SPLITS[word].split()[-1].startswith(id.partition("-")[0].casefold()[:4]) for id in heads), heads


def test_the_catalogue_is_the_dictionary(opened):
    """OpenSearch#1279: no dictionary to find. Words that no dictionary has are split where the shop sells the parts."""
    made_up = {"z": "Zwirbel blau", "g": "Gnuffel rot"}
    assert found(opened(made_up), "Zwirbelgnuffel") == ["g"]
    assert found(opened({"z": "Zwirbel blau"}), "Zwirbelgnuffel") == []
    assert opened({"x": "Terrassenschrauben"}).snapshot.analyzer("de").splitter.split("terrassenschrauben") == ()


def test_schraube_finds_terrassenschrauben_and_the_shops_own_list_is_obeyed(tmp_path):
    """shopware#15630: "schraube" finds "Terrassenschrauben"; the list of splits is a file of the shop."""
    assert "terrace" in found(open_pipeline(tmp_path / "learned", titled(HARDWARE)), "schraube")
    (tmp_path / "edited").mkdir()
    (tmp_path / "edited" / "compounds.txt").write_text("Terrassenschrauben =\nEdelstahl = Edel Stahl\n")
    edited = open_pipeline(tmp_path / "edited", titled(HARDWARE))
    assert found(edited, "schraube") == ["screw"]
    assert set(found(edited, "stahl")) == {"screw", "steel", "terrace"}


def test_armoire_is_never_found_by_accessoire(opened):
    """elasticsuite#2543: n-grams instead of compounds found "armoire" by "accessoire"."""
    shop = opened({"bag": "Accessoire fürs Haar", "wardrobe": "Armoire aus Holz", "arm": "Arm Band"}, spelling=BOLD)
    assert found(shop, "armoire") == ["wardrobe"]
    assert found(shop, "accessoire") == ["bag"]
    assert found(shop, "arm") == ["arm"]
    assert found(shop, "oire") == []


# --- umlauts ---------------------------------------------------------------------------------------

BOOKS = {
    "1-folded": "Buch Eins",
    "2-transcribed": "Buecher Eins",
    "3-exact": "Bücher Eins",
    "4-cloud": "Über den Wolken",
}


@pytest.mark.parametrize(
    ("typed", "order"),
    [
        ("Büch", ["3-exact", "2-transcribed", "1-folded"]),
        ("Bücher", ["3-exact", "2-transcribed", "1-folded"]),
        (unicodedata.normalize("NFD", "Bücher"), ["3-exact", "2-transcribed", "1-folded"]),
        ("BÜCHER", ["3-exact", "2-transcribed", "1-folded"]),
        ("Buecher", ["2-transcribed", "3-exact", "1-folded"]),
    ],
)
def test_an_umlaut_as_typed_comes_before_transcribed_before_folded(opened, typed, order):
    """typesense#887: "Büch" showed Buch before Bücher, and needed a locale. All are found, ranked so, unasked."""
    assert found(opened(BOOKS), typed) == order


@pytest.mark.parametrize("typed", ["Uber", "uber", "Ueber", "über", "u\u0308ber"])
def test_uber_finds_ueber(opened, typed):
    """lucene#11733: German wants ä = ae; "Uber" finds "über"."""
    shop = opened(BOOKS)
    assert found(shop, typed) == ["4-cloud"]
    assert set(found(shop, "Bucher")) == {"1-folded", "2-transcribed", "3-exact"}


# --- numbers and codes -----------------------------------------------------------------------------

OFFICE = {"2000": "Office 2000", "2010": "Office 2010", "other": "Buch 1999"}


@pytest.mark.parametrize("typed", ["2001", "200", "20000", "Office2001"])
def test_a_number_is_never_read_as_another(opened, typed):
    """meilisearch#3999: 2001 found 2000. Numbers are never fuzzy, however bold the corrector."""
    answer = ask(opened(OFFICE, spelling=BOLD), typed)
    assert not answer.hits
    assert answer.query.corrected is None
    assert answer.query.proposed is None


def test_beside_a_word_another_number_is_no_match_either(opened):
    """meilisearch#3999: of "Office 2001" the products hold one word, all the same one; their numbers count nothing."""
    hits = ask(opened(OFFICE, spelling=BOLD), "Office 2001").hits
    assert {hit.id for hit in hits} == {"2000", "2010"}
    assert len({hit.score for hit in hits}) == 1
    assert all(hit.highlights == {"title": [(0, 6)]} for hit in hits)


CODED = {
    "pen-2": ("Stift mit Mine", "VB-PEN-002"),
    "pen-3": ("Stift mit Mine", "VB-PEN-003"),
    "toner-m": ("Toner schwarz", "m5799"),
    "toner-1": ("Toner schwarz", "15799"),
}


@pytest.fixture(scope="module")
def coded(opened):
    """A shop of model numbers that are one character apart, with a corrector that corrects whatever it can."""
    return opened([Product(id=id, title={"de": title}, mpn=mpn) for id, (title, mpn) in CODED.items()], spelling=BOLD)


@pytest.mark.parametrize(
    ("typed", "id"),
    [
        ("m5799", "toner-m"),
        ("M-5799", "toner-m"),
        ("15799", "toner-1"),
        ("VB-PEN-003", "pen-3"),
        ("VB-PEN-002", "pen-2"),
        ("VBPEN003", "pen-3"),
        ("vb pen 003", "pen-3"),
        ("vb.pen/002", "pen-2"),
    ],
)
def test_a_model_number_finds_its_product_alone_whatever_its_separators(coded, typed, id):
    """typesense#278, #312, #262, #1555: m5799 returned 15799, VB-PEN-003 stood above VB-PEN-002."""
    answer = ask(coded, typed)
    assert [hit.id for hit in answer.hits] == [id]
    assert answer.hits[0].score == 1.0
    assert answer.query.corrected is None


@pytest.mark.parametrize("typed", ["m5798", "25799", "5799m", "VBPEN004", "VXPEN003"])
def test_another_model_number_finds_none(coded, typed):
    """typesense#278: model numbers are matched exactly or by their beginning, never by likeness."""
    answer = ask(coded, typed)
    assert not answer.hits
    assert answer.query.corrected is None


@pytest.mark.parametrize(("typed", "word"), [("schw4arz", "schwarz"), ("sti4ft", "stift")])
def test_a_word_with_a_digit_is_never_corrected(coded, typed, word):
    """typesense#262, #312: typo tolerance could not be kept off model numbers. A digit keeps the corrector away."""
    answer = ask(coded, typed)
    assert (answer.query.corrected, answer.query.proposed) == (None, None)
    without = ask(coded, typed.translate(str.maketrans("4", "x")))  # the same edit, by a letter
    assert without.query.corrected.text == word


def test_the_beginning_of_a_model_number_finds_all_that_begin_so(coded):
    """typesense#1555: exact, or a prefix."""
    assert set(found(coded, "VBPEN00")) == {"pen-2", "pen-3"}


# --- typos -----------------------------------------------------------------------------------------


def test_a_beginning_that_is_shared_is_no_typo(opened):
    """meilisearch#1358, #6479: "greece" gave "greener". Edits are spent on the whole word, not on a prefix."""
    shop = opened({"green": "Greener Cleaner", "more": "Greener Sponge"}, spelling=BOLD)
    answer = ask(shop, "greece")
    assert (answer.hits, answer.query.corrected, answer.query.proposed) == ([], None, None)
    suggester = Suggester(shop.snapshot, shop.declared.popularity, shop.understanding.corrector)
    assert suggester.suggest("greece", "de") == []
    assert suggester.suggest("gree", "de")


def test_the_answer_says_which_word_was_read_as_which_and_how_far(open_shop):
    """meilisearch#6479, typesense#2957: the answer names the edit that matched."""
    shop = open_shop(spelling=BOLD).generation.pipeline
    read = ask(shop, "rotes Shrit").query.corrected
    [word] = read.words
    assert (word.original, word.corrected, word.distance) == ("Shrit", "shirt", 1)
    assert (read.original, read.text) == ("rotes Shrit", "rotes shirt")
    assert ask(shop, "rotes Shrit", correct=False).query.corrected is None


NAMES = {
    "carry": "Carry Tasche",
    "harry-1": "Harry Buch",
    "harry-2": "Harry Tasse",
    "harry-3": "Harry Hut",
    "shirt-1": "Shirt Rot",
    "shirt-2": "Shirt Blau",
    "shirt-3": "Shirt Gelb",
    "skirt": "Skirt Rot",
}


def test_a_word_of_the_catalogue_is_no_typo_of_a_more_frequent_one(opened):
    """typesense#886, #242: carry is also one letter from harry. What is there as typed is found, and nothing else."""
    titles = {f"harry-{n}": "Harry Hut" for n in range(200)} | {"carry-1": "Carry Tasche", "carry-2": "Carry Korb"}
    cheap = {**BOLD, "beta": 1.0}  # an edit costs next to nothing
    answer = ask(opened(titles, spelling=cheap), "carry")
    assert {hit.id for hit in answer.hits} == {"carry-1", "carry-2"}
    assert answer.query.corrected is None
    doubting = opened(titles, spelling={**cheap, "hardly_any": 2})
    assert ask(doubting, "carry").query.corrected.text == "harry"


@pytest.mark.parametrize(("sold", "meant"), [({"shirt": 9, "skirt": 1}, "shirt"), ({"shirt": 1, "skirt": 9}, "skirt")])
def test_of_two_readings_the_more_frequent_one_is_meant(opened, sold, meant):
    """typesense#298, #309: corrections know what the shop sells: "sxirt" is as far from shirt as from skirt."""
    titles = {f"{word}-{n}": f"{word} Nr" for word, times in sold.items() for n in range(times)}
    answer = ask(opened(titles, spelling=BOLD), "sxirt")
    assert answer.query.corrected.text == meant
    assert {hit.id.partition("-")[0] for hit in answer.hits} == {meant}


def test_the_exact_word_stands_above_what_only_a_correction_would_find(opened):
    """typesense#886: in "carry harri" the word that is exact stays, only the other one is read again."""
    answer = ask(opened(NAMES, spelling=BOLD), "carry harri")
    assert [word.corrected for word in answer.query.corrected.words] == ["harry"]
    assert answer.hits[0].id == "carry"
