"""A query's words to what they state, in one pass: prices, negations, names of fields, the kind, sizes, adjectives.

What one reader takes is gone for the next, so that "unter 50 €" is no size and "nicht rot" no wish for red. Prices,
sizes and negations are not searched as words any more; everything else is, and is preferred besides.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from search.text import STOP_WORDS, Word, words
from search.types import Clause, Stated
from search.understand.adjectives import Adjectives, Mentions
from search.understand.amounts import read_measures
from search.understand.availability import Availability
from search.understand.comparison import read_comparison
from search.understand.fields import ColumnsLike, Kind, values_of
from search.understand.lexicon import Lexicon, read_gifts
from search.understand.negations import read_negations
from search.understand.phrases import Names
from search.understand.prices import read_prices
from search.understand.sizes import read_size_alone, read_size_ranges, read_sizes
from search.understand.spans import blanked, kept, left, overlaps, runs, without
from search.understand.wishes import Wishes, read_years

#: Shorter words are no names of lines.
SHORTEST_LINE = 3


@dataclass(frozen=True, slots=True)
class Reading:
    """What a text states, in its order, and what of it is still searched for as words."""

    stated: tuple[Stated, ...]
    searched: str


@dataclass(frozen=True, eq=False)
class Reader:
    """Reads what queries state about one catalogue. Without columns: names only, no kinds, sizes and adjectives."""

    lexicon: Lexicon
    columns: ColumnsLike | None = None
    adjectives: Adjectives | None = None
    mentions: Mentions | None = None

    def read(self, text: str, language: str, off: Collection[str] = (), branch: str | None = None) -> Reading:
        """What a text states.

        Args:
            off: attributes that the shopper switched off: told as such, without effect, and searched as words.
            branch: from which the search is asked: where "heute abholen" means.
        """
        found: list[Stated] = []
        unpriced = blanked(text, read_size_ranges(text))
        negations = read_negations(text, language, self.lexicon, self.columns)
        for stated in [*self._prices(unpriced, language), *negations, *self.availability.read(text, branch)]:
            if not any(overlaps(stated, other) for other in found if other.text != stated.text):
                found.append(stated)
        free = left(list(words(text, language)), found)
        phrases = [phrase for group in runs(free) for phrase in self.names.phrases(text, group, language)]
        kind, of_kind = self.names.kind(text, phrases, language)
        found += of_kind
        found += self._sizes(text, free, kind, bool(of_kind))
        found += [wish for phrase in phrases if (wish := self.wishes.read(phrase, kind, bool(of_kind)))]
        found += [told for stated in found if (told := self.wishes.age_of(stated))]
        found += read_years(kept(text, left(free, found)), kind) if kind else ()
        measured = {item.attribute for item in found if item.near}
        adjectives = self._adjectives(text, language, left(free, found), kind, bool(of_kind))
        found += [item for item in adjectives if item.attribute not in measured]  # "80 cm breit" is not very wide
        found += self._lines(language, left(free, found), found)
        found += self._size_alone(text, language, left(free, found), kind)
        found = read_comparison(text, language, [*read_gifts(text), *found], self.columns, self.mentions)
        if "similar" in off:
            found = [replace(item, searched=True) if item.effect == "silence" else item for item in found]
        switched = [replace(item, effect="off", searched=True) if item.attribute in off else item for item in found]
        searched = " ".join(filter(None, [without(text, switched), *self._kinds_alike(switched, language)]))
        return Reading(tuple(sorted(switched, key=lambda item: item.start)), searched)

    @cached_property
    def names(self) -> Names:
        """Finds the names that this catalogue's lexicon knows."""
        return Names(self.lexicon, self.columns)

    @cached_property
    def wishes(self) -> Wishes:
        """Reads names as wishes."""
        return Wishes(self.columns)

    @cached_property
    def counts_pence(self) -> bool:
        """Whether prices are in pounds: "50p"."""
        return "GBP" in values_of(self.columns, "currency")

    @cached_property
    def availability(self) -> Availability:
        """Reads where something shall be had."""
        return Availability([] if self.columns is None else list(self.columns.columns))

    # --- one reader each ---

    def _prices(self, text: str, language: str) -> Iterator[Stated]:
        """Prices; "premium" is searched as a word only where some product says it."""
        names = {"_list_price", "_sale_price"} if self.columns is None else self.columns.columns
        on_sale = "_sale_price" in names
        for item in read_prices(text, "_list_price" in names, on_sale, language, self.counts_pence):
            said = self.mentions is None or any(
                len(self.mentions(word.term, language)) for word in words(item.text, language)
            )
            yield item if said else replace(item, searched=False)

    def _kinds_alike(self, found: Iterable[Stated], language: str) -> Iterator[str]:
        """The name of the kind that a named product is of: what is like it is searched for too."""
        for item in found:
            if item.attribute == "similar" and item.effect == "prefer":
                for _, clause in item.wanted:
                    yield self.lexicon.name((clause.field, clause.values[0]), language)

    def _sizes(self, text: str, free: Sequence[Word], kind: Kind | None, named: bool) -> Iterator[Stated]:
        """Sizes, then the measures that are none; only in what is left of the text."""
        if kind is None:
            return
        rest = kept(text, free)
        sizes = list(read_sizes(rest, kind, named))
        yield from sizes
        yield from read_measures(blanked(rest, sizes), kind, [word.text for word in free], named)

    def _size_alone(self, text: str, language: str, free: Sequence[Word], kind: Kind | None) -> Iterator[Stated]:
        """A size that is all that the query says, besides what is understood: it needs no kind."""
        rest = [word for word in free if word.text not in STOP_WORDS.get(language, frozenset())]
        if kind is not None and not kind.clauses and rest:
            yield from read_size_alone(kept(text, rest), kind)

    def _adjectives(
        self, text: str, language: str, free: Sequence[Word], kind: Kind | None, named: bool
    ) -> Iterator[Stated]:
        if kind is None or self.adjectives is None:
            return
        read = self.adjectives.read if named else self.adjectives.read_alone
        for word in free:
            if stated := read(word.text, language, kind, text[word.start : word.end], word.start):
                yield stated

    def _lines(self, language: str, free: Sequence[Word], found: Iterable[Stated]) -> Iterator[Stated]:
        """A brand and a word that only this brand's products have name one line: no taste is of use any more."""
        brand = next((item.value for item in found if item.attribute == "brand" and item.effect == "prefer"), None)
        column = None if self.columns is None else self.columns.keyword("brand")
        if brand is None or column is None or self.mentions is None:
            return
        others = ~self.columns.mask(Clause("brand", values=(brand,)))  # type: ignore[union-attr]
        for word in free:
            rows = self.mentions(word.term, language)
            if len(word.text) >= SHORTEST_LINE and len(rows) > 0 and not others[rows].any():
                yield Stated("line", word.text, word.text, "silence", start=word.start)
