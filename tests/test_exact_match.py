"""What is asked for by its whole name or number stands first, above every fused score (OpenMetadata#31967).

1. A title in any case, umlaut spelling and separators; a model number, a SKU, an EAN.
2. Whatever the legs, the shopper's tastes and the query's own limits make of it.
3. Products of one title are locked together; a title that only names a kind of thing locks nobody.
"""

import pytest

from search.index.build import build_snapshot
from search.index.snapshot import load_snapshot
from search.messages import EventIn, SearchRequest
from search.pipeline import Pipeline
from search.service import Service
from search.settings import Settings
from search.types import Identity, Product, Variant
from tests.stand_ins import Clock, StubEncoder

BETTER = "Wollmütze Größe Übergang Wollmütze Größe Übergang Damen Herren"

PRODUCTS = [
    Product(
        id="cap-1",
        title={"de": "Wollmütze Größe Übergang"},
        brand="Esprit",
        mpn="WM-100/A",
        gtin="4006381333931",
        variants=(Variant(id="cap-1-red-38", gtin="4260560837447"),),
    ),
    Product(id="cap-2", title={"de": "Wollmütze Größe Übergang"}, brand="Puma"),
    *(Product(id=f"cap-long-{n}", title={"de": f"{BETTER} {n}"}, brand="Nike", popularity=9.0) for n in range(6)),
    Product(id="hot", title={"de": "Mützen"}, description={"de": "eine Kiste voll, gemischt"}),
    Product(id="free", title={"de": "Shampoo ohne Silikon"}, attributes={"material": ["Silikon", "Seide"]}),
    *(Product(id=f"silk-{n}", title={"de": f"Shampoo Seide {n}"}, attributes={"material": ["Seide"]}) for n in "ab"),
    Product(id="player", title={"de": "WH-1000XM5"}, brand="Sony"),
    Product(id="bucher", title={"de": "Bucher Regal"}),
    Product(id="buecher", title={"de": "Bücher Regal"}),
]


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """The index of a shop whose long titles say all words twice."""
    home = tmp_path_factory.mktemp("caps")
    build_snapshot(PRODUCTS, home, Settings(), StubEncoder())
    return home


@pytest.fixture(scope="module")
def asked(home):
    """asked(q, encoder=True, **fusion) -> an explained answer."""
    snapshot = load_snapshot(home)

    def search(q, encoder=True, **fusion):
        settings = Settings().but(fusion=fusion)
        pipeline = Pipeline(snapshot, StubEncoder() if encoder else None, settings, Clock())
        return pipeline.search(SearchRequest(q=q, explain=True, per_page=20))

    return search


def ids(answer):
    return [hit.id for hit in answer.hits]


def locked(answer):
    return {hit.id for hit in answer.hits if hit.explain.tier == "exact"}


@pytest.mark.parametrize(
    "typed",
    [
        "Wollmütze Größe Übergang",
        "WOLLMÜTZE GRÖSSE ÜBERGANG",
        "wollmuetze groesse uebergang",
        "wollmutze grosse ubergang",
        "Wollmu\u0308tze  Gro\u0308ße-U\u0308bergang",
    ],
)
def test_a_whole_title_in_any_spelling_stands_above_every_fused_score(asked, typed):
    answer = asked(typed)
    assert set(ids(answer)[:2]) == {"cap-1", "cap-2"} == locked(answer)
    assert [hit.score for hit in answer.hits[:2]] == [1.0, 1.0]
    assert all(hit.score < 1 for hit in answer.hits[2:])
    assert len(answer.hits) > 2


@pytest.mark.parametrize("typed", ["WM-100/A", "wm100a", "4006381333931", "4260560837447", "CAP-1-red-38", "cap 1"])
def test_a_model_number_a_sku_or_an_ean_stands_first(asked, typed):
    assert ids(asked(typed))[0] == "cap-1"
    assert locked(asked(typed)) == {"cap-1"}


@pytest.mark.parametrize("typed", ["wollmuetze groesse uebergang", "WM-100/A", "4006381333931"])
def test_a_name_is_found_first_by_the_lexical_leg_alone_and_whatever_its_share(asked, typed):
    assert ids(asked(typed, encoder=False))[0] == "cap-1"
    for share in (0.0, 0.5, 1.0):  # by meaning alone the number is nothing
        assert ids(asked(typed, lexical_weight=share, floor=1.0))[0] == "cap-1"


@pytest.mark.parametrize("typed", ["wollmuetze groesse uebergang", "WM-100/A", "4006381333931"])
def test_no_taste_moves_a_product_past_the_one_that_was_named(home, typed):
    with Service(home, Settings(), lambda _: StubEncoder(), Clock()) as service:
        bought = [
            EventIn(event_id=f"e{n}", type="purchase", product_id=f"cap-long-{n % 6}", shopper="s") for n in range(40)
        ]
        service.record(bought)()
        answer = service.search(SearchRequest(q=typed, shopper="s"), Identity("s"))
    assert ids(answer)[0] == "cap-1"


def test_what_a_title_says_is_no_limit_to_itself(asked):
    answer = asked("Shampoo ohne Silikon")
    assert ids(answer)[0] == "free"
    assert {"silk-a", "silk-b"} <= set(ids(answer))


def test_a_title_of_one_word_names_a_kind_of_thing_but_one_with_digits_a_model(asked):
    assert locked(asked("Mützen")) == set()
    assert locked(asked("wh1000xm5")) == {"player"}


def test_a_title_without_umlauts_is_not_locked_by_a_query_that_has_them(asked):
    assert locked(asked("Bücher Regal")) == {"buecher"} == locked(asked("Buecher Regal"))
    assert locked(asked("Bucher Regal")) == {"bucher", "buecher"}


def test_more_words_than_the_title_has_lock_nobody(asked):
    assert locked(asked("Wollmütze Größe Übergang rot")) == set()
