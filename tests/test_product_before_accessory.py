"""The product before its accessory: a shop in which most titles with "laptop" are of something else."""

import pytest

from search.index.build import build_snapshot
from search.index.snapshot import load_snapshot
from search.lists.files import Lists
from search.messages import SearchRequest
from search.pipeline import Pipeline
from search.settings import Settings
from search.types import Product
from search.words.synonyms import read_synonyms
from tests.stand_ins import Clock

LAPTOPS = [f"Acme A{n} Business Laptop 15 inch" for n in range(6)]
ACCESSORIES = ["Bolt Laptop Bag", "Bolt Laptop Lock", "Bolt Charger for Laptop"]
OTHERS = [f"Bolt B{n} {word}" for word in ("Bag", "Lock", "Charger", "Lamp", "Chair", "Desk") for n in range(5)]


@pytest.fixture(scope="module")
def ranked(tmp_path_factory):
    """ranked(q, enabled=True) -> an explained answer."""
    titles = [*LAPTOPS, *ACCESSORIES, *OTHERS]
    products = [Product(id=f"{n:03}", title={"en": title}, brand=title.split()[0]) for n, title in enumerate(titles)]
    home = tmp_path_factory.mktemp("laptops")
    build_snapshot(products, home, Settings(), None)
    snapshot = load_snapshot(home)

    def search(q, synonyms="", **kinds):
        lists, settings = (
            Lists(synonyms=tuple(read_synonyms(synonyms))),
            Settings().but(kinds=kinds, fusion={"floor": 0}),
        )
        pipeline = Pipeline(snapshot, None, settings, Clock(), lists)
        return pipeline.search(SearchRequest(q=q, explain=True, per_page=20))

    return search


def titles(answer):
    return [hit.product["title"] for hit in answer.hits]


def test_laptop_shows_laptops_before_bags_locks_and_chargers(ranked):
    assert set(titles(ranked("laptop"))[:6]) == set(LAPTOPS)
    assert set(titles(ranked("laptop"))) == {*LAPTOPS, *ACCESSORIES}
    assert titles(ranked("laptop", enabled=False))[0] in ACCESSORIES


def test_laptop_bag_shows_the_bag(ranked):
    assert titles(ranked("laptop bag"))[0] == "Bolt Laptop Bag"


def test_a_synonym_wants_the_kind_that_it_names(ranked):
    assert titles(ranked("portable")) == []
    answer = ranked("portable", synonyms="portable => laptop")
    assert set(titles(answer)[:6]) == set(LAPTOPS)
    assert answer.hits[0].explain.kind.wanted == {"laptop": 1.0}


def test_an_exact_name_stays_at_the_top(ranked):
    assert titles(ranked("Bolt Laptop Lock"))[0] == "Bolt Laptop Lock"


def test_the_explanation_names_the_products_kind_and_the_querys(ranked):
    first, *_, last = ranked("laptop").hits
    assert first.explain.relevance["kind"] == 1.0
    assert (first.explain.kind.product, first.explain.kind.wanted) == (["laptop"], {"laptop": 1.0})
    assert last.explain.relevance["kind"] == 0.0
    assert "laptop" not in last.explain.kind.product
    assert ranked("acme").hits[0].explain.kind is None


KINDS = ("Schuhe", "Jacken", "Laptops", "Kameras")
MAKERS = ("Nord", "Fjord", "Hafen", "Reet", "Moos", "Tau")
ADDED = [
    *("Imprägnierspray für Schuhe", "Schuh Spanner", "Kleiderbügel für Jacken", "Jacken Reißverschluss"),
    *("Rucksack für Laptop", "Laptop Ständer", "Stativ für Kamera", "Kamera Gurt"),
]


@pytest.fixture(scope="module", params=["title", "category", "product_type"])
def plurals(request, tmp_path_factory):
    """A shop that calls its kinds by their plurals, in titles, or only in one field."""

    def product(id, title, kind):
        told = {"category": {"categories": ((kind,),)}, "product_type": {"product_type": kind}}.get(request.param, {})
        return Product(id=id, title={"de": title}, brand=title.split()[0], **told)

    named = "{maker} {kind}" if request.param == "title" else "{maker} Pegasus"
    sold = [product(f"{kind}-{m}", named.format(maker=m, kind=kind), kind) for kind in KINDS for m in MAKERS]
    added = [product(f"added-{m}-{n}", f"{m} {a}", "Zubehör") for n, a in enumerate(ADDED) for m in ("Klar", "Werk")]
    home = tmp_path_factory.mktemp("plurals")
    build_snapshot([*sold, *added], home, Settings().but(analysis={"languages": ("de",)}), None)
    return Pipeline(load_snapshot(home), None, Settings(), Clock())


@pytest.mark.parametrize(
    ("q", "kind"),
    [
        ("schuhe", "Schuhe"),
        ("Schuh", "Schuhe"),
        ("jacke", "Jacken"),
        ("laptop", "Laptops"),
        ("Laptops", "Laptops"),
        ("kamera", "Kameras"),
    ],
)
def test_a_shop_that_says_laptops_shows_them_for_laptop_before_what_is_for_a_laptop(plurals, q, kind):
    hits = [hit.id for hit in plurals.search(SearchRequest(q=q, per_page=20)).hits]
    assert set(hits[: len(MAKERS)]) == {f"{kind}-{maker}" for maker in MAKERS}
    assert all(id.startswith("added") for id in hits[len(MAKERS) :])
