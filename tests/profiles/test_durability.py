"""What was acknowledged is on the disk: after kill -9 at any moment, and in the order of the system calls."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from random import Random

import pytest
import sqlalchemy as sa

from search.profiles.store import SqliteStore
from search.profiles.tables import EVENTS, PROFILES
from search.settings import Personal

ROOT = Path(__file__).parent.parent.parent
ROUNDS = 12
STRACE = shutil.which("strace")


def command(path: Path, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "tests.profiles.crash_writer", str(path), *arguments]


def killed_after(path: Path, name: str, lines: int, seconds: float) -> list[str]:
    """Run the writer, kill it that long after so many lines; all that it had printed by then."""
    process = subprocess.Popen(command(path, name), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    printed = b"".join(process.stdout.readline() for _ in range(lines))
    time.sleep(seconds)
    process.kill()
    rest, complaints = process.communicate(timeout=30)
    assert complaints == b""
    return (printed + rest).decode().split()


def test_kill_9_loses_nothing_acknowledged_and_doubles_nothing(tmp_path: Path):
    rng, path = Random(20), tmp_path / "tresen.db"
    acknowledged: set[str] = set()
    erased: set[str] = set()
    for number in range(ROUNDS):
        printed = killed_after(path, f"r{number}", rng.choice([0, 3, 30, 200]), rng.uniform(0, 0.1))
        acknowledged |= {line for line in printed if not line.startswith("-")}
        erased |= {line[1:] for line in printed if line.startswith("-")}
        started = time.monotonic()
        with SqliteStore(path, Personal()) as store:
            assert time.monotonic() - started < 3
            with store._engine.connect() as connection:
                assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
                ids = Counter(connection.execute(sa.select(EVENTS.c.event_id)).scalars())
                people = set(connection.execute(sa.select(EVENTS.c.shopper).distinct()).scalars())
                keys = connection.execute(sa.select(PROFILES.c.kind, PROFILES.c.id)).all()
            assert acknowledged <= set(ids)
            assert max(ids.values(), default=1) == 1
            assert not erased & people
            assert store.rebuilt() == {(kind, id): store.statistics(kind, id) for kind, id in keys}
    assert len(acknowledged) > 300
    assert erased


def test_the_writers_connection_waits_for_the_disk(tmp_path: Path):
    with SqliteStore(tmp_path / "tresen.db", Personal()) as store, store._engine.connect() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "secure_delete")
        }
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "secure_delete": 1}


ACKNOWLEDGED = re.compile(r'write\(1<.*?>, "[^-]')
SYNCED = re.compile(r"(?:fdatasync|fsync)\(.*= 0|<\.\.\. (?:fdatasync|fsync) resumed>.*= 0")


def acknowledgements_without_a_sync(trace: list[str]) -> tuple[int, int]:
    """How many acknowledgements there are, and before how many no sync has ended since the one before."""
    acknowledged = bare = synced = 0
    for line in trace:
        if SYNCED.search(line):
            synced += 1
        elif ACKNOWLEDGED.search(line):
            acknowledged += 1
            bare += not synced
            synced = 0
    return acknowledged, bare


@pytest.mark.skipif(STRACE is None, reason="strace missing: sudo apt-get install strace")
@pytest.mark.parametrize("sync", [True, False], ids=["full", "control without sync"])
def test_every_acknowledgement_follows_the_sync_of_its_commit(tmp_path: Path, sync: bool):
    """One writer, one batch after the other, under strace. kill -9 alone says nothing about fsync."""
    trace = tmp_path / "trace"
    tracer = [str(STRACE), "-f", "-y", "-e", "trace=fsync,fdatasync,write", "-o", str(trace)]
    options = ["--threads", "1", "--batches", "20", *([] if sync else ["--no-sync"])]
    done = subprocess.run(
        [*tracer, *command(tmp_path / "tresen.db", "t", *options)], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    if "ptrace" in done.stderr:
        pytest.skip("strace may not trace here")
    assert done.returncode == 0, done.stderr
    acknowledged, bare = acknowledgements_without_a_sync(trace.read_text().splitlines())
    assert acknowledged == 20
    assert bare == 0 if sync else bare >= 18
