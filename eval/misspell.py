"""Queries misspelt on purpose, with a seed: one error in one word of each.

    neighbour key   "hpse" for "hose"       transposition   "hsoe"
    omission        "hse"                   doubling        "hosse", or one letter of a double one missing
    umlaut          "gurtel", "guertel"     sharp s         "strase", "straße" for "strasse"
    split           "lauf schuhe"           join            "rotekleid"

Words with digits and words of up to three letters stay as they are; so may a query that has no others.
"""

from __future__ import annotations

import random
import re
import zlib
from collections.abc import Callable, Mapping

from search.spelling.distance import WRITTEN_OUT, without_dots
from search.spelling.keyboard import neighbours

SHORTEST = 4
#: Shorter words are not torn in two.
SHORTEST_SPLIT = 8

_WORD = re.compile(r"(?<!\S)[^\W\d_]+(?!\S)")

#: A word, the language and a source of chance -> the word with the error, None where it cannot have it.
Error = Callable[[str, str, random.Random], str | None]


def misspell(text: str, language: str, seed: int) -> tuple[str, str]:
    """A query with one error, and the error's name; the same for the same text, language and seed.

    >>> misspell("rote Laufschuhe", "de", 1)
    ('roe Laufschuhe', 'omission')
    >>> misspell("dv7 16 gb", "de", 1)
    ('dv7 16 gb', 'none')
    """
    chance = random.Random(zlib.crc32(f"{seed}\t{language}\t{text}".encode()))
    names = [*ERRORS, "join"]
    chance.shuffle(names)
    for name in names:
        changed = _join(text, chance) if name == "join" else _in_a_word(text, ERRORS[name], language, chance)
        if changed and changed != text:
            return changed, name
    return text, "none"


def misspell_all(queries: Mapping[str, str], language: str, seed: int) -> dict[str, str]:
    """Query id -> the query misspelt."""
    return {id: misspell(text, language, seed)[0] for id, text in queries.items()}


def _in_a_word(text: str, error: Error, language: str, chance: random.Random) -> str | None:
    places = [match.span() for match in _WORD.finditer(text) if match.end() - match.start() >= SHORTEST]
    chance.shuffle(places)
    for start, end in places:
        if changed := error(text[start:end], language, chance):
            return text[:start] + changed + text[end:]
    return None


def _join(text: str, chance: random.Random) -> str | None:
    blanks = [
        first.end()
        for first, second in zip(_WORD.finditer(text), list(_WORD.finditer(text))[1:], strict=False)
        if second.start() == first.end() + 1
    ]
    if not blanks:
        return None
    at = chance.choice(blanks)
    return text[:at] + text[at + 1 :]


def _neighbour_key(word: str, language: str, chance: random.Random) -> str | None:
    keys = neighbours(language)
    places = [at for at in range(1, len(word)) if word[at] in keys]
    if not places:
        return None
    at = chance.choice(places)
    return word[:at] + chance.choice(sorted(keys[word[at]])) + word[at + 1 :]


def _transposition(word: str, language: str, chance: random.Random) -> str | None:
    places = [at for at in range(1, len(word) - 1) if word[at] != word[at + 1]]
    if not places:
        return None
    at = chance.choice(places)
    return word[:at] + word[at + 1] + word[at] + word[at + 2 :]


def _omission(word: str, language: str, chance: random.Random) -> str | None:
    at = chance.randrange(1, len(word))
    return word[:at] + word[at + 1 :]


def _doubling(word: str, language: str, chance: random.Random) -> str | None:
    double = [at for at in range(1, len(word)) if word[at] == word[at - 1]]
    if double and chance.random() < 0.5:
        at = chance.choice(double)
        return word[:at] + word[at + 1 :]
    at = chance.randrange(1, len(word))
    return word[: at + 1] + word[at] + word[at + 1 :]


def _umlaut(word: str, language: str, chance: random.Random) -> str | None:
    if not any(letter in WRITTEN_OUT for letter in word):
        return None
    if chance.random() < 0.5:
        return without_dots(word)
    return "".join(WRITTEN_OUT.get(letter, letter) for letter in word)


def _sharp_s(word: str, language: str, chance: random.Random) -> str | None:
    if "ß" in word:
        return word.replace("ß", chance.choice(["s", "ss"]), 1)
    return word.replace("ss", "ß", 1) if language == "de" and "ss" in word else None


def _split(word: str, language: str, chance: random.Random) -> str | None:
    if len(word) < SHORTEST_SPLIT:
        return None
    at = chance.randrange(3, len(word) - 2)
    return f"{word[:at]} {word[at:]}"


ERRORS: Mapping[str, Error] = {
    "neighbour key": _neighbour_key,
    "transposition": _transposition,
    "omission": _omission,
    "doubling": _doubling,
    "umlaut": _umlaut,
    "sharp s": _sharp_s,
    "split": _split,
}
