"""M92: what a shopper does stays with the shop: the server calls nobody, and its pages load nothing from elsewhere."""

from __future__ import annotations

import re
import socket
from pathlib import Path

import pytest

import search.app
from search.app import PAGES

WEB = Path(search.app.__file__).parent / "web"
#: What names another host in a page: what the browser loads by itself, or a call.
ELSEWHERE = re.compile(
    r"""(?:src|href|action)\s*=\s*["']?\s*(?:https?:)?//"""
    r"""|(?:fetch|import|url|Worker|Beacon)\s*\(\s*["'`]?(?:https?:)?//"""
)


@pytest.fixture
def called(monkeypatch):
    """Addresses that somebody tried to reach."""
    calls: list[object] = []

    def refuse(self, address, *_):
        calls.append(address)
        raise OSError(f"nobody calls {address}")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket.socket, "connect_ex", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, *_, **__: calls.append(host) or [])
    return calls


def test_m92_a_shoppers_way_through_the_shop_calls_nobody(client, called):
    found = client.get("/v1/search", params={"q": "Shorts", "shopper": "anna"}).json()["hits"]
    told = {"type": "view", "product_id": found[0]["id"], "shopper": "anna", "event_id": "m92"}
    assert client.post("/v1/events", json=[told]).status_code == 202
    again = client.get("/v1/search", params={"q": "Shorts", "shopper": "anna", "explain": "true"})
    assert again.status_code == 200
    for path in ("/v1/suggest?q=sho", "/v1/profiles/anna", "/v1/profiles/anna/export", "/v1/segments", "/readyz"):
        assert client.get(path).status_code == 200
    assert client.delete("/v1/profiles/anna").status_code == 200
    assert called == []


def test_m92_a_call_would_be_noticed(called):
    with pytest.raises(OSError, match="nobody calls"):
        socket.socket().connect(("127.0.0.1", 9))
    assert called


@pytest.mark.parametrize("page", sorted(PAGES))
def test_m92_a_page_may_load_from_the_shop_only(client, page):
    answer = client.get(page)
    parts = [part.strip().partition(" ") for part in answer.headers["content-security-policy"].split(";")]
    policy = {name: allowed for name, _, allowed in parts}
    assert policy["default-src"] == "'none'"
    for directive in ("script-src", "style-src", "connect-src"):
        assert policy[directive] == "'self'"
    assert not ELSEWHERE.search(answer.text)


@pytest.mark.parametrize("name", sorted(path.name for path in WEB.iterdir() if path.suffix in (".js", ".css", ".html")))
def test_m92_no_script_or_style_names_another_host(name):
    assert not ELSEWHERE.search((WEB / name).read_text(encoding="utf-8"))


def test_m92_a_page_that_loads_from_elsewhere_would_be_noticed():
    for line in ('<script src="//cdn.example/x.js">', "fetch('https://example.org')", "@import url(https://a.b/c.css)"):
        assert ELSEWHERE.search(line)
