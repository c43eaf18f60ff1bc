"""G14, a cursor pins snapshot and profiles: page 2 never repeats page 1 and skips nothing, whatever comes between.

1. Whatever is learned between the pages, they are the pages of the first one's order.
2. A cursor holds no id, and nobody else's profile can be read with it.
3. A forged cursor is refused by name, or it only reads the sender's own order.
4. What cannot be kept is told in `degraded`.
"""

from __future__ import annotations

import base64
import math

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from search.cursor import Cursor
from search.errors import BadRequest
from search.messages import EventIn, SearchRequest
from search.types import Identity
from tests.stand_ins import Clock, StubEncoder, build_shop, open_service, shop_products

IDS = [product.id for product in shop_products()]
QUERIES = ("", "shorts", "Laufschuhe Nike", "rot")


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def shop_service(open_shop, clock):
    return open_shop(now=clock)


class Visitor:
    """Somebody who looks and pages."""

    def __init__(self, service, who="vera", touchpoint="web"):
        self.service, self.session, self.touchpoint = service, f"{who}-visit", touchpoint
        self.shopper = who if touchpoint == "web" else None
        self.looks = 0

    def look(self, id, type="view"):
        self.looks += 1
        event = EventIn(
            event_id=f"{self.session}-{self.looks}",
            type=type,
            product_id=id,
            session=self.session,
            shopper=self.shopper,
            touchpoint=self.touchpoint,
        )
        self.service.record([event])()

    def page(self, q="", per_page=7, cursor=None, **more):
        request = SearchRequest(q=q, per_page=per_page, cursor=cursor, **more)
        return self.service.search(request, Identity(self.shopper, self.session, self.touchpoint))

    def whole(self, q=""):
        return [hit.id for hit in self.page(q, per_page=100).hits]


def walk(visitor, q, between):
    """All pages by cursor, with something done before each but the first."""
    answer = visitor.page(q)
    seen, degraded = [hit.id for hit in answer.hits], list(answer.degraded)
    while answer.cursor:
        between()
        answer = visitor.page(q, cursor=answer.cursor)
        seen += [hit.id for hit in answer.hits]
        degraded += answer.degraded
    return seen, degraded


@pytest.mark.parametrize("touchpoint", ["web", "kiosk"])
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_events_between_pages_neither_repeat_nor_skip_a_hit(shop_service, clock, touchpoint, data):
    visitor = Visitor(shop_service, who=f"visitor {data.draw(st.uuids())}", touchpoint=touchpoint)
    looked = st.lists(st.tuples(st.sampled_from(IDS), st.sampled_from(["view", "cart", "purchase"])), max_size=6)
    for look in data.draw(looked):
        visitor.look(*look)
    q = data.draw(st.sampled_from(QUERIES))
    before = visitor.whole(q)

    def between():
        clock.advance(data.draw(st.sampled_from([0.0, 1.0, 30.0])))
        for look in data.draw(looked):
            visitor.look(*look)

    seen, degraded = walk(visitor, q, between)
    assert seen == before and degraded == []


def test_the_first_page_of_the_next_search_knows_what_was_learned_meanwhile(shop_service):
    """The test above would pass if nothing were learned: it is."""
    visitor = Visitor(shop_service)
    first, before = visitor.page("shorts", per_page=3), visitor.whole("shorts")
    for id in ("shirt-men-white", "shirt-men-blue", "shoes-men-blue", "shorts-men-green"):
        visitor.look(id)
    assert visitor.whole("shorts") != before
    second = visitor.page("shorts", per_page=100, cursor=first.cursor)
    assert [hit.id for hit in first.hits + second.hits] == before


def test_the_order_is_kept_over_a_restart_and_by_another_process(open_shop, clock, tmp_path):
    home = build_shop(tmp_path / "shop")
    with open_service(home, now=clock) as service:
        visitor = Visitor(service)
        for id in ("shorts-men-blue", "shirt-men-white"):
            visitor.look(id)
        first, before = visitor.page("shorts", per_page=3), visitor.whole("shorts")
        for id in ("shorts-women-blue", "skirt-women-green", "pumps-women-black"):
            visitor.look(id)
    with open_service(home, now=clock) as service:
        visitor.service = service
        second = visitor.page("shorts", per_page=100, cursor=first.cursor)
        assert [hit.id for hit in first.hits + second.hits] == before and second.degraded == []


def test_pages_of_another_size_go_on_where_the_last_one_ended(shop_service):
    visitor = Visitor(shop_service)
    first = visitor.page("", per_page=5)
    second = visitor.page("", per_page=9, cursor=first.cursor)
    assert [hit.rank for hit in second.hits] == list(range(6, 15))


def test_a_profile_that_was_erased_meanwhile_is_told(shop_service, clock):
    visitor = Visitor(shop_service)
    for id in ("shorts-men-blue", "shirt-men-white"):
        visitor.look(id)
    first = visitor.page("shorts", per_page=3)
    shop_service.erase("vera")
    shop_service.erase("vera-visit")
    assert "profile_changed" in visitor.page("shorts", cursor=first.cursor).degraded
    clock.advance(1)
    for id in ("shorts-women-blue", "skirt-women-green", "pumps-women-black"):
        visitor.look(id)
    assert "profile_changed" in visitor.page("shorts", cursor=first.cursor).degraded, "another profile of that length"


