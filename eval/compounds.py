"""Are compounds split where people split them? One splitter against a list of compounds and their parts.

    right     two parts, and each is found by the same term as the part that people gave
    nested    among the smallest parts' borders is the one that people gave: "pflanzen|schutz|mittel" for
              "Pflanzenschutz|Mittel"; the same words find it, in another tree
    wrong     any other split
    none      not split

A compound is known where the vocabulary has all of its parts; of the others every split but a right one errs, and how
often that happens is the price of splitting. Compounds that people gave in more than two parts are left out.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from eval.judged.qrels import read_lines
from search.errors import BadInput
from search.text import clean, stem
from search.words.compounds import Splitter

OUTCOMES = ("right", "nested", "wrong", "none")
HALVES = ("tuning", "report", "both")
LANGUAGE = "de"


@dataclass(frozen=True, slots=True)
class Compound:
    """A folded word and its two parts, each with what people accept for it."""

    word: str
    parts: tuple[tuple[str, ...], ...]


def read_compounds(path: Path, half: str = "both") -> list[Compound]:
    """Read `parts<TAB>compound` lines; parts are separated by spaces, alternatives of one by "|".

    Args:
        half: "tuning", "report" (by a hash of the compound) or "both".

    Raises:
        BadInput: no such half, a file that cannot be read, a line without a tab.
    """
    if half not in HALVES:
        raise BadInput(f"No half '{half}'. Known: {', '.join(HALVES)}.", "--half")
    found = []
    for place, line in read_lines(path):
        parts, tab, word = line.partition("\t")
        if not tab:
            raise BadInput(f"{place} has no tab. Write: parts, a tab, the compound.", place)
        if half == "both" or zlib.crc32(word.encode()) % 2 == HALVES.index(half):
            given = tuple(tuple(clean(part).casefold().split("|")) for part in parts.split())
            found.append(Compound(clean(word).casefold(), given))
    return [compound for compound in found if len(compound.parts) == 2]


def read_vocabulary(lists: Iterable[Path], counts: Mapping[str, int]) -> dict[str, int]:
    """A catalogue's words, and one more occurrence for each line of the word lists."""
    vocabulary = Counter(counts)
    for path in lists:
        vocabulary.update(word for _, line in read_lines(path) if (word := clean(line).casefold()).isalpha())
    return dict(vocabulary)


def outcome(splitter: Splitter, compound: Compound) -> str:
    """What became of one compound.

    >>> splitter = Splitter({"damen": 5, "schuh": 5})
    >>> outcome(splitter, Compound("damenschuhe", (("dame",), ("schuh",))))
    'right'
    """
    split = splitter.split(compound.word)
    if not split:
        return "none"
    if len(split) == 2 and all(_same(part, given) for part, given in zip(split, compound.parts, strict=True)):
        return "right"
    starts = (compound.word.rfind(leaf) for leaf in splitter.leaves(compound.word)[1:])
    return "nested" if any(_same(compound.word[at:], compound.parts[1]) for at in starts if at > 0) else "wrong"


def _same(part: str, given: Sequence[str]) -> bool:
    return stem(part, LANGUAGE) in {stem(word, LANGUAGE) for word in given}


def measure(
    splitter: Splitter, vocabulary: Mapping[str, int], compounds: Iterable[Compound]
) -> dict[str, dict[str, float]]:
    """Shares of the outcomes, apart for compounds whose parts the vocabulary has ("known") and the others ("rest").

    Returns:
        group -> outcome -> share in 0..1, and "compounds" -> how many there are.
    """
    counts: dict[str, Counter[str]] = {"known": Counter(), "rest": Counter()}
    for compound in compounds:
        known = all(any(word in vocabulary for word in part) for part in compound.parts)
        counts["known" if known else "rest"][outcome(splitter, compound)] += 1
    shares = {}
    for group, counted in counts.items():
        total = counted.total()
        shares[group] = {name: counted[name] / max(total, 1) for name in OUTCOMES} | {"compounds": float(total)}
    return shares
