"""What the gate measures: the demo shop's judged queries, with and without its shoppers, and other catalogues.

Everything is asked of the pipeline that serves, with the settings that ship.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import msgspec

from eval.configurations import measure_experiment, read_judged, read_shoppers
from eval.documents import QueryResult
from eval.experiments import Experiment, Shoppers
from eval.gate import Collection, Finding, no_difference
from eval.measures import NDCG
from eval.profiles import FoldedProfiles, fold
from eval.stages import PERSONAL, SERVED
from eval.workers import OpenIndex, Setup
from search.messages import SearchRequest
from search.pipeline import Pipeline
from search.relax import Asked
from search.settings import Settings
from search.types import Identity

#: A personal order that loses more nDCG@10 than this did harm.
HARM = 0.1
#: Fields of an answer that differ between two equal searches; a cursor pins the moment.
OWN = ("query_id", "took_ms", "cursor")
#: Longer than any search: a slow machine must not change what is counted.
PATIENT = Settings().but(server={"deadline_ms": 600_000.0})

#: The demo shop's leading language.
LANGUAGE = "de"

Advance = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class JudgedCatalogue:
    """A catalogue with judged queries: folders below the data, and how much of it is asked."""

    name: str
    feed: str
    judged: str
    lang: str
    limit: int | None = None


#: What is looked at where the evaluation data is there: small enough to be built and asked in a minute or two.
CATALOGUES = (
    JudgedCatalogue("electronics-en", "electronics-en/products.jsonl.gz", "electronics-en", "en"),
    JudgedCatalogue("drugstore-de-hard", "drugstore-de/products.jsonl.gz", "drugstore-de-hard", "de", 400),
)


@dataclass(frozen=True, slots=True)
class Measured:
    """What a stranger gets, query by query, and each query's slices."""

    collection: Collection
    slices: Mapping[str, list[str]]


def strangers(index: OpenIndex, experiment: Experiment, advance: Advance) -> Measured:
    """nDCG@10 of every judged query for nobody known."""
    judged = read_judged(experiment)
    (found,) = measure_experiment(experiment, judged, index, advance).configurations
    values = {query.id: round(query.values[SERVED][NDCG], 4) for query in found.queries}
    return Measured(Collection(values, len(index.snapshot)), {query.id: query.slices for query in found.queries})


def harm(index: OpenIndex, experiment: Experiment, advance: Advance) -> dict[str, int]:
    """Shopper -> judged queries whose personal order lost more than `HARM` against the anonymous one."""
    asked = asked_by(experiment, Shoppers())
    (found,) = measure_experiment(asked, read_judged(asked), index, advance).configurations
    counts = Counter({query.shopper or "": 0 for query in found.queries})
    counts.update(query.shopper or "" for query in found.queries if lost(query) > HARM)
    return dict(sorted(counts.items()))


def lost(query: QueryResult) -> float:
    """What the personal order of a query lost against the anonymous one."""
    return query.values[SERVED][NDCG] - query.values[PERSONAL][NDCG]


def asked_by(experiment: Experiment, shoppers: Shoppers) -> Experiment:
    """The experiment, asked by these shoppers."""
    return replace(experiment, shoppers=shoppers)


def switched_off(index: OpenIndex, experiment: Experiment, advance: Advance) -> Finding:
    """Whether a known shopper who switched personalization off gets a stranger's answers, field by field."""
    asked = asked_by(experiment, Shoppers())
    pipeline = index.pipeline(Setup(experiment.base))
    told, shoppers = read_shoppers(asked, pipeline)
    profiles = fold(told, experiment.base.personal, frozenset(shoppers))
    queries = read_judged(experiment).queries
    index.encode([query.words for text in queries.values() for query in pipeline.readings(Asked(text))])
    differing = []
    for id, text in queries.items():
        stranger = plain(pipeline, SearchRequest(q=text), None, None)
        for shopper, off in product(shoppers, off_switches(text)):
            if plain(pipeline, off, profiles, shopper) != stranger:
                differing.append(f"{id} ('{text}') for {shopper}")
        advance("switched off", 1, len(queries))
    return no_difference(differing, len(queries) * len(shoppers) * len(list(off_switches(""))))


def off_switches(text: str) -> Iterator[SearchRequest]:
    """The ways to switch personalization off."""
    yield SearchRequest(q=text, personalize="off")
    yield SearchRequest(q=text, strength=0)


def plain(
    pipeline: Pipeline, request: SearchRequest, profiles: FoldedProfiles | None, shopper: str | None
) -> dict[str, Any]:
    """An answer as plain values, without what differs between two equal searches."""
    answer = msgspec.to_builtins(pipeline.search(request, profiles, Identity(shopper)))
    return {name: value for name, value in answer.items() if name not in OWN}


def own_choices(home: Path, advance: Advance) -> Measured:
    """nDCG@10 of the personal order for each choice in the demo shoppers' own log, predicted from what came before.

    The floor under the personal order: whoever switches it off by mistake loses here, where counts of harm only fall.
    """
    from eval.personal.eventlog import read_server
    from eval.personal.logreplay import LogReplay
    from eval.stages import open_pipeline

    work = LogReplay(open_pipeline(home, PATIENT), read_server(home), ("purchase", "cart", "click"), LANGUAGE, seed=0)
    seen: Counter[str] = Counter()
    values = {}
    for outcome in work.outcomes(lambda: advance("own choices", 1, len(work.runs))):
        seen[outcome.person] += 1
        values[f"{outcome.person} {seen[outcome.person]}"] = round(outcome.values["served"][1], 4)
    return Measured(Collection(values, len(work.runs)), {})


def count_violations(home: Path, advance: Advance) -> dict[str, int]:
    """Set of intents -> queries whose stated intent a profile overruled."""
    from eval.personal.intent_files import demo_files, read_intents
    from eval.personal.intents import Asker, count, day_of
    from eval.stages import open_pipeline

    pipeline = open_pipeline(home, PATIENT)
    now = day_of(pipeline.snapshot)
    pipeline.now = lambda: now
    asker = Asker(pipeline, seed=1)
    counts = {}
    for name, path in demo_files().items():
        intents = read_intents(path)
        outcomes = asker.ask_all(intents, partial(advance, f"intents, {name}", 1, len(intents.intents)))
        counts[name] = count(name, outcomes).violations
    return counts
