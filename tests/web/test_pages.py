"""The pages in a real browser, over the demo shop.

Every test also fails on a console error, a broken content security policy, or a request to another origin
(tests/web/conftest.py).
"""

from __future__ import annotations

import re

import pytest

playwright = pytest.importorskip("playwright.sync_api")
expect = playwright.expect

pytestmark = pytest.mark.browser


def women_in(titles: list[str]) -> int:
    return sum("damen" in title.lower() for title in titles)


def mean_place(titles: list[str], word: str) -> float:
    places = [place for place, title in enumerate(titles, 1) if word in title.lower()]
    return sum(places) / len(places)


# --- the shop: somebody unknown becomes known, and may take it back ---


def test_after_three_looks_at_womens_products_womens_shorts_stand_higher(visit):
    page = visit.open("/?q=Shorts")
    stranger, before = visit.cards(), visit.titles()
    assert page.locator(".reason").count() == 0

    visit.search("Bluse")
    for place in range(3):
        visit.look_at(place)
    visit.search("Shorts")

    after = visit.titles()
    assert visit.cards() != stranger
    assert mean_place(after, "damen") < mean_place(before, "damen") or women_in(after) > women_in(before)
    assert any("herren" in title.lower() for title in after), "men's shorts are still there"
    expect(page.locator(".reason").first).to_contain_text(re.compile(r"\w+ \w+"))
    expect(page.locator(".move.is-up").first).to_contain_text("▲")


def test_switching_every_taste_off_gives_the_anonymous_order_back(visit):
    page = visit.open("/?q=Shorts")
    stranger = visit.cards()
    visit.search("Bluse")
    for place in range(3):
        visit.look_at(place)
    visit.search("Shorts")

    for _ in range(20):  # there are five tastes, and the shop's own
        if page.locator(".taste-off").count() == 0:
            break
        with page.expect_response(lambda answer: "/v1/search" in answer.url):
            page.locator(".taste-off").first.click()
        visit.settle()

    assert visit.cards() == stranger
    assert page.locator(".reason").count() == 0
    chips = page.locator(".chip.is-taste")
    assert chips.count() >= 1
    with page.expect_response(lambda answer: "/v1/search" in answer.url):
        page.get_by_role("button", name="wieder beachten").first.click()
    visit.settle()
    assert visit.cards() != stranger


def test_a_look_is_seen_as_soon_as_the_product_is_closed(visit):
    page = visit.open("/?f.category=Damen")
    expect(page.locator("#known")).to_contain_text("Noch nichts")
    visit.look_at(0)
    expect(page.locator("#known")).to_contain_text("2 Ereignisse")  # the click and the view
    events = next(request.post_data_json for request in visit.requests if request.url.endswith("/v1/events"))
    assert [event["type"] for event in events] == ["click", "view"]
    assert all(event["position"] == 1 and event["query_id"] and event["session"] for event in events)
    assert all("shopper" not in event for event in events)


def test_cart_and_wishlist_are_told_and_confirmed(visit):
    page = visit.open("/?q=Shorts")
    page.locator(".card .open").first.click()
    page.get_by_role("button", name="In den Warenkorb").click()
    expect(page.get_by_role("button", name="Liegt im Warenkorb")).to_be_disabled()
    page.get_by_role("button", name="Merken").click()
    expect(page.get_by_role("button", name="Gemerkt")).to_be_disabled()
    kinds = [e["type"] for r in visit.requests if r.url.endswith("/v1/events") for e in r.post_data_json]
    assert kinds == ["click", "view", "cart", "wishlist"]


def test_forgetting_asks_once_and_then_erases(visit):
    page = visit.open("/?q=Shorts")
    stranger = visit.cards()
    visit.search("Bluse")
    for place in range(3):
        visit.look_at(place)
    visit.search("Shorts")
    page.get_by_role("button", name="vergessen", exact=True).click()
    with page.expect_response(lambda answer: answer.request.method == "DELETE" and answer.ok):
        page.get_by_role("button", name="Wirklich alles vergessen?").click()
    expect(page.locator("#known")).to_contain_text("Noch nichts")
    visit.settle()
    assert visit.cards() == stranger


