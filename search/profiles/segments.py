"""Groups of shoppers with like tastes: k-means over their log lifts, as many groups as help to tell what others choose.

A shopper is the direction of the vector x_f = w_a · clip(log((O_f + κ) / (E_f + κ)), ±log 4) over the values f that at
least 20 people chose: how much is known of them makes it longer, and tells nothing of their taste. Of a group, each
member's evidence scaled down to at most `MOST_EVENTS` (so that nobody is the group):

    L_s(f) = (Σ_u O_uf + κ_s · L(f)) / (Σ_u E_uf + κ_s)        L(f): the same of everybody; told is r_s = L_s / L

The number of groups is the one that tells most of people who did not teach (every fifth, by a hash of the id). Of each,
`COLD` choices are drawn, as if they had just come; from these follow post_s and the start P(f) of their lifts
(`search/rerank/segments.py`), and this is what an event of the rest is told better than by P = 1, in nats:

    gain(u) = Σ_f w_a · (o_uf · log P(f) − e_uf · L(f) · (P(f) − 1))        o, e: the rest of O and E, as of one event

which is the log of a Poisson likelihood's ratio. Where the best number is not surely worth something (mean ≥ 2
standard errors), there are no groups: people without tastes make none.

Groups of fewer than 20 people, and those that are not distinct, are given to the next ones. Distinct is the mean over
the members of (b − a) / max(a, b), a and b the distances to the own and to the next centre (simplified silhouette).

Sources: Arthur & Vassilvitskii 2007 (k-means++); Dhillon & Modha 2001 (spherical k-means); Hruschka et al. 2004
(simplified silhouette); Smyth 2000 (the number of groups by cross-validation).
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from search.durable import replace_file
from search.types import Scores
from search.types.segments import LEAST_PEOPLE, Segment, Segments

#: Numbers of groups that are tried, as far as each may have `LEAST_PEOPLE`.
COUNTS = (2, 3, 4, 6, 8, 12, 16, 24, 32)
#: A member's evidence counts in the group's lifts as so many events at most.
MOST_EVENTS = 300.0
#: Evidence that weighs as much as everybody's, in events of a group.
KAPPA_GROUP = 30.0
#: Choices that are drawn of those who did not teach: groups are for people of whom little is known. One counts so many
#: events, as a purchase does.
COLD, CHOICE = 3, 3.0
#: A group that is less distinct is given to the next ones.
LEAST_DISTINCT = 0.02
#: Standard errors by which the gain must lie above 0.
SURE = 2.0
ROUNDS, STARTS, SEED = 30, 3, 0
CLIP = float(np.log(4.0))
Labels = NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class People:
    """What shoppers chose: `columns` (f,) attribute and value; `weights` (f,) of their attributes; `observed` and
    `expected` (n, f) events; `ids` (n,), which never leave the memory."""

    ids: Sequence[str]
    columns: Sequence[tuple[str, str]]
    weights: Scores
    observed: Scores
    expected: Scores

    def take(self, rows: NDArray[np.bool_]) -> People:
        """Some of them."""
        ids = [id for id, taken in zip(self.ids, rows.tolist(), strict=True) if taken]
        return People(ids, self.columns, self.weights, self.observed[rows], self.expected[rows])

    @property
    def names(self) -> list[str]:
        """The attributes."""
        return list(dict.fromkeys(name for name, _ in self.columns))

    def scaled(self, events: float) -> tuple[Scores, Scores]:
        """Observed and expected, of each person as of so many events at most."""
        factor = events * max(len(self.names), 1) / np.maximum(self.expected.sum(1), 1e-9)
        factor = np.minimum(1.0, factor)[:, None]
        return self.observed * factor, self.expected * factor

    def parted(self, choices: int, seed: int) -> tuple[Scores, Scores, Scores]:
        """What each person chose in so many choices, drawn at random, and the rest of it: observed, observed, expected.

        A choice is worth a purchase, or what is left of a value, so that no purchase is on both sides.
        """
        rng, drawn, rest, due = np.random.default_rng(seed), np.zeros_like(self.observed), self.observed.copy(), []
        everyone, of = np.arange(len(self.ids)), np.array([name for name, _ in self.columns])
        for name in self.names:
            inside = np.flatnonzero(of == name)
            for _ in range(choices):
                sums = np.cumsum(rest[:, inside], axis=1)
                at = (rng.random((len(sums), 1)) * sums[:, -1:] >= sums).sum(1)
                column = inside[np.minimum(at, len(inside) - 1)]
                taken = np.minimum(rest[everyone, column], CHOICE)
                drawn[everyone, column] += taken
                rest[everyone, column] -= taken
            left = rest[:, inside].sum(1) / np.maximum(self.observed[:, inside].sum(1), 1e-9)
            due.append(self.expected[:, inside] * left[:, None])
        return drawn, rest, np.hstack(due)


def vectors(people: People, kappa: float) -> Scores:
    """(n, f) the directions of the weighted, clipped log lifts; 0 of somebody without tastes."""
    lift = (people.observed + kappa) / (people.expected + kappa)
    points = people.weights * np.clip(np.log(lift), -CLIP, CLIP)
    return points / np.maximum(np.linalg.norm(points, axis=1, keepdims=True), 1e-12)


def kmeans(points: Scores, count: int, seed: int = SEED) -> Labels:
    """(n,) the group of each point, the best of some starts; ties by number.

    >>> kmeans(np.array([[0.0], [0.1], [5.0], [5.1]]), 2).tolist() in ([0, 0, 1, 1], [1, 1, 0, 0])
    True
    """
    best, least = np.zeros(len(points), np.intp), np.inf
    for start in range(STARTS):
        rng = np.random.default_rng([seed, count, start])
        labels, within = _lloyd(points, _spread(points, count, rng))
        if within < least - 1e-9:
            best, least = labels, within
    return best


def _spread(points: Scores, count: int, rng: np.random.Generator) -> Scores:
    """(count, f) first centres by k-means++: each far from those before."""
    chosen = [int(rng.integers(len(points)))]
    nearest = np.full(len(points), np.inf)
    while len(chosen) < count:
        nearest = np.minimum(nearest, ((points - points[chosen[-1]]) ** 2).sum(1))
        total = nearest.sum()
        chosen.append(int(np.searchsorted(np.cumsum(nearest), rng.random() * total)) if total > 0 else chosen[0])
        chosen[-1] = min(chosen[-1], len(points) - 1)
    return points[chosen]


def _lloyd(points: Scores, centres: Scores) -> tuple[Labels, float]:
    squares = (points**2).sum(1)
    labels, within = np.zeros(len(points), np.intp), np.inf
    for _ in range(ROUNDS):
        away = _distances(points, squares, centres)
        labels = away.argmin(1)
        before, within = within, float(away[np.arange(len(points)), labels].sum())
        if before - within <= 1e-9 * max(within, 1.0):
            break
        centres = _centres(points, labels, centres)
    return labels, within


def _distances(points: Scores, squares: Scores, centres: Scores) -> Scores:
    """(n, k) squared distances."""
    return np.maximum(squares[:, None] - 2 * points @ centres.T + (centres**2).sum(1), 0.0)


def _centres(points: Scores, labels: Labels, before: Scores) -> Scores:
    """(k, f) the mean of each group; an empty one stays where it was."""
    counts = np.bincount(labels, minlength=len(before))
    sums = (labels == np.arange(len(before))[:, None]).astype(np.float64) @ points
    return np.where(counts[:, None] > 0, sums / np.maximum(counts, 1)[:, None], before)


def distinctness(points: Scores, labels: Labels, count: int) -> Scores:
    """(count,) how distinct each group is, −1..1; 0 for the only one."""
    centres = _centres(points, labels, np.zeros((count, points.shape[1])))
    away = np.sqrt(_distances(points, (points**2).sum(1), centres))
    rows = np.arange(len(points))
    own = away[rows, labels]
    away[rows, labels] = np.inf
    away[:, np.bincount(labels, minlength=count) == 0] = np.inf
    other = away.min(1)
    if not np.isfinite(other).all():
        return np.zeros(count)
    each = (other - own) / np.maximum(np.maximum(own, other), 1e-12)
    return np.bincount(labels, each, count) / np.maximum(np.bincount(labels, minlength=count), 1)


def settled(points: Scores, labels: Labels, count: int) -> tuple[Labels, Scores]:
    """Groups that are large and distinct enough, numbered anew, the largest first; and how distinct each is.

    The one that is too small, else the least distinct one, is given to the next ones until all are.
    """
    while True:
        sizes = np.bincount(labels, minlength=count)
        distinct = distinctness(points, labels, count)
        left = np.flatnonzero(sizes)
        worst = min(left.tolist(), key=lambda group: (sizes[group] >= LEAST_PEOPLE, distinct[group], group))
        if len(left) < 2 or (sizes[worst] >= LEAST_PEOPLE and distinct[worst] >= LEAST_DISTINCT):
            break
        centres = _centres(points, labels, np.zeros((count, points.shape[1])))
        others = left[left != worst]
        moved = labels == worst
        away = _distances(points[moved], (points[moved] ** 2).sum(1), centres[others])
        labels = labels.copy()
        labels[moved] = others[away.argmin(1)]
    order = sorted(left.tolist(), key=lambda group: (-sizes[group], group))
    number = np.zeros(count, np.intp)
    number[order] = np.arange(len(order))
    return number[labels], distinct[order]


def group_lifts(people: People, labels: Labels, count: int) -> tuple[Scores, Scores]:
    """(count, f) how often the people of each group choose a value against everybody; (f,) everybody's lifts."""
    observed, expected = people.scaled(MOST_EVENTS)
    everybody = (observed.sum(0) + KAPPA_GROUP) / (expected.sum(0) + KAPPA_GROUP)
    inside = (labels == np.arange(count)[:, None]).astype(np.float64)
    lifts = (inside @ observed + KAPPA_GROUP * everybody) / (inside @ expected + KAPPA_GROUP)
    return lifts / everybody, everybody


