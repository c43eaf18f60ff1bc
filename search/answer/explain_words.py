"""From the query's words to R, for one hit: every number that `search/retrieval.py` multiplied and added, by name.

Nothing is computed another way here: each word is matched by the postings as it was for the ranking, and the tree shows
one product's numbers of it. Made on demand, for the hits that are shown; the words are matched once a query.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from msgspec.structs import replace

from search.answer.highlight import Carried, carried
from search.answer.texts import HIGHLIGHTED
from search.index.postings import TOGETHER, Match, Postings
from search.index.snapshot import Snapshot
from search.messages import ExplainDense, ExplainFusion, ExplainLexical, ExplainMatch, ExplainWord
from search.retrieval import Retrieval
from search.settings import Settings
from search.types import Scores, Sought
from search.words.analysis import SPELLED, Analyzer
from search.words.codes import MARK as CODE
from search.words.measures import MARK as MEASURE

#: Stretches of text that are told for a term.
MOST_WRITTEN = 3
#: How a product writes the umlauts of a word.
AS_TYPED, TRANSCRIBED, FOLDED = "as typed", "transcribed", "folded"


@dataclass(frozen=True, eq=False)
class Account:
    """Explains the relevance of one query's hits."""

    snapshot: Snapshot
    retrieval: Retrieval
    settings: Settings
    _matches: dict[Sought, Match] = field(default_factory=dict)

    @cached_property
    def _postings(self) -> Postings:
        return self.snapshot.lexical(self.retrieval.query.language)

    @cached_property
    def _analyzer(self) -> Analyzer:
        return self.snapshot.analyzer(self.retrieval.query.language)

    @cached_property
    def _sought(self) -> tuple[Sought, ...]:
        query = self.retrieval.query
        return query.sought or tuple(Sought(term) for term in query.terms)

    @cached_property
    def _best(self) -> float:
        return sum(item.weight * self._match(item).idf for item in self._sought) * (self._postings.k1 + 1)

    def _match(self, item: Sought) -> Match:
        if item not in self._matches:
            self._matches[item] = self._postings.match(item)
        return self._matches[item]

    # --- one product ---

    def lexical(self, row: int, shown: Mapping[str, Any]) -> ExplainLexical | None:
        """The words' leg; None where nothing is searched for.

        Args:
            shown: the product as it is shown in the query's language: where its words are looked up.
        """
        if self.retrieval.query.is_empty:
            return None
        written = self._written(shown)
        words = [self._word(item, row, written) for item in self._sought]
        weights = sum(item.weight for item in self._sought)
        lexical, (gain, kind_found) = self._at(self.retrieval.lexical, row), self.retrieval.of_kind
        return ExplainLexical(
            words=words,
            bm25=sum(word.score for word in words),
            kind_gain=self._at(gain, row),
            best=self._best,
            found=sum(word.weight * word.found for word in words) / weights if weights else 0.0,
            kind_found=self._at(kind_found, row),
            coverage=self.settings.lexical.coverage,
            lexical=lexical,
            adjacent=self.retrieval.adjacent.get(row, 0.0),
            adjacent_weight=self.settings.fusion.adjacent,
        )

    def _at(self, scores: Scores, row: int) -> float:
        """What scores of the reached rows (r,) say of one product."""
        return float(self.retrieval.reached.at(scores, np.array([row]))[0])

    def dense(self, row: int) -> ExplainDense | None:
        """The vectors' leg; None without an encoder."""
        cosines = self.retrieval.cosines
        if cosines is None:
            return None
        dense = self.retrieval.legs_of(np.array([row]))[1]
        return ExplainDense(float(cosines.at(np.array([row]))[0]), cosines.noise, float(dense[0]))

    def fusion(self, row: int) -> ExplainFusion | None:
        """Both legs as one; None where nothing is searched for: every product has R = 1."""
        retrieval = self.retrieval
        if retrieval.query.is_empty:
            return None
        best_lexical, best_dense = retrieval.confidence
        return ExplainFusion(
            lexical_weight=retrieval.weight,
            best_lexical=best_lexical,
            best_dense=best_dense,
            trust=self.settings.fusion.dense_trust,
            exact=bool((retrieval.exact == row).any()),
            R=float(retrieval.relevance_of(np.array([row]))[0]),
        )

    # --- one word ---

    def _word(self, item: Sought, row: int, written: Mapping[str, Sequence[Carried]]) -> ExplainWord:
        match = self._match(item)
        saturated = float(match.saturated[row])
        return ExplainWord(
            term=item.term,
            weight=item.weight,
            idf=match.idf,
            saturated=saturated,
            found=float(match.found[row]),
            score=item.weight * match.idf * saturated,
            matched=list(self._matched(item, row, written)),
            spelling=self._spelling(item, row) if saturated else None,
            parts=self._parts(item, row, written),
        )

    def _parts(self, item: Sought, row: int, written: Mapping[str, Sequence[Carried]]) -> list[ExplainWord]:
        """The parts, each with its share in what they make together, of weight 0.8 / Σ idf."""
        all_idf = sum(self._match(part).idf for part in item.parts)
        words = []
        for part in item.parts:
            word = self._word(part, row, written)
            weight = TOGETHER / all_idf
            words.append(replace(word, weight=weight, score=weight * word.idf * word.saturated))
        return words

    def _matched(self, item: Sought, row: int, written: Mapping[str, Sequence[Carried]]) -> list[ExplainMatch]:
        found = []
        instead = [word for one in item.synonyms for word in one.words]
        whole = {word.term: float(self._match(word).saturated[row]) for word in instead if word.parts}
        terms = (term for word in instead for term in (word.term, *word.others))
        for term in dict.fromkeys((item.term, *item.others, *terms)):
            saturated = max(self._postings.saturated_in(term, row), whole.get(term, 0.0))  # or its parts
            if saturated > 0:
                places = written.get(term, ())
                stretches = list(dict.fromkeys(place.text for place in places))[:MOST_WRITTEN]
                k1 = self._postings.k1
                frequency = k1 * saturated / (k1 + 1 - saturated)
                how = _how(term, item, [place.how for place in places])
                found.append(ExplainMatch(term, how, stretches, frequency, saturated))
        return found

    def _spelling(self, item: Sought, row: int) -> str | None:
        if not item.spelled:
            return None
        held = [self._postings.saturated_in(term, row) > 0 for term in item.spelled]
        return AS_TYPED if held[0] else TRANSCRIBED if held[-1] else FOLDED

    def _written(self, shown: Mapping[str, Any]) -> dict[str, list[Carried]]:
        """Term -> where the product's texts hold it."""
        held: dict[str, list[Carried]] = {}
        for name in HIGHLIGHTED:
            text = shown.get(name)
            for item in carried(text, self._analyzer) if isinstance(text, str) else ():
                held.setdefault(item.term, []).append(item)
        return held


def _how(term: str, item: Sought, ways: Sequence[str]) -> str:
    """In which way a product holds a term."""
    named = {MEASURE: "measure", CODE: "code", SPELLED: "umlauts"}.get(term[:1])
    if named is None and term != item.term:
        named = "synonym"
    return named or ("word" if "word" in ways else "part" if "part" in ways else "elsewhere")
