"""M13: several countries and languages from one system. One catalogue, each language with an analysis of its own.

1. One product, one id: found by each language's words, shown in the language of whoever asks.
2. A language's words are cut as its readers cut them; one language's words are not searched in another's texts.
3. The language is found from the catalogue's own words, or given; what nobody translated is found as it is.
4. Filters, totals and prices are the same in every language; only labels differ.
"""

import pytest
from starlette.testclient import TestClient

from search.app import create_app
from search.index.build import build_snapshot
from search.settings import Settings
from search.types import Product
from tests.mission.shelves import ask, found, open_pipeline
from tests.stand_ins import StubEncoder, open_service, shop_products


def search(client, q, **parameters):
    answer = client.get("/v1/search", params={"q": q, "per_page": 50, **parameters})
    assert answer.status_code == 200, answer.text
    return answer.json()


def ids(answer):
    return [hit["id"] for hit in answer["hits"]]


def m13_languages(client):
    """The check: one shop answers Germans in German and the English in English."""
    for german, english, id in (
        ("Gartenhaus Holz", "wooden garden shed", "shed"),
        ("Wolldecken", "wool blankets", "blanket"),
        ("Gummistiefel", "rubber boot", "shoes-kids-green"),
        ("Handcreme", "hand creams", "cream"),
    ):
        in_german, in_english = search(client, german), search(client, english)
        assert (in_german["query"]["language"], in_english["query"]["language"]) == ("de", "en"), (german, english)
        assert id in ids(in_german)[:3], german
        assert id in ids(in_english)[:3], english
        product = next(product for product in shop_products() if product.id == id)
        for answer, language in ((in_german, "de"), (in_english, "en")):
            assert next(hit for hit in answer["hits"] if hit["id"] == id)["product"]["title"] == product.title[language]


def test_m13_one_product_is_found_and_shown_in_each_language(client):
    m13_languages(client)


def test_m13_fails_where_the_shop_speaks_one_language_only(tmp_path):
    settings = Settings().but(analysis={"languages": ("de",)})
    build_snapshot(shop_products(), tmp_path, settings, StubEncoder())
    with (
        open_service(tmp_path, settings) as service,
        TestClient(create_app(lambda: service)) as client,
        pytest.raises(AssertionError),
    ):
        m13_languages(client)


def test_m13_filters_totals_and_prices_are_the_same_and_labels_differ(client):
    asked = {"filter": "color:schwarz AND gender:damen", "facet": "color"}
    german, english = search(client, "", lang="de", **asked), search(client, "", lang="en", **asked)
    assert ids(german) == ids(english)
    assert german["total"] == english["total"] > 1
    prices = [[hit["product"]["price"] for hit in answer["hits"]] for answer in (german, english)]
    assert prices[0] == prices[1]
    told = [
        {value["value"]: value.get("label") for value in answer["facets"]["color"]["values"]}
        for answer in (german, english)
    ]
    assert told[0].keys() == told[1].keys()
    assert told[1]["schwarz"] == "black"


def test_m13_a_shop_that_lacks_a_language_says_which_it_has(client):
    answer = client.get("/v1/search", params={"q": "shorts", "lang": "fr"})
    assert answer.status_code == 400
    assert "de, en" in answer.json()["detail"]


def test_m13_suggestions_speak_the_language_of_the_typed_word(client):
    lines = [client.get("/v1/suggest", params={"q": q}).json()["suggestions"] for q in ("Gummist", "rubber bo")]
    assert [line["text"] for line in lines[0] if line["kind"] == "product"] == ["Gummistiefel Frosch"]
    assert [line["text"] for line in lines[1] if line["kind"] == "product"] == ["Rubber boots Frog"]


LANGUAGES = Settings().but(analysis={"languages": ("de", "en", "fr")})
GOODS = [
    Product(id="boots", title={"de": "Gummistiefel Frosch", "en": "Rubber boots Frog", "fr": "Bottes Grenouille"}),
    Product(id="poison", title={"de": "Ratgeber über Gift", "en": "Guide to poison", "fr": "Guide des poisons"}),
    Product(id="card", title={"de": "Karte zum Geschenk", "en": "Gift card", "fr": "Carte cadeau"}),
    Product(id="shirt", title={"de": "Hemd Paul", "en": "Shirt Paul"}),  # nobody wrote it in French
    Product(id="teapot", title={"de": "Teekanne", "en": "Teapots", "fr": "Théière"}),
    Product(id="jug", title={"de": "Kanne Glas", "en": "Pot of glass", "fr": "Carafe"}),
    Product(id="tea", title={"de": "Tee lose", "en": "Loose tea", "fr": "Thé en vrac"}),
]


@pytest.fixture(scope="module")
def three(tmp_path_factory):
    """One shop in three languages."""
    return open_pipeline(tmp_path_factory.mktemp("three"), GOODS, LANGUAGES)


@pytest.mark.parametrize(("language", "title"), [("de", "Ratgeber über Gift"), ("en", "Gift card")])
def test_m13_a_word_means_what_it_means_in_its_language(three, language, title):
    """ "Gift" is poison to Germans and a present to the English: each searches the texts that they read."""
    [hit] = ask(three, "Gift", lang=language).hits
    assert hit.product["title"] == title


@pytest.mark.parametrize(
    ("language", "typed", "wanted"),
    [
        ("de", "Kanne", ["jug", "teapot"]),  # a compound's part
        ("en", "teapot", ["teapot"]),
        ("en", "pot", ["jug"]),
        ("en", "card", ["card"]),
        ("de", "Karten", ["card"]),
        ("fr", "bottes", ["boots"]),
        ("fr", "theiere", []),
    ],
)
def test_m13_each_language_is_analysed_in_its_own_way(three, language, typed, wanted):
    assert found(three, typed, lang=language, correct=False) == wanted


@pytest.mark.parametrize(
    ("typed", "language"), [("Gummistiefel", "de"), ("rubber boots", "en"), ("carte cadeau", "fr")]
)
def test_m13_the_language_is_found_from_the_catalogues_own_words(three, typed, language):
    assert ask(three, typed).query.language == language


def test_m13_what_nobody_translated_is_found_and_shown_as_it_is(three):
    [hit] = ask(three, "Hemd", lang="fr").hits
    assert (hit.id, hit.product["title"]) == ("shirt", "Hemd Paul")
