"""A server that is killed loses no acknowledged change of a product: `kill -9` of a real process, at random points of
streams of changes, merges and swaps.

After each kill the next start has every change that was answered, with its last value; the index can be read; the
server is ready again within seconds. `TRESEN_CRASH_ROUNDS` makes it longer; a short run takes some 20 s.
"""

from __future__ import annotations

import http.client
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

from search.changelog import ChangeLog
from search.index.build import build_snapshot
from search.index.snapshot import load_whole_snapshot
from search.settings import Settings
from tests.stand_ins import shop_products

ROOT = Path(__file__).parents[2]
ROUNDS = int(os.environ.get("TRESEN_CRASH_ROUNDS", "4"))
WRITERS = 8
READY_SECONDS = 20.0
SETTINGS = "[changes]\nmerge_least = 12\nmerge_share = 0.01\n[server]\nwatch_seconds = 0.2\n"


class Server:
    """A server over an index directory, really started."""

    def __init__(self, home: Path, settings: Path):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self._log = (home.parent / "serve.log").open("a")
        command = [sys.executable, "-m", "search", "serve", str(home), "--port", str(port), "--settings", str(settings)]
        self.process = subprocess.Popen(
            command, cwd=ROOT, stdout=self._log, stderr=subprocess.STDOUT, start_new_session=True
        )
        deadline = time.monotonic() + READY_SECONDS
        while self.call("GET", "/readyz") is None:
            assert self.process.poll() is None and time.monotonic() < deadline, (home.parent / "serve.log").read_text()
            time.sleep(0.05)

    def call(self, method: str, path: str, body: object = None) -> dict | None:
        """An answer, None where there was none or it was no success."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, method=method)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return json.load(answer)
        except (OSError, urllib.error.HTTPError, http.client.HTTPException, ValueError):  # it was killed meanwhile
            return None

    def kill(self, merge: bool = True) -> None:
        """Kill it, and the process that merges beside it, or leave that one alone."""
        if merge:
            os.killpg(self.process.pid, signal.SIGKILL)
        else:
            self.process.kill()
        self.process.wait()
        self._log.close()


class Writer(threading.Thread):
    """Changes its own products until the server is gone; what was answered, and what may have been on its way."""

    def __init__(self, server: Server, number: int, known: dict[str, int | None], random: random.Random):
        super().__init__(daemon=True)
        self.server, self.number, self.random = server, number, random
        self.answered, self.pending = dict(known), dict[str, int | None]()
        self.count = 0

    def run(self) -> None:
        """One change after the other."""
        while True:
            id, price = f"w{self.number}-{self.random.randrange(6)}", self.random.randrange(1, 9999)
            what = self.random.random()
            if self.answered.get(id) is None or what < 0.2:
                method, body = "PUT", {"title": f"Ding {id}", "price": price}
            elif what < 0.9:
                method, body = "PATCH", {"price": price}
            else:
                method, body, price = "DELETE", None, None
            self.pending = {id: price}
            if self.server.call(method, f"/v1/products/{id}", body) is None:
                return
            self.answered[id], self.pending = price, {}
            self.count += 1


def held(server: Server, ids: list[str]) -> dict[str, int | None]:
    """What the server has of some products: id -> price, None for none."""
    found = {id: server.call("GET", f"/v1/products/{id}") for id in ids}
    return {id: None if product is None else round(product["price"]) for id, product in found.items()}


def check(server: Server, writers: list[Writer]) -> dict[str, int | None]:
    """Every answered change is there; one that was on its way is there or not."""
    ids = sorted({id for writer in writers for id in (*writer.answered, *writer.pending)})
    now = held(server, ids)
    for writer in writers:
        for id in {*writer.answered, *writer.pending}:
            allowed = [writer.answered.get(id), *([writer.pending[id]] if id in writer.pending else [])]
            assert now[id] in allowed, (id, now[id], allowed)
    return now


def test_kill_9_loses_no_acknowledged_change(tmp_path):
    home, settings = tmp_path / "shop", tmp_path / "tresen.toml"
    settings.write_text(SETTINGS, encoding="utf-8")
    build_snapshot(shop_products(), home, Settings(), None)
    known: list[dict[str, int | None]] = [{} for _ in range(WRITERS)]
    changes, dice = 0, random.Random(20261122)
    for round in range(ROUNDS):
        server = Server(home, settings)
        try:
            writers = [Writer(server, at, known[at], random.Random(round * 100 + at)) for at in range(WRITERS)]
            for writer in writers:
                writer.start()
            if round % 2:  # a merge is asked for, besides those that begin by themselves
                server.call("POST", "/v1/catalog")
            time.sleep(dice.uniform(0.8, 2.5))
        finally:
            server.kill(merge=round % 4 != 3)
        for writer in writers:
            writer.join(15)
        changes += sum(writer.count for writer in writers)
        again = Server(home, settings)
        try:
            now = check(again, writers)
            assert again.call("GET", "/v1/search?q=Shorts")["total"] > 0
        finally:
            again.kill()
        known = [{id: now[id] for id in {*writer.answered, *writer.pending}} for writer in writers]
    assert changes > 20 * ROUNDS, "the writers wrote"
    assert load_whole_snapshot(home).number > 1, "it was merged meanwhile"
    numbers = [change.number for change in ChangeLog(home).changes]
    assert numbers == sorted(set(numbers)), "no number twice"
