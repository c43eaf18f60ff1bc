"""Kinds of things in a borrowed plural: "Laptops", "Tops", "Chips" are what the shop calls Laptop, Top and Chip.

Snowball's German stemmer leaves the s of a plural behind p, c and vowels (it cannot tell "Laptops" from "Pumps"), so
"Laptops" would only find what says so. The catalogue can: a kind is called "Laptop", and none "Laptops".
"""

from __future__ import annotations

from search.text import Word, stem, words
from search.understand.lexicon import Lexicon

KIND = "product_type"


def singular(text: str, language: str, lexicon: Lexicon) -> str:
    """A text with the plurals of kinds as the kinds are called; where the stemmer does so itself nothing changes.

    >>> from search.understand.lexicon import build_lexicon
    >>> shop = build_lexicon([], [], {}, ["de"], [(KIND, "Laptop", "Laptop"), (KIND, "Pumps", "Pumps")])
    >>> singular("günstige Laptops, rote Pumps", "de", shop)
    'günstige Laptop, rote Pumps'
    """
    for word in reversed(list(words(text, language))):
        if _is_plural(word, language, lexicon):
            text = text[: word.end - 1] + text[word.end :]
    return text


def _is_plural(word: Word, language: str, lexicon: Lexicon) -> bool:
    one = word.text[:-1]
    if not word.text.endswith("s") or word.term == stem(one, language):
        return False
    return _is_kind(one, language, lexicon) and not _is_kind(word.text, language, lexicon)


def _is_kind(word: str, language: str, lexicon: Lexicon) -> bool:
    return any(name == KIND for name, _ in lexicon.meanings(word, language))
