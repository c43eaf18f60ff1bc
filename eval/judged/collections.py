"""Public collections of judged shop queries, from a folder on this machine, as one plain form.

    plain   products.jsonl[.gz], queries.tsv, qrels.txt                       grades as they are
    ratings a CSV of query,id,rating                                          grades as they are
    wands   product.csv, query.csv, label.csv (Wayfair)                       Exact 3, Partial 1, Irrelevant 0
    esci    shopping_queries_dataset_{examples,products}.parquet (Amazon)     E 3, S 2, C 1, I 0

The grades keep the order of the collections' own gains (WANDS 1, 0.5, 0; ESCI 1, 0.1, 0.01, 0), not their sizes: with
2^g − 1 they become 7, 1, 0 and 7, 3, 1, 0. Figures in papers have other gains; compare with your own runs only.

Sources: Chen et al., WANDS, ECIR 2022, doi:10.1007/978-3-030-99736-6_9; Reddy et al., Shopping Queries Dataset,
arXiv 2206.06588.
"""

from __future__ import annotations

import csv
import gzip
import shutil
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from eval.judged.qrels import Qrels, Queries, read_counts, read_qrels, read_queries, write_qrels, write_queries
from eval.judged.ratings import read_ratings
from search.errors import BadInput

WANDS_GRADES = {"Exact": 3, "Partial": 1, "Irrelevant": 0}
ESCI_GRADES = {"E": 3, "S": 2, "C": 1, "I": 0, "Exact": 3, "Substitute": 2, "Complement": 1, "Irrelevant": 0}
BATCH = 50_000

Done = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Loaded:
    """What was written."""

    products: int
    queries: int
    judgements: int


def load_plain(source: Path, target: Path, on_done: Done) -> Loaded:
    """A folder in the plain form already: checked line by line and copied."""
    queries, qrels = read_queries(source / "queries.tsv"), read_qrels(source / "qrels.txt")
    products = next((path for path in sorted(source.glob("products.jsonl*"))), None)
    if source.resolve() == target.resolve():
        raise BadInput("The folder to write is the collection's own. Give another one.", "--out")
    count = 0
    if products:
        try:
            shutil.copyfile(products, target / products.name)
            with gzip.open(products, "rb") if products.suffix == ".gz" else products.open("rb") as lines:
                for _ in lines:
                    count += 1
                    on_done(1)
        except (OSError, EOFError, zlib.error) as error:
            raise BadInput(f"The file cannot be copied: {error}.", str(products)) from error
    return _write(target, queries, qrels, count, read_counts(source / "queries.tsv"))


def load_ratings(source: Path, target: Path, on_done: Done) -> Loaded:
    """A CSV of ratings, without products."""
    return _write(target, *read_ratings(source), 0)


def load_wands(source: Path, target: Path, on_done: Done) -> Loaded:
    """Wayfair's annotation dataset; its files are separated by tabs, although they are called .csv."""
    queries = {row["query_id"]: row["query"] for _, row in _rows(source / "query.csv", ("query_id", "query"))}
    qrels: Qrels = {}
    for place, row in _rows(source / "label.csv", ("query_id", "product_id", "label")):
        if row["label"] not in WANDS_GRADES:
            raise BadInput(f"'{row['label']}' is no label. Known: {', '.join(WANDS_GRADES)}.", place)
        qrels.setdefault(row["query_id"], {})[row["product_id"]] = WANDS_GRADES[row["label"]]
    products = (_wands_product(row) for _, row in _rows(source / "product.csv", ("product_id", "product_name")))
    return _write(target, queries, qrels, _write_products(target, products, on_done))


def _wands_product(row: Mapping[str, str]) -> dict[str, Any]:
    path = row.get("category hierarchy") or ""
    features: dict[str, str] = {}
    for feature in (row.get("product_features") or "").split("|"):
        name, colon, value = feature.partition(":")
        if colon and name.strip() and value.strip():
            features.setdefault(name.strip(), value.strip())
    return {
        "id": row["product_id"],
        "title": row["product_name"],
        "description": row.get("product_description"),
        "category": " > ".join(part.strip() for part in path.split("/") if part.strip()),
        "product_type": row.get("product_class"),
        "attributes": features,
    }


