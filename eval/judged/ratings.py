"""Judgements as CSV of query, product and rating: what Quepid and spreadsheets export.

    query,id,rating          one judgement a line, any order of columns, comma or semicolon
    rote schuhe,D123,3

`query` is the text, or an id where a queries file names it. An empty rating is a product that nobody rated.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Mapping
from pathlib import Path

from eval.judged.qrels import Qrels, Queries, add_judgement, read_lines, read_qrels, read_queries, to_write
from search.errors import BadInput

#: Column -> the names that it goes by.
COLUMNS = {
    "query": ("query", "query_text", "q"),
    "id": ("id", "docid", "doc_id", "product_id", "product"),
    "rating": ("rating", "gain", "grade", "label"),
}


def read_judgements(queries: Path | None, qrels: Path) -> tuple[Queries, Qrels]:
    """Judged queries: TREC qrels, or a CSV of ratings by its name (*.csv).

    Args:
        queries: queries.tsv; may be left out for a CSV, whose texts are the queries then.

    Raises:
        BadInput: a file or a line that cannot be read, qrels without queries.
    """
    if qrels.suffix.lower() != ".csv":
        if queries is None:
            raise BadInput("TREC qrels know queries by id only. Give their texts with --queries.", "--queries")
        return read_queries(queries), read_qrels(qrels)
    return read_ratings(qrels, read_queries(queries) if queries else {})


def read_ratings(path: Path, known: Mapping[str, str] | None = None) -> tuple[Queries, Qrels]:
    """Queries and judgements of a CSV of ratings.

    Args:
        known: query id -> text. A query that is neither an id nor a text of these gets an id made of its text.

    Raises:
        BadInput: a missing column, a line that cannot be read; `place` is file:line.
    """
    queries: Queries = dict(known or {})
    id_of = {_folded(text): id for id, text in queries.items()}
    qrels: Qrels = {}
    lines = list(read_lines(path))
    if not lines:
        raise BadInput("The file is empty. Its first line names the columns: query,id,rating.", f"{path}:1")
    columns = _columns(lines[0])
    delimiter = _delimiter(lines[0][1])
    for place, line in lines[1:]:
        cells = _cells(line, delimiter, place)
        if len(cells) <= max(columns.values()):
            raise BadInput(f"The line has {len(cells)} cells, the columns need {max(columns.values()) + 1}.", place)
        query, product, rating = (cells[columns[name]].strip() for name in COLUMNS)
        if not query or not product:
            raise BadInput(f"The {'product' if query else 'query'} is empty.", place)
        if not rating:
            continue
        id = query if query in queries else id_of.setdefault(_folded(query), query_id(query))
        queries.setdefault(id, query)
        add_judgement(qrels, id, product, rating.removesuffix(".0"), place)
    return queries, qrels


def write_ratings(path: Path, queries: Mapping[str, str], qrels: Mapping[str, Mapping[str, int]]) -> None:
    """Write query,id,rating; a query without a text stands with its id."""
    with to_write(path, newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for query, judged in qrels.items():
            writer.writerows((queries.get(query, query), product, gain) for product, gain in judged.items())


def query_id(text: str) -> str:
    """An id made of a query's text: the same text, whatever its capitals and spaces, has the same id.

    >>> query_id("Rote  Schuhe") == query_id("rote schuhe"), len(query_id("x"))
    (True, 13)
    """
    return "q" + hashlib.blake2b(_folded(text).encode(), digest_size=6).hexdigest()


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())


def _delimiter(head: str) -> str:
    return max(",;\t", key=head.count)


def _cells(line: str, delimiter: str, place: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise BadInput(
            f"The line is no CSV: {error}. A cell with a quote is quoted, its quotes doubled.", place
        ) from error


def _columns(head: tuple[str, str]) -> dict[str, int]:
    place, line = head
    names = [name.strip().casefold() for name in _cells(line, _delimiter(line), place)]
    found = {}
    for column, aliases in COLUMNS.items():
        at = next((names.index(alias) for alias in aliases if alias in names), None)
        if at is None:
            raise BadInput(
                f"No column '{column}' among {', '.join(names)}. The first line names: query,id,rating.", place
            )
        found[column] = at
    return found