def test_a_new_session_starts_from_nothing(visit):
    page = visit.open("/?q=Bluse")
    visit.look_at(0)
    before = page.evaluate("sessionStorage.getItem('tresen.session')")
    page.get_by_role("button", name="Neue Sitzung").click()
    expect(page.locator("#known")).to_contain_text("Noch nichts")
    assert page.evaluate("sessionStorage.getItem('tresen.session')") != before
    assert page.evaluate("localStorage.length") == 0


# --- side by side ---


def test_side_by_side_shows_anonymous_and_personal_order_with_moves_and_reasons(visit):
    page = visit.open("/?q=Shorts&shopper=anna")
    anonymous, personal = visit.cards("anonymous"), visit.cards("personal")
    assert len(anonymous) == len(personal) == 20
    assert anonymous != personal
    expect(page.get_by_role("heading", name="Für alle")).to_be_visible()
    expect(page.get_by_role("heading", name="Für Anna")).to_be_visible()
    expect(page.locator("#story")).not_to_be_empty()
    assert page.locator(".is-anonymous .reason, .is-anonymous .move").count() == 0
    assert page.locator(".is-personal .reason").count() > 3
    # what the marks say is what one sees
    for card in page.locator(".is-personal .card").all():
        moved, id = int(card.get_attribute("data-moved")), card.get_attribute("data-id")
        if id in anonymous:
            assert moved == anonymous.index(id) - personal.index(id)


def test_at_strength_zero_both_columns_are_the_same(visit):
    visit.open("/?q=Shorts&shopper=anna&strength=0")
    assert visit.cards("anonymous") == visit.cards("personal")


def test_the_toggle_shows_one_list_and_is_part_of_the_address(visit):
    page = visit.open("/?q=Shorts&shopper=anna")
    page.get_by_role("switch", name="nebeneinander").click()
    visit.settle()
    assert page.locator('.card[data-column="anonymous"]').count() == 0
    assert "side=0" in page.url


def test_choosing_another_shopper_changes_story_order_and_address(visit):
    page = visit.open("/?q=Laufschuhe")
    stranger = visit.cards()
    with page.expect_response(lambda answer: "shopper=cem" in answer.url):
        page.get_by_role("radio", name="Cem").check(force=True)
    visit.settle()
    assert "shopper=cem" in page.url
    assert visit.cards("anonymous") == stranger != visit.cards("personal")
    page.go_back()
    visit.settle()
    expect(page.get_by_role("radio", name="Niemand")).to_be_checked()
    assert visit.cards() == stranger


# --- typing ---


def test_suggestions_appear_while_typing_and_the_keyboard_chooses(visit):
    page = visit.open("/")
    page.locator("#q").press_sequentially("lauf", delay=20)
    options = page.get_by_role("option")
    expect(options.first).to_be_visible()
    box = page.get_by_role("combobox", name="Suchen")
    expect(box).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("ArrowDown")
    expect(options.first).to_have_attribute("aria-selected", "true")
    expect(box).to_have_attribute("aria-activedescendant", options.first.get_attribute("id"))
    page.keyboard.press("ArrowUp")
    assert box.get_attribute("aria-activedescendant") is None
    page.keyboard.press("Escape")
    expect(box).to_have_attribute("aria-expanded", "false")
    assert box.input_value() == "lauf"


def test_a_suggested_category_becomes_a_filter(visit):
    page = visit.open("/")
    page.locator("#q").press_sequentially("laufsch", delay=20)
    option = page.get_by_role("option").filter(has_text="Kategorie").first
    expect(option).to_contain_text("Lauf")  # not what the first letters brought
    name = option.locator(".text").inner_text().split(" > ")[-1]
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    visit.settle()
    assert "f.category=" in page.url
    expect(page.locator(".chip").first).to_contain_text(name)


