"""What other engines' users complain of in results: fusion, scores, totals, facets, pages, filters, explanations.

Each test opens with the thread that it answers; `test_lessons_of_peers.py` has the whole list.
"""

import unicodedata

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from search.index.keys import KeyRows
from search.messages import SearchRequest
from search.pipeline import Pipeline
from search.settings import Settings
from search.types import Product
from tests.mission.shelves import TaughtEncoder, ask, found, open_pipeline, titled
from tests.stand_ins import Clock, StubEncoder, shop_products

PRODUCTS = {product.id: product for product in shop_products()}
#: What people of this shop may type: its own words, words of nobody, signs.
vocabulary = sorted(
    {word for product in PRODUCTS.values() for title in product.title.values() for word in title.split()}
)
queries = st.lists(
    st.sampled_from([*vocabulary, "rot", "damen", "ohne", "unter", "50", "€", "xyzzy", "warmes", "-", "Schreibtisch"]),
    min_size=1,
    max_size=5,
).map(" ".join)
clauses = st.one_of(
    st.sampled_from(sorted({product.brand for product in PRODUCTS.values()})).map('brand:"{}"'.format),
    st.sampled_from(["damen", "herren", "unisex"]).map("gender:{}".format),
    st.tuples(st.integers(0, 150), st.integers(0, 150)).map(lambda ends: f"price:{min(ends)}..{max(ends)}"),
    st.sampled_from(["in_stock:mitte", "NOT color:schwarz", "size:M,L", "power_w:..50", "discount:1.."]),
)
filters = st.one_of(
    st.just(""),
    clauses,
    st.tuples(clauses, st.sampled_from([" AND ", " OR "]), clauses).map("".join),
)


@pytest.fixture(scope="session")
def asked(snapshot):
    """asked(text, filter=…) -> an answer of the hand-written shop, both legs at work, nobody known."""
    pipeline = Pipeline(snapshot, StubEncoder(), Settings(), Clock())
    return lambda text, **request: ask(pipeline, text, **request)


@pytest.fixture
def opened(tmp_path_factory):
    """opened(titles or products, encoder, fusion={…}) -> a pipeline over them."""

    def open_shop(products, encoder=None, **sections):
        products = titled(products) if isinstance(products, dict) else products
        return open_pipeline(tmp_path_factory.mktemp("shop"), products, Settings().but(**sections), encoder)

    return open_shop


def rest(count):
    """Products that mean nothing to a query: a catalogue's vectors are judged against those of its other products."""
    return [Product(id=f"rest-{n:03d}", title={"de": f"Rest {n}"}) for n in range(count)]


# --- fusion ----------------------------------------------------------------------------------------

GEL = {f"gel-{n}": f"Duschgel Nummer {n} nach dem Sport" for n in range(6)}
WARM = {**GEL, "blanket": "Wolldecke Kuschel", "plaid": "Plaid Flausch", "tent": "Zelt", "shoe": "Schuh"}
MEANING = {"wolldecke": 0, "plaid": 5, "etwas warmes": 8, "duschgel": 90, "zelt": 180, "schuh": 270}


def test_a_leg_that_finds_badly_has_little_to_say(opened):
    """typesense#1964: bad keyword hits stood between good semantic ones. Each query finds how sure each leg is."""
    assert found(opened(WARM, TaughtEncoder(MEANING)), "etwas Warmes Nummer") == ["plaid", "blanket"]
    words_alone = opened(WARM, TaughtEncoder(MEANING), fusion={"lexical_weight": 1.0})
    assert set(found(words_alone, "etwas Warmes Nummer")) == set(GEL)


def test_where_the_words_find_well_the_other_leg_has_little_to_say(opened):
    """typesense#1964, the other way round: what only means something near comes behind what is called so."""
    products = [*titled(WARM), *rest(40)]
    encoder = TaughtEncoder({"wolldecke": 0, "duschgel": 180, "sport duschgel": -55})  # half a blanket to this encoder
    hits = ask(opened(products, encoder), "Sport Duschgel").hits
    assert {hit.id for hit in hits[:6]} == set(GEL)
    vectors_alone = found(opened(products, encoder, fusion={"lexical_weight": 0.0}), "Sport Duschgel")
    assert vectors_alone[0] == "blanket"


