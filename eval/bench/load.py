"""Closed-loop clients: each asks its next question as soon as it has the answer to the last one."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import httpx

#: path and query parameters
Question = tuple[str, Mapping[str, str | list[str]]]

MOST_REQUESTS = 100_000


@dataclass(slots=True)
class Answers:
    """What came back: a time for each 200, counts of the others by status (0: no answer at all)."""

    seconds: float = 0.0
    times_ms: list[float] = field(default_factory=list)
    failed: dict[int, int] = field(default_factory=dict)

    def add(self, status: int, time_ms: float) -> None:
        """One answer."""
        if status == 200:
            self.times_ms.append(time_ms)
        else:
            self.failed[status] = self.failed.get(status, 0) + 1


class Shared:
    """An iterator that several threads may draw from."""

    def __init__(self, questions: Iterator[Question]):
        self._questions = questions
        self._lock = threading.Lock()

    def draw(self) -> Question | None:
        """The next question; None after the last."""
        with self._lock:
            return next(self._questions, None)


def drive(url: str, questions: Iterator[Question], clients: int, seconds: float) -> Answers:
    """Ask until the questions or the seconds are over. Connections are kept alive, one a client.

    Args:
        questions: may be endless; at most 100,000 are asked.
        clients: threads of this process. They share its interpreter, so their own work (about a
            millisecond a request) is part of the times.
    """
    shared, answers, lock = Shared(questions), Answers(), threading.Lock()
    ready = threading.Barrier(clients + 1, timeout=30)  # the clock starts when every client stands

    def ask() -> None:
        with httpx.Client(base_url=url, timeout=30, verify=False) as client:  # no TLS here: loads no certificates
            ready.wait()
            end = time.perf_counter() + seconds
            for _ in range(MOST_REQUESTS // clients):
                question = shared.draw() if time.perf_counter() < end else None
                if question is None:
                    return
                status, time_ms = _ask(client, question)
                with lock:
                    answers.add(status, time_ms)

    threads = [threading.Thread(target=ask) for _ in range(clients)]
    for thread in threads:
        thread.start()
    ready.wait()
    started = time.perf_counter()
    for thread in threads:
        thread.join()
    answers.seconds = time.perf_counter() - started
    return answers


def _ask(client: httpx.Client, question: Question) -> tuple[int, float]:
    path, parameters = question
    before = time.perf_counter()
    try:
        status = client.get(path, params=parameters).status_code
    except httpx.TransportError:
        status = 0
    return status, (time.perf_counter() - before) * 1000


def typed(texts: Sequence[str]) -> Iterator[str]:
    """What a search box sees while the texts are typed, letter by letter.

    >>> list(typed(["rot"]))
    ['r', 'ro', 'rot']
    """
    for text in texts:
        for end in range(1, len(text) + 1):
            if not text[end - 1].isspace():
                yield text[:end]
