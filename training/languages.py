"""Which language a training text is in: teachers that know only one must not speak for the other.

The lexicon's words tell, being written in both. A text of words that it does not have is English where an English
teacher has all of them in its vocabulary, else German, which is read by the teachers that know many languages.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from math import log

from training.vocabulary import count_words

_UMLAUT = re.compile("[äöüß]")


class Languages:
    """Tells German from English, by the words of texts in each and by further English words."""

    def __init__(self, german: Sequence[str], english: Sequence[str], further: Iterable[str] = ()):
        de, en = count_words(german), count_words(english)
        self._lean = {word: log((de[word] + 0.5) / (en[word] + 0.5)) for word in {*de, *en}}
        self._further = frozenset(further)

    def of(self, text: str) -> str:
        """ "de" or "en".

        >>> Languages(["warme Hose"], ["warm trousers"], {"laptop"}).of("Trousers, red")
        'en'
        """
        words = [word for word in count_words([text]) if word.isalpha()]
        lean = sum(self._lean.get(word, 0.0) for word in words)
        if lean:
            return "de" if lean > 0 else "en"
        if _UMLAUT.search(text.lower()) or any(word not in self._further for word in words):
            return "de"
        return "en"
