"""The section of `intents`: does a profile push products up that contradict what the query states?"""

from __future__ import annotations

from collections.abc import Sequence

from eval.documents import IntentCount, Intents
from eval.report.blocks import Chart, Part, Queries, Section, Table
from eval.report.charts import Row, row_chart
from eval.report.svg import Axis, reach
from eval.report.words import Words, sentence

#: Patterns of the second chart; a shop has dozens.
MOST_DRAWN = 10


def intents_section(document: Intents, w: Words, id: str, file: str) -> Section:
    """Violations by pattern, how much of the first ten is unfit, and the violations themselves."""
    parts = [Part(w("sets"), [_table(w("sets_table"), document.sets, w)])]
    if document.patterns:
        charts = [_unfit(document.patterns, w)]
        if any(one.violations for one in document.patterns):
            charts.insert(0, _violations(document.patterns, w))
        parts.append(Part(w("patterns"), [*charts, _table(w("patterns_table"), document.patterns, w)]))
    if document.violations:
        parts.append(Part(w("violations"), [_list(document, w, id)]))
    return Section(id, w("kind_intents"), file, _says(document, w), parts, document.made)


def _says(document: Intents, w: Words) -> list[str]:
    counts = document.sets or document.patterns
    violations, queries = sum(one.violations for one in counts), sum(one.queries for one in counts)
    says = [
        w("intents_clean", queries=w.count("n_queries", queries))
        if not violations
        else w.count("intents_broken", violations, queries=w.count("n_queries", queries))
    ]
    says += [
        sentence(
            w(
                "intents_set",
                name=w.name(one.name),
                queries=w.count("n_queries", one.queries),
                violations=w.count("n_violations", one.violations),
                anonymous=w.percent(one.unfit_anonymous),
                personal=w.percent(one.unfit_personal),
            )
        )
        for one in document.sets
    ]
    return says


def _table(caption: str, counts: Sequence[IntentCount], w: Words) -> Table:
    columns = [w("name"), w("queries"), w("violations"), w("unfit_anonymous"), w("unfit_personal")]
    rows = [
        [
            w.name(one.name),
            w.number(one.queries),
            w.number(one.violations),
            w.percent(one.unfit_anonymous),
            w.percent(one.unfit_personal),
        ]
        for one in counts
    ]
    return Table(caption, columns, rows)


def _violations(patterns: Sequence[IntentCount], w: Words) -> Chart:
    rows = [
        Row(
            one.name,
            one.violations,
            bar=True,
            tone="bad",
            text=w("of", part=w.number(one.violations), all=w.number(one.queries)),
        )
        for one in sorted(patterns, key=lambda one: -one.violations)
        if one.violations
    ]
    clean = len(patterns) - len(rows)
    _, high = reach([row.value for row in rows], hold=[0.0])
    high = max(1.0, high)
    axis = Axis(w("violations_axis"), 0.0, high, w.loose, ticks=[0.0, 1.0] if high <= 1 else None)
    title = w("violations_chart")
    note = w.count("clean_patterns", clean) if clean else ""
    return Chart.of(title, lambda width: row_chart(rows, axis, width, title), note)


def _unfit(patterns: Sequence[IntentCount], w: Words) -> Chart:
    """Contradicting products among the first ten, anonymous and personal, where the profile moves most."""
    rising = sorted(patterns, key=lambda one: one.unfit_anonymous - one.unfit_personal)[:MOST_DRAWN]
    rows = [
        Row(w(key), 100 * share, text=w.percent(share), tone=tone, group=one.name, bar=True)
        for one in rising
        for key, share, tone in (
            ("anonymous", one.unfit_anonymous, "quiet"),
            ("personal", one.unfit_personal, "main"),
        )
    ]
    _, high = reach([row.value for row in rows], hold=[0.0])
    axis = Axis(w("unfit_axis"), 0.0, max(1.0, min(100.0, high)), lambda value: w.loose(value) + " %")
    title = w("unfit_chart")
    return Chart.of(title, lambda width: row_chart(rows, axis, width, title), w("unfit_note", n=len(rising)))


def _list(document: Intents, w: Words, id: str) -> Queries:
    names = [w("query"), w("pattern"), w("language"), w("profile"), w("what")]
    data = {
        "columns": [{"label": name, "kind": "words" if place else "text"} for place, name in enumerate(names)],
        "rows": [[one.q, one.q, one.pattern, one.lang, one.profile, one.what] for one in document.violations],
        "details": {},
        "sort": [1, "ascending"],
    }
    return Queries(f"{id}-q", w("violations_list"), data)
