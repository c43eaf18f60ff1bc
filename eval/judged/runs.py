"""Rankings of many queries, and their TREC files: `query Q0 product rank score tag`, a line a product.

Scores in the file are counted down from the length of the ranking: tools that read TREC runs order by score
and know nothing of our ties, and trec_eval keeps scores as float32.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isnan
from pathlib import Path

from eval.judged.qrels import read_lines, to_write
from search.errors import BadInput

#: query id -> product ids, best first, unique
Run = dict[str, list[str]]


def falling_scores(ranked: Sequence[str]) -> dict[str, float]:
    """Product id -> a score that strictly falls with the rank; whole numbers, exact in float32.

    >>> falling_scores(["b", "a"])
    {'b': 2.0, 'a': 1.0}
    """
    return {product: float(len(ranked) - place) for place, product in enumerate(ranked)}


def write_run(path: Path, run: Mapping[str, Sequence[str]], tag: str) -> None:
    """Write a run under a tag (one word).

    Raises:
        BadInput: an id with white space, which the format cannot hold; a file that cannot be written.
    """
    with to_write(path) as file:
        for query, ranked in run.items():
            for rank, (product, score) in enumerate(falling_scores(ranked).items(), 1):
                for id in (query, product):
                    if id.split() != [id]:
                        raise BadInput(f"A TREC run cannot hold the id '{id}': it has white space.", str(path))
                file.write(f"{query} Q0 {product} {rank} {score:g} {tag}\n")


def read_run(path: Path) -> Run:
    """Read a run, ours or another engine's; ordered by score as trec_eval does, ties in the order of the file.

    Raises:
        BadInput: a file that cannot be read or is empty, a line that is none of a run, a product that stands twice in
            a ranking; `place` is file:line.
    """
    scored: dict[str, dict[str, float]] = {}
    for place, line in read_lines(path):
        try:
            query, _, product, _, told, _ = line.split()
            score = float(told)
        except ValueError as error:
            raise BadInput("A run's line is 'query Q0 product rank score tag'.", place) from error
        if isnan(score):
            raise BadInput(f"The score '{told}' is no number: nothing can be ordered by it.", place)
        if product in scored.setdefault(query, {}):
            raise BadInput(f"Product '{product}' stands twice in the ranking of query '{query}'.", place)
        scored[query][product] = score
    if not scored:
        raise BadInput("The run is empty. A line of it is 'query Q0 product rank score tag'.", str(path))
    return {query: sorted(of, key=lambda product: -of[product]) for query, of in scored.items()}