def test_a_limit_that_nothing_keeps_is_told_and_what_is_nearest_is_shown(visit):
    page = visit.open("/?q=laptop+unter+5+€&lang=de")
    expect(page.locator("#relaxed")).to_contain_text("Nichts „unter 5 €“")
    assert page.locator(".card").count()
    visit.search("laptop")
    expect(page.locator("#relaxed")).to_be_hidden()


def test_where_filters_hide_everything_they_can_be_removed(visit):
    page = visit.open("/?q=laptop&f.gender=damen&lang=de")
    expect(page.locator("#lists")).to_contain_text("Ohne die Filter gibt es")
    with page.expect_response("**/v1/search*"):
        page.get_by_role("button", name="Filter entfernen", exact=True).click()
    expect(page.locator(".card").first).to_be_visible()


def test_gibberish_offers_something_to_look_at(visit):
    page = visit.open("/?q=xqzwvkj&lang=en")
    expect(page.locator("#lists")).to_contain_text("Browse on:")
    with page.expect_response("**/v1/search*"):
        page.get_by_role("button", name="Women").click()
    expect(page.locator(".card").first).to_be_visible()


def test_a_misspelt_query_says_what_was_searched_and_offers_what_was_typed(visit):
    page = visit.open("/")
    visit.search("Shrit")
    expect(page.locator("#corrected")).to_contain_text("Ergebnisse für shirt")
    with page.expect_response(lambda answer: "correct=false" in answer.url):
        page.get_by_role("button", name="stattdessen nach Shrit suchen").click()
    visit.settle()
    expect(page.locator("#corrected")).to_be_hidden()
    assert "correct=false" in page.url


def test_what_may_have_been_meant_is_offered_and_one_click_away(visit):
    page = visit.open("/")
    visit.search("Schuhe zum wanddern")
    expect(page.locator("#proposed")).to_contain_text("Meintest du Schuhe zum wänden?")
    expect(page.locator("#corrected")).to_be_hidden()
    page.locator("#proposed button").click()
    visit.settle()
    expect(page.locator("#proposed")).to_be_hidden()
    assert "wanddern" not in page.url


# --- narrowing ---


def test_filters_narrow_the_results_and_live_in_the_address(visit):
    page = visit.open("/?q=Shorts")
    all_of_them = page.locator("#headline").inner_text()
    with page.expect_response(lambda answer: "filter=" in answer.url):
        page.locator(".facet.is-gender").get_by_label(re.compile("Damen")).check()
    visit.settle()
    assert page.locator("#headline").inner_text() != all_of_them
    assert "f.gender=damen" in page.url
    with page.expect_response(lambda answer: "herren" in answer.url):
        page.locator(".facet.is-gender").get_by_label(re.compile("Herren")).check()
    visit.settle()
    page.locator(".facet.is-price input").last.fill("40")
    page.locator(".facet.is-price input").last.press("Enter")
    expect(page.locator(".chip:not(.is-understood)")).to_have_count(3)
    page.get_by_role("button", name="alle entfernen").click()
    visit.settle()
    expect(page.locator("#headline")).to_have_text(all_of_them)


def test_a_link_reproduces_the_view(visit):
    filters = "f.brand=Brombeer+%26+S%C3%B6hne&f.price=10..90"
    page = visit.open(f"/?q=Shorts&{filters}&sort=price%3Aasc&branch=west&lang=en&shopper=anna")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator("#sort")).to_have_value("price:asc")
    expect(page.locator("#branch")).to_have_value("west")
    expect(page.get_by_role("radio", name="Anna")).to_be_checked()
    expect(page.locator(".chip:not(.is-understood)").first).to_contain_text("Brombeer & Söhne")
    expect(page.get_by_role("button", name="Search")).to_be_visible()


def test_pages_turn(visit):
    page = visit.open("/?q=Shorts")
    first = visit.cards()
    page.get_by_role("button", name="Weiter", exact=True).click()
    visit.settle()
    assert "page=2" in page.url
    assert not set(first) & set(visit.cards())


