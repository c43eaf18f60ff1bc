"""Judged queries on disk: `queries.tsv` and TREC qrels.

    queries.tsv   id<TAB>text[<TAB>count]     one query a line; count: how often it is asked, where that is known
    qrels         query 0 product gain        one judgement a line, separated by white space

Source: the file formats of TREC, https://trec.nist.gov/data/qrels_eng/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from search.errors import BadInput

#: query id -> text
Queries = dict[str, str]
#: query id -> product id -> gain; a pair that is not here was not judged
Qrels = dict[str, dict[str, int]]

#: Gains grow as 2^g − 1: raters use four or five grades, and a file with gains beyond ten holds something else.
GREATEST_GAIN = 10


def read_queries(path: Path) -> Queries:
    """Query id -> text, in the order of the file. Empty lines are left out.

    Raises:
        BadInput: the file or a line of it cannot be read; `place` is file:line.
    """
    return {id: text for id, text, _ in _queries(path)}


def read_counts(path: Path) -> dict[str, int]:
    """Query id -> how often it is asked, of the queries whose line says so.

    Raises:
        BadInput: as `read_queries`.
    """
    return {id: count for id, _, count in _queries(path) if count is not None}


def write_queries(path: Path, queries: Mapping[str, str], counts: Mapping[str, int] | None = None) -> None:
    """Write `queries.tsv`.

    Raises:
        BadInput: an id or a text with a tab or a line end, which the format cannot hold; a file that cannot be written.
    """
    with to_write(path) as file:
        for id, text in queries.items():
            if any(c in f"{id}{text}" for c in "\t\n\r"):
                raise BadInput(f"queries.tsv cannot hold the query '{id}': it has a tab or a line end.", str(path))
            count = f"\t{counts[id]}" if counts and id in counts else ""
            file.write(f"{id}\t{text}{count}\n")


def _queries(path: Path) -> Iterator[tuple[str, str, int | None]]:
    seen: set[str] = set()
    for place, line in read_lines(path):
        id, *rest = (part.strip() for part in line.split("\t"))
        if not rest:
            raise BadInput("A query is written id<TAB>text; this line has no tab.", place)
        text, count = rest[0], (rest[1] if len(rest) > 1 else "")
        if not id or not text:
            raise BadInput(f"The query's {'text' if id else 'id'} is empty.", place)
        if len(rest) > 2 or (count and not count.isdecimal()):
            raise BadInput("Behind the text there may only be a tab and how often the query is asked.", place)
        if id in seen:
            raise BadInput(f"A second query with the id '{id}'.", place)
        seen.add(id)
        yield id, text, int(count) if count else None


def read_qrels(path: Path) -> Qrels:
    """Query id -> product id -> gain (0 … 10).

    Raises:
        BadInput: the file or a line of it cannot be read; `place` is file:line.
    """
    qrels: Qrels = {}
    for place, line in read_lines(path):
        parts = line.split()
        if len(parts) != 4:
            raise BadInput(f"A judgement is written 'query 0 product gain'; this line has {len(parts)} parts.", place)
        query, _, product, gain = parts
        add_judgement(qrels, query, product, gain, place)
    return qrels


def add_judgement(qrels: Qrels, query: str, product: str, gain: str, place: str) -> None:
    """Put one judgement in.

    Raises:
        BadInput: no gain, or a second judgement of the pair.
    """
    if not gain.isdecimal() or int(gain) > GREATEST_GAIN:
        raise BadInput(f"'{gain}' is no gain. Gains are whole numbers from 0 to {GREATEST_GAIN}.", place)
    judged = qrels.setdefault(query, {})
    if product in judged:
        raise BadInput(f"A second judgement of product '{product}' for query '{query}'.", place)
    judged[product] = int(gain)


def write_qrels(path: Path, qrels: Mapping[str, Mapping[str, int]]) -> None:
    """Write TREC qrels.

    Raises:
        BadInput: an id with white space, which the format cannot hold; a file that cannot be written.
    """
    with to_write(path) as file:
        for query, judged in qrels.items():
            for product, gain in judged.items():
                for id in (query, product):
                    if id.split() != [id]:
                        raise BadInput(f"TREC qrels cannot hold the id '{id}': it has white space.", str(path))
                file.write(f"{query} 0 {product} {gain}\n")


def with_relevant(qrels: Mapping[str, Mapping[str, int]]) -> Qrels:
    """Only the queries for which some product has a gain: for the others every ranking is as good as any.

    >>> with_relevant({"shoes": {"a": 2, "b": 0}, "unicorn": {"c": 0}})
    {'shoes': {'a': 2, 'b': 0}}
    """
    return {query: dict(judged) for query, judged in qrels.items() if any(judged.values())}


def read_lines(path: Path) -> Iterator[tuple[str, str]]:
    """file:line and the line, of every line that is not empty.

    Raises:
        BadInput: the file is missing or no UTF-8.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput(f"The file is not UTF-8 ({error.reason} at byte {error.start}).", str(path)) from error
    except OSError as error:
        raise BadInput(f"The file cannot be read: {error.strerror}.", str(path)) from error
    for number, line in enumerate(text.split("\n"), 1):  # not splitlines: texts may hold U+2028
        if line.strip():
            yield f"{path}:{number}", line.rstrip("\r")


@contextmanager
def to_write(path: Path, newline: str | None = None) -> Iterator[TextIO]:
    """A text file to write, its folder made where it is missing.

    Raises:
        BadInput: it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding="utf-8", newline=newline) as file:
            yield file
    except OSError as error:
        raise BadInput(f"The file cannot be written: {error.strerror}.", str(path)) from error
