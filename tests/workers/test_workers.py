"""Search processes: answers are those of the serving process, about things as they are now, whatever happens to them.

1. The serving process answers no search itself while they run; answers are the same, errors too.
2. What was written counts in the very next search: products, events, statements, lists, a new index, an old one.
3. Kiosks, shown lists, own queries, metrics: what is kept of a search is kept where it was before.
4. One that is killed, or hangs, is replaced, and its search is answered; without any the serving process answers.
5. They end with the server, however it ends.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from multiprocessing import active_children
from pathlib import Path

import msgspec
import pytest
from starlette.testclient import TestClient

from search.app import create_app
from search.errors import BadFilter
from search.index.build import build_snapshot
from search.messages import SearchRequest, to_json
from search.opening import Generation
from search.types import Identity
from search.workers import pool
from search.workers.messages import Search
from tests.stand_ins import PATIENT, StubEncoder, build_shop, open_service, shop_products

WAIT = 60.0
SETTINGS = PATIENT.but(server={"workers": 2, "watch_seconds": 0.1}, changes={"merge_least": 1_000_000})


@pytest.fixture(autouse=True)
def none_left_stopped():
    """A process that hangs is waited for when the tests end: where one fails, none is left so."""
    yield
    for child in active_children():
        with suppress(ProcessLookupError):
            os.kill(child.pid, signal.SIGCONT)


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """A served shop with two search processes, shared: what a test writes is another test's past."""
    service = open_service(build_shop(tmp_path_factory.mktemp("workers") / "shop"), SETTINGS)
    with TestClient(create_app(lambda: service), base_url="http://127.0.0.1") as client:
        assert service.searching.workers.wait_until_serving(WAIT)
        client.service = service
        yield client


@pytest.fixture
def only_workers(monkeypatch):
    """The serving process may not search."""
    monkeypatch.setattr(Generation, "search", lambda *_: pytest.fail("the serving process searched itself"))


def find(shop, **parameters):
    answer = shop.get("/v1/search", params=parameters)
    assert answer.status_code == 200, answer.text
    return answer.json()


def ids(answer):
    return [hit["id"] for hit in answer["hits"]]


def by_both(shop, **parameters):
    """The same search, answered by both processes at once, twice."""
    workers = shop.service.searching.workers._workers
    identity = Identity(parameters.get("shopper"), parameters.get("session"))

    def ask(worker):
        request, searching = SearchRequest(**parameters), shop.service.searching
        standing = searching.standing(shop.service.generation)
        with shop.service.searching.workers._changed:
            shop.service.searching.workers._changed.wait_for(lambda: worker.state == "free", WAIT)
            worker.state = "busy"
        search = Search(request, identity, shop.service.now(), shop.service.settings.server.deadline_ms)
        done = worker.search(standing, shop.service.live.log, search, shop.service.store)
        searching.workers._give(worker)
        return msgspec.json.decode(done.answer.json)

    with ThreadPoolExecutor(2) as threads:
        return [*threads.map(ask, workers), *threads.map(ask, workers)]


def timeless(answer):
    return {name: value for name, value in answer.items() if name not in ("query_id", "took_ms", "cursor")}


SEARCHES = [
    {"q": "Shorts"},
    {"q": "Shrit", "facet": "brand"},
    {"q": "sparsamer schwarzer Laptop", "explain": True},
    {"q": "Shorts", "shopper": "anna", "session": "a1", "explain": True},
    {"q": "", "filter": "brand:Adidas AND price:20..50", "per_page": 3},
    {"q": "Laufschuhe", "groups": 2},
    {"q": "xqzwvkj"},
    {"q": "red trousers", "lang": "en"},
]


@pytest.mark.parametrize("search", SEARCHES, ids=lambda search: search["q"] or "all")
def test_they_answer_as_the_serving_process_does(shop, search):
    shop.post("/v1/events", json=[_event("view", "shorts-women-pink", shopper="anna", session="a1")])
    request = msgspec.convert({**search, "facet": [search["facet"]] if "facet" in search else []}, SearchRequest)
    identity = Identity(request.shopper, request.session)
    own = msgspec.json.decode(to_json(shop.service.generation.search(request, shop.service.store, identity)))
    for answer in by_both(shop, **{**search, "facet": request.facet}):
        assert timeless(answer) == timeless(own)


def _event(type, product, **who):
    return {"event_id": os.urandom(8).hex(), "type": type, "product_id": product, "consent": "full", **who}


