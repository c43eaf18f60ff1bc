"""What a query does not want: "ohne Kapuze", "nicht rot oder blau", "kein Leder", "without hood"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from search.text import Word, words
from search.types import Clause, Stated
from search.understand.fields import ColumnsLike, values_of
from search.understand.kin import named_after
from search.understand.lexicon import NAMED, Lexicon, Phrase

_NOT = re.compile(
    r"""\b(?:ohne|nicht|kein(?:e[nmrs]?)?|außer|bloß\ nicht|without|not|no|non|except|excluding|anything\ but)\s+
        (?:(?:in|aus|von|vom|für|mit|der|die|das|den|dem|eine?[nmrs]?|the|an?|any|by|from|made\ of|for|of)\s+)*""",
    re.IGNORECASE | re.VERBOSE,
)
_AND_NOT = re.compile(r"\s*(?:,|und|oder|noch|and|or|nor)\s+(?:in|aus|von|from|the)?\s*", re.IGNORECASE)


def read_negations(text: str, language: str, lexicon: Lexicon, columns: ColumnsLike | None) -> Iterator[Stated]:
    """What the query does not want, as far as a field of the catalogue knows it."""
    tokens = list(words(text, language))
    for match in _NOT.finditer(text):
        start, at = match.start(), match.end()
        while (phrase := _phrase_at(text, tokens, at, language, lexicon)) is not None:
            unwanted = _unwanted(phrase, columns)
            end = phrase.start + len(phrase.text)
            if not unwanted:
                break
            attribute, value = phrase.meanings[0][0].removeprefix("with:"), phrase.meanings[0][1]
            yield Stated(attribute, value, text[start:end], "exclude", unwanted, start, searched=False)
            more = _AND_NOT.match(text, end)
            if more is None:
                break
            start, at = end, more.end()


def _phrase_at(text: str, tokens: Sequence[Word], place: int, language: str, lexicon: Lexicon) -> Phrase | None:
    at = next((number for number, token in enumerate(tokens) if token.start == place), None)
    return None if at is None else lexicon.at(text, tokens, at, language)


def _unwanted(phrase: Phrase, columns: ColumnsLike | None) -> tuple[tuple[float, Clause], ...]:
    """The clauses of everything that goes by this name; nothing where the catalogue has no such field."""
    clauses: list[tuple[float, Clause]] = []
    for attribute, value in phrase.meanings:
        name = attribute.removeprefix("with:")
        akin = named_after(value, values_of(columns, name)) if name in ("color", "material") else []
        if columns is not None and name in columns.columns:
            clauses.append((1.0, Clause(name, values=(value, *akin))))
    return tuple(clauses[:1] if phrase.meanings[0][0] in NAMED else clauses)
