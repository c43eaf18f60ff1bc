"""A query: filters, corrections, what was stated, which words are sought."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal


@dataclass(frozen=True, slots=True)
class Clause:
    """`field:value,value` or `field:low..high` (bounds inclusive, None is open)."""

    field: str
    values: tuple[str, ...] = ()
    low: str | None = None
    high: str | None = None

    @property
    def is_range(self) -> bool:
        """True for `low..high`, also with one open end."""
        return self.low is not None or self.high is not None


@dataclass(frozen=True, slots=True)
class Not:
    """All products that `part` does not match."""

    part: Filter


@dataclass(frozen=True, slots=True)
class And:
    """Products that every part matches; no parts match everything."""

    parts: tuple[Filter, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Products that at least one part matches."""

    parts: tuple[Filter, ...]


Filter = Clause | Not | And | Or


@dataclass(frozen=True, slots=True)
class Correction:
    """A word, or two, read as others. `probability` in 0..1, `distance` in edits, `start` in code points."""

    original: str
    corrected: str
    distance: int
    start: int
    probability: float = 1.0


@dataclass(frozen=True, slots=True)
class Near:
    """Numbers of a field near low..high (None is open): 1 inside, falling to 0 at `reach` outside.

        degree(x) = max(0, 1 − distance(x, [low, high]) / reach)

    All in the field's unit; `reach` > 0.
    """

    field: str
    low: float | None
    high: float | None
    reach: float


Step = Literal["correction", "split", "translation", "limits", "words", "similar"]


@dataclass(frozen=True, slots=True)
class Relaxation:
    """A step away from a query that found too little (`search.relax`).

    `text` is what is searched for after it; `dropped` are the words, or the limits, that it took away or replaced.
    """

    step: Step
    text: str
    dropped: tuple[str, ...] = ()


Effect = Literal["prefer", "limit", "exclude", "silence", "off"]


@dataclass(frozen=True, slots=True)
class Stated:
    """Something the query says about an attribute: "herren" is gender:herren.

    `effect`: products that fit come first ("prefer"), others are left out ("limit"), those that fit are left out
    ("exclude"), only the shopper's own taste is kept quiet ("silence"), or the shopper switched it off ("off").
    `wanted`: (degree 0..1, clause): a product fits to the highest degree among the clauses that match it.
    `near`: numbers that fit the better, the nearer they are.
    `start`: place in the text that was understood, in code points. `searched`: its words are searched as words too.
    """

    attribute: str
    value: str
    text: str
    effect: Effect = "prefer"
    wanted: tuple[tuple[float, Clause], ...] = ()
    start: int = 0
    searched: bool = True
    near: tuple[Near, ...] = ()


SynonymKind = Literal["two-way", "one-way", "replacement"]
#: What stands for a word is the shop's synonym, or what the same products are called in the query's language.
InsteadKind = Literal["two-way", "one-way", "replacement", "translation"]


@dataclass(frozen=True, slots=True)
class Instead:
    """What the shop says is as good as a word: all of `words`, and where they are several, next to each other.

    `phrase` are their terms as they stand in a text, () for one word; `of` and `text` are both sides as listed.
    """

    words: tuple[Sought, ...]
    phrase: tuple[str, ...] = ()
    of: str = ""
    text: str = ""
    kind: InsteadKind = "two-way"


@dataclass(frozen=True, slots=True)
class UsedSynonym:
    """A synonym that a query used: what it holds, and what is found as well (or, of a replacement, only)."""

    words: str
    finds: tuple[str, ...]
    kind: SynonymKind


