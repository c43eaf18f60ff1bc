"""Words that sound alike in German: Kölner Phonetik."""

from __future__ import annotations

import re

#: letters -> digit where their neighbours do not matter; vowels are 0, h says nothing
_PLAIN = {
    **dict.fromkeys("aeijouyäöü", "0"),
    **dict.fromkeys("b", "1"),
    **dict.fromkeys("fvw", "3"),
    **dict.fromkeys("gkq", "4"),
    "l": "5",
    **dict.fromkeys("mn", "6"),
    "r": "7",
    **dict.fromkeys("szß", "8"),
    "h": "",
}
_REPEATED = re.compile(r"(.)\1+")


def cologne_code(word: str) -> str:
    """The sounds of a folded word as digits: equal sounds once, vowels only at the beginning.

    Source: Postel, Die Kölner Phonetik, IBM-Nachrichten 19 (1969)

    >>> cologne_code("rock"), cologne_code("rok"), cologne_code("breschnew"), cologne_code("wikipedia")
    ('74', '74', '17863', '3412')
    """
    padded = f" {word} "
    digits = "".join(_digit(padded, at) for at in range(1, len(padded) - 1))
    once = _REPEATED.sub(r"\1", digits)
    return once[:1] + once[1:].replace("0", "")


def _digit(word: str, at: int) -> str:
    before, letter, after = word[at - 1], word[at], word[at + 1]
    if letter == "c":
        return _of_c(before, after)
    if letter == "p":
        return "3" if after == "h" else "1"
    if letter in "dt":
        return "8" if after in "csz" else "2"
    if letter == "x":
        return "8" if before in "ckq" else "48"
    return _PLAIN.get(letter, "")


def _of_c(before: str, after: str) -> str:
    if before == " ":
        return "4" if after in "ahkloqrux" else "8"
    return "4" if after in "ahkoqux" and before not in "sz" else "8"
