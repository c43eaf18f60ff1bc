"""How far a typed word is from a meant one, in edits; what fingers and ears often do counts less.

    ue or u for ü, ss for ß              UMLAUT
    a letter doubled or not              DOUBLING      ("shirtt" for "shirt")
    k for ck, z for tz                   SOUND         ("rok" for "rock")
    two letters swapped                  SWAPPED
    a letter left out or put in          LETTER
    a neighbouring key, another vowel    NEIGHBOUR
    another letter                       OTHER
    any of these at the first letter     + FIRST       (umlauts apart)

The costs were tried one by one on the fitting halves that `python -m eval.spelling_fit` reads; its log likelihood a
pair rose from −1.183 with OTHER = 1.1 and FIRST = 0.4 to −1.15, and is flat around the others.
"""

from __future__ import annotations

import unicodedata

from search.spelling.keyboard import Neighbours

UMLAUT = 0.15
DOUBLING = 0.5
SOUND = 0.35
SWAPPED = 0.6
LETTER = 0.85
NEIGHBOUR = 0.85
OTHER = 1.3
FIRST = 0.7

#: What stands for a letter with dots on a keyboard without it.
WRITTEN_OUT = {"ä": "ae", "ö": "oe", "ü": "ue"}
#: German doubles k as ck and z as tz.
_DOUBLED = {"ck", "tz"}
_VOWELS = frozenset("aeiouyäöü")
_CONTRACTED = {written: letter for letter, written in WRITTEN_OUT.items()}


def without_dots(word: str) -> str:
    """A folded word without dots and accents: where candidates are looked up.

    >>> without_dots("gürtel"), without_dots("café")
    ('gurtel', 'cafe')
    """
    if word.isascii():
        return word
    return "".join(c for c in unicodedata.normalize("NFD", word) if not unicodedata.combining(c))


def contracted(word: str) -> str:
    """A word with ae, oe and ue as single letters.

    >>> contracted("guertel")
    'gürtel'
    """
    for written, letter in _CONTRACTED.items():
        word = word.replace(written, letter)
    return word


def bare_letters(word: str) -> str:
    """A folded word without dots and accents, ae, oe and ue read as umlauts.

    >>> bare_letters("guertel") == bare_letters("gürtel") == bare_letters("gurtel")
    True
    """
    return without_dots(contracted(word))


def typing_distance(typed: str, meant: str, keys: Neighbours) -> float:
    """Weighted Damerau–Levenshtein distance of two folded words, 0 if they are the same.

    d(i, j) = min over the operations above that end at letter i of `typed` and letter j of `meant` of their cost
    plus the distance of what stands before; no letter is edited twice. What both begin and end with costs nothing.

    Source: Damerau 1964, doi:10.1145/363958.363994; weights as in Kernighan, Church & Gale 1990

    >>> from search.spelling.keyboard import neighbours
    >>> keys = neighbours("de")
    >>> [typing_distance(typed, "gürtel", keys) for typed in ("guertel", "gürtell", "gürtle", "gürtek", "bürtel")]
    [0.15, 0.5, 0.6, 0.85, 1.55]
    """
    start, end, end_meant = _differing(typed, meant)
    width = end_meant - start
    rows = [[0.0]]
    for j in range(width):
        rows[0].append(rows[0][j] + _lone(meant, start + j))
    for i in range(start, end):
        before, above = rows[max(i - start - 1, 0)], rows[-1]
        row = [above[0] + _lone(typed, i)]
        for j in range(start, end_meant):
            at = j - start
            best = min(above[at] + _other(typed[i], meant[j], min(i, j), keys), above[at + 1] + _lone(typed, i))
            best = min(best, row[at] + _lone(meant, j))
            if i > start and at and typed[i] == meant[j - 1] and typed[i - 1] == meant[j]:
                best = min(best, before[at - 1] + SWAPPED + (FIRST if min(i, j) == 1 else 0.0))
            if i > start and WRITTEN_OUT.get(meant[j]) == typed[i - 1 : i + 1]:
                best = min(best, before[at] + UMLAUT)
            if at and WRITTEN_OUT.get(typed[i]) == meant[j - 1 : j + 1]:
                best = min(best, above[at - 1] + UMLAUT)
            row.append(best)
        rows.append(row)
    return round(rows[-1][width], 6)


def _differing(typed: str, meant: str) -> tuple[int, int, int]:
    """Where the words begin to differ, and where each ends to."""
    start, shorter = 0, min(len(typed), len(meant))
    while start < shorter and typed[start] == meant[start]:
        start += 1
    end, end_meant = len(typed), len(meant)
    while end > start and end_meant > start and typed[end - 1] == meant[end_meant - 1]:
        end, end_meant = end - 1, end_meant - 1
    return start, end, end_meant


def _lone(word: str, at: int) -> float:
    """A letter that the other word lacks."""
    letter = word[at]
    after = word[at + 1 : at + 2]
    if letter + after in _DOUBLED:
        return SOUND
    if (at and word[at - 1] == letter) or after == letter:
        return DOUBLING
    return LETTER + (FIRST if at == 0 else 0.0)


def _other(one: str, other: str, at: int, keys: Neighbours) -> float:
    """A letter in the place of another."""
    if one == other:
        return 0.0
    if without_dots(one) == without_dots(other):
        return UMLAUT
    likely = other in keys.get(one, ()) or (one in _VOWELS and other in _VOWELS)
    return (NEIGHBOUR if likely else OTHER) + (FIRST if at == 0 else 0.0)
