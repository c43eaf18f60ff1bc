"""Can planted tastes be found again? Shoppers click on an anonymous ranker's pages, and profiles learn from it.

A session is three searches: each for a type after the shopper's heart, a hundred of its products, ordered by popularity
and the query's noise, as the anonymous order of `search.rerank.policies` (R so that A = R/T is that utility). The
shopper sees the first 24 and looks at place r with probability r^−η (the position-based model); what is looked at is
clicked with the planted probability. Clicks are folded by the served code. Nobody ever clicks on a personal page, so no
ranker makes its own evidence.

Then fresh queries are ranked by the served `personalize`, and by raw counts. The gain of a product is its planted click
probability. The oracle knows it, without the query's noise and without bound, gate and ten places, so nobody wins all
headroom; shoppers without tastes have headroom, too.

Sources: Richardson, Dominowska, Ragno, WWW 2007 (examination by position); Craswell et al., WSDM 2008 (click models).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from multiprocessing import get_context

import msgspec
import numpy as np

from eval.documents import Interval, Recovery
from eval.measures import whole_list_ndcg
from eval.personal.planted import (
    KINDS,
    Person,
    Shop,
    Shopper,
    Size,
    brands_of,
    click_probability,
    oracle,
    plant_shop,
    plant_shopper,
    planted_brands,
)
from eval.statistics import bootstrap_means
from search.profiles.statistics import Kind, Statistics, combine, kinds_of
from search.rerank.exposure import shares_shown
from search.rerank.lifts import lifts
from search.rerank.personal import personalize
from search.rerank.policies import anonymous
from search.rerank.traits import Catalogue
from search.rerank.validation import gains
from search.settings import Personal
from search.types import Affinities, Ranking, Rows, Scores

#: Whatever is tuned on simulated shoppers is tuned on this seed, and reported on others.
TUNING_SEED = 0
PLACEBO = "taste-free"
SERVED, COUNTS = "served", "counts"
PAGE, CANDIDATES = 24, 100
NOISE_SD = 0.5
#: Of a session. Three make some 14 clicks in 3 sessions and 140 in 30, where there are targets.
SEARCHES = 3
#: Thirty sessions are four months, well within the half-life of 180 days.
DAYS_APART, DAY_SECONDS = 4, 86_400.0
LEAST_RELEVANCE = 1e-6
#: Losses and wins that are rounding.
SMALL, MUCH = 1e-9, 0.1
#: Shoppers handed to a process at once.
CHUNK = 4


@dataclass(frozen=True, slots=True)
class Protocol:
    """What is simulated. `eta` of the examination r^−η; `queries` asked of each shopper after each horizon; `lists`:
    the server knows what was shown, so that it is what is to be expected."""

    personal: Personal = field(default_factory=Personal)
    seed: int = 1
    sessions: tuple[int, ...] = (3, 10, 30)
    eta: float = 1.0
    queries: int = 12
    size: Size = field(default_factory=Size)
    lists: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class Lived:
    """One shopper after so many sessions: ranker -> (queries, 3) nDCG@10 anonymous, personal and of the oracle.

    `correlation` of learned brand lifts and planted brand tastes; None where there is nothing to compare.
    """

    kind: str
    sessions: int
    clicks: int
    values: dict[str, Scores]
    correlation: float | None


def simulate(
    protocol: Protocol, shoppers: int, jobs: int = 1, on_done: Callable[[], None] = lambda: None
) -> list[Lived]:
    """All shoppers of all kinds, after each number of sessions; the same for any number of jobs.

    Args:
        shoppers: of each kind.
        jobs: processes.
        on_done: called after each shopper.
    """
    lived: list[Lived] = []
    for of_one in _mapped(partial(live, protocol), shoppers, jobs):
        lived += of_one
        on_done()
    return lived


def _mapped(task: Callable[[int], list[Lived]], count: int, jobs: int) -> Iterator[list[Lived]]:
    if jobs == 1:
        yield from map(task, range(count))
        return
    with ProcessPoolExecutor(jobs, get_context("spawn")) as pool:
        yield from pool.map(task, range(count), chunksize=CHUNK)


def live(protocol: Protocol, number: int) -> list[Lived]:
    """Shopper `number` of every kind, after each number of sessions. Runs in any process."""
    shop = plant_shop(protocol.seed, protocol.size)
    return [
        _judged(protocol, shop, plant_shopper(shop, kind, protocol.seed, number), number, sessions)
        for kind in KINDS
        for sessions in protocol.sessions
    ]


def _judged(protocol: Protocol, shop: Shop, shopper: Shopper, number: int, sessions: int) -> Lived:
    learned = visits(protocol, shop, shopper, number, sessions)
    known = tastes(protocol, learned, sessions * DAYS_APART * DAY_SECONDS)
    values: dict[str, list[tuple[float, float, float]]] = {SERVED: [], COUNTS: []}
    for query in range(protocol.queries):
        rng = np.random.default_rng([protocol.seed, 3, number, query])
        person = shopper.who(sessions, sessions, rng)
        ranking = search(protocol, shop, person, rng)
        gains = click_probability(shop, person, np.arange(len(shop.types), dtype=np.int32))
        served = personalize(ranking, known, shop.catalogue, {}, protocol.personal, 1.0, PAGE).ranking
        best = whole_list_ndcg(gains[oracle(shop, person, ranking.rows)])
        for name, rows in ((SERVED, served.rows), (COUNTS, by_counts(ranking, known, shop.catalogue))):
            values[name].append((whole_list_ndcg(gains[ranking.rows]), whole_list_ndcg(gains[rows]), best))
    return Lived(
        shopper.kind,
        sessions,
        learned.count if learned else 0,
        {name: np.array(of_one) for name, of_one in values.items()},
        recovered(shop, shopper, known, protocol.personal) if shopper.kind != PLACEBO else None,
    )


def visits(protocol: Protocol, shop: Shop, shopper: Shopper, number: int, sessions: int) -> Statistics | None:
    """What the profile holds after so many sessions on anonymous pages; None before the first click.

    A session's chances depend on seed, shopper and session only: more sessions go on where fewer ended, and the same
    shopper of another kind meets the same chances.
    """
    kind, learned = long_term(protocol), None
    for session in range(sessions):
        rng = np.random.default_rng([protocol.seed, 2, number, session])
        person, time = shopper.who(session, sessions, rng), session * DAYS_APART * DAY_SECONDS
        for _ in range(SEARCHES):
            shown = search(protocol, shop, person, rng)
            page = shown.rows[:PAGE]
            examined = np.arange(1.0, len(page) + 1) ** -protocol.eta
            clicked = rng.random(len(page)) < examined * click_probability(shop, person, page)
            for place in np.flatnonzero(clicked).tolist():
                traits = shop.catalogue.traits(int(page[place]))
                worth = _worth(protocol, shop, learned, time, shown, place)
                due = shares_shown(shop.catalogue, page, 0, traits.values) if protocol.lists else {}
                learned = kind.fold(learned, "click", msgspec.structs.replace(traits, gains=worth, shown=due), time)
    return learned


def _worth(
    protocol: Protocol, shop: Shop, learned: Statistics | None, time: float, shown: Ranking, place: int
) -> dict[str, float]:
    """What the profile was worth in predicting a click, as the server weighs it."""
    if learned is None:
        return {}
    log_odds = shown.features["A"][:PAGE]
    known = tastes(protocol, learned, time)
    return gains(known, shop.catalogue, protocol.personal, shown.rows[:PAGE], log_odds, np.array([place]))


def long_term(protocol: Protocol) -> Kind:
    """How the server's long-term profiles count."""
    return kinds_of(protocol.personal)["shopper"]


