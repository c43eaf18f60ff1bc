"""A query that finds nothing, or hardly anything, is read again in steps, each only as far as needed and told.

    correction   a word that no product holds, or hardly any, as the word that was likely meant
    split        two words written as one, or one that was torn
    limits       a limit or negation of the query that leaves nothing: what is nearest to it comes first
    translation  a word that only texts in another language hold, as what those products are called in the query's
    words        words that no result holds are named: they were left out
    similar      no word is found: what is near by meaning, if need be by a lower bar

A clean query with hits is never changed: all words of it are known. The request's own filter is never relaxed. What is
relaxed is fixed before anything is counted or ordered, and depends on the query, its filter and the catalogue only: all
pages of an answer relax alike.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from search.candidates import CandidateSet
from search.index.columns import Columns
from search.rerank.stated import restriction
from search.settings import Relax
from search.text import STOP_WORDS, words
from search.types import Clause, Query, Relaxation, Rows, Stated, Vocabulary
from search.understand.query import Understanding, holds

#: Share of the results that are nearest to a limit that none keeps -> how well they fit it.
NEAREST = ((0.1, 1.0), (0.25, 0.7), (0.5, 0.4))


# --- before anything is searched: words read as others ----------------------------------------------


@dataclass(frozen=True, slots=True)
class Asked:
    """What was typed, and how it shall be read: the arguments of `Understanding.understand`."""

    text: str
    language: str | None = None
    correct: bool = True
    off: Collection[str] = ()
    branch: str | None = None


def readings(understanding: Understanding, settings: Relax, asked: Asked) -> list[Query]:
    """What the shopper asked: words that find too little as what they more likely mean than not.

    A second one follows where the first reads words otherwise and no word of the query is held: the query as it was
    typed, with the other reading to ask about. Words that are not sold may be right ones ("Sonnenöl"); whether
    they mean something here, only their vector can tell (`relax.meant`).
    """
    query = understanding.understand(asked.text, asked.language, asked.correct, asked.off, asked.branch)
    if not (asked.correct and settings.enabled and is_lost(query, understanding.vocabulary(query.language))):
        return [query]
    held = any(holds(understanding.vocabulary(query.language), item) for item in query.sought)
    languages = (query.language,) if asked.language or held else tuple(understanding.vocabularies)
    others = [_again(understanding, settings, asked, query, language) for language in languages]
    again = max(others, key=partial(_sureness, understanding))
    if not (again.relaxed or again.corrections != query.corrections):
        return [query]
    if held or not query.sought:
        return [again]
    unsure = tuple(item for item in again.corrections if item not in query.corrections)
    return [again, replace(query, proposals=unsure)]


def _again(understanding: Understanding, settings: Relax, asked: Asked, query: Query, language: str) -> Query:
    """The query as read by all means in one language, with the steps that this took."""
    before = query
    if language != query.language:
        before = understanding.understand(asked.text, language, True, asked.off, asked.branch)
    after = understanding.understand(asked.text, language, True, asked.off, asked.branch, settings.least)
    return replace(after, relaxed=tuple(_steps(before, after)))


def _sureness(understanding: Understanding, query: Query) -> tuple[bool, bool, float]:
    """How sure the readings of a query are together: misspelt words are read best in the language they belong to.

    That is first of all the one whose words they become ("puumps" is Pumps, also where English texts say "pump").
    """
    belongs = understanding.detect(query.text) == query.language
    return bool(query.corrections), belongs, sum(item.probability for item in query.corrections)


def is_lost(query: Query, vocabulary: Vocabulary) -> bool:
    """A word of the query has another likely reading, or no product holds it nor any part of it."""
    return bool(query.proposals) or any(not holds(vocabulary, item) for item in query.sought)


def _steps(before: Query, after: Query) -> Iterator[Relaxation]:
    """What was read otherwise unasked; a blank too few or too many is a step of its own kind."""
    sure = {(item.start, item.corrected) for item in before.corrections}
    for item in after.corrections:
        if (item.start, item.corrected) not in sure:
            one, other = (side.replace(" ", "").casefold() for side in (item.original, item.corrected))
            yield Relaxation("split" if one == other else "correction", after.text, (item.original,))


# --- after the search: limits, words, meaning --------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Relaxed:
    """A query with its steps, its results, and how many there would be without the request's filter, if there are none.

    `unfiltered` is None where there are results, or no filter.
    """

    query: Query
    candidates: CandidateSet
    unfiltered: int | None = None


def relax(query: Query, candidates: CandidateSet, columns: Columns, settings: Relax) -> Relaxed:
    """Take the steps that the results call for."""
    if not settings.enabled:
        return Relaxed(query, candidates, _unfiltered(candidates))
    if not candidates.retrieval.finds_anything:
        candidates = candidates.by(candidates.retrieval.lowered(settings.similar))
    if not len(candidates.results):
        query, candidates = _without_limits(query, candidates, columns)
    told = tuple(_told(query, candidates))
    return Relaxed(replace(query, relaxed=(*query.relaxed, *told)), candidates, _unfiltered(candidates))


def _unfiltered(candidates: CandidateSet) -> int | None:
    if len(candidates.results) or not candidates.is_filtered:
        return None
    return len(candidates.without_filter().ranking)


def _without_limits(query: Query, candidates: CandidateSet, columns: Columns) -> tuple[Query, CandidateSet]:
    """Without the one limit whose loss leaves most, or without all if none is enough; as before if that is nothing."""
    limits = [item for item in query.stated if item.effect in ("limit", "exclude")]
    for choices in ([(item,) for item in limits], [tuple(limits)] if len(limits) > 1 else []):
        found = []
        for dropped in choices:
            rest = [item for item in query.stated if item not in dropped]
            found.append((candidates.under(restriction(rest, columns)), dropped))
        best = max(found, key=lambda pair: len(pair[0].ranking), default=None)
        if best is not None and len(best[0].ranking):
            return _preferring(query, best[0], best[1], columns), best[0]
    return query, candidates


def _preferring(query: Query, candidates: CandidateSet, dropped: Sequence[Stated], columns: Columns) -> Query:
    """The query whose dropped limits are wishes, as far as a product can be nearer to them than another."""
    prices = {item: nearest(item, columns, candidates.results.rows) for item in dropped}
    stated = tuple(prices.get(item, item) for item in query.stated)
    step = Relaxation("limits", query.text, tuple(item.text for item in dropped))
    return replace(query, stated=stated, relaxed=(*query.relaxed, step))


def nearest(item: Stated, columns: Columns, rows: Rows) -> Stated:
    """A limit as a wish: the results that miss it least fit best; switched off where it is about no number.

    degree = 1 for the tenth of the results that is nearest, .7 for the next up to a quarter, .4 up to a half.

    Args:
        rows: (m,) the results.
    """
    clause = next((clause for _, clause in item.wanted if clause.is_range), None)
    column = columns.number(clause.field) if clause is not None and item.effect == "limit" else None
    if clause is None or column is None:
        return replace(item, effect="off", wanted=())
    numbers = column.dense(columns.size)[rows]
    numbers = numbers[~np.isnan(numbers)]
    if not len(numbers):
        return replace(item, effect="off", wanted=())
    low, high = (None if bound is None else float(bound) for bound in (clause.low, clause.high))
    missed = np.maximum(0.0 if low is None else low - numbers, 0.0 if high is None else numbers - high)
    wanted = []
    for share, degree in NEAREST:
        by = float(np.quantile(missed, share, method="lower"))
        bounds = [None if bound is None else f"{bound + sign * by:.15g}" for bound, sign in ((low, -1), (high, 1))]
        wanted.append((degree, Clause(clause.field, low=bounds[0], high=bounds[1])))
    return replace(item, effect="prefer", wanted=tuple(wanted))


def _told(query: Query, candidates: CandidateSet) -> Iterator[Relaxation]:
    """What the results lack of the query's words: some of them, or all."""
    ranking = candidates.results
    if query.is_empty or not len(ranking) or candidates.retrieval.exact.size:
        return
    if translated := [
        instead
        for instead in (one for item in query.sought for one in item.insteads())
        if instead.kind == "translation"
    ]:
        text = " ".join(dict.fromkeys(instead.text for instead in translated))
        yield Relaxation("translation", text, tuple(dict.fromkeys(instead.of for instead in translated)))
    if not ranking.features["lexical"].any():
        yield Relaxation("similar", query.text)
        return
    lost = tuple(lost_words(query, candidates))
    if lost:
        left = " ".join(word for word in query.words.split() if word not in lost)
        yield Relaxation("words", left, lost)


def lost_words(query: Query, candidates: CandidateSet) -> Iterator[str]:
    """The words, as written, that no result holds and that are not understood otherwise."""
    results, vocabulary = candidates.results, candidates.retrieval.vocabulary
    best = int(results.rows[results.scores.argmax()])
    if all(any(vocabulary.saturated_in(term, best) for term in item.all_terms()) for item in query.sought):
        return
    inside = np.zeros(candidates.retrieval.size, bool)
    inside[results.rows] = True
    understood = {word.text for item in query.stated for word in words(item.text, query.language)}
    named = set(candidates.retrieval.wanted.terms) if candidates.retrieval.wanted else set()
    lost = {
        item.term
        for item in query.sought
        if item.term not in named and not any(inside[vocabulary.matching(term)].any() for term in item.all_terms())
    }
    stop = STOP_WORDS.get(query.language, frozenset())
    for word in words(query.words, query.language):
        if word.term in lost and word.text not in understood | stop:
            yield query.words[word.start : word.end]
