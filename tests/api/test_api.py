"""The API as a client sees it: answers, headers, logs, metrics, a swap under load, the queue."""

from __future__ import annotations

import io
import json
import shutil
import threading
import time

import pytest
import structlog
from starlette.testclient import TestClient

from search.api.identity import require_loopback
from search.app import create_app
from search.errors import BadSettings
from search.index.build import build_snapshot
from search.logs import configure_logs
from search.settings import Settings
from tests.stand_ins import StubEncoder, open_service, shop_products


def search(client, **parameters):
    answer = client.get("/v1/search", params=parameters)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_get_and_post_are_the_same_search(client):
    asked = {"q": "shorts", "filter": "gender:damen", "facet": ["brand", "price"], "per_page": 3, "explain": True}
    got = search(client, **asked)
    posted = client.post("/v1/search", json=asked).json()
    assert {**got, "took_ms": 0, "query_id": ""} == {**posted, "took_ms": 0, "query_id": ""}
    assert set(got["facets"]) == {"brand", "price"}


def test_several_searches_in_one_call_answer_in_order(client):
    answer = client.post("/v1/multi-search", json={"searches": [{"q": "shorts"}, {"q": "laptop"}, {"q": ""}]}).json()
    assert [a["query"]["text"] for a in answer["answers"]] == ["shorts", "laptop", ""]
    assert answer["answers"][2]["total"] == len(shop_products())


def test_an_empty_query_browses_by_filters(client):
    everything = search(client, per_page=100)
    women = search(client, filter="gender:damen", per_page=100)
    assert everything["total"] == len(shop_products())
    assert 0 < women["total"] < everything["total"]
    assert all(hit["product"]["attributes"]["gender"] == ["damen"] for hit in women["hits"])


def test_sorting_by_price_ignores_the_shopper(client):
    prices = [hit["product"]["price"] for hit in search(client, q="shorts", sort="price:asc", shopper="x")["hits"]]
    assert prices == sorted(prices)
    prices = [hit["product"]["price"] for hit in search(client, q="shorts", sort="price:desc")["hits"]]
    assert prices == sorted(prices, reverse=True)


def test_a_facets_own_refinement_does_not_shrink_it(client):
    free = search(client, q="shorts", facet="gender")["facets"]["gender"]["values"]
    refined = search(client, q="shorts", facet="gender", filter="gender:damen")
    assert refined["facets"]["gender"]["values"] == free
    assert refined["total"] == next(value["count"] for value in free if value["value"] == "damen")


def test_cursors_walk_through_all_results_once(client):
    seen, cursor = [], None
    while True:
        page = search(client, q="", per_page=10, **({"cursor": cursor} if cursor else {}))
        seen += [hit["id"] for hit in page["hits"]]
        cursor = page["cursor"]
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == len(shop_products())


def test_only_the_wanted_fields_come_back(client):
    hit = search(client, q="shorts", fields="title,price", per_page=1)["hits"][0]
    assert set(hit["product"]) == {"title", "price"}


def test_every_answer_has_strict_headers(client):
    for path in ("/v1/search", "/v1/nothing", "/livez", "/openapi.json"):
        headers = client.get(path).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"


def test_only_listed_origins_may_call_from_a_browser(open_shop):
    service = open_shop(server={"cors_origins": ("https://shop.example",)})
    with TestClient(create_app(lambda: service)) as client:
        allowed = client.get("/v1/search", headers={"Origin": "https://shop.example"})
        other = client.get("/v1/search", headers={"Origin": "https://evil.example"})
    assert allowed.headers["access-control-allow-origin"] == "https://shop.example"
    assert "access-control-allow-origin" not in other.headers


def test_logs_and_metrics_hold_no_query_and_no_person(open_shop):
    canaries = ("kanarienquery", "kanarienperson", "kanariensession", "kanarienprodukt")
    stream = io.StringIO()
    configure_logs(stream)
    try:
        service = open_shop()
        with TestClient(create_app(lambda: service)) as client:
            client.get("/v1/search", params={"q": canaries[0], "shopper": canaries[1], "session": canaries[2]})
            client.get(f"/v1/profiles/{canaries[1]}")
            client.get(f"/v1/products/{canaries[3]}")
            client.get("/v1/search", params={"filter": f"brand:{canaries[0]}", canaries[1]: "1"})
            client.post(
                "/v1/events", json={"event_id": "1", "type": "view", "product_id": canaries[3], "shopper": canaries[1]}
            )
            metrics = client.get("/metrics").text
    finally:
        structlog.reset_defaults()
    logged = stream.getvalue()
    lines = [json.loads(line) for line in logged.splitlines()]
    assert sum(line["event"] == "request" for line in lines) == 6
    assert any(line["route"] == "/v1/profiles/{id}" for line in lines)
    for canary in canaries:
        assert canary not in logged
        assert canary not in metrics
    assert 'tresen_requests_total{route="/v1/search",status="200"}' in metrics


