"""What every store keeps, in SQLite and in PostgreSQL alike: the same promises, the same numbers to the bit.

A real PostgreSQL is started for it, Debian's; where there is none, or no driver, those runs are skipped and say so.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import msgspec
import pytest
import sqlalchemy as sa

from search.errors import BadRequest, NotFound, StoreUnavailable
from search.profiles.opening import open_store
from search.profiles.store import SqlStore
from search.profiles.tables import METADATA, PROFILES
from search.settings import Settings
from search.types import Appended, Identity
from tests.profiles.events import DAY, NOW, event
from tests.profiles.test_pruning import timeline
from tests.profiles.test_sources import told

Open = Callable[[], SqlStore]
DEBIANS = Path("/usr/lib/postgresql")


def _binaries() -> Path:
    found = shutil.which("initdb")
    debians = sorted(DEBIANS.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3])) if DEBIANS.is_dir() else []
    if found is None and not debians:
        pytest.skip("PostgreSQL missing: sudo apt-get install postgresql")
    return Path(found).parent if found else debians[-1].parent


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    """A URL of a server of its own, in a folder that goes with it; it never runs as root."""
    pytest.importorskip("psycopg", reason="the driver is missing: pip install 'tresen[postgresql]'")
    binaries = _binaries()
    owned = shutil.which("runuser") and not subprocess.run(["id", "postgres"], capture_output=True).returncode
    if os.geteuid() == 0 and not owned:
        pytest.skip("PostgreSQL does not run as root, and there is no user postgres")
    as_owner = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    with tempfile.TemporaryDirectory(prefix="tresen-pg-", ignore_cleanup_errors=True) as folder:
        if as_owner:
            shutil.chown(folder, "postgres")
        data = f"{folder}/data"

        def run(*command: str) -> None:
            quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
            subprocess.run([*as_owner, *command], check=True, cwd="/", timeout=120, **quiet)

        run(str(binaries / "initdb"), "-D", data, "-A", "trust", "-U", "tresen", "-E", "UTF8", "--locale=C")
        options = f"-k {folder} -c listen_addresses='' -c fsync=off"
        run(str(binaries / "pg_ctl"), "-D", data, "-o", options, "-l", f"{folder}/log", "-w", "start")
        try:
            yield f"postgresql+psycopg://tresen@/postgres?host={folder}"
        finally:
            run(str(binaries / "pg_ctl"), "-D", data, "-m", "immediate", "-w", "stop")


@pytest.fixture(params=["sqlite", "postgresql"])
def opened(request, tmp_path) -> Iterator[Open]:
    """Opens the store, again after it was closed; empty at first."""
    url = request.getfixturevalue("postgres") if request.param == "postgresql" else ""
    if url:
        engine = sa.create_engine(url)
        METADATA.drop_all(engine)
        engine.dispose()
    open_ones: list[SqlStore] = []

    def open_it() -> SqlStore:
        for store in open_ones:
            store.close()
        open_ones.append(open_store(tmp_path, Settings().but(state={"url": url})))
        return open_ones[-1]

    yield open_it
    for store in open_ones:
        store.close()


def kept(store: SqlStore) -> dict:
    """Every profile as it lies in the database."""
    with store._engine.connect() as connection:
        rows = connection.execute(sa.select(PROFILES)).all()
    return {(kind, id): msgspec.msgpack.decode(blob) for kind, id, blob in rows}


def rebuilt(store: SqlStore) -> dict:
    return {key: msgspec.to_builtins(statistics) for key, statistics in store.rebuilt().items()}


def test_what_is_appended_counts_at_once_and_once_and_after_a_restart(opened):
    store = opened()
    assert store.append([told("a", shopper="anna"), told("a", shopper="anna"), (event("b"), None)]) == Appended(2, 1, 1)
    assert set(store.affinities(Identity("anna"), "full", NOW).tastes["brand"].observed) == {"Adidas"}
    before = store.statistics("shopper", "anna")
    store = opened()
    assert store.append([told("a", shopper="anna")]) == Appended(0, 1, 0)
    assert store.statistics("shopper", "anna") == before
    assert [one.event_id for one in store.events("anna")] == ["a", "b"]


def test_checkpoint_and_log_rebuild_every_profile_bit_for_bit(opened):
    rng = Random(4)
    events = timeline(rng, 150)
    for at in range(0, 150, 50):
        store = opened()
        store.append(events[at : at + 50])
        store.prune(events[at + 49][0].time - 30 * DAY)
        assert rebuilt(store) == kept(store) != {}
    store.erase("anna").result()
    assert rebuilt(store) == kept(store)
    assert ("shopper", "anna") not in kept(store)


def test_both_databases_hold_the_same_bits(opened, tmp_path):
    events = timeline(Random(9), 100)
    store = opened()
    store.append(events)
    with open_store(tmp_path / "control", Settings()) as control:
        control.append(events)
        assert kept(store) == kept(control)


def test_links_are_made_undone_and_refused_alike(opened):
    store = opened()
    store.append([told("1", "Adidas", shopper="anna"), told("2", "Puma", device="tablet")])
    before = store.counters(store.view("anna"))
    link = store.link("anna", "device", "tablet", NOW).result()
    assert store.link("anna", "device", "tablet", NOW).result() == link
    store = opened()
    assert store.counters(store.view("anna")).count == 2
    store.unlink("anna", link.number, NOW).result()
    assert store.counters(store.view("anna")) == before
    with pytest.raises(NotFound):
        store.unlink("anna", link.number, NOW).result()
    with pytest.raises(BadRequest):
        store.link("anna", "shopper", "anna", NOW).result()


def test_erasing_takes_what_is_linked_and_reading_back_finds_nothing(opened):
    store = opened()
    store.append([told("1", shopper="anna", session="s"), told("2", device="tablet"), told("3", "Puma", session="s")])
    store.link("anna", "device", "tablet", NOW).result()
    assert len(store.stored("anna").events) == 2
    assert store.erase("anna").result() == 2
    nothing = store.stored("anna")
    assert nothing.events == [] and nothing.links == [] and nothing.counters == []
    assert rebuilt(store) == kept(store)
    assert not store._unwiped


def test_a_page_from_before_and_a_split_visit_are_read_alike(opened):
    store = opened()
    store.append([told("1", "Nike", session="s"), told("2", "Adidas", shopper="anna", session="s")])
    anna = Identity("anna", "s")
    version = store.affinities(anna, "full", NOW).version
    store.append([told("3", "Puma", shopper="anna", session="s")])
    assert store.affinities(anna, "full", NOW, version).version == version
    assert set(store.affinities(Identity("bernd", "s"), "session", NOW).tastes) == set()


def test_what_cannot_be_kept_is_the_senders_and_takes_nobody_with_it(opened):
    store = opened()
    futures = [store.submit([told(id, shopper=id)]) for id in ("a", "b\x00", "c")]
    assert futures[0].result(5) == futures[2].result(5) == Appended(1, 0, 0)
    error = futures[1].exception(5)
    assert error is None or isinstance(error, BadRequest)


def test_two_servers_never_write_to_one_database(postgres):
    settings = Settings().but(state={"url": postgres})
    with open_store(Path(), settings), pytest.raises(StoreUnavailable, match="Another server"):
        open_store(Path(), settings)
    open_store(Path(), settings).close()


def test_a_database_that_cannot_be_reached_is_told_without_its_password():
    pytest.importorskip("psycopg", reason="the driver is missing: pip install 'tresen[postgresql]'")
    url = "postgresql+psycopg://tresen:geheim@127.0.0.1:1/tresen"
    with pytest.raises(StoreUnavailable, match="state.url") as raised:
        open_store(Path(), Settings().but(state={"url": url}))
    assert "geheim" not in raised.value.message
