"""/v1/synonyms and /v1/compounds: what is asked, what is refused, and that the next search knows."""

import time

import pytest
from starlette.testclient import TestClient

from search.app import create_app

HANDY = {"kind": "two-way", "words": ["Plattform", "Toaster"]}


def titles(client, text):
    return {hit["id"] for hit in client.get("/v1/search", params={"q": text, "correct": False}).json()["hits"]}


def test_a_synonym_is_added_used_and_removed(client):
    added = client.post("/v1/synonyms", json=HANDY)
    assert added.status_code == 201
    entry = added.json()
    assert entry["words"] == ["plattform", "toaster"]
    assert entry["source"] == "api"
    assert client.get("/v1/synonyms").json() == {"synonyms": [entry]}
    answer = client.get("/v1/search", params={"q": "plattform"}).json()
    assert "toaster" in {hit["id"] for hit in answer["hits"]}
    assert answer["query"]["synonyms"] == [{"words": "plattform", "finds": ["toaster"], "kind": "two-way"}]
    assert client.delete(f"/v1/synonyms/{entry['id']}").json() == entry
    assert client.delete(f"/v1/synonyms/{entry['id']}").status_code == 404
    assert client.get("/v1/search", params={"q": "plattform"}).json()["query"]["synonyms"] == []


def test_adding_twice_is_adding_once(client):
    assert client.post("/v1/synonyms", json=HANDY).json() == client.post("/v1/synonyms", json=HANDY).json()
    assert len(client.get("/v1/synonyms").json()["synonyms"]) == 1


def test_put_replaces_the_list(client):
    client.post("/v1/synonyms", json=HANDY)
    wanted = {"synonyms": [{"kind": "one-way", "words": ["x"], "finds": ["y"], "language": "de"}]}
    [entry] = client.put("/v1/synonyms", json=wanted).json()["synonyms"]
    assert entry["line"] == "de: x => y"
    assert client.put("/v1/synonyms", json={"synonyms": []}).json() == {"synonyms": []}


def test_a_split_is_added_used_and_removed(client):
    split = {"word": "Wasserkocher", "parts": ["Wasser", "Kocher"]}
    assert client.post("/v1/compounds", json=split).status_code == 201
    assert client.get("/v1/compounds").json() == {
        "compounds": [{"word": "wasserkocher", "parts": ["wasser", "kocher"], "source": "api"}]
    }
    assert "kettle" in titles(client, "kocher")
    assert client.delete("/v1/compounds/Wasserkocher").status_code == 200
    assert client.delete("/v1/compounds/Wasserkocher").status_code == 404
    assert client.put("/v1/compounds", json={"compounds": [{"word": "ab"}]}).json()["compounds"][0]["parts"] == []


@pytest.mark.parametrize(
    ("method", "path", "body", "place", "told"),
    [
        ("POST", "/v1/synonyms", {"kind": "two-way", "words": ["a"]}, "words", "two sides"),
        ("POST", "/v1/synonyms", {"kind": "both", "words": ["a"]}, "kind", "one of"),
        ("POST", "/v1/synonyms", {"kind": "one-way", "words": ["a"], "finds": ["a = b"]}, "words", "sign of the list"),
        ("POST", "/v1/synonyms", {"kind": "one-way", "words": ["a"], "to": ["b"]}, "to", "Known fields"),
        ("PUT", "/v1/synonyms", {"synonyms": [HANDY, {**HANDY, "finds": ["x"]}]}, "synonyms[1]", "two-way"),
        ("PUT", "/v1/synonyms", {"synonyms": [HANDY] * 10_001}, "synonyms", "length"),
        ("PUT", "/v1/synonyms", [], "body", "Expected `object`"),
        ("POST", "/v1/compounds", {"word": "ab", "parts": ["a"]}, "word", "two to 8 parts"),
        ("PUT", "/v1/compounds", {"compounds": [{"word": "a b"}]}, "compounds[0]", "not one word"),
        ("PUT", "/v1/compounds", {"compounds": [{"word": "ab"}, {"word": "AB"}]}, "compounds[1].word", "twice"),
        ("GET", "/v1/synonyms/proposals?size=0", None, "size", ">= 1"),
        ("GET", "/v1/synonyms/proposals?lang=xx", None, "lang", "Known"),
    ],
)
def test_what_is_no_entry_is_refused_with_its_place(client, method, path, body, place, told):
    answer = client.request(method, path, json=body)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["place"] == place
    assert told in answer.json()["detail"]
    assert client.get("/v1/synonyms").json() == {"synonyms": []}


def test_a_body_has_an_end(client):
    body = b'{"synonyms": [' + b" " * 5_000_000 + b"]}"
    assert client.put("/v1/synonyms", content=body).status_code == 413


def test_pages_of_other_sites_do_not_edit(client):
    for method, path in (("POST", "/v1/synonyms"), ("PUT", "/v1/compounds"), ("DELETE", "/v1/synonyms/x")):
        answer = client.request(method, path, json=HANDY, headers={"origin": "https://elsewhere.example"})
        assert answer.status_code == 403
        assert answer.json()["place"] == "origin"
    assert client.post("/v1/synonyms", json=HANDY, headers={"origin": "http://127.0.0.1"}).status_code == 201


def test_proposals_are_listed_until_they_are_accepted(client, monkeypatch):
    from search import service
    from search.messages import SynonymProposal

    made = SynonymProposal(["plattform", "toaster"], "de", 0.8, 0.7, [3, 4], 0, 0.9)
    monkeypatch.setattr(service, "cached_proposals", lambda *_: [made])
    answer = client.get("/v1/synonyms/proposals").json()
    assert answer["snapshot"] == 1
    [proposal] = answer["proposals"]
    assert proposal["words"] == ["plattform", "toaster"]
    client.post("/v1/synonyms", json={"kind": "two-way", "words": proposal["words"]})
    assert client.get("/v1/synonyms/proposals").json()["proposals"] == []


def test_a_server_notices_an_edit_by_hand(open_shop):
    service = open_shop(server={"watch_seconds": 0.02}, dense={"least": 1.0})
    with TestClient(create_app(lambda: service), base_url="http://127.0.0.1") as client:
        for text, used in (("plattform\n", 0), ("plattform => toaster\n", 1)):
            (service.home / "synonyms.txt").write_text(text, encoding="utf-8")
            for _ in range(200 if used else 10):
                time.sleep(0.01)
                if len(client.get("/v1/search?q=plattform").json()["query"]["synonyms"]) == used == 1:
                    break
            assert len(client.get("/v1/search?q=plattform").json()["query"]["synonyms"]) == used
