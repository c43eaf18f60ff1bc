"""A stage that may be left out begins by its share of the deadline or not at all, and the answer names it."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from starlette.testclient import TestClient

from search.app import create_app
from search.messages import SearchRequest
from search.pipeline import Pipeline
from search.settings import Settings
from search.stopwatch import LATEST, Stopwatch
from search.types import Affinities
from tests.stand_ins import Clock, StubEncoder

ROOT = Path(__file__).parents[1]


@pytest.fixture
def clock(monkeypatch):
    """Seconds that the stopwatch reads; only what a test does makes them pass."""
    clock = SimpleNamespace(seconds=100.0)
    monkeypatch.setattr("search.stopwatch.time", SimpleNamespace(perf_counter=lambda: clock.seconds))
    return clock


class Slow(StubEncoder):
    """Takes a share of a deadline of a second."""

    def __init__(self, clock, share):
        super().__init__()
        self._clock, self._share = clock, share

    def encode_query(self, texts):
        self._clock.seconds += self._share
        return super().encode_query(texts)


class Nobody:
    """A store that knows nobody, and counts how often it was asked."""

    def __init__(self):
        self.asked = 0

    def affinities(self, *_):
        self.asked += 1
        return Affinities({}, 0.0)

    def last_visit(self, *_):
        return None


@pytest.mark.parametrize("stage", LATEST)
def test_a_stage_begins_by_its_share_of_the_deadline(clock, stage):
    watch = Stopwatch(2000.0)
    clock.seconds += 2 * LATEST[stage] - 0.001
    assert not watch.late_for(stage) and watch.left_ms > 0
    clock.seconds += 0.002
    assert watch.late_for(stage)


def test_the_docs_tell_the_shares():
    told = (ROOT / "docs" / "performance.md").read_text(encoding="utf-8")
    for stage, share in LATEST.items():
        assert f"| `{stage}` | {share:.0%} |".replace("%", " %") in told


def test_who_has_waited_longer_than_the_deadline_has_no_time_left(clock):
    watch = Stopwatch(-5.0)
    assert all(map(watch.late_for, LATEST)) and watch.left_ms == 0


@pytest.mark.parametrize(
    ("share", "left_out"),
    [(0.0, set()), (0.6, set()), (0.75, {"relax"}), (0.85, {"relax", "personal"}), (1.5, {"relax", "personal"})],
)
def test_a_slow_encoder_leaves_no_time_for_what_comes_later(snapshot, clock, share, left_out):
    pipeline, store = Pipeline(snapshot, Slow(clock, share), Settings(), Clock()), Nobody()
    answer = pipeline.search(SearchRequest(q="laptop", shopper="anna", consent="persistent"), store)
    assert set(answer.degraded) == left_out
    assert store.asked == ("personal" not in left_out)
    assert answer.total and answer.hits


def test_a_search_with_less_time_leaves_out_more(snapshot):
    pipeline = Pipeline(snapshot, StubEncoder(), Settings().but(server={"deadline_ms": 60_000.0}), Clock())
    assert pipeline.search(SearchRequest(q="laptop")).degraded == []
    assert {"dense", "relax"} <= {*pipeline.search(SearchRequest(q="laptop"), deadline_ms=0.0).degraded}


def test_waiting_for_a_thread_is_part_of_the_time(open_shop):
    """One thread, whose first search hangs for longer than any may take: the one behind it is answered by words."""
    gate, entered = threading.Event(), threading.Event()

    class Hanging(StubEncoder):
        def encode_query(self, texts):
            if texts == ["shorts"]:
                entered.set()
                gate.wait(60)
            return super().encode_query(texts)

    service = open_shop(encoder=Hanging(), server={"threads": 1, "deadline_ms": 500.0})
    answers = {}
    with TestClient(create_app(lambda: service)) as client:

        def ask(q):
            answers[q] = client.get("/v1/search", params={"q": q}).json()

        threads = [threading.Thread(target=ask, args=[q]) for q in ("shorts", "laptop")]
        threads[0].start()
        entered.wait(60)
        threads[1].start()
        time.sleep(1.5)
        gate.set()
        for thread in threads:
            thread.join()
    assert {"dense", "relax"} <= {*answers["laptop"]["degraded"]} and answers["laptop"]["total"]
    assert "dense" not in answers["shorts"]["degraded"]
