"""What was understood, in a real browser: every chip can be switched off and on again, in the shop and at the kiosk."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import pytest

playwright = pytest.importorskip("playwright.sync_api")
expect = playwright.expect

pytestmark = pytest.mark.browser

GERMAN = "schwarze Damen Pumps ca. 10 cm unter 120 € sofort verfügbar"
ENGLISH = "black women's court shoes about 10 cm under 120 € in stock"
STATED = {"color", "gender", "age_group", "product_type", "heel_height_cm", "price", "availability"}
#: A finger needs so many pixels.
FINGER = 44


def switched_off(url: str) -> list[str]:
    return parse_qs(urlsplit(url).query).get("without_understood", [])


def press(visit, button):
    """Click, and the query's parameters of the search that follows."""
    with visit.page.expect_request(lambda request: "/v1/search" in request.url) as asked:
        button.click()
    visit.settle()
    return switched_off(asked.value.url)


@pytest.mark.parametrize(
    ("query", "lang", "ignored", "some"),
    [(GERMAN, "de", "nicht beachtet", "Absatzhöhe: ca. 10 cm"), (ENGLISH, "en", "ignored", "Heel height: about 10 cm")],
)
def test_every_chip_is_switched_off_and_on_again(visit, query, lang, ignored, some):
    page = visit.open(f"/?lang={lang}")
    visit.search(query)
    chips = page.locator("#chips .is-understood")
    found = chips.evaluate_all("all => all.map((one) => one.dataset.understood)")
    assert set(found) == STATED
    expect(page.locator("#chips")).to_contain_text(some)
    for attribute in found:
        chip = page.locator(f'#chips [data-understood="{attribute}"]')
        assert press(visit, chip.get_by_role("button")) == [attribute]
        assert f"ignore={attribute}" in page.url
        expect(chip).to_have_class(re.compile("is-off"))
        expect(chip).to_contain_text(ignored)
        assert press(visit, chip.get_by_role("button")) == []
        assert "ignore=" not in page.url
        expect(chip).not_to_have_class(re.compile("is-off"))


def test_what_was_switched_off_is_part_of_the_address_and_gone_with_the_next_query(visit):
    page = visit.open("/?q=Kleid+unter+50+%E2%82%AC&ignore=price")
    expect(page.locator('#chips [data-understood="price"]')).to_have_class(re.compile("is-off"))
    visit.search("Pumps unter 60 €")
    assert "ignore=" not in page.url
    expect(page.locator('#chips [data-understood="price"]')).not_to_have_class(re.compile("is-off"))


@pytest.mark.parametrize(("query", "language"), [(GERMAN, "Deutsch"), (ENGLISH, "English")])
def test_at_the_kiosk_they_are_large_buttons(visit, query, language):
    page = visit.open("/kiosk?branch=mitte")
    page.get_by_role("button", name=language).click()
    page.fill("#q", query)
    page.press("#q", "Enter")
    expect(page.locator(".card").first).to_be_visible()
    buttons = page.locator("#understood button")
    found = page.locator("#understood li").evaluate_all("all => all.map((one) => one.dataset.understood)")
    assert set(found) == STATED
    assert all(box["height"] >= FINGER and box["width"] >= FINGER for box in map(box_of, buttons.all()))
    for attribute in found:
        one = page.locator(f'#understood [data-understood="{attribute}"]')
        assert press(visit, one.get_by_role("button")) == [attribute]
        expect(one).to_have_class("is-off")
        assert press(visit, one.get_by_role("button")) == []
        expect(one).not_to_have_class("is-off")
    assert urlsplit(page.url).query == "branch=mitte", "a kiosk keeps nothing in its address"


def box_of(button):
    return button.bounding_box()


def test_the_kiosk_reads_the_next_query_anew(visit):
    page = visit.open("/kiosk?branch=mitte")
    for query in ("Kleid unter 50 €", "Pumps unter 60 €"):
        page.fill("#q", query)
        page.press("#q", "Enter")
        price = page.locator('#understood [data-understood="price"]')
        expect(price).to_contain_text(query.split(" ", 1)[1])
        expect(price).not_to_have_class("is-off")
        assert press(visit, price.get_by_role("button")) == ["price"]
