"""What the figures were measured on, and how much memory a process has: read from /proc (Linux)."""

from __future__ import annotations

import contextlib
import os
import platform
from collections.abc import Iterable
from pathlib import Path
from typing import Any


def describe() -> dict[str, Any]:
    """Cores that this process may use, memory, and how busy the machine was before (1 min load average)."""
    return {
        "cores": len(os.sched_getaffinity(0)),
        "memory_gb": round(_kilobytes(Path("/proc/meminfo"), "MemTotal") / 1e6, 1),
        "load_before": round(os.getloadavg()[0], 2),
        "python": platform.python_version(),
    }


def told(machine: dict[str, Any]) -> str:
    """The same as a line."""
    return (
        f"{machine['cores']} cores, {machine['memory_gb']} GB, Python {machine['python']}, "
        f"load before {machine['load_before']}"
    )


def rss_mb(pid: int | str) -> float:
    """Resident memory of a process ("self": this one) in MB (10^6 bytes), pages of mapped files included."""
    return round(_kilobytes(Path(f"/proc/{pid}/status"), "VmRSS") * 1024 / 1e6, 1)


def cpu_ms(pid: int) -> float:
    """Processor time of a process so far, all threads, in ms (resolution 10 ms); other work does not add to it."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()  # the name before may hold spaces
    user, system = int(fields[11]), int(fields[12])
    return (user + system) * 1000 / os.sysconf("SC_CLK_TCK")


def family(pid: int) -> list[int]:
    """A process and all that it started, and they, as far as they still run."""
    found = [pid]
    for one in found:
        for tasks in Path(f"/proc/{one}/task").glob("*/children"):
            found += [int(child) for child in tasks.read_text().split()]
    return found


def shared_mb(pids: Iterable[int]) -> float:
    """Memory of processes together in MB: a page that n of them share counts 1/n in each (Pss)."""
    kilobytes = 0
    for pid in pids:
        with contextlib.suppress(OSError):  # it has just ended
            kilobytes += _kilobytes(Path(f"/proc/{pid}/smaps_rollup"), "Pss")
    return round(kilobytes * 1024 / 1e6, 1)


def _kilobytes(path: Path, name: str) -> int:
    for line in path.read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1])
    raise KeyError(name)
