"""May learned weights go live? Only where they win on choices that they were not learned from, new products too.

Compared are the orders with the weights in force and with the learned ones, on the same lists. An interval draws people
anew, with all their choices: one person's choices are not independent.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from msgspec import Struct

from search.learned.learning import HARM, Judged
from search.types import Scores

RESAMPLES = 2_000


class Difference(Struct, frozen=True):
    """A mean difference in nDCG@10 and its 95 % interval; `n` lists of `people`."""

    mean: float
    low: float
    high: float
    n: int
    people: int


class Verdict(Struct, frozen=True, kw_only=True):
    """What learned weights did on choices that they were not learned from.

    `everything` and `fresh` (products that the shopper had not chosen before): learned − in force. The gains are over
    the strangers' order, in per cent; harm is the share of new lists worse by more than 0.1. `reasons` against going
    live; none: it wins.
    """

    everything: Difference
    fresh: Difference
    gain_now: float
    gain_learned: float
    fresh_gain_now: float
    fresh_gain_learned: float
    harm_now: float
    harm_learned: float
    reasons: list[str]

    @property
    def wins(self) -> bool:
        """Whether nothing speaks against going live."""
        return not self.reasons


def verdict(now: Judged, learned: Judged) -> Verdict:
    """Compare the weights in force with the learned ones."""
    everything = difference(learned.everything[:, 1] - now.everything[:, 1], now.people)
    fresh = difference(learned.fresh[:, 1] - now.fresh[:, 1], now.fresh_people)
    return Verdict(
        everything=everything,
        fresh=fresh,
        gain_now=_gain(now.everything),
        gain_learned=_gain(learned.everything),
        fresh_gain_now=_gain(now.fresh),
        fresh_gain_learned=_gain(learned.fresh),
        harm_now=now.harm,
        harm_learned=learned.harm,
        reasons=list(_against(everything, fresh, now.harm, learned.harm)),
    )


def difference(values: Scores, people: Sequence[str], seed: int = 0) -> Difference:
    """The mean of (n,) differences, with a bootstrap over people.

    >>> difference(np.array([0.1, 0.1]), ["anna", "bernd"]).low.__round__(3)
    0.1
    >>> difference(np.empty(0), []).people
    0
    """
    if not len(values):
        return Difference(0.0, 0.0, 0.0, 0, 0)
    names, which = np.unique(np.asarray(people), return_inverse=True)
    sums, counts = np.bincount(which, values, len(names)), np.bincount(which, minlength=len(names))
    rng = np.random.default_rng(seed)
    means = []
    for _ in range(RESAMPLES):
        drawn = rng.integers(0, len(names), len(names))
        means.append(sums[drawn].sum() / counts[drawn].sum())
    low, high = np.quantile(means, [0.025, 0.975]).tolist()
    return Difference(float(values.mean()), low, high, len(values), len(names))


def _gain(pairs: Scores) -> float:
    before, after = pairs.mean(0).tolist() if len(pairs) else (0.0, 0.0)
    return 100 * (after / before - 1) if before else 0.0


def _against(everything: Difference, fresh: Difference, harm_now: float, harm_learned: float) -> Iterator[str]:
    """Why not to go live, in words for whoever owns the shop."""
    if everything.low <= 0:
        yield (
            "Over all choices the learned weights do not clearly rank better than those in force "
            f"({_told(everything)}). Wait for more events, and learn again."
        )
    if fresh.low <= 0:
        yield (
            "On products that a shopper had never chosen before, they do not clearly rank better "
            f"({_told(fresh)}): they would only bring back what people choose anyway."
        )
    if harm_learned > max(HARM, harm_now):
        yield (
            f"They spoil more searches: of those for new products {harm_learned:.1%} get much worse than without any "
            f"personal order (now {harm_now:.1%}; at most {HARM:.1%})."
        )


def _told(found: Difference) -> str:
    return f"nDCG@10 {found.mean:+.4f}, 95 %: {found.low:+.4f} to {found.high:+.4f}; {found.n:,} choices"
