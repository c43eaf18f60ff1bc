"""What the figures were measured on, and how much memory a process has: read from /proc (Linux)."""

from __future__ import annotations

import os
import platform
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


def _kilobytes(path: Path, name: str) -> int:
    for line in path.read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1])
    raise KeyError(name)
