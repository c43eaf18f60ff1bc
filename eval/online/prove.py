"""Does the interleaving experiment itself work? Simulated users click on real team-draft lists.

A user looks at rank r with probability r^−0.7 and clicks what is looked at with the product's attraction. Under the
null all products attract equally, or both rankers serve either list by chance. A planted effect makes products that B
ranks higher more attractive, and those that A ranks higher less, until B truly wins the wanted share of the decided
sessions; that share is computed, not estimated. A team draft has one coin a round, so all lists of a pair are known:
they are drawn up once, by the same code that serves, and sessions are drawn from them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product as all_of
from math import log

import numpy as np
from numpy.typing import NDArray

from eval.documents import Power
from eval.online.interleave import A, B, draft, shared_prefix
from eval.online.sequential import ALPHA, log_evidence
from search.errors import BadInput

#: How the chance to be looked at falls with the rank; of the same order as Joachims, Swaminathan, Schnabel, WSDM 2017.
ETA = 0.7
#: Attraction of a product that nobody prefers: some 1.3 clicks on a list of ten.
ATTRACTION = 0.3
K = 10
#: Sessions simulated at once: bounds memory at some 60 MB.
CHUNK = 250_000
#: The ordinary two-sided z of 5 %, and from which decided session on somebody looks at it.
NAIVE_Z, NAIVE_FROM = 1.96, 20

Pair = tuple[Sequence[str], Sequence[str]]


@dataclass(frozen=True, slots=True, eq=False)
class Lists:
    """All lists that the pairs of rankings can give: a row for each pair and each fall of the coins.

    `sign` (rows, k) int8: +1 where a click credits B, −1 where A, 0 nobody. `liked` (rows, k) int8: +1 where B ranks
    the product higher than A, −1 where lower. `shown` (rows, k): whether there is a product.
    """

    sign: NDArray[np.int8]
    liked: NDArray[np.int8]
    shown: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Stopped:
    """What became of simulated tests, (runs,) each.

    `winner`: +1 B, −1 A, 0 none was found; `decided`: decided sessions until then; `naive`: whether an ordinary p
    fell below 0.05 at some look.
    """

    winner: NDArray[np.int64]
    decided: NDArray[np.int64]
    naive: NDArray[np.bool_]


def made_up_pairs(seed: int, pairs: int = 100, products: int = 30) -> list[Pair]:
    """Rankings for want of real ones: B is A with every product moved by some five places."""
    rng = np.random.default_rng(seed)
    names = [f"p{number}" for number in range(products)]
    moved = [np.argsort(np.arange(products) + rng.normal(0, 5, products)) for _ in range(pairs)]
    return [(names, [names[at] for at in order]) for order in moved]


def draw_up(pairs: Sequence[Pair], shared: bool, k: int = K) -> Lists:
    """Every list of every pair.

    Args:
        pairs: rankings A and B of the same query.
        shared: whether the products before the first difference are credited (`interleave.credit`).
    """
    coins = list(all_of([True, False], repeat=(k + 1) // 2))
    sign = np.zeros((len(pairs) * len(coins), k), np.int8)
    liked, shown = sign.copy(), np.zeros(sign.shape, bool)
    for row, ((a, b), tosses) in enumerate(all_of(pairs, coins)):
        a, b = a[:100], b[:100]
        ids, teams = draft(a, b, tosses, k)
        nobody = set() if shared else set(a[: shared_prefix(a, b)])
        rank_a, rank_b = ({id: rank for rank, id in enumerate(ranked)} for ranked in (a, b))
        shown[row, : len(ids)] = True
        for at, (id, team) in enumerate(zip(ids, teams, strict=True)):
            sign[row, at] = 0 if id in nobody else {B: 1, A: -1}.get(team, 0)
            before, after = rank_a.get(id, len(a)), rank_b.get(id, len(b))
            liked[row, at] = (after < before) - (before < after)
    return Lists(sign, liked, shown)


def click_probabilities(lists: Lists, lift: float) -> NDArray[np.float64]:
    """(rows, k): r^−η · attraction, whose log-odds are raised by `lift` where B ranks higher, lowered where A does."""
    rank = np.arange(1, lists.sign.shape[1] + 1)
    log_odds = log(ATTRACTION / (1 - ATTRACTION)) + lift * lists.liked
    return rank**-ETA / (1 + np.exp(-log_odds)) * lists.shown


def share_of_b(lists: Lists, lift: float) -> float:
    """The true share of decided sessions that B wins; exact, by adding up the clicks rank by rank; 0.5 without any."""
    clicks = click_probabilities(lists, lift)
    rows, k = clicks.shape
    lead = np.zeros((rows, 2 * k + 1))  # probability of each lead of B, from −k to k
    lead[:, k] = 1.0
    for rank in range(k):
        p, sign = clicks[:, rank, None], lists.sign[:, rank, None]
        moved = np.where(sign > 0, np.roll(lead, 1, 1), np.where(sign < 0, np.roll(lead, -1, 1), lead))
        lead = (1 - p) * lead + p * moved
    b, a = lead[:, k + 1 :].sum(), lead[:, :k].sum()
    return float(b / (a + b)) if a + b else 0.5


def lift_for(lists: Lists, share: float) -> float:
    """How much more attractive B's products must be for B to win this share, by bisection.

    Raises:
        BadInput: the rankings are so alike that no taste of the users gives it.
    """
    low, high = 0.0, 8.0
    if share_of_b(lists, high) < share:
        raise BadInput(
            f"These rankings are too alike: B can win at most {share_of_b(lists, high):.3f} of the decided sessions. "
            "Give smaller --effects or rankings that differ more.",
            "--effects",
        )
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if share_of_b(lists, middle) < share else (low, middle)
    return high


def simulate(
    lists: Lists,
    lift: float,
    runs: int,
    sessions: int,
    seed: int,
    swap: bool = False,
    alpha: float = ALPHA,
    on_done: Callable[[int], None] = lambda done: None,
) -> Stopped:
    """Run the experiment many times, looking after every session.

    Args:
        swap: A and B serve either list by chance, so neither is better.
        on_done: called with the number of runs that are done since the last call.
    """
    rng = np.random.default_rng(seed)
    clicks = click_probabilities(lists, lift).astype(np.float32)
    step = max(1, CHUNK // sessions)
    parts = []
    for start in range(0, runs, step):
        shape = (min(step, runs - start), sessions)
        rows = rng.integers(0, len(clicks), shape)
        clicked = rng.random((*shape, clicks.shape[1]), np.float32) < clicks[rows]
        won = np.sign((clicked * lists.sign[rows]).sum(2, dtype=np.int64))
        parts.append(stop(won * rng.choice([-1, 1], shape) if swap else won, alpha))
        on_done(shape[0])
    return Stopped(*(np.concatenate([getattr(part, name) for part in parts]) for name in Stopped.__slots__))


def stop(won: NDArray[np.int64], alpha: float = ALPHA) -> Stopped:
    """Apply the stop rule to (runs, sessions) outcomes: +1 B won, −1 A won, 0 tie."""
    b, a = (won > 0).cumsum(1), (won < 0).cumsum(1)
    beyond = log_evidence(a, b) >= -log(alpha)
    first = beyond.argmax(1)
    each = np.arange(len(won))
    stopped = beyond[each, first]
    last = np.where(stopped, first, won.shape[1] - 1)
    lead, decided = (b - a)[each, last], (a + b)[each, last]
    n = a + b
    naive = ((np.abs(b - a) > NAIVE_Z * np.sqrt(n)) & (n >= NAIVE_FROM)).any(1)
    return Stopped(np.where(stopped, np.sign(lead), 0), decided, naive)


def power_of(stopped: Stopped, effect: float) -> Power:
    """How often B was found, and after how many decided sessions on average."""
    found = stopped.winner > 0
    mean = float(stopped.decided[found].mean()) if found.any() else None
    return Power(effect, float(found.mean()), mean, len(found))
