"""One engine at one size: build, answers, times, clients, memory, disk. Nothing here knows which engine it is."""

from __future__ import annotations

import ctypes
import gc
import threading
import time
from collections.abc import Callable
from itertools import count
from statistics import mean
from typing import Any

from eval.bench.latency import medians, percentile
from eval.bench.peers.catalogue import Catalogue
from eval.bench.peers.engine import Engine
from eval.bench.peers.exact import Exact, terms_of

#: Queries that are asked before any is timed: first ones page indexes in.
WARM_UP = 20
#: So many at least in each pass, however slow.
LEAST = 10
#: Queries by which an effort is judged.
JUDGED = 100
#: Digits behind the point of milliseconds: the fastest engines take hundredths of one.
DIGITS = 4

Times = dict[str, float]


def measure(engine: Engine, catalogue: Catalogue, answers: Callable[[], Exact]) -> dict[str, Any]:
    """All figures of an engine, which is closed in the end.

    Args:
        answers: reads the right answers; they are let go again before memory is measured.

    Returns:
        build_s; recall (of the exact answers), found (share of the queries whose own product is among the answers),
        effort; p50_ms, p95_ms, p99_ms, cpu_ms (processor time a query, all threads of this process), asked;
        per_second {clients: queries a second}; memory_mb beyond what this process had before; disk_mb.
    """
    before = _settled(engine)
    started = time.perf_counter()
    engine.build(catalogue)
    report: dict[str, Any] = {"build_s": round(time.perf_counter() - started - engine.seconds_elsewhere, 2)}
    terms, workload = terms_of(catalogue), catalogue.workload
    catalogue.forget()
    ask = _asker(engine, catalogue)
    for number in range(min(WARM_UP, len(catalogue.asks))):
        ask(number)
    own = [one.row for one in catalogue.asks]
    report |= _tuned(engine, ask, answers(), terms, own, workload.recall)
    passes = [timed(ask, len(catalogue.asks), workload.seconds, engine.cpu_ms) for _ in range(workload.repeats)]
    figures = medians(passes)
    report |= {name: round(value, DIGITS) for name, value in figures.items() if name != "asked"}
    report["asked"] = int(sum(one["asked"] for one in passes))
    rate = {str(clients): together(ask, len(catalogue.asks), clients, workload.seconds) for clients in workload.clients}
    report["per_second"] = rate
    report["memory_mb"] = round(_settled(engine) - before, 1)
    report["disk_mb"] = round(engine.disk(), 1)
    engine.close()
    return report


def _asker(engine: Engine, catalogue: Catalogue) -> Callable[[int], list[int]]:
    asks, vectors, k = catalogue.asks, catalogue.ask_vectors, catalogue.workload.k
    return lambda number: engine.query(asks[number].text, vectors[number], k)


def _tuned(
    engine: Engine,
    ask: Callable[[int], list[int]],
    exact: Exact,
    terms: list[list[int]],
    own: list[int],
    wanted: float,
) -> dict[str, Any]:
    """What is found, with the least effort that finds enough of what is right, or with the most there is."""
    report: dict[str, Any] = {}
    for effort in engine.efforts or [0]:
        if engine.efforts:
            engine.set_effort(effort)
            report["effort"] = effort
        answers = _answers(ask, len(terms))
        recalls = [exact.recall(engine.kind, number, rows, terms[number]) for number, rows in enumerate(answers)]
        report["recall"] = round(mean(recalls), 4)
        if report["recall"] >= wanted:
            break
    report["found"] = round(mean(own[number] in rows for number, rows in enumerate(answers)), 4)
    return report


def _answers(ask: Callable[[int], list[int]], queries: int) -> list[list[int]]:
    started, answers = time.perf_counter(), []
    for number in range(min(queries, JUDGED)):
        answers.append(ask(number))
        if len(answers) >= LEAST and time.perf_counter() - started > 20:
            break
    return answers


def timed(ask: Callable[[int], object], queries: int, seconds: float, cpu_ms: Callable[[], float]) -> Times:
    """One pass over the queries, one after the other, until all were asked or the seconds are over."""
    times: list[float] = []
    started, cpu = time.perf_counter(), cpu_ms()
    for number in range(queries):
        before = time.perf_counter()
        ask(number)
        now = time.perf_counter()
        times.append((now - before) * 1000)
        if now - started > seconds and len(times) >= LEAST:
            break
    used = (cpu_ms() - cpu) / len(times)
    figures = {f"p{percent}_ms": percentile(times, percent) for percent in (50, 95, 99)}
    return {**figures, "cpu_ms": used, "asked": len(times)}


def together(ask: Callable[[int], object], queries: int, clients: int, seconds: float) -> float:
    """Queries a second that so many threads get answered, each asking again at once.

    Raises:
        Exception: what an engine raised in one of them; engines that cannot be shared by threads show here.
    """
    numbers, done, failed = count(), [0] * clients, []
    end = time.perf_counter() + seconds

    def client(place: int) -> None:
        try:
            while time.perf_counter() < end:
                ask(next(numbers) % queries)
                done[place] += 1
        except Exception as error:  # whatever a library raises; told below
            failed.append(error)

    threads = [threading.Thread(target=client, args=(place,)) for place in range(clients)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]
    return round(sum(done) / (time.perf_counter() - started), 1)


def _settled(engine: Engine) -> float:
    """Its memory after everything unused was given back."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    return engine.memory()
