"""No shopper's first search waits for what a whole vocabulary has to be read for."""

import time

from starlette.testclient import TestClient

from search.app import create_app
from search.index.build import build_snapshot
from search.messages import SearchRequest
from search.settings import Settings
from search.types import Identity
from tests.stand_ins import PATIENT, StubEncoder, build_shop, open_service


def splitters(service):
    found = [analyzer.splitter for analyzer in service.snapshot.analyzers.values() if analyzer.splitter]
    assert found
    return found


def is_ready(splitter):
    return "_stems" in vars(splitter)


def test_a_server_prepares_when_it_is_up(open_shop):
    with TestClient(create_app(lambda: open_shop(PATIENT))) as client:
        service, until = client.app.state.service, time.monotonic() + 30
        while not all(map(is_ready, splitters(service))) and time.monotonic() < until:
            time.sleep(0.01)
        assert all(map(is_ready, splitters(service)))


def test_the_next_generation_is_prepared_before_it_serves(tmp_path):
    home = build_shop(tmp_path)
    with open_service(home) as service:
        assert not any(map(is_ready, splitters(service))), "a command need not wait for it"
        service.search(SearchRequest(q="Shorts"), Identity())
        before = splitters(service)
        build_snapshot(list(service.snapshot.documents), home, Settings(), StubEncoder())
        service.refresh()
        assert splitters(service)[0] is not before[0] and all(map(is_ready, splitters(service)))
