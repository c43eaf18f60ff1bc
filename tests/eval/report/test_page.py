"""The page, without a browser: it says what the figures say, in both languages, and holds nothing that could act."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest

import eval.report
from eval.documents import write_document
from eval.report.labels import LABELS, LANGUAGES, SCRIPT
from eval.report.page import render
from eval.report.words import Words
from search.errors import BadInput
from tests.eval.report import examples

ROOM = Path(eval.report.__file__).parent
NOW = "2026-11-21T21:00:00+00:00"
VOID = {"meta", "input", "br", "link", "img", "rect", "line", "path"}


class Reader(HTMLParser):
    """Elements, attributes and visible text of a page; fails on elements that are not closed."""

    def __init__(self, page):
        super().__init__()
        self.elements, self.text, self.open = [], [], []
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID or tag in ("rect", "path", "line"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if not self.open or self.open[-1] not in ("script", "style"):
            self.text.append(data)


def page_of(document, lang="en"):
    return render([("document.json", document)], lang, NOW)


def text_of(document, lang="en"):
    """What is read on a page, on one line, with plain spaces."""
    return " ".join("".join(Reader(page_of(document, lang)).text).replace("\u00a0", " ").split())


@pytest.fixture(scope="module", params=LANGUAGES)
def whole(request):
    return request.param, render(examples.all_kinds(), request.param, NOW)


# --- every kind, both languages ---


def test_every_kind_is_a_section_with_a_sentence_and_what_made_it(whole):
    lang, page = whole
    assert page.count('<section class="document"') == 8
    assert page.count('<div class="says">') == 8
    assert page.count(f"<dt>{Words(lang)('command')}</dt>") == 8
    assert all(name in page for name, _ in examples.all_kinds())


def test_all_places_of_all_texts_are_filled(whole):
    _, page = whole
    assert re.findall(r"\{[a-z_]+\}", "".join(Reader(page).text)) == []


def test_headings_are_in_order_and_tables_and_pictures_are_named(whole):
    _, page = whole
    reader = Reader(page)
    levels = [int(tag[1]) for tag, _ in reader.elements if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    pictures = [attrs for tag, attrs in reader.elements if tag == "svg"]
    assert len(pictures) > 30 and all(one["role"] == "img" and one["aria-label"] for one in pictures)
    assert sum(tag == "table" for tag, _ in reader.elements) == sum(tag == "caption" for tag, _ in reader.elements)
    assert all(attrs.get("scope") in ("col", "row") for tag, attrs in reader.elements if tag == "th")
    ids = [attrs["id"] for _, attrs in reader.elements if "id" in attrs]
    assert len(ids) == len(set(ids))


def test_no_axis_title_is_cut(whole):
    _, page = whole
    assert re.findall(r'<text[^>]*class="title"[^>]*><title>.*?</text>', page) == []


def test_every_label_has_a_text_in_every_language_with_the_same_places():
    for texts in (LABELS, SCRIPT):
        for key, forms in texts.items():
            assert len(forms) == len(LANGUAGES) and all(forms), key
            places = [set(re.findall(r"\{(\w+)\}", form)) for form in forms]
            assert places[0] == places[1], key
            assert len({form.count("|") for form in forms}) == 1, key


def test_every_text_that_is_asked_for_is_there_and_every_text_there_is_asked_for():
    sources = [path.read_text(encoding="utf-8") for path in ROOM.rglob("*") if path.suffix in (".py", ".j2")]
    used = {key for source in sources for key in re.findall(r"""["']([a-z_]+)["']""", source)}
    asked = {key for source in sources for key in re.findall(r"""\bw(?:ords)?(?:\.count)?\(\s*["'](\w+)["']""", source)}
    assert asked - LABELS.keys() == set()
    assert LABELS.keys() - used == set()
    script = (ROOM / "report.js").read_text(encoding="utf-8")
    assert set(re.findall(r"texts\.(\w+)", script)) - {"lang"} == SCRIPT.keys()


def test_an_unknown_language_is_refused():
    with pytest.raises(BadInput, match="en, de"):
        page_of(examples.logs(), "fr")


# --- what the sentences say ---


def test_a_significant_difference_is_told_with_wins_losses_and_ties():
    text = text_of(examples.compare())
    assert re.search(
        r"floor 0\.2 is better than default by 0\.008 nDCG@10 .*p = 0\.003\): 45 queries win, 28 lose", text
    )


def test_no_significance_is_said_as_such():
    assert "No significant difference, floor 0.2 against default: +0.008" in text_of(examples.compare(p=0.2))
    assert "Kein signifikanter Unterschied, floor 0.2 gegen default: +0,008" in text_of(examples.compare(p=0.2), "de")


def test_a_gain_whose_interval_holds_zero_is_no_gain():
    document = examples.replay()
    assert "Served: the personal order is better than the anonymous one by 25.1 %" in text_of(document)
    weak = type(document)(**{name: getattr(document, name) for name in document.__struct_fields__} | {
        "rankers": [examples.gain("served", 90, 1.0, width=3.0)]
    })  # fmt: skip
    assert "Served: no significant gain" in text_of(weak)


def test_an_estimate_on_few_impressions_is_no_verdict():
    text = text_of(examples.logs())
    assert "IPS: no verdict, the effective sample size of 151 is under 200" in text
    assert "SNIPS: the other ranking is better" in text


def test_violations_are_counted_and_none_is_said_too():
    assert "3 violations in 400 queries" in text_of(examples.intents())
    assert "Kein Verstoß in 400 Anfragen" in text_of(examples.intents(violations=0), "de")


def test_numbers_and_dates_are_written_as_the_language_writes_them():
    english, german = text_of(examples.replay()), text_of(examples.replay(), "de")
    assert "8,925" in english and "21 November 2026" in english
    assert "8.925" in german and "25,1 %" in german and "21. November 2026" in german


# --- nothing acts, nothing is loaded ---


def test_what_a_product_is_called_stays_text():
    page = render(
        [("run.json", examples.run()), ("compare.json", examples.compare()), ("i", examples.intents())], "de", NOW
    )
    assert "<script>window" not in page and "<img" not in page
    tags = {tag for tag, _ in Reader(page).elements}
    assert "img" not in tags
    assert "window.hacked" in page, "the title is there, as text"


def test_the_page_loads_nothing(whole):
    _, page = whole
    for tag, attrs in Reader(page).elements:
        assert tag not in ("link", "iframe", "object", "embed", "img", "base"), tag
        assert not attrs.keys() & {"src", "srcset", "style"}, tag
        assert attrs.get("href", "#").startswith("#"), attrs
        assert not any(name.startswith("on") for name in attrs), attrs
    assert re.findall(r"https?:|\bwss?:|@import|url\(", page) == []
    assert "default-src &#39;none&#39;" in page


# --- size ---


def test_a_big_run_stays_small_and_keeps_the_lists_of_300_queries():
    page = page_of(examples.compare(queries=5_935, lists=5_935))
    assert len(page.encode()) < 10_000_000
    data = json.loads(re.search(r'<script type="application/json">(.*?)</script>', page, re.S)[1])
    changes = {row[0]: row[4] for row in data["rows"]}
    assert len(changes) == 5_935 and len(data["details"]) == 300
    worst = sorted(changes, key=changes.get)[:100]
    assert set(worst) <= data["details"].keys()
    assert "only 300 queries" in "".join(Reader(page).text)


def test_the_command_writes_the_page_and_tells_of_files_that_are_none(tmp_path, capsys):
    from eval.commands.report import report

    write_document(tmp_path / "logs.json", examples.logs())
    report([tmp_path / "logs.json"], tmp_path / "out" / "report.html", "de")
    assert "<h1>Tresen-Relevanzbericht</h1>" in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "logs" in capsys.readouterr().out
    (tmp_path / "other.json").write_text("{}")
    with pytest.raises(BadInput, match="is no document of tresen-eval"):
        report([tmp_path / "other.json"], tmp_path / "report.html", "de")