def gains(people: People, shares: Scores, lifts: Scores, everybody: Scores) -> Scores:
    """(n,) what the groups tell of each of these people's next event after `COLD` ones, nats.

    Args:
        shares: (s,) of the groups; they sum to 1.
        lifts: (s, f) against everybody's, (f,).
    """
    drawn, rest, due = people.parted(COLD, SEED)
    told = (people.weights * drawn) @ np.log(lifts).T + np.log(shares)
    likely = np.exp(told - told.max(1, keepdims=True))
    likely /= likely.sum(1, keepdims=True)
    start = (likely @ lifts) / (shares @ lifts)
    each = people.weights * (rest * np.log(start) - due * everybody * (start - 1))
    events = due.sum(1) / len(people.names)
    return np.asarray(each.sum(1) / np.maximum(events, CHOICE), np.float64)


def learn_segments(people: People, kappa: float) -> Segments:
    """The groups that people fall into; none where they are of no use for others."""
    held = np.array([zlib.crc32(id.encode()) % 5 == 0 for id in people.ids], bool)
    points, tried = vectors(people, kappa), {}
    most = int((~held).sum()) // LEAST_PEOPLE if held.sum() > 1 and len(people.columns) else 0
    for count in [count for count in COUNTS if count <= most]:
        labels, distinct = settled(points[~held], kmeans(points[~held], count), count)
        lifts, everybody = group_lifts(people.take(~held), labels, len(distinct))
        gain = gains(people.take(held), np.bincount(labels) / len(labels), lifts, everybody)
        tried[count] = float(gain.mean()), float(gain.std(ddof=1)) / len(gain) ** 0.5
    chosen = _chosen(tried)
    groups = _groups(people, points, chosen) if chosen else []
    return Segments(groups, len(people.ids), {count: round(gain, 6) for count, (gain, _) in tried.items()})


