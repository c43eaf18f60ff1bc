"""A process that appends until it is killed, and prints each event_id once it is acknowledged.

    python -m tests.profiles.crash_writer FILE NAME [--threads 8] [--batches 0] [--no-sync]

One more thread appends and erases, so that the rewriting of the file is interrupted as well; it prints the
erased ids with a minus. `--no-sync` is the control: a store that does not wait for the disk.
"""

from __future__ import annotations

import argparse
import itertools
import os
import sys
import threading
from pathlib import Path

import sqlalchemy as sa

from search.profiles.store import SqliteStore
from search.settings import Personal
from tests.profiles.events import event, traits


def write(store: SqliteStore, name: str, batches: int) -> None:
    """Append batches of three events; two of each shopper's events belong to a visit that others share."""
    for number in itertools.count() if not batches else range(batches):
        ids = [f"{name}-{number}-{at}" for at in range(3)]
        store.append([(event(id, shopper=name[-1], session=f"s{number % 5}"), traits()) for id in ids])
        os.write(1, ("\n".join(ids) + "\n").encode())  # one write: whole lines, or none


def write_and_erase(store: SqliteStore, name: str) -> None:
    """Append events of somebody who is erased at once."""
    for number in itertools.count():
        shopper = f"{name}-gone-{number}"
        store.append([(event(f"{shopper}-{at}", shopper=shopper, session="s1"), traits("Puma")) for at in range(3)])
        store.erase(shopper).result()
        os.write(1, f"-{shopper}\n".encode())


def main() -> None:
    """Run until killed, or until the batches are done."""
    parser = argparse.ArgumentParser()
    parser.add_argument("file", type=Path)
    parser.add_argument("name")
    parser.add_argument("--threads", type=int, default=8)
    parser.add_argument("--batches", type=int, default=0)
    parser.add_argument("--no-sync", action="store_true")
    asked = parser.parse_args()
    store = SqliteStore(asked.file, Personal())
    if asked.no_sync:
        sa.event.listen(store._engine, "checkout", lambda c, *_: c.execute("PRAGMA synchronous=OFF"))
    names = [f"{asked.name}-{thread}" for thread in range(asked.threads)]
    threads = [threading.Thread(target=write, args=(store, name, asked.batches)) for name in names]
    if not asked.batches:
        threads.append(threading.Thread(target=write_and_erase, args=(store, asked.name)))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    store.close()


if __name__ == "__main__":
    sys.exit(main())
