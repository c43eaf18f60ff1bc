"""Requests come at a constant rate, and a time counts from when its request was due.

The clock is the event loop's, and it jumps: a sleep of a second takes none.
"""

import asyncio
import http.server
import threading
from itertools import repeat
from selectors import SelectSelector

import pytest

from eval.bench.latency import percentile
from eval.bench.load import Answers
from eval.bench.openloop import drive_open, offer, read_head

QUESTION = ("/v1/search", {"q": "rot"})


class JumpingLoop(asyncio.SelectorEventLoop):
    """A loop whose clock goes on by as much as it would have slept."""

    def __init__(self):
        self.now = 0.0

        class Jumping(SelectSelector):
            def select(selector, timeout=None):
                self.now += timeout or 0.0
                return super().select(0)

        super().__init__(Jumping())

    def time(self):
        return self.now


def offered(ask, rate, seconds):
    with asyncio.Runner(loop_factory=JumpingLoop) as runner:
        return runner.run(offer(ask, repeat(QUESTION), rate, seconds))


async def quick(question):
    await asyncio.sleep(0.002)
    return 200


def test_requests_come_at_the_rate_however_long_answers_take():
    sent = []

    async def slow(question):
        sent.append(asyncio.get_running_loop().time())
        await asyncio.sleep(3)
        return 200

    answers = offered(slow, rate=10, seconds=2)
    assert sent == pytest.approx([number / 10 for number in range(20)])
    assert answers.times_ms == pytest.approx([3000.0] * 20)
    assert answers.seconds == pytest.approx(1.9 + 3)


def test_a_pause_counts_for_everybody_who_came_during_it():
    """The server stands for a second: 100 requests fall into it, and wait half a second on average."""
    server = asyncio.Lock()

    async def pausing(question):
        async with server:
            pause = 1.0 if asyncio.get_running_loop().time() == pytest.approx(2.0) else 0.0
            await asyncio.sleep(pause + 0.001)
        return 200

    answers = offered(pausing, rate=100, seconds=10)
    waiting = [ms for ms in answers.times_ms if ms > 10]
    assert len(waiting) > 90
    assert percentile(answers.times_ms, 95) > 400
    assert percentile(answers.times_ms, 50) < 10


def test_a_driver_that_is_late_counts_its_own_delay():
    async def blocking(question):
        asyncio.get_running_loop().now += 0.05  # nothing else runs meanwhile
        return 200

    answers = offered(blocking, rate=100, seconds=1)
    assert max(answers.late_ms) > 1000
    assert max(answers.times_ms) > 1000


def test_what_is_no_answer_is_counted_and_not_timed():
    statuses = iter([200, 429, 0, 200])

    async def mixed(question):
        await asyncio.sleep(0.002)
        return next(statuses)

    answers = offered(mixed, rate=4, seconds=1)
    assert isinstance(answers, Answers)
    assert (len(answers.times_ms), answers.failed) == (2, {429: 1, 0: 1})


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers 200 with the target that was asked for; keeps connections."""

    protocol_version = "HTTP/1.1"
    targets: list[str] = []

    def do_GET(self):
        self.targets.append(self.path)
        self.send_response(200)
        self.send_header("content-length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_):
        pass


def test_a_real_server_is_asked_over_kept_connections():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        asked = repeat(("/v1/search", {"q": "rot & blau", "facet": ["brand", "color"]}))
        answers = drive_open(f"http://127.0.0.1:{server.server_port}", asked, rate=50, seconds=0.4)
        server.shutdown()
    assert (len(answers.times_ms), answers.failed) == (20, {})
    assert set(Handler.targets) == {"/v1/search?q=rot+%26+blau&facet=brand&facet=color"}


def test_nobody_there_is_no_answer():
    assert drive_open("http://127.0.0.1:9", repeat(QUESTION), rate=50, seconds=0.1).failed == {0: 5}


def test_an_answer_without_a_length_is_not_understood():
    with pytest.raises(KeyError):
        read_head(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
