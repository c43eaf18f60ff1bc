"""What a search answers: how the query was read, hits, facets, suggestions."""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Struct

from search.messages.explanations import Explanation, Reason
from search.settings.personal import Level
from search.types import Effect, Step, SynonymKind


class CorrectionInfo(Struct, frozen=True):
    """A word that was read as another."""

    original: str
    corrected: str
    distance: int


class CorrectedQuery(Struct, frozen=True):
    """What was searched for instead, and what was typed: offer it again with correct=false."""

    text: str
    original: str
    words: list[CorrectionInfo]


class ProposedQuery(Struct, frozen=True):
    """What may have been meant ("Meintest du …"): too unsure to be searched for unasked."""

    text: str
    words: list[CorrectionInfo]


class UnderstoodInfo(Struct, frozen=True, omit_defaults=True):
    """Something that the query says about an attribute. An empty value: something, but not which.

    `effect`: "prefer" puts what fits first, "limit" and "exclude" leave the others out, by `filter`; "silence" keeps
    the shopper's own taste quiet; "off" was switched off by `without_understood`. `label` is the value as people of
    the query's language read it.
    """

    attribute: str
    value: str
    text: str
    effect: Effect
    filter: str | None = None
    label: str | None = None


class SynonymUsed(Struct, frozen=True):
    """A synonym of the shop's that the query held: its words, and what was found as well; of a replacement, instead."""

    words: str
    finds: list[str]
    kind: SynonymKind


class ContextInfo(Struct, frozen=True):
    """What the shopper typed elsewhere (`context.referrer_query`), and how it was read: all of it counts softly."""

    text: str
    language: str
    understood: list[UnderstoodInfo]
    searched: str


class RelaxedInfo(Struct, frozen=True):
    """A step that was taken because the query found nothing, or hardly anything.

    `step`: a word was read as another ("correction") or torn or joined ("split"), a word that only texts in another
    language hold as what its products are called in the query's ("translation": `text`), a limit that left nothing
    became a wish ("limits"), words that no result holds were left out ("words"), or no word was found and the results
    are only similar ("similar"). `text` is what was searched for; `dropped` are the words or limits taken away or
    replaced.
    """

    step: Step
    text: str
    dropped: list[str]


class QueryInfo(Struct, frozen=True):
    """How the query was read. `searched` is what of it is searched for as words; `synonyms` were used; `context` was
    typed elsewhere."""

    text: str
    language: str
    understood: list[UnderstoodInfo]
    corrected: CorrectedQuery | None = None
    searched: str = ""
    proposed: ProposedQuery | None = None
    synonyms: list[SynonymUsed] = []
    context: ContextInfo | None = None
    relaxed: list[RelaxedInfo] = []


class Hit(Struct, frozen=True, omit_defaults=True):
    """One result. `rank` from 1 over all pages, `rank_anonymous` what a stranger would see; `score` is R, 0..1;
    highlights are offsets in code points. `wrong_size` is told where it is not in stock in the size that the shopper
    states, in the answer's language. `new_since_last_visit`: released after the shopper was last here."""

    id: str
    rank: int
    rank_anonymous: int
    score: float
    product: dict[str, Any]
    highlights: dict[str, list[tuple[int, int]]]
    reasons: list[Reason]
    explain: Explanation | None = None
    wrong_size: str | None = None
    new_since_last_visit: bool = False


class FacetValue(Struct, frozen=True, omit_defaults=True, gc=False):
    """A value and how many results have it; `label` is what people of the answer's language read."""

    value: str
    count: int
    label: str | None = None


class Facet(Struct, frozen=True, omit_defaults=True):
    """Counts of a field over the results; numbers have their least and greatest."""

    values: list[FacetValue]
    count: int
    min: float | None = None
    max: float | None = None


class Group(Struct, frozen=True):
    """More of something that the search is about: of the brand, the kind, a style.

    `kind` is the field ("brand", "product_type", "color" …) and `value` its value; `label` is a heading in the
    answer's language. `q` and `filter` together search for all of it, `total` products; `hits` are its first ones that
    are not on the page, ranked as that search would rank them.
    """

    kind: str
    value: str
    label: str
    q: str
    filter: str
    total: int
    hits: list[Hit]


class Suggestion(Struct, frozen=True, omit_defaults=True):
    """One line under the search box; `filter` leads to a category's or brand's page.

    Of kind "query" it is a search of the shopper's `own`, `count` how often they did it; DELETE `remove` takes it away.
    """

    kind: Literal["product", "category", "brand", "query"]
    text: str
    count: int
    id: str | None = None
    filter: str | None = None
    corrected: bool = False
    own: bool = False
    remove: str | None = None


class SearchAnswer(Struct, frozen=True):
    """The answer to one search. `level`: for whom the order was made, as far as anything was known of who asked.

    Where nothing is found, `unfiltered` is how many results there would be without the request's filter (null without
    a filter), and `offers` are lines to go on with.
    """

    query_id: str
    query: QueryInfo
    total: int
    hits: list[Hit]
    facets: dict[str, Facet]
    degraded: list[str]
    took_ms: float
    cursor: str | None
    groups: list[Group] = []
    unfiltered: int | None = None
    offers: list[Suggestion] = []
    level: Level = "all"


class MultiSearchAnswer(Struct, frozen=True):
    """The answers, in the order of the searches."""

    answers: list[SearchAnswer]


class SuggestAnswer(Struct, frozen=True):
    """What to offer while the shopper types; `degraded` names what could not be read."""

    suggestions: list[Suggestion]
    took_ms: float
    degraded: list[str] = []
