"""A stop rule that holds at any time of looking, for wins and losses of interleaved sessions.

A session that somebody won is a coin: under the null, A and B win with probability 1/2 each. Ties say nothing and
are left out. Looking at an ordinary p after every session and stopping below 0.05 finds a winner among equals in
about every second test of this length; the evidence here may be looked at after every session.

    e_n = B(a + wins A, a + wins B) / B(a, a) · 2^n          B: the beta function, n decided sessions

is the likelihood of the sessions under shares of wins drawn from Beta(a, a), over that under 1/2: under the null a
martingale of mean 1, so it ever reaches 1 / α with a probability of at most α (Ville's inequality). The always-valid
p is the least 1 / e_m for m ≤ n, at most 1.

Sources: Robbins, Ann. Math. Statist. 41, 1970, doi:10.1214/aoms/1177696786; Johari, Koomen, Pekelis, Walsh, Peeking
at A/B tests, KDD 2017, doi:10.1145/3097983.3097992; Howard, Ramdas, McAuliffe, Sekhon, Ann. Statist. 49, 2021,
doi:10.1214/20-AOS1991.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from math import ceil, lgamma, log
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray

from search.errors import BadInput

ALPHA = 0.05
POWER = 0.8
#: Beta(20, 20) expects shares of wins of 0.5 ± 0.08. Mean decided sessions until the stop, by `stopping_time`, for
#: a = 1, 20, 400: at 52/48 7,904, 5,950, 5,377; at 55/45 1,086, 853, 1,155; at 60/40 241, 221, 450.
PRIOR = 20.0
#: A tail of runs that have not stopped is given up below this probability: it moves the mean by less than a session.
UNSTOPPED = 1e-4

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Stopping:
    """Decided sessions until the sequential test stops: their mean, and by when a share `power` of tests has."""

    mean: float
    at_power: int


def log_evidence(wins_a: ArrayLike, wins_b: ArrayLike) -> Floats:
    """ln e_n of so many wins of A and of B; arrays of one shape.

    >>> bool(log_evidence(50, 50) < 0 < log_evidence(80, 20))
    True
    """
    a, b = np.asarray(wins_a, np.int64), np.asarray(wins_b, np.int64)
    n = a + b
    one, both = _log_gammas(int(n.max(initial=0)))
    values = one[a] + one[b] - both[n] - (2 * one[0] - both[0]) + n * log(2)
    return np.asarray(values, np.float64)


def p_path(won_by_b: ArrayLike) -> Floats:
    """(n,) always-valid p after each decided session: falls or stays, never rises.

    Args:
        won_by_b: (n,) 1 where B won a decided session, 0 where A did.

    >>> bool(p_path([1] * 20)[-1] < 0.05 < p_path([1, 0] * 10)[-1])
    True
    """
    b = np.cumsum(np.asarray(won_by_b, np.int64))
    if not len(b):
        return np.empty(0)
    evidence = log_evidence(np.arange(1, len(b) + 1) - b, b)
    return np.exp(-np.maximum(np.maximum.accumulate(evidence), 0.0))


def share_interval(wins_a: int, wins_b: int, alpha: float = ALPHA) -> tuple[float, float]:
    """Shares of wins of B that the sessions do not contradict; valid at any time of looking.

    All q with B(a + wins A, a + wins B) / B(a, a) / (q^wins B · (1 − q)^wins A) < 1 / alpha.

    >>> [round(q, 2) for q in share_interval(400, 600)]
    [0.55, 0.65]
    """
    n = wins_a + wins_b
    if not n:
        return 0.0, 1.0
    mixture = float(log_evidence(wins_a, wins_b)) - n * log(2)

    def refuted(q: float) -> bool:
        if (wins_b and q <= 0) or (wins_a and q >= 1):
            return True
        likelihood = (wins_b * log(q) if wins_b else 0.0) + (wins_a * log(1 - q) if wins_a else 0.0)
        return mixture - likelihood >= log(1 / alpha)

    best = wins_b / n
    return _edge(refuted, 0.0, best), _edge(refuted, 1.0, best)


def sessions_fixed(share: float, alpha: float = ALPHA, power: float = POWER) -> int:
    """Decided sessions that a test of fixed length needs to find a true share of wins with this power.

    n = ((z_{1−α/2} / 2 + z_{power} · √(share · (1 − share))) / (share − 1/2))², the normal approximation.

    >>> [sessions_fixed(share) for share in (0.52, 0.55, 0.6)]
    [4904, 783, 194]
    """
    _check(share)
    z, beta = NormalDist().inv_cdf(1 - alpha / 2), NormalDist().inv_cdf(power)
    return ceil(((z / 2 + beta * (share * (1 - share)) ** 0.5) / (share - 0.5)) ** 2)


@cache
def stopping_time(share: float, alpha: float = ALPHA, power: float = POWER) -> Stopping:
    """How long the sequential test runs if one ranker truly wins this share of the decided sessions.

    Exact up to `UNSTOPPED`: the distribution of wins among tests that still run, session by session.
    """
    _check(share)
    mean, at_power = 0.0, 0
    for n, running in enumerate(_running(share, alpha)):
        if not at_power and running <= 1 - power:
            at_power = n
        if running < UNSTOPPED:
            break
        mean += running
    return Stopping(mean, at_power)


def stopped_by(sessions: int, share: float = 0.5, alpha: float = ALPHA) -> float:
    """The probability that the test has stopped after so many decided sessions; at 1/2 its false positives.

    >>> 0.03 < stopped_by(2_000) < 0.05
    True
    """
    return 1.0 - next(running for n, running in enumerate(_running(share, alpha)) if n == sessions)


def _running(share: float, alpha: float) -> Iterator[float]:
    """Yields, for n = 0, 1, …, the probability that a test still runs after n decided sessions."""
    running, least = np.ones(1), 0  # running[i]: probability of least + i wins, none of them stopped
    n = 0
    while True:
        yield float(running.sum())
        n += 1
        running = np.append(running * (1 - share), 0.0) + np.append(0.0, running * share)
        wins = least + np.arange(len(running))
        going = np.flatnonzero(log_evidence(wins, n - wins) < log(1 / alpha))
        if not len(going):
            running = np.zeros(1)
            continue
        running, least = running[going[0] : going[-1] + 1], least + int(going[0])


_TABLES: dict[int, tuple[Floats, Floats]] = {}


def _log_gammas(n: int) -> tuple[Floats, Floats]:
    """ln Γ(a + i) and ln Γ(2a + i) for i = 0 … at least n: sums of logarithms, kept for the next call."""
    size = max(1_024, 1 << n.bit_length())
    if size not in _TABLES:
        i = np.arange(size)
        one = lgamma(PRIOR) + np.append(0.0, np.cumsum(np.log(PRIOR + i)))
        both = lgamma(2 * PRIOR) + np.append(0.0, np.cumsum(np.log(2 * PRIOR + i)))
        _TABLES[size] = one, both
    return _TABLES[size]


def _edge(refuted: Callable[[float], bool], outer: float, inner: float) -> float:
    """Where `refuted` turns between a bound and the best share, by bisection."""
    if not refuted(outer):
        return outer
    for _ in range(50):
        middle = (outer + inner) / 2
        outer, inner = (middle, inner) if refuted(middle) else (outer, middle)
    return inner


def _check(share: float) -> None:
    if not 0 < share < 1 or share == 0.5:
        raise BadInput(f"A share of wins of {share:g} cannot be found; give one between 0 and 1, not 0.5.", "--effect")
