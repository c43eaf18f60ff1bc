"""The state is backed up while a server writes to it, and put back: whole, checked, and over nothing by mistake."""

from __future__ import annotations

import json
import signal
import socket
import sqlite3
import subprocess
import sys
import tarfile
import threading
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from search.backup import back_up, restore
from search.cli import app
from search.errors import BadInput
from search.settings import Settings

ROOT = Path(__file__).parents[1]
NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)


def run(*arguments) -> str:
    """A command's output; its error where it fails."""
    done = subprocess.run(
        [sys.executable, "-m", "search", *map(str, arguments)], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    return done.stdout if done.returncode == 0 else f"exit {done.returncode}: {done.stderr}"


class Server:
    """A real server process over an index directory."""

    def __init__(self, home: Path):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30)
        command = [sys.executable, "-m", "search", "serve", str(home), "--port", str(port)]
        self._process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def __enter__(self) -> httpx.Client:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                if self.client.get("/readyz").status_code == 200:
                    return self.client
            except httpx.TransportError:
                time.sleep(0.1)
        raise AssertionError("the server did not come up")

    def __exit__(self, *_) -> None:
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(20)
        self.client.close()


def tell(client, count: int, shopper: str = "anna", start: int = 0) -> None:
    for number in range(start, start + count):
        event = {"event_id": f"{shopper}{number}", "type": "cart", "product_id": "kettle", "shopper": shopper}
        assert client.post("/v1/events", json=event).status_code == 202


@pytest.fixture
def home(open_shop) -> Path:
    """A copy of the shop that nobody has open."""
    service = open_shop()
    service.close()
    return service.home


def kept(home: Path) -> Path:
    """A state with a few events, a list and learned weights, made by a service in this process; its directory."""
    from tests.stand_ins import open_service

    with open_service(home) as service:
        from search.messages import EventIn

        events = [EventIn(event_id=f"e{n}", type="cart", product_id="kettle", shopper="anna") for n in range(3)]
        service.record(events)()
    (home / "synonyms.txt").write_text("wasserkocher = kettle\n", encoding="utf-8")
    (home / "state" / "weights.json").write_text('{"weights":{"brand":0.7},"learned":1.0,"choices":9}')
    return home


def dump(home: Path) -> list[str]:
    """All that the database holds."""
    with closing(sqlite3.connect(home / "state" / "tresen.db")) as connection:
        return list(connection.iterdump())


def test_a_backup_of_a_running_server_holds_every_acknowledged_event_and_is_restored_whole(home, tmp_path):
    file = tmp_path / "backups" / "shop.tar"
    synonym = {"kind": "one-way", "words": ["teekessel"], "finds": ["wasserkocher"]}
    with Server(home) as client:
        tell(client, 20)
        assert client.post("/v1/synonyms", json=synonym).status_code == 201
        profile = client.get("/v1/profiles/anna").json()
        stop, told = threading.Event(), [0]

        def go_on():
            while not stop.is_set():
                tell(client, 1, "bernd", told[0])
                told[0] += 1

        busy = threading.Thread(target=go_on)
        busy.start()
        before = told[0]
        output = json.loads(run("backup", home, file, "--json"))
        after = told[0]
        stop.set()
        busy.join()
        assert 20 + before <= output["events"] <= 20 + after + 1
        assert client.get("/v1/profiles/bernd").json()["events"] == told[0], "the server went on"
        assert "in use" in run("restore", file, home, "--force"), "a server that runs is not restored over"
        client.delete("/v1/profiles/anna")
    refused = run("restore", file, home)
    assert refused.startswith("exit 1") and "--force" in refused
    restored = json.loads(run("restore", file, home, "--force", "--json"))
    assert restored["events"] == output["events"] and Path(restored["aside"]).is_dir()
    with Server(home) as client:
        assert client.get("/v1/profiles/anna").json() == profile
        assert client.get("/v1/profiles/bernd").json()["events"] == output["events"] - 20
        assert "teekessel" in client.get("/v1/synonyms").text
        tell(client, 1, start=0)
        assert client.get("/v1/profiles/anna").json() == profile, "the ids of events are known again"


def test_a_backup_goes_to_another_machine_and_the_profiles_are_the_same_to_the_bit(home, tmp_path):
    from tests.stand_ins import open_service

    file, about = back_up(kept(home), Settings(), tmp_path / "b.tar", NOW)
    other = tmp_path / "other"
    _, aside = restore(file, other, Settings(), False, NOW)
    assert aside is None and about.events == 3
    assert (other / "synonyms.txt").read_bytes() == (home / "synonyms.txt").read_bytes()
    assert (other / "state" / "weights.json").read_bytes() == (home / "state" / "weights.json").read_bytes()
    (other / "snapshots").symlink_to(home / "snapshots")
    (other / "CURRENT").write_bytes((home / "CURRENT").read_bytes())
    with open_service(home) as before, open_service(other) as after:
        assert after.store.rebuilt() == before.store.rebuilt() != {}
        assert after.weights.in_force == {"brand": 0.7}