def test_an_idle_kiosks_session_leaves_the_memory_without_a_further_request(open_shop):
    clock = [0.0]
    service = open_shop(monotonic=lambda: clock[0], server={"watch_seconds": 0.02})
    with TestClient(create_app(lambda: service)) as client:
        event = {"event_id": "e", "type": "view", "product_id": shop_products()[0].id, "session": "k"}
        client.post("/v1/events", json={**event, "touchpoint": "kiosk"})
        assert "k" in service.kiosks._sessions
        clock[0] = 46.0
        _wait(lambda: not service.kiosks._sessions)


def test_a_new_index_is_served_without_an_error(open_shop):
    """Searches run while CURRENT changes ten times: every answer is whole, none fails, the last one is new."""
    service = open_shop(server={"watch_seconds": 0.02})
    products = shop_products()
    failures, answers, stop = [], [], threading.Event()
    with TestClient(create_app(lambda: service), base_url="http://127.0.0.1") as client:

        def ask() -> None:
            while not stop.is_set():
                answer = client.get("/v1/search", params={"q": "shorts", "facet": "brand", "per_page": 100})
                (answers if answer.status_code == 200 else failures).append(answer)

        askers = [threading.Thread(target=ask) for _ in range(2)]
        for asker in askers:
            asker.start()
        for _ in range(10):
            build_snapshot(products, service.home, Settings(), StubEncoder())
            products = products[:-1]
        _wait(lambda: not service.is_outdated())
        stop.set()
        for asker in askers:
            asker.join()
        ready = client.get("/readyz").json()
    assert not failures, failures[0].text
    assert len(answers) > 10
    for answer in answers:
        body = answer.json()
        assert body["total"] == len(body["hits"]) == sum(v["count"] for v in body["facets"]["brand"]["values"])
    assert ready["snapshot"] == service.snapshot.number == 11
    assert ready["products"] == len(shop_products()) - 9


def test_a_damaged_new_index_is_not_served(open_shop):
    service = open_shop(server={"watch_seconds": 0.02})
    before = service.snapshot.number
    build_snapshot(shop_products(), service.home, Settings(), StubEncoder())
    newest = service.home / "snapshots" / str(before + 1) / "postings-de-rows.npy"
    newest.write_bytes(newest.read_bytes()[:-1] + b"\xff")
    with TestClient(create_app(lambda: service), base_url="http://127.0.0.1") as client:
        time.sleep(0.3)
        assert client.get("/readyz").json()["snapshot"] == before
        assert search(client, q="shorts")["total"] > 0


def test_a_server_that_starts_on_a_damaged_index_serves_the_one_before(open_shop, shop, tmp_path):
    home = tmp_path / "damaged"
    shutil.copytree(shop, home)
    build_snapshot(shop_products(), home, Settings(), StubEncoder())
    (home / "snapshots" / "2" / "products.jsonb").write_bytes(b"")
    service = open_service(home, Settings())
    assert service.snapshot.number == 1
    assert service.falls_back
    assert not service.is_outdated()
    build_snapshot(shop_products(), home, Settings(), StubEncoder())
    assert service.is_outdated()
    assert service.refresh() == 3
    service.close()
    (home / "CURRENT").write_text("garbled")
    service = open_service(home, Settings())
    assert service.snapshot.number == 3
    service.close()


