"""Corrections over the catalogue's own words (symspellpy).

Short words are not corrected: one edit turns "Rock" into half of the dictionary. Edits allowed: none up to
3 letters, one for 4 to 7, two from 8 on. Words with digits are never touched: they are model numbers,
sizes, measures.
"""

from __future__ import annotations

from collections.abc import Mapping

from symspellpy import SymSpell, Verbosity

SHORTEST = 3


def edits_allowed(word: str, most: int = 2) -> int:
    """Edits that a misspelt word of this length may be away from the right one.

    >>> edits_allowed("rot"), edits_allowed("shrit"), edits_allowed("laufschuhhe")
    (0, 1, 2)
    """
    length = len(word)
    return min(most, 0 if length <= 3 else 1 if length <= 7 else 2)


class SymSpellCorrector:
    """Proposes the catalogue's nearest word; of equally near ones the most frequent, then the first by letter."""

    def __init__(self, counts: Mapping[str, int], max_edits: int = 2):
        self._max_edits = max_edits
        self._symspell = SymSpell(max_dictionary_edit_distance=max(max_edits, 1), prefix_length=7)
        for word, count in counts.items():
            if len(word) >= SHORTEST and word.isalpha():
                self._symspell.create_dictionary_entry(word, count)

    def correct(self, word: str) -> tuple[str, int] | None:
        """A folded word -> (better word, edits); None where nothing is near enough or it has digits."""
        allowed = edits_allowed(word, self._max_edits)
        if not allowed or not word.isalpha():
            return None
        found = self._symspell.lookup(word, Verbosity.CLOSEST, max_edit_distance=allowed)
        if [item.term for item in found] == [word]:  # a feed has misspelt words too
            found = self._symspell.lookup(word, Verbosity.ALL, max_edit_distance=allowed)
        near = [item for item in found if item.term != word]
        if not near:
            return None
        best = min(near, key=lambda item: (item.distance, -item.count, item.term))
        return best.term, best.distance
