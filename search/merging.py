"""The next generation of the index, of the products as they are: built in a process of its own, so that no shopper
feels it, while searches and changes go on.

    python -m search.merging DIR UPTO < settings.json

It has the changes up to a number, and its manifest says so; those behind it go over it when it serves. What takes long
to work out of the words is worked out before it is named in CURRENT, so a server maps it.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import structlog

from search.changelog import counting, read_changes
from search.embed import load_encoder
from search.errors import BadInput, TresenError
from search.index.build import build_snapshot
from search.index.generations import kept_generations
from search.index.overlay.apply import changed_rows
from search.index.snapshot import Manifest, Snapshot, load_snapshot
from search.live import Live, folded
from search.settings import Settings
from search.types import Encoder

LOCK = "build.lock"
#: A merge gives way to whoever answers searches on the same machine.
NICENESS = 10
#: A merge that failed is tried again after this time.
AGAIN_SECONDS = 60.0
#: A server that stops waits so long for one that runs.
CLOSING_SECONDS = 2.0

Merge = Callable[[Path, Settings, int], object]
log = structlog.get_logger()


@contextlib.contextmanager
def building(home: Path, wait: bool = True) -> Iterator[None]:
    """One build of an index at a time, over all processes on the machine; a killed one lets go.

    Raises:
        BadInput: somebody else builds, and one shall not wait.
    """
    home.mkdir(parents=True, exist_ok=True)
    handle = os.open(home / LOCK, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        yield
    except BlockingIOError as error:
        raise BadInput("An index is being built here already. Wait until it serves.", str(home)) from error
    finally:
        os.close(handle)


def merge(home: Path, settings: Settings, upto: int, load: Callable[[str], Encoder] = load_encoder) -> Manifest | None:
    """Build the generation that CURRENT names anew, with the changes up to a number; None where no product is left.

    Raises:
        TresenError: the encoder is missing, the index or the log damaged, or somebody else builds.
    """
    with building(home, wait=False):
        base = load_snapshot(home)
        changes = [change for change in read_changes(home).changes if change.number <= upto]
        products = {product.id: product for product in base.documents}
        for stage in folded(base, counting(changes, base.number, base.changes)):
            for id, product in stage.items():
                if product is None:
                    products.pop(id, None)
                else:
                    products[id] = product
        if not products:
            return None
        model = base.manifest.model
        settings = settings.but(dense={"model": model}) if model else settings
        encoder = load(model) if model else None
        source = base.manifest.source
        return build_snapshot(list(products.values()), home, settings, encoder, source, changes=max(upto, base.changes))


def merge_apart(home: Path, settings: Settings, upto: int) -> None:
    """`merge` in another process.

    Raises:
        TresenError: it failed; the message is its own.
    """
    command = [sys.executable, "-m", "search.merging", str(home), str(upto)]
    done = subprocess.run(
        command,
        input=msgspec.json.encode(settings),
        capture_output=True,
    )
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise TresenError(said[-1] if said else f"The merge ended with {done.returncode}.")


class Merging:
    """Merges in the background: when enough has changed, or when somebody asks. `close` it to stop.

    Args:
        live: who changes products.
        snapshot: tells the snapshot that serves.
        refresh: serves what CURRENT names.
        build: makes the generation; another process by default.
    """

    def __init__(
        self,
        home: Path,
        settings: Settings,
        live: Live,
        snapshot: Callable[[], Snapshot],
        refresh: Callable[[], int],
        build: Merge = merge_apart,
    ):
        self._home, self._settings, self._live, self._snapshot = home, settings, live, snapshot
        self._refresh, self._build = refresh, build
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None
        self._again, self._closed = 0.0, False
        self.trouble = ""

    @property
    def is_running(self) -> bool:
        """True while a generation is built."""
        return self._thread is not None and self._thread.is_alive()

    @property
    def is_due(self) -> bool:
        """True where enough has changed."""
        changes, snapshot = self._settings.changes, self._snapshot()
        changed = len(changed_rows(snapshot))
        if changed >= max(changes.merge_least, changes.merge_share * len(snapshot)):
            return True
        return self._live.bytes > changes.memory_mb * 1e6 / 2

    def look(self) -> None:
        """Begin where it is due; after one that failed, not at once."""
        if self._settings.changes.merge and not self.is_running and time.monotonic() >= self._again and self.is_due:
            self.begin()

    def begin(self) -> bool:
        """Build the next generation of the products as they are now; False where one is being built."""
        with self._starting:
            if self.is_running:
                return False
            self._thread = threading.Thread(target=self._run, name="merge", daemon=True)
            self._thread.start()
            return True

    def _run(self) -> None:
        upto = self._snapshot().changes
        try:
            self._build(self._home, self._settings, upto)
            if self._closed:
                return
            number = self._refresh()
            self.prune()
            self.trouble = ""
            log.info("merged", snapshot=number, changes=upto)
        except (TresenError, OSError) as error:
            self.trouble, self._again = str(error), time.monotonic() + AGAIN_SECONDS
            log.error("not merged", reason=str(error))

    def prune(self) -> int:
        """Forget the changes that every kept generation has; how many."""
        kept = [one.manifest.changes for one in kept_generations(self._home) if one.manifest]
        with self._live.changing:
            return self._live.log.prune(min(kept)) if kept else 0

    def close(self) -> None:
        """Serve nothing any more: a merge that runs is found at the next start."""
        self._closed = True
        if self._thread is not None:
            self._thread.join(CLOSING_SECONDS)


if __name__ == "__main__":
    os.nice(NICENESS)
    try:
        merge(Path(sys.argv[1]), msgspec.json.decode(sys.stdin.buffer.read(), type=Settings), int(sys.argv[2]))
    except TresenError as error:
        print(error.message, file=sys.stderr)
        sys.exit(1)