def tastes(protocol: Protocol, learned: Statistics | None, now: float) -> Affinities:
    """What the ranker may know of a shopper at the beginning of a session (seconds since the first one's)."""
    return combine({"shopper": long_term(protocol)}, learned, None, now)


def search(protocol: Protocol, shop: Shop, person: Person, rng: np.random.Generator) -> Ranking:
    """What a stranger gets for a query after a person's heart: some products of a type, by popularity and noise."""
    of_type = shop.of_type(int(rng.choice(len(person.favourites), p=person.favourites)))
    rows = np.sort(rng.choice(of_type, min(CANDIDATES, len(of_type)), replace=False))
    return ordered_by(rows, shop.popularity[rows] + rng.normal(0, NOISE_SD, len(rows)), protocol.personal)


def ordered_by(rows: Rows, utility: Scores, settings: Personal) -> Ranking:
    """The served anonymous order whose log-odds are a utility, but for a constant.

    R = max(1 + T·(utility − best), 1e-6).

    >>> ordered_by(np.array([4, 7]), np.array([0.0, 2.0]), Personal()).features["A"].round(6).tolist()
    [10.0, 8.0]
    """
    relevance = np.maximum(1 + settings.temperature * (utility - utility.max(initial=-np.inf)), LEAST_RELEVANCE)
    return anonymous(Ranking(rows, relevance, {"R": relevance}), np.zeros(len(rows), bool), {}, settings)


