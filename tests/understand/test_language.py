"""The language of a query, by the words of the catalogue's own texts."""

import msgspec
import pytest

from search.index.build import build_snapshot
from search.index.languages import count_languages
from search.index.snapshot import load_snapshot
from search.settings import Settings
from search.types import Product
from search.understand.language import Languages

SHOP = Languages(
    {
        "de": {
            "schuhe": 40,
            "rote": 20,
            "für": 60,
            "herren": 30,
            "laptop": 9,
            "nike": 50,
            "heizlüfter": 5,
            "kinder": 9,
        },
        "en": {"shoes": 40, "red": 20, "for": 60, "men": 30, "laptop": 12, "nike": 50, "heater": 5, "hoodie": 1},
    }
)
PRODUCT = Product(
    id="a",
    title={"de": "Roter Schuh", "en": "Red shoe"},
    description={"de": "Für Tage im Regen."},
    brand="The Kai",
    product_type="Schuhe",
    attributes={"color": ["rot"], "width": 3.0},
    labels={"en": {"color": {"rot": "red"}, "product_type": {"Schuhe": "Shoes"}}},
)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("rote schuhe für herren", "de"),
        ("red shoes for men", "en"),
        ("Red Schuhe", "de"),  # a tie
        ("laptop", "de"),  # hardly more English than German texts hold it
        ("hoodie kinder", "de"),  # what nine German products say against what one English product says
        ("nike", "de"),
        ("nike shoes 42", "en"),
        ("42", "de"),
        ("", "de"),
    ],
)
def test_the_language_is_the_one_whose_texts_hold_the_words(text, language):
    assert SHOP.detect(text) == language


@pytest.mark.parametrize(("text", "language"), [("heizlüffter", "de"), ("heeater", "en"), ("shoess", "en")])
def test_a_misspelt_word_speaks_for_the_language_that_it_is_written_like(text, language):
    assert SHOP.detect(text) == language


def test_handy_huelle_is_german_where_the_shop_says_handyhuelle():
    shop = Languages({"de": {"handyhülle": 44, "hülle": 6}, "en": {"handy": 20, "hülle": 4}})
    assert shop.detect("handy") == "en"
    assert shop.detect("handy hülle") == "de"


def test_an_unknown_word_never_outweighs_words_that_many_products_hold():
    assert SHOP.detect("shoeheaterford schuhe") == "de"


def test_the_leading_language_wins_what_does_not_tell():
    turned = Languages({"en": SHOP.counts["en"], "de": SHOP.counts["de"]})
    assert turned.detect("laptop") == turned.detect("nike") == turned.detect("") == "en"


def test_words_count_in_the_language_that_they_were_written_in():
    counts = count_languages([PRODUCT], ["de", "en"])
    assert counts["de"] == dict.fromkeys(
        ["roter", "schuh", "für", "tage", "im", "regen", "the", "kai", "schuhe", "rot"], 1
    )
    assert counts["en"] == dict.fromkeys(["red", "shoe", "the", "kai", "shoes"], 1)


def test_a_brands_words_count_in_every_language():
    shop = Languages(count_languages([PRODUCT], ["de", "en"]))
    assert shop.detect("the kai") == "de"


def test_a_shop_with_one_language_counts_nothing(tmp_path):
    only = msgspec.structs.replace(PRODUCT, title={"de": "Roter Schuh"})
    build_snapshot([only], tmp_path, Settings(), None)
    assert load_snapshot(tmp_path).spoken == {}