def test_a_problem_is_shown_in_the_servers_own_words(visit):
    visit.expected = ("400",)
    page = visit.open("/?filter=colr%3Arot")
    expect(page.get_by_role("alert")).to_contain_text("colr")


def test_what_people_type_is_never_markup(visit):
    page = visit.open("/")
    visit.search("<img src=x onerror=document.title=1>")
    assert page.locator("main img[src=x]").count() == 0
    assert page.title() != "1"


# --- modules ---


def test_filter_values_are_quoted_and_read_back(visit):
    page = visit.open("/docs")
    values = ["Adidas", "Haus & Garten > Wohnen", 'Zoll 24"', "a,b", "OR", "1..2", "back\\slash", "Größe"]
    text, read = page.evaluate(
        """async (values) => {
          const { filterText, readClause } = await import("/static/filters.js");
          const text = filterText({ brand: values, price: ["20..50"] });
          return [text, readClause(text.split(" AND price")[0])];
        }""",
        values,
    )
    assert text.endswith(" AND price:20..50")
    assert read == ["brand", values]

    from search.types import And, Clause
    from search.understand.filters import parse_filter

    assert parse_filter(text) == And((Clause("brand", tuple(values)), Clause("price", low="20", high="50")))


def test_highlights_count_code_points(visit):
    page = visit.open("/docs")
    marked = page.evaluate(
        """async () => {
          const { highlighted } = await import("/static/highlight.js");
          const parts = highlighted("👟 Schuhe 𝒳 rot", [[11, 14], [2, 8]]);
          return parts.map((part) => part.textContent ?? `-${part}`);
        }"""
    )
    assert marked == ["-👟 ", "Schuhe", "- 𝒳 ", "rot"]


# --- the kiosk ---


def kiosk_leaves_no_trace(page, url: str) -> None:
    assert page.url == url
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0
    assert page.context.cookies() == []
    expect(page.locator("#found")).to_be_hidden()
    expect(page.locator("#q")).to_have_value("")
    assert page.locator(".card").count() == 0
    assert page.locator("#product").inner_text() == ""


def sessions_of(visit) -> list[str]:
    return [session for request in visit.requests for session in re.findall(r"session=(\w+)", request.url)]


def test_the_kiosk_shows_its_branch_and_forgets_at_the_push_of_a_button(visit):
    page = visit.open("/kiosk?branch=west")
    url = page.url
    expect(page.locator("#branch")).to_contain_text("West")
    page.get_by_role("button", name="Laufschuhe").click()
    expect(page.locator(".card").first).to_be_visible()
    asked = [request.url for request in visit.requests if "/v1/search" in request.url][-1]
    assert "touchpoint=kiosk" in asked and "in_stock%3Awest" in asked and "shopper" not in asked
    expect(page.locator(".here").first).to_contain_text("hier")
    with page.expect_response(lambda answer: "/v1/events" in answer.url and answer.status == 202):
        page.locator(".card .open").first.click()
    page.get_by_role("button", name="Schließen").click()
    assert page.url == url

    session = sessions_of(visit)[-1]
    with page.expect_response(lambda answer: answer.request.method == "DELETE" and session in answer.url and answer.ok):
        page.get_by_role("button", name="Neu starten").click()
    kiosk_leaves_no_trace(page, url)
    page.get_by_role("button", name="Shorts").click()
    expect(page.locator(".card").first).to_be_visible()
    assert sessions_of(visit)[-1] != session


def test_the_kiosk_forgets_by_itself_after_a_countdown(visit):
    visit.page.clock.install()
    page = visit.open("/kiosk")
    url = page.url
    page.get_by_role("button", name="Shorts").click()
    expect(page.locator(".card").first).to_be_visible()
    page.clock.run_for(30_000)
    expect(page.get_by_role("heading", name="Noch da?")).to_be_hidden()
    page.clock.run_for(8_000)
    expect(page.get_by_role("heading", name="Noch da?")).to_be_visible()
    expect(page.locator("#idle-count")).to_have_text(re.compile(r"^[5-7]$"))
    page.get_by_role("button", name="Ja, weiter").click()
    expect(page.get_by_role("heading", name="Noch da?")).to_be_hidden()
    expect(page.locator(".card").first).to_be_visible()
    with page.expect_response(lambda answer: answer.request.method == "DELETE" and answer.ok):
        page.clock.run_for(46_000)
    kiosk_leaves_no_trace(page, url)


