"""The page about oneself in a real browser, and the buttons beside a reason: seen, pressed, undone, taken away."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

playwright = pytest.importorskip("playwright.sync_api")
expect = playwright.expect

pytestmark = pytest.mark.browser


def look_around(visit, q="Bluse", count=3):
    """A visit that looked at something: its profile is a session's."""
    visit.open("/")
    visit.search(q)
    for place in range(count):
        visit.look_at(place)


def press(visit, button):
    """Press what acts, and wait until the page is drawn anew."""
    with visit.page.expect_response(lambda answer: "/tastes" in answer.url and answer.status == 200):
        button.click()
    visit.settle()


def test_m94_a_profile_is_shown_in_words_and_corrected(visit):
    look_around(visit)
    page = visit.open("/me")
    tastes = page.locator("#tastes")
    expect(tastes).to_contain_text("öfter als zu erwarten")
    expect(tastes).to_contain_text("zuletzt")
    expect(page.locator("#statement")).to_contain_text("Noch nichts")
    more = tastes.get_by_role("button", name=re.compile("^mag ich: ")).first
    name = more.get_attribute("aria-label").removeprefix("mag ich: ")
    press(visit, more)
    expect(page.locator("#statement .is-like")).to_contain_text(name)
    expect(tastes.locator('[aria-pressed="true"]').first).to_be_focused()
    press(visit, page.get_by_role("button", name="Rückgängig"))
    expect(page.locator("#statement")).to_contain_text("Noch nichts")


def test_m94_likes_and_sizes_are_stated_and_taken_back(visit):
    page = visit.open("/me")
    page.locator("#forms select").nth(1).select_option("Nordkai")
    press(visit, page.locator("#forms").get_by_role("button", name="weniger davon"))
    expect(page.locator("#statement .is-dislike")).to_contain_text("Marke: Nordkai")
    page.locator("#forms select").nth(2).select_option("Shorts")
    with page.expect_response(lambda answer: answer.request.method == "PUT" and answer.ok):
        page.get_by_role("button", name="Größe merken").click()
    expect(page.locator("#statement .is-size")).to_contain_text("Shorts")
    with page.expect_response(lambda answer: answer.request.method == "PUT" and answer.ok):
        page.get_by_role("button", name=re.compile("^Zurücknehmen: Größe")).click()
    expect(page.locator("#statement .is-size")).to_have_count(0)
    press(visit, page.get_by_role("button", name=re.compile("^Zurücknehmen: Marke")))
    expect(page.locator("#statement")).to_contain_text("Noch nichts")


def test_m101_a_taste_is_switched_off_here_and_the_shop_says_so(visit):
    look_around(visit)
    page = visit.open("/me")
    press(visit, page.locator('[data-switch="gender"]'))
    expect(page.locator("#statement .is-off")).to_contain_text("ohne Abteilung")
    page.get_by_role("link", name="Zum Laden").click()
    expect(page.locator('.chip.is-taste[data-taste="gender"]')).to_be_visible()
    with page.expect_response(lambda answer: "/tastes" in answer.url and answer.ok):
        page.get_by_role("button", name="Abteilung wieder beachten").click()
    expect(page.locator(".chip.is-taste")).to_have_count(0)


def test_m93_a_profile_is_taken_away_as_a_file_and_erased_with_a_receipt(visit):
    look_around(visit)
    page = visit.open("/me")
    with page.expect_download() as started:
        page.get_by_role("link", name="Als Datei speichern").click()
    saved = json.loads(Path(started.value.path()).read_text(encoding="utf-8"))
    assert saved["events"] == 6 and saved["tastes"] and saved["stated"]["likes"] == []
    page.get_by_role("button", name="Alles löschen").click()
    with page.expect_response(lambda answer: answer.request.method == "DELETE" and answer.ok):
        page.get_by_role("button", name="Wirklich alles löschen?").click()
    receipt = page.locator("#receipt")
    expect(receipt).to_contain_text("Ereignisse")
    expect(receipt).to_contain_text("6")
    expect(page.locator("#tastes")).to_contain_text("Noch nichts")


