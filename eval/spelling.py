"""How well is a misspelt query understood? Pairs of wrong and right, by class of error.

    transposition   two letters swapped            omission     a letter missing
    insertion       a letter too many              doubling     a letter that should be double, or should not
    neighbour key   a letter from the next key     other key    any other letter
    umlaut          ae for ä, u for ü, ss for ß    blank        two words in one, one word in two
    two edits, more                                the rest, by Damerau–Levenshtein distance

recall@1 of a reading is the share of pairs whose wrong side becomes the right side: as a text (the same folded
words), and as a search (the same stems, which finds the same products).
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from eval.judged.qrels import read_lines
from search.errors import BadInput
from search.pipeline import Pipeline
from search.settings import Settings
from search.spelling.corrector import SymSpellCorrector
from search.spelling.distance import bare_letters
from search.spelling.keyboard import neighbours
from search.text import analyze, clean, stem, words
from search.types import Rows, Vocabulary
from search.understand.lexicon import build_lexicon
from search.understand.query import Understanding

CLASSES = (
    "transposition",
    "omission",
    "insertion",
    "doubling",
    "neighbour key",
    "other key",
    "umlaut",
    "blank",
    "two edits",
    "more",
)
#: What one edit makes: the classes that a single-edit target is about.
SINGLE = CLASSES[:7]


@dataclass(frozen=True, slots=True)
class Pair:
    """A query as it was typed and as it was meant."""

    wrong: str
    right: str


def read_pairs(path: Path) -> list[Pair]:
    """The pairs of a file, `wrong<TAB>right` a line, in its order.

    Raises:
        BadInput: the file or a line of it cannot be read; `place` is file:line.
    """
    pairs = []
    for place, line in read_lines(path):
        sides = [clean(side) for side in line.split("\t")]
        if len(sides) != 2 or not all(sides):
            raise BadInput("A pair is written wrong<TAB>right.", place)
        pairs.append(Pair(*sides))
    return pairs


def half_of(pair: Pair) -> str:
    """The half of a pair, by a hash of its right side: "fit" or "report". Pairs of one word stay together.

    >>> half_of(Pair("shrit", "shirt")) == half_of(Pair("shitr", "shirt"))
    True
    """
    return ("fit", "report")[zlib.crc32(pair.right.casefold().encode()) % 2]


def folded(text: str) -> str:
    """A text's folded words: what two texts are compared by.

    >>> folded("Straßen-Schuhe  ROT")
    'strassen schuhe rot'
    """
    return " ".join(word.text for word in words(clean(text), ""))


def error_class(wrong: str, right: str, language: str) -> str:
    """The class of a pair's error, or "none" where the folded words are the same.

    >>> [error_class(wrong, "gürtel", "de") for wrong in ("guertel", "gürtle", "gürtl", "gürttel", "gürtrl", "gürrtle")]
    ['umlaut', 'transposition', 'omission', 'doubling', 'neighbour key', 'two edits']
    """
    wrong, right = folded(wrong), folded(right)
    if wrong == right:
        return "none"
    if wrong.replace(" ", "") == right.replace(" ", ""):
        return "blank"
    if bare_letters(wrong) == bare_letters(right):
        return "umlaut"
    edits = osa_distance(wrong, right)
    if edits > 1:
        return "two edits" if edits == 2 else "more"
    return _single(wrong, right, language)


def _single(wrong: str, right: str, language: str) -> str:
    at = next((at for at, pair in enumerate(zip(wrong, right, strict=False)) if len(set(pair)) > 1), None)
    at = min(len(wrong), len(right)) if at is None else at
    if len(wrong) == len(right):
        if wrong[at + 1 :] != right[at + 1 :]:
            return "transposition"
        return "neighbour key" if right[at] in neighbours(language).get(wrong[at], ()) else "other key"
    longer = max(wrong, right, key=len)
    if longer[at] in (longer[at - 1 : at], longer[at + 1 : at + 2]):
        return "doubling"
    return "omission" if len(wrong) < len(right) else "insertion"


def osa_distance(one: str, other: str) -> int:
    """Optimal string alignment: insertions, deletions, substitutions and swaps of neighbours, each letter once.

    >>> osa_distance("shrit", "shirt"), osa_distance("ca", "abc")
    (1, 3)
    """
    rows = [list(range(len(other) + 1))]
    for i, a in enumerate(one, 1):
        row = [i]
        for j, b in enumerate(other, 1):
            best = min(rows[-1][j] + 1, row[-1] + 1, rows[-1][j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and b == one[i - 2]:
                best = min(best, rows[-2][j - 2] + 1)
            row.append(best)
        rows.append(row)
    return rows[-1][-1]


class ListedVocabulary:
    """An index's vocabulary and words of a list: each listed stem is held by one product that holds nothing else."""

    def __init__(self, vocabulary: Vocabulary | None, stems: Iterable[str]):
        self._vocabulary = vocabulary
        size = vocabulary.size if vocabulary else 0
        self._rows = {term: np.array([row], np.int32) for row, term in enumerate(sorted(set(stems)), size)}
        self.size = size + len(self._rows)

    def document_frequency(self, term: str) -> int:
        """Products of the index that hold the term; 1 for a listed one."""
        return len(self.matching(term))

    def matching(self, term: str) -> Rows:
        """Rows of those products."""
        found = self._vocabulary.matching(term) if self._vocabulary else np.empty(0, np.int32)
        return found if len(found) else self._rows.get(term, found)


