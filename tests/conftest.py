"""Fixtures of the whole suite: the hand-written shop, its service and client, the demo server, and the marks.

shop          index directory of `tests.stand_ins.shop_products()`; shared, read-only
pipeline      a Pipeline over it, nobody known, fixed clock
open_shop     open_shop(spelling={"enabled": False}, …) -> a Service on a copy of its own
client        starlette's TestClient over a service of its own, entered with its lifespan
demo_server   the demo shop, really served, for tests marked model or browser
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from starlette.testclient import TestClient

from search.app import create_app
from search.index.snapshot import Snapshot, load_snapshot
from search.pipeline import Pipeline
from search.service import Service
from search.settings import Settings
from tests.stand_ins import Clock, StubEncoder, build_shop, open_service

ROOT = Path(__file__).parent.parent
DATA = ROOT.parent / "shared" / "data"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")

# A slow machine is no failure, and the same examples every time make a red suite mean something.
hypothesis_settings.register_profile(
    "suite", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis_settings.load_profile("suite")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what this machine cannot run, and say what is missing."""
    without_data = pytest.mark.skip(reason=f"evaluation data missing: {DATA}")
    without_browser = pytest.mark.skip(reason="chromium missing: sudo apt-get install chromium")
    for item in items:
        if item.get_closest_marker("data") and not DATA.is_dir():
            item.add_marker(without_data)
        if item.get_closest_marker("browser") and CHROMIUM is None:
            item.add_marker(without_browser)


def data_file(name: str) -> Path:
    """A file of the evaluation data; the test is skipped where it is missing."""
    path = DATA / name
    if not path.exists():
        pytest.skip(f"evaluation data missing: {path}")
    return path


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The index directory of the hand-written shop. Read it, but do not write to it: a service wants a copy."""
    home = build_shop(tmp_path_factory.mktemp("shop"))
    yield home
    assert not (home / "state").exists(), "a test served the shop that all share: take `open_shop`"


@pytest.fixture(scope="session")
def snapshot(shop: Path) -> Snapshot:
    """The hand-written shop's snapshot, loaded."""
    return load_snapshot(shop)


@pytest.fixture
def pipeline(snapshot: Snapshot) -> Pipeline:
    """The hand-written shop, ready to answer, however busy the machine; the clock stands at `NOW`."""
    return Pipeline(snapshot, StubEncoder(), Settings().but(server={"deadline_ms": 60_000.0}), Clock())


OpenShop = Callable[..., Service]


@pytest.fixture
def open_shop(shop: Path, tmp_path: Path) -> Iterator[OpenShop]:
    """Opens services on copies of the shop: open_shop(personal={"bound": 0}, encoder=…, now=…, monotonic=…)."""
    opened: list[Service] = []

    def open_copy(
        settings: Settings | None = None, encoder=None, now=None, monotonic=None, **sections: dict
    ) -> Service:
        home = tmp_path / f"shop-{len(opened)}"
        shutil.copytree(shop, home)
        chosen = (settings or Settings()).but(**sections)
        opened.append(open_service(home, chosen, encoder, now, monotonic))
        return opened[-1]

    yield open_copy
    for service in opened:
        service.close()


@pytest.fixture
def service(open_shop: OpenShop) -> Service:
    """A service of its own, with default settings."""
    return open_shop()


@pytest.fixture
def client(service: Service) -> Iterator[TestClient]:
    """An HTTP client over `service`, entered with the application's lifespan."""
    with TestClient(create_app(lambda: service), base_url="http://127.0.0.1") as entered:
        yield entered


# --- the demo shop, really served ------------------------------------------------------------------


@dataclass(frozen=True)
class DemoServer:
    """A running demo shop: its address, its index directory, its process."""

    url: str
    home: Path
    process: subprocess.Popen


@pytest.fixture(scope="session")
def demo_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index directory of the demo shop. TRESEN_TEST_DEMO=DIR names one that is there already; it is copied."""
    home = tmp_path_factory.mktemp("demo") / "shop"
    ready = os.environ.get("TRESEN_TEST_DEMO")
    if ready:
        shutil.copytree(ready, home)
    else:
        made = subprocess.run(
            [sys.executable, "-m", "search", "demo", str(home)], cwd=ROOT, capture_output=True, text=True, timeout=600
        )
        assert made.returncode == 0, made.stderr
    return home


@pytest.fixture(scope="session")
def demo_server(demo_home: Path) -> Iterator[DemoServer]:
    """The demo shop behind `python -m search serve`, ready; stopped with SIGTERM at the end."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = (demo_home.parent / "serve.log").open("w")
    command = [sys.executable, "-m", "search", "serve", str(demo_home), "--port", str(port)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT)
    server = DemoServer(f"http://127.0.0.1:{port}", demo_home, process)
    try:
        _wait_until_ready(server, Path(log.name))
        yield server
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
        log.close()


def _wait_until_ready(server: DemoServer, log: Path, seconds: float = 120.0) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        assert server.process.poll() is None, f"the demo server stopped: {log.read_text()}"
        try:
            with urllib.request.urlopen(f"{server.url}/readyz", timeout=2) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.2)
    raise AssertionError(f"the demo server was not ready after {seconds} s: {log.read_text()}")