def test_the_page_speaks_english_and_fits_a_phone(visit):
    page = visit.open("/me?shopper=anna&lang=en")
    expect(page.get_by_role("heading", level=1)).to_have_text("What the counter knows about you")
    expect(page.locator("#whose")).to_have_text("Profile of Anna")
    expect(page.locator("#tastes")).to_contain_text("more often than expected")
    german = re.compile(r"\b(mag ich|weniger davon|zuletzt|Ereignisse)\b")
    assert not german.search(page.locator("main").inner_text())
    page.set_viewport_size({"width": 390, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_role("button", name="DE", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Was der Tresen über dich weiß")


def test_m90_the_style_test_asks_pairs_and_says_what_follows(visit):
    page = visit.open("/me")
    test = page.locator("#test")
    expect(test).to_contain_text("Paar 1 von 10")
    for number in range(3):
        first, second = (test.locator(".article").nth(place) for place in (0, 1))
        first.get_by_role("button", name=re.compile("^Gefällt mir: ")).click()
        with page.expect_response(lambda answer: "/v1/style-test" in answer.url and answer.ok):
            second.get_by_role("button", name=re.compile("^Gefällt mir nicht: ")).click()
        expect(test).to_contain_text(f"Paar {number + 2} von 10")
    with page.expect_response(lambda answer: "/v1/style-test" in answer.url and answer.ok):
        test.get_by_role("button", name="Weder noch, weiter").click()
    expect(test).to_contain_text("Paar 5 von 10")
    page.reload()
    expect(test).to_contain_text("Paar 5 von 10")
    expect(test).to_contain_text(re.compile("Eher nein zu|eher ja zu"))
    told = [text for text in test.locator("p").all_inner_texts() if "Eher nein zu" in text or "eher ja zu" in text]
    assert told and not any(re.search(r"\b(damen|herren|unisex)\b", text) for text in told)
    page.get_by_role("button", name="Von vorn beginnen").click()
    expect(test).to_contain_text("Paar 1 von 10")


# --- the buttons beside a reason ---


def test_m101_less_of_this_works_at_once_by_keyboard_and_is_undone(visit):
    look_around(visit)
    visit.search("Shorts")
    page, before = visit.page, visit.cards()
    session = page.evaluate("sessionStorage.getItem('tresen.session')")

    def disliked():
        return page.request.get(f"{visit.base}/v1/profiles/{session}").json()["stated"]["dislikes"]

    button = page.locator(".taste-less").first
    button.focus()
    with page.expect_response(lambda answer: "/tastes" in answer.url and answer.ok):
        page.keyboard.press("Enter")
    undo = page.get_by_role("button", name="Rückgängig")
    expect(undo).to_be_focused()
    visit.settle()
    assert visit.cards() != before and len(disliked()) == 1
    with page.expect_response(lambda answer: "/v1/search" in answer.url):
        page.keyboard.press("Enter")
    visit.settle()
    assert disliked() == []  # a visit's tastes fade by the second, so that its order need not be the very same


def test_m50_a_stated_size_is_told_on_the_card(visit):
    page = visit.open("/me")
    size = page.locator("#forms select").nth(3)
    expect(size.locator("option").first).to_have_text(re.compile(r"^\d"))
    of_everything = size.locator("option").first.inner_text()
    page.locator("#forms select").nth(2).select_option("Laufschuhe")
    expect(size.locator("option").first).not_to_have_text(of_everything)
    size.select_option(index=0)
    with page.expect_response(lambda answer: answer.request.method == "PUT" and answer.ok):
        page.get_by_role("button", name="Größe merken").click()
    visit.open("/?q=Laufschuhe")
    expect(page.locator(".wrong-size").first).to_have_text("Nicht in deiner Größe verfügbar")


def test_m100_what_the_customer_system_says_is_shown_with_its_source_and_switched_off(visit, demo_server):
    traits = {"source": "crm", "date": "2026-01-31", "traits": {"brand": ["Nordkai"], "Kundengruppe": ["Stammkunden"]}}
    told = visit.page.request.put(f"{demo_server.url}/v1/profiles/kim/traits", data=traits)
    assert told.ok, told.text()
    page = visit.open("/me?shopper=kim")
    section = page.locator("#told")
    expect(section).to_contain_text("Aus deinem Kundenkonto")
    expect(section).to_contain_text("Marke: Nordkai")
    expect(section).to_contain_text("aus „crm“, Stand")
    expect(section).to_contain_text("Kundengruppe: Stammkunden")
    expect(section.locator("li").filter(has_text="Stammkunden")).to_contain_text("ändert die Reihenfolge nicht")
    press(visit, section.locator('[data-switch="crm"]'))
    expect(page.locator("#statement .is-off")).to_contain_text("ohne Kundenkonto")
    expect(section.locator('[data-switch="crm"]')).not_to_be_checked()
    press(visit, page.get_by_role("button", name=re.compile("^Zurücknehmen: ohne Kundenkonto")))
    expect(section.locator('[data-switch="crm"]')).to_be_checked()
    page.get_by_role("button", name="EN", exact=True).click()
    expect(section).to_contain_text("From your customer account")


def test_the_page_tells_what_somebody_searched_for_and_takes_it_away(visit):
    page = visit.open("/")
    page.locator("#q").fill("laufschuhe")
    page.keyboard.press("Enter")
    visit.settle()
    page.locator(".card").first.click()
    page.keyboard.press("Escape")
    visit.settle()
    page.goto(page.url.split("?")[0] + "me")
    searched = page.locator("#searched")
    expect(searched).to_contain_text("laufschuhe")
    searched.get_by_role("button").first.click()
    expect(searched).to_be_hidden()
