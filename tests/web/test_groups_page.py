"""M9 and M10 in the pages: rows of more under the results, and chips for the words that led here."""

from __future__ import annotations

from urllib.parse import quote

import pytest

playwright = pytest.importorskip("playwright.sync_api")
expect = playwright.expect

pytestmark = pytest.mark.browser


def headings(page):
    return page.locator("#groups h2").all_inner_texts()


def test_m9_brand_and_style_offer_more_of_both(visit):
    page = visit.open("/?q=Adidas Laufschuhe")
    assert {"Mehr von Adidas", "Mehr zu „Laufschuhe“"} <= set(headings(page))
    shown = page.locator("[data-group]").evaluate_all("all => all.map((one) => one.dataset.group)")
    assert len(shown) == len(set(shown)) and not set(shown) & set(visit.cards())


def test_m9_a_group_is_followed_by_keyboard_and_becomes_a_filter(visit):
    page = visit.open("/?q=Adidas Laufschuhe")
    button = page.locator("#groups .group", has_text="Mehr von Adidas").locator(".all")
    total = button.inner_text()
    button.focus()
    with page.expect_response(lambda answer: "filter=brand%3AAdidas" in answer.url):
        page.keyboard.press("Enter")
    visit.settle()
    expect(page.locator("#headline")).to_contain_text(total.split()[1])
    assert "f.brand=Adidas" in page.url and "q=" not in page.url
    expect(page.locator(".chip", has_text="Adidas")).to_be_visible()
    page.go_back()
    visit.settle()
    expect(page.locator("#q")).to_have_value("Adidas Laufschuhe")


def test_m9_a_product_of_a_group_opens_and_is_told_without_a_place_in_the_results(visit):
    page = visit.open("/?q=Adidas Laufschuhe")
    first = page.locator("[data-group]").first
    id = first.get_attribute("data-group")
    with page.expect_response(lambda answer: "/v1/events" in answer.url and answer.status == 202):
        first.locator("button").click()
    expect(page.locator("#product")).to_have_attribute("data-id", id)
    events = next(request.post_data_json for request in visit.requests if request.url.endswith("/v1/events"))
    assert all(event["product_id"] == id and "position" not in event for event in events)


def test_m9_groups_speak_english_and_stay_away_from_later_pages(visit):
    page = visit.open("/?q=Adidas running shoes&lang=en")
    assert "More from Adidas" in headings(page)
    page = visit.open("/?q=Adidas Laufschuhe&page=2")
    expect(page.locator("#groups")).to_be_hidden()


def test_m9_the_kiosk_offers_groups_as_buttons_and_keeps_its_branch(visit):
    page = visit.open("/kiosk?branch=mitte")
    with page.expect_response(lambda answer: "/v1/search" in answer.url):
        page.fill("#q", "Adidas Laufschuhe")
        page.press("#q", "Enter")
    button = page.locator("#groups button", has_text="Mehr von Adidas")
    with page.expect_response(lambda answer: "/v1/search" in answer.url) as asked:
        button.click()
    assert "brand%3AAdidas+AND+in_stock%3Amitte" in asked.value.url
    expect(page.locator("#headline")).to_contain_text("Mehr von Adidas")
    with page.expect_response(lambda answer: "brand%3AAdidas" in answer.url and "in_stock" not in answer.url):
        page.locator("#others").check()


def test_m10_the_words_that_led_here_are_chips_and_can_be_taken_back(visit):
    page = visit.open(f"/?f.category={quote('Damen > Schuhe')}")
    stranger = visit.cards()
    page = visit.open(f"/?f.category={quote('Damen > Schuhe')}&from={quote('vergünstigte Pumps')}")
    assert visit.cards() != stranger
    assert page.locator(".card .off").count() >= 10, "what is reduced comes first"
    expect(page.locator(".reason").first).to_contain_text("Passt zu deiner Suche „vergünstigte Pumps“")
    expect(page.locator(".chip.is-understood")).to_have_count(2)
    with page.expect_response(lambda answer: "without_understood=price" in answer.url):
        page.locator('.chip[data-understood="price"] button').click()
    visit.settle()
    with page.expect_response(lambda answer: "/v1/search" in answer.url and "referrer_query" not in answer.url):
        page.get_by_role("button", name="Nicht mehr beachten: Du suchtest").click()
    visit.settle()
    assert visit.cards() == stranger
