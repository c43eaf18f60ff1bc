"""Judged queries on disk: `queries.tsv` and TREC qrels.

    queries.tsv   id<TAB>text                 one query a line
    qrels         query 0 product gain        one judgement a line, separated by white space

Source: the file formats of TREC, https://trec.nist.gov/data/qrels_eng/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

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
    queries: Queries = {}
    for place, line in _lines(path):
        id, tab, text = line.partition("\t")
        id, text = id.strip(), text.strip()
        if not tab:
            raise BadInput("A query is written id<TAB>text; this line has no tab.", place)
        if not id or not text:
            raise BadInput(f"The query's {'text' if id else 'id'} is empty.", place)
        if id in queries:
            raise BadInput(f"A second query with the id '{id}'.", place)
        queries[id] = text
    return queries


def read_qrels(path: Path) -> Qrels:
    """Query id -> product id -> gain (0 … 10).

    Raises:
        BadInput: the file or a line of it cannot be read; `place` is file:line.
    """
    qrels: Qrels = {}
    for place, line in _lines(path):
        parts = line.split()
        if len(parts) != 4:
            raise BadInput(f"A judgement is written 'query 0 product gain'; this line has {len(parts)} parts.", place)
        query, _, product, gain = parts
        if not gain.isdecimal() or int(gain) > GREATEST_GAIN:
            raise BadInput(f"'{gain}' is no gain. Gains are whole numbers from 0 to {GREATEST_GAIN}.", place)
        judged = qrels.setdefault(query, {})
        if product in judged:
            raise BadInput(f"A second judgement of product '{product}' for query '{query}'.", place)
        judged[product] = int(gain)
    return qrels


def with_relevant(qrels: Mapping[str, Mapping[str, int]]) -> Qrels:
    """Only the queries for which some product has a gain: for the others every ranking is as good as any.

    >>> with_relevant({"shoes": {"a": 2, "b": 0}, "unicorn": {"c": 0}})
    {'shoes': {'a': 2, 'b': 0}}
    """
    return {query: dict(judged) for query, judged in qrels.items() if any(judged.values())}


def _lines(path: Path) -> Iterator[tuple[str, str]]:
    """file:line and the line, of every line that is not empty."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput(f"The file is not UTF-8 ({error.reason} at byte {error.start}).", str(path)) from error
    except OSError as error:
        raise BadInput(f"The file cannot be read: {error.strerror}.", str(path)) from error
    for number, line in enumerate(text.split("\n"), 1):  # not splitlines: texts may hold U+2028
        if line.strip():
            yield f"{path}:{number}", line.rstrip("\r")
