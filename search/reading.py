"""What a snapshot's own fields teach the readers of queries: the names of its kinds, values and adjectives."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from search.index.columns import Columns, KeywordColumn
from search.index.fields import code_key
from search.index.snapshot import Snapshot
from search.settings import UnderstandingSettings
from search.types import Rows
from search.understand.adjectives import Adjectives, read_adjectives
from search.understand.intents import Reader
from search.understand.lexicon import KINDS, NAMED, Lexicon, build_lexicon

#: Fields whose values are no words of a query: codes, places, what the server keeps for itself.
NOT_SAID = ("currency", "in_stock", "size", "color", "brand", "gender", "age_group", "unit", "retailer")
#: A field with more values than this holds texts; a catalogue with more fields than this has them from many feeds.
MOST_VALUES, MOST_FIELDS = 300, 300
SHORTEST = 3


def read_lexicon(snapshot: Snapshot, everything: bool = True) -> Lexicon:
    """The names that queries can use for what this catalogue has; `everything`: not only brands, colours, genders."""
    columns = snapshot.base_columns
    brands, colors = columns.keyword("brand"), columns.keyword("color")
    labels = {label: value for fields in snapshot.labels.values() for value, label in fields.get("color", {}).items()}
    fields = _fields(snapshot) if everything else ()
    return build_lexicon(
        brands.values if brands else [], colors.values if colors else [], labels, snapshot.languages, fields
    )


def reader_of(snapshot: Snapshot, lexicon: Lexicon, settings: UnderstandingSettings) -> Reader:
    """Reads queries over a snapshot's columns; names only where understanding is switched off."""
    table = read_adjectives(settings.adjectives)
    if not settings.enabled:
        return Reader(lexicon)

    def mentions(term: str, language: str) -> Rows:
        return snapshot.lexical(language).matching(term)

    return Reader(lexicon, snapshot.base_columns, Adjectives(table, mentions, settings.learn_adjectives), mentions)


def codes_of(snapshot: Snapshot) -> Callable[[str], bool]:
    """Tells of a text whether a product has it as its id, model number or EAN."""
    exact = snapshot.exact
    return lambda text: code_key(text) in exact


def _fields(snapshot: Snapshot) -> Iterator[tuple[str, ...]]:
    """(attribute, value, how people write it, in which language if only there).

    Kinds first, then what is understood everywhere, then the rest.
    """
    columns = snapshot.base_columns
    for name in (*KINDS, *(name for name in NAMED if name not in NOT_SAID), *_others(columns)):
        column = columns.keyword(name)
        if column is None or (name not in KINDS and len(column.values) > MOST_VALUES):
            continue
        for value in column.values:
            for written, *spoken in _written(snapshot, name, value):
                if _is_said(written, 2 if name in KINDS or _is_norm(written) else SHORTEST):
                    yield name, value, written, *spoken


def _is_said(written: str, shortest: int) -> bool:
    return len(written) >= shortest and any(map(str.isalpha, written)) and written not in ("true", "false")


def _is_norm(written: str) -> bool:
    """Whether it is a short name of letters and digits: the steel A4, the class M8."""
    return any(map(str.isalpha, written)) and any(map(str.isdigit, written))


def _others(columns: Columns) -> list[str]:
    """The other fields, where kinds are known: without them a value such as "mittel" could mean anything."""
    if columns.keyword("product_type") is None:
        return []
    names = [
        name
        for name, column in columns.columns.items()
        if isinstance(column, KeywordColumn) and name[0] != "_" and name not in (*KINDS, *NAMED, *NOT_SAID)
    ]
    usual = sorted(names, key=lambda name: (-columns.columns[name].products, name))
    return usual[:MOST_FIELDS]


def _written(snapshot: Snapshot, name: str, value: str) -> list[tuple[str, ...]]:
    """The value, and its labels with their languages; of a path only the last level."""
    found: list[tuple[str, ...]] = [(value.split(" > ")[-1],)]
    for language, fields in snapshot.labels.items():
        if label := fields.get(name, {}).get(value):
            found.append((label.split(" > ")[-1], language))
    return found
