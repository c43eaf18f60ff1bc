"""Runs engines one after the other, each in a process of its own with an end, and collects what they say."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from eval.bench.machine import describe
from eval.bench.peers.catalogue import make
from eval.bench.peers.exact import prepare
from eval.bench.peers.registry import Entry
from eval.bench.peers.workload import Workload

#: Entry, products -> its figures, or {"skipped": the reason}.
Run = Callable[[Entry, int], dict[str, Any]]
#: What an engine says last when it fails is told; so many characters of it.
LAST_WORDS = 160


def run_all(
    entries: Sequence[Entry],
    workload: Workload,
    home: Path,
    run: Run,
    on_progress: Callable[[str, int, int], None] = lambda name, done, total: None,
) -> dict[str, Any]:
    """The document of a run: `machine`, `workload`, `sizes` with what was made, and a row for each engine and size."""
    machine, rows, facts = describe(), [], {}
    for size in workload.sizes:
        on_progress(f"making {size:,} products", 0, 1)
        made = make(workload, size, home)
        prepare(made)
        facts[str(size)] = made.facts()
        on_progress(f"making {size:,} products", 1, 1)
        for entry in entries:
            rows.append({"name": entry.name, "kind": entry.kind, "size": size, **_run(entry, size, run)})
            on_progress(f"{size:,} products", 1, len(entries))
    time = datetime.now(UTC).isoformat(timespec="seconds")
    described = msgspec.to_builtins(workload)
    return {"time": time, "machine": machine, "workload": described, "made": facts, "rows": rows}


def _run(entry: Entry, size: int, run: Run) -> dict[str, Any]:
    if reason := entry.missing():
        return {"skipped": reason}
    if entry.most is not None and size > entry.most:
        return {"skipped": f"not above {entry.most:,} products: {entry.why_most}"}
    return run(entry, size)


def in_own_process(workload: Path, most_seconds: float, home: Path) -> Run:
    """Runs `eval.bench.peers.one`; what goes wrong there is the reason why the engine has no figures."""

    def run(entry: Entry, size: int) -> dict[str, Any]:
        command = [sys.executable, "-m", "eval.bench.peers.one", entry.name, "--size", str(size)]
        command += ["--workload", str(workload), "--home", str(home)]
        quiet = {**os.environ, "LANCE_LOG": "error", "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1", "COLUMNS": "500"}
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=most_seconds, env=quiet)
        except subprocess.TimeoutExpired:
            return {"skipped": f"not done in {most_seconds:.0f} s"}
        lines = done.stdout.splitlines()
        if done.returncode or not lines:
            return {"skipped": f"failed: {_last_words(done.stderr)}"}
        return msgspec.json.decode(lines[-1].encode())

    return run


def _last_words(said: str) -> str:
    """The last line that is none of a frame's.

    >>> _last_words("│ line 3 │\\n╰──╯\\nValueError: no such thing\\n")
    'ValueError: no such thing'
    """
    lines = [line.strip() for line in said.splitlines() if line.strip() and line[0] not in "│╭╰"]
    return (lines[-1] if lines else "it said nothing")[:LAST_WORDS]


def measured(document: dict[str, Any], size: int) -> Iterator[dict[str, Any]]:
    """The rows of one size that have figures."""
    return (row for row in document["rows"] if row["size"] == size and "skipped" not in row)
