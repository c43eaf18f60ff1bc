"""A server to measure: `tresen serve DIR` as a second process on a free loopback port."""

from __future__ import annotations

import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from search.errors import BadInput

START_SECONDS = 300.0
STOP_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Served:
    """A server that answers. `pid` and `start_seconds` are None for one that was there already."""

    url: str
    pid: int | None = None
    start_seconds: float | None = None


def check_loopback(url: str) -> str:
    """The URL without its last slash.

    Raises:
        BadInput: it leads to another machine. A benchmark is no load to put on others.
    """
    if httpx.URL(url).host not in ("127.0.0.1", "localhost", "::1"):
        raise BadInput(f"'{url}' is not on this machine. Benchmarks run on loopback only.", "target")
    return url.rstrip("/")


@contextmanager
def serving(home: Path, workers: int = 0, settings: Path | None = None) -> Iterator[Served]:
    """Serve an index directory for as long as the context lasts.

    `start_seconds` runs from the start of the process to the first /readyz with 200, looked for every 20 ms; then it is
    waited until the search processes answer, too.

    Args:
        workers: search processes.
        settings: a file of settings.

    Raises:
        BadInput: the server stops or is not ready in five minutes; the message has its last words.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryFile() as log:
        started = time.perf_counter()
        command = [sys.executable, "-m", "search", "serve", str(home), "--port", str(port), "--workers", str(workers)]
        command += ["--settings", str(settings)] if settings else []
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
        try:
            url = f"http://127.0.0.1:{port}"
            if not _is_ready(process, url, started + START_SECONDS):
                log.seek(0)
                last_words = log.read().decode(errors="replace").strip()[-500:]
                raise BadInput(f"The server did not become ready. It said: {last_words}", str(home))
            ready = round(time.perf_counter() - started, 2)
            if workers and not _is_ready(process, url, started + START_SECONDS, workers):
                raise BadInput(f"Of {workers} search processes not all answer.", str(home))
            yield Served(url, process.pid, ready)
        finally:
            _stop(process)


def _is_ready(process: subprocess.Popen, url: str, deadline: float, workers: int = 0) -> bool:
    with httpx.Client(timeout=2) as client:
        while process.poll() is None and time.perf_counter() < deadline:
            try:
                answer = client.get(f"{url}/readyz")
                if answer.status_code == 200 and answer.json().get("workers", 0) >= workers:
                    return True
            except httpx.TransportError:
                pass
            time.sleep(0.02)
    return False


def _stop(process: subprocess.Popen) -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
