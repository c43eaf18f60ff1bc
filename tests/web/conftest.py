"""A browser that notices what a page must not do: errors, broken rules, calls to anybody else."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

playwright = pytest.importorskip("playwright.sync_api")

ARGUMENTS = [
    "--no-sandbox",
    "--headless",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


class Visit:
    """One visitor with an empty browser. `expected` are parts of console errors that a test provokes."""

    def __init__(self, page: playwright.Page, base: str):
        self.page = page
        self.base = base.rstrip("/")
        self.expected: tuple[str, ...] = ()
        self.troubles: list[str] = []
        self.requests: list[playwright.Request] = []
        page.on("console", lambda message: self._note(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self._note(str(error)))
        page.on("request", self._watch)
        page.add_init_script(
            "addEventListener('securitypolicyviolation', (v) => console.error('CSP', v.violatedDirective))"
        )

    def _note(self, text: str) -> None:
        self.troubles.append(text)

    def _watch(self, request: playwright.Request) -> None:
        self.requests.append(request)
        parts = urlsplit(request.url)
        if parts.scheme in ("http", "https", "ws", "wss") and f"{parts.scheme}://{parts.netloc}" != self.base:
            self._note(f"request to another origin: {request.url}")

    def unexpected(self) -> list[str]:
        """Troubles that no test asked for."""
        return [text for text in self.troubles if not any(part in text for part in self.expected)]

    def open(self, path: str = "/") -> playwright.Page:
        """Go to a page and wait until it has drawn what it asked for."""
        self.page.goto(self.base + path)
        self.settle()
        return self.page

    def search(self, text: str) -> None:
        """Type a query, press enter, wait for the answer."""
        with self.page.expect_response(lambda answer: "/v1/search" in answer.url):
            self.page.fill("#q", text)
            self.page.press("#q", "Enter")
        self.settle()

    def settle(self) -> None:
        """Wait until what was asked for is drawn; the pages mark what is still to come as busy."""
        self.page.locator("[aria-busy]").first.wait_for(state="detached")

    def cards(self, column: str = "personal") -> list[str]:
        """Ids of a column's cards, from the top."""
        return self.page.locator(f'.card[data-column="{column}"]').evaluate_all("all => all.map((c) => c.dataset.id)")

    def titles(self) -> list[str]:
        """Titles of the cards, from the top."""
        return self.page.locator(".card h3").all_inner_texts()

    def look_at(self, place: int) -> None:
        """Open the card at a place (from 0) and close it again."""
        with self.page.expect_response(lambda answer: "/v1/events" in answer.url and answer.status == 202):
            self.page.locator(".card .open").nth(place).click()
        self.page.locator("#product[open]").wait_for()
        with self.page.expect_response(lambda answer: "/v1/search" in answer.url):
            self.page.keyboard.press("Escape")
        self.settle()


@pytest.fixture(scope="session")
def chromium() -> Iterator[playwright.Browser]:
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium: playwright.Browser, demo_server) -> Iterator[Visit]:
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce", locale="de-DE")
    context.set_default_timeout(10_000)
    visitor = Visit(context.new_page(), demo_server.url)
    yield visitor
    context.close()
    assert visitor.unexpected() == []
