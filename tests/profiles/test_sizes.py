"""Sizes that were bought and kept: what counts, what a return takes back, and files from before they were kept."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from search.profiles.sizes import MOST_ITEMS, with_event
from search.profiles.sources import merged
from search.profiles.statistics import Statistics, kinds_of
from search.settings import Personal
from search.types import Event, Traits

KIND = kinds_of(Personal())["shopper"]
DAY = 86_400.0

told = st.lists(
    st.tuples(
        st.sampled_from(["purchase", "return", "view"]),
        st.sampled_from(["P1", "P2", "P3"]),
        st.sampled_from(["38", "39", ""]),
        st.sampled_from(["", "size"]),
        st.floats(0, 4000 * DAY),
    ),
    max_size=12,
)


def traits(item: str, size: str = "38", reason: str = "") -> Traits:
    return Traits("Pumps", {"brand": {"Nordkai": 1.0}}, item, size=size, reason=reason)


def folded(events) -> list:
    return [(type, traits(item, size, reason), time) for type, item, size, reason, time in events]


@given(told)
def test_one_after_the_other_or_all_at_once_is_the_same(events):
    one = None
    for type, said, time in folded(events):
        one = KIND.fold(one, type, said, time)
    assert one == KIND.fold_all(None, folded(events))


@given(told)
def test_a_return_for_the_size_touches_nothing_but_sizes(events):
    before = KIND.fold_all(None, [*folded(events), ("purchase", traits("P1"), 4000 * DAY)])
    after = KIND.fold(before, "return", traits("P1", reason="size"), 4001 * DAY)
    changed = {name for name in Statistics.__struct_fields__ if getattr(before, name) != getattr(after, name)}
    assert changed <= {"sizes", "count"}
    assert "sizes" in changed


@given(told)
def test_what_is_bought_and_comes_back_leaves_what_was_there(events):
    before = KIND.fold_all(None, folded(events)) or Statistics(t0=0.0)
    bought = with_event(before.sizes, "purchase", traits("P9", "40"), 7.0)
    back = with_event(bought, "return", traits("P9", "40"), 9.0)
    assert back.get("Pumps", {}) == before.sizes.get("Pumps", {})


def test_a_purchase_and_its_return_under_another_id_cancel_when_they_are_summed():
    bought = KIND.fold(None, "purchase", traits("P1"), 0.0)
    returned = KIND.fold(None, "return", traits("P1"), 0.0)
    assert merged(KIND, [bought, returned]).sizes == {"Pumps": {"P1": {"38": (0.0, 0.0)}}}


def test_a_profile_keeps_so_many_items_of_a_type_and_no_more():
    kept: dict = {}
    for number in range(MOST_ITEMS + 5):
        kept = with_event(kept, "purchase", traits(f"P{number}"), 1.0)
    assert list(kept["Pumps"]) == [f"P{number}" for number in range(5, MOST_ITEMS + 5)]


def test_a_store_from_before_reads_as_one_without_sizes():
    old_traits = {"product_type": "Pumps", "values": {"brand": {"Nordkai": 1.0}}, "item": "P1"}
    old_event = {"event_id": "e", "type": "return", "product_id": "P1", "time": 0.0}
    old_statistics = {"t0": 0.0, "observed": {"brand": {"Nordkai": {"Pumps": 3.0}}}, "count": 1}
    said = msgspec.msgpack.decode(msgspec.msgpack.encode(old_traits), type=Traits)
    event = msgspec.msgpack.decode(msgspec.msgpack.encode(old_event), type=Event)
    known = msgspec.msgpack.decode(msgspec.msgpack.encode(old_statistics), type=Statistics)
    assert (said.size, said.reason, event.reason, known.sizes) == ("", "", None, {})
    assert KIND.fold(known, "purchase", said, DAY).sizes == {}
