"""The shop's own lists: synonyms, splits of compounds, and what is proposed for them."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from search.types import SynonymKind
from search.words.synonyms import MOST_CHARACTERS, MOST_ENTRIES, MOST_SIDES

MAX_SPLITS, MAX_PARTS = 5_000, 8
Side = Annotated[str, Meta(min_length=1, max_length=MOST_CHARACTERS)]
Sides = Annotated[list[Side], Meta(max_length=MOST_SIDES)]
#: Where an entry stands: in the file written by hand, or in the list of the API.
Source = Literal["file", "api"]


class SynonymIn(Struct, frozen=True, forbid_unknown_fields=True):
    """One synonym. two-way: `words` find each other; one-way: each finds `finds` too; replacement: `finds` only."""

    kind: SynonymKind
    words: Annotated[Sides, Meta(description="What is typed.")]
    finds: Annotated[Sides, Meta(description="What is found too, or instead; none for two-way.")] = []
    language: Annotated[str, Meta(pattern="^[a-z]{2}$", description="Queries in it only; all if absent.")] | None = None


class SynonymInfo(Struct, frozen=True, omit_defaults=True):
    """A synonym as it is kept: in lower case and in order, with the id to delete it by."""

    id: str
    kind: SynonymKind
    words: list[str]
    line: str
    source: Source
    finds: list[str] = []
    language: str | None = None


class SynonymsIn(Struct, frozen=True, forbid_unknown_fields=True):
    """The whole list of the API."""

    synonyms: Annotated[list[SynonymIn], Meta(max_length=MOST_ENTRIES)]


class SynonymList(Struct, frozen=True):
    """Every synonym that counts, those of the file first."""

    synonyms: list[SynonymInfo]


class CompoundIn(Struct, frozen=True, forbid_unknown_fields=True):
    """A word and its parts, the last one says what the thing is; without parts the word is never split."""

    word: Side
    parts: Annotated[list[Side], Meta(max_length=MAX_PARTS)] = []


class CompoundInfo(Struct, frozen=True):
    """A split as it is kept. Where file and API split the same word, the API's counts."""

    word: str
    parts: list[str]
    source: Source


class CompoundsIn(Struct, frozen=True, forbid_unknown_fields=True):
    """The whole list of the API."""

    compounds: Annotated[list[CompoundIn], Meta(max_length=MAX_SPLITS)]


class CompoundList(Struct, frozen=True):
    """Every split that counts, by word."""

    compounds: list[CompoundInfo]


class SynonymProposal(Struct, frozen=True):
    """Two words of the catalogue that may mean the same, and why; POST `words` as a two-way synonym to accept.

    `cosine` of the words' vectors, `alike` that of their products', both less the mean; `products` that hold each, and
    both `together`; `score` 0..1 puts the surest first (`search.proposals`).
    """

    words: list[str]
    language: str
    score: float
    cosine: float
    products: list[int]
    together: int
    alike: float


class ProposalList(Struct, frozen=True):
    """What the catalogue's words propose, the surest first."""

    snapshot: int
    proposals: list[SynonymProposal]
