"""Every fenced block in README and docs is run, in a copy of the repository's root, against the demo shop.

bash    is executed; `make …` as a dry run, `tresen serve` until it is ready; http://127.0.0.1:8000 is the demo server
toml    must parse, json too; python is executed; text is output and only shown
A block that begins with `# needs ../shared/data` runs where the evaluation data is there.
"""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import time
import tomllib
import urllib.request
from pathlib import Path

import pytest

from tests.conftest import DATA, ROOT

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PAGES = [ROOT / "README.md", ROOT / "ARCHITECTURE.md", *sorted((ROOT / "docs").glob("*.md"))]
NEEDS_DATA = "# needs ../shared/data"
SHOWN = {"", "text"}


def _blocks() -> list:
    found = []
    for page in PAGES:
        for number, (language, text) in enumerate(FENCE.findall(page.read_text(encoding="utf-8")), 1):
            marks = [pytest.mark.model] if language == "bash" else []
            marks += [pytest.mark.data] if text.startswith(NEEDS_DATA) else []
            found.append(pytest.param(language, text, id=f"{page.name}-{number}", marks=marks))
    return found


@pytest.fixture(scope="module")
def root_copy(demo_home, tmp_path_factory) -> Path:
    """The repository's root by links, with the demo shop as `.demo` and the data where the docs expect it."""
    folder = tmp_path_factory.mktemp("docs") / "tresen"
    folder.mkdir()
    for path in ROOT.iterdir():
        if path.name not in (".git", ".demo"):
            (folder / path.name).symlink_to(path)
    (folder / ".demo").symlink_to(demo_home)
    (folder.parent / "shared").mkdir()
    (folder.parent / "shared" / "data").symlink_to(DATA)
    return folder


@pytest.mark.parametrize(("language", "text"), _blocks())
def test_every_block_runs(language, text, request):
    if language == "bash":
        server, root = request.getfixturevalue("demo_server"), request.getfixturevalue("root_copy")
        _run_shell(text.replace("http://127.0.0.1:8000", server.url), root, server.url)
    elif language == "toml":
        tomllib.loads(text)
    elif language == "json":
        json.loads(text)
    elif language == "python":
        exec(compile(text, "docs", "exec"), {})
    else:
        assert language in SHOWN, f"no way to run a block of '{language}'"


def _run_shell(text: str, root: Path, url: str) -> None:
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "TRESEN_URL": url}
    served = [line for line in text.splitlines() if line.startswith("tresen serve ")]
    others = [re.sub(r"^make ", "make -n ", line) for line in text.splitlines() if line not in served]
    script = "set -eu\n" + "\n".join(others)
    ran = subprocess.run(["bash", "-c", script], cwd=root, env=environment, capture_output=True, text=True, timeout=900)
    assert ran.returncode == 0, f"{text}\n{ran.stdout[-2000:]}\n{ran.stderr[-2000:]}"
    for line in served:
        _serve_until_ready(line, root, environment)


def _serve_until_ready(line: str, root: Path, environment: dict[str, str]) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [*line.split(" #")[0].split(), "--port", str(port)]
    process = subprocess.Popen(command, cwd=root, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 120
        while True:
            assert process.poll() is None, f"{line} stopped"
            assert time.monotonic() < deadline, f"{line} was not ready in time"
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2).close()
                return
            except OSError:
                time.sleep(0.3)
    finally:
        process.terminate()
        process.wait(15)