def test_only_its_owner_may_read_it_and_a_directory_gives_it_a_name_by_its_time(home, tmp_path):
    file, _ = back_up(kept(home), Settings(), tmp_path, NOW)
    assert file.name == "tresen-2026-06-15T12-00-00Z.tar"
    assert file.stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in tmp_path.glob(".backup-*")) == []
    with pytest.raises(BadInput, match="is there already"):
        back_up(home, Settings(), file, NOW)


def test_a_damaged_backup_changes_nothing(home, tmp_path):
    file, _ = back_up(kept(home), Settings(), tmp_path / "b.tar", NOW)
    before = dump(home)
    whole = bytearray(file.read_bytes())
    with tarfile.open(file) as tar:
        places = [entry.offset_data for entry in tar.getmembers()]
    for place in [*places, len(whole) // 2]:
        damaged = bytearray(whole)
        damaged[place + 20] ^= 0xFF
        file.write_bytes(damaged)
        with pytest.raises(BadInput):
            restore(file, home, Settings(), True, NOW)
    for length in (0, 100, 600, len(whole) // 2):
        file.write_bytes(whole[:length])
        with pytest.raises(BadInput):
            restore(file, home, Settings(), True, NOW)
    assert dump(home) == before
    assert not list(home.glob(".restore-*")) and not list(home.glob("state.before-*"))


def test_a_tar_of_something_else_writes_nowhere(home, tmp_path):
    evil = tmp_path / "evil.tar"
    (tmp_path / "backup.json").write_text(
        '{"format":1,"created":"","version":"9","events":0,"files":{"../evil.txt":{"bytes":1,"sha256":""}}}'
    )
    with tarfile.open(evil, "w") as tar:
        tar.add(tmp_path / "backup.json", "backup.json")
        tar.add(tmp_path / "backup.json", "../evil.txt")
    with pytest.raises(BadInput, match="version 9"):
        restore(evil, home, Settings(), True, NOW)
    with pytest.raises(BadInput, match="no whole backup"):
        restore(ROOT / "README.md", home, Settings(), True, NOW)
    with pytest.raises(BadInput, match="no whole backup"):
        restore(tmp_path / "nothing.tar", home, Settings(), True, NOW)
    assert not (home.parent / "evil.txt").exists()


def test_what_was_there_is_moved_aside_not_lost(home, tmp_path):
    file, _ = back_up(kept(home), Settings(), tmp_path / "b.tar", NOW)
    (home / "synonyms.txt").write_text("neu = anders\n", encoding="utf-8")
    _, aside = restore(file, home, Settings(), True, NOW)
    assert (aside / "synonyms.txt").read_text(encoding="utf-8") == "neu = anders\n"
    assert (aside / "state" / "tresen.db").is_file()
    assert aside.stat().st_mode & 0o777 == 0o700
    assert (home / "synonyms.txt").read_text(encoding="utf-8") == "wasserkocher = kettle\n"


def test_the_empty_state_that_a_first_start_makes_is_no_obstacle(home, tmp_path):
    file, _ = back_up(kept(home), Settings(), tmp_path / "b.tar", NOW)
    fresh = tmp_path / "fresh"
    (fresh / "state").mkdir(parents=True)
    from search.profiles.store import SqliteStore

    SqliteStore(fresh / "state" / "tresen.db", Settings().personal).close()
    about, _ = restore(file, fresh, Settings(), False, NOW)
    assert about.events == 3


def test_a_directory_without_a_state_says_so(tmp_path):
    told = CliRunner().invoke(app, ["backup", str(tmp_path), str(tmp_path / "b.tar")])
    assert told.exit_code == 1 and "has no state yet" in str(told.exception)
    assert not (tmp_path / "b.tar").exists()


def test_a_state_in_postgresql_names_its_own_tools_and_no_password(home, tmp_path):
    settings = Settings().but(state={"url": "postgresql+psycopg://tresen:secret@db/shop"})
    for work in (
        lambda: back_up(home, settings, tmp_path / "b.tar", NOW),
        lambda: restore(tmp_path / "b.tar", home, settings, False, NOW),
    ):
        with pytest.raises(BadInput, match=r"pg_(dump|restore)") as told:
            work()
        assert "postgresql://tresen@db/shop" in told.value.message and "secret" not in told.value.message
