"""The catalogue's words as written, with the number of products that hold each: for spelling and suggestions."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import msgspec

from search.index.fields import searched_texts
from search.kept import Kept
from search.text import clean, written_words
from search.types import Product

FILE = "words.json"
#: Shorter words are suggested, but never proposed as a correction.
SHORTEST = 3
#: Behind a prefix it makes a text that stands after all that begin with the prefix.
BEYOND = "\U0010ffff"
#: Bytes for beginnings and their most frequent words: people type the same first letters.
BEGINNINGS = 2**20


class Words:
    """Folded words, sorted, with their document counts."""

    def __init__(self, counts: Mapping[str, int]):
        self.counts = counts
        self._sorted = sorted(counts)
        #: Those that changes of products brought, whether they are still there or not.
        self.added: dict[str, None] = {}
        self._begun: Kept[tuple[str, int], list[str]] = Kept(BEGINNINGS)

    def __len__(self) -> int:
        return len(self._sorted)

    def changed(self, lost: Iterable[set[str]], new: Iterable[set[str]]) -> Words:
        """The same after some products lost their words and got others.

        >>> words = Words({"hose": 2, "rot": 1}).changed([{"hose", "rot"}], [{"blau"}])
        >>> words.counts, words.starting_with("", 5)
        ({'hose': 1, 'blau': 1}, ['blau', 'hose'])
        """
        found = Words({})
        found.counts = counts = recounted(self.counts, lost, new)
        touched = {word for words in (*lost, *new) for word in words}
        gone = [word for word in touched if word in self.counts and word not in counts]
        added = [word for word in touched if word not in self.counts and word in counts]
        found.added = self.added | dict.fromkeys(added) if added else self.added
        found._sorted = self._sorted.copy() if gone or added else self._sorted
        for word in gone:
            del found._sorted[bisect_left(found._sorted, word)]
        for word in added:
            insort(found._sorted, word)
        return found

    def starting_with(self, prefix: str, most: int) -> list[str]:
        """Words that begin with the prefix, the most frequent first, ties by word."""
        if (found := self._begun.get((prefix, most))) is not None:
            return found
        start, end = bisect_left(self._sorted, prefix), bisect_left(self._sorted, prefix + BEYOND)
        found = sorted(self._sorted[start:end], key=lambda word: (-self.counts[word], word))[:most]
        return self._begun.put((prefix, most), found)


def count_words(products: Iterable[Product], languages: Sequence[str]) -> dict[str, int]:
    """Word -> products that hold it, as a build counts them: over the texts in the searched languages, but codes."""
    counts: Counter[str] = Counter()
    for product in products:
        counts.update(words_of(product, languages))
    return dict(counts)


def recounted(counts: Mapping[str, int], lost: Iterable[set[str]], new: Iterable[set[str]]) -> dict[str, int]:
    """Word -> products that hold it, after some of them lost their words and got others; none that nobody holds.

    >>> recounted({"rot": 1, "hose": 2}, [{"rot", "hose"}], [{"hose", "blau"}]) == {"hose": 2, "blau": 1}
    True
    """
    found = dict(counts)
    for words in lost:
        for word in words:
            found[word] = found.get(word, 0) - 1
    for words in new:
        for word in words:
            found[word] = found.get(word, 0) + 1
    for word in [word for words in lost for word in words if found.get(word, 1) <= 0]:
        found.pop(word, None)
    return found


def words_of(product: Product, languages: Sequence[str]) -> set[str]:
    """The words of one product's texts in some languages, but for codes."""
    return words_in(texts_of(product, languages))


def texts_of(product: Product | None, languages: Sequence[str]) -> set[str]:
    """One product's texts in some languages, but for codes; none of no product."""
    fields = (field for language in languages if product for field in searched_texts(product, language).items())
    return {text for name, text in fields if name != "codes"}


def words_in(texts: Iterable[str]) -> set[str]:
    """The words of some texts."""
    return {word for text in texts for word in written_words(clean(text))}


def exchanged(before: set[str], after: set[str]) -> tuple[set[str], set[str]]:
    """The words that a product lost and those that it got, when its texts changed; shared texts are read once.

    >>> exchanged({"rote Hose", "aus Leinen"}, {"blaue Hose", "aus Leinen"})
    ({'rote'}, {'blaue'})
    """
    if before == after:
        return set(), set()
    kept = words_in(before & after)
    lost, new = words_in(before - after) - kept, words_in(after - before) - kept
    return lost - new, new - lost


def save_words(counts: Mapping[str, int], folder: Path) -> None:
    """Write the counts."""
    (folder / FILE).write_bytes(msgspec.json.encode(counts, order="deterministic"))


def load_words(folder: Path) -> Words:
    """Read what `save_words` wrote."""
    return Words(msgspec.json.decode((folder / FILE).read_bytes(), type=dict[str, int]))
