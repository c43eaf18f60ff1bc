"""The page in a real browser: sorted, searched and opened, light and dark, narrow and wide, with no complaint."""

from __future__ import annotations

import pytest

from eval.report.page import render
from tests.eval.report import examples

playwright = pytest.importorskip("playwright.sync_api")
expect = playwright.expect

pytestmark = pytest.mark.browser

ARGUMENTS = ["--no-sandbox", "--headless", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
FIRST = "#s2-1-q tbody tr:first-child"


@pytest.fixture(scope="module")
def chromium():
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(render(examples.all_kinds(), "en", "2026-11-21T21:00:00+00:00"), encoding="utf-8")
    return path


@pytest.fixture
def visit(chromium, report):
    """visit(width, scheme, javascript) -> the page; whatever the console complains about fails the test."""
    contexts, troubles = [], []

    def open_page(width=1400, scheme="light", javascript=True):
        context = chromium.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=scheme,
            reduced_motion="reduce",
            java_script_enabled=javascript,
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: troubles.append(message.text) if message.type != "log" else None)
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("request", lambda request: None if request.url.startswith("file:") else troubles.append(request.url))
        page.goto(report.as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert troubles == []


def column(page, place):
    """Shown cells of a column of the comparison's table, as numbers."""
    cells = page.locator(f"#s2-1-q tbody tr:not(.detail) > :nth-child({place})").all_inner_texts()
    return [float(cell.replace("−", "-")) for cell in cells]


def test_a_click_on_a_head_sorts_and_tells_so(visit):
    page = visit()
    head = page.locator("#s2-1-q thead th").nth(3)
    expect(head).to_have_attribute("aria-sort", "ascending")
    assert column(page, 4) == sorted(column(page, 4)) and column(page, 4)[0] < 0

    head.locator("button").click()

    expect(head).to_have_attribute("aria-sort", "descending")
    assert column(page, 4) == sorted(column(page, 4), reverse=True) and column(page, 4)[0] > 0
    expect(page.locator("#s2-1-q [aria-sort]")).to_have_count(1)


def test_the_keyboard_sorts_opens_and_closes(visit):
    page = visit()
    page.locator("#s2-1-q thead button").nth(1).focus()
    page.keyboard.press("Enter")
    assert column(page, 2) == sorted(column(page, 2), reverse=True)

    opener = page.locator(f"{FIRST} .opener")
    opener.focus()
    page.keyboard.press("Enter")
    expect(page.locator(f"{FIRST} .opener")).to_have_attribute("aria-expanded", "true")
    expect(page.locator("#s2-1-q .results")).to_have_count(2)
    expect(page.locator(f"{FIRST} .opener")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#s2-1-q .results")).to_have_count(0)


def test_an_opened_comparison_shows_both_lists_and_what_moved(visit):
    page = visit()
    page.locator(f"{FIRST} .opener").click()
    lists = page.locator("#s2-1-q .results")
    expect(lists.nth(0).locator("li")).to_have_count(10)
    expect(lists.nth(1).locator("li")).to_have_count(10)
    expect(lists.nth(1).locator("li").first).to_contain_text("▲ 2")
    expect(lists.nth(1).locator("li").last).to_contain_text("new")
    expect(page.locator("#s2-1-q .opened")).to_contain_text("R 0.692 → 0.731")
    one, other = (lists.nth(place).bounding_box() for place in (0, 1))
    assert one["y"] == pytest.approx(other["y"], abs=2), "side by side"


def test_an_opened_query_of_a_run_shows_its_lists_with_gains(visit):
    page = visit()
    page.locator("#s1-q tbody .opener").first.click()
    expect(page.locator("#s1-q .results")).to_have_count(2)
    expect(page.locator("#s1-q .results").first).to_contain_text("gain ")
    expect(page.locator("#s1-q .results").first).to_contain_text("not judged")


def test_searching_keeps_what_holds_all_words(visit):
    page = visit()
    page.locator("#s2-1-q input").fill("DRUCKER 6")
    rows = page.locator("#s2-1-q tbody .opener").all_inner_texts()
    assert rows and all("drucker" in row and "6" in row for row in rows)
    page.locator("#s2-1-q input").fill("unicorn")
    expect(page.locator("#s2-1-q tbody")).to_have_text("Nothing fits.")


def test_a_point_leads_to_its_row_and_opens_it(visit):
    page = visit()
    link = page.locator('#s2 .wide a[href="#s2-1-q-7"]')
    link.dispatch_event("click")
    row = page.locator("#s2-1-q-7")
    expect(row).to_be_in_viewport()
    expect(row.locator(".opener")).to_have_attribute("aria-expanded", "true")


def test_hostile_titles_do_nothing(visit):
    page = visit()
    page.locator("#s1-q input").fill("kamera 0")
    page.locator("#s1-q tbody .opener").first.click()
    expect(page.locator("#s1-q .results").first).to_contain_text("</script><script>window.hacked")
    assert page.evaluate("window.hacked") is None


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1400])
def test_no_page_is_wider_than_its_screen(visit, width, scheme):
    page = visit(width, scheme)
    for name in ("#s1-q", "#s2-1-q"):
        page.locator(f"{name} tbody .opener").first.click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator("#s1 .wide").first.is_visible() == (width == 1400)
    assert page.locator("#s1 .narrow").first.is_visible() == (width == 360)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_contrast_enough(visit, scheme):
    page = visit(1400, scheme)
    page.locator(f"{FIRST} .opener").click()
    assert page.evaluate(CONTRASTS) == []


def test_without_javascript_there_are_sentences_and_charts(visit):
    page = visit(javascript=False)
    assert page.locator("#s1 svg").first.is_visible()
    expect(page.locator("#s2 .says")).to_contain_text("better than")
    expect(page.locator("#s1-q .without-script")).to_contain_text("needs JavaScript")


#: Texts whose colour has less than 4.5:1 against what is behind them (WCAG 2.2, 1.4.3); a drawing's is its fill.
CONTRASTS = """() => {
  const parse = (c) => { const p = c.match(/[\\d.]+/g).map(Number); return p.length < 4 ? [...p, 1] : p; };
  const light = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const behind = (e) => {
    for (; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor); if (c[3] > 0.99) return c; }
    return [255, 255, 255, 1];
  };
  const bad = new Set();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const e = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || e.closest("script, style, noscript, title, .skip")) continue;
    if (!e.getClientRects().length) continue;
    const style = getComputedStyle(e);
    const [a, b] = [light(parse(e.closest("svg") ? style.fill : style.color)), light(behind(e))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) bad.add(`${e.tagName}.${e.getAttribute("class")} ${ratio.toFixed(2)}`);
  }
  return [...bad];
}"""
