"""More of what a search is about: the brand, the kind, a style (mission row M9: categories made from a query).

First what the query states: "Adidas Laufschuhe" offers everything from Adidas and all running shoes. Then what the
results have in common and the rest of the shop has not, a value of a field by

    s(v) = share(v) · ln(share(v) / share of v in the shop)

where share(v) is that of a stranger's attention to the results (`shares_shown`), so that a value counts which the first
results have; one that nearly all of them or hardly any have is no choice. Each group is a search of its own (`q`,
`filter`): its total and its order are those that the shopper gets who follows it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from msgspec.structs import replace

from search.errors import BadFilter
from search.index.columns import Columns, KeywordColumn
from search.messages import MAX_REACH, Group, Hit, SearchRequest
from search.rerank.gates import shares_shown
from search.types import Clause, Filter, Not, Query, Ranking, Rows, Scores, Stated
from search.understand.filters import written
from search.understand.lexicon import KINDS

#: No styles: whom it is for, what fits whom, where it stands, and codes.
NO_STYLE = (*KINDS, "gender", "age_group", "size", "currency", "in_stock", "unit", "retailer", "compatible_with")
#: A value that fewer of the shown products have is chance; one that more have is the search itself.
LEAST_SHARE, MOST_SHARE = 0.08, 0.75
#: A field with more values names its products one by one.
MOST_VALUES = 300
#: A kind that so much of the attention goes to is what the search is about, also where nobody named it.
ONE_KIND = 0.6
#: Kinds that a brand, or a page that is browsed, offers.
MOST_KINDS = 3
_NO_NAME = re.compile(r"[#\d\W]|(?:true|false|ja|nein|yes|no)$", re.IGNORECASE)

#: What a group is called. `{within}` is the kind, or the brand, that it stays within.
HEADINGS: Mapping[str, Mapping[str, str]] = {
    "de": {
        "brand": "Mehr von {value}",
        "kind": "Mehr zu „{value}“",
        "color": "Mehr in {value}",
        "gender": "Mehr für {value}",
        "other": "Mehr: {value}",
        "brand_within": "{within} von {value}",
        "kind_within": "{value} von {within}",
        "color_within": "{within} in {value}",
        "gender_within": "{within} für {value}",
        "other_within": "{within}: {value}",
    },
    "en": {
        "brand": "More from {value}",
        "kind": "More of “{value}”",
        "color": "More in {value}",
        "gender": "More for {value}",
        "other": "More: {value}",
        "brand_within": "{within} from {value}",
        "kind_within": "{value} from {within}",
        "color_within": "{within} in {value}",
        "gender_within": "{within} for {value}",
        "other_within": "{within}: {value}",
    },
}
#: German writes these as nouns: "in Rot", "für Damen".
CAPITALS = ("color", "gender")


@dataclass(frozen=True, slots=True)
class Anchor:
    """What a search is about before anything else, its kind or else its brand: field, value, clause."""

    field: str
    value: str
    clause: Clause


@dataclass(frozen=True, slots=True)
class Theme:
    """What a group is about: a field's value, by itself or within the search's anchor."""

    field: str
    value: str
    clause: Clause
    within: Anchor | None = None

    @property
    def clauses(self) -> tuple[Clause, ...]:
        """What all products of the group match."""
        return (self.clause,) if self.within is None else (self.within.clause, self.clause)

    def label(self, labels: Mapping[str, Mapping[str, str]], language: str) -> str:
        """The group's heading.

        >>> rot, pumps = Clause("color", values=("rot",)), Anchor("product_type", "Pumps", Clause("product_type"))
        >>> Theme("color", "rot", rot).label({}, "de"), Theme("color", "rot", rot, pumps).label({}, "en")
        ('Mehr in Rot', 'Pumps in rot')
        """
        value = _read(labels, self.field, self.value)
        if language == "de" and self.field in CAPITALS:
            value = value[:1].upper() + value[1:]
        name = "kind" if self.field in KINDS else self.field if self.field in ("brand", *CAPITALS) else "other"
        heading = HEADINGS.get(language, HEADINGS["en"])[f"{name}_within" if self.within else name]
        within = "" if self.within is None else _read(labels, self.within.field, self.within.value)
        return heading.format(value=value, within=within)


def _read(labels: Mapping[str, Mapping[str, str]], field: str, value: str) -> str:
    """A value as people of a language read it; of a path the last level."""
    return labels.get(field, {}).get(value, value).split(" > ")[-1]


def themes(
    query: Query, ranking: Ranking, columns: Columns, names: Collection[str] | None, temperature: float
) -> Iterator[Theme]:
    """What a search could offer more of, the nearest first; each once.

    Args:
        ranking: the results in anonymous order, with the feature R.
        names: fields whose values people have names for; None: all.
        temperature: of `shares_shown`.
    """
    stated = [item for item in query.stated if item.effect == "prefer" and _is_known(item, columns)]
    shown = shares_shown(ranking.features["R"], temperature)
    attention = np.zeros(columns.size)
    attention[ranking.rows[: len(shown)]] = shown
    anchor = _anchor(stated, attention, columns)
    told = {item.attribute for item in stated}
    styles = list(_stated_themes(stated, anchor))
    beyond = [Theme(theme.field, theme.value, theme.clause) for theme in styles if theme.within]
    yield from dict.fromkeys([*styles, *_found_themes(attention, anchor, told, columns, names), *beyond])


def _is_known(item: Stated, columns: Columns) -> bool:
    return bool(item.wanted) and columns.keyword(item.wanted[0][1].field) is not None


def _anchor(stated: Sequence[Stated], attention: Scores, columns: Columns) -> Anchor | None:
    """The kind that the query names, else the one that nearly all of what it shows is, else the brand that it names."""
    named = {item.attribute: Anchor(item.attribute, item.value, item.wanted[0][1]) for item in reversed(stated)}
    for name in KINDS:
        if name in named:
            return named[name]
    column = columns.keyword("product_type")
    if column is not None and attention.any():
        shares = _shares(column, attention)
        value = column.values[int(np.argmax(shares))]
        if shares.max() >= ONE_KIND:
            return Anchor("product_type", value, Clause("product_type", values=(value,)))
    return named.get("brand")


def _stated_themes(stated: Sequence[Stated], anchor: Anchor | None) -> Iterator[Theme]:
    """The brand and the kind by themselves; everything else within the kind."""
    for item in stated:
        if item.attribute == "brand":
            yield Theme("brand", item.value, item.wanted[0][1])
    if anchor is not None:
        yield Theme(anchor.field, anchor.value, anchor.clause)
    for item in stated:
        if item.attribute == "gender" or item.attribute not in ("brand", *NO_STYLE):
            yield Theme(item.attribute, item.value, item.wanted[0][1], anchor)


def _found_themes(
    attention: Scores, anchor: Anchor | None, told: Collection[str], columns: Columns, names: Collection[str] | None
) -> list[Theme]:
    """Brand and styles of what is shown, the most telling first, one a field; kinds where the query is of none."""
    left_out = {*NO_STYLE, *told} - (set() if anchor and anchor.field in KINDS else {"product_type"})
    found: list[tuple[float, Theme]] = []
    for name, column in columns.columns.items():
        if not isinstance(column, KeywordColumn) or name[0] == "_" or name in left_out:
            continue
        is_named = names is None or name in names
        if name not in ("brand", "product_type") and (len(column.values) > MOST_VALUES or not is_named):
            continue
        most = MOST_KINDS if name == "product_type" else 1
        for score, value in _most_telling(column, attention, most):
            found.append((score, Theme(name, value, Clause(name, values=(value,)), anchor)))
    return [theme for _, theme in sorted(found, key=lambda pair: (-pair[0], pair[1].field))]


def _shares(column: KeywordColumn, attention: Scores) -> Scores:
    """(values,) share of the attention that goes to products with each value."""
    return np.bincount(column.codes, attention[column.rows], len(column.values)).astype(np.float64)


def _most_telling(column: KeywordColumn, attention: Scores, most: int) -> Iterator[tuple[float, str]]:
    """The values of a field that tell the results most from the shop, with their scores s(v) > 0."""
    shares = _shares(column, attention)
    usual = np.bincount(column.codes, minlength=len(column.values)) / len(attention)
    inside = (shares >= LEAST_SHARE) & (shares <= MOST_SHARE)
    scores = np.where(inside, shares * np.log(np.maximum(shares, 1e-12) / usual), 0.0)
    for code in np.argsort(-scores, kind="stable")[: most + 2].tolist():
        if scores[code] > 0 and most and not _NO_NAME.match(column.values[code]):
            most -= 1
            yield float(scores[code]), column.values[code]


def filter_of(theme: Theme, asked: str, ruled: Filter) -> str:
    """A group's filter in the filter language: its own clauses, what the query rules out, and the request's filter.

    >>> from search.types import And
    >>> red = Theme("color", "rot", Clause("color", values=("rot",)))
    >>> filter_of(red, "in_stock:mitte OR in_stock:west", And((Clause("price", high="80"),)))
    'color:rot AND price:..80 AND (in_stock:mitte OR in_stock:west)'
    """
    parts = [*theme.clauses, *getattr(ruled, "parts", ())]
    told = [f"NOT {written(part.part)}" if isinstance(part, Not) else written(part) for part in parts]  # type: ignore[arg-type]
    return " AND ".join([*told, *([f"({asked})" if " OR " in asked else asked] if asked else [])])


#: The results of a search, best first, and its hit at a position.
Found = tuple[Rows, Callable[[int], Hit]]


def fill(
    request: SearchRequest,
    offered: Iterable[tuple[Theme, str]],
    taken: Collection[str],
    own: Rows,
    labels: Mapping[str, Mapping[str, str]],
    language: str,
    search: Callable[[SearchRequest], Found | None],
) -> list[Group]:
    """The first groups that have anything to show, as many as the request wants.

    Args:
        offered: themes with their filters.
        taken: ids that stand on the page; no group shows them, and none what another shows.
        own: what the request itself found: the same again is no group, nor is what another group has.
        labels: field -> value -> what people of the language read.
        search: runs a group's search; None where there is no time left.
    """
    groups: list[Group] = []
    seen, sets = set(taken), [own]
    for theme, filter in offered:
        if len(groups) == request.groups:
            break
        reach = min(request.group_size + len(seen), MAX_REACH)
        asked = replace(request, q="", filter=filter, facet=[], page=1, per_page=reach, cursor=None)
        asked = replace(asked, groups=0, explain=False, lang=language, correct=False)
        try:
            found = search(asked)
        except BadFilter:  # together with the request's own filter it is longer than filters may be
            continue
        if found is None:
            break
        rows, hit_at = found
        hits = _fresh(hit_at, min(len(rows), reach), seen, request.group_size)
        is_new = all(len(np.setxor1d(rows, other)) for other in sets)
        if is_new and (hits or (request.group_size == 0 and len(rows))):
            seen |= {hit.id for hit in hits}
            sets.append(rows)
            groups.append(Group(theme.field, theme.value, theme.label(labels, language), "", filter, len(rows), hits))
    return groups


def _fresh(hit_at: Callable[[int], Hit], reach: int, seen: Collection[str], most: int) -> list[Hit]:
    """The first hits that stand nowhere yet."""
    found: list[Hit] = []
    for position in range(reach):
        if len(found) == most:
            break
        hit = hit_at(position)
        found += [hit] if hit.id not in seen else []
    return found
