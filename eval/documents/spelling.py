"""The document of `tresen-eval spelling`."""

from __future__ import annotations

from msgspec import Struct

from eval.documents.made import Made


class ClassFigures(Struct, frozen=True):
    """One class of error. Shares of its pairs; `proposed` counts what is corrected too.

    `reachable` are pairs whose right words are all in the vocabulary; the first four shares are of those. A text is
    right where its folded words are; `_search` where its stems are, so that the same products are found.
    """

    name: str
    pairs: int
    reachable: int
    proposed: float
    corrected: float
    proposed_search: float
    corrected_search: float


class CleanFigures(Struct, frozen=True):
    """Right queries: how many were changed, how many only by a blank, how many were asked about; some changes."""

    name: str
    queries: int
    changed: int
    only_blanks: int
    asked: int
    examples: list[tuple[str, str]]


class Spelling(Struct, frozen=True, kw_only=True, tag_field="kind", tag="spelling"):
    """`tresen-eval spelling`.

    `unreachable_changed` and `unreachable_asked` are shares of the pairs whose right words are not all in the
    vocabulary: what is then searched for, or proposed, is wrong.
    """

    made: Made
    half: str
    classes: list[ClassFigures]
    unreachable: int
    unreachable_changed: float
    unreachable_asked: float
    clean: list[CleanFigures]
