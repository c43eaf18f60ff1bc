"""Open loop: requests come when they come, however long the answers before them take.

A closed loop waits for a slow answer and asks nothing meanwhile, so one pause of a second counts as one slow answer
("coordinated omission"). Here requests are due at a constant rate, and a time counts from the moment at which the
request was due, not from when it could be sent: the pause counts for everybody who came during it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from selectors import SelectSelector
from urllib.parse import urlencode, urlsplit

from eval.bench.load import Answers, Question

#: Asks one question and tells the status; 0 where there was no answer.
Ask = Callable[[Question], Awaitable[int]]
#: So many connections at once; who comes when all are taken waits, and the time counts.
MOST_CONNECTIONS = 128
ANSWER_SECONDS = 30.0


@dataclass(slots=True)
class Offered(Answers):
    """What came back. `late_ms`: how long after it was due each request was sent; the driver's own delay is in it."""

    late_ms: list[float] = field(default_factory=list)


async def offer(ask: Ask, questions: Iterator[Question], rate: float, seconds: float) -> Offered:
    """Send `rate` requests a second for so long, then wait for the answers that are missing.

    Args:
        questions: as many as are needed.
        rate: requests a second, each 1 / rate after the one before.
    """
    loop, answers = asyncio.get_running_loop(), Offered()
    started = loop.time()

    async def one(question: Question, due: float) -> None:
        answers.late_ms.append((loop.time() - due) * 1000)
        status = await ask(question)
        answers.add(status, (loop.time() - due) * 1000)

    asked = []
    for number in range(int(rate * seconds)):
        due = started + number / rate
        if (wait := due - loop.time()) > 0:
            await asyncio.sleep(wait)
        asked.append(asyncio.create_task(one(next(questions), due)))
    await asyncio.gather(*asked)
    answers.seconds = loop.time() - started
    return answers


def drive_open(url: str, questions: Iterator[Question], rate: float, seconds: float) -> Offered:
    """The same against a server on this machine.

    `select` sleeps as long as it is told; `epoll`, which asyncio would take, rounds up to milliseconds.
    """

    async def run() -> Offered:
        pool = Connections(url)
        try:
            return await offer(pool.ask, questions, rate, seconds)
        finally:
            pool.close()

    with asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(SelectSelector())) as runner:
        return runner.run(run())


class Connections:
    """Kept-alive connections to one server. Speaks just enough HTTP/1.1: a tenth of a client library's own time."""

    def __init__(self, url: str):
        self._host, self._port = urlsplit(url).hostname, urlsplit(url).port
        self._free: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
        self._room = asyncio.Semaphore(MOST_CONNECTIONS)

    async def ask(self, question: Question) -> int:
        """GET a question; the status, 0 where the server closed, was silent or was not understood."""
        async with self._room:
            try:
                async with asyncio.timeout(ANSWER_SECONDS):
                    return await self._ask(question)
            except (OSError, EOFError, ValueError, KeyError):  # TimeoutError is an OSError
                return 0

    async def _ask(self, question: Question) -> int:
        path, parameters = question
        reader, writer = self._kept() or await asyncio.open_connection(self._host, self._port)
        target = f"{path}?{urlencode(parameters, doseq=True)}" if parameters else path
        try:
            writer.write(f"GET {target} HTTP/1.1\r\nhost: {self._host}:{self._port}\r\n\r\n".encode())
            status, length = read_head(await reader.readuntil(b"\r\n\r\n"))
            await reader.readexactly(length)
        except BaseException:
            writer.close()
            raise
        self._free.append((reader, writer))
        return status

    def _kept(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        """The connection that was used last and that the server has not closed since."""
        while self._free:
            reader, writer = self._free.pop()
            if not reader.at_eof():
                return reader, writer
            writer.close()
        return None

    def close(self) -> None:
        """Close all connections."""
        for _, writer in self._free:
            writer.close()


def read_head(head: bytes) -> tuple[int, int]:
    """Status and length of the body.

    Raises:
        KeyError: no content-length.
        ValueError: this is no head of an answer.

    >>> read_head(b"HTTP/1.1 200 OK\\r\\nContent-Length: 12\\r\\n\\r\\n")
    (200, 12)
    """
    first, *lines = head.decode("latin-1").split("\r\n")
    fields = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return int(first.split()[1]), int(fields["content-length"])