@pytest.mark.usefixtures("only_workers")
def test_the_serving_process_leaves_searches_to_them(shop):
    assert find(shop, q="Shorts")["total"] > 0
    both = {"searches": [{"q": "Shorts"}, {"q": "Hemd", "touchpoint": "kiosk", "session": "k0"}]}
    assert [one["query"]["text"] for one in shop.post("/v1/multi-search", json=both).json()["answers"]] == [
        "Shorts",
        "Hemd",
    ]


def test_a_query_goes_to_the_process_that_had_it_before_if_that_is_free(shop):
    workers = shop.service.searching.workers

    def taken(query):
        worker = workers._take(query)
        workers._give(worker)
        return worker

    _until(lambda: all(worker.state == "free" for worker in workers._workers))
    queries = [f"Hemd {number}" for number in range(20)]
    first = [taken(query) for query in queries]
    assert len(set(first)) == 2 and [taken(query) for query in queries] == first
    busy = workers._take("Hemd 1")
    try:
        assert taken("Hemd 1") is not busy
    finally:
        workers._give(busy)


@pytest.mark.usefixtures("only_workers")
def test_errors_name_the_same_places(shop):
    assert shop.get("/v1/search", params={"q": "x", "filter": "(("}).json()["place"] == "filter"
    assert shop.get("/v1/search", params={"q": "x", "lang": "fr"}).json()["place"] == "lang"
    with pytest.raises(BadFilter):
        shop.service.answer(SearchRequest(filter="(("), Identity())


@pytest.mark.usefixtures("only_workers")
def test_changed_products_are_in_the_next_search_of_each(shop):
    for round in range(3):
        product = {"id": f"neu-{round}", "title": {"de": f"Zitronenpresse {round}"}, "price": f"{10 + round},00 EUR"}
        assert shop.put(f"/v1/products/neu-{round}", json=product).status_code in (200, 201)
        for answer in by_both(shop, q="Zitronenpresse"):
            assert sorted(ids(answer)) == [f"neu-{number}" for number in range(round + 1)]
        assert shop.patch(f"/v1/products/neu-{round}", json={"price": "0,77 EUR"}).status_code == 200
        for answer in by_both(shop, q=f"Zitronenpresse {round}", per_page=1):
            assert answer["hits"][0]["product"]["price"] == 0.77
    assert shop.delete("/v1/products/neu-1").status_code == 200
    assert sorted(ids(find(shop, q="Zitronenpresse"))) == ["neu-0", "neu-2"]


@pytest.mark.usefixtures("only_workers")
def test_what_a_shopper_does_and_says_counts_in_the_next_search_of_each(shop):
    who = {"shopper": "berta", "session": "b1"}
    before = find(shop, q="Shorts", explain=True, **who)
    women = [hit["id"] for hit in before["hits"] if "women" in hit["id"]]
    shop.post("/v1/events", json=[_event("view", id, **who) for id in women])
    for answer in by_both(shop, q="Shorts", **who):
        assert any(hit["rank"] != hit["rank_anonymous"] for hit in answer["hits"])
    assert shop.delete("/v1/profiles/berta").status_code == 200
    assert shop.delete("/v1/sessions/b1").status_code == 200
    for answer in by_both(shop, q="Shorts", **who):
        assert all(hit["rank"] == hit["rank_anonymous"] for hit in answer["hits"])


@pytest.mark.usefixtures("only_workers")
def test_a_kiosk_is_known_until_it_is_reset(shop):
    who = {"session": "kiosk-1", "touchpoint": "kiosk"}
    strangers = ids(find(shop, q="Shorts"))
    women = [id for id in strangers if "women" in id]
    for id in women[::-1] * 3:
        shop.post("/v1/events", json=[_event("view", id, **who)])
    assert ids(find(shop, q="Shorts", **who)) != strangers
    shop.delete("/v1/sessions/kiosk-1")
    assert ids(find(shop, q="Shorts", **who)) == strangers


@pytest.mark.usefixtures("only_workers")
def test_lists_count_in_the_next_search_of_each(shop):
    assert not any("shorts" in id for id in ids(find(shop, q="Beinkleid", correct=False)))
    synonym = {"kind": "two-way", "words": ["Beinkleid", "Shorts"]}
    assert shop.put("/v1/synonyms", json={"synonyms": [synonym]}).status_code == 200
    for answer in by_both(shop, q="Beinkleid", correct=False):
        assert sum("shorts" in id for id in ids(answer)) >= 5