def load_esci(source: Path, target: Path, on_done: Done, locale: str = "us", small: bool = True) -> Loaded:
    """Amazon's shopping queries, the test split of one locale.

    Args:
        locale: us, es or jp.
        small: the reduced version, of which ranking is reported (Task 1), or all.
    """
    wanted = {"product_locale": locale, "split": "test", **({"small_version": 1} if small else {})}
    queries: Queries = {}
    qrels: Qrels = {}
    names = ("query_id", "query", "product_id", "esci_label")
    for row in _parquet(source / "shopping_queries_dataset_examples.parquet", (*names, *wanted)):
        if any(row[name] != value for name, value in wanted.items()):
            continue
        id = str(row["query_id"])
        queries[id] = " ".join(row["query"].split())
        if row["esci_label"] not in ESCI_GRADES:
            raise BadInput(f"'{row['esci_label']}' is no label. Known: E, S, C, I.", str(source))
        qrels.setdefault(id, {})[row["product_id"]] = ESCI_GRADES[row["esci_label"]]
    judged = {product for of in qrels.values() for product in of}
    products = (
        _esci_product(row)
        for row in _parquet(source / "shopping_queries_dataset_products.parquet", ("product_id", "product_locale"))
        if row["product_locale"] == locale and row["product_id"] in judged
    )
    return _write(target, queries, qrels, _write_products(target, products, on_done))


def _esci_product(row: Mapping[str, Any]) -> dict[str, Any]:
    texts = (row.get("product_bullet_point"), row.get("product_description"))
    return {
        "id": row["product_id"],
        "title": row.get("product_title") or row["product_id"],
        "description": " ".join(text for text in texts if text),
        "brand": row.get("product_brand"),
        "color": row.get("product_color"),
    }


LOADERS: Mapping[str, Callable[..., Loaded]] = {
    "plain": load_plain,
    "ratings": load_ratings,
    "wands": load_wands,
    "esci": load_esci,
}


def load_collection(form: str, source: Path, target: Path, on_done: Done = lambda _: None, **options: Any) -> Loaded:
    """Turn a public collection into the plain form: products, queries and qrels in `target`.

    Args:
        form: plain, ratings, wands or esci.
        on_done: called with the number of products done.

    Raises:
        BadInput: an unknown form, a missing file or column, a line that cannot be read.
    """
    if form not in LOADERS:
        raise BadInput(f"No collection '{form}'. Known: {', '.join(LOADERS)}.", "FORM")
    if not (source.is_file() if form == "ratings" else source.is_dir()):
        kind = "file. Give the CSV" if form == "ratings" else "folder. Unpack the collection and give its folder"
        raise BadInput(f"{source} is no {kind}.", "SOURCE")
    try:
        target.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInput(f"{target} can be no folder: {error.strerror}.", "--out") from error
    return LOADERS[form](source, target, on_done, **options)


def _write(
    target: Path, queries: Queries, qrels: Qrels, products: int, counts: Mapping[str, int] | None = None
) -> Loaded:
    write_queries(target / "queries.tsv", {id: " ".join(text.split()) for id, text in queries.items()}, counts)
    write_qrels(target / "qrels.txt", qrels)
    return Loaded(products, len(queries), sum(map(len, qrels.values())))


def _write_products(target: Path, products: Iterator[dict[str, Any]], on_done: Done) -> int:
    count = 0
    with gzip.open(target / "products.jsonl.gz", "wb", compresslevel=5) as file:
        for product in products:
            file.write(msgspec.json.encode({key: value for key, value in product.items() if value}) + b"\n")
            count += 1
            on_done(1)
    return count


def _rows(path: Path, needed: tuple[str, ...]) -> Iterator[tuple[str, dict[str, str]]]:
    """file:line and the row, of a file separated by tabs."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, delimiter="\t")
            missing = [name for name in needed if name not in (reader.fieldnames or ())]
            if missing:
                raise BadInput(f"No column '{missing[0]}'. The columns are separated by tabs.", f"{path}:1")
            for row in reader:
                if any(row[name] is None for name in needed):
                    raise BadInput("The line has fewer cells than the first one.", f"{path}:{reader.line_num}")
                yield f"{path}:{reader.line_num}", row
    except OSError as error:
        raise BadInput(f"The file cannot be read: {error.strerror}.", str(path)) from error
    except UnicodeDecodeError as error:
        raise BadInput(f"The file is not UTF-8 ({error.reason} at byte {error.start}).", str(path)) from error


def _parquet(path: Path, needed: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    try:
        import pyarrow as arrow
        import pyarrow.parquet as parquet
    except ImportError as error:
        raise BadInput("Parquet files need pyarrow: pip install 'tresen[eval]'.", str(path)) from error
    try:
        with parquet.ParquetFile(path) as file:
            missing = [name for name in needed if name not in file.schema_arrow.names]
            if missing:
                raise BadInput(f"No column '{missing[0]}' in the file.", str(path))
            for batch in file.iter_batches(BATCH):
                yield from batch.to_pylist()
    except (OSError, arrow.ArrowInvalid) as error:
        raise BadInput(f"The file cannot be read: {error}.", str(path)) from error
