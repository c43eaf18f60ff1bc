"""What is kept of frequent queries: within its bytes, never seen in an answer, let go of as soon as it is not true.

1. A store keeps what was used last, in so many bytes; what is larger than all of it is not kept.
2. Any search answers with it as without it, the first time, the second and the third.
3. Prices and stock let filters go, words let what is found go, lists and a new generation all but vectors.
4. What was found without the encoder, or without time for it, is not kept.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from msgspec.structs import replace as but
from starlette.testclient import TestClient

from search.app import create_app
from search.index.build import build_snapshot
from search.index.overlay.apply import with_changes
from search.index.snapshot import load_snapshot
from search.kept import Kept, bytes_of
from search.lists.files import ListFiles
from search.messages import SearchRequest
from search.pipeline import Pipeline
from search.renewed import renewed
from tests.stand_ins import NOW, PATIENT, BrokenEncoder, StubEncoder, shop_products

DAY = 24 * 3600.0
NOTHING_KEPT = PATIENT.but(server={"cache_mb": 0.0})


class Now:
    """A clock to be set."""

    def __init__(self):
        self.time = NOW.timestamp()

    def __call__(self):
        return self.time


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    found = tmp_path_factory.mktemp("heads")
    build_snapshot(shop_products(), found, PATIENT, StubEncoder())
    return found


@pytest.fixture(scope="module", params=["exhaustive", "compressed"])
def snapshot(request, tmp_path_factory):
    """All vectors compared, or only the nearest: the latter are found anew under a filter."""
    found = tmp_path_factory.mktemp(request.param)
    products, settings = shop_products(), PATIENT
    if request.param == "compressed":
        settings = settings.but(dense={"exhaustive": 100})
        products += [
            but(product, id=f"{product.id}-{number}", variants=(), gtin=None, mpn=None)
            for number in range(30)
            for product in shop_products()
        ]
    build_snapshot(products, found, settings, StubEncoder())
    return load_snapshot(found)


def pipeline_of(home, encoder=None, settings=PATIENT, now=None):
    return Pipeline(load_snapshot(home), encoder or StubEncoder(), settings, now or Now())


def ask(pipeline, text, **asked):
    return pipeline.search(SearchRequest(q=text, per_page=50, **asked))


def told(answer):
    """All that an answer says, but for when and how fast."""
    return msgspec.json.encode(but(answer, query_id="", took_ms=0.0))


def held(pipeline):
    return {name: len(kept) for name, kept in pipeline.heads}


# --- the store ---------------------------------------------------------------------------------------


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 3000)), max_size=60), st.integers(0, 5000))
def test_a_store_holds_no_more_than_its_bytes_and_what_was_used_last(puts, budget):
    kept, last = Kept(budget), {}
    for key, size in puts:
        value = np.zeros(size, np.uint8)
        assert kept.put(key, value) is value
        last.pop(key, None)
        last[key] = value
        assert kept.bytes <= budget
    for key, value in last.items():
        assert kept.get(key) is None or kept.get(key) is value or bytes_of(value) > budget - 300
    if puts and bytes_of(np.zeros(puts[-1][1], np.uint8)) + 300 < budget:
        assert puts[-1][0] in kept, "what fits is kept, whatever has to go"


def test_what_was_used_longest_ago_goes_first():
    kept = Kept(2000)
    for key in "ab":
        kept.put(key, np.zeros(500, np.uint8))
    assert kept.get("a") is not None
    kept.put("c", np.zeros(500, np.uint8))
    assert kept.get("b") is None and kept.get("a") is not None and kept.get("c") is not None
    assert (kept.tally.hits, kept.tally.misses) == (3, 1)
    assert len(kept.emptied()) == 0 and kept.emptied().tally is kept.tally


def test_a_store_may_be_used_by_many_threads():
    kept = Kept(20_000)

    def work(number):
        for step in range(300):
            key = (number * step) % 37
            found = kept.get(key)
            assert found is None or int(found[0]) == key
            kept.put(key, np.full(100, key))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    assert kept.bytes <= 20_000


# --- searches ----------------------------------------------------------------------------------------


TEXTS = (
    "shorts",
    "Shrit",
    "rote Pumps",
    "",
    "laptop unter 500 €",
    "sparsamer laptop",
    "jacke",
    "wolldecke",
    "gibtsnicht",
)
FILTERS = ("", "price:10..60", "gender:women", "NOT gender:men", "color:rot OR in_stock:mitte")


@st.composite
def searches(draw):
    return SearchRequest(
        q=draw(st.sampled_from(TEXTS)),
        filter=draw(st.sampled_from(FILTERS)),
        lang=draw(st.sampled_from([None, "de", "en"])),
        facet=draw(st.sampled_from([[], ["color", "gender"]])),
        sort=draw(st.sampled_from(["relevance", "price:asc"])),
        correct=draw(st.booleans()),
        explain=draw(st.booleans()),
        branch=draw(st.sampled_from([None, "mitte"])),
        without_understood=draw(st.sampled_from([[], ["color"], ["price"]])),
        groups=draw(st.booleans()),
        per_page=draw(st.sampled_from([0, 3, 50])),
    )


@given(st.lists(searches(), min_size=1, max_size=4))
@examples(max_examples=40)
def test_whatever_is_kept_any_search_answers_as_without_it(snapshot, asked):
    keeping = Pipeline(snapshot, StubEncoder(), PATIENT, Now())
    plain = Pipeline(snapshot, StubEncoder(), NOTHING_KEPT, Now())
    expected = [told(plain.search(each)) for each in asked]
    for _ in range(3):
        assert [told(keeping.search(each)) for each in asked] == expected
    assert not any(held(plain).values())
    assert all(kept.bytes <= kept.budget for _, kept in keeping.heads)


def test_what_a_query_finds_is_kept_when_it_comes_again(home):
    encoder = StubEncoder()
    pipeline = pipeline_of(home, encoder)
    ask(pipeline, "shorts")
    assert held(pipeline)["queries"] == 1 and held(pipeline)["found"] == 0, "most queries come once"
    ask(pipeline, "shorts")
    assert held(pipeline)["found"] == 1
    before, found = encoder.queries, pipeline.heads.found.tally.hits
    ask(pipeline, "shorts", filter="gender:women", facet=["color"])
    assert encoder.queries == before and pipeline.heads.found.tally.hits == found + 1


def test_other_prices_let_filters_go_and_nothing_else(home):
    pipeline = pipeline_of(home)
    for _ in range(2):
        before = ask(pipeline, "shorts", filter="price:10..30")
    product = pipeline.snapshot.documents.product(pipeline.snapshot.documents.row_of(before.hits[0].id))
    dearer = but(
        product,
        price_cents=99_900,
        sale_price_cents=None,
        variants=tuple(but(one, price_cents=None, sale_price_cents=None) for one in product.variants),
    )
    after = renewed(pipeline, with_changes(pipeline.indexed, {product.id: dearer}, None, 1))
    assert held(after)["found"] == 1 and held(after)["filters"] == 0
    assert product.id not in {hit.id for hit in ask(after, "shorts", filter="price:10..30").hits}
    assert after.heads.found.tally.hits == 1, "what it finds did not change"
    assert product.id in {hit.id for hit in ask(pipeline, "shorts", filter="price:10..30").hits}, "who has the old one"
    again = next(hit for hit in ask(after, "shorts").hits if hit.id == product.id)
    assert again.product["price"] == 999.0


def test_other_words_let_what_is_found_go(home):
    pipeline = pipeline_of(home)
    for _ in range(2):
        assert not any(hit.id == "new" for hit in ask(pipeline, "shorts").hits)
    encode = StubEncoder().encode_document
    product = but(shop_products()[0], id="new", title={"de": "Shorts Shorts"}, variants=())
    after = renewed(pipeline, with_changes(pipeline.indexed, {"new": product}, encode, 1))
    assert held(after) | {"vectors": 0} == {"vectors": 0, "queries": 0, "found": 0, "filters": 0}
    assert held(after)["vectors"] == 1
    assert any(hit.id == "new" for hit in ask(after, "shorts").hits)


def test_other_lists_let_what_a_query_means_go(home, tmp_path):
    pipeline = pipeline_of(home)
    for _ in range(2):
        assert ask(pipeline, "beinkleid").query.synonyms == []
    (tmp_path / "synonyms.txt").write_text("beinkleid => shorts\n", encoding="utf-8")
    after = pipeline.edited(ListFiles(tmp_path, PATIENT.analysis).read())
    assert ask(after, "beinkleid").query.synonyms and ask(pipeline, "beinkleid").query.synonyms == []


def test_another_day_has_its_own_prices(home):
    now = Now()
    pipeline = pipeline_of(home, now=now)
    filters = ("discount:1..100", "price:10..20", "price:20..40")
    before = [ask(pipeline, "shorts", filter=name).total for name in filters * 3]
    assert before == before[:3] * 3 and before[0] > 0
    now.time += 400 * DAY
    later = pipeline_of(home, now=now, settings=NOTHING_KEPT)
    after = [ask(pipeline, "shorts", filter=name).total for name in filters]
    assert after == [ask(later, "shorts", filter=name).total for name in filters] != before[:3]


class Shaky(StubEncoder):
    """Fails until it is mended."""

    broken = True

    def encode_query(self, texts):
        return BrokenEncoder().encode_query(texts) if self.broken else super().encode_query(texts)


def test_what_was_found_without_the_encoder_is_not_kept(home):
    encoder = Shaky()
    pipeline = pipeline_of(home, encoder)
    for _ in range(3):
        assert "dense" in ask(pipeline, "shorts").degraded
    assert held(pipeline)["found"] == 0 and held(pipeline)["vectors"] == 0
    encoder.broken = False
    answers = [ask(pipeline, "shorts") for _ in range(3)]
    assert not any(answer.degraded for answer in answers)
    assert told(answers[0]) == told(answers[2]) == told(ask(pipeline_of(home), "shorts"))


def test_metrics_tell_what_is_kept(open_shop):
    service = open_shop()
    with TestClient(create_app(lambda: service)) as client:
        for _ in range(3):
            client.get("/v1/search", params={"q": "shorts", "filter": "gender:women"})
        metrics = client.get("/metrics").text
    figures = dict(line.rsplit(" ", 1) for line in metrics.splitlines() if line.startswith("tresen_kept"))
    assert float(figures['tresen_kept_found{kept="found"}']) == 1
    assert float(figures['tresen_kept_bytes{kept="filters"}']) > 0
    assert "shorts" not in metrics
