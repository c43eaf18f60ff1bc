"""Texts to piece ids as the Rust tokenizer cuts them, several times as fast: a word is cut once and remembered.

No piece crosses a word, so a text's pieces are its words' pieces one after the other. What a character becomes is asked
of the tokenizer's own normaliser, once for each character; texts with characters whose form depends on their neighbours
(combining marks, Hangul) go to the tokenizer whole.
"""

from __future__ import annotations

import unicodedata
from itertools import islice

from tokenizers import Tokenizer

#: Words that are remembered (some 200 bytes each), and their greatest length; when full, all are forgotten.
MOST_WORDS = 32_768
LONGEST_WORD = 48
#: Stands for a character whose form depends on its neighbours; no text has it once it is normalised.
DEPENDS = "\0"
#: Below each, every assigned character but marks becomes the same next to any other.
ALONE = ((0, 0x1100), (0x1E00, 0x3000), (0x1F000, 0x20000))


def sendable(text: str) -> str:
    """The text as UTF-8 can carry it: half a surrogate pair becomes "?", which is no letter.

    >>> sendable("Schuh\\ud800")
    'Schuh?'
    """
    return text.encode("utf-8", "replace").decode()


class Letters(dict[int, str]):
    """Code point -> what the tokenizer makes of it, for `str.translate`; filled as characters are met.

    >>> from tokenizers import normalizers
    >>> "Größe".translate(Letters(normalizers.Lowercase()))
    'größe'
    """

    def __init__(self, normalizer):  # type: ignore[no-untyped-def]  # any of tokenizers.normalizers
        super().__init__()
        self._normalize = normalizer.normalize_str

    def __missing__(self, code: int) -> str:
        character = chr(code)
        category = unicodedata.category(character)
        if category in ("Cn", "Cs") or category[0] == "M" or not any(low <= code < high for low, high in ALONE):
            return DEPENDS  # and not remembered: there are a million
        self[code] = self._normalize(f"a{character}a")[1:-1]
        return self[code]


class Pieces:
    """The first `longest` piece ids of texts. For any number of threads."""

    def __init__(self, tokenizer: Tokenizer, longest: int):
        self.longest = longest
        self._tokenizer = tokenizer
        self._tokenize = tokenizer.model.tokenize
        self._letters = Letters(tokenizer.normalizer)
        self._words: dict[str, tuple[int, ...]] = {}

    def __call__(self, text: str) -> list[int]:
        """Piece ids of one text; empty where it has no word."""
        plain = text.translate(self._letters)
        if DEPENDS in plain:
            return self._tokenizer.encode(sendable(text), add_special_tokens=False).ids[: self.longest]
        ids: list[int] = []
        words = self._words
        for word in islice(plain.split(), self.longest):
            ids += words.get(word) or self._cut(word)
        return ids[: self.longest]

    def _cut(self, word: str) -> tuple[int, ...]:
        pieces = tuple(token.id for token in self._tokenize(f"▁{word}"))
        if len(word) <= LONGEST_WORD:
            if len(self._words) >= MOST_WORDS:
                self._words.clear()
            self._words[word] = pieces
        return pieces
