"""From what was typed to a Query, over the hand-written shop's words."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.index.build import build_snapshot
from search.index.snapshot import load_snapshot
from search.pipeline import Pipeline
from search.settings import Settings
from search.spelling.corrector import SymSpellCorrector
from search.types import Correction, Product, apply_corrections
from search.understand.intents import Reader
from search.understand.lexicon import build_lexicon
from search.understand.query import Understanding
from search.words.synonyms import Thesaurus, read_synonyms
from tests.stand_ins import Shelf


@pytest.fixture
def understanding(pipeline):
    return pipeline.understanding


def corrected(understanding, text, **options):
    return {item.original: item.corrected for item in understanding.understand(text, **options).corrections}


# --- language --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Laufschuhe", "de"),
        ("Schuhe für kalte Tage", "de"),
        ("running shoes", "en"),
        ("shoes for cold days", "en"),
        ("warmly lined jacket", "en"),
        ("shorts", "de"),
        ("xyzzy", "de"),
        ("runnning", "en"),  # misspelt, and near a word of English only
        ("Heizlüffter", "de"),
        ("", "de"),
    ],
)
def test_the_language_is_found_and_the_leading_one_wins_a_tie(understanding, text, language):
    assert understanding.understand(text).language == language


def test_a_language_that_was_given_is_not_doubted(understanding):
    assert understanding.understand("Laufschuhe", "en").language == "en"


# --- corrections -----------------------------------------------------------------------------------


@pytest.fixture
def bold(pipeline):
    """The shop's understanding, sure of any likely reading: its 36 products hold each word a few times only."""
    spelling = Settings().but(spelling={"sure": 0.3, "margin": 0.0}).spelling
    return Understanding(
        pipeline.understanding.vocabularies, pipeline.lexicon, pipeline.understanding.corrector, spelling
    )


TYPED_AND_MEANT = [
    ("Shrit", "shirt"),
    ("laptpo", "laptop"),
    ("Laufschue", "laufschuhe"),
    ("Gartenhuas", "gartenhaus"),
    ("Rokc", "rock"),
]


@pytest.mark.parametrize(("typed", "meant"), TYPED_AND_MEANT)
def test_a_likely_reading_is_proposed_and_the_query_stays_as_typed(understanding, typed, meant):
    query = understanding.understand(typed)
    assert query.text == typed
    assert query.proposed_text == meant
    assert [item.corrected for item in query.proposals] == [meant]
    assert not understanding.understand(typed, correct=False).proposals


@pytest.mark.parametrize(("typed", "meant"), TYPED_AND_MEANT)
def test_a_sure_reading_is_searched_for(bold, typed, meant):
    query = bold.understand(typed)
    assert query.text == meant
    assert query.original == typed
    assert [item.corrected for item in query.corrections] == [meant]
    assert not query.proposals


@pytest.mark.parametrize("typed", ["Rock", "Socke", "Röcke", "shorts", "Pumps", "Schuhen", "SHIRTS", "Nike"])
def test_a_word_with_hits_is_never_corrected(understanding, typed):
    assert corrected(understanding, typed) == {}


@pytest.mark.parametrize("typed", ["dv8", "LF14-A2", "4006381333932", "82XB", "16/X"])
def test_a_word_with_digits_is_never_corrected(understanding, typed):
    assert corrected(understanding, typed) == {}


@pytest.mark.parametrize("typed", ["rto", "hp", "xyz", "Quarkstrudel"])
def test_short_words_and_words_without_a_neighbour_stay(understanding, typed):
    assert corrected(understanding, typed) == {}


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Geschenk für meine Frau", "Frau"),  # one edit from "grau", a colour of the shop
        ("rote Schuhe für Mama", "Mama"),
        ("billig Laptop", "billig"),
    ],
)
def test_a_word_that_states_something_stays(understanding, typed, kept):
    assert kept not in corrected(understanding, typed)
    assert kept in understanding.understand(typed).text


@pytest.mark.parametrize("typed", ["cheap laptop", "laptops on sale", "sale"])
def test_a_word_that_states_a_price_is_not_read_as_another(tmp_path, typed):
    titles = ["Laptop", "Sea salt", *["Leather sole"] * 9, *["Red cap"] * 99]
    products = [
        Product(id=f"p{n}", title={"en": title}, price_cents=999, sale_price_cents=499)
        for n, title in enumerate(titles)
    ]
    settings = Settings().but(spelling={"propose": 0.0, "sure": 0.0, "margin": 0.0})
    build_snapshot(products, tmp_path, settings, None)
    query = Pipeline(load_snapshot(tmp_path), None, settings).understanding.understand(typed, "en")
    assert (query.corrections, query.proposals) == ((), ())
    assert [item.attribute for item in query.stated if not item.searched] == ["price"]


def test_only_the_misspelt_word_of_a_query_changes(bold):
    query = bold.understand("rotes Shrit  von Esprit")
    assert query.text == "rotes shirt von Esprit"
    (found,) = query.corrections
    assert (found.original, found.corrected, found.distance, found.start) == ("Shrit", "shirt", 1, 6)
    assert 0.3 <= found.probability < 1


