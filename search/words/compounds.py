"""German compounds, split into words of the catalogue: "damenlaufschuhe" is "damen" + "laufschuhe".

No dictionary: a part is a word that the shop itself writes, in any inflection, so a split finds what the catalogue has.
Between parts may stand a linking letter (s, n, en, er, es, e), or an e or en may be gone (Wolle, Wolldecke). A part has
three letters or more; Öl and Ei have two, where the catalogue has them by themselves, and only as the head, the last
part, which says what a thing is. No n-grams: every letter belongs to a part, so "armoire" has nothing of
"accessoire".

Among the splits the one with the best mean over its parts wins:

    value(part) = ½ · ln(1 + products that hold the word) + letters, at most 6 − cost of its form

The mean of logarithms is the logarithm of the geometric mean of frequencies (Koehn & Knight); frequency alone prefers
"bezirk|steil" to "bezirk|teil", and letters keep scraps out. Two parts are tried before three; a part that is a
compound itself is split further by `leaves`. A word that the catalogue writes far more often than its parts is none:
"pulver" is not "pul" + "ver".

Source: Koehn and Knight, Empirical Methods for Compound Splitting, EACL 2003, doi:10.3115/1067807.1067833
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from functools import cached_property, lru_cache

from search.text import STOP_WORDS, clean, folded, stem

#: A word and its parts, as a shop lists them.
Listed = dict[str, tuple[str, ...]]
#: Languages that write compounds in one word.
LANGUAGES = ("de",)
#: What may stand between the parts, the longest first.
LINKS = ("en", "er", "es", "s", "n", "e")
SHORTEST_PART = 3
#: Shorter words have more scraps than inflections among what shares their stem.
SHORTEST_INFLECTED = 5
#: With three parts short ones fit anywhere: "wank|elmo|tor".
SHORTEST_OF_THREE = 4
#: Longer "words" are no words (the longest of 25,195 GermaNet compounds has 38 letters).
LONGEST_WORD = 40
#: What a part's form costs, in the units of its value; found on one half of GermaNet's compounds.
LINKED, ELIDED, INFLECTED = 0.5, 1.0, 0.5
LETTERS = 6
#: A word held by more than this many times the geometric mean of its parts' products is no compound of them.
#: Koehn and Knight have 1: but here the whole stays a term, and "gesichtscreme" is asked for as "creme" too.
TIMES_AS_FREQUENT = 10
#: The nouns of two letters.
SHORT_HEADS = frozenset({"öl", "ei"})
#: Endings that make words from words; they name nothing by themselves, whatever else they spell ("Bar").
SUFFIXES = frozenset(
    """ander ant anz bar barer barkeit chen ein eine einer ende enden ent enz ern eur eure haft heit heiten ieren ier
    ig igen iger ine ing ion ionen isch ismus ist isten ium keit keiten lein lich lichen ling linge los lose ner
    nisse nis ose ase sam schaft schaften ten ter ler tion tum tät ung ungen weise""".split()
)
_NEVER = SUFFIXES | STOP_WORDS["de"]


@dataclass(frozen=True, slots=True)
class _Part:
    """A stretch of a word as the catalogue's word, and how good that is."""

    word: str
    frequency: int
    value: float


def _may_be_part(word: str) -> bool:
    return word in SHORT_HEADS or (len(word) >= SHORTEST_PART and word.isalpha() and word not in _NEVER)


