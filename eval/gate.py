"""A ratchet: the search may become better, and never again as bad as it was.

A baseline holds what a version could do: nDCG@10 of every judged query, how many personal orders did harm, how many
stated intents were overruled. A gate fails

- on a significant loss over all queries of a collection, or in any guarded slice (paired randomisation, p < 0.05, for
  slices after Holm),
- on more harm, or more violations of a stated intent, than the baseline has,
- on any difference between the answers to a known shopper who switched personalization off and to a stranger,
- when judged queries are gone.

A gain is told, and becomes the new bar when the baseline is written anew.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

import msgspec
from msgspec import Struct

from eval.documents import Made
from eval.statistics import holm, randomisation_p
from search.errors import BadInput

SIGNIFICANT = 0.05
#: A slice with fewer queries cannot show a significant loss.
LEAST_QUERIES = 10
ALL = "all queries"


class Collection(Struct, frozen=True):
    """One judged collection: the nDCG@10 of a stranger's results, query by query."""

    values: dict[str, float]
    products: int


class Baseline(Struct, frozen=True, kw_only=True):
    """What the gate compares with. Counts are ceilings: `harm` name -> pairs of query and shopper that lost more
    than 0.1, `violations` set of intents -> count."""

    made: Made
    collections: dict[str, Collection]
    harm: dict[str, int]
    violations: dict[str, int]


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: what was looked at, whether it holds, and the figures in words."""

    check: str
    passed: bool
    told: str


def read_baseline(path: Path) -> Baseline:
    """Read a baseline.

    Raises:
        BadInput: no such file, or no baseline.
    """
    try:
        return msgspec.json.decode(path.read_bytes(), type=Baseline)
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}. Make one with --write.", str(path)) from error
    except msgspec.MsgspecError as error:
        raise BadInput(f"{path} is no baseline of the gate ({error}). Make one with --write.", str(path)) from error


def write_baseline(path: Path, baseline: Baseline) -> None:
    """Write a baseline, a query a line, so that a change of it can be reviewed.

    Raises:
        BadInput: it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(msgspec.json.format(msgspec.json.encode(baseline), indent=1) + b"\n")
    except OSError as error:
        raise BadInput(f"{path} cannot be written: {error.strerror}.", str(path)) from error


def compare_relevance(
    name: str, before: Collection, after: Collection, slices: Mapping[str, Sequence[str]]
) -> list[Finding]:
    """Whether a collection's queries are still answered as well, all together and in each slice.

    Args:
        slices: query id -> its slices.
    """
    gone = sorted(before.values.keys() - after.values.keys())
    if gone:
        told = f"{len(gone)} judged queries are gone, {gone[0]} among them. Write a new baseline if that is meant."
        return [Finding(name, False, told)]
    members: dict[str, list[str]] = {ALL: list(before.values)}
    for id in before.values:
        for slice in slices.get(id, ()):
            members.setdefault(slice, []).append(id)
    guarded = {slice: ids for slice, ids in members.items() if len(ids) >= LEAST_QUERIES or slice == ALL}
    differences = {slice: [after.values[id] - before.values[id] for id in ids] for slice, ids in guarded.items()}
    tested = {slice: randomisation_p(of) for slice, of in differences.items()}
    corrected = {ALL: tested.pop(ALL), **holm(tested)}  # how many slices there are must not hide a loss over all
    return [
        _finding(name, slice, guarded[slice], before, after, corrected[slice], fmean(of) < 0)
        for slice, of in differences.items()
        if slice == ALL or (fmean(of) < 0 and corrected[slice] < SIGNIFICANT)
    ]


def _finding(
    name: str, slice: str, ids: Sequence[str], before: Collection, after: Collection, p: float, lost: bool
) -> Finding:
    was, now = (fmean(of.values[id] for id in ids) for of in (before, after))
    worst = min(ids, key=lambda id: after.values[id] - before.values[id])
    told = f"nDCG@10 {was:.4f} → {now:.4f} over {len(ids)} queries, p = {p:.3g}"
    if lost:
        told += f"; the greatest loss: {worst}, {before.values[worst]:.2f} → {after.values[worst]:.2f}"
    return Finding(f"{name}, {slice}", not (lost and p < SIGNIFICANT), told)


def compare_counts(what: str, before: Mapping[str, int], after: Mapping[str, int]) -> list[Finding]:
    """Whether no count is above the baseline's. A count that the baseline lacks must be 0; none may be gone.

    >>> compare_counts("violations", {"known": 3}, {"known": 2})
    [Finding(check='violations, known', passed=True, told='3 → 2')]
    """
    gone = [
        Finding(f"{what}, {name}", False, f"{count} → not counted. Write a new baseline if that is meant.")
        for name, count in before.items()
        if name not in after
    ]
    return gone + [
        Finding(f"{what}, {name}", count <= before.get(name, 0), f"{before.get(name, 0)} → {count}")
        for name, count in after.items()
    ]


def no_difference(differing: Sequence[str], asked: int) -> Finding:
    """Whether everybody who switched personalization off got a stranger's answers.

    Args:
        differing: the queries where that was not so, with the shopper.
        asked: how many were compared.
    """
    told = f"{asked:,} pairs of answers are equal"
    if differing:
        told = f"{len(differing)} of {asked:,} pairs of answers differ, {differing[0]} among them"
    return Finding("personalization off", not differing, told)
