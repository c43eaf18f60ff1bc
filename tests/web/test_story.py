"""A shopper's story in a real browser: arrive unknown, become known, see why, have a say, and be a stranger again."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

playwright = pytest.importorskip("playwright.sync_api")
expect = playwright.expect

pytestmark = pytest.mark.browser


@pytest.fixture
def picture(visit):
    """Takes pictures of the steps into the folder that TRESEN_TEST_PICTURES names, if it names one."""
    folder = os.environ.get("TRESEN_TEST_PICTURES")

    def take(name: str) -> None:
        if folder:
            visit.page.screenshot(path=Path(folder) / f"{name}.png")

    return take


def womens(visit):
    """Women's products among the first ten."""
    return sum("damen" in title.lower() for title in visit.titles()[:10])


def test_m20_m101_a_shoppers_story(visit, picture):
    # somebody unknown arrives and asks for shorts
    page = visit.open("/?q=Shorts")
    stranger = visit.cards()
    assert page.locator(".reason").count() == 0
    expect(page.locator("#known")).to_contain_text("Noch nichts")
    picture("1-unknown")

    # they look at three women's products
    visit.search("Bluse")
    for place in range(3):
        visit.look_at(place)
    visit.search("Shorts")
    known = visit.cards()
    assert known != stranger
    before = womens(visit)
    assert before >= 8
    assert any("herren" in title.lower() for title in visit.titles())
    picture("2-known")

    # every reason is a sentence without a gender, and has its buttons beside it
    reasons = page.locator(".reason p").all_inner_texts()
    assert reasons and not any(re.search(r"\b(damen|herren|frau|mann)", text.lower()) for text in reasons)
    assert page.locator(".taste-less").count() >= 1 and page.locator(".taste-off").count() >= 1

    # "weniger davon" counts at once
    with page.expect_response(lambda answer: "/tastes" in answer.url and answer.ok):
        page.locator('.taste-less[data-taste="gender"]').first.click()
    visit.settle()
    less = visit.cards()
    assert less != known
    assert womens(visit) < before
    expect(page.get_by_role("button", name="Rückgängig")).to_be_visible()
    picture("3-less-of-this")

    # the dial at 0 is the order of strangers, and so is a new session
    page.locator("#strength").fill("0")
    with page.expect_response(lambda answer: "strength=0" in answer.url):
        page.locator("#strength").dispatch_event("input")
    visit.settle()
    assert visit.cards() == stranger
    assert page.locator(".reason").count() == 0
    picture("4-personalization-off")

    # and what was kept is gone when they say so
    visit.open("/me")
    picture("5-me")
    page.get_by_role("button", name="Alles löschen").click()
    page.get_by_role("button", name="Wirklich alles löschen?").click()
    expect(page.locator("#receipt")).to_contain_text("Quittung")
    picture("6-receipt")
    visit.open("/?q=Shorts")
    assert visit.cards() == stranger
    expect(page.locator("#known")).to_contain_text("Noch nichts")
