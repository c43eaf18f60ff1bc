"""An import that is killed, wherever that is, leaves the index that was there or the new one, whole; the next is as if
nothing had been: `kill -9` of a real process and its workers at random points.

`TRESEN_CRASH_ROUNDS` makes it longer; a short run takes some 15 s.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from search.index.build import build_snapshot
from search.index.snapshot import load_whole_snapshot, snapshots_folder
from search.settings import Settings
from search.text import analyze
from search.types import Product
from tests.stand_ins import StubEncoder

ROOT = Path(__file__).parents[2]
ROUNDS = int(os.environ.get("TRESEN_CRASH_ROUNDS", "4"))
SIZE = 1200

#: Small chunks, so that two processes have something to share; tells when reading begins.
IMPORT = """
import sys
from pathlib import Path
from search.index import spool as spools
from search.index.build import build_snapshot
from tests.index.test_import_crashes import SETTINGS, products
from tests.stand_ins import StubEncoder

if __name__ == "__main__":
    spools.CHUNK = 100
    print("reading", flush=True)
    build_snapshot(products(int(sys.argv[2])), Path(sys.argv[1]), SETTINGS, StubEncoder(), {"round": int(sys.argv[2])})
"""
SETTINGS = Settings().but(feed={"processes": 2})


def products(round: int) -> list[Product]:
    """A catalogue that tells in every text and price which round it is of."""
    return [
        Product(
            id=f"p{number:04d}",
            title={"de": f"Hemd Modell {number % 90} Runde{round}", "en": f"shirt {number % 70} round{round}"},
            brand=f"Marke {number % 7}",
            price_cents=100 * round + 100,
        )
        for number in range(SIZE)
    ]


def started(home: Path, script: Path, round: int) -> subprocess.Popen:
    """An import that has begun to read."""
    process = subprocess.Popen(
        [sys.executable, str(script), str(home), str(round)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stdout is not None and process.stdout.readline() == b"reading\n"
    return process


def round_of(home: Path) -> int:
    """Of which round the index is, all of it; every file is as it was sealed."""
    snapshot = load_whole_snapshot(home)
    (round,) = {product.title["de"].rsplit("Runde")[1] for product in snapshot.documents}
    holding = [snapshot.postings["de"].document_frequency(term) for term in analyze(f"Runde{round}", "de")]
    assert len(snapshot) == SIZE and {*holding} == {SIZE}
    assert snapshot.dense is not None and len(snapshot.dense) == SIZE
    assert snapshot.manifest.source["round"] == int(round)
    return int(round)


def files_of(home: Path) -> dict[str, bytes]:
    """What an index consists of, but for when and as which one it was built."""
    folder = load_whole_snapshot(home).folder
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != "manifest.json"}


def test_an_import_killed_anywhere_leaves_a_whole_index(tmp_path):
    home, script, rng = tmp_path / "home", tmp_path / "import.py", random.Random(7)
    script.write_text(IMPORT, encoding="utf-8")
    began = time.monotonic()
    assert started(home, script, 0).wait() == 0
    length, serving, killed = time.monotonic() - began, 0, 0
    for round in range(1, ROUNDS + 1):
        process = started(home, script, round)
        time.sleep(rng.uniform(0, length))
        os.killpg(process.pid, signal.SIGKILL)
        killed += process.wait() != 0
        found = round_of(home)
        assert found in (serving, round)
        serving = found
    assert killed, "no import was hit"
    assert started(home, script, ROUNDS + 1).wait() == 0
    assert round_of(home) == ROUNDS + 1
    fresh = tmp_path / "fresh"
    build_snapshot(products(ROUNDS + 1), fresh, SETTINGS, StubEncoder(), {"round": ROUNDS + 1})
    assert files_of(home) == files_of(fresh)
    left = [path.name for path in snapshots_folder(home).iterdir() if not path.name.isdecimal()]
    assert left == [] and not any((home / "cache" / "building").glob("*/*"))