def test_a_new_snapshot_and_a_new_day_are_told(shop_service, clock):
    visitor = Visitor(shop_service)
    first = visitor.page("shorts", per_page=3)
    clock.advance(86_400)
    assert visitor.page("shorts", cursor=first.cursor).degraded == ["prices_changed"]
    pinned = Cursor.decode(first.cursor)
    other = Cursor(pinned.snapshot + 1, pinned.start, clock()).encode()
    assert visitor.page("shorts", cursor=other).degraded == ["snapshot_changed"]


def test_lists_that_were_edited_meanwhile_are_told(shop_service):
    visitor = Visitor(shop_service)
    first = visitor.page("shorts", per_page=3)
    assert visitor.page("shorts", cursor=first.cursor).degraded == []
    (shop_service.home / "synonyms.txt").write_text("bermuda = shorts", encoding="utf-8")
    shop_service.reread_lists()
    assert visitor.page("shorts", cursor=first.cursor).degraded == ["lists_changed"]
    again = visitor.page("shorts", per_page=3)
    assert visitor.page("shorts", cursor=again.cursor).degraded == []


def test_a_page_without_vectors_is_followed_by_pages_without_vectors(shop_service):
    visitor = Visitor(shop_service)
    pinned = Cursor.decode(visitor.page("shorts", per_page=3).cursor)
    lexical = Cursor(pinned.snapshot, 3, pinned.moment, pinned.version, ("dense",)).encode()
    answer = visitor.page("shorts", per_page=2, cursor=lexical)
    assert answer.degraded == ["dense"]
    assert Cursor.decode(answer.cursor).left_out == ("dense",)


# --- what a cursor says, and who may have made it ---


def test_a_cursor_holds_no_id_and_no_taste(shop_service):
    visitor = Visitor(shop_service, who="geheim")
    visitor.look("shorts-men-blue")
    told = base64.urlsafe_b64decode(visitor.page("shorts", per_page=3).cursor).decode()
    assert "geheim" not in told and "Adidas" not in told and "shorts" not in told
    assert all(isinstance(part, int | float | list) for part in msgspec.json.decode(told))


def test_somebody_elses_cursor_shows_ones_own_order(shop_service):
    fan, stranger = Visitor(shop_service, "fan"), Visitor(shop_service, "stranger")
    for id in ("shorts-men-blue", "shirt-men-white", "shoes-men-blue"):
        fan.look(id)
    taken = fan.page("shorts", per_page=3).cursor
    own = [hit.id for hit in stranger.page("shorts", per_page=100).hits]
    answer = stranger.page("shorts", per_page=100, cursor=taken)
    assert [hit.id for hit in answer.hits] == own[3:] and answer.degraded == ["profile_changed"]


def forged(*held):
    return base64.urlsafe_b64encode(msgspec.json.encode(held)).decode()


@pytest.mark.parametrize(
    "text",
    [
        "abc",
        "äöü",
        "!!!!",
        forged(),
        forged(1, 2),
        forged(1, 0, 0.0, [0, 0], [], 0, 0),
        forged(1, 10_000, 0.0, [0, 0], [], 0, 0),
        forged(-1, 3, 0.0, [0, 0], [], 0, 0),
        forged(1, 3, -1.0, [0, 0], [], 0, 0),
        forged(1, 3, 1e300, [0, 0], [], 0, 0),
        forged(1, 3, None, [0, 0], [], 0, 0),
        forged(1, 3, "now", [0, 0], [], 0, 0),
        forged(1, 3, 0.0, [0], [], 0, 0),
        forged(1, 3, 0.0, [-1, 0], [], 0, 0),
        forged(1, 3, 0.0, [2**60, 0], [], 0, 0),
        forged(1, 3, 0.0, [0, 0], [7], 0, 0),
        forged(1, 3, 0.0, [0, 0], [0, 1, 0, 1], 0, 0),
        forged(1, 3, 0.0, [0, 0], [], 0, 0, "more"),
        forged({"snapshot": 1}),
    ],
)
def test_a_forged_cursor_is_refused_by_name(client, text):
    answer = client.get("/v1/search", params={"q": "shorts", "cursor": text})
    assert (answer.status_code, answer.json()["place"]) == (400, "cursor")


@given(st.binary(max_size=60) | st.text(max_size=60))
def test_anything_else_is_refused_too(held):
    text = base64.urlsafe_b64encode(held).decode() if isinstance(held, bytes) else held
    with pytest.raises(BadRequest):
        Cursor.decode(text)


@given(
    st.tuples(st.integers(0, 2**53), st.integers(1, 1000), st.floats(0, 1e11)),
    st.tuples(st.integers(0, 2**53), st.integers(0, 2**53)),
)
def test_a_cursor_reads_as_it_was_written(place, version):
    cursor = Cursor(*place, version, ("personal",))
    assert Cursor.decode(cursor.encode()) == cursor


def test_forged_numbers_only_read_the_senders_own_order(shop_service):
    visitor = Visitor(shop_service)
    visitor.look("shorts-men-blue")
    for version in ((0, 0), (1, 0), (5, 9), (2**53, 2**53)):
        answer = visitor.page("", per_page=100, cursor=Cursor(1, 1, 0.0, version).encode())
        assert len(answer.hits) == len(IDS) - 1 and all(math.isfinite(hit.score) for hit in answer.hits)
    assert StubEncoder.name == shop_service.snapshot.manifest.model
