"""The store: what is appended is there at once, once, and can be folded anew; what is erased is gone."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from search.errors import StoreUnavailable
from search.profiles import reader as reader_module
from search.profiles import store as store_module
from search.profiles.statistics import Statistics
from search.profiles.store import SqliteStore
from search.profiles.tables import PROFILES
from search.settings import Personal
from search.types import Appended, Identity
from tests.profiles.events import DAY, NOW, event, random_events, traits


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "tresen.db"


@pytest.fixture
def store(path: Path) -> Iterator[SqliteStore]:
    with SqliteStore(path, Personal()) as opened:
        yield opened


def stored(store: SqliteStore) -> dict[tuple[str, str], Statistics]:
    """Every profile as it lies in the file."""
    with store._engine.connect() as connection:
        keys = connection.execute(sa.select(PROFILES.c.kind, PROFILES.c.id)).all()
        return {(kind, id): store._read(connection, (kind, id)) for kind, id in keys}  # type: ignore[misc]


@contextmanager
def pragma(store: SqliteStore, text: str, afterwards: str) -> Iterator[None]:
    """Every connection under a pragma, which makes SQLite itself raise what a full or read-only disk would."""

    def run(text: str) -> Callable:
        return lambda connection, *_: connection.execute(f"PRAGMA {text}")

    listener = run(text)
    sa.event.listen(store._engine, "checkout", listener)
    try:
        yield
    finally:
        sa.event.remove(store._engine, "checkout", listener)
        restore = run(afterwards)
        sa.event.listen(store._engine, "checkout", restore)


# --- there at once ---


def test_an_event_counts_in_the_very_next_read(store):
    for number in range(50):
        store.append([(event(f"e{number}", "cart"), traits())])
        known = store.affinities(Identity("anna"), "full", NOW)
        assert known.tastes["brand"].events == {"Shorts": pytest.approx(number + 1)}


def test_it_counts_in_the_next_read_even_where_nothing_was_known_before(store):
    assert store.affinities(Identity("anna", "s"), "full", NOW).is_empty
    store.append([(event("e", session="s"), traits())])
    assert not store.affinities(Identity("anna"), "full", NOW).is_empty
    assert not store.affinities(Identity(None, "s"), "full", NOW).is_empty


def test_it_is_there_after_a_restart(path):
    with SqliteStore(path, Personal()) as store:
        store.append([(event("e", session="s"), traits())])
        before = store.statistics("shopper", "anna"), store.statistics("session", "s")
    with SqliteStore(path, Personal()) as store:
        assert (store.statistics("shopper", "anna"), store.statistics("session", "s")) == before
        assert [told.event_id for told in store.events("anna")] == ["e"]


def test_leave_decides_what_is_read(store):
    store.append([(event("e1", shopper="anna"), traits("Adidas")), (event("e2", shopper=None, session="s"), traits("Puma"))])  # fmt: skip # noqa: E501
    anna = Identity("anna", "s")
    assert set(store.affinities(anna, "full", NOW).tastes["brand"].observed) == {"Adidas", "Puma"}
    assert set(store.affinities(anna, "session", NOW).tastes["brand"].observed) == {"Puma"}
    assert store.affinities(anna, "off", NOW).is_empty
    assert store.affinities(Identity(), "full", NOW).is_empty


# --- once ---


def test_a_repeated_event_id_changes_nothing_within_a_batch_or_later(store):
    first = [(event("a"), traits()), (event("a"), traits("Puma")), (event("b"), traits())]
    assert store.append(first) == Appended(2, 1, 0)
    before = store.statistics("shopper", "anna")
    assert store.append(first) == Appended(0, 3, 0)
    assert store.append([(event("a", shopper="bernd"), traits())]) == Appended(0, 1, 0)
    assert store.statistics("shopper", "anna") == before
    assert store.statistics("shopper", "bernd") is None


def test_a_repeated_event_id_is_known_after_a_restart(path):
    for wanted in (Appended(1, 0, 0), Appended(0, 1, 0)):
        with SqliteStore(path, Personal()) as store:
            assert store.append([(event("a"), traits())]) == wanted


def test_events_about_unknown_products_are_kept_and_counted_and_teach_nothing(store):
    assert store.append([(event("a"), None), (event("b"), traits())]) == Appended(2, 0, 1)
    assert [told.event_id for told in store.events("anna")] == ["a", "b"]
    assert store.statistics("shopper", "anna").count == 1


def test_an_event_of_nobody_is_kept_and_makes_no_profile(store):
    assert store.append([(event("a", shopper=None), traits())]) == Appended(1, 0, 0)
    assert stored(store) == store.rebuilt() == {}


def test_nothing_to_append_is_fine(store):
    assert store.append([]) == Appended(0, 0, 0)


# --- folded anew ---


@given(st.integers(0, 2**32 - 1))
@hypothesis_settings(max_examples=10)
def test_folding_the_log_anew_gives_the_stored_profiles_bit_for_bit(tmp_path_factory, seed: int):
    rng, path = Random(seed), tmp_path_factory.mktemp("store") / "t.db"
    sent = random_events(rng, 120)
    while sent:
        with SqliteStore(path, Personal()) as store:  # a restart each time
            for _ in range(rng.randint(1, 4)):
                batch, sent = sent[: rng.randint(1, 30)], sent[rng.randint(1, 30) :]
                store.append(batch)
                if rng.random() < 0.2:
                    store.erase(rng.choice(["anna", "s1"])).result()
            assert store.rebuilt() == stored(store)
    with SqliteStore(path, Personal()) as store:
        assert store.rebuilt() == stored(store)


def test_the_cache_is_no_larger_than_it_may_be_and_never_wrong(store, monkeypatch):
    monkeypatch.setattr(reader_module, "CACHED_PROFILES", 5)
    for number in range(40):
        store.append([(event(f"e{number}", shopper=f"p{number % 9}"), traits())])
        store.statistics("shopper", f"p{number % 7}")
        store.statistics("session", f"nobody{number}")
        assert len(store._cache) <= 5
    assert store.rebuilt() == stored(store) == {key: store.statistics(*key) for key in stored(store)}


# --- erased ---


def test_erasing_removes_profile_and_events_and_says_how_many(store):
    store.append([(event("a"), traits()), (event("b"), None), (event("c", shopper="bernd"), traits())])
    assert store.erase("anna").result() == 2
    assert store.statistics("shopper", "anna") is None
    assert store.events("anna") == []
    assert store.affinities(Identity("anna"), "full", NOW).is_empty
    assert store.statistics("shopper", "bernd").count == 1
    assert store.erase("anna").result() == 0


def test_an_erased_shoppers_visits_forget_what_they_learned_from_them(store):
    store.append([(event("a", session="s"), traits("Adidas")), (event("b", shopper=None, session="s"), traits("Puma"))])
    store.erase("anna").result()
    assert set(store.statistics("session", "s").observed["brand"]) == {"Puma"}
    assert store.rebuilt() == stored(store)


def test_an_erased_visit_is_taken_out_of_the_shoppers_profile(store):
    store.append([(event("a", session="s"), traits("Adidas")), (event("b", session="t"), traits("Puma"))])
    store.erase("s").result()
    assert set(store.statistics("shopper", "anna").observed["brand"]) == {"Puma"}
    assert store.statistics("session", "s") is None
    assert store.rebuilt() == stored(store)


def test_whoever_comes_back_after_being_erased_starts_anew(store):
    store.append([(event("a", "cart"), traits())])
    erased, back = store.erase("anna"), store.submit([(event("b", "cart"), traits("Puma"))])
    assert (erased.result(), back.result()) == (1, Appended(1, 0, 0))
    assert set(store.statistics("shopper", "anna").observed["brand"]) == {"Puma"}
    assert store.rebuilt() == stored(store)


def traces(folder: Path, canary: str) -> dict[str, int]:
    """File -> how often its raw bytes hold the canary."""
    found = {path.name: path.read_bytes().count(canary.encode()) for path in folder.iterdir()}
    return {name: count for name, count in found.items() if count}


def test_the_search_for_traces_finds_them(store, path):
    store.append([(event("canary-1", shopper="canary-anna"), traits())])
    assert traces(path.parent, "canary-anna")


@pytest.mark.parametrize("seed", range(3))
def test_no_byte_of_an_erased_shopper_is_left_in_any_file(path, seed: int):
    """Many shoppers, so that pages split and leave copies behind; looked for while open, and after closing."""
    rng = Random(seed)
    with SqliteStore(path, Personal()) as store:
        for batch in range(30):
            people = [
                f"canary-{rng.randrange(5)}" if rng.random() < 0.4 else f"p{rng.randrange(40)}" for _ in range(30)
            ]
            store.append(
                [(event(f"{rng.random()}-{who}-{batch}", shopper=who, session=f"s-{who}"), traits()) for who in people]
            )
        for number in range(5):
            assert store.erase(f"canary-{number}").result() > 10
        assert traces(path.parent, "canary-") == {}
        assert store.rebuilt() == stored(store)
    assert traces(path.parent, "canary-") == {}


def test_traces_that_a_reader_kept_are_removed_once_it_is_done(path, monkeypatch):
    monkeypatch.setattr(store_module, "WIPE_AGAIN_SECONDS", 0.05)
    with SqliteStore(path, Personal()) as store:
        store.append([(event("a", shopper="canary-anna"), traits())])
        with store._engine.connect() as reader:
            reader.exec_driver_sql("BEGIN")
            reader.exec_driver_sql("SELECT count(*) FROM events").scalar()
            assert store.erase("canary-anna").result() == 1
            assert store._unwiped
        for _ in range(100):
            if not store._unwiped:
                break
            threading.Event().wait(0.05)
        assert traces(path.parent, "canary-") == {}


# --- trouble ---


def test_a_full_disk_is_said_loses_nothing_acknowledged_and_heals_by_itself(store):
    acknowledged, refused, told = [], [], set()
    with pragma(store, "max_page_count = 30", "max_page_count = 1000000"):
        for number in range(60):
            batch = [(event(f"e{number}-{at}", shopper=f"p{at}"), traits()) for at in range(10)]
            try:
                store.append(batch)
                acknowledged.append(batch)
            except StoreUnavailable as error:
                refused.append(batch)
                told.add(error.message)
        assert acknowledged
        assert len(refused) > 10
        assert told == {
            "The state cannot be written (database or disk is full). Nothing was stored; send it again later."
        }
        known = {found.event_id for at in range(10) for found in store.events(f"p{at}")}  # reads go on
        assert known == {sent.event_id for batch in acknowledged for sent, _ in batch}
        assert store.statistics("shopper", "p0").count == len(acknowledged)
    for batch in refused:
        assert store.append(batch) == Appended(10, 0, 0)  # nothing of it was stored before
    assert store.statistics("shopper", "p0").count == 60
    assert store.rebuilt() == stored(store)


def test_a_read_only_file_is_said_and_heals_by_itself(store):
    with pragma(store, "query_only = 1", "query_only = 0"):
        with pytest.raises(StoreUnavailable, match="readonly"):
            store.append([(event("a"), traits())])
        with pytest.raises(StoreUnavailable):
            store.erase("anna").result()
    assert store.append([(event("a"), traits())]) == Appended(1, 0, 0)


def test_the_writer_outlives_a_batch_that_cannot_be_stored(store):
    """A lone surrogate cannot be written; what came in the same moment is stored all the same."""
    futures = [store.submit([(event(id, shopper=id), traits())]) for id in ("a", "b\ud800", "c")]
    assert futures[0].result(5) == futures[2].result(5) == Appended(1, 0, 0)
    with pytest.raises(UnicodeEncodeError):
        futures[1].result(5)
    assert store.append([(event("d"), traits())]) == Appended(1, 0, 0)


def test_events_with_times_from_another_age_are_stored(store):
    times = [NOW, 0.0, -6e10, NOW - 15 * DAY, NOW + 400 * 365 * DAY]
    for number, time in enumerate(times):
        store.append([(event(f"e{number}", session="s", time=time), traits())])
    assert not store.affinities(Identity("anna", "s"), "full", NOW).is_empty
    assert store.rebuilt() == stored(store)


def test_a_profile_that_cannot_be_read_is_said(store):
    store.append([(event("a"), traits())])
    store._cache.clear()
    with store._engine.begin() as connection:
        connection.execute(PROFILES.update().values(statistics=b"\xc1damaged"))
    with pytest.raises(StoreUnavailable):
        store.affinities(Identity("anna"), "full", NOW)


def test_a_file_that_is_no_database_is_said(path):
    path.parent.mkdir()
    path.write_bytes(b"this is no database" * 100)
    with pytest.raises(StoreUnavailable, match="cannot be opened"):
        SqliteStore(path, Personal())


def test_a_folder_that_cannot_be_made_is_said(tmp_path):
    (tmp_path / "state").write_text("a file where the folder should be")
    with pytest.raises(StoreUnavailable, match="cannot be opened"):
        SqliteStore(tmp_path / "state" / "tresen.db", Personal())


def test_no_error_tells_whose_event_it_was(store):
    with (
        pragma(store, "query_only = 1", "query_only = 0"),
        pytest.raises(StoreUnavailable) as raised,
    ):
        store.append([(event("secret-event", shopper="secret-anna"), traits())])
    told = [raised.value, raised.value.__cause__, raised.value.__context__]
    assert not any("secret" in str(error) for error in told)


def test_a_store_that_stops_answers_whom_it_took_in_and_refuses_the_rest(path):
    store = SqliteStore(path, Personal())
    waiting = [store.submit([(event(f"e{number}"), traits())]) for number in range(20)]
    store.close()
    assert [future.result(0) for future in waiting] == [Appended(1, 0, 0)] * 20
    with pytest.raises(StoreUnavailable, match="stopping"):
        store.append([(event("late"), traits())])
    store.close()


# --- many at once ---


def test_readers_see_whole_profiles_while_others_write(store):
    wrong, stop = [], threading.Event()

    def read() -> None:
        seen = 0
        while not stop.wait(0.0005):
            statistics = store.statistics("shopper", "anna")
            if statistics is None:
                continue
            brand, color = statistics.events["brand"]["Shorts"], statistics.events["color"]["Shorts"]
            if brand != color or statistics.count < seen:
                wrong.append((brand, color, statistics.count, seen))
            seen = statistics.count

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    try:
        for number in range(100):
            store.append([(event(f"e{number}"), traits())])
            if number % 10 == 0:
                with store._lock:
                    store._cache.clear()  # let them read the file
    finally:
        stop.set()
        for reader in readers:
            reader.join()
    assert wrong == []
    assert store.statistics("shopper", "anna").count == 100


def test_a_reader_that_was_overtaken_by_the_writer_leaves_nothing_stale_behind(store, monkeypatch):
    """Between a slow reader's look and its answer the profile changes, and leaves a small cache again."""
    store.append([(event("a"), traits())])
    store._cache.clear()
    monkeypatch.setattr(reader_module, "CACHED_PROFILES", 1)
    read, slow = store._read, threading.current_thread()

    def overtaken(connection, key):
        found = read(connection, key)
        if threading.current_thread() is slow and store.events("anna")[-1].event_id == "a":
            store.append([(event("b"), traits())])
            store.append([(event("c", shopper="bernd"), traits())])
        return found

    monkeypatch.setattr(store, "_read", overtaken)
    assert store.statistics("shopper", "anna").count == 1
    assert store.statistics("shopper", "anna").count == 2
    store.append([(event("d"), traits())])
    assert store.rebuilt() == stored(store)


def test_many_writers_of_one_profile_lose_nothing(store):
    def write(name: int) -> None:
        for number in range(25):
            store.append([(event(f"{name}-{number}", session=f"s{name}"), traits())])
            assert store.statistics("session", f"s{name}").count == number + 1

    writers = [threading.Thread(target=write, args=(name,)) for name in range(8)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert store.statistics("shopper", "anna").count == 200
    assert store.rebuilt() == stored(store)
