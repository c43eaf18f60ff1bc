"""Model numbers, SKUs and EANs: found whatever separators are written, exactly or by their beginning, never corrected.

"FD2722001", "fd2722-001" and "FD 2722-001" are one code, the term "#fd2722001"; "FD2722" begins it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from search.words.measures import is_measure

MARK = "#"
#: Shorter beginnings are those of too many codes.
SHORTEST = 5
#: Digits alone are a code from here on (EAN-8); fewer are numbers, years, prices.
SHORTEST_NUMBER = 8
#: Words that a code may be written in: "FD 2722 - 001".
MOST_WORDS = 4
#: A digit, or a letter that is rare enough to look twice.
_NO_LETTER = re.compile(r"[^\W_a-zA-ZäöüÄÖÜß]")
_SEPARATORS = re.compile(r"[\W_]+")
_RUN = re.compile(r"[^\W_]+(?:[-/._][^\W_]+)*")


@dataclass(frozen=True, slots=True)
class Code:
    """What may be a code in a query: its key, whether it is written in one piece, and where, in code points."""

    key: str
    joined: bool
    start: int
    end: int


def is_code(text: str) -> bool:
    """True for a folded key that looks like a code: letters and digits, or many digits, and no measure.

    >>> is_code("fd2722001"), is_code("4006381333931"), is_code("500ml"), is_code("laufschuh"), is_code("2024")
    (True, True, False, False, False)
    """
    if len(text) < SHORTEST or text.isalpha() or not text.isalnum() or is_measure(text):
        return False
    return len(text) >= SHORTEST_NUMBER or not text.isdigit()


def may_hold_codes(text: str) -> bool:
    """False for texts of letters alone: they hold neither codes nor measures."""
    return _NO_LETTER.search(text) is not None


def code_terms(text: str) -> list[str]:
    """The terms of all codes written in one piece in a text.

    >>> code_terms("Nike FD2722-001, 500 ml")
    ['#fd2722001']
    """
    if not may_hold_codes(text):
        return []
    runs = (run for run in _RUN.findall(text) if not run.isalpha())
    return [MARK + key for key in map(_key, runs) if is_code(key)]


def codes_in(text: str) -> Iterator[Code]:
    """What may be a code, longest first: one to four words side by side, with nothing but separators between."""
    if not may_hold_codes(text):  # as nearly all texts
        return
    runs = list(_RUN.finditer(text))
    marked = [at for at, run in enumerate(runs) if not run.group().isalpha()]
    for length in range(min(MOST_WORDS, len(runs)), 0, -1):
        last = len(runs) - length
        for at in sorted({at for mark in marked for at in range(max(mark - length + 1, 0), min(mark, last) + 1)}):
            part = runs[at : at + length]
            key = _key(text[part[0].start() : part[-1].end()])
            if is_code(key) and not _between(text, part):
                yield Code(key, length == 1, part[0].start(), part[-1].end())


def _key(text: str) -> str:
    return _SEPARATORS.sub("", text.casefold())


def _between(text: str, runs: Sequence[re.Match[str]]) -> str:
    """What stands between runs beside spaces and separators."""
    gaps = (text[left.end() : right.start()] for left, right in pairwise(runs))
    return "".join(gaps).strip(" -/._")
