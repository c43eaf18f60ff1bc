"""What other engines' users complain of in running a server and in knowing shoppers.

Each test opens with the thread that it answers; `test_lessons_of_peers.py` has the whole list.
"""

import mmap

import numpy as np
import pytest

from search.index.build import build_snapshot
from search.index.snapshot import load_snapshot
from search.messages import EventIn, SearchRequest
from search.settings import Settings
from search.types import Identity, Product
from tests.stand_ins import StubEncoder, shop_products

BRAND = "Nike"


def seen(count, shopper=None, session=None, kind="view"):
    """Events: looks at so many products of one brand."""
    ids = [product.id for product in shop_products() if product.brand == BRAND]
    return [
        EventIn(event_id=f"{shopper}-{session}-{n}", type=kind, product_id=ids[n % 2], shopper=shopper, session=session)
        for n in range(count)
    ]


# --- memory and start ------------------------------------------------------------------------------


class Counting(StubEncoder):
    """Notes how many texts it is given at once."""

    def __init__(self):
        super().__init__()
        self.at_once = []

    def encode_document(self, texts):
        self.at_once.append(len(texts))
        return super().encode_document(texts)


def test_texts_are_embedded_in_bounded_portions(tmp_path):
    """typesense#1507, marqo#451: out of memory while indexing. However many products, so many texts at once."""
    encoder = Counting()
    products = [Product(id=f"p{n}", title={"de": f"Ding Nummer {n}"}) for n in range(1200)]
    build_snapshot(products, tmp_path, Settings(), encoder)
    texts = [size for size in encoder.at_once if size > 1]
    assert sum(texts) >= 1200
    assert max(texts) <= 512


def test_a_server_embeds_queries_only(open_shop):
    """typesense#1214: after automatic embedding the server was out of reach. Products are embedded when indexing,
    by another process; the server encodes what shoppers type."""
    encoder = StubEncoder()
    service = open_shop(encoder=encoder)
    service.refresh()
    service.search(SearchRequest(q="shorts"), Identity())
    assert encoder.documents == 0
    assert encoder.queries == 1


def test_the_index_stays_on_disk_until_it_is_touched(shop):
    """typesense#2996, #1276: 30 GB of memory and 45 minutes to start. Postings, columns and products are mapped."""
    snapshot = load_snapshot(shop)
    columns = snapshot.base_columns.columns.values()
    postings = [snapshot.lexical(language) for language in snapshot.languages]
    mapped = [column.rows for column in columns] + [array for part in postings for array in (part.rows, part.saturated)]
    assert mapped
    assert all(is_mapped(array) for array in mapped)


def is_mapped(array):
    """True where an array, or what it is a view of, lies in a mapped file."""
    while array is not None and not isinstance(array, np.memmap | mmap.mmap):
        array = getattr(array, "base", None)
    return array is not None


# --- shoppers --------------------------------------------------------------------------------------


def test_tastes_are_named_numbers_beside_the_others_and_add_up(service):
    """vespa#28487: labels of user and category could not be used in the global phase. Tastes are columns of the ranking
    like relevance and business, for the order, the explanation and whoever learns from it."""
    service.record(seen(8, shopper="anna"))()
    pipeline = service.generation.pipeline
    trace = pipeline.trace(SearchRequest(q="shirt"), service.store, Identity("anna"))
    features = trace.stages["personal"].features
    assert {"lexical", "dense", "R", "A", "p", "x_brand", "x_color", "bestseller"} <= set(features)
    assert np.ptp(features["x_brand"]) > 0
    assert np.allclose(features["A"] + features["p"], trace.stages["personal"].scores)
    stranger = pipeline.trace(SearchRequest(q="shirt")).stages["personal"]
    assert not stranger.features["p"].any()


def test_a_shop_without_any_event_has_an_order(open_shop):
    """metarank#1062: with no data there was a no-op model only. What sells orders what is equally relevant."""
    plain, sold = (
        [hit.id for hit in open_shop(business={"bestseller": size}).search(SearchRequest(per_page=50), Identity()).hits]
        for size in (0.0, 0.2)
    )
    popularity = {product.id: product.popularity for product in shop_products()}
    in_stock = [id for id in sold if id != "shirt-men-white"]  # sold out, and so at the end
    assert [popularity[id] for id in in_stock] == sorted((popularity[id] for id in in_stock), reverse=True)
    assert plain != sold


def test_little_evidence_moves_little(open_shop):
    """metarank#1381: ratings and counts of a newcomer are noise. A prior weighs against few events: the lift grows
    with evidence, from 1."""

    def brand_lifts(**personal):
        service = open_shop(personal=personal)
        for count in (1, 3, 9, 30):
            service.record(seen(count, shopper=f"s{count}"))()
            yield from (taste.lift for taste in service.profile(f"s{count}").tastes if taste.value == BRAND)

    lifts, believed = list(brand_lifts()), list(brand_lifts(kappa_shop=0.1))
    assert lifts == sorted(lifts)
    assert 1 < lifts[0] < 1.1 < 1.5 < lifts[-1]
    assert believed[0] > 1.3  # without the prior one look would say it all


@pytest.mark.parametrize(("scope", "known"), [("full", True), ("session", False)])
def test_a_visit_is_not_a_person(service, scope, known):
    """ubi#17: client_id is no person; a session is needed to see shifts between visits. Each is an id of its own."""
    service.record(seen(9, shopper="anna", session="monday"))()
    visit = Identity("anna", "tuesday")
    moved = service.search(SearchRequest(q="shirt", personalize=scope, explain=True), visit)
    assert any(hit.explain.personal.sum for hit in moved.hits) == known
    same_visit = service.search(SearchRequest(q="shirt", personalize="session", explain=True), Identity(None, "monday"))
    assert any(hit.explain.personal.sum for hit in same_visit.hits)


def test_suggestions_know_nobody(service):
    """typesense#1481: suggestions from other people's searches. Ours are the catalogue's; nobody's typing is in it."""
    before = service.suggest("geheimwort", None, 8)
    for shopper in ("anna", "cem"):
        service.search(SearchRequest(q="geheimwort"), Identity(shopper))
    service.record(seen(9, shopper="anna"))()
    assert service.suggest("geheimwort", None, 8) == before == []