class Splitter:
    """Splits words by one catalogue's vocabulary.

    Args:
        counts: folded word -> products that hold it.
        listed: the shop's own list, folded word -> its parts; none forbids a split. It holds for the word's other
            forms too, but for those that the list has themselves.

    >>> splitter = Splitter({"damen": 90, "laufschuhe": 20, "lauf": 9, "schuh": 40})
    >>> splitter.split("damenlaufschuhe"), splitter.leaves("damenlaufschuhe"), splitter.split("sandalen")
    (('damen', 'laufschuhe'), ('damen', 'lauf', 'schuhe'), ())
    """

    def __init__(self, counts: Mapping[str, int], listed: Mapping[str, Sequence[str]] | None = None):
        self._counts = {word: count for word, count in counts.items() if _may_be_part(word)}
        self._list(listed or {})

    def _list(self, listed: Mapping[str, Sequence[str]]) -> None:
        self.listed = {word: tuple(parts) for word, parts in listed.items()}
        self._listed_forms = {stem(word, "de"): parts for word, parts in sorted(self.listed.items(), reverse=True)}
        self.split = lru_cache(100_000)(self._split)
        self.part_terms = lru_cache(100_000)(self._part_terms)
        self.held = lru_cache(50_000)(self._held)

    def relisted(self, listed: Mapping[str, Sequence[str]]) -> Splitter:
        """The same words with another list."""
        other = copy(self)
        other._list(listed)
        return other

    def prepare(self) -> None:
        """Work out what splitting takes, half a second for a million products, before a search waits for it."""
        self._stems  # noqa: B018  # kept

    @property
    def words(self) -> Iterable[str]:
        """The words that it splits by."""
        return self._counts

    @cached_property
    def _stems(self) -> Counter[str]:
        """Stem -> products, the inflections of a word together."""
        stems: Counter[str] = Counter()
        for word, count in self._counts.items():
            stems[stem(word, "de")] += count
        return stems

    def _split(self, word: str) -> tuple[str, ...]:
        """A folded word as two or three words of the catalogue, the head last; () where it is no compound."""
        if word in self.listed:
            return self.listed[word]
        if self.listed and (form := stem(word, "de")) in self._listed_forms:
            return self._listed_forms[form]
        if not 2 + SHORTEST_PART <= len(word) <= LONGEST_WORD or not word.isalpha():
            return ()
        found = list(self._pairs(word)) or list(self._triples(word))
        if not found:
            return ()
        best = max(found, key=lambda parts: (sum(part.value for part in parts) / len(parts), len(parts[0].word)))
        mean = sum(math.log(part.frequency) for part in best) / len(best)
        if math.log(max(self._stems[stem(word, "de")], 1)) > mean + math.log(TIMES_AS_FREQUENT):
            return ()
        return tuple(part.word for part in best)

    def _part_terms(self, word: str, language: str) -> tuple[str, ...]:
        """Terms of a folded word's parts and their parts, each once, but for its own; () where it is no compound."""
        if not (parts := self.split(word)):
            return ()
        named, own = (*parts, *self.leaves(word)), stem(word, language)
        return tuple(term for term in dict.fromkeys(stem(part, language) for part in named) if term != own)

    def _held(self, written: str, language: str) -> frozenset[str]:
        """Terms of a word as it is written and of its parts."""
        word = folded(written)
        return frozenset([stem(word, language), *self.part_terms(word, language)])

    def leaves(self, word: str) -> tuple[str, ...]:
        """The smallest parts: parts that are compounds are split too; () where the word is none."""
        return tuple(
            leaf for part in self.split(word) for leaf in (self.leaves(part) if part != word else ()) or (part,)
        )

    def _pairs(self, word: str) -> Iterator[tuple[_Part, ...]]:
        for at in range(SHORTEST_PART, len(word) - 1):
            head = self._head(word[at:])
            first = head and self._modifier(word[:at])
            if head and first:
                yield first, head

    def _triples(self, word: str) -> Iterator[tuple[_Part, ...]]:
        """Three parts, each as long as `SHORTEST_OF_THREE` and nothing gone from it."""
        for at in range(2 * SHORTEST_OF_THREE, len(word) - SHORTEST_OF_THREE + 1):
            head = self._head(word[at:])
            for middle in range(SHORTEST_OF_THREE, at - SHORTEST_OF_THREE + 1) if head else ():
                second = self._modifier(word[middle:at], elided=False)
                first = second and self._modifier(word[:middle], elided=False)
                if first and second and head and min(len(first.word), len(second.word)) >= SHORTEST_OF_THREE:
                    yield first, second, head

    def _head(self, written: str) -> _Part | None:
        if written in self._counts:
            return self._part(written, 0.0)
        return self._inflected(written, INFLECTED)

    def _modifier(self, written: str, elided: bool = True) -> _Part | None:
        """The best word that a stretch before the head can be: as it is, with a link, shortened, inflected."""
        forms = [(written, 0.0)]
        forms += [(written.removesuffix(link), LINKED) for link in LINKS if written.endswith(link)]
        forms += [(written + "e", ELIDED), (written + "en", ELIDED)] if elided else []
        known = [self._part(word, cost) for word, cost in forms if self._is_word(word)]
        if not known:
            return self._inflected(written, INFLECTED + LINKED)
        return max(known, key=lambda part: part.value)

    def _is_word(self, word: str) -> bool:
        return len(word) >= SHORTEST_PART and word in self._counts

    def _inflected(self, written: str, cost: float) -> _Part | None:
        """A form that the catalogue has of the same word only: "schrauben" where it writes "Schraube"."""
        if len(written) < SHORTEST_INFLECTED or written in _NEVER:
            return None
        root = stem(written, "de")
        if len(root) < SHORTEST_OF_THREE or root not in self._stems:
            return None
        return self._part(written, cost, len(root))  # an ending is no letter of the word: no "lichtst|reifen"

    def _part(self, word: str, cost: float, letters: int = LETTERS) -> _Part:
        frequency = self._stems[stem(word, "de")]
        return _Part(word, frequency, math.log1p(frequency) / 2 + min(len(word), letters, LETTERS) - cost)


def read_listed(text: str) -> Listed:
    """A shop's list of splits: a word a line, "=", its parts; nothing after "=" forbids a split; "#" begins a comment.

    Raises:
        ValueError: a line that is no split; the message names it.

    >>> read_listed("Terrassendiele = Terrasse Diele\\nBaumwolle =   # no wool from trees")
    {'terrassendiele': ('terrasse', 'diele'), 'baumwolle': ()}
    """
    listed = {}
    for number, line in enumerate(text.splitlines(), 1):
        line = clean(line.partition("#")[0])
        word, equals, parts = line.partition("=")
        if line and (not equals or len(word.split()) != 1 or len(parts.split()) == 1):
            raise ValueError(f"Line {number}, '{line}', is no split. Write: word = part part, or word = to forbid one.")
        if line:
            listed[word.strip().casefold()] = tuple(parts.casefold().split())
    return listed