@pytest.mark.usefixtures("only_workers")
def test_what_was_shown_is_known_with_the_event_that_follows(shop):
    answer = find(shop, q="Shorts", shopper="clara", session="c1")
    shown = shop.service.generation.pipeline.shown.of(answer["query_id"])
    documents = shop.service.snapshot.documents
    assert [documents.id_of(row) for row in shown.rows.tolist()] == ids(answer)
    assert shop.service.searches._recent.of(answer["query_id"]) == "shorts"


def test_metrics_tell_what_all_processes_keep(shop):
    def found():
        lines = shop.get("/metrics").text.splitlines()
        return {line.split()[0]: float(line.split()[1]) for line in lines if line.startswith("tresen_kept_found")}

    for _ in range(2):
        by_both(shop, q="Pumps in Schwarz")
    before = found()
    by_both(shop, q="Pumps in Schwarz")
    assert found()['tresen_kept_found{kept="queries"}'] >= before['tresen_kept_found{kept="queries"}'] + 4
    assert shop.get("/readyz").json()["workers"] == 2


@pytest.mark.usefixtures("only_workers")
def test_a_new_index_serves_and_an_old_one_again(tmp_path):
    service = open_service(build_shop(tmp_path / "shop"), SETTINGS)
    with TestClient(create_app(lambda: service), base_url="http://127.0.0.1") as shop:
        assert service.searching.workers.wait_until_serving(WAIT)
        shop.service = service
        shop.put("/v1/products/neu", json={"id": "neu", "title": {"de": "Zitronenpresse"}})
        assert ids(find(shop, q="Zitronenpresse")) == ["neu"]
        more = [*shop_products(), msgspec.structs.replace(shop_products()[0], id="zz", title={"de": "Quastenflosser"})]
        build_snapshot(more, tmp_path / "shop", SETTINGS, StubEncoder())
        _until(lambda: shop.get("/readyz").json()["snapshot"] == 2)
        assert all(len(worker.held) == 2 for worker in service.searching.workers._workers)  # opened before it served
        for answer in by_both(shop, q="Quastenflosser", correct=False):
            assert ids(answer)[:1] == ["zz"]
        assert all(len(worker.held) == 1 for worker in service.searching.workers._workers)
        assert shop.post("/v1/catalog/rollback", json={"changes": "drop"}).status_code == 200
        _until(lambda: shop.get("/readyz").json()["snapshot"] == 1)
        for answer in by_both(shop, q="Quastenflosser", correct=False):
            assert ids(answer)[:1] != ["zz"]
        for answer in by_both(shop, q="Zitronenpresse", correct=False):
            assert "neu" not in ids(answer)


def _until(holds, seconds=WAIT):
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


# --- trouble ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("with_signal", [signal.SIGKILL, signal.SIGSTOP])
def test_a_lost_process_is_replaced_and_every_search_answered(shop, monkeypatch, with_signal):
    monkeypatch.setattr(pool, "PATIENCE_SECONDS", 1.0)
    monkeypatch.setattr(pool, "AGAIN_SECONDS", 0.1)
    workers = shop.service.searching.workers
    lost = [worker.process.pid for worker in workers._workers]
    wanted = ids(find(shop, q="Shorts"))
    for pid in lost:
        os.kill(pid, with_signal)
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda _: ids(find(shop, q="Shorts")), range(8)))
    assert answers == [wanted] * 8
    for pid in lost:  # those that no search met
        os.kill(pid, signal.SIGKILL) if with_signal == signal.SIGKILL and _runs(pid) else None
    _until(lambda: workers.serving == 2 and not {worker.process.pid for worker in workers._workers} & set(lost))
    assert [ids(answer) for answer in by_both(shop, q="Shorts")] == [wanted] * 4


