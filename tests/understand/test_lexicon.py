"""What a query states about a product, in German and in English."""

import pytest

from search.understand.lexicon import build_lexicon

LEXICON = build_lexicon(
    brands=["Adidas", "Marc O'Polo", "Jack & Jones", "Jack Wolfskin", "The North Face", "s.Oliver", "Grün & Co"],
    colors=["schwarz", "blau", "rot", "weiß", "grün", "dunkel blau"],
    color_labels={"black": "schwarz", "blue": "blau", "red": "rot", "white": "weiß", "green": "grün"},
    languages=("de", "en"),
)


def stated(text, language="de"):
    return {(item.attribute, item.value) for item in LEXICON.stated(text, language)}


@pytest.mark.parametrize(
    ("text", "gender"),
    [
        ("herren schuhe", "herren"),
        ("Schuhe für Herren", "herren"),
        ("Männer Hose", "herren"),
        ("DAMEN Pumps", "damen"),
        ("frauen shirt", "damen"),
        ("Mädchen Kleid", "mädchen"),
        ("maedchen kleid", "mädchen"),
        ("Jungs Jacke", "jungen"),
        ("unisex Socken", "unisex"),
    ],
)
def test_whom_it_is_for_in_german(text, gender):
    assert stated(text) == {("gender", gender)}


@pytest.mark.parametrize(
    ("text", "gender"),
    [
        ("men's shoes", "herren"),
        ("mens shoes", "herren"),
        ("women shirts", "damen"),
        ("womens shirt", "damen"),
        ("ladies pumps", "damen"),
        ("boys jacket", "jungen"),
        ("girl dress", "mädchen"),
    ],
)
def test_whom_it_is_for_in_english(text, gender):
    assert ("gender", gender) in stated(text, "en")


@pytest.mark.parametrize(
    ("text", "color"),
    [
        ("schwarzer Laptop", "schwarz"),
        ("schwarze Hose", "schwarz"),
        ("schwarzes Shirt", "schwarz"),
        ("blaue Schuhe", "blau"),
        ("roten Rock", "rot"),
        ("weißes Hemd", "weiß"),
        ("weisses Hemd", "weiß"),
        ("grüne Jacke", "grün"),
        ("gruene Jacke", "grün"),
    ],
)
def test_colours_however_they_are_inflected_and_spelled(text, color):
    assert stated(text) == {("color", color)}


def test_colours_in_english():
    assert stated("black laptop", "en") == {("color", "schwarz")}
    assert stated("White Shirt", "en") == {("color", "weiß")}


@pytest.mark.parametrize(
    ("text", "brand"),
    [
        ("adidas shorts", "Adidas"),
        ("shirt von MARC O'POLO", "Marc O'Polo"),
        ("marc o polo shirt", "Marc O'Polo"),
        ("jack & jones hose", "Jack & Jones"),
        ("jack jones hose", "Jack & Jones"),
        ("jack wolfskin jacke", "Jack Wolfskin"),
        ("the north face jacke", "The North Face"),
        ("s.oliver bluse", "s.Oliver"),
    ],
)
def test_brands_of_one_and_of_several_words(text, brand):
    assert stated(text) == {("brand", brand)}


def test_a_part_of_a_brand_is_no_brand():
    assert stated("jack hose") == set()
    assert stated("north face") == set()


def test_the_longest_phrase_counts():
    assert stated("grün & co") == {("brand", "Grün & Co")}
    assert stated("dunkel blau") == {("color", "dunkel blau")}


@pytest.mark.parametrize(
    "text", ["laptop 15 zoll", "über uns", "unterhose", "abendkleid", "iphone 15", "wholesale", "größe 42"]
)
def test_other_numbers_and_words_state_nothing(text):
    assert stated(text) == set()


@pytest.mark.parametrize(
    "text",
    [
        "Geschenk",
        "geschenkidee",
        "Parfum für meine Frau",
        "für den Opa",
        "für Kinder",
        "gift for dad",
        "for my wife",
        "for kids",
    ],
)
def test_a_gift_says_that_the_shoppers_own_gender_size_and_brands_do_not_count(text):
    assert {("gender", ""), ("size", ""), ("brand", "")} <= stated(text)


def test_what_was_written_is_quoted():
    [brand, color] = LEXICON.stated("Shirt von Marc O'Polo in Blau", "de")
    assert (brand.text, color.text) == ("Marc O'Polo", "Blau")


def test_a_query_that_states_nothing_states_nothing():
    assert stated("shorts") == set()
    assert stated("") == set()


@pytest.mark.parametrize("text", ["manche mögen menthol", "herrlich", "damenhaft", "rotor", "Adidass"])
def test_words_that_only_begin_like_one_state_nothing(text):
    assert stated(text) == set()


def test_a_label_of_one_language_is_known_to_the_others_as_written_not_by_its_stem():
    lexicon = build_lexicon([], [], {}, ("de", "en"), [("category", "Terrassendielen", "Decking", "en")])
    assert lexicon.meanings("decking", "en")
    assert not lexicon.meanings("Decke", "de")
    assert [phrase.meanings for phrase in lexicon.phrases("decking Lärche", "de")] == [
        (("category", "Terrassendielen"),)
    ]