def test_the_kiosks_keys_write_and_search(visit):
    page = visit.open("/kiosk")
    expect(page.locator("#keys")).to_be_hidden()
    page.locator("#q").click()
    for letter in "jeanss":
        page.locator("#keys").get_by_role("button", name=letter, exact=True).click()
    page.locator("#keys").get_by_role("button", name="Löschen").click()
    expect(page.locator("#q")).to_have_value("jeans")
    page.locator("#keys").get_by_role("button", name="Suchen").click()
    expect(page.locator("#headline")).to_contain_text("jeans")
    expect(page.locator("#keys")).to_be_hidden()


def test_the_kiosk_can_show_other_branches_too(visit):
    page = visit.open("/kiosk")
    page.get_by_role("button", name="Pumps").click()
    expect(page.locator(".card").first).to_be_visible()
    with page.expect_response(lambda answer: "/v1/search" in answer.url and "in_stock" not in answer.url):
        page.get_by_label("Auch aus anderen Filialen").check()


# --- the reference ---


def test_the_reference_lists_every_operation(visit):
    page = visit.open("/docs")
    expect(page.get_by_role("heading", name="GET /v1/search")).to_be_visible()
    paths = page.evaluate("async () => (await (await fetch('/openapi.json')).json()).paths")
    assert page.locator(".operation").count() == sum(len(methods) for methods in paths.values())
    assert page.locator("#schema-SearchAnswer").count() == 1
    broken = page.locator("a[href^='#']").evaluate_all(
        "all => all.map((a) => a.hash.slice(1)).filter((id) => !document.getElementById(id))"
    )
    assert broken == []


def test_try_it_sends_a_search(visit):
    page = visit.open("/docs")
    search = page.locator(".operation").first
    search.get_by_text("Try it").click()
    search.get_by_role("button", name="Send").click()
    expect(search.locator(".status")).to_contain_text("200")
    expect(search.locator(".try pre")).to_contain_text('"query_id"')


# --- every page, every size ---


@pytest.mark.parametrize("path", ["/", "/?q=Shorts&shopper=anna&side=1", "/me?shopper=anna", "/kiosk", "/docs"])
@pytest.mark.parametrize("width", [360, 768, 1600])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_wider_than_the_screen(visit, path, width, scheme):
    visit.page.set_viewport_size({"width": width, "height": 800})
    visit.page.emulate_media(color_scheme=scheme)
    page = visit.open(path)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    nameless = page.evaluate(
        """[...document.querySelectorAll("button, a, input, select")].filter((one) => {
          const texts = [one.getAttribute("aria-label"), one.textContent.trim(), one.labels?.[0]?.textContent.trim()];
          const name = texts.find(Boolean) || one.querySelector("img[alt]")?.alt;
          return one.checkVisibility() && !name;
        }).map((one) => one.outerHTML.slice(0, 120))"""
    )
    assert nameless == []


def test_ones_own_searches_are_offered_first_and_one_click_takes_one_away(visit):
    page = visit.open("/")
    page.locator("#q").fill("laufschuhe")
    page.keyboard.press("Enter")
    visit.settle()
    page.locator(".card").first.click()
    page.keyboard.press("Escape")
    visit.settle()
    page.locator("#q").fill("")
    page.locator("#q").press_sequentially("lau", delay=20)
    first = page.get_by_role("option").first
    expect(first).to_contain_text("Deine Suche")
    expect(first).to_contain_text("laufschuhe")
    first.get_by_role("button").click()
    expect(page.get_by_role("option").first).not_to_contain_text("Deine Suche")
