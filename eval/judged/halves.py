"""Judged queries in two halves: what is chosen on one is told on the other."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Literal

#: "fit": settings may be chosen on these; "report": what they are worth is told on these.
Half = Literal["both", "fit", "report"]


def halves(queries: Mapping[str, str], seed: int) -> tuple[list[str], list[str]]:
    """The queries' ids in two halves, fit and report, by a hash of seed and text: equal texts fall together.

    >>> halves({"a": "Schuhe", "b": "schuhe "}, seed=1) in ((["a", "b"], []), ([], ["a", "b"]))
    True
    """
    parts: tuple[list[str], list[str]] = ([], [])
    for id, text in queries.items():
        digest = hashlib.sha256(f"{seed}\t{' '.join(text.casefold().split())}".encode()).digest()
        parts[digest[0] & 1].append(id)
    return parts


def of_half(queries: Mapping[str, str], half: Half, seed: int) -> dict[str, str]:
    """The queries of a half, or all of them, in their order.

    >>> both = {"a": "Schuhe", "b": "Hose", "c": "Rock"}
    >>> {**of_half(both, "fit", 7), **of_half(both, "report", 7)} == of_half(both, "both", 7) == both
    True
    """
    fit, report = halves(queries, seed)
    kept = {"both": queries.keys(), "fit": set(fit), "report": set(report)}[half]
    return {id: text for id, text in queries.items() if id in kept}
