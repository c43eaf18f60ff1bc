"""What a query states is never overruled by the profile of whoever asks: queries asked by the opposite taste.

A product FITS a query if it is of its `kind` and all conditions of `expect` hold; one of its kind that does not fit
contradicts it. A query is violated, at most once, if

    expect   in the personal top ten stands a product that contradicts it above one that fits, which the anonymous
             order had the right way round (the one that fits may have been pushed out of the ten)
    silent   a taste that must not speak contributes to a product of the personal top ten
    unmoved  the personal top ten is another than the anonymous one

Both orders come from the pipeline that serves, over profiles that are folded in memory.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from statistics import fmean

import numpy as np

from eval.documents import IntentCount, Violation
from eval.personal.facts import Condition, Conditions, Facts, conditions, meets, read_facts
from eval.personal.histories import history, identity_of
from eval.personal.intent_files import Intent, IntentSet
from eval.profiles import FoldedProfiles, fold
from search.errors import BadInput, BadRequest, TresenError
from search.index.snapshot import Snapshot
from search.messages import Hit, SearchRequest
from search.pipeline import Pipeline
from search.types import Mask

TOP = 10
#: An explanation adds up to 1e-9; what is smaller is rounding.
SPEAKS = 1e-9


@dataclass(frozen=True, slots=True)
class Outcome:
    """One query: what was violated, in words; shares of the first ten that contradict it (None: nothing expected)."""

    intent: Intent
    violated: str | None
    unfit: tuple[float, float] | None


@dataclass(frozen=True, eq=False)
class Question:
    """A query as masks over the products: those that fit, those that contradict; the conditions, for the words."""

    intent: Intent
    fits: Mask
    contradicts: Mask
    expected: Sequence[Condition]


def day_of(snapshot: Snapshot) -> float:
    """The moment at which everybody asks (seconds since 1970): when the snapshot was built.

    So a count depends on the index and the seed, not on the day; the demo's reductions hold on that day.
    """
    return datetime.fromisoformat(snapshot.manifest.created).timestamp()


@dataclass(eq=False)
class Asker:
    """Asks the queries of a set, each as a stranger and as its profile.

    `pipeline`'s clock must stand still, for prices and decay (`day_of`).
    """

    pipeline: Pipeline
    seed: int
    _profiles: dict[tuple[str, str], FoldedProfiles] = field(default_factory=dict)

    @cached_property
    def facts(self) -> list[Facts]:
        """The facts of every product, by row."""
        return read_facts(self.pipeline)

    def ask_all(self, intents: IntentSet, on_done: Callable[[], None] = lambda: None) -> list[Outcome]:
        """All queries of a set, in order.

        Raises:
            BadInput: conditions that no product meets, or a query that the server refuses; the place names the file.
        """
        outcomes = []
        for intent in intents.intents:
            try:
                profile = self._profile(intents, intent.profile)
                outcomes.append(self._ask(self._question(intent), profile))
            except (BadInput, BadRequest) as error:
                raise BadInput(f"{intent.place.capitalize()}: {error.message}", str(intents.path)) from error
            on_done()
        return outcomes

    def _question(self, intent: Intent) -> Question:
        kind, expected = (conditions(stated or Conditions()) for stated in (intent.kind, intent.expect))
        of_kind, as_expected = meets(self.facts, kind), meets(self.facts, expected)
        if intent.expect is not None and not (of_kind & as_expected).any():
            raise BadInput("no product of the index is as expected. Is it the index that the set was written for?")
        none = np.zeros(len(self.facts), bool)
        contradicts = of_kind & ~as_expected if intent.expect is not None else none
        return Question(intent, of_kind & as_expected, contradicts, expected)

    def _profile(self, intents: IntentSet, name: str) -> FoldedProfiles:
        key = (str(intents.path), name)
        if key not in self._profiles:
            pipeline = self.pipeline
            product = pipeline.snapshot.documents.product
            events = history(name, intents.profiles[name], self.facts, product, pipeline.now(), self.seed)
            told = [(event, pipeline.traits(event.product_id)) for event in events]
            self._profiles[key] = fold(told, pipeline.settings.personal, {name})
        return self._profiles[key]

    def _ask(self, question: Question, profile: FoldedProfiles) -> Outcome:
        intent, pipeline = question.intent, self.pipeline
        request = SearchRequest(q=intent.q, lang=intent.lang, per_page=TOP, explain=True)
        trace = pipeline.trace(request)
        answer = pipeline.search(request, profile, identity_of(intent.profile))
        left_out = [*trace.degraded, *answer.degraded]
        if left_out:
            raise TresenError(f"The search left out {left_out[0]}: what is counted would not be what is served.")
        before: list[int] = trace.stages["anonymous"].rows.tolist()
        after = [row for row in (pipeline.snapshot.documents.row_of(hit.id) for hit in answer.hits) if row is not None]
        unfit = (share(question, before[:TOP]), share(question, after)) if intent.expect is not None else None
        return Outcome(intent, self._violated(question, before, after, answer.hits), unfit)

    # --- in words ---

    def _violated(self, question: Question, before: list[int], after: list[int], hits: Sequence[Hit]) -> str | None:
        found = overtaken(question, before, after)
        if found:
            return self._overtaken_in_words(question, before, *found)
        loud = spoken(hits, question.intent.silent)
        if loud:
            return f"{loud[1]} of '{loud[0].product['title']}', which must be silent"
        if question.intent.unmoved and after != before[:TOP]:
            place = next(at for at, (old, new) in enumerate(zip(before, after, strict=False)) if old != new)
            titles = [self._title(rows[place], question.intent.lang) for rows in (after, before)]
            return f"place {place + 1} has '{titles[0]}' instead of '{titles[1]}'"
        return None

    def _overtaken_in_words(self, question: Question, before: list[int], worse: int, better: int) -> str:
        told = next(
            condition.told(self.facts[worse])
            for condition in question.expected
            if not condition.holds(self.facts[worse])
        )
        titles = [self._title(row, question.intent.lang) for row in (worse, better)]
        ranks = [before.index(row) + 1 for row in (worse, better)]
        return f"'{titles[0]}' ({told}) passed '{titles[1]}', anonymous {ranks[0]} and {ranks[1]}"

    def _title(self, row: int, language: str) -> str:
        title = self.pipeline.snapshot.documents.product(row).title
        return title.get(language) or next(iter(title.values()))


def share(question: Question, top: Sequence[int]) -> float:
    """The share of the shown products that contradict a query; 0 where nothing is shown."""
    return float(np.mean(question.contradicts[list(top)])) if top else 0.0


def overtaken(question: Question, before: Sequence[int], after: Sequence[int]) -> tuple[int, int] | None:
    """The first product of `after` that contradicts the query and passed one that fits, with that one; or None.

    Args:
        before: rows in anonymous order, all of them.
        after: the personal top ten.
    """
    for place, worse in enumerate(after):
        if question.contradicts[worse]:
            above = set(after[:place])
            for better in reversed(before[: before.index(worse)]):
                if question.fits[better] and better not in above:
                    return worse, better
    return None


def spoken(hits: Sequence[Hit], silent: Sequence[str]) -> tuple[Hit, str] | None:
    """The first hit to which a taste contributes that must not, and the contribution in words; or None."""
    for hit in hits:
        for term in hit.explain.personal.terms if hit.explain else ():
            if term.attribute in silent and abs(term.contribution) > SPEAKS:
                return hit, f"{term.attribute} {term.value} adds {term.contribution:+.3f} to the score".replace(
                    "  ", " "
                )
    return None


def count(name: str, outcomes: Sequence[Outcome]) -> IntentCount:
    """Queries, violations and mean unfit shares; the shares are over queries that expect something."""
    unfit = [outcome.unfit for outcome in outcomes if outcome.unfit is not None]
    return IntentCount(
        name=name,
        queries=len(outcomes),
        violations=sum(outcome.violated is not None for outcome in outcomes),
        unfit_anonymous=fmean(shares[0] for shares in unfit) if unfit else 0.0,
        unfit_personal=fmean(shares[1] for shares in unfit) if unfit else 0.0,
    )


def by_pattern(outcomes: Sequence[Outcome]) -> list[IntentCount]:
    """The counts of each pattern, in the file's order."""
    grouped: Mapping[str, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        grouped[outcome.intent.pattern].append(outcome)
    return [count(name, of_one) for name, of_one in grouped.items()]


def violations(outcomes: Sequence[Outcome]) -> list[Violation]:
    """What happened to the violated queries."""
    return [
        Violation(
            pattern=outcome.intent.pattern,
            q=outcome.intent.q,
            lang=outcome.intent.lang,
            profile=outcome.intent.profile,
            what=outcome.violated,
        )
        for outcome in outcomes
        if outcome.violated is not None
    ]