def _chosen(tried: Mapping[int, tuple[float, float]]) -> int:
    """The number of groups that tells most, the smallest of equal ones; 0 where it is not surely of use.

    Args:
        tried: number -> mean gain and its standard error.

    >>> _chosen({2: (0.010, 0.001), 4: (0.02, 0.002), 8: (0.02, 0.002)}), _chosen({2: (0.001, 0.001)})
    (4, 0)
    """
    best = max(tried, key=lambda count: (tried[count][0], -count), default=0)
    gain, error = tried.get(best, (0.0, 0.0))
    return best if gain > 0 and gain >= SURE * error else 0


def _groups(people: People, points: Scores, count: int) -> list[Segment]:
    labels, distinct = settled(points, kmeans(points, count), count)
    if len(distinct) < 2:
        return []
    lifts, _ = group_lifts(people, labels, len(distinct))
    return [_segment(people, labels == group, lifts[group], float(distinct[group])) for group in range(len(distinct))]


def _segment(people: People, members: NDArray[np.bool_], lifts: Scores, distinct: float) -> Segment:
    chose = (people.observed[members] > 0).sum(0)
    told: dict[str, dict[str, float]] = {}
    chosen: dict[str, dict[str, int]] = {}
    for (attribute, value), lift, count in zip(people.columns, lifts.tolist(), chose.tolist(), strict=True):
        told.setdefault(attribute, {})[value] = round(lift, 6)
        if count >= LEAST_PEOPLE:
            chosen.setdefault(attribute, {})[value] = count
    return Segment(int(members.sum()), round(float(members.mean()), 6), told, chosen, round(distinct, 6))


# --- on disk ---


def read_segments(path: Path) -> Segments:
    """What was learned last; nothing where there is no such file, or none that can be read: it is learned anew."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Segments)
    except (OSError, msgspec.MsgspecError):
        return Segments()


def write_segments(path: Path, segments: Segments) -> None:
    """Keep it: a new file, synced and renamed, so that a reader sees the old or the new one."""
    replace_file(path, msgspec.json.encode(segments))
