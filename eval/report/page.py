"""The page: documents in, one HTML file out that needs nothing else.

The style, the script and the data are inside; a content security policy that knows their hashes lets the browser
load and run nothing else, whatever a product's title holds.
"""

from __future__ import annotations

import base64
import hashlib
import json
import shlex
from collections.abc import Sequence
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from eval.documents import Document, Made
from eval.report.blocks import Section
from eval.report.labels import LANGUAGES, SCRIPT
from eval.report.sections import section_of
from eval.report.words import Words, setting


def render(documents: Sequence[tuple[str, Document]], lang: str, now: str) -> str:
    """A whole report.

    Args:
        documents: (file name, document), in the order of the sections.
        lang: en or de.
        now: the report's own time, ISO 8601.

    Raises:
        BadInput: an unknown language.
    """
    words = Words(lang)
    sections = [section_of(document, words, f"s{number}", file) for number, (file, document) in enumerate(documents, 1)]
    style, script = _asset("report.css"), _asset("report.js")
    return (
        _environment()
        .get_template("page.html.j2")
        .render(
            w=words,
            lang=lang,
            now=now,
            sections=sections,
            style=Markup(style),
            script=Markup(script),
            policy=f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; base-uri 'none'",
            texts={"lang": lang, **{key: forms[LANGUAGES.index(lang)] for key, forms in SCRIPT.items()}},
            made_of=made_of,
            json_of=json_of,
        )
    )


def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("eval.report", ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _asset(name: str) -> str:
    return files("eval.report").joinpath(name).read_text(encoding="utf-8").strip()


def _hash(text: str) -> str:
    """A source expression of a content security policy."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def json_of(value: Any) -> Markup:
    """JSON that may stand in a <script>: no <, >, & is left in it, and no line separator.

    >>> json_of({"title": "</script>"})
    Markup('{"title":"\\\\u003c/script\\\\u003e"}')
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return Markup(text)


def made_of(section: Section, w: Words) -> list[tuple[str, Markup]]:
    """What made a document, as pairs of a name and a text."""
    made = section.made
    facts: list[tuple[str, Markup]] = [
        (w("command"), _code(shlex.join(made.command))),
        (w("version"), escape(f"tresen {made.version}")),
        (w("finished"), escape(w.date(made.time))),
        (w("took"), escape(w("seconds", n=w.number(made.seconds, 1)))),
    ]
    if made.seed is not None:
        facts.append((w("seed"), escape(w.value(made.seed))))
    facts += _index_facts(made, w)
    changed = Markup("<br>").join(_code(setting(name, value)) for name, value in made.settings.items())
    facts.append((w("changed_settings"), changed or escape(w("defaults_only"))))
    if made.files:
        named = (Markup("{}: {}").format(name, _code(path)) for name, path in made.files.items())
        facts.append((w("files"), Markup("<br>").join(named)))
    return [*facts, (w("document_file"), _code(section.file))]


def _index_facts(made: Made, w: Words) -> list[tuple[str, Markup]]:
    if made.index is None:
        return []
    index = made.index
    said = w(
        "index_says",
        path=index.path,
        snapshot=index.snapshot,
        products=w.count("n_products", index.products),
        languages=", ".join(index.languages) or "–",
    )
    return [(w("index"), escape(said)), (w("model_name"), escape(index.model or w("no_model")))]


def _code(text: str) -> Markup:
    return Markup("<code>{}</code>").format(text)
