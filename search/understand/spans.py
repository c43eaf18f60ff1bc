"""Which stretches of a text are taken by what was read, and what is left of it. Places stay those of the text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from search.text import Word
from search.types import Stated

#: Words further apart than so many characters do not stand together.
GAP = 3


def overlaps(one: Stated, other: Stated) -> bool:
    """Whether two statements share characters of the text."""
    return one.start < other.start + len(other.text) and other.start < one.start + len(one.text)


def left(tokens: Sequence[Word], found: Iterable[Stated]) -> list[Word]:
    """The words that nothing has been read from."""
    spans = [(item.start, item.start + len(item.text)) for item in found]
    return [word for word in tokens if not any(start < word.end and word.start < end for start, end in spans)]


def runs(tokens: Sequence[Word]) -> Iterator[list[Word]]:
    """Words that stand together: a phrase never reaches over what was taken out."""
    run: list[Word] = []
    for word in tokens:
        if run and word.start - run[-1].end > GAP:
            yield run
            run = []
        run.append(word)
    if run:
        yield run


def kept(text: str, free: Sequence[Word]) -> str:
    """The text with spaces for all that is not free."""
    parts, at = [], 0
    for number, word in enumerate(free):
        gap = text[at : word.start]
        together = number > 0 and len(gap) <= GAP and not any(character.isalnum() for character in gap)
        parts += [gap if together else " " * len(gap), text[word.start : word.end]]
        at = word.end
    rest = text[at:]
    return "".join([*parts, rest if not any(character.isalnum() for character in rest) else " " * len(rest)])


def blanked(text: str, found: Iterable[Stated]) -> str:
    """The text with spaces where something was read.

    >>> blanked("laptop unter 500 euro", [Stated("price", "..500", "unter 500 euro", "limit", (), 7)])
    'laptop               '
    """
    for item in found:
        text = text[: item.start] + " " * len(item.text) + text[item.start + len(item.text) :]
    return text


def without(text: str, stated: Iterable[Stated]) -> str:
    """The text without what is no longer searched as words."""
    for item in sorted(stated, key=lambda item: -item.start):
        if not item.searched:
            text = f"{text[: item.start]} {text[item.start + len(item.text) :]}"
    return re.sub(r"\s+([,.;:])", r"\1", " ".join(text.split())).strip(" ,.;:-")
