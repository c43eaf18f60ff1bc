"""Nothing that a client can send is answered with a 5xx, and every refusal names the place and says what to do."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

BIG = 10 * 1024 * 1024

REFUSED_GETS = [
    ("/v1/search?colr=rot", 400, "colr", "Known parameters"),
    ("/v1/profiles/lena/export?colr=rot", 400, "colr", "takes none"),
    ("/v1/search?filter=colr:rot", 400, "filter", "Did you mean 'color'"),
    ("/v1/search?filter=brand:", 400, "filter", "Write field:value"),
    ("/v1/search?filter=brand:a..z", 400, "brand", "a range needs a number"),
    ("/v1/search?filter=price:teuer", 400, "price", "holds numbers"),
    ("/v1/search?filter=price:nan..inf", 400, "price", "holds numbers"),
    ("/v1/search?filter=" + "(" * 30 + "brand:a" + ")" * 30, 400, "filter", "nested too deeply"),
    ("/v1/search?filter=" + "%20OR%20".join(["brand:a"] * 300), 400, "filter", "at most 256 clauses"),
    ("/v1/search?facet=nix", 400, "facet", "Known fields"),
    ("/v1/search?" + "&".join(["facet=brand"] * 21), 400, "facet", "length"),
    ("/v1/search?page=0", 400, "page", ">= 1"),
    ("/v1/search?page=x", 400, "page", "int"),
    ("/v1/search?page=11&per_page=100", 400, "page", "Narrow the search"),
    ("/v1/search?per_page=101", 400, "per_page", "<= 100"),
    ("/v1/search?strength=101", 400, "strength", "<= 100"),
    ("/v1/search?sort=schön", 400, "sort", "one of: newest"),
    ("/v1/search?personalize=yes", 400, "personalize", "one of: full, off, session"),
    ("/v1/search?branch=nirgends", 400, "branch", "Known branches: mitte"),
    ("/v1/search?lang=xx", 400, "lang", "Known languages"),
    ("/v1/search?lang=Deutsch", 400, "lang", "matching regex"),
    ("/v1/search?cursor=abc", 400, "cursor", "Send the one of the last answer"),
    ("/v1/search?q=a&q=b", 400, "q", "Give it once"),
    ("/v1/search?q=" + "a" * 257, 400, "q", "longer than 256"),
    ("/v1/search?q=" + "%EF%B7%BA" * 20, 400, "q", "longer than 256"),  # U+FDFA is 18 letters long
    ("/v1/search?q=" + "+".join(f"w{n}" for n in range(33)), 400, "q", "more than 32 words"),
    ("/v1/search?q=%ED%A0%80", 400, "query string", "UTF-8"),
    ("/v1/search?q=%FF", 400, "query string", "UTF-8"),
    ("/v1/search?" + "&".join(f"fields=f{n}" for n in range(201)), 400, "query string", "more than 200"),
    ("/v1/search?context.colour=red", 400, "colour", "Known fields: source, device, country, referrer_query"),
    ("/v1/search?shopper=", 400, "shopper", "length"),
    ("/v1/search?without_tastes=smell", 400, "without_tastes[0]", "Known are: brand, gender"),
    ("/v1/suggest?size=0", 400, "size", ">= 1"),
    ("/v1/suggest?lang=xx", 400, "lang", "Known"),
    ("/v1/products/none", 404, "id", "No product"),
    ("/v1/profiles/x?y=1", 400, "y", "No parameter"),
    ("/v2/search", 404, None, "openapi.json"),
    ("/static/../app.py", 404, None, "openapi.json"),
]


@pytest.mark.parametrize(
    ("path", "status", "place", "advice"), REFUSED_GETS, ids=[case[0][:40] for case in REFUSED_GETS]
)
def test_a_bad_query_string_is_refused_with_its_place(client, path, status, place, advice):
    answer = client.get(path)
    _is_problem(answer, status, place, advice)


REFUSED_BODIES = [
    ("/v1/search", b"{", 400, "body", "no JSON"),
    ("/v1/search", b"", 400, "body", "no JSON"),
    ("/v1/search", b"[]", 400, "body", "Expected `object`"),
    ("/v1/search", b"null", 400, "body", "Expected `object`"),
    ("/v1/search", b'{"q": 1}', 400, "q", "Expected `str`"),
    ("/v1/search", b'{"colr": "rot"}', 400, "colr", "Known fields: q"),
    ("/v1/search", b'{"q": "\\ud800"}', 400, "body", "no JSON"),
    ("/v1/search", b'{"q": "\xff"}', 400, "body", "no JSON"),
    ("/v1/search", b"[" * 1100, 400, "body", "nests brackets"),
    ("/v1/search", b'{"a":' * 1100, 400, "body", "nests brackets"),
    ("/v1/search", b'{"q": "' + b"a" * BIG + b'"}', 413, "body", "Send less"),
    ("/v1/multi-search", b'{"searches": []}', 400, "searches", "length"),
    ("/v1/multi-search", b'{"searches": [{"q": "a"}, {"page": 0}]}', 400, "searches[1].page", ">= 1"),
    ("/v1/events", b"[" + b" " * BIG + b"]", 413, "body", "Send less"),
    ("/v1/events", b'{"type": "view"}', 400, "body", "missing required field"),
    ("/v1/events", b'{"event_id": "1", "type": "gaze", "product_id": "x"}', 400, "type", "one of: cart"),
    (
        "/v1/events",
        b'{"event_id": "1", "type": "view", "product_id": "x", "time": "gestern"}',
        400,
        "time",
        "with a zone",
    ),
    (
        "/v1/events",
        b'{"event_id": "1", "type": "view", "product_id": "x", "time": "2026-01-01"}',
        400,
        "time",
        "with a zone",
    ),
    ("/v1/events", b'[{"event_id": "1", "type": "view", "product_id": ""}]', 400, "[0].product_id", "length"),
    ("/v1/events", b'{"event_id": "1", "type": "view", "product_id": "x", "price": -1}', 400, "price", ">= 0"),
    ("/v1/events", b'{"event_id": "1", "type": "view", "product_id": "x", "price": 1e999}', 400, None, ""),
]


@pytest.mark.parametrize(
    ("path", "body", "status", "place", "advice"),
    REFUSED_BODIES,
    ids=[f"{case[0]} {case[1][:30]!r}" for case in REFUSED_BODIES],
)
def test_a_bad_body_is_refused_with_its_place(client, path, body, status, place, advice):
    _is_problem(client.post(path, content=body), status, place, advice)


def test_a_wrong_method_is_told(client):
    _is_problem(client.put("/v1/search"), 405, None, "other methods")


def _is_problem(answer, status: int, place: str | None, advice: str) -> None:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == status
    assert advice in problem["detail"], problem
    assert problem["detail"].endswith((".", ">")), problem
    if place is not None:
        assert problem["place"] == place, problem


@given(body=st.binary(max_size=300), path=st.sampled_from(["/v1/search", "/v1/multi-search", "/v1/events"]))
@settings(max_examples=300)
def test_random_bytes_never_break_the_server(fuzzed, body, path):
    assert fuzzed.post(path, content=body).status_code < 500


@given(
    text=st.text(max_size=80),
    name=st.sampled_from(["q", "filter", "facet", "cursor", "fields", "shopper", "lang", "branch"]),
)
@settings(max_examples=500)
def test_random_parameters_never_break_the_server(fuzzed, text, name):
    assert (
        fuzzed.get("/v1/search", params={name: text.encode("utf-8", "surrogatepass").decode("latin-1")}).status_code
        < 500
    )


def test_mutated_requests_never_break_the_server(fuzzed):
    """Valid requests with bytes changed, doubled and left out: 0 of 3,000 answers are 5xx."""
    source = random.Random(20261121)
    seeds = [
        b'{"q": "Shorts", "filter": "brand:Nordkai AND price:20..50", "facet": ["brand"], "page": 1, "explain": true}',
        b'{"searches": [{"q": "Rock"}, {"q": "", "sort": "price:asc"}]}',
        b'[{"event_id": "e1", "type": "view", "product_id": "shorts", "time": "2026-06-01T12:00:00Z", "session": "s"}]',
    ]
    paths = ["/v1/search", "/v1/multi-search", "/v1/events"]
    statuses = set()
    for _ in range(3000):
        at = source.randrange(3)
        body = bytearray(seeds[at])
        for _ in range(source.randrange(1, 5)):
            place = source.randrange(len(body))
            body[place : place + source.randrange(0, 3)] = source.randbytes(source.randrange(0, 3))
        statuses.add(fuzzed.post(paths[at], content=bytes(body)).status_code)
    assert max(statuses) < 500, statuses
    assert 400 in statuses


@pytest.fixture(scope="module")
def fuzzed(shop, tmp_path_factory):
    """A client that is not opened anew for every example."""
    import shutil

    from starlette.testclient import TestClient

    from search.app import create_app
    from search.settings import Settings
    from tests.stand_ins import open_service

    home = tmp_path_factory.mktemp("fuzz") / "shop"
    shutil.copytree(shop, home)
    service = open_service(home, Settings())
    with TestClient(create_app(lambda: service), base_url="http://127.0.0.1") as entered:
        yield entered
