"""Queries that only state what is wanted and name nothing: "für Männer", "XL", "hochwertig unter 20 €".

Whom it is for, a size, a price and where it can be had stand in fields; texts seldom say so, and the few that do are no
better. Such a query browses the catalogue, what fits first. Names (a colour, a material, a kind) are searched as words
as long as any product holds them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from search.text import STOP_WORDS, words
from search.types import Stated

#: What is stated of a product and seldom written in its texts.
UNSAID = ("gender", "age_group", "price", "size", "availability")
#: Words that name nothing, besides the stop words.
FILLERS = frozenset("etwas was irgendwas irgendetwas alles something anything stuff things".split())


def only_states(searched: str, language: str, stated: Iterable[Stated], is_held: Callable[[str], bool]) -> bool:
    """Whether nothing is left to search for but what is understood.

    Args:
        searched: the text without what is no longer searched as words.
        is_held: whether any product holds a word in any form.

    >>> wish = Stated("gender", "herren", "Männer")
    >>> only_states("für Männer", "de", [wish], lambda word: True)
    True
    >>> only_states("Jacken für Männer", "de", [wish], lambda word: True)
    False
    """
    stated = [item for item in stated if item.effect in ("prefer", "silence")]
    if not stated:
        return False
    unsaid = _words_of((item for item in stated if item.attribute in UNSAID and item.effect == "prefer"), language)
    named = _words_of(stated, language)
    stop = STOP_WORDS.get(language, frozenset()) | FILLERS
    left = [word.text for word in words(searched, language) if word.text not in stop]
    return all(word in unsaid or (word in named and not is_held(word)) for word in left)


def _words_of(stated: Iterable[Stated], language: str) -> set[str]:
    return {word.text for item in stated for word in words(item.text, language)}