def test_a_text_that_is_a_products_number_is_never_corrected(understanding, bold):
    numbered = replace(bold, is_code=lambda text: text == "shrit")
    assert corrected(bold, "shrit") == {"shrit": "shirt"}
    assert corrected(numbered, "shrit") == {}


def test_correction_can_be_switched_off_for_a_query_and_for_a_shop(bold, understanding, snapshot):
    assert corrected(bold, "Shrit", correct=False) == {}
    off = Settings().but(spelling={"enabled": False}).spelling
    shop = Understanding(snapshot.postings, understanding.lexicon, understanding.corrector, off)
    assert corrected(shop, "Shrit") == {}


@pytest.mark.parametrize(
    ("hits", "shirts", "changes"), [(0, 50, True), (0, 1, False), (1, 300, True), (1, 50, False), (2, 1000, False)]
)
def test_a_word_with_one_hit_is_corrected_only_towards_a_far_more_frequent_one(hits, shirts, changes):
    shelf = Shelf({"shrit": hits, "shirt": shirts})
    lexicon = build_lexicon([], [], {}, ["de"])
    reader = Understanding({"de": shelf}, lexicon, SymSpellCorrector(shelf.counts), Settings().spelling)
    assert bool(corrected(reader, "shrit")) is changes


@given(st.text(max_size=40), st.data())
def test_corrections_land_where_they_belong(text, data):
    words = [f"w{n}" for n in range(3)]
    sentence = f"{text} w0 mitte w1 {text} w2"
    chosen = data.draw(st.sets(st.sampled_from(words)))
    corrections = [Correction(word, word.upper() * 2, 1, sentence.rindex(word)) for word in sorted(chosen)]
    expected = sentence
    for word in chosen:
        head, _, tail = expected.rpartition(word)
        expected = head + word.upper() * 2 + tail
    assert apply_corrections(sentence, corrections) == expected


@pytest.mark.parametrize(("typed", "read"), [("Jacke Mäner", "Jacke männer"), ("Schuhe Frauenn", "Schuhe frauen")])
def test_words_for_whom_are_corrected_whether_or_not_a_product_says_them(bold, pipeline, typed, read):
    assert replace(bold, reader=pipeline.reader).understand(typed, "de").text == read
    assert bold.understand(typed, "de").text == typed  # without fields for whom


def test_a_word_that_begins_otherwise_is_no_word_for_whom(bold, pipeline):
    assert not corrected(replace(bold, reader=pipeline.reader), "Kater", language="de")  # no Vater


def test_a_borrowed_plural_is_the_kind_that_the_shop_calls_so(understanding):
    lexicon = build_lexicon(
        [], [], {}, ["de"], [("product_type", "Laptop", "Laptop"), ("product_type", "Tops", "Tops")]
    )
    shop = replace(understanding, lexicon=lexicon, reader=None)
    one, more = shop.understand("Laptop günstig", "de"), shop.understand("günstige Laptops", "de")
    assert one.searched == more.searched == "Laptop"
    assert shop.understand("Tops", "de").searched == "Tops"


def test_a_synonym_that_names_a_kind_states_it(understanding):
    fields = [("product_type", "Laptops", "Laptop")]
    lexicon = build_lexicon([], [], {}, ["de"], fields)
    thesaurus = Thesaurus(read_synonyms("klapprechner => laptop"), "de")
    analyzer = replace(understanding.analyzer("de"), thesaurus=thesaurus)
    columns = understanding.reader.columns
    shop = replace(understanding, lexicon=lexicon, reader=Reader(lexicon, columns), analyzers={"de": analyzer})
    [kind] = [item for item in shop.understand("roter Klapprechner", "de").stated if item.attribute == "product_type"]
    assert (kind.value, kind.text, kind.start) == ("Laptops", "Klapprechner", 6)
    off = shop.understand("roter Klapprechner", "de", off=["product_type"]).stated
    assert [item.effect for item in off if item.attribute == "product_type"] == ["off"]


# --- the rest --------------------------------------------------------------------------------------


@given(st.text(max_size=80))
def test_any_text_can_be_understood(pipeline_for_texts, text):
    query = pipeline_for_texts.understanding.understand(text)
    assert len(set(query.terms)) == len(query.terms)
    assert query.is_empty == (not query.words)
    assert query.words or query.stated or not query.text


@pytest.fixture(scope="session")
def pipeline_for_texts(snapshot):
    from search.pipeline import Pipeline
    from tests.stand_ins import Clock, StubEncoder

    return Pipeline(snapshot, StubEncoder(), Settings(), Clock())


def test_terms_are_unique_and_in_order(understanding):
    assert understanding.understand("Schuhe rot Schuh rote").terms == ("schuh", "rot")


def test_invisible_characters_are_no_part_of_a_query(understanding):
    assert understanding.understand(" Sho\u200brts\u202e ").text == "Shorts"
    assert understanding.understand("\u200b \u202e").is_empty
