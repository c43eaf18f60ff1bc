"""Which keys lie beside each other, on the keyboard of a language."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

#: language -> rows of keys, and how far each row stands to the right of the first one, in keys
LAYOUTS = {"de": ("qwertzuiopü", "asdfghjklöä", "yxcvbnm"), "en": ("qwertyuiop", "asdfghjkl", "zxcvbnm")}
SHIFTS = (0.0, 0.25, 0.75)
#: Keys touch within this distance: the two beside, the two above, the two below.
TOUCHING = 1.3

Neighbours = Mapping[str, frozenset[str]]


@cache
def neighbours(language: str) -> Neighbours:
    """Letter -> the letters beside it: QWERTZ for German, QWERTY for everything else.

    >>> sorted(neighbours("de")["z"]), sorted(neighbours("en")["z"])
    (['g', 'h', 't', 'u'], ['a', 's', 'x'])
    """
    rows = LAYOUTS.get(language, LAYOUTS["en"])
    places = {key: (SHIFTS[y] + x, y) for y, row in enumerate(rows) for x, key in enumerate(row)}
    return {key: frozenset(other for other in places if _touch(places[key], places[other])) for key in places}


def _touch(one: tuple[float, int], other: tuple[float, int]) -> bool:
    return one != other and (one[0] - other[0]) ** 2 + (one[1] - other[1]) ** 2 <= TOUCHING**2