def by_counts(ranking: Ranking, known: Affinities, catalogue: Catalogue) -> Rows:
    """The usual scheme: A plus each attribute's count over its largest, 0..1; no bounds, no gate."""
    score = ranking.features["A"].copy()
    for name, taste in known.tastes.items():
        attribute = catalogue.attributes[name]
        counts = np.zeros(len(attribute.values))
        for value, kinds in taste.observed.items():
            counts[attribute.code_of[value]] = sum(kinds.values())
        positions, codes = attribute.entries(ranking.rows)
        score[positions] += (counts / max(counts.max(initial=0.0), SMALL))[codes]
    return ranking.rows[np.lexsort((ranking.rows, -score))]


def recovered(shop: Shop, shopper: Shopper, known: Affinities, settings: Personal) -> float | None:
    """Rank correlation of learned brand lifts and planted brand tastes, in the type that is asked for most.

    Of a household both people's tastes count half; None where nothing was learned about brands.
    """
    taste = known.tastes.get("brand")
    if taste is None:
        return None
    kind = int(np.argmax(np.sum([person.favourites for person in shopper.present], axis=0)))
    brands, attribute = brands_of(shop, kind), shop.catalogue.attributes["brand"]
    found = lifts(taste, attribute, shop.catalogue, settings, known.long_term)
    type_code = int(shop.catalogue.types[shop.of_type(kind)[0]])
    return rank_correlation(
        found.by_type.get(type_code, found.shop)[brands], planted_brands(shopper.present, kind)[brands]
    )


def rank_correlation(a: Scores, b: Scores) -> float | None:
    """Spearman's ρ, ties with their mean rank; None where one side does not differ.

    >>> rank_correlation(np.array([1.0, 2, 3]), np.array([10.0, 20, 90])), rank_correlation(np.ones(3), np.arange(3.0))
    (1.0, None)
    """
    x, y = (_ranks(values) - (len(values) + 1) / 2 for values in (a, b))
    length = float(np.sqrt((x @ x) * (y @ y)))
    return round(float(x @ y) / length, 12) if length else None


def _ranks(values: Scores) -> Scores:
    _, which, counts = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts - 1) / 2)[which]


# --- tables ------------------------------------------------------------------------------------------


def tables(lived: Sequence[Lived], seed: int) -> tuple[list[Recovery], list[Recovery]]:
    """Shoppers with tastes and the placebo, by kind, ranker and number of sessions.

    Counts are told beside the served order for the plain shoppers and for the placebo.
    """
    rows: tuple[list[Recovery], list[Recovery]] = ([], [])
    horizons = list(dict.fromkeys(one.sessions for one in lived))
    for kind in KINDS:
        for ranker in (SERVED, COUNTS) if kind in (KINDS[0], PLACEBO) else (SERVED,):
            for sessions in horizons:
                those = [one for one in lived if one.kind == kind and one.sessions == sessions]
                rows[kind == PLACEBO].append(recovery(those, ranker, seed))
    return rows


def recovery(lived: Sequence[Lived], ranker: str, seed: int) -> Recovery:
    """Shoppers of one kind after the same number of sessions.

    The headroom captured is Σ(personal − anonymous) / Σ(oracle − anonymous); its interval resamples shoppers.
    """
    by_shopper = np.array([one.values[ranker].mean(0) for one in lived])
    before, after, best = by_shopper.T
    every = np.concatenate([one.values[ranker] for one in lived])
    change = every[:, 1] - every[:, 0]
    correlations = [one.correlation for one in lived if one.correlation is not None]
    first = lived[0]
    anonymous_mean, personal_mean, oracle_mean = (float(values.mean()) for values in (before, after, best))
    return Recovery(
        name=first.kind if ranker == SERVED else f"{first.kind}, {ranker}",
        sessions=first.sessions,
        clicks=float(np.mean([one.clicks for one in lived])),
        n=len(lived),
        anonymous=anonymous_mean,
        personal=personal_mean,
        oracle=oracle_mean,
        headroom=_ratio(after - before, best - before, seed),
        difference=_ratio(after - before, np.ones(len(lived)), seed),
        correlation=float(np.mean(correlations)) if correlations and ranker == SERVED else None,
        regret=oracle_mean - personal_mean,
        worse=float((change < -SMALL).mean()),
        much_worse=float((change < -MUCH).mean()),
    )


def _ratio(part: Scores, whole: Scores, seed: int) -> Interval:
    """Σ part / Σ whole with its bootstrap interval: the same seed draws the same shoppers for both; 0 of nothing."""
    if not whole.sum():
        return Interval(0.0, 0.0, 0.0)
    parts, wholes = bootstrap_means(part, seed), bootstrap_means(whole, seed)
    low, high = np.quantile(np.divide(parts, wholes, out=np.zeros_like(parts), where=wholes != 0), [0.025, 0.975])
    return Interval(float(part.sum() / whole.sum()), float(low), float(high))
