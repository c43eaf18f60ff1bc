"""One candidate set for hits, totals, facets and pages.

1. The total is the sum of the counts of a field that every product has once; it is the number of hits, too.
2. A filter only takes away; it changes no result's R.
3. Page 2 never repeats page 1; the pages one after the other are the whole, by number and by cursor.
4. A code finds its product first, whatever its separators.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.candidates import CandidateSet
from search.messages import EventIn, SearchRequest
from search.pipeline import Pipeline
from search.retrieval import Retrieval
from search.settings import Settings
from search.types import Identity
from search.understand.filters import parse_filter
from tests.stand_ins import NOW, Clock, StubEncoder, shop_products

IDS = [product.id for product in shop_products()]

queries = st.sampled_from(
    ["", "shorts", "shirt", "schwarz", "herren schuhe", "laptop", "adidas", "warm winter", "black running shoes", "xq"]
)
filters = st.sampled_from(
    [
        "",
        "gender:damen",
        "color:schwarz,blau",
        "price:..40",
        "NOT brand:Nike",
        "in_stock:mitte AND price:10..60",
        "brand:Esprit OR power_w:..50",
        "brand:Niemand",
        "size:M",
    ]
)


@pytest.fixture(scope="session")
def asked(snapshot):
    """asked(q=…, filter=…) -> a SearchAnswer of the hand-written shop, nobody known."""
    pipeline = Pipeline(snapshot, StubEncoder(), Settings(), Clock())

    def search(**request):
        return pipeline.search(SearchRequest(**{"per_page": 100, **request}))

    return search


def ids(answer):
    return [hit.id for hit in answer.hits]


# --- totals and facets -----------------------------------------------------------------------------


@given(queries, filters)
def test_the_total_is_the_number_of_hits_and_the_sum_of_a_facet(asked, q, filter):
    answer = asked(q=q, filter=filter, facet=["currency", "product_type", "price"])
    assert answer.total == len(answer.hits) == len(set(ids(answer)))
    for name in ("currency", "product_type"):
        assert sum(value.count for value in answer.facets[name].values) == answer.total
    if "price" not in filter:  # a facet is not shrunk by its own choice
        assert answer.facets["price"].count == answer.total


@given(queries, filters.filter(lambda text: "brand" not in text))
def test_choosing_a_facet_value_leaves_as_many_hits_as_it_counted(asked, q, filter):
    for value in asked(q=q, filter=filter, facet=["brand"]).facets["brand"].values:
        chosen = f'brand:"{value.value}"' + (f" AND ({filter})" if filter else "")
        assert asked(q=q, filter=chosen).total == value.count


@given(queries)
def test_a_facet_is_not_shrunk_by_its_own_choice(asked, q):
    everything = asked(q=q, facet=["brand"]).facets["brand"]
    assert asked(q=q, filter="brand:Nike", facet=["brand"]).facets["brand"] == everything


def test_a_facet_of_the_shop_has_known_counts(asked):
    shorts = asked(q="shorts", filter="product_type:Shorts", facet=["gender", "color", "price"], lang="en")
    assert {value.value: value.count for value in shorts.facets["gender"].values} == {
        "damen": 4,
        "herren": 3,
        "jungen": 1,
        "mädchen": 1,
    }
    assert {value.label for value in shorts.facets["color"].values} == {"blue", "black", "red", "beige", "green"}
    assert (shorts.facets["price"].min, shorts.facets["price"].max) == (14.99, 49.99)


# --- filters ---------------------------------------------------------------------------------------


@given(queries, filters)
def test_a_filter_only_takes_away_and_changes_no_score(asked, q, filter):
    everything = {hit.id: hit.score for hit in asked(q=q).hits}
    for hit in asked(q=q, filter=filter).hits:
        assert everything[hit.id] == hit.score


@given(queries, filters)
def test_every_hit_passes_the_filter_and_no_result_that_passes_is_lost(asked, snapshot, q, filter):
    mask = snapshot.columns(NOW.date()).mask(parse_filter(filter))
    passing = [id for id in ids(asked(q=q)) if mask[IDS.index(id)]]
    assert sorted(ids(asked(q=q, filter=filter))) == sorted(passing)


def test_a_filter_only_takes_away_also_where_very_many_products_are_near(snapshot):
    # Without the shop's own terms, which count from tier to tier: which products are close depends on the best shown.
    settings = Settings().but(dense={"least": 0.0}, business={"bestseller": 0.0, "sold_out": 0.0})
    everybody_near = Pipeline(snapshot, StubEncoder(), settings, Clock())
    everything = everybody_near.search(SearchRequest(q="schuhwerk", per_page=100))
    filtered = everybody_near.search(SearchRequest(q="schuhwerk", per_page=100, filter="brand:Nike"))
    assert [hit for hit in ids(everything) if hit in set(ids(filtered))] == ids(filtered)
    assert set(ids(filtered)) == {hit.id for hit in everything.hits if hit.product.get("brand") == "Nike"}


def test_a_filter_that_only_one_product_passes_finds_it(asked):
    assert ids(asked(q="laptop", filter="power_w:25")) == ["laptop-eco"]
    assert ids(asked(filter='brand:"Jack Wolfskin"')) == ["jacket-women-beige"]


def test_browsing_shows_every_product_that_passes(asked):
    assert sorted(ids(asked())) == IDS
    assert len(ids(asked(filter="product_type:Shorts"))) == 9


# --- pages -----------------------------------------------------------------------------------------


@given(queries, filters, st.integers(1, 40), st.sampled_from(["relevance", "price:asc", "price:desc", "popularity"]))
def test_pages_one_after_the_other_are_the_whole(asked, q, filter, per_page, sort):
    whole = asked(q=q, filter=filter, sort=sort)
    paged = []
    for page in range(1, whole.total // per_page + 2):
        answer = asked(q=q, filter=filter, sort=sort, page=page, per_page=per_page)
        assert answer.total == whole.total
        assert [hit.rank for hit in answer.hits] == list(range(len(paged) + 1, len(paged) + len(answer.hits) + 1))
        paged += ids(answer)
    assert paged == ids(whole)


@given(queries, st.integers(1, 40))
def test_cursors_lead_through_the_whole(asked, q, per_page):
    answer = asked(q=q, per_page=per_page)
    seen = ids(answer)
    while answer.cursor:
        answer = asked(q=q, per_page=per_page, cursor=answer.cursor)
        assert answer.hits
        seen += ids(answer)
    assert seen == ids(asked(q=q))


def test_a_known_shoppers_pages_do_not_repeat_either(service):
    bought = [
        EventIn(event_id=f"e{n}", type="purchase", product_id=id, shopper="s")
        for n, id in enumerate(IDS)
        if "women" in id
    ]
    service.record(bought)()

    def search(**request):
        return ids(service.search(SearchRequest(q="shorts", shopper="s", **request), Identity("s")))

    whole = search(per_page=100)
    assert whole != search(per_page=100, personalize="off")
    assert [id for page in range(1, 10) for id in search(page=page, per_page=2)] == whole[:18]


def test_sorting_by_price_is_by_todays_price_and_keeps_every_hit(asked):
    cheapest = asked(q="shorts", filter="product_type:Shorts", sort="price:asc")
    prices = [hit.product["price"] for hit in cheapest.hits]
    assert prices == sorted(prices)
    assert 30.0 in prices  # on sale, 59.99 otherwise
    assert sorted(ids(cheapest)) == sorted(ids(asked(q="shorts", filter="product_type:Shorts")))


# --- codes -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "id"),
    [
        ("4006381333948", "laptop-office"),
        ("4006 3813 33948", "laptop-office"),
        ("DV7-1211ea", "laptop-office"),
        ("dv7 1211 EA", "laptop-office"),
        ("DV71211EA", "laptop-office"),
        ("ST16/X", "laptop-creator"),
        ("st16x", "laptop-creator"),
        ("BLZ3070", "laptop-gamer"),
        ("fd2722 001", "shoes-men-blue"),
        ("200001", "shorts-women-blue"),  # a variant's EAN
        ("shorts-men-green", "shorts-men-green"),
        ("Laufschuhe Pegasus 41", "shoes-men-blue"),
        ("running shoes pegasus-41", "shoes-men-blue"),
    ],
)
def test_a_code_or_a_whole_title_finds_its_product_first(asked, typed, id):
    answer = asked(q=typed)
    assert ids(answer)[0] == id
    assert answer.hits[0].score == 1.0


def test_a_code_stays_first_against_a_shoppers_tastes_and_in_no_filter_that_excludes_it(service):
    views = [EventIn(event_id=f"e{n}", type="purchase", product_id="laptop-student", shopper="s") for n in range(30)]
    service.record(views)()
    answer = service.search(SearchRequest(q="DV7 1211ea", shopper="s"), Identity("s"))
    assert answer.hits[0].id == "laptop-office"
    without = service.search(SearchRequest(q="DV7 1211ea", filter="NOT brand:HP"), Identity())
    assert "laptop-office" not in ids(without)


def test_another_model_number_is_no_exact_match(asked):
    assert all(hit.score < 1 for hit in asked(q="DV8-1211ea").hits)


# --- the legs --------------------------------------------------------------------------------------


@pytest.fixture
def retrieval(snapshot, pipeline):
    def made(text, settings=Settings(), with_vector=True):
        query = pipeline.understanding.understand(text)
        vector = StubEncoder().encode_query([query.text])[0] if with_vector else None
        return Retrieval(snapshot, query, vector, settings)

    return made


def test_without_a_vector_the_words_decide_alone(retrieval):
    found = retrieval("shorts", with_vector=False)
    assert found.weight == 1.0
    assert len(found.retrieve(None).dense.rows) == 0
    assert {IDS[row] for row in found.retrieve(None).fused.rows} == {id for id in IDS if id.startswith("shorts")}


def test_without_any_word_found_the_vectors_decide_alone(retrieval):
    assert retrieval("Shortsladen Kurzhosen").weight == 0.0


def test_nothing_below_the_bar_is_a_result(retrieval):
    for text in ("shorts", "schwarzes shirt", "laptop"):
        found = retrieval(text)
        relevance = found.retrieve(None).fused.features["R"]
        assert relevance.min() >= Settings().fusion.floor * relevance.max() - 1e-6


def test_a_higher_floor_leaves_fewer_results(retrieval):
    totals = [
        len(retrieval("schwarzes shirt", Settings().but(fusion={"floor": floor})).retrieve(None).fused)
        for floor in (0.0, 0.3, 0.6, 1.0)
    ]
    assert totals == sorted(totals, reverse=True)
    assert totals[-1] >= 1


def test_a_query_that_nothing_answers_has_no_results(asked):
    answer = asked(q="Quarkstrudel xyzzy", facet=["brand"])
    strong = [hit for hit in answer.hits if hit.score > 0.5]
    assert not strong


def test_the_candidate_set_is_fixed_once(retrieval, snapshot):
    candidates = CandidateSet(retrieval("shorts"), parse_filter("gender:damen"), snapshot.columns(NOW.date()))
    assert candidates.ranking is candidates.ranking
    assert candidates.under_facet("brand").tolist() == sorted(candidates.ranking.rows.tolist())
