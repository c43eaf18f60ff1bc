"""What the server needs, checked piece by piece, each finding with what to do."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from msgspec import Struct

from search.errors import TresenError
from search.kernels import loops
from search.settings import DEFAULT_MODEL

PACKAGES = ("sentence-transformers", "torch", "faiss-cpu", "rank-bm25", "starlette", "symspellpy", "numpy", "uvicorn")
#: An index and its embeddings take about 5 KB a product; with less free than this an import will fail.
LEAST_FREE_BYTES = 1_000_000_000


class Finding(Struct, frozen=True):
    """One thing that was checked; `told` says what was found, or what to do."""

    what: str
    ok: bool
    told: str


def examine(home: Path | None) -> Iterator[Finding]:
    """Check Python, packages, the default encoder and the disk; and an index directory with its own encoder."""
    supported = (3, 11) <= sys.version_info[:2] <= (3, 13)
    yield Finding(
        "Python", supported, sys.version.split()[0] if supported else f"{sys.version.split()[0]}: use 3.11 to 3.13."
    )
    yield from (_package(name) for name in PACKAGES)
    yield _loops()
    yield _encoder(DEFAULT_MODEL)
    folder = home if home and home.exists() else Path.cwd()
    free = shutil.disk_usage(folder).free
    yield Finding("disk", free >= LEAST_FREE_BYTES, f"{free / 1e9:.1f} GB free")
    if home is not None:
        yield from _index(home)
        yield _state(home)
        yield _weights(home)


def _package(name: str) -> Finding:
    try:
        return Finding(name, True, version(name))
    except PackageNotFoundError:
        return Finding(name, False, f"not installed. Run: pip install {name}")


def _loops() -> Finding:
    if loops() is not None:
        told = f"numba {version('numba')}"
    elif find_spec("numba") is None:
        told = "none; for large catalogues: pip install 'tresen[fast]'"
    else:
        told = "none: numba does not load (pip install --upgrade 'tresen[fast]'), or NUMBA_DISABLE_JIT is set"
    return Finding("compiled loops", True, told)


def _encoder(model: str) -> Finding:
    """Whether an encoder's files are there and are those that were tested."""
    from search.embed import USE_MULTILINGUAL
    from search.encoder.files import check_files, resources
    from search.encoder.shop_files import check_files as check_shop_files
    from search.encoder.shop_files import shop_model

    shop = shop_model(model)
    try:
        if model == USE_MULTILINGUAL:
            check_files(resources())
        elif shop is not None:
            check_shop_files(shop[0])
        else:
            return Finding("encoder", True, f"{model}, from sentence-transformers: its files are not checked")
    except TresenError as error:
        return Finding("encoder", False, error.message)
    return Finding("encoder", True, f"{model}, files as tested")


def _index(home: Path) -> Iterator[Finding]:
    from search.index.snapshot import current_number, damages, generations, read_manifest, snapshots_folder

    number = current_number(home)
    if number is None:
        yield Finding("index", False, f"nothing indexed yet. Run: tresen index FEED --out {home}")
        return
    for generation in generations(home):
        folder = snapshots_folder(home) / str(generation)
        label = f"snapshot {generation}" + (" (serves)" if generation == number else "")
        try:
            manifest = read_manifest(folder)
        except TresenError as error:
            yield Finding(label, False, error.message)
            continue
        problems = list(damages(folder, manifest))
        yield Finding(
            label,
            not problems,
            " ".join(problems) or f"{manifest.products:,} products, {manifest.model or 'lexical only'}",
        )
        if generation == number and manifest.model not in (None, DEFAULT_MODEL):
            yield _encoder(manifest.model)


def _state(home: Path) -> Finding:
    path = home / "state" / "tresen.db"
    if not path.is_file():
        return Finding("state", True, "no events yet")
    import sqlite3

    try:
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as connection:
            verdict = connection.execute("PRAGMA quick_check").fetchone()[0]
            events = connection.execute("SELECT COUNT(*) FROM events").fetchone()[0]
    except sqlite3.Error as error:
        return Finding("state", False, f"cannot be read ({error}). Restore it from a backup.")
    return Finding(
        "state",
        verdict == "ok",
        f"{events:,} events" if verdict == "ok" else f"damaged: {verdict}. Restore it from a backup.",
    )


def _weights(home: Path) -> Finding:
    from search.learned.weights import read_weights

    try:
        found = read_weights(home)
    except TresenError as error:
        return Finding("weights", False, error.message)
    if found is None:
        return Finding("weights", True, "those of the settings (tresen learn finds out whether others are better)")
    day = datetime.fromtimestamp(found.learned, UTC).date().isoformat()
    told = ", ".join(f"{name} {value:.2f}" for name, value in found.weights.items())
    return Finding("weights", True, f"learned on {day} from {found.choices:,} choices: {told}")