@dataclass(frozen=True, slots=True)
class Sought:
    """One word of a query: a term, and what may stand for it.

    `parts` are a compound's, the head last. Together they stand for the term; where no product holds the term, the
    head does by itself, and the others add to it. Any of `others` is as good as the term, and any of `synonyms`.
    `weight` is that of so many words. `spelled` are terms for the ways to write its umlauts, the query's own first.
    """

    term: str
    parts: tuple[Sought, ...] = ()
    others: tuple[str, ...] = ()
    weight: float = 1.0
    spelled: tuple[str, ...] = ()
    synonyms: tuple[Instead, ...] = ()

    def all_terms(self) -> Iterator[str]:
        """The term, those of the parts, and of synonyms of one word."""
        yield from self.whole_terms()
        for part in self.parts:
            yield from part.all_terms()

    def whole_terms(self) -> Iterator[str]:
        """The same without those of the parts."""
        yield self.term
        yield from self.others
        for instead in self.synonyms:
            if not instead.phrase:
                yield from (term for word in instead.words for term in (word.term, *word.others))

    def insteads(self) -> Iterator[Instead]:
        """The synonyms of the word and of its parts."""
        yield from self.synonyms
        for part in self.parts:
            yield from part.insteads()

    def plain(self) -> Sought:
        """The word without the shop's synonyms; a translation stays, since it is the word."""
        if all(instead.kind == "translation" for instead in self.insteads()):
            return self
        kept = tuple(instead for instead in self.synonyms if instead.kind == "translation")
        return replace(self, synonyms=kept, parts=tuple(part.plain() for part in self.parts))


@dataclass(frozen=True, slots=True)
class Query:
    """What the shopper asked, understood.

    `terms` are analysed and unique, in order; `sought` says for each what may stand for it; `text` is what is
    searched for (after correction), `original` what was typed. `proposals` are readings of words of `original` that
    are too unsure to be searched for. `searched` is the text without what was understood as a price, a size or a
    negation (None: all of it). `lexical_weight` in 0..1 is this query's share of the lexical leg. `synonyms` are
    those of the shop that were used, `readings` the text with one of them in place. `relaxed` are the steps taken where
    it found too little. `bare` is what is sought without words that only say which of a kind comes first ("pumps" of
    "rote pumps", "koffer" of "Koffer 40 l"); empty where there are none.
    """

    original: str
    text: str
    language: str
    terms: tuple[str, ...]
    corrections: tuple[Correction, ...] = ()
    proposals: tuple[Correction, ...] = ()
    stated: tuple[Stated, ...] = ()
    lexical_weight: float = 0.5
    sought: tuple[Sought, ...] = ()
    searched: str | None = None
    synonyms: tuple[UsedSynonym, ...] = ()
    readings: tuple[str, ...] = ()
    relaxed: tuple[Relaxation, ...] = ()
    bare: tuple[Sought, ...] = ()

    @property
    def words(self) -> str:
        """The text that is searched for as words."""
        return self.text if self.searched is None else self.searched

    @property
    def is_empty(self) -> bool:
        """True when there is nothing to search for: the shopper browses."""
        return not self.words

    def plain(self) -> Query:
        """The query without its one- and two-way synonyms; itself where it has none."""
        sought = tuple(item.plain() for item in self.sought)
        bare = tuple(item.plain() for item in self.bare)
        return self if sought == self.sought else replace(self, sought=sought, bare=bare, readings=())

    def of_kind(self) -> Query:
        """The query for the kind alone, as far as words are sought: "pumps" of "rote pumps"; itself without one."""
        terms = tuple(item.term for item in self.bare)
        return replace(self, sought=self.bare, terms=terms, bare=()) if self.bare else self

    @property
    def proposed_text(self) -> str:
        """The query with its corrections and its proposals; the corrected one where nothing is proposed."""
        return apply_corrections(self.original, (*self.corrections, *self.proposals))


def apply_corrections(text: str, corrections: Sequence[Correction]) -> str:
    """The text with each corrected word in its place.

    >>> apply_corrections("rotes Shrit", [Correction("Shrit", "shirt", 1, 6)])
    'rotes shirt'
    """
    for correction in sorted(corrections, key=lambda correction: -correction.start):
        end = correction.start + len(correction.original)
        text = text[: correction.start] + correction.corrected + text[end:]
    return text
