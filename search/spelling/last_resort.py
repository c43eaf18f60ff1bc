"""The last resort for a word that no product holds and that nothing reads: slow, never sure, and always told.

blank         two words of the catalogue written as one, though no product holds both ("puppyfood"), one of two
              letters ("gamingpc") or a stop word ("sneakerunter")
compound      a compound, or two words written as one, of which a part is misspelt ("damenlazfschuhe")
stem          a form that the catalogue lacks of a word that it has ("ewrbuds", where it has an earbud)
join          two words that make a compound, or a misspelt word, together ("lausch uhe")
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from search.spelling.channel import Reading
from search.spelling.corrector import SHORTEST, Near
from search.spelling.speller import BLANK, Context, Speller, Typed, held_together
from search.text import STOP_WORDS, stem

#: Parts are at least so long: of shorter ones any word can be made.
SHORTEST_PART = 4
#: Shorter parts stand in more products than this together.
FEW = 1
#: A part whose other half is misspelt is in as many products as this, or more.
USUAL = 3


@dataclass(frozen=True, slots=True)
class Thorough:
    """All of the above; a callable, so that the speller need not know it."""

    def __call__(self, speller: Speller, query: Typed, word: str, others: Sequence[str]) -> list[Reading]:
        """The readings of one word, those of the first kind that has any."""
        context = Context(query.vocabulary, others)
        for readings in (_by_stem, _short, _misspelt_part):
            if found := list(readings(speller, query, word, context)):
                return found
        return []

    def torn(self, speller: Speller, query: Typed, word: str, others: Sequence[str]) -> list[Reading]:
        """One word as two that the catalogue has."""
        return list(_blank(speller, query, word, Context(query.vocabulary, others)))

    def joined(self, speller: Speller, query: Typed, word: str, others: Sequence[str], scraps: bool) -> list[Reading]:
        """Two words written together: of scraps a compound of the catalogue's words, or near one of its words."""
        context = Context(query.vocabulary, others)
        parts = speller.compounds(word, query.language) if speller.compounds and scraps else ()
        if parts:
            return [_of(speller, query, word, parts, BLANK, 1, context)]
        near = speller.known(query, speller.corrector.near(word, query.language), context)
        readings = near or list(_blank(speller, query, word, context))
        readings = readings or list(_misspelt_part(speller, query, word, context) if scraps else ())
        return [replace(item, distance=item.distance + BLANK) for item in readings]


def _blank(speller: Speller, query: Typed, word: str, context: Context) -> Iterator[Reading]:
    """Two words of the language written as one."""
    counts, stop = speller.corrector.counts, STOP_WORDS.get(query.language, frozenset())
    for at in range(2, len(word) - 1):
        parts = word[:at], word[at:]
        sought = [part for part in parts if part not in stop]
        if not sought or not all(_is_held(query, part) and part in counts for part in sought):
            continue
        together = held_together(query.vocabulary, [stem(part, query.language) for part in sought])
        if min(map(len, sought)) >= SHORTEST_PART or together > FEW:
            yield _of(speller, query, " ".join(parts), sought, BLANK, 1, context)


def _by_stem(speller: Speller, query: Typed, word: str, context: Context) -> Iterator[Reading]:
    """Words one edit from the typed one's stem."""
    root = stem(word, query.language)
    if root != word and len(root) >= SHORTEST_PART:
        yield from speller.known(query, speller.corrector.near(root, query.language, 1), context)


def _short(speller: Speller, query: Typed, word: str, context: Context) -> Iterator[Reading]:
    """Words of one letter more than a short one's: nothing else is near it by more than chance."""
    if len(word) == SHORTEST:
        near = speller.corrector.near(word, query.language, 1)
        yield from speller.known(query, [item for item in near if len(item.word) > SHORTEST], context)


def _misspelt_part(speller: Speller, query: Typed, word: str, context: Context) -> Iterator[Reading]:
    """A known word, and one that is near the rest; of several beginnings, or ends, the longest that is known.

    "Hundenahrung" begins with "hunde": with "hund" its rest would be near "ernährung".
    """
    places = range(SHORTEST_PART, len(word) - SHORTEST_PART + 1)
    if at := max((at for at in places if _is_usual(speller, query, word[:at])), default=0):
        for near in speller.corrector.near(word[at:], query.language):
            yield from _pair(speller, query, word[:at], near.word, near, context)
    if at := min((at for at in places if _is_usual(speller, query, word[at:])), default=0):
        for near in speller.corrector.near(word[:at], query.language):
            yield from _pair(speller, query, near.word, word[at:], near, context)


def _pair(speller: Speller, query: Typed, first: str, second: str, near: Near, context: Context) -> Iterator[Reading]:
    if len(near.word) < SHORTEST_PART or not _is_held(query, near.word):
        return
    blank = 0.0 if query.language == "de" else BLANK
    yield _of(speller, query, f"{first} {second}", (first, second), near.distance + blank, near.edits, context)


def _of(
    speller: Speller, query: Typed, written: str, parts: Sequence[str], distance: float, edits: int, context: Context
) -> Reading:
    """A reading of several words; as frequent as the rarest."""
    terms = tuple(stem(part, query.language) for part in parts)
    frequency = min(speller.corrector.counts.get(part, 0) for part in parts)
    return Reading(written, terms, edits, distance, frequency, context.hits(terms))


def _is_held(query: Typed, word: str) -> bool:
    return query.vocabulary.document_frequency(stem(word, query.language)) > 0


def _is_usual(speller: Speller, query: Typed, word: str) -> bool:
    """A word of the catalogue that stands in more than a few products of the language."""
    held = query.vocabulary.document_frequency(stem(word, query.language))
    return word in speller.corrector.counts and held >= USUAL and word not in STOP_WORDS.get(query.language, ())
