"""Counters are kept by source and summed when they are read.

1. An event is counted in one long-term source, and in its visit.
2. A sum of sources is what one profile of all their events would hold, up to the last bits.
3. A merge changes no counter: undoing it gives everybody's profile back, bit for bit, whatever happened in between.
"""

from __future__ import annotations

from random import Random

import msgspec
import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from search.errors import BadRequest, NotFound
from search.profiles import links as links_module
from search.profiles.sources import counting, merged, sources_of
from search.profiles.statistics import Kind, kinds_of
from search.profiles.store import SqliteStore
from search.profiles.tables import EVENTS, PROFILES
from search.settings import Personal
from search.types import Event, Identity
from tests.profiles.events import DAY, NOW, event, random_events, random_traits, traits

KINDS = kinds_of(Personal())
PEOPLE, DEVICES, VISITS = ("anna", "bernd", "cem"), ("tablet", "phone"), ("s1", "s2", "s3")


@pytest.fixture
def store(tmp_path):
    with SqliteStore(tmp_path / "tresen.db", Personal()) as opened:
        yield opened


def told(id: str, brand: str = "Adidas", **ids) -> tuple[Event, object]:
    return Event(event_id=id, type="cart", product_id="P1", time=NOW, **ids), traits(brand)


def brands(store: SqliteStore, **ids) -> set[str]:
    """What is known of the taste of whoever asks, long-term and now."""
    tastes = store.affinities(Identity(**ids), "full", NOW).tastes
    return set(tastes["brand"].observed) if tastes else set()


@pytest.mark.parametrize(
    ("ids", "counted"),
    [
        ({}, []),
        ({"session": "s"}, [("visit", "s"), ("session", "s")]),
        ({"device": "d"}, [("device", "d")]),
        ({"device": "d", "session": "s"}, [("device", "d"), ("session", "s")]),
        ({"shopper": "a", "device": "d", "session": "s"}, [("shopper", "a"), ("session", "s")]),
    ],
)
def test_an_event_is_counted_in_the_surest_source_that_it_names(ids, counted):
    assert sources_of(told("e", **ids)[0]) == counted


@given(st.integers(0, 2**32 - 1))
@hypothesis_settings(max_examples=30)
def test_a_sum_of_sources_is_the_profile_of_all_their_events(seed):
    rng, kind = Random(seed), KINDS["shopper"]
    events = [(one, said) for one, said in random_events(rng, 60) if said is not None]
    share = rng.randint(1, 5)
    parts = [
        kind.fold_all(None, [(e.type, t, e.time) for e, t in events[at::share]])
        for at in range(share)
        if events[at::share]
    ]
    whole = kind.fold_all(None, [(e.type, t, e.time) for e, t in events])
    total = merged(kind, parts)
    assert total.count == whole.count and total.newest == whole.newest
    for name, taste in kind.tastes(whole, NOW).items():
        summed = kind.tastes(total, NOW)[name]
        assert summed.events == pytest.approx(taste.events, abs=1e-9)
        for value, types in taste.observed.items():
            assert summed.observed[value] == pytest.approx(types, abs=1e-9)


def test_one_source_is_handed_on_as_it_is_and_sources_of_other_ages_do_not_overflow():
    kind = Kind(KINDS["session"].weights, KINDS["session"].half_life_s)
    old = kind.fold(None, "cart", traits(), NOW - 4000 * DAY)
    new = kind.fold(None, "cart", traits("Puma"), NOW)
    assert merged(kind, [old]) is old and merged(kind, []) is None
    total = merged(kind, [new, old])
    assert total.observed["brand"]["Puma"]["Shorts"] == 2.0
    assert total.observed["brand"]["Adidas"]["Shorts"] < 1e-100


def test_a_sum_of_sources_knows_what_was_bought_in_each():
    """Twice on the tablet and once on the phone is three times; the last time is the latest of all."""
    kind = KINDS["shopper"]
    tea, soap = (msgspec.structs.replace(traits(), item=item) for item in ("tea", "soap"))
    tablet = kind.fold_all(None, [("purchase", tea, NOW - 9 * DAY), ("purchase", tea, NOW - 2 * DAY)])
    phone = kind.fold_all(None, [("purchase", tea, NOW - 5 * DAY), ("purchase", soap, NOW)])
    whole = [("purchase", tea, NOW - days * DAY) for days in (9, 5, 2)] + [("purchase", soap, NOW)]
    total, wanted = merged(kind, [tablet, phone]), kind.fold_all(None, whole)
    found, told_once = (kind.purchases(each, NOW) for each in (total, wanted))
    for item in ("tea", "soap"):
        count, last = found.counts["Shorts"][item]
        other, latest = told_once.counts["Shorts"][item]
        assert count * found.factor == pytest.approx(other * told_once.factor) and last == latest


def everything(store: SqliteStore) -> dict[str, object]:
    """What each of them is shown, to the bit: their counters and the affinities that a ranker would get."""
    found: dict[str, object] = {}
    for person in PEOPLE:
        found[person] = store.counters(store.view(person))
        known = store.affinities(Identity(person, linked=True), "full", NOW)
        found[f"{person} as ranked"] = {n: (t.observed, t.events) for n, t in known.tastes.items()}
    for device in DEVICES:
        found[device] = store.statistics("device", device)
    return found


