"""Public collections become the plain form.

1. WANDS and ESCI in the shapes that their authors publish; grades as stated; only the locale and split asked for.
2. The products can be imported as a feed.
3. A missing file, column or an unknown label is named.
"""

import gzip
import json

import pytest

from catalog_loader import FeedReport, load
from eval.judged.collections import load_collection
from eval.judged.qrels import read_counts, read_qrels, read_queries
from search.errors import BadInput


def products_of(folder):
    with gzip.open(folder / "products.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


@pytest.fixture
def wands(tmp_path):
    folder = tmp_path / "WANDS"
    folder.mkdir()
    (folder / "query.csv").write_text(
        "query_id\tquery\tquery_class\n0\tsalon chair\tMassage Chairs\n", encoding="utf-8"
    )
    (folder / "label.csv").write_text(
        "id\tquery_id\tproduct_id\tlabel\n0\t0\t25434\tExact\n1\t0\t12088\tIrrelevant\n2\t0\t7\tPartial\n",
        encoding="utf-8",
    )
    (folder / "product.csv").write_text(
        "product_id\tproduct_name\tproduct_class\tcategory hierarchy\tproduct_description\tproduct_features\n"
        '25434\t"21.7"" salon chair"\tMassage Chairs\tFurniture / Chairs\tSoft.\tseat:leather|color : black\n'
        "12088\tlamp\tLamps\tLighting\t\t\n",
        encoding="utf-8",
    )
    return folder


def test_wands_is_read_as_published(wands, tmp_path):
    loaded = load_collection("wands", wands, tmp_path / "out")
    assert (loaded.products, loaded.queries, loaded.judgements) == (2, 1, 3)
    assert read_queries(tmp_path / "out" / "queries.tsv") == {"0": "salon chair"}
    assert read_qrels(tmp_path / "out" / "qrels.txt") == {"0": {"25434": 3, "12088": 0, "7": 1}}
    first = products_of(tmp_path / "out")[0]
    assert first["title"] == '21.7" salon chair'
    assert first["category"] == "Furniture > Chairs"
    assert first["attributes"] == {"seat": "leather", "color": "black"}


def test_the_products_are_a_feed(wands, tmp_path):
    load_collection("wands", wands, tmp_path / "out")
    report = FeedReport()
    products = list(load(tmp_path / "out" / "products.jsonl.gz", report=report))
    assert report.rejected == 0
    assert [product.id for product in products] == ["25434", "12088"]


def test_esci_is_read_as_published(tmp_path):
    arrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    source = tmp_path / "esci"
    source.mkdir()
    common = {"query_id": 1, "query": "trail shoes", "product_locale": "us", "small_version": 1, "split": "test"}
    rows = [
        {**common, "product_id": "A", "esci_label": "E"},
        {**common, "product_id": "B", "esci_label": "C"},
        {**common, "product_id": "C", "esci_label": "I", "split": "train"},
        {**common, "product_id": "D", "esci_label": "E", "product_locale": "es", "query_id": 2},
        {**common, "product_id": "E", "esci_label": "S", "small_version": 0, "query_id": 3},
    ]
    parquet.write_table(arrow.Table.from_pylist(rows), source / "shopping_queries_dataset_examples.parquet")
    products = [
        {"product_id": id, "product_title": f"Product {id}", "product_locale": locale, "product_brand": "Nike"}
        for id, locale in (("A", "us"), ("B", "us"), ("C", "us"), ("D", "es"))
    ]
    parquet.write_table(arrow.Table.from_pylist(products), source / "shopping_queries_dataset_products.parquet")
    loaded = load_collection("esci", source, tmp_path / "out")
    assert read_qrels(tmp_path / "out" / "qrels.txt") == {"1": {"A": 3, "B": 1}}
    assert loaded.products == 2
    assert products_of(tmp_path / "out")[0] == {"id": "A", "title": "Product A", "brand": "Nike"}


def test_the_plain_form_is_checked_and_keeps_its_counts(tmp_path):
    source = tmp_path / "plain"
    source.mkdir()
    (source / "queries.tsv").write_text("q1\tSchuhe\t1200\nq2\tHose\n", encoding="utf-8")
    (source / "qrels.txt").write_text("q1 0 a 3\n", encoding="utf-8")
    (source / "products.jsonl").write_text('{"id": "a", "title": "Schuh"}\n', encoding="utf-8")
    assert load_collection("plain", source, tmp_path / "out").products == 1
    assert read_counts(tmp_path / "out" / "queries.tsv") == {"q1": 1200}
    assert read_queries(tmp_path / "out" / "queries.tsv") == {"q1": "Schuhe", "q2": "Hose"}


def test_what_is_missing_is_named(wands, tmp_path):
    with pytest.raises(BadInput, match="plain, ratings, wands, esci"):
        load_collection("trec", wands, tmp_path / "out")
    (wands / "label.csv").write_text("id\tquery_id\tproduct_id\tlabel\n0\t0\t1\tSuper\n", encoding="utf-8")
    with pytest.raises(BadInput, match="'Super' is no label") as caught:
        load_collection("wands", wands, tmp_path / "out")
    assert caught.value.place == f"{wands / 'label.csv'}:2"
    (wands / "query.csv").write_text("query\nx\n", encoding="utf-8")
    with pytest.raises(BadInput, match="No column 'query_id'"):
        load_collection("wands", wands, tmp_path / "out")
    (wands / "query.csv").unlink()
    with pytest.raises(BadInput, match="cannot be read"):
        load_collection("wands", wands, tmp_path / "out")


def test_a_broken_feed_and_a_target_that_cannot_be_are_told(tmp_path):
    source = tmp_path / "plain"
    source.mkdir()
    (source / "queries.tsv").write_text("q1\tSchuhe\n", encoding="utf-8")
    (source / "qrels.txt").write_text("q1 0 a 3\n", encoding="utf-8")
    (source / "products.jsonl.gz").write_bytes(gzip.compress(b"{}\n" * 99)[:-9])
    for target, told in (("out", "cannot be copied"), ("plain", "collection's own"), ("plain/qrels.txt", "no folder")):
        with pytest.raises(BadInput, match=told):
            load_collection("plain", source, tmp_path / target)
