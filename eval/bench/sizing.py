"""How big a machine: from what was measured at some sizes to what other sizes and rates need."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

#: Share of the cores that may be busy on average: at half, a queue of one server is as long as a query takes.
BUSY = 0.5


@dataclass(frozen=True, slots=True)
class Measured:
    """One size: processor time a query in ms, the encoder's included, and resident memory in MB (10^6 bytes)."""

    products: int
    cpu_ms: float
    memory_mb: float


@dataclass(frozen=True, slots=True)
class Machine:
    """What is needed: whole cores, and memory in MB beside what the operating system takes."""

    cores: int
    memory_mb: float


def machine_for(measured: Sequence[Measured], products: int, per_second: float, busy: float = BUSY) -> Machine:
    """The machine for a catalogue and a rate of queries.

    cores = per_second · cpu_ms(n) / (1000 · busy), cpu_ms(n) = c · n^e through the measured sizes;
    memory = base + bytes · n, the line through them. One size alone: cpu_ms and memory in proportion to n, which is
    too much for more products than were measured, and too little for fewer.

    Args:
        products: n.
        per_second: queries a second in the busiest minute, not on average.
        busy: share of the cores that may be busy then; at 1 queues grow without end.

    >>> machine_for([Measured(20_000, 2.0, 300.0), Measured(200_000, 8.0, 1200.0)], 100_000, 50)
    Machine(cores=1, memory_mb=700.0)
    >>> machine_for([Measured(20_000, 2.0, 300.0)], 200_000, 50)
    Machine(cores=2, memory_mb=3000.0)
    """
    if len(measured) == 1:
        share = products / measured[0].products
        cpu_ms, memory = measured[0].cpu_ms * share, measured[0].memory_mb * share
    else:
        sizes = np.array([one.products for one in measured], float)
        power, start = np.polyfit(np.log(sizes), np.log([one.cpu_ms for one in measured]), 1)
        slope, base = np.polyfit(sizes, [one.memory_mb for one in measured], 1)
        cpu_ms, memory = float(np.exp(start) * products**power), float(base + slope * products)
    return Machine(max(1, math.ceil(per_second * cpu_ms / (1000 * busy))), round(memory, 1))