def _wait(condition, seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_too_many_searches_are_told_to_come_back(open_shop):
    """One thread, a queue of one, an encoder that hangs: the third search is 429 with Retry-After, at once."""
    gate, inside = threading.Event(), threading.Event()

    class Hanging(StubEncoder):
        def encode_query(self, texts):
            inside.set()
            gate.wait(10)
            return super().encode_query(texts)

    service = open_shop(encoder=Hanging(), server={"threads": 1, "queue": 1})
    with TestClient(create_app(lambda: service), base_url="http://127.0.0.1") as client:
        waiting = [threading.Thread(target=client.get, args=(f"/v1/search?q=word{n}",)) for n in range(2)]
        waiting[0].start()
        assert inside.wait(5)
        waiting[1].start()
        time.sleep(0.2)
        refused = client.get("/v1/search?q=third")
        assert client.get("/livez").status_code == 200
        gate.set()
        for thread in waiting:
            thread.join()
    assert refused.status_code == 429
    assert refused.headers["retry-after"] == "1"
    assert refused.json()["code"] == "too_busy"


def test_without_an_encoder_the_words_still_find(open_shop):
    class Broken(StubEncoder):
        def encode_query(self, texts):
            raise RuntimeError("no memory")

    service = open_shop(encoder=Broken())
    with TestClient(create_app(lambda: service)) as client:
        answer = search(client, q="shorts")
        metrics = client.get("/metrics").text
    assert answer["degraded"] == ["dense"]
    assert answer["total"] > 0
    assert 'tresen_degraded_total{stage="dense"} 1.0' in metrics


def test_events_are_accepted_once(client):
    event = {"event_id": "e1", "type": "view", "product_id": shop_products()[0].id, "session": "s"}
    assert client.post("/v1/events", json=event).json() == {"accepted": 1, "duplicates": 0, "unknown_products": 0}
    assert client.post("/v1/events", json=[event, {**event, "event_id": "e2", "product_id": "unknown"}]).json() == {
        "accepted": 1,
        "duplicates": 1,
        "unknown_products": 1,
    }


def test_a_profile_can_be_read_and_erased(client):
    event = {"type": "purchase", "product_id": shop_products()[0].id, "shopper": "lena"}
    client.post("/v1/events", json=[{**event, "event_id": f"e{n}"} for n in range(3)])
    profile = client.get("/v1/profiles/lena").json()
    assert profile["events"] == 3
    wanted = {"attribute", "value", "label", "lift", "evidence", "observed", "expected", "last_seen"}
    assert set(profile["tastes"][0]) == wanted
    receipt = client.delete("/v1/profiles/lena").json()
    assert receipt["events"] == 3
    nothing = {"likes": [], "dislikes": [], "sizes": [], "off": []}
    assert client.get("/v1/profiles/lena").json() == {
        "id": "lena",
        "events": 0,
        "tastes": [],
        "links": [],
        "stated": nothing,
        "leanings": [],
        "traits": [],
        "queries": [],
        "purchases": 0,
        "lifecycle": "new",
        "kept_sizes": [],
    }


def test_suggestions_begin_as_typed_and_forgive_a_typo(client):
    lines = client.get("/v1/suggest", params={"q": "lapt"}).json()["suggestions"]
    assert any(line["kind"] == "product" and "laptop" in line["text"].casefold() for line in lines)
    corrected = client.get("/v1/suggest", params={"q": "lapotp"}).json()["suggestions"]
    assert corrected
    assert all(line["corrected"] for line in corrected)
    assert client.get("/v1/suggest").json()["suggestions"] == []


def test_what_may_have_been_meant_is_proposed_and_not_searched_for(open_shop):
    careful = open_shop(relax={"least": 0.99})
    with TestClient(create_app(lambda: careful), base_url="http://127.0.0.1") as client:
        query = client.get("/v1/search", params={"q": "rotes Shrit"}).json()["query"]
    assert query["text"] == "rotes Shrit"
    assert query["corrected"] is None
    word = {"original": "Shrit", "corrected": "shirt", "distance": 1}
    assert query["proposed"] == {"text": "rotes shirt", "words": [word]}


def test_what_was_likely_meant_is_searched_for_and_told(client):
    query = client.get("/v1/search", params={"q": "rotes Shrit"}).json()["query"]
    assert query["corrected"]["original"] == "rotes Shrit"
    assert query["relaxed"] == [{"step": "correction", "text": "rotes shirt", "dropped": ["Shrit"]}]
    assert query["proposed"] is None
    assert client.get("/v1/search", params={"q": "rotes shirt"}).json()["query"]["proposed"] is None
    assert client.get("/v1/search", params={"q": "rotes Shrit", "correct": "false"}).json()["query"]["proposed"] is None


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.2", "::", "shop.example"])
def test_without_keys_only_this_machine_is_served(host):
    with pytest.raises(BadSettings, match="this machine only"):
        require_loopback(host)
    for local in ("127.0.0.1", "localhost", "::1", "[::1]", "127.1.2.3"):
        require_loopback(local)
