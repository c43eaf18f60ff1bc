"""Team-draft interleaving: two rankings in one list, and whose products the shopper took.

As in the school yard: in each round both teams pick their best product that is not yet in the list, and a coin says
who picks first. What both rank is picked once, by whoever comes first to it; the other takes its next best. A click
credits the team that picked the product. A may be the anonymous order and B the personal one of the same shopper.

The coins are bits of a hash of the request's key, so a log needs neither coins nor teams, and a reload shows the
same list.

Known limits. The draft is fair: the same ranker twice, or two that users like equally, win equally often. It is not
always faithful: of A = (x, y, z) and B = (y, z, x) with only z wanted, z is credited to both equally often, although
B ranks it higher (Chapelle et al. 2012; Hofmann, Whiteson, de Rijke, TOIS 2013, doi:10.1145/2536736.2536737). So no
winner does not prove no difference. And a win says which is preferred, not by how much.

Sources: Radlinski, Kurup, Joachims, How does clickthrough data reflect retrieval quality?, CIKM 2008,
doi:10.1145/1458082.1458092; Chapelle, Joachims, Radlinski, Yue, TOIS 30(1), 2012, doi:10.1145/2094072.2094078.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from eval.online.lines import read_lines
from search.errors import BadInput

A, B, NOBODY = "a", "b", ""
#: Credit of an event, as far apart as the same events are in a profile; the greatest event of a product counts.
CREDIT: Mapping[str, float] = {"click": 1.0, "cart": 3.0, "purchase": 10.0}


class LoggedEvent(Struct, frozen=True):
    """What a shopper did with a product of the list."""

    product_id: str
    type: str


class Interleaved(Struct, frozen=True):
    """One interleaved answer: the request's key, both rankings, what followed.

    Answers with the same `session` are one session; without it each is one by itself.
    """

    key: str
    a: list[str]
    b: list[str]
    events: list[LoggedEvent] = []
    session: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Counted:
    """Sessions: who won, in the order of their first answer (`won_by_b`: decided ones only, 1 or 0).

    `identical`: answers whose lists did not differ; `stray`: events on products that were in neither list.
    """

    won_by_b: NDArray[np.int64]
    ties: int
    identical: int
    stray: int

    @property
    def wins_b(self) -> int:
        """Sessions that B won."""
        return int(self.won_by_b.sum())

    @property
    def wins_a(self) -> int:
        """Sessions that A won."""
        return len(self.won_by_b) - self.wins_b


def team_draft(a: Sequence[str], b: Sequence[str], key: str, k: int | None = None) -> tuple[list[str], list[str]]:
    """Interleave two rankings by the coins of a request's key.

    Args:
        a, b: product ids, best first, none twice.
        key: of the request; the same key gives the same list.
        k: length of the list; all products without.

    Returns:
        ids, and the team of each: "a", "b", or "" for what follows when one ranking has nothing left.

    >>> team_draft(["x", "y", "z"], ["y", "z", "x"], "request-2")
    (['y', 'x', 'z'], ['b', 'a', 'a'])
    """
    return draft(a, b, coins_of(key), k)


def draft(
    a: Sequence[str], b: Sequence[str], coins: Iterable[bool], k: int | None = None
) -> tuple[list[str], list[str]]:
    """`team_draft` with given coins, one a round: True lets A pick first.

    >>> draft(["x", "y", "z"], ["y", "z", "x"], [True, False])
    (['x', 'y', 'z'], ['a', 'b', 'b'])
    """
    most = len(set(a) | set(b)) if k is None else k
    picked: dict[str, str] = {}
    tosses, left_a, left_b = iter(coins), deque(a), deque(b)
    while len(picked) < most:
        for team, left in ((A, left_a), (B, left_b)) if next(tosses) else ((B, left_b), (A, left_a)):
            for ranked in (left_a, left_b):
                while ranked and ranked[0] in picked:
                    ranked.popleft()
            if not (left_a and left_b):  # the paper stops here; a shop shows the rest, which is nobody's
                return _with_rest(picked, [*left_a, *left_b], most)
            if len(picked) < most:
                picked[left.popleft()] = team
    return list(picked), list(picked.values())


def _with_rest(picked: dict[str, str], rest: Iterable[str], most: int) -> tuple[list[str], list[str]]:
    teams = picked | {product: NOBODY for product in rest if product not in picked}
    return list(teams)[:most], list(teams.values())[:most]


def coins_of(key: str) -> Iterator[bool]:
    """Endless fair coins, the same for the same key: bits of blake2b(key, number of the block)."""
    block = 0
    while True:
        digest = blake2b(f"{block}:{key}".encode(), person=b"team-draft").digest()
        for byte in digest:
            for bit in range(8):
                yield bool(byte >> bit & 1)
        block += 1


def shared_prefix(a: Sequence[str], b: Sequence[str]) -> int:
    """How many leading products are the same in both.

    >>> shared_prefix(["x", "y", "z"], ["x", "y", "w"])
    2
    """
    return next((at for at, (one, other) in enumerate(zip(a, b, strict=False)) if one != other), min(len(a), len(b)))


def credit(answer: Interleaved, weights: Mapping[str, float], shared: bool) -> tuple[float, float, int]:
    """Credit of A, credit of B, and events on products of neither list.

    The greatest event of a product counts, once; other types of events count nothing.

    Args:
        shared: whether to credit the products before the first difference of the lists. They stand there under
            every coin, so their team says nothing about the rankings; with one ranker twice there are no others.
    """
    ids, teams = team_draft(answer.a, answer.b, answer.key)
    team_of = dict(zip(ids, teams, strict=True))
    for product in [] if shared else answer.a[: shared_prefix(answer.a, answer.b)]:
        team_of[product] = NOBODY
    best: dict[str, float] = {}
    stray = 0
    for event in answer.events:
        weight = weights.get(event.type, 0.0)
        stray += bool(weight) and event.product_id not in team_of
        best[event.product_id] = max(weight, best.get(event.product_id, 0.0))
    of = {team: sum(weight for id, weight in best.items() if team_of.get(id) == team) for team in (A, B)}
    return of[A], of[B], stray


def count(answers: Iterable[Interleaved], weights: Mapping[str, float] = CREDIT, shared: bool = False) -> Counted:
    """Who won each session: the team with more credit.

    Args:
        weights: type of event -> credit.
        shared: see `credit`; True for A/A.
    """
    lead: dict[tuple[str, str], float] = {}
    identical = stray = 0
    for answer in answers:
        of_a, of_b, lost = credit(answer, weights, shared)
        session = ("key", answer.key) if answer.session is None else ("session", answer.session)
        lead[session] = lead.get(session, 0.0) + of_b - of_a
        identical += answer.a == answer.b
        stray += lost
    leads = np.array(list(lead.values()), np.float64)
    decided = np.abs(leads) > 1e-9
    return Counted((leads[decided] > 0).astype(np.int64), int((~decided).sum()), identical, stray)


def read_interleaved(path: Path) -> list[Interleaved]:
    """Read a log of interleaved answers, one JSON object a line, in the order of time.

    Raises:
        BadInput: a line that cannot be read, a key or a ranked product twice; `place` is file:line.
    """
    seen: set[str] = set()
    answers = []
    for place, answer in read_lines(path, Interleaved):
        if answer.key in seen:
            raise BadInput(f"A second answer with the key '{answer.key}'. Each request has a key of its own.", place)
        for name, ranked in ((A, answer.a), (B, answer.b)):
            if len(set(ranked)) < len(ranked):
                raise BadInput(f"Ranking {name} of '{answer.key}' has a product twice.", place)
        seen.add(answer.key)
        answers.append(answer)
    return answers