def test_products_with_equal_texts_tie_and_the_meaning_decides(opened):
    """typesense#2162: ranks by id among equal text scores overpowered the vector. Scores are fused, not ranks."""
    places = {f"s-{n:02d}": (7 * n) % 40 for n in range(40)}  # an order that is neither by id nor against it
    products = [
        Product(id=id, title={"de": "Shorts Blau"}, description={"de": f"Ort {place}x"}) for id, place in places.items()
    ]
    shop = opened(
        products + rest(40), TaughtEncoder({f"ort {place}x": float(place) for place in range(40)} | {"strandhose": 0})
    )
    hits = ask(shop, "Shorts Strandhose", explain=True).hits
    assert len({hit.explain.relevance["lexical"] for hit in hits}) == 1
    assert [places[hit.id] for hit in hits] == sorted(places.values())[: len(hits)]
    assert len(hits) > 20


def test_products_that_are_alike_in_everything_have_one_score(opened):
    """typesense#2162: no arbitrary ranks in the score: twins differ in their id only, and only the id orders them."""
    shop = opened({f"s-{n}": "Shorts Blau" for n in range(9)}, StubEncoder())
    hits = ask(shop, "Shorts").hits
    assert len({hit.score for hit in hits}) == 1
    assert [hit.id for hit in hits] == sorted(hit.id for hit in hits)


@pytest.mark.parametrize("fusion", [{}, {"lexical_weight": 0.0}, {"lexical_weight": 0.4, "floor": 0.9}])
@pytest.mark.parametrize("typed", ["Quarx Ultra", "quarx-ultra", "QX-2000", "qx2000"])
def test_an_exact_name_or_number_is_locked_at_the_top(opened, typed, fusion):
    """OpenMetadata#31967: an exact name that only the words found could not rank above 16, whatever the weights."""
    near = [Product(id=f"near-{n:02d}", title={"de": f"Ding {n}"}, popularity=99.0) for n in range(60)]
    named = Product(id="zz", title={"de": "Quarx Ultra"}, mpn="QX-2000", description={"de": "Ganz etwas anderes"})
    shop = opened(
        [*near, named, *rest(60)],
        TaughtEncoder({"ding": 0, "quarx": 0, "qx": 0, "ganz etwas anderes": 180}),
        fusion=fusion,
    )
    answer = ask(shop, typed, explain=True)
    assert (answer.hits[0].id, answer.hits[0].score, answer.hits[0].explain.tier) == ("zz", 1.0, "exact")
    assert answer.total > 16  # the others are there, behind it
    if fusion:
        object.__setattr__(shop.snapshot, "exact", KeyRows.of([]))  # without the lock
        assert found(shop, typed)[0] != "zz"


# --- scores and candidates -------------------------------------------------------------------------


@settings(max_examples=40)
@given(queries, filters)
def test_every_hit_has_a_calibrated_score_of_both_legs(asked, q, filter):
    """typesense#1811: some hybrid hits had no vector_distance. Each has lexical, dense and R, all from 0 to 1."""
    for hit in asked(q, filter=filter, explain=True).hits:
        told = hit.explain.relevance
        assert 0 < hit.score <= 1
        assert hit.score == told["R"]
        assert 0 <= told["lexical"] <= 1
        assert 0 <= told["dense"] <= 1
        weight = told["lexical_weight"]
        mixed = weight * told["lexical"] + (1 - weight) * told["dense"]
        assert hit.explain.tier == "exact" or hit.score == pytest.approx(mixed, abs=1e-6)


@settings(max_examples=40)
@given(queries)
def test_one_bar_holds_for_all_hits(asked, q):
    """typesense#1811, meilisearch#5952: one threshold on one score: nothing below a share of the best is a result."""
    hits = [hit for hit in asked(q, explain=True).hits if hit.explain.tier != "exact"]
    bar = Settings().fusion.floor * max((hit.score for hit in hits), default=0.0)
    assert all(hit.score >= bar - 1e-6 for hit in hits)