def bits(value: object) -> bytes:
    """As bytes, so that 0.0 and −0.0, or two neighbours, are not the same."""
    return msgspec.msgpack.encode(value, order="deterministic")


@given(st.integers(0, 2**32 - 1))
@hypothesis_settings(max_examples=12)
def test_m95_an_unmerge_gives_every_profile_back_bit_for_bit(tmp_path_factory, seed):
    """Links made and undone in any order, with events before, between and after, and a restart: a store that never
    had a link knows the same."""
    rng, folder = Random(seed), tmp_path_factory.mktemp("store")
    events, made = _events(rng, 90), []
    with SqliteStore(folder / "control.db", Personal()) as control:
        control.append(events)
        wanted = bits(everything(control))
    with SqliteStore(folder / "t.db", Personal()) as store:
        store.append(events[:60])
        for number in range(rng.randint(1, 5)):
            source, ids = rng.choice([("shopper", PEOPLE), ("device", DEVICES), ("session", VISITS)])
            person, id = rng.choice(PEOPLE), rng.choice(ids)
            if (source, id) != ("shopper", person):
                made.append(store.link(person, source, id, NOW).result())
            store.append(events[60 + 5 * number : 65 + 5 * number])
            everything(store)  # into the cache
        store.append(events[60:])
        rng.shuffle(made)
    with SqliteStore(folder / "t.db", Personal()) as store:
        for number, link in {one.number: one for one in made}.items():
            store.unlink(link.shopper, number, NOW).result()
        assert bits(everything(store)) == wanted
        with store._engine.connect() as connection:
            keys = connection.execute(sa.select(PROFILES.c.kind, PROFILES.c.id)).all()
        assert store.rebuilt() == {(kind, id): store.statistics(kind, id) for kind, id in keys}


def _events(rng: Random, count: int):
    return [
        (msgspec.structs.replace(one, device=rng.choice([*DEVICES, None])), random_traits(rng))
        for one, _ in random_events(rng, count)
    ]


def test_the_property_above_has_something_to_undo(store):
    store.append(_events(Random(1), 200))
    before = bits(everything(store))
    link = store.link("anna", "device", "tablet", NOW).result()
    assert bits(everything(store)) != before
    store.unlink("anna", link.number, NOW).result()
    assert bits(everything(store)) == before


# --- the alias graph ---


def test_m97_accounts_are_one_person_from_either_side_and_over_several_steps(store):
    store.append([told("1", "Adidas", shopper="anna"), told("2", "Puma", shopper="anna-old"), told("3", "Nike", shopper="a3")])  # fmt: skip # noqa: E501
    store.link("anna", "shopper", "anna-old", NOW).result()
    far = store.link("a3", "shopper", "anna-old", NOW).result()
    for account in ("anna", "anna-old", "a3"):
        assert brands(store, shopper=account, linked=True) == {"Adidas", "Puma", "Nike"}
        assert len(brands(store, shopper=account)) == 1, "without leave each account is read alone"
    store.unlink("a3", far.number, NOW).result()
    assert brands(store, shopper="a3", linked=True) == {"Nike"}
    assert brands(store, shopper="anna-old", linked=True) == {"Adidas", "Puma"}


def test_a_circle_of_links_counts_nothing_twice(store):
    store.append([told("1", "Adidas", shopper="anna"), told("2", "Puma", shopper="b")])
    for one, other in (("anna", "b"), ("b", "anna"), ("b", "c"), ("c", "anna")):
        store.link(one, "shopper", other, NOW).result()
    assert store.counters(store.view("anna")).count == 2


def test_m96_two_people_share_a_tablet_and_neither_sees_the_other(store):
    store.append([told("1", "Adidas", shopper="anna"), told("2", "Puma", shopper="bernd"), told("3", "Nike", device="tablet")])  # fmt: skip # noqa: E501
    for person in ("anna", "bernd"):
        store.link(person, "device", "tablet", NOW).result()
    assert brands(store, shopper="anna", linked=True) == {"Adidas", "Nike"}
    assert brands(store, shopper="bernd", linked=True) == {"Puma", "Nike"}
    assert brands(store, device="tablet") == {"Nike"}, "a device learns nothing of those who use it"


def test_linking_twice_is_one_link_and_undoing_needs_ones_own(store):
    first = store.link("anna", "device", "tablet", NOW).result()
    assert store.link("anna", "device", "tablet", NOW + 5).result() == first
    with pytest.raises(NotFound):
        store.unlink("bernd", first.number, NOW).result()
    store.unlink("anna", first.number, NOW).result()
    with pytest.raises(NotFound):
        store.unlink("anna", first.number, NOW).result()
    again = store.link("anna", "device", "tablet", NOW).result()
    assert again.number > first.number, "a state that somebody pages through is not mistaken for another"