def _runs(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_one_that_cannot_have_what_it_is_told_is_replaced(shop, monkeypatch):
    monkeypatch.setattr(pool, "AGAIN_SECONDS", 0.1)
    workers = shop.service.searching.workers
    worker, standing = workers._workers[0], shop.service.searching.standing(shop.service.generation)
    with pytest.raises(pool.Lost, match="BadSnapshot"):
        worker.follow(replace(standing, opened=999, number=999), shop.service.live.log)
    lost = worker.process.pid
    for number in range(10):  # some of them would go to it
        assert find(shop, q=f"Shorts {number}")["total"] > 0
    _until(lambda: workers.serving == 2 and worker.process.pid != lost)


def test_a_search_waits_for_no_generation_to_be_opened(shop):
    worker = shop.service.searching.workers._workers[0]
    standing = shop.service.searching.standing(shop.service.generation)
    assert not worker.is_far_behind(standing, shop.service.live.log)
    for opened in (standing.opened - 1, standing.opened + 1):  # one that was let go of, one that is not there yet
        assert worker.is_far_behind(replace(standing, opened=opened), shop.service.live.log)


def test_a_fault_of_ours_costs_no_process(shop, monkeypatch):
    monkeypatch.setattr(pool.Worker, "search", lambda *_: None)  # what a process says that met one
    before = [worker.process.pid for worker in shop.service.searching.workers._workers]
    assert find(shop, q="Shorts")["total"] > 0
    assert [worker.process.pid for worker in shop.service.searching.workers._workers] == before
    assert shop.service.searching.workers.serving == 2


def test_searches_and_changes_at_once_are_all_answered(shop):
    stop, trouble = threading.Event(), []

    def search():
        while not stop.is_set():
            answer = shop.get("/v1/search", params={"q": "Mixer"})
            if answer.status_code != 200:
                trouble.append(answer.text)

    threads = [threading.Thread(target=search) for _ in range(3)]
    for thread in threads:
        thread.start()
    for number in range(60):
        shop.put("/v1/products/mixer", json={"id": "mixer", "title": {"de": f"Mixer Nummer{number}"}})
        seen = find(shop, q=f"Nummer{number}", correct=False)
        assert ids(seen)[:1] == ["mixer"]
    stop.set()
    for thread in threads:
        thread.join()
    assert trouble == []


def test_one_that_is_far_behind_is_left_to_catch_up(shop, monkeypatch):
    searched = []
    own = Generation.search
    monkeypatch.setattr(Generation, "search", lambda *arguments: searched.append(1) or own(*arguments))
    lines = [{"id": f"viele-{number}", "title": {"de": f"Gugelhupf {number}"}} for number in range(30)]
    monkeypatch.setattr(pool.Workers, "follow", lambda _: None)
    assert shop.put("/v1/products", content=b"\n".join(map(msgspec.json.encode, lines))).status_code == 200
    assert find(shop, q="Gugelhupf", correct=False)["total"] >= 30 and searched == [1]
    monkeypatch.undo()
    shop.service.searching.follow()
    workers = shop.service.searching.workers._workers
    last = shop.service.snapshot.changes
    _until(lambda: all(next(iter(worker.held.values())).changes == last for worker in workers))
    monkeypatch.setattr(Generation, "search", lambda *_: pytest.fail("the serving process searched itself"))
    assert find(shop, q="Gugelhupf", correct=False)["total"] >= 30


@pytest.mark.parametrize("when", ["starting", "one hangs"])
def test_a_server_stops_at_once_whatever_they_do(tmp_path, when):
    service = open_service(build_shop(tmp_path / "shop"), SETTINGS)
    service.start_workers()
    workers = service.searching.workers
    with ThreadPoolExecutor(1) as threads:
        answer = None
        if when == "one hangs":
            assert workers.wait_until_serving(WAIT)
            for worker in workers._workers:
                os.kill(worker.process.pid, signal.SIGSTOP)
            answer = threads.submit(service.answer, SearchRequest(q="Shorts"), Identity())
            _until(lambda: any(worker.state == "busy" for worker in workers._workers))
        began = time.monotonic()
        workers.close()
        assert time.monotonic() - began < 10  # and not until patience ends, which is 30 s
        assert answer is None or answer.result(10).total > 0
    _until(lambda: not any(worker.process and _runs(worker.process.pid) for worker in workers._workers))
    service.close()


def test_they_end_with_a_server_that_is_killed(tmp_path):
    home = build_shop(tmp_path / "shop")
    code = (
        "import sys; from pathlib import Path\n"
        "from tests.stand_ins import *\n"
        "if __name__ == '__main__':\n"
        f"    service = open_service(Path({str(home)!r}), PATIENT.but(server={{'workers': 2}}))\n"
        "    service.start_workers(); assert service.searching.workers.wait_until_serving(60)\n"
        "    pids = [worker.process.pid for worker in service.searching.workers._workers]\n"
        "    print(f'search processes: {pids}', flush=True)\n"
        "    sys.stdin.read()\n"
    )
    script = tmp_path / "serve.py"
    script.write_text(code)
    server = subprocess.Popen(
        [sys.executable, str(script)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(Path.cwd())},
    )
    lines = (re.search(r"search processes: \[(\d+), (\d+)\]", line) for line in server.stdout)  # and its log between
    pids = [int(pid) for pid in next(filter(None, lines)).groups()]
    assert len(pids) == 2 and all(map(_runs, pids))
    server.kill()
    server.wait()
    _until(lambda: not any(map(_runs, pids)), 20)