def read_words(path: Path) -> list[str]:
    """The folded words of a list, one a line.

    Raises:
        BadInput: the file cannot be read.
    """
    return [word for _, line in read_lines(path) for word in folded(line).split() if word.isalpha()]


def understanding_of(
    pipeline: Pipeline | None, lists: Sequence[Path], language: str, settings: Settings
) -> Understanding:
    """Query understanding over an index, with word lists beside it; a listed word is held by one product."""
    if pipeline is not None and not lists:
        return pipeline.understanding
    listed = dict.fromkeys((word for path in lists for word in read_words(path)), 1)
    counts = {**listed, **(pipeline.snapshot.words.counts if pipeline else {})}
    found = pipeline.understanding.vocabularies.get(language) if pipeline else None
    vocabulary = ListedVocabulary(found, {stem(word, language) for word in listed})
    lexicon = pipeline.lexicon if pipeline else build_lexicon([], [], {}, [language])
    spelling = settings.spelling
    corrector = SymSpellCorrector(counts, spelling.max_edits, spelling.beta)
    return Understanding({language: vocabulary}, lexicon, corrector, spelling)


@dataclass(frozen=True, slots=True)
class Read:
    """What became of one pair: its class, and whether it was reached, by asking or without.

    `reachable`: every right word is in the vocabulary.
    """

    pair: Pair
    error: str
    reachable: bool
    proposed: str
    corrected: str
    language: str

    def reached(self, text: str, by_stem: bool = False) -> bool:
        """Whether a text is the right side."""
        if by_stem:
            return analyze(text, self.language) == analyze(self.pair.right, self.language)
        return folded(text) == folded(self.pair.right)


def read_pair(pair: Pair, understanding: Understanding, language: str) -> Read:
    """Understand a pair's wrong side."""
    query = understanding.understand(pair.wrong, language)
    vocabulary = understanding.vocabulary(language)
    reachable = all(vocabulary.document_frequency(term) for term in analyze(pair.right, language))
    error = error_class(pair.wrong, pair.right, language)
    return Read(pair, error, reachable, query.proposed_text, query.text, language)


@dataclass(frozen=True, slots=True)
class Clean:
    """Right queries, and how many of them were changed or asked about."""

    queries: int
    changed: tuple[tuple[str, str], ...]
    asked: int


def read_clean(texts: Iterable[str], understanding: Understanding, language: str) -> Clean:
    """Understand texts that are right as they are; a change is a correction that finds something else."""
    unique = list(dict.fromkeys(texts))
    queries = [understanding.understand(text, language) for text in unique]
    changed = tuple((query.original, query.text) for query in queries if query.corrections)
    return Clean(len(unique), changed, sum(bool(query.proposals) for query in queries))


def model_numbers(pipeline: Pipeline) -> list[str]:
    """The model numbers of an index's products, as the feed writes them."""
    products = (pipeline.snapshot.documents.product(row) for row in range(len(pipeline.snapshot)))
    found = (number for product in products for number in (product.mpn, *(v.mpn for v in product.variants)) if number)
    return list(dict.fromkeys(found))