def test_what_nothing_answers_gets_no_pages_of_junk(opened):
    """meilisearch#5952: semantic search returned pages of junk. Below `dense.least` nothing is a result."""
    far = [*titled({f"p-{n:02d}": f"Ding {n}" for n in range(50)}), *rest(50)]
    meaning = {"ding": 0, "quarkstrudel": 80}
    assert found(opened(far, TaughtEncoder(meaning)), "quarkstrudel") == []
    assert len(found(opened(far, TaughtEncoder(meaning), dense={"least": 0.0}), "quarkstrudel")) >= 50


@settings(max_examples=40)
@given(queries, filters, st.integers(1, 7))
def test_the_total_is_the_same_on_every_page(asked, q, filter, per_page):
    """meilisearch#5972: totals differed between pages 1 and 2. Pages only show; they count and rank nothing anew."""
    whole = asked(q, filter=filter)
    pages = [asked(q, filter=filter, page=page, per_page=per_page) for page in range(1, whole.total // per_page + 2)]
    assert {page.total for page in pages} == {whole.total}
    assert [(hit.id, hit.score) for page in pages for hit in page.hits] == [(hit.id, hit.score) for hit in whole.hits]


@settings(max_examples=40)
@given(queries, st.sampled_from([str.upper, str.lower, lambda q: unicodedata.normalize("NFD", q), " {}  ".format]))
def test_the_same_words_written_otherwise_have_the_same_results(asked, q, rewritten):
    """meilisearch#5952: thresholds were unstable per wording. Case, blanks and composition change nothing."""
    assume("ß" not in q)  # SS in capitals is another way to write it, and comes behind it
    one, other = asked(q, lang="de"), asked(rewritten(q), lang="de")
    assert [(hit.id, hit.score) for hit in one.hits] == [(hit.id, hit.score) for hit in other.hits]


@settings(max_examples=40)
@given(queries, filters)
def test_totals_and_facets_count_the_results_and_not_the_index(asked, q, filter):
    """meilisearch#6590, #4494: with hybrid on, the total was the whole index and facets ignored the query."""
    names = ["brand", "product_type", "gender"]
    answer = asked(q, filter=filter, facet=names)
    assert answer.total == len(answer.hits)
    for name in names:
        if name in filter:
            continue  # a field's own choice does not shrink its facet; another test has that
        counted = {value.value: value.count for value in answer.facets[name].values}
        held: dict[str, int] = {}
        for hit in answer.hits:
            for value in _values(PRODUCTS[hit.id], name):
                held[value] = held.get(value, 0) + 1
        assert counted == held


def _values(product: Product, name: str) -> list[str]:
    value = product.attributes.get(name) or getattr(product, name, None)
    return value if isinstance(value, list) else [value] if value else []


def test_a_query_that_only_vectors_answer_has_right_facets(opened):
    """typesense#1714, instantsearch-adapter#172: facet counts were wrong or missing with a vector query."""
    things = [Product(id=f"p-{n}", title={"de": f"Ding {n}"}, brand="AB"[n % 2]) for n in range(9)]
    others = [Product(id=f"x-{n}", title={"de": f"Rest {n}"}, brand="C") for n in range(30)]
    shop = opened([*things, *others], TaughtEncoder({"ding": 0, "sache": 0}))
    answer = ask(shop, "Sache", facet=["brand"], per_page=2)
    assert (answer.total, len(answer.hits)) == (9, 2)
    assert {value.value: value.count for value in answer.facets["brand"].values} == {"A": 5, "B": 4}
    chosen = ask(shop, "Sache", facet=["brand"], filter="brand:B")
    assert (chosen.total, chosen.facets["brand"]) == (4, answer.facets["brand"])


def test_pages_facets_and_one_hit_a_product_are_there_in_a_hybrid_search(client):
    """OpenSearch neural-search#280, #509, #422, #1258: no pages, aggregations or collapsing in hybrid for years."""

    def search(**asked):
        return client.get("/v1/search", params={"q": "shorts für damen", **asked}).json()

    whole = search(per_page=100, facet="brand", explain=True)
    assert any(hit["explain"]["relevance"]["dense"] > 0 for hit in whole["hits"])
    ids = [hit["id"] for hit in whole["hits"]]
    assert len(ids) == len(set(ids)) == whole["total"]
    assert all(len(hit["product"]["variants"]) >= 1 for hit in whole["hits"])
    paged = [hit["id"] for page in range(1, len(ids) + 1) for hit in search(page=page, per_page=1)["hits"]]
    assert paged == ids
    assert sum(value["count"] for value in whole["facets"]["brand"]["values"]) == len(ids)


# --- filters and costs -----------------------------------------------------------------------------


def test_a_filter_finds_what_is_far_behind_others(opened):
    """typesense#1977: filters cut hybrid search short or made it slow. No top k is taken before the filter."""
    crowd = [Product(id=f"p-{n:03d}", title={"de": f"Ding {n}"}, brand="Viele") for n in range(300)]
    last = Product(id="z", title={"de": "Sonderling"}, brand="Einer")
    shop = opened([*crowd, last, *rest(300)], TaughtEncoder({"ding": 0, "sonderling": 50, "sache": 0}))
    assert found(shop, "Sache", filter="brand:Einer") == ["z"]


def test_a_filter_costs_no_further_scoring(asked, monkeypatch):
    """typesense#1977: a filter made hybrid ten times slower. Each leg is scored once, whatever filters and facets."""
    from search.index.dense import DenseIndex
    from search.index.postings import Postings

    counted: list[str] = []
    for of, name in ((DenseIndex, "cosines"), (Postings, "touch")):

        def counting(self, *args, _wrapped=getattr(of, name), _name=name):
            counted.append(_name)
            return _wrapped(self, *args)

        monkeypatch.setattr(of, name, counting)
    asked("schwarzes shirt")
    plain = sorted(counted)
    counted.clear()
    asked("schwarzes shirt", filter="gender:damen AND price:10..40", facet=["gender", "brand", "price"])
    assert sorted(counted) == plain
    assert plain.count("cosines") == 1
    assert "touch" in plain


def test_a_querys_vector_is_made_once(open_shop):
    """typesense#1932: each query's embedding took a second. Vectors of queries are kept, for whoever asks next."""
    encoder = StubEncoder()
    shop = open_shop(encoder=encoder).generation.pipeline
    before = encoder.queries
    for request in ({}, {"page": 2}, {"filter": "gender:damen"}, {"facet": ["brand"]}, {"shopper": "anna"}):
        shop.search(SearchRequest(q="Shorts", **request))
    assert encoder.queries - before == 1
    shop.search(SearchRequest(q="Shirts"))
    assert encoder.queries - before == 2


# --- explanations ----------------------------------------------------------------------------------


def test_the_explanation_is_part_of_the_described_api(client):
    """typesense#2957, #59, #537: text_match_info was undocumented. Every field of the explanation is described."""
    schemas = client.get("/openapi.json").json()["components"]["schemas"]
    hit = client.get("/v1/search", params={"q": "rote shorts", "explain": True}).json()["hits"][0]
    for name, told in [("Explanation", hit["explain"]), ("ExplainPersonal", hit["explain"]["personal"])]:
        assert schemas[name]["description"]
        assert set(told) <= set(schemas[name]["properties"])
    assert "= final" in schemas["Explanation"]["description"]
    assert "contribution =" in schemas["ExplainTerm"]["description"]


def test_words_are_highlighted_also_where_vectors_helped(opened):
    """marqo#801: highlights for what words matched, in a search of both legs; none where no word matched."""
    shop = opened(WARM, TaughtEncoder(MEANING))
    shown = {hit.id: hit.highlights for hit in ask(shop, "warme Wolldecke etwas warmes").hits}
    assert shown["blanket"] == {"title": [(0, 9)]}
    assert shown["plaid"] == {}