def test_a_refused_link_leaves_its_neighbours_alone(store, monkeypatch):
    monkeypatch.setattr(links_module, "MAX_SOURCES", 3)
    futures = [store.link("anna", "device", f"d{number}", NOW) for number in range(4)]
    stored = store.submit([told("e", shopper="anna")])
    assert [future.exception() is None for future in futures] == [True, True, False, False]
    with pytest.raises(BadRequest, match="more than 3 sources"):
        futures[2].result()
    assert stored.result().accepted == 1
    assert [link.id for link in store.links("anna")] == ["d0", "d1"]
    with pytest.raises(BadRequest, match="themself"):
        store.link("anna", "shopper", "anna", NOW).result()


# --- several people in one visit ---


def test_m96_a_visit_is_split_once_a_second_person_appears(store):
    store.append([told("1", "Nike", session="s"), told("2", "Adidas", shopper="anna", session="s")])
    assert brands(store, shopper="anna", session="s") == {"Nike", "Adidas"}, (
        "what came before signing in counts after it"
    )
    assert brands(store, shopper="bernd", session="s") == set(), "a newcomer sees nothing of it"
    store.append([told("3", "Puma", shopper="bernd", session="s")])
    assert brands(store, shopper="anna", session="s") == {"Adidas"}
    assert brands(store, shopper="bernd", session="s") == {"Puma"}
    assert brands(store, session="s") == {"Nike"}, "nobody signed in: only what nobody signed for"


def test_whoever_goes_back_to_an_earlier_page_is_told_when_links_or_people_have_changed(store):
    anna = Identity("anna", "s", linked=True)
    store.append(
        [told("1", shopper="anna", session="s"), told("2", "Nike", device="tablet"), told("x", shopper="anna")]
    )
    store.link("anna", "device", "tablet", NOW).result()
    linked = store.affinities(anna, "full", NOW)
    store.append([told("3", "Puma", shopper="anna", session="s"), told("4", "Puma", device="tablet")])
    again = store.affinities(anna, "full", NOW, linked.version)
    assert again.version == linked.version
    assert bits([(t.observed, t.events) for t in again.tastes.values()]) == bits(
        [(t.observed, t.events) for t in linked.tastes.values()]
    )
    store.append([told("5", "Puma", shopper="bernd", session="s")])
    assert store.affinities(anna, "full", NOW, linked.version).version != linked.version


# --- erased with whom ---


def test_erasing_a_person_takes_what_is_linked_to_nobody_else(store):
    store.append([
        told("1", shopper="anna"), told("2", shopper="anna-old"), told("3", device="phone"), told("4", device="tablet"),
        told("5", session="before"), told("6", "Puma", shopper="bernd", device="phone"),
    ])  # fmt: skip
    for source, id in (("shopper", "anna-old"), ("device", "phone"), ("device", "tablet"), ("session", "before")):
        store.link("anna", source, id, NOW).result()
    store.link("bernd", "device", "tablet", NOW).result()
    assert store.erase("anna").result() == 4
    assert not any(brands(store, **ids) for ids in ({"shopper": "anna"}, {"shopper": "anna-old"}, {"device": "phone"}))
    assert brands(store, device="tablet") == {"Adidas"}, "Bernd's tablet too"
    assert brands(store, shopper="bernd", linked=True) == {"Puma", "Adidas"}
    assert store.links("anna") == [] and len(store.links("bernd")) == 1
    assert store.statistics("visit", "before") is None


def test_erasing_a_device_takes_its_links_and_all_that_bears_its_name(store):
    store.append(
        [told("1", shopper="anna", device="tablet"), told("2", device="tablet"), told("3", "Puma", shopper="anna")]
    )
    store.link("anna", "device", "tablet", NOW).result()
    assert store.erase("tablet").result() == 2
    assert store.links("anna") == []
    assert brands(store, shopper="anna", linked=True) == {"Puma"}


# --- older files ---


def test_a_file_from_before_there_were_devices_opens_and_its_visits_can_be_linked(tmp_path):
    path = tmp_path / "old.db"
    with SqliteStore(path, Personal()) as store:
        store.append([(event("a", "cart", None, "s"), traits()), (event("b", "cart"), traits("Puma"))])
        with store._engine.begin() as connection:
            connection.exec_driver_sql("DROP INDEX ix_events_device")
            connection.exec_driver_sql("ALTER TABLE events DROP COLUMN device")
            connection.exec_driver_sql("DROP TABLE links")
            connection.exec_driver_sql("DROP TABLE checkpoints")
            connection.execute(PROFILES.delete().where(PROFILES.c.kind == "visit"))
    with SqliteStore(path, Personal()) as store:
        store.link("anna", "session", "s", NOW).result()
        assert brands(store, shopper="anna", linked=True) == {"Adidas", "Puma"}
        store.append([told("c", "Nike", device="d")])
        with store._engine.connect() as connection:
            assert connection.execute(sa.select(EVENTS.c.device)).scalars().all() == [None, None, "d"]
            keys = connection.execute(sa.select(PROFILES.c.kind, PROFILES.c.id)).all()
        assert store.rebuilt() == {(kind, id): store.statistics(kind, id) for kind, id in keys}


def test_every_sort_of_source_knows_how_to_count():
    assert set(counting(KINDS)) == {"shopper", "device", "visit", "session", "part"}
